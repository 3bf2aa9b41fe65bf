"""The drip: how many rows of an import are let in, and when the next ones are. Pure arithmetic."""

from dataclasses import dataclass
from datetime import datetime, timedelta

#: Fewest and most rows an hour that an import may be given.
SLOWEST, FASTEST = 1, 36_000
#: Rows an hour unless another pace is asked for.
USUAL = 200

_HOUR = timedelta(hours=1)
#: How late a portion may come and still leave the next one where it was planned: a ticker looks
#: once a second. The plan has this much to spare in each hour.
_LATE = timedelta(seconds=5)
#: Portions an hour at most: at higher rates they grow instead, so that nobody looks too often.
_PORTIONS = 240


@dataclass(frozen=True, slots=True)
class Drip:
    """Rows let in at once, and the time from one such portion to the next."""

    rows: int
    every: timedelta


def drip(per_hour: int) -> Drip:
    """Spread a rate evenly over the hour, in portions as small as they can be.

    >>> drip(200)
    Drip(rows=1, every=datetime.timedelta(seconds=18, microseconds=25000))
    >>> drip(8_000).rows
    34

    Args:
        per_hour: Rows an hour, from :data:`SLOWEST` to :data:`FASTEST`.
    """
    rows = -(-per_hour // _PORTIONS)
    return Drip(rows, (_HOUR + _LATE) / (per_hour // rows))


def next_portion(per_hour: int, planned: datetime, now: datetime) -> datetime:
    """Return when the portion after the one that is let in now is due.

    What was missed is not made up for: after an hour in which no ticker ran, one portion is let in
    and the next one comes as always. So within any hour never more than ``per_hour`` rows are.

    >>> from datetime import UTC
    >>> at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    >>> next_portion(200, at, at + timedelta(seconds=1)) - at
    datetime.timedelta(seconds=18, microseconds=25000)
    >>> next_portion(200, at, at + timedelta(hours=1)) - at
    datetime.timedelta(seconds=3618, microseconds=25000)

    Args:
        per_hour: Rows an hour.
        planned: When this portion was due; not after ``now``.
        now: When it is let in.
    """
    begins = planned if now - planned <= _LATE else now
    return begins + drip(per_hour).every


def time_for(per_hour: int, rows: int) -> timedelta:
    """Return how long it takes from the first portion of so many rows to the last.

    >>> time_for(200, 1), time_for(200, 8_000)
    (datetime.timedelta(0), datetime.timedelta(days=1, seconds=57781, microseconds=975000))

    Args:
        per_hour: Rows an hour.
        rows: Rows that wait.
    """
    each = drip(per_hour)
    portions = -(-rows // each.rows)
    return each.every * max(portions - 1, 0)
