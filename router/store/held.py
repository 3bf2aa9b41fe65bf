"""Leads that wait in their pools, in the order in which they came, and what may end the wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from router.lead.ids import LeadId
from router.store.tx import Tx

_PAGE: Final[LiteralString] = """
    SELECT h.lead_id FROM held h JOIN lead l ON l.id = h.lead_id
    WHERE h.book = %s AND h.pool_id = %s ORDER BY l.rank_at, h.lead_id LIMIT %s OFFSET %s
"""
#: Pools of whom somebody is a member, or a member of one of their groups.
_WOKEN: Final[LiteralString] = """
    SELECT DISTINCT h.pool_id FROM held h
    WHERE h.book = %s AND EXISTS (
        SELECT 1 FROM wake w LEFT JOIN pool_member m
            ON m.book = w.book AND m.person_id = w.person_id
        LEFT JOIN pool_member g ON g.book = w.book AND g.person_id = 'pool:' || m.pool_id
        WHERE w.book = h.book AND w.number <= %s
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


def held_leads(tx: Tx, book: str, pool: str, *, skip: int = 0, limit: int) -> list[LeadId]:
    """Return leads that wait in a pool: high priority first, then those that came first.

    Args:
        tx: Open transaction. Locks nothing.
        book: Which book's leads.
        pool: The pool.
        skip: Leads to leave out at the beginning.
        limit: Most to return.
    """
    return [LeadId(row[0]) for row in tx.rows(_PAGE, (book, pool, limit, skip))]


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


def last_wake(tx: Tx) -> int:
    """Return the number of the newest note; 0 when there is none."""
    row = tx.row("SELECT max(number) FROM wake")
    return int(row[0]) if row and row[0] is not None else 0


def pools_to_release(tx: Tx, book: str, upto: int, now: datetime) -> list[str]:
    """Return the pools in which leads wait that somebody may be able to take now.

    Args:
        tx: Open transaction. Locks nothing.
        book: Which book's leads.
        upto: The newest note that counts.
        now: Leads whose moment has come count, too.
    """
    due = tx.rows(
        "SELECT DISTINCT pool_id FROM held WHERE book = %s AND look_at <= %s", (book, now)
    )
    woken = tx.rows(_WOKEN, (book, upto)) if upto else []
    return sorted({row[0] for row in (*due, *woken)})


def forget_wakes(tx: Tx, book: str, upto: int) -> None:
    """Forget the notes that were followed."""
    tx.run("DELETE FROM wake WHERE book = %s AND number <= %s", (book, upto))


def put_off(tx: Tx, leads: Sequence[LeadId], look_at: datetime) -> None:
    """Look at these waiting leads again at a moment."""
    tx.run("UPDATE held SET look_at = %s WHERE lead_id = ANY(%s)", (look_at, sorted(set(leads))))


def next_look(tx: Tx) -> datetime | None:
    """Return when a waiting lead is to be looked at next; None when none waits."""
    row = tx.row("SELECT min(look_at) FROM held")
    return row[0] if row else None
