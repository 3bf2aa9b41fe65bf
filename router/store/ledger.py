"""The fairness ledger: every change of what pool members are owed or were given, with its reason.

Rows are only ever added. What stands in ``pool_member`` is their sum, kept beside them so that a
pick reads one row a member.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, LiteralString
from uuid import UUID, uuid4

from router.rulebook.model import Period
from router.store.roster import lock_pools
from router.store.tx import Tx

_COPY: Final[LiteralString] = (
    "COPY ledger (id, book, pool_id, kind, at, lead_id, person_id, given, given_at, people,"
    " credits, banks, undoes, by, reason) FROM STDIN"
)
_COLUMNS: Final[LiteralString] = (
    "id, pool_id, kind, at, lead_id, person_id, given, given_at, people, credits, banks, undoes,"
    " by, reason"
)
_UPDATE: Final[LiteralString] = """
    UPDATE pool_member m SET credit = m.credit + d.credit, banked = m.banked + d.banked,
        assigned = m.assigned + d.given
    FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[])
        AS d (pool_id, person_id, credit, banked, given)
    WHERE m.book = %s AND m.pool_id = d.pool_id AND m.person_id = d.person_id
"""
_ENSURE: Final[LiteralString] = (
    "INSERT INTO pool_member (book, pool_id, person_id)"
    " SELECT %s, * FROM unnest(%s::text[], %s::text[]) ON CONFLICT DO NOTHING"
)
_STANDING: Final[LiteralString] = (
    "SELECT " + _COLUMNS + " FROM ledger l WHERE kind = 'assigned' AND NOT EXISTS"
    " (SELECT 1 FROM ledger u WHERE u.lead_id = l.lead_id AND u.undoes = l.id)"
)
_GIVEN: Final[LiteralString] = """
    SELECT w.person, w.period, l.pool_id, sum(l.given)
    FROM unnest(%s::text[], %s::text[], %s::timestamptz[]) AS w (person, period, since)
    JOIN ledger l ON l.book = %s AND l.person_id = w.person AND l.given <> 0
        AND l.given_at >= w.since
    GROUP BY w.person, w.period, l.pool_id
"""


class LedgerKind(StrEnum):
    """Why a row was written."""

    #: A lead was given to somebody.
    ASSIGNED = "assigned"
    #: A lead that was given does not count: the pick is taken back.
    CREDITED = "credited"
    #: A person said so.
    ADJUSTED = "adjusted"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One change."""

    id: UUID
    #: Empty for a lead that somebody got without a pool.
    pool: str
    kind: LedgerKind
    at: datetime
    lead_id: UUID | None
    #: Whom it is about.
    person: str
    #: Leads given: 1, -1 for one taken back, or 0.
    given: int
    #: When the lead was given that this speaks of; in its periods it counts.
    given_at: datetime
    #: By member of the pool: what was added to credit, and to what is banked, in units.
    changes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    #: The row that is taken back.
    undoes: UUID | None = None
    by: str = ""
    reason: str = ""


def write_ledger(tx: Tx, book: str, rows: Sequence[LedgerRow]) -> None:
    """Add rows, and bring what stands beside them up to date.

    Args:
        tx: Open transaction that holds the locks of the rows' pools.
        book: Which book's pools.
        rows: In the order in which they happened.
    """
    if not rows:
        return
    tx.copy(_COPY, (_written(book, row) for row in rows))
    credit, banked, given = Counter[_Key](), Counter[_Key](), Counter[_Key]()
    for row in rows:
        if not row.pool:
            continue
        for name, (more, bank) in row.changes.items():
            credit[row.pool, name] += more
            banked[row.pool, name] += bank
        given[row.pool, row.person] += row.given
    members = sorted({*credit, *given})
    tx.run(
        _UPDATE,
        (
            [each[0] for each in members],
            [each[1] for each in members],
            [credit[each] for each in members],
            [banked[each] for each in members],
            [given[each] for each in members],
            book,
        ),
    )


_Key = tuple[str, str]


def give_back_leads(  # noqa: PLR0913 - whose picks, why, and who says so, by name
    tx: Tx,
    book: str,
    lead_ids: Collection[UUID],
    *,
    by: str,
    reason: str,
    now: datetime,
    last: bool = False,
) -> int:
    """Take back the picks by which these leads were given, as if they had never been made.

    Everybody's credit is put right, and the leads count in nobody's caps. What was taken back
    before is passed over.

    Args:
        tx: Open transaction that holds the leads' locks; the pools are locked here, so none may
            be locked yet that sorts behind them.
        book: Which book's pools.
        lead_ids: The leads.
        by: Who says so.
        reason: Why, as a stable code or in words.
        now: The time.
        last: Only each lead's last pick: what owners before had of it stays counted.

    Returns:
        How many picks were taken back.
    """
    if not lead_ids:
        return 0
    which: LiteralString = _STANDING + " AND lead_id = ANY(%s) ORDER BY id"
    values = (list(lead_ids),)
    lock_pools(tx, book, {row[1] for row in tx.rows(which, values) if row[1]})
    rows = tx.rows(which, values)
    if last:
        newest: dict[UUID, datetime] = {}
        for row in rows:
            newest[row[4]] = max(newest.get(row[4], row[3]), row[3])
        rows = [row for row in rows if row[3] == newest[row[4]]]
    return _take_back(tx, book, rows, _Said(by, reason, now))


