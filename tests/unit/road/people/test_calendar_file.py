"""Calendar files that nobody vouches for: read, skipped with a reason, or refused."""

import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from router.errors import Misconfigured, Rejected
from router.road.people.calendar_file import MAX_EVENTS, MAX_FILE, read_calendar
from router.road.people.calendar_spans import MAX_TURNS, Span, TooOld, spans, turn_of
from tests.ics import calendar, days, event

_BERLIN = ZoneInfo("Europe/Berlin")
_NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def taken(*lines: list[str], zone: ZoneInfo = _BERLIN) -> list[Span]:
    """Return when the only whole entry of a calendar takes place; the others are its turns."""
    file = read_calendar(calendar(*lines))
    assert not file.skipped, file.skipped
    (whole,) = [entry for entry in file.entries if entry.instead is None]
    instead = {turn_of(each.instead, zone): each for each in file.entries if each.instead}
    return spans(whole, zone, _NOW, instead)


def starts(*lines: list[str]) -> list[str]:
    """Return the days on which the turns of an entry begin, in Berlin."""
    return [f"{each.start.astimezone(_BERLIN):%m-%d}" for each in taken(*lines)]


def skipped(*lines: list[str]) -> str:
    """Return why the only entry of a calendar cannot be used."""
    file = read_calendar(calendar(*lines))
    assert not file.entries
    (found,) = file.skipped
    return found.why


def test_a_day_is_a_day_on_the_persons_wall() -> None:
    (span,) = taken(days("a", "20260328", "20260330"))
    assert (span.start, span.until) == (
        datetime(2026, 3, 28, tzinfo=_BERLIN),
        datetime(2026, 3, 30, tzinfo=_BERLIN),
    )
    assert span.until - span.start == timedelta(hours=47), "a night loses an hour"


def test_one_day_needs_no_end() -> None:
    (span,) = taken(event("a", "VALUE=DATE:20260305", ""))
    assert span.until - span.start == timedelta(days=1)


def test_a_time_without_a_zone_is_on_the_persons_wall_and_others_are_where_they_say() -> None:
    (floating,) = taken(event("a", "20260305T090000", "20260305T120000"))
    (zoned,) = taken(
        event("a", "TZID=America/New_York:20260305T090000", "TZID=America/New_York:20260305T120000")
    )
    (windows,) = taken(
        event("a", "TZID=W. Europe Standard Time:20260305T090000", "20260305T110000Z")
    )
    (plain,) = taken(event("a", "20260305T090000Z", "20260305T120000Z"))
    assert floating.start == datetime(2026, 3, 5, 8, tzinfo=UTC)
    assert zoned.start == datetime(2026, 3, 5, 14, tzinfo=UTC)
    assert (windows.start.hour, windows.until.hour) == (8, 11)
    assert plain.start == datetime(2026, 3, 5, 9, tzinfo=UTC)


def test_a_weekly_entry_keeps_its_time_on_the_wall_over_a_clock_change() -> None:
    found = taken(
        event(
            "a",
            "TZID=Europe/Berlin:20260325T090000",
            "TZID=Europe/Berlin:20260325T130000",
            "Leave",
            "RRULE:FREQ=WEEKLY;COUNT=3",
        )
    )
    assert [each.start.hour for each in found] == [8, 7, 7]
    assert [each.until - each.start for each in found] == [timedelta(hours=4)] * 3


def test_repetitions_end_where_the_rule_says() -> None:
    rule = "RRULE:FREQ=DAILY;UNTIL=20260307"
    assert starts(days("a", "20260305", "20260306", "Leave", rule)) == ["03-05", "03-06", "03-07"]
    weekly = "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;COUNT=4"
    assert starts(days("a", "20260306", "20260307", "Leave", weekly)) == [
        "03-06",
        "03-16",
        "03-20",
        "03-30",
    ]
    monthly = "RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=2"
    assert starts(days("a", "20260327", "20260328", "Leave", monthly)) == ["03-27", "04-24"]


def test_a_repetition_without_end_is_followed_for_18_months_at_most() -> None:
    found = taken(days("a", "20200101", "20200102", "Leave", "RRULE:FREQ=DAILY"))
    assert len(found) <= MAX_TURNS
    assert found[0].until > _NOW
    assert found[-1].start <= _NOW + timedelta(days=549)


def test_a_turn_may_be_left_out_moved_called_off_or_added() -> None:
    rule = ("RRULE:FREQ=DAILY;COUNT=5", "EXDATE;VALUE=DATE:20260306")
    moved = days("a", "20260320", "20260321", "Leave", "RECURRENCE-ID;VALUE=DATE:20260307")
    off = days(
        "a", "20260308", "20260309", "Leave", "RECURRENCE-ID;VALUE=DATE:20260308",
        "STATUS:CANCELLED",
    )  # fmt: skip
    also = "RDATE;VALUE=DATE:20260401"
    found = starts(days("a", "20260305", "20260306", "Leave", *rule, also), moved, off)
    assert found == ["03-05", "03-09", "03-20", "04-01"]


