"""What is tried beside the active version: what a shadow would have done, and a canary's leads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

import orjson

from router.store.books import Alias
from router.store.tx import Tx

#: Leads that a line of the report names.
_EXAMPLES: Final = 3

_DIFFERENCES: Final[LiteralString] = """
    INSERT INTO shadow_difference (lead_id, digest, at, book, active, other)
    SELECT lead_id, %s, %s, %s, active::jsonb, other::jsonb
    FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS found (lead_id, active, other)
    ON CONFLICT DO NOTHING
"""
_TALLY: Final[LiteralString] = """
    INSERT INTO shadow_tally AS tally (book, digest, backend, judged, failed)
    VALUES (%s, %s, pg_backend_pid(), %s, %s)
    ON CONFLICT (book, digest, backend) DO UPDATE
    SET judged = tally.judged + EXCLUDED.judged, failed = tally.failed + EXCLUDED.failed
"""
_PINS: Final[LiteralString] = """
    INSERT INTO canary_lead (lead_id, digest, book, at, how)
    SELECT lead_id, %s, %s, %s, how FROM unnest(%s::uuid[], %s::text[]) AS found (lead_id, how)
    ON CONFLICT DO NOTHING
"""
_REPORT: Final[LiteralString] = """
    SELECT active->>'rule', other->>'rule',
        rtrim((active->>'kind') || ' ' || (active->>'target')),
        rtrim((other->>'kind') || ' ' || (other->>'target')),
        count(*),
        (array_agg(lead_id::text ORDER BY at DESC, lead_id))[1:%s]
    FROM shadow_difference WHERE book = %s AND digest = %s AND at >= %s
    GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 2, 3, 4 LIMIT %s
"""
_DIFFERED: Final[LiteralString] = """
    SELECT count(*), count(*) FILTER (WHERE (active->>'kind', active->>'target')
        IS DISTINCT FROM (other->>'kind', other->>'target'))
    FROM shadow_difference WHERE book = %s AND digest = %s AND at >= %s
