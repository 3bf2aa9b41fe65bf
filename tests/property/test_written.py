"""The quick way to write moments and ids gives what the standard library gives."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from router.lead.written import written_id, written_time

ZONES = st.sampled_from(
    [UTC, timezone(timedelta(hours=-3, minutes=-30, seconds=-7)), ZoneInfo("Europe/London")]
)


@given(st.datetimes(min_value=datetime(1, 1, 2), timezones=ZONES))  # noqa: DTZ001 - bounds are naive
def test_a_moment_is_written_as_the_standard_library_writes_it(at: datetime) -> None:
    assert written_time(at) == at.isoformat()


@given(st.uuids(allow_nil=True))
def test_an_id_is_written_as_the_standard_library_writes_it(number: UUID) -> None:
    assert written_id(number) == str(number)
