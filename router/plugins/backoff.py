"""How long to wait before something outside is tried again."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_S = 3600.0
"""No pause is longer, in seconds: after an outage of a day, work resumes within the hour."""
SHORTEST_ASKED_S = 1.0
"""Shortest pause that can be asked for, in seconds: ``Retry-After: 0`` must not make a storm."""

_DOUBLINGS = 32


def pause(attempt: int, base_s: float, spread: float) -> float:
    """Return the seconds to wait after a failed attempt.

    The time doubles with every attempt, up to an hour. Half of it is always waited; how much of
    the other half, the caller's ``spread`` says ("equal jitter"), so that messages which failed
    together are not tried again together, and none is tried again at once. Until the hour is
    reached, a later attempt never waits shorter than an earlier one, whatever the spreads.

    >>> [pause(attempt, base_s=5.0, spread=0.5) for attempt in (1, 2, 3)]
    [3.75, 7.5, 15.0]
    >>> pause(3, base_s=5.0, spread=0.0), pause(40, base_s=5.0, spread=0.0)
    (10.0, 1800.0)

    Args:
        attempt: How many attempts have failed so far; 1 after the first.
        base_s: Longest pause after the first attempt, in seconds.
        spread: A random number from 0 up to, but not including, 1, drawn by the caller.
    """
    doublings = min(max(attempt - 1, 0), _DOUBLINGS)
    ceiling_s = min(base_s * 2.0**doublings, LONGEST_S)
    return ceiling_s / 2 * (1 + spread)


def asked_pause(retry_after: str, at: datetime) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks us to wait (RFC 9110, 10.2.3).

    >>> from datetime import UTC
    >>> at = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    >>> asked_pause("120", at), asked_pause("0", at), asked_pause("86400", at)
    (120.0, 1.0, 3600.0)
    >>> asked_pause("Mon, 05 Jan 2026 09:02:00 GMT", at)
    120.0
    >>> asked_pause("soon", at) is None
    True

    Args:
        retry_after: The header's value: whole seconds or an HTTP date.
        at: When the answer came, aware; dates count from there.

    Returns:
        Seconds from 1 to 3600, whatever was asked; None when the value cannot be read.
    """
    value = retry_after.strip()
    if value.isascii() and value.isdigit():
        # More digits than any pause needs: int() refuses thousands of them.
        wanted_s = float(value[:10])
    else:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, IndexError, OverflowError):
            return None
        # "-0000" gives a naive moment: in UTC, origin unknown.
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        wanted_s = (aware - at).total_seconds()
    return min(max(wanted_s, SHORTEST_ASKED_S), LONGEST_S)
