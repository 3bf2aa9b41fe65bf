"""The tables of assignment: pools, what their members are owed and why, who is away, accounts."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from router.store.columns import at, json, metadata, number, partial, text

absence = sa.Table(
    "absence",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    text("book", default="default"),
    text("person_id", default=None),
    at("from_at"),
    at("until_at", null=True),
    text("reason"),
    text("by"),
    at("created_at"),
    # Appended by a migration, hence behind the others.
    text("kind", default="away"),
    text("cover_id"),
    text("uid"),
    at("reassign_at", null=True),
    sa.Index("ix_absence_person_id", "book", "person_id", "until_at"),
    partial("ix_absence_uid", "book", "person_id", "uid", where="uid <> ''"),
    partial("ix_absence_reassign_at", "reassign_at", where="reassign_at IS NOT NULL"),
    comment="A time in which a person takes no leads; without an end, until further notice.",
)

pool = sa.Table(
    "pool",
    metadata,
    sa.Column("book", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    comment="The lock under which a pool's next owner is picked.",
)

pool_member = sa.Table(
    "pool_member",
    metadata,
    sa.Column("book", sa.Text, primary_key=True),
    sa.Column("pool_id", sa.Text, primary_key=True),
    sa.Column("person_id", sa.Text, primary_key=True),
    sa.Column("credit", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    sa.Column("assigned", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    sa.Column("banked", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    at("busy_until", null=True),
    comment="What a member is owed, the sum of its ledger: 2^32 units are one lead.",
)

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    text("book", default="default"),
    text("pool_id"),
    text("kind", default=None),
    at("at"),
    sa.Column("lead_id", UUID),
    text("person_id"),
    number("given"),
    at("given_at"),
    sa.Column("people", ARRAY(sa.Text), nullable=False),
    sa.Column("credits", ARRAY(sa.BigInteger), nullable=False),
    sa.Column("banks", ARRAY(sa.BigInteger), nullable=False),
    sa.Column("undoes", UUID),
    text("by"),
    text("reason"),
    # Given out under the pool's lock: the order of its changes, which no time tells.
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False),
    partial("ix_ledger_given", "book", "person_id", "given_at", where="given <> 0"),
    sa.Index("ix_ledger_pool", "book", "pool_id", "number"),
    sa.Index("ix_ledger_lead_id", "lead_id"),
    comment="Each change of what pool members are owed or were given, and why. Append-only.",
)

allowance = sa.Table(
    "allowance",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    text("book", default="default"),
    text("person_id", default=None),
    text("pool_id"),
    sa.Column("weight", sa.Integer),
    json("caps"),
    sa.Column("off", sa.Boolean, nullable=False, server_default=sa.text("false")),
    at("from_at"),
    at("until_at"),
    text("reason"),
    text("by"),
    at("ended_at", null=True),
    sa.Index("ix_allowance_until_at", "book", "until_at"),
    comment="A manager's word, with an end, that stands in for the book's: weight, caps, or off.",
)

held = sa.Table(
    "held",
    metadata,
    sa.Column("lead_id", UUID, primary_key=True),
    text("book", default="default"),
    text("pool_id", default=None),
    at("since"),
    at("look_at"),
    sa.Index("ix_held_pool", "book", "pool_id", "since"),
    sa.Index("ix_held_look_at", "look_at"),
    comment="A lead that waits in its pool until somebody can take it, and when to look again.",
)

wake = sa.Table(
    "wake",
    metadata,
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    text("book", default="default"),
    text("person_id"),
    text("why"),
    at("at"),
    comment="Somebody may be able to take leads that wait; read once, by who releases them.",
)

account = sa.Table(
    "account",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    text("book", default="default"),
    text("key", default=None),
    text("name", default=None),
    text("name_key"),
    text("owner_id"),
    text("opportunity_owner_id"),
    sa.Column("named", sa.Boolean, nullable=False, server_default=sa.text("false")),
    text("country"),
    at("active_at", null=True),
    at("updated_at"),
    sa.UniqueConstraint("book", "key"),
    comment="A company we know, as the CRM told us; key is the CRM's id.",
)

account_key = sa.Table(
    "account_key",
    metadata,
    sa.Column("book", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("account_id", UUID, primary_key=True),
    sa.Index("ix_account_key_account_id", "account_id"),
    comment="What an account can be found by: a domain, a word of its name, a contact's digest.",
)

batch_import = sa.Table(
    "import",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    text("book", default="default"),
    text("name", default=None),
    text("source", default=None),
    text("state", default="running"),
    number("rows"),
    number("let_in"),
    number("withdrawn"),
    number("refused"),
    number("known"),
    number("per_hour"),
    text("calendar"),
    text("sla"),
    at("next_at", null=True),
    text("accountable_id", default=None),
    text("by"),
    at("created_at"),
    at("ended_at", null=True),
    sa.Index("ix_import_created_at", "book", "created_at", "id"),
    partial("ix_import_next_at", "next_at", where="next_at IS NOT NULL"),
    comment="Leads that came in bulk, on a lane of their own: let in at a pace, undone by this id.",
)
