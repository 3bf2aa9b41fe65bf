"""Everything the spine stores."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from router.store.tables import Xid8

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""

    op.create_table(
        "absence",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("book", sa.Text(), server_default=sa.text("'default'"), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("from_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("until_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
        comment="A time in which a person takes no leads; without an end, until further notice.",
    )
    op.create_index(
        "ix_absence_person_id", "absence", ["book", "person_id", "until_at"], unique=False
    )
    op.create_table(
        "action",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("lead_id", sa.UUID(), nullable=True),
        sa.Column("seq", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body", postgresql.BYTEA(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("leased_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("fence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("receipt", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("last_error", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action")),
        sa.UniqueConstraint("key", name=op.f("uq_action_key")),
        comment="One thing to do outside, with its attempts and its receipt; of a lead, or of a book.",
    )
    op.create_index("ix_action_created_at", "action", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_action_lead_id", "action", ["lead_id", "destination", "number"], unique=False
    )
    op.create_index(
        "ix_action_leased",
        "action",
        ["destination", "leased_until"],
        unique=False,
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index(
        "ix_action_waiting",
        "action",
        ["destination", "next_at", "number"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", postgresql.BYTEA(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        comment="A key for the API; only its digest is kept.",
    )
    op.create_table(
        "canary_lead",
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.CheckConstraint("how IN ('capture', 'team')", name=op.f("ck_canary_lead_how_is_known")),
        sa.PrimaryKeyConstraint("lead_id", "digest", name=op.f("pk_canary_lead")),
        comment="A lead that was given to a canary, when it came in or when its team was known.",
    )
    op.create_index("ix_canary_lead_book", "canary_lead", ["book", "digest", "at"], unique=False)
    op.create_table(
        "chain_root",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("below", Xid8(), nullable=False),
        sa.Column("leads", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("root", postgresql.BYTEA(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_chain_root")),
        comment="Each minute, the chained hash over the event heads that changed: a lost tail shows.",
    )
    op.create_table(
        "clock",
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("respond_by", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("target_s", sa.Double(), nullable=False),
        sa.Column("next_step", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("generation", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("lead_id", "kind", name=op.f("pk_clock")),
        comment="An SLA clock of a lead and its next due step; a newer generation voids older ones.",
    )
    op.create_index(
        "ix_clock_due",
        "clock",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("book", sa.Text(), server_default=sa.text("'default'"), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("merged_into", sa.UUID(), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        comment="A person. Ids are never reused; leads follow merged_into.",
    )
    op.create_table(
        "contact_key",
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("key", sa.UUID(), nullable=False),
        sa.Column("contact_id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("book", "key", name=op.f("pk_contact_key")),
        comment="Digest of what a contact can be found by; unique, so a key never means two people.",
    )
    op.create_index("ix_contact_key_contact_id", "contact_key", ["contact_id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("book", sa.Text(), server_default=sa.text("'default'"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("body", postgresql.BYTEA(), nullable=False),
        sa.Column("headers", postgresql.BYTEA(), nullable=False),
        sa.Column("content_type", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        comment="One webhook request, raw, so that it can be taken again after a mapping fix.",
    )
    op.create_index(
        "ix_delivery_failed",
        "delivery",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("state = 'received' AND attempts > 0"),
    )
    op.create_index("ix_delivery_received_at", "delivery", ["received_at", "id"], unique=False)
    op.create_index(
        "ix_delivery_waiting",
        "delivery",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_table(
        "delivery_key",
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", postgresql.BYTEA(), nullable=False),
        sa.Column("delivery_id", sa.UUID(), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("book", "source", "key", name=op.f("pk_delivery_key")),
        comment="The guard against the same delivery twice.",
    )
    op.create_index("ix_delivery_key_expires_at", "delivery_key", ["expires_at"], unique=False)
    op.create_table(
        "event",
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("data", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("personal", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("hash", postgresql.BYTEA(), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.PrimaryKeyConstraint("lead_id", "seq", name=op.f("pk_event")),
        comment="Something that happened to a lead. Append-only; json keeps the hashed bytes as is.",
    )
    op.create_index("ix_event_xid", "event", ["xid"], unique=False)
    op.create_table(
        "handoff",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("to_id", sa.Text(), nullable=False),
        sa.Column("accountable_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("packet", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("completeness", sa.Double(), nullable=False),
        sa.Column("offered_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("answered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoff")),
        comment="One transfer of ownership with its packet.",
    )
    op.create_index("ix_handoff_lead_id", "handoff", ["lead_id"], unique=False)
    op.create_index(
        "ix_handoff_open",
        "handoff",
        ["to_id", "offered_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('offered', 'accepted')"),
    )
    op.create_table(
        "lead",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("book", sa.Text(), server_default=sa.text("'default'"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("item_key", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("resume_at", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("rank_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("contact_id", sa.UUID(), nullable=True),
        sa.Column("owner_kind", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Text(), nullable=True),
        sa.Column("accountable_id", sa.Text(), nullable=True),
        sa.Column("pool", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "passed", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("sla", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("priority", sa.Text(), server_default=sa.text("'normal'"), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("merged_into", sa.UUID(), nullable=True),
        sa.Column("handoff_id", sa.UUID(), nullable=True),
        sa.Column("outcome", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("head", postgresql.BYTEA(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "state IN ('captured', 'cleaned', 'classified', 'routed', 'activated', 'accepted', 'contacted', 'closed', 'in_review', 'parked', 'rejected', 'merged')",
            name=op.f("ck_lead_state_is_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('routed', 'activated', 'accepted', 'contacted', 'closed') OR (owner_kind IS NOT NULL AND owner_id IS NOT NULL AND accountable_id IS NOT NULL AND owner_id <> '' AND accountable_id <> '')",
            name=op.f("ck_lead_routed_lead_has_an_owner"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead")),
        sa.UniqueConstraint(
            "book", "source", "item_key", name=op.f("uq_lead_book_source_item_key")
        ),
        comment="One inquiry on its way to a first conversation.",
    )
    op.create_index("ix_lead_contact_id", "lead", ["contact_id"], unique=False)
    op.create_index("ix_lead_delivery_id", "lead", ["delivery_id"], unique=False)
    op.create_index(
        "ix_lead_due",
        "lead",
        ["state", "rank_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_lead_failed",
        "lead",
        ["state", "rank_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL AND attempts > 0"),
    )
    op.create_index(
        "ix_lead_parked", "lead", ["id"], unique=False, postgresql_where=sa.text("state = 'parked'")
    )
    op.create_index("ix_lead_received_at", "lead", ["received_at", "id"], unique=False)
    op.create_table(
        "pace",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("paid_until", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("destination", name=op.f("pk_pace")),
        comment="How far the calls to a destination with a rate limit run ahead of the time.",
    )
    op.create_table(
        "pool",
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("book", "id", name=op.f("pk_pool")),
        comment="The lock under which a pool's next owner is picked.",
    )
    op.create_table(
        "pool_member",
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("pool_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("credit", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("assigned", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("book", "pool_id", "person_id", name=op.f("pk_pool_member")),
        comment="The fairness ledger: what a member is owed (in weights) and how many it was given.",
    )
    op.create_table(
        "process",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column(
            "status",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process")),
        comment="Heartbeat of a web, worker or ticker process.",
    )
    op.create_table(
        "review_item",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("suggestions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("blocking", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reminded_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("answered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("answered_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_item")),
        comment="One question to a named person.",
    )
    op.create_index("ix_review_item_lead_id", "review_item", ["lead_id"], unique=False)
    op.create_index(
        "ix_review_item_open",
        "review_item",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "rulebook",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("files", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "checks",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("frozen", postgresql.BYTEA(), nullable=True),
        sa.Column("published_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("published_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_rulebook")),
        comment="A version of a rule book, whole, with what was found when it was published.",
    )
    op.create_table(
        "rulebook_log",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rulebook_log")),
        comment="What was done with the versions of a book. Append-only.",
    )
    op.create_index("ix_rulebook_log_book", "rulebook_log", ["book", "number"], unique=False)
    op.create_table(
        "schedule_slot",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "slot", name=op.f("pk_schedule_slot")),
        comment="A periodic job's turn; the row commits with the job's effect, so each turn is once.",
    )
    op.create_table(
        "shadow_difference",
        sa.Column("lead_id", sa.UUID(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("book", sa.Text(), server_default=sa.text("'default'"), nullable=False),
        sa.Column("active", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("other", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("lead_id", "digest", name=op.f("pk_shadow_difference")),
        comment="A lead that the shadow version would have decided otherwise.",
    )
    op.create_index(
        "ix_shadow_difference_book", "shadow_difference", ["book", "digest", "at"], unique=False
    )
    op.create_table(
        "shadow_tally",
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("backend", sa.Integer(), nullable=False),
        sa.Column("judged", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("failed", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("book", "digest", "backend", name=op.f("pk_shadow_tally")),
        comment="Leads that the shadow judged; a row per server process, so that nobody waits for it.",
    )
    op.create_table(
        "switch",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("moved_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_switch")),
        comment="Installation-wide switches, such as holding everything that would leave.",
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("backend", sa.Integer(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("taken_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("deadline", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        comment="What a worker is about to work on; left behind only when the worker died or hangs.",
    )
    op.create_table(
        "rulebook_alias",
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "terms",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("moved_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("moved_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"], ["rulebook.digest"], name=op.f("fk_rulebook_alias_digest")
        ),
        sa.PrimaryKeyConstraint("book", "alias", name=op.f("pk_rulebook_alias")),
        comment="Which version a book serves, tries or watches; rolling back moves this row.",
    )
    op.create_table(
        "rulebook_proposal",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("asked_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("answered_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("answered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'approved', 'refused', 'overtaken')",
            name=op.f("ck_rulebook_proposal_state_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["digest"], ["rulebook.digest"], name=op.f("fk_rulebook_proposal_digest")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rulebook_proposal")),
        comment="A version that waits for a second person's word.",
    )
    op.create_index(
        "uq_rulebook_proposal_pending",
        "rulebook_proposal",
        ["book", "digest"],
        unique=True,
        postgresql_where=sa.text("state = 'pending'"),
    )
    # Rows a little over 2 KB would be compressed on every write, which costs more than it saves.
    for table in ("lead", "handoff", "action"):
        op.execute(f"ALTER TABLE {table} SET (toast_tuple_target = 8160)")


def downgrade() -> None:
    """Go back."""

    op.drop_index(
        "uq_rulebook_proposal_pending",
        table_name="rulebook_proposal",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.drop_table("rulebook_proposal")
    op.drop_table("rulebook_alias")
    op.drop_table("ticket")
    op.drop_table("switch")
    op.drop_table("shadow_tally")
    op.drop_index("ix_shadow_difference_book", table_name="shadow_difference")
    op.drop_table("shadow_difference")
    op.drop_table("schedule_slot")
    op.drop_index("ix_rulebook_log_book", table_name="rulebook_log")
    op.drop_table("rulebook_log")
    op.drop_table("rulebook")
    op.drop_index(
        "ix_review_item_open", table_name="review_item", postgresql_where=sa.text("state = 'open'")
    )
    op.drop_index("ix_review_item_lead_id", table_name="review_item")
    op.drop_table("review_item")
    op.drop_table("process")
    op.drop_table("pool_member")
    op.drop_table("pool")
    op.drop_table("pace")
    op.drop_index("ix_lead_received_at", table_name="lead")
    op.drop_index("ix_lead_parked", table_name="lead", postgresql_where=sa.text("state = 'parked'"))
    op.drop_index(
        "ix_lead_failed",
        table_name="lead",
        postgresql_where=sa.text("due_at IS NOT NULL AND attempts > 0"),
    )
    op.drop_index("ix_lead_due", table_name="lead", postgresql_where=sa.text("due_at IS NOT NULL"))
    op.drop_index("ix_lead_delivery_id", table_name="lead")
    op.drop_index("ix_lead_contact_id", table_name="lead")
    op.drop_table("lead")
    op.drop_index(
        "ix_handoff_open",
        table_name="handoff",
        postgresql_where=sa.text("state IN ('offered', 'accepted')"),
    )
    op.drop_index("ix_handoff_lead_id", table_name="handoff")
    op.drop_table("handoff")
    op.drop_index("ix_event_xid", table_name="event")
    op.drop_table("event")
    op.drop_index("ix_delivery_key_expires_at", table_name="delivery_key")
    op.drop_table("delivery_key")
    op.drop_index(
        "ix_delivery_waiting", table_name="delivery", postgresql_where=sa.text("state = 'received'")
    )
    op.drop_index("ix_delivery_received_at", table_name="delivery")
    op.drop_index(
        "ix_delivery_failed",
        table_name="delivery",
        postgresql_where=sa.text("state = 'received' AND attempts > 0"),
    )
    op.drop_table("delivery")
    op.drop_index("ix_contact_key_contact_id", table_name="contact_key")
    op.drop_table("contact_key")
    op.drop_table("contact")
    op.drop_index(
        "ix_clock_due", table_name="clock", postgresql_where=sa.text("next_at IS NOT NULL")
    )
    op.drop_table("clock")
    op.drop_table("chain_root")
    op.drop_index("ix_canary_lead_book", table_name="canary_lead")
    op.drop_table("canary_lead")
    op.drop_table("api_key")
    op.drop_index(
        "ix_action_waiting", table_name="action", postgresql_where=sa.text("state = 'pending'")
    )
    op.drop_index(
        "ix_action_leased", table_name="action", postgresql_where=sa.text("state = 'sending'")
    )
    op.drop_index("ix_action_lead_id", table_name="action")
    op.drop_index("ix_action_created_at", table_name="action")
    op.drop_table("action")
    op.drop_index("ix_absence_person_id", table_name="absence")
    op.drop_table("absence")
