"""Working time, in sentences."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from router.errors import Misconfigured
from router.rulebook.model import Calendar
from router.rulebook.worktime import work_time

HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")
LONDON = Calendar("london", "Europe/London", "Mo-Fr 09:00-17:30", "GB", "ENG")
LUNCH = Calendar("lunch", "Europe/Berlin", "Mo-Fr 09:00-12:30,13:30-17:30")
NIGHTS = Calendar("nights", "Europe/Berlin", "Mo-Fr 22:00-06:00")


def test_friday_night_plus_an_hour_is_monday_at_ten() -> None:
    friday_night = datetime(2026, 1, 9, 21, 15, tzinfo=UTC)
    assert work_time(LONDON).add(friday_night, HOUR) == datetime(2026, 1, 12, 10, tzinfo=UTC)


def test_answers_are_in_utc_whatever_zone_the_question_has() -> None:
    asked = datetime(2026, 7, 6, 8, 30, tzinfo=ZoneInfo("America/New_York"))
    answer = work_time(LONDON).add(asked, HOUR)
    assert answer == datetime(2026, 7, 6, 13, 30, tzinfo=UTC)
    assert answer.tzinfo is UTC


def test_need_that_ends_at_closing_time_is_due_at_closing_time() -> None:
    start = datetime(2026, 1, 9, 16, 30, tzinfo=UTC)
    assert work_time(LONDON).add(start, HOUR) == datetime(2026, 1, 9, 17, 30, tzinfo=UTC)


def test_no_need_is_now_while_open_and_the_next_opening_while_closed() -> None:
    work = work_time(LONDON)
    noon, night = datetime(2026, 1, 9, 12, tzinfo=UTC), datetime(2026, 1, 9, 22, tzinfo=UTC)
    assert work.add(noon, timedelta(0)) == noon
    assert work.add(night, timedelta(0)) == datetime(2026, 1, 12, 9, tzinfo=UTC)
    assert work.next_opening(noon) == noon
    assert work.next_opening(night) == datetime(2026, 1, 12, 9, tzinfo=UTC)


def test_the_moment_of_opening_is_open_and_the_moment_of_closing_is_not() -> None:
    work = work_time(LONDON)
    assert work.is_open(datetime(2026, 1, 12, 9, tzinfo=UTC))
    assert not work.is_open(datetime(2026, 1, 12, 17, 30, tzinfo=UTC))


def test_lunch_break_does_not_count() -> None:
    before_lunch = datetime(2026, 1, 12, 12, 0, tzinfo=BERLIN)
    after_lunch = datetime(2026, 1, 12, 14, 0, tzinfo=BERLIN)
    assert work_time(LUNCH).add(before_lunch, HOUR) == after_lunch
    assert work_time(LUNCH).between(before_lunch, after_lunch) == HOUR


def test_going_back_in_time_is_negative() -> None:
    a, b = datetime(2026, 1, 12, 9, tzinfo=UTC), datetime(2026, 1, 13, 9, tzinfo=UTC)
    work = work_time(LONDON)
    assert work.between(b, a) == -work.between(a, b) == -timedelta(hours=8, minutes=30)


@pytest.mark.parametrize(
    ("evening", "hours"),
    [
        (datetime(2026, 1, 15, 22, tzinfo=BERLIN), 8),
        (datetime(2026, 3, 27, 22, tzinfo=BERLIN), 8),
        # Sunday 29 March loses an hour, Sunday 25 October has one twice.
        (datetime(2026, 3, 28, 22, tzinfo=BERLIN), 7),
        (datetime(2026, 10, 24, 22, tzinfo=BERLIN), 9),
    ],
)
def test_night_shift_is_as_long_as_the_night(evening: datetime, hours: int) -> None:
    every_night = work_time(Calendar("every-night", "Europe/Berlin", "Mo-Su 22:00-06:00"))
    midday_after = evening + timedelta(hours=14)
    assert every_night.between(evening, midday_after) == hours * HOUR


def test_night_shift_of_friday_ends_on_saturday_morning() -> None:
    saturday = datetime(2026, 1, 17, 5, 0, tzinfo=BERLIN)
    assert work_time(NIGHTS).is_open(saturday)
    due = datetime(2026, 1, 19, 23, 0, tzinfo=BERLIN)
    assert work_time(NIGHTS).add(saturday, 2 * HOUR) == due


def test_public_holidays_of_the_country_are_off() -> None:
    before = datetime(2026, 4, 2, 17, 0, tzinfo=ZoneInfo("Europe/London"))
    after_easter = datetime(2026, 4, 7, 9, 30, tzinfo=ZoneInfo("Europe/London"))
    assert work_time(LONDON).add(before, HOUR) == after_easter


def test_holiday_of_a_subdivision_is_off_only_there() -> None:
    corpus_christi = datetime(2026, 6, 4, 10, tzinfo=BERLIN)
    bavaria = Calendar("by", "Europe/Berlin", "Mo-Fr 09:00-17:00", "DE", "BY")
    berlin = Calendar("be", "Europe/Berlin", "Mo-Fr 09:00-17:00", "DE", "BE")
    assert not work_time(bavaria).is_open(corpus_christi)
    assert work_time(berlin).is_open(corpus_christi)


def test_extra_days_win_over_hours_and_holidays() -> None:
    extra = ("2026 Dec 24 09:00-12:00", "2026 Dec 25 10:00-11:00", "2026 Dec 28 off")
    work = work_time(Calendar("x", "Europe/London", "Mo-Fr 09:00-17:00", "GB", "ENG", extra))
    christmas_eve = datetime(2026, 12, 24, 11, tzinfo=UTC)
    assert work.add(christmas_eve, 2 * HOUR) == datetime(2026, 12, 25, 11, tzinfo=UTC)
    assert work.add(christmas_eve, 3 * HOUR) == datetime(2026, 12, 29, 10, tzinfo=UTC)


def test_half_day_ends_at_noon_and_the_rest_of_it_does_not_count() -> None:
    half = ("2026 Dec 24 09:00-13:00",)
    work = work_time(Calendar("half", "Europe/London", "Mo-Fr 09:00-17:30", "GB", "ENG", half))
    christmas_eve = datetime(2026, 12, 24, 12, tzinfo=UTC)
    assert work.is_open(christmas_eve)
    assert not work.is_open(datetime(2026, 12, 24, 13, tzinfo=UTC))
    # Christmas, its substitute for Boxing Day and a weekend lie between.
    assert work.add(christmas_eve, 2 * HOUR) == datetime(2026, 12, 29, 10, tzinfo=UTC)
    day = datetime(2026, 12, 24, tzinfo=UTC)
    assert work.between(day, day + timedelta(days=1)) == 4 * HOUR


def test_night_shift_with_a_break_is_two_shifts_of_two_dates() -> None:
    split = work_time(Calendar("split", "Europe/Berlin", "Mo-Fr 22:00-02:00, Tu-Sa 02:30-06:00"))
    friday = datetime(2026, 1, 16, 22, tzinfo=BERLIN)
    assert split.add(friday, 5 * HOUR) == datetime(2026, 1, 17, 3, 30, tzinfo=BERLIN)
    assert split.between(friday, friday + timedelta(days=2)) == 7.5 * HOUR
    assert not split.is_open(datetime(2026, 1, 19, 3, tzinfo=BERLIN)), "no one begins on sunday"


def test_promise_of_a_night_shift_over_a_clock_change_is_kept_in_hours_that_pass() -> None:
    nights = work_time(Calendar("all-nights", "Europe/Berlin", "22:00-06:00"))
    spring, autumn = (
        datetime(2026, 3, 28, 23, tzinfo=BERLIN),
        datetime(2026, 10, 24, 23, tzinfo=BERLIN),
    )
    assert nights.add(spring, 4 * HOUR) == datetime(2026, 3, 29, 4, tzinfo=BERLIN)
    assert nights.add(autumn, 4 * HOUR) == datetime(2026, 10, 25, 1, tzinfo=UTC), "the second 02:00"
    # The night is over after 6 and 8 more hours; what is left belongs to the next one.
    assert nights.add(spring, 7 * HOUR) == datetime(2026, 3, 29, 23, tzinfo=BERLIN)
    assert nights.add(autumn, 9 * HOUR) == datetime(2026, 10, 25, 23, tzinfo=BERLIN)


def test_round_the_clock_has_no_seams_between_years() -> None:
    always = work_time(Calendar("always", "Asia/Tokyo", "24/7"))
    start = datetime(2025, 6, 1, tzinfo=UTC)
    assert always.add(start, timedelta(days=700)) == start + timedelta(days=700)
    assert always.between(start, start + timedelta(days=700)) == timedelta(days=700)


def test_years_may_be_asked_for_in_any_order() -> None:
    work = work_time(Calendar("any", "Europe/London", "Mo-Fr 09:00-17:00"))
    assert (
        work.between(datetime(2027, 1, 4, tzinfo=UTC), datetime(2027, 1, 9, tzinfo=UTC))
        == 40 * HOUR
    )
    assert (
        work.between(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 6, tzinfo=UTC))
        == 40 * HOUR
    )
    assert work.is_open(datetime(2030, 1, 7, 12, tzinfo=UTC))


def test_hours_in_the_repeated_hour_mean_its_second_pass() -> None:
    late = work_time(Calendar("late", "Europe/Berlin", "Sa 22:00-02:30"))
    assert late.is_open(datetime(2026, 10, 25, 1, 29, tzinfo=UTC))
    assert not late.is_open(datetime(2026, 10, 25, 1, 30, tzinfo=UTC))


def test_equal_calendars_share_one_working_time() -> None:
    again = Calendar("london", "Europe/London", "Mo-Fr 09:00-17:30", "GB", "ENG")
    assert work_time(again) is work_time(LONDON)


@pytest.mark.parametrize("hours", ["off", "2019 Mo-Fr 09:00-17:00"])
def test_calendar_that_never_opens_is_named(hours: str) -> None:
    work = work_time(Calendar("asleep", "Europe/London", hours))
    for ask in (work.next_opening, lambda at: work.add(at, HOUR)):
        with pytest.raises(Misconfigured, match="Calendar asleep never opens"):
            ask(datetime(2026, 1, 1, tzinfo=UTC))


def test_calendar_that_stops_opening_is_named_too() -> None:
    work = work_time(Calendar("ends", "Europe/London", "2026 Mo-Fr 09:00-17:00"))
    with pytest.raises(Misconfigured, match="Calendar ends never opens between 2026-12-31"):
        work.add(datetime(2026, 12, 1, tzinfo=UTC), 1000 * HOUR)


@pytest.mark.parametrize(
    ("calendar", "message"),
    [
        (Calendar("a", "Europe/Nowhere", "24/7"), "Calendar a: there is no time zone"),
        (Calendar("b", "", "24/7"), "Calendar b: there is no time zone"),
        (Calendar("c", "Europe/London", "Mo-Fr nine to five"), "Calendar c: .* cannot be read"),
        (Calendar("d", "Europe/London", "24/7", extra=("often",)), "Calendar d: .* cannot be read"),
        (Calendar("e", "Europe/London", "24/7", "XX"), "Calendar e: no public holidays .* 'XX'"),
        (Calendar("f", "Europe/London", "24/7", "GB", "ZZ"), "Calendar f: .*subdivision 'ZZ'"),
    ],
)
def test_calendar_that_cannot_be_read_is_named(calendar: Calendar, message: str) -> None:
    with pytest.raises(Misconfigured, match=message):
        work_time(calendar)


def test_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a moment with a zone"):
        work_time(LONDON).is_open(datetime(2026, 1, 1, 12))  # noqa: DTZ001 - the point of the test


def test_negative_need_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        work_time(LONDON).add(datetime(2026, 1, 1, tzinfo=UTC), -HOUR)
