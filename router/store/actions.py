"""Actions: claimed per destination with a lease and a fence, finished only by its holder."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString
from uuid import UUID

import orjson

from router.lead.ids import LeadId
from router.store.pacing import Pace, allowed, spend
from router.store.processes import database_now
from router.store.tx import Tx

#: Name of the switch that holds everything that would leave.
OUTBOUND = "outbound"

#: One that its holder settles at last is left to them.
_RELEASE: Final[LiteralString] = """
    UPDATE action SET state = 'pending', leased_until = NULL, next_at = %s
    WHERE id IN (SELECT id FROM action WHERE destination = %s AND state = 'sending'
        AND leased_until <= %s FOR UPDATE SKIP LOCKED)
"""
_IN_FLIGHT: Final[LiteralString] = (
    "SELECT count(*) FROM action WHERE destination = %s AND state = 'sending'"
)
#: A stretch of what is due to a destination, in the order in which it goes. Of a lead with a call
#: under way nothing can go; what is of no lead waits for nobody.
_STRETCH: Final[LiteralString] = """
    SELECT id, lead_id, number, next_at FROM action
    WHERE destination = %(destination)s AND state = 'pending' AND next_at <= %(now)s
        AND (next_at, number) > (%(after_at)s, %(after)s)
        AND (lead_id IS NULL OR lead_id NOT IN (
            SELECT lead_id FROM action WHERE destination = %(destination)s AND state = 'sending'
                AND lead_id IS NOT NULL))
    ORDER BY next_at, number LIMIT %(stretch)s
"""
_CLAIM: Final[LiteralString] = f"""
    UPDATE action SET state = 'sending', leased_until = %(until)s, fence = fence + 1,
        attempts = attempts + 1
    WHERE id IN (
        SELECT a.id FROM ({_STRETCH}) f JOIN action a ON a.id = f.id
        WHERE a.state = 'pending' AND NOT EXISTS (
            SELECT 1 FROM action b WHERE b.lead_id = f.lead_id
                AND b.destination = %(destination)s AND b.number < f.number
                AND b.state IN ('pending', 'sending'))
        ORDER BY f.next_at, f.number LIMIT %(room)s FOR UPDATE OF a SKIP LOCKED)
    RETURNING id, number, lead_id, kind, destination, key, body, attempts, fence
"""
_END_OF_STRETCH: Final[LiteralString] = (
    f"SELECT next_at, number FROM ({_STRETCH}) f OFFSET %(stretch)s - 1"
)
#: An action that stands before the one it must follow is moved to where that one stands.
_PUT_BEHIND: Final[LiteralString] = f"""
    UPDATE action SET next_at = moved.next_at FROM (
        SELECT a.id, head.next_at FROM ({_STRETCH}) f JOIN action a ON a.id = f.id
        JOIN LATERAL (
            SELECT b.next_at FROM action b WHERE b.lead_id = f.lead_id
                AND b.destination = %(destination)s AND b.number < f.number
                AND b.state = 'pending'
            ORDER BY b.number LIMIT 1) head ON head.next_at > f.next_at
        WHERE a.state = 'pending' FOR UPDATE OF a SKIP LOCKED) moved
    WHERE action.id = moved.id
