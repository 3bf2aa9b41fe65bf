"""What a pick changes can be taken back, as if nobody had been picked."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from router.stages.route.rotation import Seat, pick

_SEATS = st.lists(
    st.builds(
        Seat,
        person=st.sampled_from(["ann", "ben", "cat", "dan"]),
        weight=st.integers(0, 5),
        credit=st.integers(-20, 20),
        barred=st.sampled_from(["", "", "off shift"]),
    ),
    unique_by=lambda seat: seat.person,
)


@given(seats=_SEATS, passed=st.sets(st.sampled_from(["ann", "ben"])))
def test_what_a_pick_says_it_changed_is_what_it_changed(
    seats: list[Seat], passed: set[str]
) -> None:
    picked = pick(seats, passed)
    changes = {each.person: each.change for each in picked.considered}
    assert sum(changes.values()) == 0
    back = [replace(seat, credit=seat.credit - changes[seat.person]) for seat in picked.seats]
    assert back == seats
