"""Assignment: the ledger, allowances, held leads, accounts, imports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""

    op.create_table(
        "account",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("book", sa.Text(), server_default=sa.text("'default'"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("owner_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("opportunity_owner_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("named", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("country", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("active_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("book", "key", name=op.f("uq_account_book_key")),
        comment="A company we know, as the CRM told us; key is the CRM's id.",
    )
    op.create_table(
        "account_key",
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("book", "kind", "key", "account_id", name=op.f("pk_account_key")),
        comment="What an account can be found by: a domain, a word of its name, a contact's digest.",
    )
    op.create_index("ix_account_key_account_id", "account_key", ["account_id"], unique=False)
    op.create_table(
        "allowance",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("book", sa.Text(), server_default=sa.text("'default'"), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("pool_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=True),
        sa.Column(
            "caps",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("off", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("from_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("until_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allowance")),
        comment="A manager's word, with an end, that stands in for the book's: weight, caps, or off.",
    )
    op.create_index("ix_allowance_until_at", "allowance", ["book", "until_at"], unique=False)
    op.create_table(
        "held",
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("book", sa.Text(), server_default=sa.text("'default'"), nullable=False),
        sa.Column("pool_id", sa.Text(), nullable=False),
        sa.Column("since", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("look_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_held")),
        comment="A lead that waits in its pool until somebody can take it, and when to look again.",
    )
    op.create_index("ix_held_look_at", "held", ["look_at"], unique=False)
    op.create_index("ix_held_pool", "held", ["book", "pool_id", "since"], unique=False)
    op.create_table(
        "import",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("book", sa.Text(), server_default=sa.text("'default'"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'running'"), nullable=False),
        sa.Column("rows", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("let_in", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("withdrawn", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("refused", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("known", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("per_hour", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("calendar", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("sla", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("next_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("accountable_id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import")),
        comment="Leads that came in bulk, on a lane of their own: let in at a pace, undone by this id.",
    )
    op.create_index("ix_import_created_at", "import", ["book", "created_at", "id"], unique=False)
    op.create_index(
        "ix_import_next_at",
        "import",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_table(
        "ledger",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("book", sa.Text(), server_default=sa.text("'default'"), nullable=False),
        sa.Column("pool_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("lead_id", sa.UUID(), nullable=True),
        sa.Column("person_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("given", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("given_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("people", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("credits", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("banks", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("undoes", sa.UUID(), nullable=True),
        sa.Column("by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
        comment="Each change of what pool members are owed or were given, and why. Append-only.",
    )
    op.create_index(
        "ix_ledger_given",
        "ledger",
        ["book", "person_id", "given_at"],
        unique=False,
        postgresql_where=sa.text("given <> 0"),
    )
    op.create_index("ix_ledger_lead_id", "ledger", ["lead_id"], unique=False)
    op.create_index("ix_ledger_pool", "ledger", ["book", "pool_id", "number"], unique=False)
    op.create_table(
        "wake",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("book", sa.Text(), server_default=sa.text("'default'"), nullable=False),
        sa.Column("person_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("why", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_wake")),
        comment="Somebody may be able to take leads that wait; read once, by who releases them.",
    )
    op.add_column(
        "absence", sa.Column("kind", sa.Text(), server_default=sa.text("'away'"), nullable=False)
    )
    op.add_column(
        "absence", sa.Column("cover_id", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.add_column(
        "absence", sa.Column("uid", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.add_column(
        "absence", sa.Column("reassign_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_absence_reassign_at",
        "absence",
        ["reassign_at"],
        unique=False,
        postgresql_where=sa.text("reassign_at IS NOT NULL"),
    )
    op.create_index(
        "ix_absence_uid",
        "absence",
        ["book", "person_id", "uid"],
        unique=False,
        postgresql_where=sa.text("uid <> ''"),
    )
    op.add_column("delivery", sa.Column("import_id", sa.UUID(), nullable=True))
    op.add_column(
        "delivery",
        sa.Column("import_row", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.create_index(
        "ix_delivery_import_id",
        "delivery",
        ["import_id", "import_row"],
        unique=False,
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )
    op.create_index(
        "ix_delivery_lane",
        "delivery",
        ["import_id", "import_row"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_index(
        "ix_delivery_waiting", table_name="delivery", postgresql_where=sa.text("state = 'received'")
    )
    op.create_index(
        "ix_delivery_waiting",
        "delivery",
        [sa.literal_column("(import_id IS NOT NULL)"), "received_at"],
        unique=False,
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_index(
        "ix_lead_open",
        "lead",
        ["book", "owner_id", "pool"],
        unique=False,
        postgresql_where=sa.text("state IN ('routed', 'activated', 'accepted', 'contacted')"),
    )
    op.add_column(
        "pool_member",
        sa.Column("banked", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "pool_member", sa.Column("busy_until", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.create_table_comment(
        "pool_member",
        "What a member is owed, the sum of its ledger: 2^32 units are one lead.",
        existing_comment="The fairness ledger: what a member is owed (in weights) and how many it was given.",
        schema=None,
    )
    # What was owed was counted in weights of a pick; it cannot be told in leads, and is small.
    op.execute("UPDATE pool_member SET credit = 0")


def downgrade() -> None:
    """Go back."""

    op.create_table_comment(
        "pool_member",
        "The fairness ledger: what a member is owed (in weights) and how many it was given.",
        existing_comment="What a member is owed, the sum of its ledger: 2^32 units are one lead.",
        schema=None,
    )
    op.drop_column("pool_member", "busy_until")
    op.drop_column("pool_member", "banked")
    op.drop_index(
        "ix_lead_open",
        table_name="lead",
        postgresql_where=sa.text("state IN ('routed', 'activated', 'accepted', 'contacted')"),
    )
    op.drop_index(
        "ix_delivery_waiting", table_name="delivery", postgresql_where=sa.text("state = 'received'")
    )
    op.create_index(
        "ix_delivery_waiting",
        "delivery",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("state = 'received'"),
    )
    op.drop_index(
        "ix_delivery_lane",
        table_name="delivery",
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_index(
        "ix_delivery_import_id",
        table_name="delivery",
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )
    op.drop_column("delivery", "import_row")
    op.drop_column("delivery", "import_id")
    op.drop_index("ix_absence_uid", table_name="absence", postgresql_where=sa.text("uid <> ''"))
    op.drop_index(
        "ix_absence_reassign_at",
        table_name="absence",
        postgresql_where=sa.text("reassign_at IS NOT NULL"),
    )
    op.drop_column("absence", "reassign_at")
    op.drop_column("absence", "uid")
    op.drop_column("absence", "cover_id")
    op.drop_column("absence", "kind")
    op.drop_table("wake")
    op.drop_index("ix_ledger_pool", table_name="ledger")
    op.drop_index("ix_ledger_lead_id", table_name="ledger")
    op.drop_index("ix_ledger_given", table_name="ledger", postgresql_where=sa.text("given <> 0"))
    op.drop_table("ledger")
    op.drop_index("ix_import_created_at", table_name="import")
    op.drop_index(
        "ix_import_next_at", table_name="import", postgresql_where=sa.text("next_at IS NOT NULL")
    )
    op.drop_table("import")
    op.drop_index("ix_held_pool", table_name="held")
    op.drop_index("ix_held_look_at", table_name="held")
    op.drop_table("held")
    op.drop_index("ix_allowance_until_at", table_name="allowance")
    op.drop_table("allowance")
    op.drop_index("ix_account_key_account_id", table_name="account_key")
    op.drop_table("account_key")
    op.drop_table("account")
