"""What stood at the moment of a pick, put together again from what was kept since. Locks nothing.

Before a pick is whatever was written with an earlier moment; of the batch that the pick was made
in, what was given back by it, and the leads whose events it wrote before: a batch writes its leads
in the order in which it decides them.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

from router.rulebook.model import Period
from router.store.absences import Absent
from router.store.book_log import TOOK_OVER
from router.store.tx import Tx

#: Of a ledger row ``l``: it was written before the pick.
_BEFORE: Final[LiteralString] = """
    (l.at < %(at)s OR (l.at = %(at)s AND (l.kind = 'credited' OR EXISTS (
        SELECT 1 FROM event e, event mine
        WHERE mine.lead_id = %(lead)s AND mine.seq = %(seq)s AND e.lead_id = l.lead_id
            AND e.at = l.at AND e.kind IN ('lead.routed', 'lead.reassigned')
            AND e.ctid < mine.ctid))))
"""
#: What stands, without what was written since: there is less of that than of what was before.
_OWED: Final[LiteralString] = (
    "SELECT m.pool_id, m.person_id, m.credit - COALESCE(since.credit, 0),"
    " m.banked - COALESCE(since.bank, 0) FROM pool_member m LEFT JOIN ("
    " SELECT l.pool_id, c.member, sum(c.credit) AS credit, sum(c.bank) AS bank FROM ledger l,"
    " unnest(l.people, l.credits, l.banks) AS c (member, credit, bank)"
    " WHERE l.book = %(book)s AND l.pool_id = ANY(%(pools)s) AND l.at >= %(at)s AND NOT "
    + _BEFORE
    + " GROUP BY 1, 2) since ON since.pool_id = m.pool_id AND since.member = m.person_id"
    " WHERE m.book = %(book)s AND m.pool_id = ANY(%(pools)s)"
)
_GIVEN: Final[LiteralString] = (
    "SELECT w.person, w.period, l.pool_id, sum(l.given)"
    " FROM unnest(%(people)s::text[], %(periods)s::text[], %(since)s::timestamptz[])"
    " AS w (person, period, since) JOIN ledger l ON l.book = %(book)s"
    " AND l.person_id = w.person AND l.given <> 0 AND l.given_at >= w.since"
    " WHERE " + _BEFORE + " GROUP BY 1, 2, 3"
)
#: Leads that people had open: by what the newest event of each lead says, which gave it to
#: somebody or took it off the road; and those that the batch itself gave before the pick, which
#: looked at what left anybody's hands only before it began.
_OPEN: Final[LiteralString] = """
    WITH mine AS (
        SELECT ctid AS place, xid FROM event WHERE lead_id = %(lead)s AND seq = %(seq)s
    ), theirs AS (
        SELECT lead_id FROM ledger
        WHERE book = %(book)s AND person_id = ANY(%(people)s) AND given = 1 AND at <= %(at)s
        UNION SELECT id FROM lead WHERE book = %(book)s AND owner_id = ANY(%(people)s)
    ), last AS (
        SELECT newest.* FROM theirs, mine, LATERAL (
            SELECT CASE e.kind WHEN 'lead.accepted' THEN e.data ->> 'owner'
                    ELSE e.data -> 'owner' ->> 'id' END AS owner,
                COALESCE(e.data ->> 'pool', '') AS pool,
                CASE e.kind WHEN 'lead.accepted' THEN true
                    ELSE COALESCE(e.data -> 'owner' ->> 'kind' = 'person', false) END AS open
            FROM event e WHERE e.lead_id = theirs.lead_id
                AND (e.at < %(at)s
                    OR e.at = %(at)s AND e.xid <> mine.xid AND e.ctid < mine.place)
                AND (e.kind IN ('lead.routed', 'lead.reassigned', 'lead.closed', 'lead.rejected',
                        'lead.recalled', 'lead.merged', 'lead.parked', 'review.opened')
                    OR e.kind = 'lead.accepted' AND e.data -> 'from' IS NOT NULL)
            ORDER BY e.seq DESC LIMIT 1
        ) newest WHERE newest.open
        UNION ALL SELECT e.data -> 'owner' ->> 'id', COALESCE(e.data ->> 'pool', ''), true
        FROM event e, mine WHERE e.xid = mine.xid AND e.at = %(at)s AND e.ctid < mine.place
            AND e.kind IN ('lead.routed', 'lead.reassigned') AND e.lead_id <> %(lead)s
            AND e.data -> 'owner' ->> 'kind' = 'person'
    )
    SELECT owner, pool, count(*) FROM last WHERE owner = ANY(%(people)s) GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """A pick: whatever was written before it counts."""

    book: str
    at: datetime
    lead_id: UUID
    #: Number of the event that the pick wrote.
    seq: int

    @property
    def named(self) -> dict[str, object]:
        """Return it as the values of a query."""
        return {"book": self.book, "at": self.at, "lead": self.lead_id, "seq": self.seq}


