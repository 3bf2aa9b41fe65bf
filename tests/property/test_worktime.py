"""What holds for every calendar and every moment."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from opening_hours import OpeningHours

from router.rulebook.model import Calendar
from router.rulebook.worktime import work_time

MINUTE = timedelta(minutes=1)
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Pacific/Auckland",
)
HOURS = (
    "Mo-Fr 09:00-17:00",
    "Mo-Fr 09:00-12:30,13:30-17:30; Sa 10:00-12:00",
    "Mo-Fr 22:00-06:00",
    "Mo-Su 00:00-24:00",
    "Mo-Fr 09:00-17:00; 2026 Mar 30 off; 2026 Oct 26 09:00-12:00",
)
calendars = st.builds(
    lambda zone, hours: Calendar(f"{zone} {hours}", zone, hours),
    st.sampled_from(ZONES),
    st.sampled_from(HOURS),
)
moments = st.datetimes(
    datetime(2025, 12, 20),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2027, 1, 10),  # noqa: DTZ001 - as above
    timezones=st.just(UTC),
)
needs = st.timedeltas(timedelta(0), timedelta(days=20))
few = settings(max_examples=120)


@few
@given(calendars, moments, needs)
def test_as_much_time_has_passed_as_was_added(
    calendar: Calendar, start: datetime, need: timedelta
) -> None:
    work = work_time(calendar)
    assert work.between(start, work.add(start, need)) == need


@few
@given(calendars, moments, needs, needs)
def test_more_need_is_never_due_earlier(
    calendar: Calendar, start: datetime, one: timedelta, other: timedelta
) -> None:
    work = work_time(calendar)
    assert work.add(start, min(one, other)) <= work.add(start, max(one, other))


@few
@given(calendars, moments, moments, needs)
def test_later_start_is_never_due_earlier(
    calendar: Calendar, one: datetime, other: datetime, need: timedelta
) -> None:
    work = work_time(calendar)
    assert work.add(min(one, other), need) <= work.add(max(one, other), need)


@few
@given(calendars, moments, moments, moments)
def test_working_time_adds_up(
    calendar: Calendar, one: datetime, two: datetime, three: datetime
) -> None:
    work = work_time(calendar)
    assert work.between(one, two) + work.between(two, three) == work.between(one, three)


@few
@given(calendars, moments)
def test_next_opening_is_open_and_nothing_before_it_is(calendar: Calendar, at: datetime) -> None:
    work = work_time(calendar)
    opening = work.next_opening(at)
    assert opening >= at
    assert work.is_open(opening)
    assert work.between(at, opening) == timedelta(0)


@few
@given(calendars, moments, st.lists(needs, max_size=4))
def test_adding_each_of_many_needs_is_adding_them_one_by_one(
    calendar: Calendar, start: datetime, many: list[timedelta]
) -> None:
    work = work_time(calendar)
    assert work.add_each(start, many) == [work.add(start, need) for need in many]


@cache
def _hours(calendar: Calendar) -> OpeningHours:
    return OpeningHours(calendar.hours, timezone=ZoneInfo(calendar.zone))


def _by_the_minute(calendar: Calendar, start: datetime, minutes: int) -> int:
    """Count open minutes by asking for each, in naive local time, what the wall clock shows."""
    zone, hours = ZoneInfo(calendar.zone), _hours(calendar)
    return sum(
        hours.is_open((start + n * MINUTE).astimezone(zone).replace(tzinfo=None, fold=0))
        for n in range(minutes)
    )


#: Hours around both changes of the clocks of each zone in 2026, and an ordinary week.
TURNS = (
    datetime(2026, 1, 14, tzinfo=UTC),
    datetime(2026, 3, 7, 12, tzinfo=UTC),
    datetime(2026, 3, 28, 12, tzinfo=UTC),
    datetime(2026, 4, 4, 0, tzinfo=UTC),
    datetime(2026, 9, 26, 0, tzinfo=UTC),
    datetime(2026, 10, 3, 0, tzinfo=UTC),
    datetime(2026, 10, 24, 12, tzinfo=UTC),
    datetime(2026, 10, 31, 12, tzinfo=UTC),
)


@settings(max_examples=150)
@given(
    calendars,
    st.sampled_from(TURNS),
    st.integers(0, 24 * 60),
    st.integers(1, 40 * 60),
)
def test_working_time_equals_a_count_of_the_minutes_on_the_wall(
    calendar: Calendar, turn: datetime, offset: int, minutes: int
) -> None:
    start = turn + offset * MINUTE
    counted = _by_the_minute(calendar, start, minutes)
    assert work_time(calendar).between(start, start + minutes * MINUTE) == counted * MINUTE
