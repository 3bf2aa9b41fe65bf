"""What holds for every calendar file, however it was damaged on its way."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from router.errors import Rejected
from router.road.people.calendar_file import Entry, Repeat, read_calendar
from router.road.people.calendar_spans import HORIZON, MAX_TURNS, TooOld, spans
from tests.ics import TOM, calendar, days, event

_NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
_ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC")]
_SOUND = calendar(
    days("a", "20260309", "20260311", "Vacation", TOM, "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=9"),
    event("b", "TZID=Europe/Berlin:20260309T090000", "20260309T120000Z", "Leave", "SEQUENCE:2"),
    days("a", "20260317", "20260318", "Vacation", "RECURRENCE-ID;VALUE=DATE:20260316"),
).decode()
_PIECES = st.sampled_from(
    [
        "", "\r\n", ":", ";", "=", ",", "0", "9", "99999999999999999999", "\0", "\ud7ff", "é", "-",
        "BEGIN:VEVENT\r\n", "END:VEVENT\r\n", "BEGIN:VCALENDAR\r\n", "\r\nDTSTART:20260230\r\n",
        "\r\nRRULE:FREQ=DAILY;UNTIL=20260309T000000Z\r\n", "\r\nDURATION:-P9999999D\r\n",
        "\r\nEXDATE:20260309T090000,20260310\r\n",
        "\r\nRDATE;VALUE=PERIOD:20260309T090000Z/PT1H\r\n",
        "\r\nSEQUENCE:many\r\n", "\r\nATTENDEE:\r\n", "\r\nCATEGORIES:,,\\,;\r\n", "TZID=",
        "\u2028",
    ]
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Draw a calendar in which a few places were cut out and filled with something else."""
    text = _SOUND
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(_PIECES) + text[at + draw(st.integers(0, 30)) :]
    return text.encode()


@settings(max_examples=400)
@given(raw=damaged() | st.binary(max_size=200), zone=st.sampled_from(_ZONES))
@example(raw=_SOUND.replace("COUNT=9", "UNTIL=20260401T000000").encode(), zone=_ZONES[0])
def test_a_damaged_file_is_read_or_refused_and_never_breaks_anything(
    raw: bytes, zone: ZoneInfo
) -> None:
    try:
        file = read_calendar(raw)
    except Rejected:
        return
    for entry in file.entries:
        try:
            found = spans(entry, zone, _NOW, {})
        except (TooOld, OverflowError, ValueError):
            continue
        assert all(each.until > _NOW and each.start < each.until for each in found)
        assert len(found) <= MAX_TURNS


@settings(max_examples=150)
@given(
    repeat=st.builds(
        Repeat,
        every=st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
        interval=st.integers(1, 12),
        count=st.integers(1, 40),
        until=st.none(),
        days=st.just(()),
        months=st.just(()),
        month_days=st.just(()),
        week_start=st.just(0),
    ),
    first=st.dates(date(2026, 1, 1), date(2027, 6, 1)),
    hours=st.integers(1, 30),
    hour=st.integers(0, 23),
    zone=st.sampled_from(_ZONES),
)
def test_turns_come_in_order_within_the_horizon_at_the_same_time_on_the_wall(
    repeat: Repeat, first: date, hours: int, hour: int, zone: ZoneInfo
) -> None:
    start = datetime(first.year, first.month, first.day, hour)  # noqa: DTZ001 - on somebody's wall
    entry = Entry(1, "a", start, timedelta(hours=hours), repeat)
    found = spans(entry, zone, _NOW, {})
    assert len(found) <= (repeat.count or 0)
    assert [each.start for each in found] == sorted(each.start for each in found)
    assert len({each.turn for each in found}) == len(found)
    for each in found:
        assert each.until > _NOW
        assert each.start <= _NOW + HORIZON
        assert (each.until - each.start) - timedelta(hours=hours) in {
            timedelta(0),
            timedelta(hours=1),
            -timedelta(hours=1),
        }
        wall = each.start.astimezone(zone)
        # An hour that a clock change leaves out is one later.
        assert wall.hour in {hour, (hour + 1) % 24}
