"""Every table. What one row is, and the constraints that make wrong states impossible."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSON, JSONB, UUID
from sqlalchemy.types import UserDefinedType

from router.store.book_tables import (
    canary_lead,
    rulebook,
    rulebook_alias,
    rulebook_log,
    rulebook_proposal,
    shadow_difference,
    shadow_tally,
)
from router.store.columns import at, metadata, number, partial, text
from router.store.pool_tables import (
    absence,
    account,
    account_key,
    allowance,
    batch_import,
    held,
    ledger,
    pool,
    pool_member,
    wake,
)

__all__ = [
    "Xid8",
    "absence",
    "account",
    "account_key",
    "action",
    "allowance",
    "api_key",
    "batch_import",
    "canary_lead",
    "chain_root",
    "clock",
    "contact",
    "contact_key",
    "delivery",
    "delivery_key",
    "event",
    "handoff",
    "held",
    "lead",
    "ledger",
    "metadata",
    "pace",
    "pool",
    "pool_member",
    "process",
    "review_item",
    "rulebook",
    "rulebook_alias",
    "rulebook_log",
    "rulebook_proposal",
    "schedule_slot",
    "shadow_difference",
    "shadow_tally",
    "switch",
    "ticket",
    "wake",
]


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id: lets a reader stop below transactions still running."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the type's name for DDL."""
        return "xid8"


delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    text("book", default="default"),
    text("source", default=None),
    text("state", default=None),
    at("received_at"),
    sa.Column("body", BYTEA, nullable=False),
    sa.Column("headers", BYTEA, nullable=False),
    text("content_type"),
    text("reason"),
    number("attempts"),
    # Appended by a migration, hence behind the others.
    sa.Column("import_id", UUID),
    number("import_row"),
    sa.Index(
        "ix_delivery_import_id",
        "import_id",
        "import_row",
        postgresql_where=sa.text("import_id IS NOT NULL"),
    ),
    sa.Index(
        "ix_delivery_waiting",
        # Whatever came live is found first.
        sa.literal_column("(import_id IS NOT NULL)"),
        "received_at",
        postgresql_where=sa.text("state = 'received'"),
    ),
    partial("ix_delivery_lane", "import_id", "import_row", where="state = 'waiting'"),
    partial("ix_delivery_failed", "received_at", where="state = 'received' AND attempts > 0"),
    sa.Index("ix_delivery_received_at", "received_at", "id"),
    comment="One webhook request, raw, so that it can be taken again after a mapping fix.",
)

