"""How long to wait: always longer, never more than an hour, never at once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.plugins.backoff import LONGEST_S, asked_pause, pause

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
spreads = st.floats(min_value=0, max_value=1, exclude_max=True)
bases = st.floats(min_value=0.001, max_value=LONGEST_S)


@given(attempt=st.integers(1, 10_000), base_s=bases, spread=spreads, other=spreads)
def test_a_later_attempt_never_waits_shorter(
    attempt: int, base_s: float, spread: float, other: float
) -> None:
    earlier, later = pause(attempt, base_s, spread), pause(attempt + 1, base_s, other)
    assert later >= min(earlier, LONGEST_S / 2)
    assert pause(attempt + 1, base_s, spread) >= earlier


@given(attempt=st.integers(-5, 10**9), base_s=bases, spread=spreads)
def test_a_pause_is_at_least_half_the_base_and_at_most_an_hour(
    attempt: int, base_s: float, spread: float
) -> None:
    assert base_s / 2 <= pause(attempt, base_s, spread) <= LONGEST_S


@given(attempt=st.integers(1, 100), base_s=bases, spread=spreads, other=spreads)
def test_a_greater_spread_never_waits_shorter(
    attempt: int, base_s: float, spread: float, other: float
) -> None:
    low, high = sorted((spread, other))
    assert pause(attempt, base_s, low) <= pause(attempt, base_s, high)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("30", 30),
        (" 30 ", 30),
        ("0", 1),
        ("3600", 3600),
        ("3601", 3600),
        ("9" * 5000, 3600),
        ("Mon, 05 Jan 2026 09:00:30 GMT", 30),
        ("Mon, 05 Jan 2026 09:00:30 -0000", 30),
        ("Monday, 05-Jan-26 09:00:30 GMT", 30),
        ("Mon, 05 Jan 2026 08:00:00 GMT", 1),
        ("Tue, 06 Jan 2026 09:00:00 GMT", 3600),
    ],
)
def test_a_retry_after_is_read_and_clamped(asked: str, seconds: float) -> None:
    assert asked_pause(asked, AT) == seconds


@pytest.mark.parametrize(
    "asked", ["", "soon", "-5", "1.5", "٣", "Mon, 99 Foo 2026 09:00:30 GMT", "1e3", "\x00"]
)
def test_an_unreadable_retry_after_is_none(asked: str) -> None:
    assert asked_pause(asked, AT) is None


@given(st.text(max_size=40), st.timedeltas(timedelta(0), timedelta(days=4000)))
def test_no_retry_after_raises_or_leaves_the_clamp(asked: str, later: timedelta) -> None:
    seconds = asked_pause(asked, AT + later)
    assert seconds is None or 1 <= seconds <= LONGEST_S
