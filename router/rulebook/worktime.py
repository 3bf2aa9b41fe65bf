"""Working time: when a calendar is open, and when so much of its time will have passed.

The hours are OpenStreetMap opening hours, read by ``opening_hours``; the public holidays are
explicit dates of ``holidays``, since the other library's own table is not kept up. Both are asked
once per calendar and year; from then on every question is a search in a sorted list.

All answers are aware moments in UTC.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from holidays import country_holidays
from opening_hours import (  # type: ignore[attr-defined]  # its stub forgets ParserError
    OpeningHours,
    ParserError,
    State,
)

from router.errors import Misconfigured
from router.rulebook.model import Calendar

#: A calendar without an opening for so long is a mistake, not a long holiday.
LONGEST_CLOSURE = timedelta(days=400)

_NOTHING = timedelta(0)
#: Bounds inside the hour that a zone repeats lose their fold, so the question is asked wider than
#: any change of a zone's offset, and the answer clipped.
_MARGIN = timedelta(hours=3)
_UTC_ZONE = ZoneInfo("UTC")
#: The grammar's month names; ``strftime`` would ask the locale.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class _Line:
    """The open spans of whole years, first to last, never touching one another."""

    #: Years that are covered, both included; they begin and end in UTC.
    first_year: int
    last_year: int
    starts: tuple[datetime, ...]
    ends: tuple[datetime, ...]
    #: Working time that has passed at each end, since the first start.
    done: tuple[timedelta, ...]

    def worked(self, at: datetime) -> timedelta:
        """Return the working time between the line's begin and ``at``."""
        index = bisect_right(self.starts, at) - 1
        if index < 0:
            return _NOTHING
        end = self.ends[index]
        return self.done[index] - (end - at) if at < end else self.done[index]

    @property
    def until(self) -> datetime:
        """Return the moment up to which the line knows everything."""
        return datetime(self.last_year + 1, 1, 1, tzinfo=UTC)


