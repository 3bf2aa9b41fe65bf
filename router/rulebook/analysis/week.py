"""Times of a week, in winter and in summer, and who works then: as the bits of a number."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from router.errors import Misconfigured
from router.rulebook.model import Calendar
from router.rulebook.worktime import work_time

#: Mondays of a winter week and of a summer week, without many holidays.
_WEEKS = (datetime(2026, 2, 2, tzinfo=UTC), datetime(2026, 7, 6, tzinfo=UTC))
_STEP = timedelta(minutes=15)
_MOMENTS = tuple(start + _STEP * number for start in _WEEKS for number in range(7 * 24 * 60 // 15))
#: The hours in which people of a country are taken to be up: wider than any office's.
DAYTIME = (7, 20)


def always() -> int:
    """Return all times."""
    return (1 << len(_MOMENTS)) - 1


@lru_cache(maxsize=256)
def moments_open(calendar: Calendar) -> int:
    """Return the times at which a calendar is open.

    Args:
        calendar: Of the book; one that cannot be read is taken to be always open.
    """
    try:
        hours = work_time(calendar)
        return _bits(tuple(hours.is_open(at) for at in _MOMENTS))
    except Misconfigured:
        return always()


@lru_cache(maxsize=256)
def daytime(country: str) -> int:
    """Return the times at which it is day in some zone of a country; 0 when nobody knows.

    Args:
        country: ISO 3166 alpha-2, in any case.
    """
    found = 0
    for name in _zones().get(country.upper(), ()):
        zone = ZoneInfo(name)
        first, last = DAYTIME
        found |= _bits(tuple(first <= at.astimezone(zone).hour < last for at in _MOMENTS))
    return found


def _bits(flags: tuple[bool, ...]) -> int:
    return sum(1 << place for place, flag in enumerate(flags) if flag)


@lru_cache(maxsize=1)
def _zones() -> dict[str, tuple[str, ...]]:
    text = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8")
    found: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        parts = line.split("\t")
        if not line.startswith("#") and len(parts) > 2:  # noqa: PLR2004 - country, place, zone
            found[parts[0]] = (*found.get(parts[0], ()), parts[2])
    return found
