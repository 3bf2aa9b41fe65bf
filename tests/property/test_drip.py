"""Whenever tickers look, an import is never let in too fast, and never stands still."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from router.lead.drip import FASTEST, SLOWEST, drip, next_portion, time_for

_START = datetime(2026, 11, 23, 9, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_RATES = st.integers(SLOWEST, FASTEST)
#: Seconds from one look of a ticker to the next: mostly one, sometimes after a standstill.
_LOOKS = st.lists(
    st.one_of(st.floats(0.2, 3.0), st.floats(0.2, 30.0), st.floats(0.2, 9_000.0)), min_size=50
)


def let_in(per_hour: int, looks: list[float]) -> list[datetime]:
    """Return when portions are let in by a ticker that looks after so many seconds each."""
    now, planned, found = _START, _START, []
    for seconds in looks:
        if planned <= now:
            found.append(now)
            planned = next_portion(per_hour, planned, now)
        now += timedelta(seconds=seconds)
    return found


@given(per_hour=_RATES, looks=_LOOKS)
def test_no_hour_lets_in_more_than_was_asked_for(per_hour: int, looks: list[float]) -> None:
    portions, rows = let_in(per_hour, looks), drip(per_hour).rows
    for place, first in enumerate(portions):
        within = sum(first <= each < first + _HOUR for each in portions[place:])
        assert within * rows <= per_hour


@given(per_hour=_RATES, standstill=st.floats(60.0, 1e6))
def test_what_was_missed_is_not_made_up_for(per_hour: int, standstill: float) -> None:
    portions = let_in(per_hour, [standstill, *([1.0] * 40)])
    every = drip(per_hour).every
    assert all(later - first >= every - timedelta(seconds=5) for first, later in pairwise(portions))


@given(per_hour=_RATES, each=st.floats(0.2, 5.0))
def test_a_ticker_that_keeps_looking_lets_in_nearly_all_of_it(per_hour: int, each: float) -> None:
    looks = [each] * int(2 * 3_600 / each)
    rows = len(let_in(per_hour, looks)) * drip(per_hour).rows
    # Of every two hours one portion may be lost to rounding; and a rate that fits no portions.
    assert rows >= 2 * per_hour * 0.99 - 2 * drip(per_hour).rows
    assert rows <= 2 * per_hour


@given(per_hour=_RATES, rows=st.integers(1, 1_000))
def test_the_end_that_is_told_is_when_the_last_row_comes(per_hour: int, rows: int) -> None:
    planned, left = _START, rows
    while left > drip(per_hour).rows:
        left -= drip(per_hour).rows
        planned = next_portion(per_hour, planned, planned)
    assert abs(planned - _START - time_for(per_hour, rows)) < timedelta(milliseconds=2)


@given(per_hour=_RATES)
def test_portions_are_small_and_not_too_many(per_hour: int) -> None:
    each = drip(per_hour)
    assert each.every >= timedelta(seconds=15)
    assert each.rows == 1 or each.every < timedelta(seconds=31)
