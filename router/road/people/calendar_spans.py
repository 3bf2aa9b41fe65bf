"""From the events of a calendar to spans of time: repetitions, days, zones. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from dateutil import rrule

from router.road.people.calendar_file import Entry, Moment, Repeat

#: How far ahead repetitions are followed, and how far back one may begin.
HORIZON, _OLDEST = timedelta(days=548), timedelta(days=3660)
#: Most turns of one event.
MAX_TURNS = 600

_EVERY = {
    "DAILY": rrule.DAILY,
    "WEEKLY": rrule.WEEKLY,
    "MONTHLY": rrule.MONTHLY,
    "YEARLY": rrule.YEARLY,
}
_DAYS = (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU)


@dataclass(frozen=True, slots=True)
class Span:
    """One turn of an event, in UTC."""

    #: Which turn of a repeated event, by when it would have been; empty for an event of one turn.
    turn: str
    start: datetime
    until: datetime


class TooOld(Exception):
    """An event began to repeat too long ago to be followed."""


def spans(entry: Entry, zone: tzinfo, now: datetime, instead: Mapping[str, Entry]) -> list[Span]:
    """Return when an event takes place, as far as it is not over.

    >>> from datetime import date
    >>> entry = Entry(1, "a", date(2026, 3, 5), timedelta(days=2))
    >>> (span,) = spans(entry, UTC, datetime(2026, 3, 1, tzinfo=UTC), {})
    >>> str(span.start), str(span.until)
    ('2026-03-05 00:00:00+00:00', '2026-03-07 00:00:00+00:00')

    Args:
        entry: The event; not a single turn of another one.
        zone: Of the person: where its days begin and its times without a zone are meant.
        now: The time; also how far ahead is looked.
        instead: By turn, turns that are not like the others, see :func:`turn_of`.

    Returns:
        Its turns, in order; for a repeated event those of the next 18 months, at most 600.

    Raises:
        TooOld: It began to repeat more than ten years ago.
    """
    there = _zone_of(entry.start, zone)
    if entry.repeat is None and not entry.also:
        return _still([_span("", entry.start, entry.length, zone)], now)
    if _at(entry.start, there) < now - _OLDEST:
        raise TooOld
    but = {turn_of(each, zone) for each in entry.but}
    found = []
    for start in _starts(entry, there, now + HORIZON):
        turn = turn_of(start, zone)
        other = instead.get(turn)
        if turn in but or (other is not None and other.cancelled):
            continue
        if other is not None:
            found.append(_span(turn, other.start, other.length, zone))
        else:
            found.append(_span(turn, start, entry.length, zone))
    return _still(found, now)[:MAX_TURNS]


def turn_of(start: Moment, zone: tzinfo) -> str:
    """Name a turn of a repeated event: the day it begins on, or the moment in UTC.

    >>> from datetime import date
    >>> turn_of(date(2026, 3, 5), UTC), turn_of(datetime(2026, 3, 5, 9), UTC)
    ('2026-03-05', '2026-03-05T09:00:00Z')

    Args:
        start: When it begins by the rule.
        zone: Where times without a zone are meant.
    """
    if not isinstance(start, datetime):
        return start.isoformat()
    return f"{_at(start, _zone_of(start, zone)):%Y-%m-%dT%H:%M:%SZ}"


def _still(found: Sequence[Span], now: datetime) -> list[Span]:
    return sorted((each for each in found if each.until > now), key=lambda each: each.start)


def _zone_of(start: Moment, zone: tzinfo) -> tzinfo:
    return (start.tzinfo or zone) if isinstance(start, datetime) else zone


def _span(turn: str, start: Moment, length: timedelta, zone: tzinfo) -> Span:
    """Count on the wall: a day that loses an hour is a day."""
    there = _zone_of(start, zone)
    wall = _wall(start, there)
    end = (wall + length).replace(tzinfo=there).astimezone(UTC)
    return Span(turn, wall.replace(tzinfo=there).astimezone(UTC), end)


def _wall(at: Moment, zone: tzinfo) -> datetime:
    """Return a moment as the clock on the wall shows it, without a zone."""
    if not isinstance(at, datetime):
        return datetime.combine(at, time.min)
    return (at.astimezone(zone) if at.tzinfo is not None else at).replace(tzinfo=None)


def _at(at: Moment, zone: tzinfo) -> datetime:
    return _wall(at, zone).replace(tzinfo=zone).astimezone(UTC)


def _starts(entry: Entry, zone: tzinfo, last: datetime) -> Iterator[Moment]:
    """Give when each turn begins, in the form of the event's own start; none after the horizon."""
    end = last.astimezone(zone).replace(tzinfo=None)
    walls = [_wall(entry.start, zone), *(_wall(each, zone) for each in entry.also)]
    if entry.repeat is not None:
        walls.extend(_repeated(entry.repeat, walls[0], zone, end))
    for wall in sorted({each for each in walls if each <= end}):
        if not isinstance(entry.start, datetime):
            yield wall.date()
        elif entry.start.tzinfo is None:
            yield wall
        else:
            yield wall.replace(tzinfo=zone)


def _repeated(repeat: Repeat, start: datetime, zone: tzinfo, end: datetime) -> Iterator[datetime]:
    until = repeat.until
    last = end
    if until is not None:
        # A day as the end includes the day.
        inclusive = isinstance(until, datetime)
        bound = _wall(until, zone) if inclusive else datetime.combine(until, time.max)
        last = min(end, bound)
    days = [_DAYS[day](which) if which else _DAYS[day] for day, which in repeat.days]
    rule = rrule.rrule(
        _EVERY[repeat.every],
        dtstart=start,
        interval=repeat.interval,
        count=repeat.count,
        byweekday=days or None,
        bymonth=list(repeat.months) or None,
        bymonthday=list(repeat.month_days) or None,
        wkst=repeat.week_start,
    )
    for at in rule:
        if at > last:
            return
        yield at