def test_a_turn_is_named_alike_in_any_zone() -> None:
    nine = datetime(2026, 3, 5, 9, tzinfo=_BERLIN)
    assert turn_of(nine, _BERLIN) == turn_of(nine.astimezone(UTC), _BERLIN)
    assert turn_of(date(2026, 3, 5), _BERLIN) == "2026-03-05"


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;COUNT=5",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=1,2,3;BYSECOND=1,2,3",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;INTERVAL=99999999999999999999",
        "FREQ=MONTHLY;BYDAY=60MO",
        "FREQ=YEARLY;BYWEEKNO=53",
        "FREQ=WEEKLY;COUNT=0",
    ],
)
def test_a_rule_that_could_be_spun_out_without_end_is_skipped(rule: str) -> None:
    why = skipped(days("a", "20260305", "20260306", "Leave", f"RRULE:{rule}"))
    assert "repeats in a way that is not followed" in why or "cannot be read" in why


def test_a_series_that_began_before_anybody_remembers_is_skipped() -> None:
    with pytest.raises(TooOld):
        taken(days("a", "00010102", "00010103", "Leave", "RRULE:FREQ=DAILY"))


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (event("", "20260305T090000Z", "20260305T100000Z"), "it has no UID"),
        (event("a", "20260305T090000Z", "20260305T080000Z"), "ends before it begins"),
        (event("a", "20260305T090000Z", ""), "ends before it begins, or at once"),
        (event("a", "2026BROKEN", "20260305T080000Z"), "DTSTART cannot be read"),
        (event("a", "20260305T090000Z", "VALUE=DATE:20260306"), "begins with a day and ends"),
        (event("a", "20260305T090000", "20260305T100000Z"), "only one of its ends"),
        (
            event("a", "TZID=Mars/Base:20260305T090000", "TZID=Mars/Base:20260305T100000"),
            "there is no time zone 'Mars/Base'",
        ),
        (
            event("a", "TZID=../../etc/passwd:20260305T090000", "20260305T100000Z"),
            "there is no time zone",
        ),
        (
            event("a", "20260305T090000Z", "20260305T100000Z", "x", "DTSTART:20260306T090000Z"),
            "DTSTART more than once",
        ),
        (["BEGIN:VEVENT", "UID:a", "SUMMARY:x", "END:VEVENT"], "it has no DTSTART"),
        (
            event("a", "20260305T090000Z", "20260305T100000Z", "x", "RRULE:FREQ=SOMETIMES"),
            "RRULE cannot be read",
        ),
    ],
)
def test_an_entry_that_cannot_be_used_is_skipped_with_the_reason(
    lines: list[str], why: str
) -> None:
    assert why in skipped(lines)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "no whole BEGIN"),
        (b"hello", "no whole BEGIN"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\n", "do not fit together"),
        (b"BEGIN:VEVENT\r\nUID:a\r\nEND:VEVENT\r\n", "does not begin with"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\n", "no whole BEGIN"),
        (b"<html><body>Sign in</body></html>", "no whole BEGIN"),
    ],
)
def test_what_is_no_calendar_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(Rejected, match=why):
        read_calendar(raw)


def test_a_file_that_is_too_large_too_long_or_too_deep_is_refused() -> None:
    with pytest.raises(Rejected, match="larger than"):
        read_calendar(b"x" * (MAX_FILE + 1))
    many = [days(f"u{n}", "20260305", "20260306") for n in range(MAX_EVENTS + 1)]
    with pytest.raises(Rejected, match="more than"):
        read_calendar(calendar(*many))
    with pytest.raises(Rejected, match="parts within"):
        read_calendar(calendar(["BEGIN:VEVENT"] * 50))


def test_without_the_library_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "icalendar", None)
    with pytest.raises(Misconfigured, match=r"icalendar.*lead-router\[ics\]"):
        read_calendar(calendar(days("a", "20260305", "20260306")))


def test_lines_that_are_none_are_counted_and_zones_and_alarms_of_the_file_are_not_read() -> None:
    zone = [
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Berlin",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "RRULE:FREQ=SECONDLY",
        "TZOFFSETFROM:+1400",
        "TZOFFSETTO:-1400",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]
    alarm = ["BEGIN:VALARM", "TRIGGER:-PT15M", "SUMMARY:wake up", "END:VALARM"]
    lines = event(
        "a",
        "TZID=Europe/Berlin:20260305T090000",
        "TZID=Europe/Berlin:20260305T100000",
        "Lea",
        " ve",
        *alarm,
        "this is no line",
        "DESCRIPTION:private",
    )
    file = read_calendar(calendar(zone, lines))
    assert file.broken_lines == 1
    (entry,) = file.entries
    assert entry.summary == "Leave"
    assert str(entry.start) == "2026-03-05 09:00:00+01:00"
