"""Leads that wait in their pools, in the order in which they came, and what may end the wait."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from router.lead.ids import LeadId
from router.store.tx import Tx

_PAGE: Final[LiteralString] = """
    SELECT h.lead_id, l.digest, h.look_at FROM held h JOIN lead l ON l.id = h.lead_id
    WHERE h.book = %s AND h.pool_id = %s AND (%s::timestamptz IS NULL OR h.look_at <= %s)
        AND NOT %s = ANY(l.passed)
    ORDER BY l.rank_at, h.lead_id LIMIT %s
"""
#: Rows that somebody else writes just now are left to them: who waits here could close a circle.
_PUT_OFF: Final[LiteralString] = """
    UPDATE held SET look_at = %s WHERE lead_id IN
        (SELECT lead_id FROM held WHERE lead_id = ANY(%s) FOR UPDATE SKIP LOCKED)
"""
#: Likewise: another ticker followed them, too.
_FORGET_WAKES: Final[LiteralString] = """
    DELETE FROM wake WHERE number IN
        (SELECT number FROM wake WHERE number = ANY(%s) FOR UPDATE SKIP LOCKED)
"""
#: Pools of whom somebody is a member, or a member of one of their groups.
_WOKEN: Final[LiteralString] = """
    SELECT DISTINCT h.pool_id FROM held h
    WHERE h.book = %s AND EXISTS (
        SELECT 1 FROM wake w LEFT JOIN pool_member m
            ON m.book = w.book AND m.person_id = w.person_id
        LEFT JOIN pool_member g ON g.book = w.book AND g.person_id = 'pool:' || m.pool_id
        WHERE w.book = h.book AND w.number = ANY(%s)
            AND (w.person_id = '' OR h.pool_id IN (m.pool_id, g.pool_id)))
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in a pool."""

    leads: int
    #: Since when the one that has waited longest does.
    since: datetime
    #: When one of them is looked at next, unless somebody comes back before.
    look_at: datetime


@dataclass(frozen=True, slots=True)
class HeldLead:
    """A lead that waits."""

    id: LeadId
    #: The version of the book that it goes by.
    digest: str
    look_at: datetime


def queued_pools(tx: Tx, book: str, pools: Iterable[str], now: datetime) -> frozenset[str]:
    """Return the pools whose waiting leads somebody may be able to take at this very moment.

    Until they were looked at, a lead that comes in goes behind them.

    Args:
        tx: Open transaction. Locks nothing.
        book: Which book's pools.
        pools: Those that are asked about.
        now: The moment.
    """
    rows = tx.rows(
        "SELECT DISTINCT pool_id FROM held h WHERE book = %s AND pool_id = ANY(%s)"
        " AND (look_at <= %s OR EXISTS (SELECT 1 FROM wake w WHERE w.book = h.book))",
        (book, sorted(pools), now),
    )
    return frozenset(row[0] for row in rows)


def held_leads(  # noqa: PLR0913 - which of them, by name
    tx: Tx,
    book: str,
    pool: str,
    *,
    limit: int | None = None,
    due_at: datetime | None = None,
    person: str = "",
) -> list[HeldLead]:
    """Return leads that wait in a pool: high priority first, then those that came first.

    Args:
        tx: Open transaction. Locks nothing.
        book: Which book's leads.
        pool: The pool.
        limit: Most to return; None for all.
        due_at: Only those that are to be looked at by this moment; None for all.
        person: None that this person declined or missed; empty for all.
    """
    rows = tx.rows(_PAGE, (book, pool, due_at, due_at, person, limit))
    return [HeldLead(LeadId(row[0]), row[1], row[2]) for row in rows]


def waiting_in(tx: Tx, book: str) -> dict[str, Waiting]:
    """Return what waits in each pool; pools in which nothing waits are absent. Locks nothing."""
    rows = tx.rows(
        "SELECT pool_id, count(*), min(since), min(look_at) FROM held WHERE book = %s"
        " GROUP BY pool_id",
        (book,),
    )
    return {row[0]: Waiting(int(row[1]), row[2], row[3]) for row in rows}


def wake(tx: Tx, book: str, why: str, now: datetime, *, person: str = "") -> None:
    """Note that somebody may be able to take leads that wait.

    Args:
        tx: Open transaction.
        book: Which book's leads.
        why: As a stable code, such as ``back``.
        now: The moment.
        person: Who; empty when anybody may, as after a new version of the book.
    """
    tx.run(
        "INSERT INTO wake (book, person_id, why, at) VALUES (%s, %s, %s, %s)",
        (book, person, why, now),
    )


def notes(tx: Tx, book: str) -> list[int]:
    """Return the numbers of the notes that can be followed now.

    Numbers are given out before what they stand for is committed: a lower one may yet appear.
    """
    return [row[0] for row in tx.rows("SELECT number FROM wake WHERE book = %s", (book,))]


def pools_woken(tx: Tx, book: str, numbers: Sequence[int]) -> set[str]:
    """Return the pools in which leads wait that somebody may be able to take, by these notes.

    Args:
        tx: Open transaction. Locks nothing.
        book: Which book's leads.
        numbers: Of the notes.
    """
    return {row[0] for row in tx.rows(_WOKEN, (book, list(numbers)))} if numbers else set()


def pools_due(tx: Tx, book: str, now: datetime) -> set[str]:
    """Return the pools in which leads wait whose moment has come. Locks nothing."""
    rows = tx.rows(
        "SELECT DISTINCT pool_id FROM held WHERE book = %s AND look_at <= %s", (book, now)
    )
    return {row[0] for row in rows}


def forget_wakes(tx: Tx, numbers: Sequence[int]) -> None:
    """Forget these notes: they were followed. Others stay, whatever their numbers."""
    tx.run(_FORGET_WAKES, (list(numbers),))


def put_off(tx: Tx, leads: Iterable[LeadId], look_at: datetime) -> None:
    """Look at these waiting leads again at a moment."""
    tx.run(_PUT_OFF, (look_at, sorted(set(leads))))


def forget_held(tx: Tx, leads: Iterable[LeadId]) -> None:
    """Forget that these leads wait: they do not.

    Args:
        tx: Open transaction that holds their locks.
        leads: The leads.
    """
    tx.run("DELETE FROM held WHERE lead_id = ANY(%s)", (sorted(set(leads)),))


def next_look(tx: Tx, book: str) -> datetime | None:
    """Return when a waiting lead is to be looked at next; None when none waits."""
    row = tx.row("SELECT min(look_at) FROM held WHERE book = %s", (book,))
    return row[0] if row else None