def give_back_picks(  # noqa: PLR0913 - whose picks, why, and who says so, by name
    tx: Tx,
    book: str,
    picks: Collection[tuple[UUID, datetime]],
    *,
    by: str,
    reason: str,
    now: datetime,
) -> int:
    """Take back the picks that were made of these leads at these moments.

    Args:
        tx: Open transaction that holds the locks of the leads and of their pools.
        book: Which book's pools.
        picks: Pairs of lead and moment.
        by: Who says so.
        reason: Why, as a stable code or in words.
        now: The time.

    Returns:
        How many picks were taken back.
    """
    if not picks:
        return 0
    which: LiteralString = (
        _STANDING + " AND (lead_id, at) IN (SELECT * FROM unnest(%s::uuid[], %s::timestamptz[]))"
        " ORDER BY id"
    )
    values = ([each[0] for each in picks], [each[1] for each in picks])
    return _take_back(tx, book, tx.rows(which, values), _Said(by, reason, now))


def pools_of_leads(tx: Tx, lead_ids: Collection[UUID]) -> set[str]:
    """Return the pools in which these leads were given, to be locked before that is taken back."""
    if not lead_ids:
        return set()
    rows = tx.rows("SELECT DISTINCT pool_id FROM ledger WHERE lead_id = ANY(%s)", (list(lead_ids),))
    return {row[0] for row in rows} - {""}


def pools_of_picks(tx: Tx, picks: Collection[tuple[UUID, datetime]]) -> set[str]:
    """Return the pools in which these picks were made, to be locked before they are taken back."""
    if not picks:
        return set()
    rows = tx.rows(
        "SELECT DISTINCT pool_id FROM ledger WHERE (lead_id, at) IN"
        " (SELECT * FROM unnest(%s::uuid[], %s::timestamptz[]))",
        ([each[0] for each in picks], [each[1] for each in picks]),
    )
    return {row[0] for row in rows} - {""}


@dataclass(frozen=True, slots=True)
class _Said:
    """Who takes picks back, why and when."""

    by: str
    reason: str
    now: datetime


def _take_back(tx: Tx, book: str, standing: Iterable[Sequence[Any]], said: _Said) -> int:
    rows = [_read(row) for row in standing]
    back = [
        LedgerRow(
            id=uuid4(),
            pool=row.pool,
            kind=LedgerKind.CREDITED,
            at=said.now,
            lead_id=row.lead_id,
            person=row.person,
            given=-row.given,
            given_at=row.given_at,
            changes={name: (-one, -other) for name, (one, other) in row.changes.items()},
            undoes=row.id,
            by=said.by,
            reason=said.reason,
        )
        for row in rows
    ]
    write_ledger(tx, book, back)
    return len([row for row in rows if row.given])


def given_since(
    tx: Tx, book: str, wanted: Mapping[tuple[str, Period], datetime]
) -> dict[tuple[str, Period, str], int]:
    """Count the leads that people were given since their periods began.

    Args:
        tx: Open transaction; for counts that bind, it holds the locks of the people's pools.
        book: Which book's leads.
        wanted: By person and period, when it began.

    Returns:
        By person, period and pool (empty for leads given without one).
    """
    if not wanted:
        return {}
    people, periods = [key[0] for key in wanted], [key[1].value for key in wanted]
    rows = tx.rows(_GIVEN, (people, periods, list(wanted.values()), book))
    return {(row[0], Period(row[1]), row[2]): int(row[3]) for row in rows}


def ledger_of(  # noqa: PLR0913 - filter and page, by name
    tx: Tx, book: str, pool: str, *, person: str = "", limit: int = 50, before: UUID | None = None
) -> list[LedgerRow]:
    """Return the newest rows of a pool, the newest first. Locks nothing.

    Args:
        tx: Open transaction.
        book: Which book's pools.
        pool: The pool.
        person: Only rows that changed what this member is owed or was given; empty for all.
        limit: Most to return.
        before: Id of the last row of the page before.
    """
    query: LiteralString = (
        "SELECT " + _COLUMNS + " FROM ledger WHERE book = %s AND pool_id = %s"
        " AND (%s = '' OR person_id = %s OR %s = ANY(people))"
        " AND (%s::uuid IS NULL OR number < (SELECT number FROM ledger WHERE id = %s))"
        " ORDER BY number DESC LIMIT %s"
    )
    values = (book, pool, person, person, person, before, before, limit)
    return [_read(row) for row in tx.rows(query, values)]


def ensure_members(tx: Tx, book: str, members: Iterable[tuple[str, str]]) -> None:
    """Give members of pools their rows, if they have none yet; they start with nothing owed.

    Args:
        tx: Open transaction that holds the pools' locks.
        book: Which book's pools.
        members: Pairs of pool and person.
    """
    pairs = sorted(set(members))
    tx.run(_ENSURE, (book, [each[0] for each in pairs], [each[1] for each in pairs]))


def _written(book: str, row: LedgerRow) -> tuple[object, ...]:
    names = list(row.changes)
    return (
        row.id,
        book,
        row.pool,
        row.kind.value,
        row.at,
        row.lead_id,
        row.person,
        row.given,
        row.given_at,
        names,
        [row.changes[name][0] for name in names],
        [row.changes[name][1] for name in names],
        row.undoes,
        row.by,
        row.reason,
    )


def _read(row: Sequence[Any]) -> LedgerRow:
    people, credits_, banks = row[8:11]
    return LedgerRow(
        id=row[0],
        pool=row[1],
        kind=LedgerKind(row[2]),
        at=row[3],
        lead_id=row[4],
        person=row[5],
        given=row[6],
        given_at=row[7],
        changes={
            name: (one, other) for name, one, other in zip(people, credits_, banks, strict=True)
        },
        undoes=row[11],
        by=row[12],
        reason=row[13],
    )
