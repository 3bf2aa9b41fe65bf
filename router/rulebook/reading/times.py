"""Moments and spans of time as a rule writes them: ``after``, ``before`` and ``within_last``."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_LOCAL = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?) +([A-Za-z][A-Za-z0-9_+/-]*)"
)
_OFFSET = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r" ?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_SPAN = re.compile(r"([1-9][0-9]{0,4})([smhdw])")
_SPANS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def parse_moment(text: str) -> datetime | None:
    """Read a moment, in UTC; None when it is not one.

    A day alone is its start in UTC. A time needs the name of a zone or an offset. Of an hour that
    comes twice when summer time ends the first is taken; one that is skipped is no moment.

    >>> parse_moment("2026-03-01").isoformat()
    '2026-03-01T00:00:00+00:00'
    >>> parse_moment("2026-07-01 09:00 Europe/London").isoformat()
    '2026-07-01T08:00:00+00:00'
    >>> parse_moment("2026-03-01T09:00:00+01:00").isoformat()
    '2026-03-01T08:00:00+00:00'
    >>> parse_moment("2026-03-29 01:30 Europe/London"), parse_moment("2026-03-01 09:00")
    (None, None)

    Args:
        text: As it was written.
    """
    try:
        if _DAY.fullmatch(text):
            return datetime.fromisoformat(f"{text}T00:00:00+00:00")
        if _OFFSET.fullmatch(text):
            return datetime.fromisoformat(text.replace(" ", "T", 1).replace(" ", "")).astimezone(
                UTC
            )
        if found := _LOCAL.fullmatch(text):
            zone = ZoneInfo(found[3])
            local = datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=zone)
            moment = local.astimezone(UTC)
            same = moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)
            return moment if same else None
    except (LookupError, ValueError, OSError, OverflowError):
        return None
    return None


def parse_span(text: str) -> timedelta | None:
    """Read a span of calendar time such as ``30d``; None when it is not one.

    A day is 24 hours here and a week 7 days; in an SLA ``1d`` is a working day of 8 hours.

    >>> parse_span("2w"), parse_span("12h")
    (datetime.timedelta(days=14), datetime.timedelta(seconds=43200))
    >>> parse_span("30 days") is None
    True

    Args:
        text: As it was written.
    """
    found = _SPAN.fullmatch(text)
    return None if found is None else int(found[1]) * _SPANS[found[2]]
