"""Leads that wait in their pools, in the order in which they came."""

from collections.abc import Collection, Sequence
from datetime import datetime

from router.lead.ids import LeadId
from router.store.tx import Tx


def held_leads(tx: Tx, book: str, pool: str, *, after: int = 0, limit: int) -> list[LeadId]:
    """Return leads that wait in a pool: high priority first, then those that waited longest.

    Args:
        tx: Open transaction. Locks nothing.
        book: Which book's leads.
        pool: The pool.
        after: Leads to leave out at the beginning.
        limit: Most to return.
    """
    rows = tx.rows(
        "SELECT h.lead_id FROM held h JOIN lead l ON l.id = h.lead_id"
        " WHERE h.book = %s AND h.pool_id = %s ORDER BY l.rank_at, h.lead_id LIMIT %s OFFSET %s",
        (book, pool, limit, after),
    )
    return [LeadId(row[0]) for row in rows]


def held_counts(tx: Tx, book: str) -> dict[str, tuple[int, datetime]]:
    """Return how many leads wait in each pool, and since when the first of them. Locks nothing."""
    rows = tx.rows(
        "SELECT pool_id, count(*), min(since) FROM held WHERE book = %s GROUP BY pool_id", (book,)
    )
    return {row[0]: (int(row[1]), row[2]) for row in rows}


def look_now(tx: Tx, book: str, pools: Collection[str], now: datetime) -> list[str]:
    """Note that somebody may be able to take leads that wait in these pools.

    Args:
        tx: Open transaction.
        book: Which book's pools.
        pools: Their ids.
        now: The moment.

    Returns:
        Those of the pools in which leads wait.
    """
    rows = tx.rows(
        "WITH due AS (SELECT lead_id FROM held WHERE book = %s AND pool_id = ANY(%s)"
        "  AND look_at > %s ORDER BY lead_id FOR UPDATE SKIP LOCKED)"
        " UPDATE held SET look_at = %s FROM due WHERE held.lead_id = due.lead_id"
        " RETURNING held.pool_id",
        (book, list(pools), now, now),
    )
    return sorted({row[0] for row in rows})


def due_pools(tx: Tx, book: str, now: datetime) -> list[str]:
    """Return the pools in which leads wait that should be looked at. Locks nothing."""
    rows = tx.rows(
        "SELECT DISTINCT pool_id FROM held WHERE book = %s AND look_at <= %s ORDER BY pool_id",
        (book, now),
    )
    return [row[0] for row in rows]


def put_off(tx: Tx, leads: Sequence[LeadId], look_at: datetime) -> None:
    """Look at these waiting leads again at a moment."""
    tx.run("UPDATE held SET look_at = %s WHERE lead_id = ANY(%s)", (look_at, sorted(set(leads))))


def next_look(tx: Tx) -> datetime | None:
    """Return when a waiting lead is to be looked at next; None when none waits."""
    row = tx.row("SELECT min(look_at) FROM held")
    return row[0] if row else None
