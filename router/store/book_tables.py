"""The tables of the rule book: its versions, which one serves, and what was done with them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, JSONB, UUID

from router.store.columns import at, json, metadata, text

rulebook = sa.Table(
    "rulebook",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    text("name", default=None),
    sa.Column("files", JSONB, nullable=False),
    json("checks"),
    sa.Column("frozen", BYTEA),
    at("published_at"),
    text("published_by"),
    text("note"),
    comment="A version of a rule book, whole, with what was found when it was published.",
)

rulebook_alias = sa.Table(
    "rulebook_alias",
    metadata,
    sa.Column("book", sa.Text, primary_key=True),
    sa.Column("alias", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, sa.ForeignKey("rulebook.digest"), nullable=False),
    text("before"),
    json("terms"),
    at("moved_at"),
    text("moved_by"),
    comment="Which version a book serves, tries or watches; rolling back moves this row.",
)

rulebook_proposal = sa.Table(
    "rulebook_proposal",
    metadata,
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    text("book", default=None),
    sa.Column("digest", sa.Text, sa.ForeignKey("rulebook.digest"), nullable=False),
    at("asked_at"),
    text("asked_by"),
    text("note"),
    sa.Column("reasons", JSONB, nullable=False),
    text("state", default="pending"),
    text("answered_by"),
    at("answered_at", null=True),
    sa.CheckConstraint(
        "state IN ('pending', 'approved', 'refused', 'overtaken')", name="state_is_known"
    ),
    sa.Index(
        "uq_rulebook_proposal_pending",
        "book",
        "digest",
        unique=True,
        postgresql_where=sa.text("state = 'pending'"),
    ),
    comment="A version that waits for a second person's word.",
)

rulebook_log = sa.Table(
    "rulebook_log",
    metadata,
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    text("book", default=None),
    at("at"),
    text("by"),
    text("act", default=None),
    text("digest", default=None),
    text("before"),
    text("note"),
    json("data"),
    sa.Index("ix_rulebook_log_book", "book", "number"),
    comment="What was done with the versions of a book. Append-only.",
)

shadow_difference = sa.Table(
    "shadow_difference",
    metadata,
    sa.Column("lead_id", UUID, primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    at("at"),
    text("book", default="default"),
    sa.Column("active", JSONB, nullable=False),
    sa.Column("other", JSONB, nullable=False),
    sa.Index("ix_shadow_difference_book", "book", "digest", "at"),
    comment="A lead that the shadow version would have decided otherwise.",
)

shadow_tally = sa.Table(
    "shadow_tally",
    metadata,
    sa.Column("book", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("backend", sa.Integer, primary_key=True),
    sa.Column("judged", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    sa.Column("failed", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    comment="Leads that the shadow judged; a row per server process, so that nobody waits for it.",
)

canary_lead = sa.Table(
    "canary_lead",
    metadata,
    sa.Column("lead_id", UUID, primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    text("book", default=None),
    at("at"),
    text("how", default=None),
    sa.CheckConstraint("how IN ('capture', 'team')", name="how_is_known"),
    sa.Index("ix_canary_lead_book", "book", "digest", "at"),
    comment="A lead that was given to a canary, when it came in or when its team was known.",
)