delivery_key = sa.Table(
    "delivery_key",
    metadata,
    sa.Column("book", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("key", BYTEA, primary_key=True),
    sa.Column("delivery_id", UUID, nullable=False),
    at("expires_at"),
    sa.Index("ix_delivery_key_expires_at", "expires_at"),
    comment="The guard against the same delivery twice.",
)

lead = sa.Table(
    "lead",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    text("book", default="default"),
    text("source", default=None),
    text("item_key", default=None),
    sa.Column("delivery_id", UUID, nullable=False),
    text("state", default=None),
    sa.Column("resume_at", sa.Text),
    text("reason"),
    at("received_at"),
    at("rank_at"),
    at("due_at", null=True),
    sa.Column("contact_id", UUID),
    sa.Column("owner_kind", sa.Text),
    sa.Column("owner_id", sa.Text),
    sa.Column("accountable_id", sa.Text),
    text("pool"),
    sa.Column("passed", ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'")),
    text("sla"),
    text("priority", default="normal"),
    text("digest", default=None),
    sa.Column("merged_into", UUID),
    sa.Column("handoff_id", UUID),
    text("outcome"),
    number("attempts"),
    text("last_error"),
    number("version"),
    sa.Column("head", BYTEA, nullable=False),
    sa.Column("body", JSONB, nullable=False),
    sa.UniqueConstraint("book", "source", "item_key"),
    sa.CheckConstraint(
        "state NOT IN ('routed', 'activated', 'accepted', 'contacted', 'closed')"
        " OR (owner_kind IS NOT NULL AND owner_id IS NOT NULL AND accountable_id IS NOT NULL"
        " AND owner_id <> '' AND accountable_id <> '')",
        name="routed_lead_has_an_owner",
    ),
    sa.CheckConstraint(
        "state IN ('captured', 'cleaned', 'classified', 'routed', 'activated', 'accepted',"
        " 'contacted', 'closed', 'in_review', 'parked', 'rejected', 'merged')",
        name="state_is_known",
    ),
    partial("ix_lead_due", "state", "rank_at", where="due_at IS NOT NULL"),
    partial("ix_lead_failed", "state", "rank_at", where="due_at IS NOT NULL AND attempts > 0"),
    partial("ix_lead_parked", "id", where="state = 'parked'"),
    partial(
        "ix_lead_open",
        "book",
        "owner_id",
        "pool",
        where="state IN ('routed', 'activated', 'accepted', 'contacted')",
    ),
    sa.Index("ix_lead_contact_id", "contact_id"),
    sa.Index("ix_lead_received_at", "received_at", "id"),
    sa.Index("ix_lead_delivery_id", "delivery_id"),
    comment="One inquiry on its way to a first conversation.",
)

contact = sa.Table(
    "contact",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    text("book", default="default"),
    at("created_at"),
    sa.Column("merged_into", UUID),
    sa.Column("body", JSONB, nullable=False),
    comment="A person. Ids are never reused; leads follow merged_into.",
)

contact_key = sa.Table(
    "contact_key",
    metadata,
    sa.Column("book", sa.Text, primary_key=True),
    sa.Column("key", UUID, primary_key=True),
    sa.Column("contact_id", UUID, nullable=False),
    sa.Index("ix_contact_key_contact_id", "contact_id"),
    comment="Digest of what a contact can be found by; unique, so a key never means two people.",
)

event = sa.Table(
    "event",
    metadata,
    sa.Column("lead_id", UUID, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    text("kind", default=None),
    at("at"),
    text("actor"),
    sa.Column("data", JSON, nullable=False),
    sa.Column("personal", JSON, nullable=False),
    sa.Column("hash", BYTEA, nullable=False),
    sa.Column("xid", Xid8, nullable=False, server_default=sa.text("pg_current_xact_id()")),
    sa.Index("ix_event_xid", "xid"),
    comment="Something that happened to a lead. Append-only; json keeps the hashed bytes as is.",
)

handoff = sa.Table(
    "handoff",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    sa.Column("lead_id", UUID, nullable=False),
    text("to_id", default=None),
    text("accountable_id", default=None),
    text("sender"),
    text("state", default=None),
    sa.Column("packet", JSONB, nullable=False),
    sa.Column("completeness", sa.Double, nullable=False),
    at("offered_at"),
    at("answered_at", null=True),
    text("reason"),
    sa.Index("ix_handoff_lead_id", "lead_id"),
    partial("ix_handoff_open", "to_id", "offered_at", where="state IN ('offered', 'accepted')"),
    comment="One transfer of ownership with its packet.",
)

clock = sa.Table(
    "clock",
    metadata,
    sa.Column("lead_id", UUID, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    text("state", default=None),
    text("calendar", default=None),
    at("started_at"),
    at("respond_by"),
    sa.Column("target_s", sa.Double, nullable=False),
    number("next_step"),
    at("next_at", null=True),
    number("generation", 1),
    at("ended_at", null=True),
    partial("ix_clock_due", "next_at", where="next_at IS NOT NULL"),
    comment="An SLA clock of a lead and its next due step; a newer generation voids older ones.",
)

action = sa.Table(
    "action",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False),
    sa.Column("lead_id", UUID),
    number("seq"),
    text("kind", default=None),
    text("destination", default=None),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("body", BYTEA, nullable=False),
    text("state", default="pending"),
    number("attempts"),
    at("next_at"),
    at("leased_until", null=True),
    number("fence"),
    sa.Column("receipt", JSONB),
    text("last_error"),
    at("created_at"),
    at("ended_at", null=True),
    partial("ix_action_waiting", "destination", "next_at", "number", where="state = 'pending'"),
    partial("ix_action_leased", "destination", "leased_until", where="state = 'sending'"),
    sa.Index("ix_action_lead_id", "lead_id", "destination", "number"),
    sa.Index("ix_action_created_at", "created_at", "id"),
    comment="One thing to do outside, with its attempts and its receipt; of a lead, or of a book.",
)

pace = sa.Table(
    "pace",
    metadata,
    sa.Column("destination", sa.Text, primary_key=True),
    at("paid_until"),
    comment="How far the calls to a destination with a rate limit run ahead of the time.",
)

review_item = sa.Table(
    "review_item",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    sa.Column("lead_id", UUID, nullable=False),
    text("reason", default=None),
    text("question", default=None),
    text("reviewer", default=None),
    sa.Column("suggestions", ARRAY(sa.Text), nullable=False),
    sa.Column("blocking", sa.Boolean, nullable=False),
    text("state", default="open"),
    at("opened_at"),
    at("due_at"),
    at("reminded_at", null=True),
    at("answered_at", null=True),
    text("answer"),
    text("answered_by"),
    partial("ix_review_item_open", "due_at", where="state = 'open'"),
    sa.Index("ix_review_item_lead_id", "lead_id"),
    comment="One question to a named person.",
)

ticket = sa.Table(
    "ticket",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    text("stage", default=None),
    sa.Column("ids", ARRAY(UUID), nullable=False),
    sa.Column("backend", sa.Integer, nullable=False),
    text("worker", default=None),
    at("taken_at"),
    at("deadline"),
    comment="What a worker is about to work on; left behind only when the worker died or hangs.",
)

schedule_slot = sa.Table(
    "schedule_slot",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("slot", sa.BigInteger, primary_key=True),
    at("taken_at"),
    comment="A periodic job's turn; the row commits with the job's effect, so each turn is once.",
)

process = sa.Table(
    "process",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    text("kind", default=None),
    text("version", default=None),
    at("started_at"),
    at("seen_at"),
    sa.Column("status", JSONB, nullable=False, server_default=sa.text("'{}'")),
    comment="Heartbeat of a web, worker or ticker process.",
)

switch = sa.Table(
    "switch",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    text("by"),
    at("moved_at"),
    comment="Installation-wide switches, such as holding everything that would leave.",
)

api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    text("name", default=None),
    sa.Column("digest", BYTEA, nullable=False),
    sa.Column("scopes", ARRAY(sa.Text), nullable=False),
    at("created_at"),
    at("expires_at", null=True),
    at("used_at", null=True),
    at("revoked_at", null=True),
    comment="A key for the API; only its digest is kept.",
)

chain_root = sa.Table(
    "chain_root",
    metadata,
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    at("at"),
    sa.Column("below", Xid8, nullable=False),
    number("leads"),
    sa.Column("root", BYTEA, nullable=False),
    comment="Each minute, the chained hash over the event heads that changed: a lost tail shows.",
)