"""
#: Due actions that a claim looks at in one go.
_STRETCH_SIZE = 500
#: Actions after which a claim moves no more of them; the next claim goes on with it.
_MOVED_ENOUGH = 5_000
_FIRST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Leased:
    """An action that this worker may carry out until its lease ends."""

    id: UUID
    #: Order among the actions of its lead.
    number: int
    #: None for a message about a book.
    lead_id: LeadId | None
    kind: str
    destination: str
    key: str
    body: bytes
    #: This attempt's number, from 1.
    attempt: int
    fence: int


def lease_actions(  # noqa: PLR0913 - every bound of the claim by name
    tx: Tx,
    destination: str,
    *,
    now: datetime,
    lease: timedelta,
    in_flight: int,
    most: int,
    pace: Pace | None = None,
) -> list[Leased]:
    """Claim actions of one destination, in order per lead; commit before calling anybody.

    Args:
        tx: Open transaction.
        destination: Its lock is taken, so that the cap on calls in flight holds over processes.
        now: Actions due by then.
        lease: Length of the new leases. Leases run in the database's time: two hosts never agree
            on theirs to the second.
        in_flight: Most calls under way to this destination at once, over all workers.
        most: Most to claim here.
        pace: Calls a second that the destination allows; each claimed action counts as a call.
    """
    tx.rows("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", (destination,))
    clock = database_now(tx)
    tx.run(_RELEASE, (now, destination, clock))
    row = tx.row(_IN_FLIGHT, (destination,))
    room = min(most, in_flight - (int(row[0]) if row else 0))
    if pace is not None:
        room = min(room, allowed(tx, destination, pace, clock))
    if room <= 0:
        return []
    claimed = _claim(tx, destination, now, clock + lease, room)
    if pace is not None:
        spend(tx, destination, pace, len(claimed), clock)
    return claimed


def _claim(tx: Tx, destination: str, now: datetime, until: datetime, room: int) -> list[Leased]:
    """Claim from the first stretch in which something can go.

    What cannot go and fills a stretch is put where it belongs. Without that, each claim would pass
    again all who wait for an earlier action of their lead.
    """
    told = {"destination": destination, "now": now, "until": until, "stretch": _STRETCH_SIZE}
    after_at, after, moved = _FIRST, 0, 0
    while True:
        here = {**told, "after_at": after_at, "after": after, "room": room}
        claimed = [_leased(row) for row in tx.rows(_CLAIM, here)]
        end = tx.row(_END_OF_STRETCH, here) if len(claimed) < room else None
        if end is not None and moved < _MOVED_ENOUGH:
            moved += tx.run(_PUT_BEHIND, here)
        if claimed or end is None:
            return sorted(claimed, key=lambda each: each.number)
        after_at, after = end


def finish(tx: Tx, leased: Leased, *, status: int, detail: str, now: datetime) -> bool:
    """Write the receipt; False when the lease was lost meanwhile, then nothing is written."""
    return bool(
        tx.run(
            "UPDATE action SET state = 'sent', leased_until = NULL, receipt = %s, ended_at = %s,"
            " last_error = '' WHERE id = %s AND fence = %s AND state = 'sending'",
            (receipt_json(status, detail, now), now, leased.id, leased.fence),
        )
    )


def retry_later(tx: Tx, leased: Leased, *, error: str, next_at: datetime) -> bool:
    """Put an action back for a later try; False when the lease was lost meanwhile.

    Those that must follow it wait as long, so that nobody asks for them in vain.
    """
    kept = bool(
        tx.run(
            "UPDATE action SET state = 'pending', leased_until = NULL, last_error = %s,"
            " next_at = %s WHERE id = %s AND fence = %s AND state = 'sending'",
            (error, next_at, leased.id, leased.fence),
        )
    )
    if kept:
        tx.run(
            # One that is withdrawn just now is left alone: who waits could close a circle.
            "UPDATE action SET next_at = %s WHERE id IN (SELECT id FROM action"
            " WHERE lead_id = %s AND destination = %s AND number > %s AND state = 'pending'"
            " AND next_at < %s FOR UPDATE SKIP LOCKED)",
            (next_at, leased.lead_id, leased.destination, leased.number, next_at),
        )
    return kept


def unsent(tx: Tx, leased: Leased, *, now: datetime) -> bool:
    """Put back an action that was claimed but never sent; the attempt does not count."""
    return bool(
        tx.run(
            "UPDATE action SET state = 'pending', leased_until = NULL, attempts = attempts - 1,"
            " next_at = %s WHERE id = %s AND fence = %s AND state = 'sending'",
            (now, leased.id, leased.fence),
        )
    )


def park(tx: Tx, leased: Leased, *, error: str, now: datetime) -> bool:
    """Stop trying and show it to the operator; False when the lease was lost meanwhile."""
    return bool(
        tx.run(
            "UPDATE action SET state = 'parked', leased_until = NULL, last_error = %s,"
            " ended_at = %s WHERE id = %s AND fence = %s AND state = 'sending'",
            (error, now, leased.id, leased.fence),
        )
    )


def replay(tx: Tx, action_id: UUID, now: datetime) -> bool:
    """Send a parked action again, with the same key; False when there is none with that id."""
    done = tx.run(
        "UPDATE action SET state = 'pending', attempts = 0, next_at = %s, ended_at = NULL"
        " WHERE id = %s AND state = 'parked'",
        (now, action_id),
    )
    return bool(done)


def due_destinations(tx: Tx, names: Sequence[str], now: datetime) -> list[str]:
    """Return the destinations that have something due, or a lease that ran out."""
    rows = tx.rows(
        "SELECT name FROM unnest(%s::text[]) AS name WHERE"
        " EXISTS (SELECT 1 FROM action WHERE destination = name AND state = 'pending'"
        "  AND next_at <= %s)"
        " OR EXISTS (SELECT 1 FROM action WHERE destination = name AND state = 'sending'"
        "  AND leased_until <= clock_timestamp())",
        (list(names), now),
    )
    return [row[0] for row in rows]


def hold_outbound(tx: Tx, *, hold: bool, by: str, now: datetime) -> None:
    """Stop or resume everything that would leave; what waits is kept."""
    tx.run(
        "INSERT INTO switch (name, value, by, moved_at) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value, by = EXCLUDED.by,"
        " moved_at = EXCLUDED.moved_at",
        (OUTBOUND, "stopped" if hold else "started", by, now),
    )


def is_held(tx: Tx) -> bool:
    """Return whether everything that would leave is held."""
    row = tx.row("SELECT value FROM switch WHERE name = %s", (OUTBOUND,))
    return row is not None and row[0] == "stopped"


def receipt_json(status: int, detail: str, at: datetime) -> str:
    """Write a receipt as it is stored."""
    return orjson.dumps({"status": status, "detail": detail, "at": at}).decode()


def _leased(row: Sequence[Any]) -> Leased:
    return Leased(
        id=row[0],
        number=row[1],
        lead_id=LeadId(row[2]) if row[2] is not None else None,
        kind=row[3],
        destination=row[4],
        key=row[5],
        body=bytes(row[6]),
        attempt=row[7],
        fence=row[8],
    )
