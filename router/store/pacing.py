"""The pace of calls to a destination, held over every process by one row in the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from router.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a destination may be called."""

    #: Calls a second, in the long run.
    per_second: float
    #: Calls that may follow one another at once after a rest.
    burst: int

    @property
    def gap(self) -> timedelta:
        """Return the time that one call takes of the destination's patience."""
        return timedelta(seconds=1 / self.per_second)


def calls_left(paid_until: datetime | None, pace: Pace, now: datetime) -> int:
    """Return how many calls may be made now. Pure.

    Each call moves ``paid_until`` on by one gap; it may run ahead of the time by ``burst`` gaps.

    >>> from datetime import UTC
    >>> now, pace = datetime(2026, 3, 2, 10, tzinfo=UTC), Pace(per_second=10, burst=5)
    >>> calls_left(None, pace, now), calls_left(now + 3 * pace.gap, pace, now)
    (5, 2)
    >>> calls_left(now + 5 * pace.gap, pace, now)
    0

    Args:
        paid_until: From the last calls; None before the first.
        pace: What the destination allows.
        now: In the database's time.
    """
    ahead = max(timedelta(0), paid_until - now) if paid_until is not None else timedelta(0)
    return max(0, int((pace.burst * pace.gap - ahead) / pace.gap))


def allowed(tx: Tx, destination: str, pace: Pace, now: datetime) -> int:
    """Return how many calls may be made now; the caller holds the destination's lock.

    Args:
        tx: Open transaction.
        destination: Name.
        pace: What it allows.
        now: In the database's time.
    """
    row = tx.row("SELECT paid_until FROM pace WHERE destination = %s", (destination,))
    return calls_left(row[0] if row else None, pace, now)


def spend(tx: Tx, destination: str, pace: Pace, calls: int, now: datetime) -> None:
    """Count calls that are about to be made, before they are.

    Args:
        tx: Open transaction.
        destination: Name.
        pace: What it allows.
        calls: How many.
        now: In the database's time.
    """
    if calls:
        tx.run(
            "INSERT INTO pace (destination, paid_until) VALUES (%s, %s)"
            " ON CONFLICT (destination) DO UPDATE SET"
            " paid_until = GREATEST(pace.paid_until, %s) + %s",
            (destination, now + calls * pace.gap, now, calls * pace.gap),
        )


def refund(tx: Tx, destination: str, pace: Pace, calls: int) -> None:
    """Give back calls that were counted and never made.

    Args:
        tx: Open transaction.
        destination: Name.
        pace: With which they were counted.
        calls: How many.
    """
    tx.run(
        "UPDATE pace SET paid_until = paid_until - %s WHERE destination = %s",
        (calls * pace.gap, destination),
    )
