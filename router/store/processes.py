"""Processes and their turns: heartbeats, periodic slots, and the database's own time."""

from collections.abc import Callable
from datetime import datetime

import orjson

from router.errors import Transient
from router.store.tx import Tx


def beat(tx: Tx, *, process: str, kind: str, version: str, now: datetime) -> None:
    """Say that a process is alive."""
    tx.run("SET LOCAL synchronous_commit = off")
    tx.run(
        "INSERT INTO process (id, kind, version, started_at, seen_at) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (id) DO UPDATE SET seen_at = EXCLUDED.seen_at",
        (process, kind, version, now, now),
    )


def seen_since(tx: Tx, since: datetime) -> list[tuple[str, str, datetime]]:
    """Return processes that were alive since a moment: id, kind, last seen."""
    rows = tx.rows(
        "SELECT id, kind, seen_at FROM process WHERE seen_at >= %s ORDER BY kind, id", (since,)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def forget_silent(tx: Tx, before: datetime) -> int:
    """Delete the heartbeats of processes that have been silent since before a moment."""
    return tx.run("DELETE FROM process WHERE seen_at < %s", (before,))


def take_slot(tx: Tx, name: str, slot: int, now: datetime) -> bool:
    """Take a periodic job's turn; False when another ticker has it.

    The turn commits with the job's effect, in the same transaction.
    """
    taken = tx.run(
        "INSERT INTO schedule_slot (name, slot, taken_at) VALUES (%s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        (name, slot, now),
    )
    if taken:
        tx.run("DELETE FROM schedule_slot WHERE name = %s AND slot < %s", (name, slot))
    return bool(taken)


def database_now(tx: Tx) -> datetime:
    """Return the database server's own time, to compare ours with."""
    row = tx.row("SELECT clock_timestamp()")
    if row is None:
        raise Transient("PostgreSQL did not tell its time; it will be asked again.")
    moment: datetime = row[0]
    return moment


def server_settings(tx: Tx) -> dict[str, str]:
    """Return the server settings on which the delivery promise rests."""
    rows = tx.rows(
        "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)",
        (["fsync", "synchronous_commit", "full_page_writes", "server_version", "max_connections"],),
    )
    return {row[0]: row[1] for row in rows}


def deadlocks(tx: Tx) -> int:
    """Return how many deadlocks PostgreSQL has counted in this database."""
    row = tx.row("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return int(row[0]) if row else 0


def append_root(
    tx: Tx, now: datetime, digest: Callable[[bytes, bytes], bytes]
) -> tuple[int, bytes]:
    """Chain the event heads that changed since the last root.

    Where the last root ended, this one begins, by transaction number: however late an event
    commits, and whatever time it bears, it stands below exactly one root. Numbers of transactions
    that still run, and all above them, are left to a later root.

    Args:
        tx: Open transaction.
        now: When.
        digest: Called with the previous root and the heads in order; returns the new root.

    Returns:
        How many leads changed, and the new root (empty when none did).
    """
    # Two tickers at different slots would both go on from the same root.
    tx.rows("SELECT pg_advisory_xact_lock(hashtextextended('chain_root', 7))")
    row = tx.row("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
    below = row[0] if row else "0"
    last = tx.row(
        # A database that was moved to another server counts from a lower number again.
        "SELECT CASE WHEN below <= %s::xid8 THEN below ELSE '0'::xid8 END::text, root"
        " FROM chain_root ORDER BY number DESC LIMIT 1",
        (below,),
    )
    since, previous = last or ("0", b"")
    rows = tx.rows(
        "SELECT DISTINCT ON (lead_id) lead_id, hash FROM event"
        " WHERE xid >= %s::xid8 AND xid < %s::xid8 ORDER BY lead_id, seq DESC",
        (since, below),
    )
    if not rows:
        return 0, b""
    heads = orjson.dumps([[str(row[0]), bytes(row[1]).hex()] for row in rows])
    root = digest(bytes(previous), heads)
    tx.run(
        "INSERT INTO chain_root (at, below, leads, root) VALUES (%s, %s::xid8, %s, %s)",
        (now, below, len(rows), root),
    )
    return len(rows), root
