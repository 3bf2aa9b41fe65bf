"""A calendar file (iCalendar, RFC 5545) read into events. Pure; the file is not trusted.

Only lines that say when, who and what kind reach the library: what a file says of time zones,
alarms, attachments and descriptions is dropped unread. Zones are known by their names alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from router.errors import Misconfigured, Rejected

if TYPE_CHECKING:
    from icalendar import Calendar, Event

#: Largest file, longest line (both in bytes), most events, and how deep its parts may be nested.
MAX_FILE, _MAX_LINE = 2 * 1024 * 1024, 64 * 1024
MAX_EVENTS, _MAX_DEPTH = 5_000, 10

#: A moment as an event has it: a day, a moment of a zone, or one on somebody's wall.
Moment = date | datetime

_NAME = re.compile(r"([A-Za-z0-9-]+)[;:]")
_KEPT = frozenset(
    "BEGIN END VERSION PRODID X-WR-CALNAME UID DTSTART DTEND DURATION RRULE EXDATE RDATE"
    " RECURRENCE-ID STATUS TRANSP X-MICROSOFT-CDO-BUSYSTATUS CATEGORIES SUMMARY ATTENDEE ORGANIZER"
    " SEQUENCE".split()
)
_PARTS = frozenset({"VCALENDAR", "VEVENT"})
_DAY = timedelta(days=1)


class Unreadable(Exception):
    """One event cannot be used; the others can."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """How an event repeats, as far as it is followed."""

    #: ``DAILY``, ``WEEKLY``, ``MONTHLY`` or ``YEARLY``.
    every: str
    interval: int = 1
    count: int | None = None
    until: Moment | None = None
    #: Day of the week (0 is Monday), and which one of the month or year (0 for each).
    days: tuple[tuple[int, int], ...] = ()
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    week_start: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a calendar."""

    #: Where it stands in the file, from 1 on.
    number: int
    uid: str
    start: Moment
    #: How long it lasts on the wall; whole days for an event of days.
    length: timedelta
    repeat: Repeat | None = None
    also: tuple[Moment, ...] = ()
    but: tuple[Moment, ...] = ()
    #: Set for one turn of a repeated event that is not like the others: when it would have been.
    instead: Moment | None = None
    cancelled: bool = False
    #: Whether the person is free all the same.
    free: bool = False
    out_of_office: bool = False
    summary: str = ""
    categories: tuple[str, ...] = ()
    #: E-mail addresses, case-folded; without those who declined.
    attendees: tuple[str, ...] = ()
    organizer: str = ""
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Skipped:
    """An event that could not be read."""

    number: int
    #: Empty when it has none.
    uid: str
    why: str


@dataclass(slots=True)
class CalendarFile:
    """What a file says."""

    #: ``X-WR-CALNAME``; empty when the calendar has no name.
    name: str = ""
    entries: list[Entry] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    #: Lines that are not of the form of a calendar file; they were passed over.
    broken_lines: int = 0


def read_calendar(raw: bytes) -> CalendarFile:
    """Read a calendar file.

    Args:
        raw: Its bytes.

    Returns:
        Its events, and those that could not be read, with the reason.

    Raises:
        Rejected: It is no calendar file, or too large.
        Misconfigured: The library that reads such files is not installed.
    """
    lines, broken = _lines(raw)
    library = _library()
    try:
        calendars = library.from_ical("\r\n".join(lines) + "\r\n", multiple=True)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise _no_calendar("its parts do not fit together") from error
    found = CalendarFile(broken_lines=broken)
    number = 0
    for calendar in calendars:
        if calendar.name != "VCALENDAR":
            raise _no_calendar("it does not begin with BEGIN:VCALENDAR")
        found.name = found.name or str(_one(calendar, "X-WR-CALNAME") or "").strip()
        for event in calendar.walk("VEVENT"):
            number += 1
            _read(found, event, number)
    if not calendars:
        raise _no_calendar("there is no whole BEGIN:VCALENDAR to END:VCALENDAR in it")
    return found


def _library() -> "type[Calendar]":
    """Return the library's reader: large, needed by few, and not in every installation."""
    try:
        found: type[Calendar] = import_module("icalendar").Calendar
    except ModuleNotFoundError as error:
        raise Misconfigured(
            f"Calendar files need the package {error.name}, which is not installed. Install"
            " lead-router with its extra: pip install 'lead-router[ics]'."
        ) from error
    return found