def owed_before(
    tx: Tx, moment: Moment, pools: Iterable[str]
) -> dict[tuple[str, str], tuple[int, int]]:
    """Return what members were owed, and what was banked for them, in units.

    Args:
        tx: Open transaction.
        moment: The pick.
        pools: Whose ledgers are summed up.

    Returns:
        By pool and member; who was never in a pick is absent.
    """
    rows = tx.rows(_OWED, {**moment.named, "pools": sorted(pools)})
    return {(row[0], row[1]): (int(row[2]), int(row[3])) for row in rows}


def given_before(
    tx: Tx, moment: Moment, wanted: Mapping[tuple[str, Period], datetime]
) -> dict[tuple[str, Period, str], int]:
    """Count the leads that people had been given since their periods began.

    Args:
        tx: Open transaction.
        moment: The pick.
        wanted: By person and period, when it began.

    Returns:
        By person, period and pool (empty for leads given without one).
    """
    if not wanted:
        return {}
    rows = tx.rows(
        _GIVEN,
        {
            **moment.named,
            "people": [key[0] for key in wanted],
            "periods": [key[1].value for key in wanted],
            "since": list(wanted.values()),
        },
    )
    return {(row[0], Period(row[1]), row[2]): int(row[3]) for row in rows}


def open_before(tx: Tx, moment: Moment, people: Collection[str]) -> dict[tuple[str, str], int]:
    """Count the leads that people had open, by person and pool (empty: given without one)."""
    if not people:
        return {}
    rows = tx.rows(_OPEN, {**moment.named, "people": sorted(people)})
    return {(row[0], row[1]): int(row[2]) for row in rows}


def absent_then(tx: Tx, book: str, at: datetime) -> dict[str, Absent]:
    """Return who was away at a moment, as was known then; ends that were moved later show moved."""
    rows = tx.rows(
        "SELECT person_id, until_at, reason, kind, cover_id FROM absence WHERE book = %s"
        " AND from_at <= %s AND (until_at IS NULL OR until_at > %s) AND created_at <= %s"
        " ORDER BY until_at NULLS LAST, id",
        (book, at, at, at),
    )
    return {row[0]: Absent(row[1], row[2], row[3], row[4]) for row in rows}


def active_then(tx: Tx, book: str, at: datetime) -> str:
    """Return the version that was active at a moment; empty when the history does not say."""
    taking = [act.value for act in TOOK_OVER]
    row = tx.row(
        "SELECT digest FROM rulebook_log WHERE book = %s AND act = ANY(%s) AND at <= %s"
        " ORDER BY number DESC LIMIT 1",
        (book, taking, at),
    ) or tx.row(
        "SELECT COALESCE(NULLIF(before, ''), digest) FROM rulebook_log WHERE book = %s"
        " AND act = ANY(%s) ORDER BY number LIMIT 1",
        (book, taking),
    )
    return str(row[0]) if row else ""


def owner_before(
    tx: Tx, lead_id: UUID, contact_id: UUID, received_at: datetime
) -> tuple[str, datetime] | None:
    """Return who owns the newest lead of a contact that came before this one, and when it came."""
    row = tx.row(
        "SELECT owner_id, received_at FROM lead WHERE contact_id = %s AND id <> %s"
        " AND owner_kind = 'person' AND received_at <= %s"
        " ORDER BY received_at DESC, id DESC LIMIT 1",
        (contact_id, lead_id, received_at),
    )
    return (row[0], row[1]) if row else None
