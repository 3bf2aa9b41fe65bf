"""The one place that reads the time.

Everything that decides takes ``now`` as an argument, so that a decision can be tested as a table,
replayed and backtested. The edges (the road, intake, the ticker) ask this module, once per batch.
"""

import time
from datetime import UTC, datetime, timedelta

_shift = timedelta(0)


def set_shift(shift: timedelta) -> None:
    """Move this process's time by a fixed amount, for rehearsals (``LEAD_ROUTER_NOW_SHIFT_S``).

    Args:
        shift: Added to every later reading; negative moves into the past.
    """
    global _shift  # noqa: PLW0603 - the one process-wide switch; set once at start
    _shift = shift


def now() -> datetime:
    """Return the current moment, aware, in UTC, moved by the rehearsal shift if one is set."""
    return datetime.now(UTC) + _shift  # noqa: TID251 - the one reader of the clock


def unshifted() -> datetime:
    """Return the machine's own time, to compare with the database's (skew watch)."""
    return datetime.now(UTC)  # noqa: TID251 - the one reader of the clock


def ticks() -> float:
    """Return monotonic seconds, for measuring durations and deadlines within one process."""
    return time.monotonic()  # noqa: TID251 - the one reader of the clock