class WorkTime:
    """The working time of one calendar. Made by :func:`work_time`.

    A shift that crosses midnight belongs to two dates; a day off closes its own date, midnight to
    midnight in the calendar's zone, and leaves the rest of such a shift open. Hours that name a
    moment of the hour which a zone repeats in autumn mean its second pass.

    Threads may share one: a line is never changed, only replaced by a longer one.
    """

    __slots__ = ("_calendar", "_line", "_zone")

    def __init__(self, calendar: Calendar) -> None:
        """Check the calendar.

        Args:
            calendar: Hours, zone and holidays.

        Raises:
            Misconfigured: Zone, hours, country or subdivision are not known, or cannot be read.
        """
        self._calendar = calendar
        try:
            self._zone = ZoneInfo(calendar.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise Misconfigured(
                f"Calendar {calendar.id}: there is no time zone {calendar.zone!r}. "
                "Write an IANA name such as Europe/London."
            ) from error
        self._line: _Line | None = None
        _parsed(calendar, self._zone, ())
        _days_off(calendar, 2026)

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone whose days and hours the calendar means."""
        return self._zone

    def is_open(self, at: datetime) -> bool:
        """Return whether ``at`` is working time; the moment of closing is not.

        Args:
            at: Aware moment.
        """
        at = _in_utc(at)
        line = self._covering(at)
        index = bisect_right(line.starts, at) - 1
        return index >= 0 and at < line.ends[index]

    def next_opening(self, at: datetime) -> datetime:
        """Return the first open moment at or after ``at``; ``at`` itself while it is open.

        Args:
            at: Aware moment.

        Raises:
            Misconfigured: The calendar stays closed for 400 days.
        """
        at = _in_utc(at)
        line = self._covering(at)
        while (index := bisect_right(line.ends, at)) == len(line.ends):
            line = self._longer(line, at)
        return max(at, line.starts[index])

    def add(self, start: datetime, need: timedelta) -> datetime:
        """Return the first moment at which ``need`` of working time has passed since ``start``.

        Without any need that is the next opening, or ``start`` itself while it is open.

        Args:
            start: Aware moment.
            need: Working time, not negative.

        Raises:
            Misconfigured: The calendar stays closed for 400 days before the need is filled.
            ValueError: The need is negative.
        """
        return self.add_each(start, (need,))[0]

    def add_each(self, start: datetime, needs: Iterable[timedelta]) -> list[datetime]:
        """Return what :meth:`add` gives for each need; the start is looked up once.

        Args:
            start: Aware moment.
            needs: Amounts of working time, none negative.

        Raises:
            Misconfigured: The calendar stays closed for 400 days before a need is filled.
            ValueError: A need is negative.
        """
        start = _in_utc(start)
        line = self._covering(start)
        worked = line.worked(start)
        found = []
        for need in needs:
            if need <= _NOTHING:
                if need < _NOTHING:
                    raise ValueError(f"Working time to add must not be negative, got {need}.")
                found.append(self.next_opening(start))
                continue
            total = worked + need
            # Years that follow are appended, so the total stays right while the line grows.
            while (index := bisect_left(line.done, total)) == len(line.done):
                line = self._longer(line, start)
            found.append(line.ends[index] - (line.done[index] - total))
        return found

    def between(self, a: datetime, b: datetime) -> timedelta:
        """Return the working time from ``a`` to ``b``; negative when ``b`` comes first.

        Args:
            a: Aware moment.
            b: Aware moment.
        """
        a, b = _in_utc(a), _in_utc(b)
        line = self._covering(b, self._covering(a))
        return line.worked(b) - line.worked(a)

    def _covering(self, at: datetime, line: _Line | None = None) -> _Line:
        """Return the line (the one given, or the one kept), grown to hold the year of ``at``."""
        line, year = line or self._line, at.year
        if line is not None and line.first_year <= year <= line.last_year:
            return line
        if line is None:
            line = _line(year, year, self._spans(year))
        while line.first_year > year:
            earlier = line.first_year - 1
            line = _line(earlier, line.last_year, [*self._spans(earlier), *_spans_of(line)])
        while line.last_year < year:
            line = self._with_next_year(line)
        self._line = line
        return line

    def _longer(self, line: _Line, since: datetime) -> _Line:
        """Return the line with one more year, unless it has been closed for too long already."""
        last = max(since, line.ends[-1]) if line.ends else since
        if line.until - last > LONGEST_CLOSURE:
            raise Misconfigured(
                f"Calendar {self._calendar.id} never opens between {last:%Y-%m-%d} and "
                f"{line.until:%Y-%m-%d}. Correct its hours ({self._calendar.hours!r}) or its extra "
                "days in the rule book."
            )
        self._line = line = self._with_next_year(line)
        return line

    def _with_next_year(self, line: _Line) -> _Line:
        later = line.last_year + 1
        return _line(line.first_year, later, [*_spans_of(line), *self._spans(later)])

    def _spans(self, year: int) -> list[Span]:
        """Ask the calendar for a year's open spans, clipped to the year in UTC."""
        lower, upper = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
        # The neighbours' holidays count too: the local year begins and ends at another moment.
        days = tuple(
            day for near in (year - 1, year, year + 1) for day in _days_off(self._calendar, near)
        )
        hours = _parsed(self._calendar, self._zone, days)
        asked = hours.intervals(
            (lower - _MARGIN).astimezone(_UTC_ZONE), (upper + _MARGIN).astimezone(_UTC_ZONE)
        )
        found: list[Span] = []
        for begin, end, state, _comment in asked:
            start, stop = max(begin.astimezone(UTC), lower), min(end.astimezone(UTC), upper)
            if state is State.OPEN and start < stop:
                found.append((start, stop))
        return found


@lru_cache(maxsize=256)
def work_time(calendar: Calendar) -> WorkTime:
    """Return the working time of a calendar; equal calendars share one.

    >>> office = Calendar(id="office", zone="Europe/London", hours="Mo-Fr 09:00-17:00")
    >>> friday_night = datetime(2026, 1, 9, 21, tzinfo=UTC)
    >>> str(work_time(office).add(friday_night, timedelta(hours=1)))
    '2026-01-12 10:00:00+00:00'

    Args:
        calendar: A calendar of the rule book.

    Raises:
        Misconfigured: Zone, hours, country or subdivision are not known, or cannot be read.
    """
    return WorkTime(calendar)


def _in_utc(at: datetime) -> datetime:
    if at.tzinfo is UTC:
        return at
    if at.tzinfo is None:
        raise ValueError(f"Working time needs a moment with a zone, got {at.isoformat()}.")
    return at.astimezone(UTC)


def _line(first_year: int, last_year: int, spans: list[Span]) -> _Line:
    """Join spans that touch, and count the working time up to each end."""
    starts: list[datetime] = []
    ends: list[datetime] = []
    for start, stop in spans:
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], stop)
        else:
            starts.append(start)
            ends.append(stop)
    done: list[timedelta] = []
    total = _NOTHING
    for start, stop in zip(starts, ends, strict=True):
        total += stop - start
        done.append(total)
    return _Line(first_year, last_year, tuple(starts), tuple(ends), tuple(done))


def _spans_of(line: _Line) -> Iterator[Span]:
    return zip(line.starts, line.ends, strict=True)


def _parsed(calendar: Calendar, zone: ZoneInfo, days: tuple[date, ...]) -> OpeningHours:
    off = (f"{day.year} {_MONTHS[day.month - 1]} {day.day:02} off" for day in days)
    try:
        # Extra days stand last, so that they can open a holiday again.
        return OpeningHours("; ".join((calendar.hours, *off, *calendar.extra)), timezone=zone)
    except ParserError as error:
        raise Misconfigured(
            f"Calendar {calendar.id}: the opening hours or extra days cannot be read. {error}"
        ) from error


def _days_off(calendar: Calendar, year: int) -> tuple[date, ...]:
    if not calendar.country:
        return ()
    try:
        return _holidays(calendar.country, calendar.subdivision, year)
    except NotImplementedError as error:
        raise Misconfigured(
            f"Calendar {calendar.id}: no public holidays are known for country "
            f"{calendar.country!r}, subdivision {calendar.subdivision!r}. {error}. "
            "Write ISO 3166 codes in upper case, e.g. GB and ENG."
        ) from error


@lru_cache(maxsize=1024)
def _holidays(country: str, subdivision: str, year: int) -> tuple[date, ...]:
    # Next year's New Year is sometimes observed on this year's last day, hence the filter.
    found = country_holidays(country, subdiv=subdivision or None, years=year)
    return tuple(sorted(day for day in found if day.year == year))