def _is_broken(value: object) -> bool:
    """Return whether the library could not read a value; its class is known once it is loaded."""
    return type(value).__name__ == "vBroken"


def _read(found: CalendarFile, event: Any, number: int) -> None:  # noqa: ANN401 - the library gives its base class
    uid = ""
    try:
        uid = str(_one(event, "UID") or "").strip()
        found.entries.append(_entry(event, uid, number))
    except Unreadable as error:
        found.skipped.append(Skipped(number, uid, str(error)))
    except (ValueError, TypeError, AttributeError, OverflowError):
        found.skipped.append(Skipped(number, uid, "it cannot be read"))


def _no_calendar(why: str) -> Rejected:
    return Rejected(f"This is no calendar file (.ics): {why}.", code="no_calendar")


def _lines(raw: bytes) -> tuple[list[str], int]:
    """Unfold a file and keep the lines that matter; also count those that are none."""
    if len(raw) > MAX_FILE:
        raise Rejected(
            f"The calendar file is larger than {MAX_FILE >> 20} MiB. Export less of it.",
            status=413,
            code="too_large",
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _no_calendar("it is not UTF-8 text") from error
    kept, broken, events = [], 0, 0
    path: list[str] = []
    for line in _unfolded(text):
        named = _NAME.match(line)
        if named is None or len(line) > _MAX_LINE:
            broken += 1
            continue
        name, value = named[1].upper(), line[named.end() :].strip().upper()
        if name == "BEGIN":
            path.append(value)
            events += value == "VEVENT"
        if name in _KEPT and _PARTS.issuperset(path):
            kept.append(line)
        if name == "END" and (not path or path.pop() != value):
            raise _no_calendar("its parts do not fit together")
        if len(path) > _MAX_DEPTH or events > MAX_EVENTS:
            raise Rejected(
                f"The calendar file has more than {MAX_EVENTS} events, or too many parts within"
                " parts. Export less of it.",
                code="too_many_events",
            )
    return kept, broken


def _unfolded(text: str) -> Iterator[str]:
    """Join lines that were folded: one that begins with a blank goes on from the one before."""
    parts: list[str] = []
    for line in text.replace("\0", "").splitlines():
        if line[:1] in {" ", "\t"} and parts:
            parts.append(line[1:])
            continue
        if parts:
            yield "".join(parts)
        parts = [line] if line.strip() else []
    if parts:
        yield "".join(parts)


def _one(part: Any, name: str) -> Any:  # noqa: ANN401 - of the type that the library has for it
    """Return a value that may be there once; None when it is not there."""
    value = part.get(name)
    if isinstance(value, list):
        raise Unreadable(f"it has {name} more than once")
    if _is_broken(value):
        raise Unreadable(f"its {name} cannot be read")
    return value


def _all(part: "Event", name: str) -> list[Any]:
    value = part.get(name)
    values = value if isinstance(value, list) else [value] if value is not None else []
    return [each for each in values if not _is_broken(each)]


def _entry(event: "Event", uid: str, number: int) -> Entry:
    if not uid:
        raise Unreadable("it has no UID, so it could not be found again")
    start = _moment(event, "DTSTART")
    if start is None:
        raise Unreadable("it has no DTSTART")
    busy = str(_one(event, "X-MICROSOFT-CDO-BUSYSTATUS") or "").upper()
    instead = _one(event, "RECURRENCE-ID")
    if instead is not None and instead.params.get("RANGE"):
        raise Unreadable("it changes all turns from one on (RANGE=THISANDFUTURE)")
    rule = _one(event, "RRULE")
    return Entry(
        number=number,
        uid=uid,
        start=start,
        length=_length(event, start),
        repeat=_repeat(rule) if rule is not None else None,
        also=_moments(event, "RDATE"),
        but=_moments(event, "EXDATE"),
        instead=_moment(event, "RECURRENCE-ID"),
        cancelled=str(_one(event, "STATUS") or "").upper() == "CANCELLED",
        free=str(_one(event, "TRANSP") or "").upper() == "TRANSPARENT" or busy == "FREE",
        out_of_office=busy == "OOF",
        summary=" ".join(str(_one(event, "SUMMARY") or "").split()),
        categories=tuple(str(word) for each in _all(event, "CATEGORIES") for word in each.cats),
        attendees=tuple(
            _address(each)
            for each in _all(event, "ATTENDEE")
            if str(each.params.get("PARTSTAT", "")).upper() != "DECLINED"
        ),
        organizer=_address(_one(event, "ORGANIZER") or ""),
        sequence=int(_one(event, "SEQUENCE") or 0),
    )


def _address(value: object) -> str:
    """Return an address without its scheme.

    >>> _address("MAILTO:Ann@Example.com")
    'ann@example.com'
    """
    return str(value).strip().casefold().removeprefix("mailto:")


def _moment(event: "Event", name: str) -> Moment | None:
    value = _one(event, name)
    return None if value is None else _checked(value.dt, value.params)


def _moments(event: "Event", name: str) -> tuple[Moment, ...]:
    lists = _all(event, name)
    return tuple(_checked(each.dt, group.params) for group in lists for each in group.dts)


def _checked(value: object, params: Any) -> Moment:  # noqa: ANN401 - the library's parameters
    if not isinstance(value, date):
        raise Unreadable("it has a time that is neither a day nor a moment")
    zone = params.get("TZID")
    if isinstance(value, datetime) and value.tzinfo is None and zone:
        raise Unreadable(f"there is no time zone {str(zone)[:60]!r}")
    return value


def _length(event: "Event", start: Moment) -> timedelta:
    """Return how long an event lasts on the wall where it begins."""
    end, lasts = _moment(event, "DTEND"), _one(event, "DURATION")
    if end is None and lasts is not None:
        found = lasts.dt
    elif end is None:
        found = timedelta(0) if isinstance(start, datetime) else _DAY
    elif isinstance(start, datetime) != isinstance(end, datetime):
        raise Unreadable("it begins with a day and ends with a moment, or the other way")
    elif isinstance(start, datetime) and isinstance(end, datetime):
        if (start.tzinfo is None) != (end.tzinfo is None):
            raise Unreadable("only one of its ends has a time zone")
        there = end.astimezone(start.tzinfo) if start.tzinfo is not None else end
        found = there.replace(tzinfo=None) - start.replace(tzinfo=None)
    else:
        found = end - start
    if not isinstance(found, timedelta) or found <= timedelta(0):
        raise Unreadable("it ends before it begins, or at once")
    return found


def _repeat(rule: Any) -> Repeat:  # noqa: ANN401 - a mapping of the library
    """Read a rule; what no absence needs, and what could be spun out without end, is refused."""
    said = {str(name).upper(): list(values) for name, values in rule.items()}
    strange = said.keys() - {
        "FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "WKST",
    }  # fmt: skip
    every = str(said.get("FREQ", [""])[0]).upper()
    if strange or every not in {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}:
        raise Unreadable("it repeats in a way that is not followed")
    found = Repeat(
        every=every,
        interval=int(said.get("INTERVAL", [1])[0]),
        count=int(said["COUNT"][0]) if "COUNT" in said else None,
        until=said["UNTIL"][0] if "UNTIL" in said else None,
        days=tuple(
            (_WEEK[each.weekday], int(each.relative or 0)) for each in said.get("BYDAY", ())
        ),
        months=tuple(int(each) for each in said.get("BYMONTH", ())),
        month_days=tuple(int(each) for each in said.get("BYMONTHDAY", ())),
        week_start=_WEEK[str(said.get("WKST", ["MO"])[0]).upper()],
    )
    _check_repeat(found)
    return found


_WEEK = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
#: Days of each month, in the longest year.
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _check_repeat(found: Repeat) -> None:
    """Refuse a rule that never comes true: it would be looked for until the end of time."""
    lone = found.every in {"DAILY", "WEEKLY"}
    reachable = not found.month_days or any(
        abs(day) <= _LONGEST[month - 1]
        for day in found.month_days
        for month in found.months or (1,)
        if day and 1 <= month <= len(_LONGEST)
    )
    sound = (
        1 <= found.interval <= 1000  # noqa: PLR2004 - no absence repeats more seldom
        and (found.count is None or found.count >= 1)
        and all(1 <= month <= len(_LONGEST) for month in found.months)
        and all(abs(which) <= 5 for _, which in found.days)  # noqa: PLR2004 - no month has a sixth
        and not (lone and (found.month_days or any(which for _, which in found.days)))
        # Every seventh day is the same day of the week, and may never be the one that is named.
        and not (found.every == "DAILY" and found.interval > 1 and (found.days or found.months))
        and reachable
    )
    if not sound:
        raise Unreadable("it repeats in a way that is not followed")