"""


@dataclass(slots=True)
class Noted:
    """What a batch has noted of shadow and canary, until it is written."""

    #: Which book of this installation it is about.
    book: str = ""
    #: Canary's digest to leads that it was given, and how: ``capture`` or ``team``.
    pins: dict[str, list[tuple[UUID, str]]] = field(default_factory=dict)
    #: Shadow's digest to leads it would have decided otherwise: what was said, and what it says.
    differences: dict[str, list[tuple[UUID, bytes, bytes]]] = field(default_factory=dict)
    #: Shadow's digest to how many leads it judged, and how many it could not.
    judged: dict[str, tuple[int, int]] = field(default_factory=dict)

    def pin(self, digest: str, lead_id: UUID, how: str) -> None:
        """Note that a lead was given to a canary."""
        self.pins.setdefault(digest, []).append((lead_id, how))

    def count(self, digest: str, *, failed: bool) -> None:
        """Note that a shadow judged a lead, or could not."""
        judged, broke = self.judged.get(digest, (0, 0))
        self.judged[digest] = (judged, broke + 1) if failed else (judged + 1, broke)

    def differ(self, digest: str, lead_id: UUID, active: bytes, other: bytes) -> None:
        """Note that a shadow would have decided a lead otherwise; both said as JSON."""
        self.differences.setdefault(digest, []).append((lead_id, active, other))


@dataclass(frozen=True, slots=True)
class Change:
    """Leads that a shadow would have decided otherwise, in one way."""

    active_rule: str
    shadow_rule: str
    #: Kind and name, such as ``pool uk-and-ireland``.
    active_target: str
    shadow_target: str
    leads: int
    #: A few of them, the newest first.
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Watched:
    """What a shadow has seen since it began."""

    judged: int
    #: Leads it could not judge.
    failed: int
    #: Of the judged, those it would have decided otherwise in anything.
    differ: int
    #: Of these, those that would have gone to somebody else.
    change_hands: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """A version that is tried, and since when."""

    digest: str
    terms: Mapping[str, Any]
    began: datetime
    by: str


def write_noted(tx: Tx, noted: Noted, now: datetime) -> None:
    """Write what a batch has noted. Reads nothing, and waits for nobody.

    Args:
        tx: Open transaction, which also writes the leads.
        noted: By the batch.
        now: Its time.
    """
    for digest, pinned in noted.pins.items():
        ids, how = [each[0] for each in pinned], [each[1] for each in pinned]
        tx.run(_PINS, (digest, noted.book, now, ids, how))
    for digest, found in noted.differences.items():
        ids = [lead_id for lead_id, _, _ in found]
        active = [said.decode() for _, said, _ in found]
        other = [said.decode() for _, _, said in found]
        tx.run(_DIFFERENCES, (digest, now, noted.book, ids, active, other))
    for digest, (judged, failed) in noted.judged.items():
        tx.run(_TALLY, (noted.book, digest, judged, failed))


def in_use(tx: Tx, serve: str, alias: Alias) -> Use | None:
    """Return the version that is tried; None when there is none.

    Args:
        tx: Open transaction.
        serve: Which book of this installation.
        alias: Shadow or canary.
    """
    row = tx.row(
        "SELECT digest, terms, coalesce((terms->>'began')::timestamptz, moved_at), moved_by"
        " FROM rulebook_alias WHERE book = %s AND alias = %s",
        (serve, alias),
    )
    return Use(str(row[0]), row[1], row[2], str(row[3])) if row else None


def watched(tx: Tx, serve: str, use: Use, *, most: int) -> Watched:
    """Return what a shadow has seen since it began.

    Args:
        tx: Open transaction.
        serve: Which book of this installation.
        use: The shadow.
        most: Changes to list; those with the most leads.
    """
    row = tx.row(
        "SELECT coalesce(sum(judged), 0)::bigint, coalesce(sum(failed), 0)::bigint"
        " FROM shadow_tally WHERE book = %s AND digest = %s",
        (serve, use.digest),
    )
    judged, failed = (int(row[0]), int(row[1])) if row else (0, 0)
    counts = tx.row(_DIFFERED, (serve, use.digest, use.began)) or (0, 0)
    rows = tx.rows(_REPORT, (_EXAMPLES, serve, use.digest, use.began, most))
    changes = tuple(
        Change(mine, other, target, instead, leads, tuple(examples))
        for mine, other, target, instead, leads, examples in rows
    )
    return Watched(judged, failed, int(counts[0]), int(counts[1]), changes)


def forget_watched(tx: Tx, serve: str, digest: str) -> None:
    """Forget what a version has seen as a shadow, so that it begins anew."""
    tx.run("DELETE FROM shadow_tally WHERE book = %s AND digest = %s", (serve, digest))
    tx.run("DELETE FROM shadow_difference WHERE book = %s AND digest = %s", (serve, digest))


def ended_shadows(tx: Tx, serve: str, before: datetime) -> list[str]:
    """Return the shadows that ended before a moment, and of which anything is kept."""
    rows = tx.rows(
        "SELECT DISTINCT digest FROM shadow_tally AS tally WHERE book = %s"
        " AND NOT EXISTS (SELECT 1 FROM rulebook_alias AS use WHERE use.book = tally.book"
        " AND use.alias = 'shadow' AND use.digest = tally.digest)"
        " AND NOT EXISTS (SELECT 1 FROM rulebook_log AS done WHERE done.book = tally.book"
        " AND done.digest = tally.digest AND done.act = 'shadow' AND done.at >= %s)",
        (serve, before),
    )
    return [str(row[0]) for row in rows]


def given(tx: Tx, serve: str, use: Use) -> int:
    """Return how many leads a canary was given since it began."""
    row = tx.row(
        "SELECT count(*) FROM canary_lead WHERE book = %s AND digest = %s AND at >= %s",
        (serve, use.digest, use.began),
    )
    return int(row[0]) if row else 0


def terms_with(terms: Mapping[str, object], began: datetime) -> dict[str, object]:
    """Return terms as an alias keeps them, with the moment from which its leads count.

    >>> from datetime import UTC
    >>> terms_with({"percent": 5.0}, datetime(2026, 1, 5, tzinfo=UTC))
    {'percent': 5.0, 'began': '2026-01-05T00:00:00+00:00'}
    """
    return {**terms, "began": began.isoformat()}


def as_bytes(value: object) -> bytes:
    """Return a value as JSON, for :meth:`Noted.differ`."""
    return orjson.dumps(value)
