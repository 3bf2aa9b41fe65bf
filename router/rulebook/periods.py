"""Where a day, a week or a month begins and ends on somebody's wall."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from router.rulebook.pool import Period

#: The periods that begin anew by themselves.
TIMED = (Period.DAY, Period.WEEK, Period.MONTH)


def begins(period: Period, at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the period began that ``at`` lies in, as UTC.

    A day begins at midnight on the wall, or with its first moment where midnight is skipped; a
    week on Monday.

    >>> str(begins(Period.DAY, datetime(2026, 7, 1, 23, 30, tzinfo=UTC), ZoneInfo("Europe/Berlin")))
    '2026-07-01 22:00:00+00:00'
    >>> str(begins(Period.MONTH, datetime(2026, 7, 9, tzinfo=UTC), ZoneInfo("UTC")))
    '2026-07-01 00:00:00+00:00'

    Args:
        period: A day, a week or a month; not :attr:`Period.OPEN`, which never begins.
        at: Aware moment.
        zone: Where the person is.
    """
    return _midnight(_first_day(period, at.astimezone(zone).date()), zone)


def ends(period: Period, at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the period ends that ``at`` lies in, as UTC: when the next one begins.

    >>> str(ends(Period.WEEK, datetime(2026, 7, 1, tzinfo=UTC), ZoneInfo("UTC")))
    '2026-07-06 00:00:00+00:00'

    Args:
        period: A day, a week or a month; not :attr:`Period.OPEN`.
        at: Aware moment.
        zone: Where the person is.
    """
    first = _first_day(period, at.astimezone(zone).date())
    if period is Period.MONTH:
        year, month = divmod(first.year * 12 + first.month, 12)
        return _midnight(date(year, month + 1, 1), zone)
    return _midnight(first + timedelta(days=7 if period is Period.WEEK else 1), zone)


def _first_day(period: Period, day: date) -> date:
    if period is Period.MONTH:
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if period is Period.WEEK else day


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # Of a midnight that comes twice the first is meant; one that is skipped is moved by the change.
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
