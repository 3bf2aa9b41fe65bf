"""Nobody is ever a lead ahead or behind, whatever the weights; and nothing is lost by rounding."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from router.stages.route.rotation import LEAD, Turn, shares, take_turn

_WEIGHTS = st.lists(st.integers(1, 100), min_size=1, max_size=12)


def drawn(weights: Sequence[int], picks: int) -> list[str]:
    """Return who gets each of so many leads."""
    credit = {f"m{at:02}": 0 for at in range(len(weights))}
    order = []
    for _ in range(picks):
        turns = [
            Turn(name, weight, credit[name]) for name, weight in zip(credit, weights, strict=True)
        ]
        places = take_turn(turns)
        order.append(places[0].name)
        for each in places:
            credit[each.name] += each.change
        assert sum(credit.values()) == 0
    return order


@given(weights=_WEIGHTS, picks=st.integers(1, 250))
@example(weights=[1, 1, 1, 1, 1, 1, 1, 1, 1, 91], picks=200)
@example(weights=[50, 49, 1], picks=200)
def test_no_prefix_of_assignments_is_a_lead_away_from_entitlement(
    weights: list[int], picks: int
) -> None:
    whole = sum(weights)
    bound = 1 - Fraction(1, max(2 * len(weights) - 2, 1)) if len(weights) > 1 else Fraction(0)
    given_so_far = [0] * len(weights)
    for count, name in enumerate(drawn(weights, picks), start=1):
        given_so_far[int(name[1:])] += 1
        for weight, got in zip(weights, given_so_far, strict=True):
            away = abs(Fraction(count * weight, whole) - got)
            # Rounding to 2^-32 leads moves a bound of less than one by next to nothing.
            assert away <= bound + Fraction(count, LEAD), (weights, count)


@given(weights=_WEIGHTS)
def test_after_a_whole_round_everybody_has_exactly_their_share(weights: list[int]) -> None:
    order = drawn(weights, sum(weights))
    assert [order.count(f"m{at:02}") for at in range(len(weights))] == weights


@given(weights=_WEIGHTS)
def test_shares_are_whole_units_that_add_up_to_a_lead(weights: list[int]) -> None:
    found = shares(tuple(weights))
    assert sum(found) == LEAD
    for share, weight in zip(found, weights, strict=True):
        assert abs(share - Fraction(LEAD * weight, sum(weights))) < 1


@given(
    turns=st.lists(
        st.builds(
            Turn,
            name=st.sampled_from(["ann", "ben", "cat", "dan", "eve"]),
            weight=st.integers(1, 300),
            credit=st.integers(-2 * LEAD, 2 * LEAD),
        ),
        min_size=1,
        unique_by=lambda turn: turn.name,
    ),
    data=st.data(),
)
def test_the_order_in_which_members_are_listed_does_not_matter(
    turns: list[Turn], data: st.DataObject
) -> None:
    places = take_turn(turns)
    assert take_turn(data.draw(st.permutations(turns))) == places
    assert sum(each.change for each in places) == 0
    assert {each.name for each in places} == {turn.name for turn in turns}


def test_equals_take_turns_by_weight_and_then_by_name() -> None:
    assert drawn([1, 1, 1], 6) == ["m00", "m01", "m02"] * 2
    assert drawn([1, 3], 4) == ["m01", "m01", "m00", "m01"]


def test_nobody_waits_longer_than_two_of_their_shares() -> None:
    weights = [3, 2, 1, 1, 1]
    order = drawn(weights, 800)
    for at, weight in enumerate(weights):
        turns = [count for count, each in enumerate(order) if each == f"m{at:02}"]
        gaps = [later - before for before, later in pairwise(turns)]
        # From 7/8 ahead to 7/8 behind, and the lead itself.
        assert max(gaps) <= 2 * (7 / 8) * 8 / weight + 1


def test_who_is_owed_too_much_after_others_left_comes_first() -> None:
    places = take_turn([Turn("ann", 100, -3 * LEAD), Turn("ben", 100, -4 * LEAD)])
    assert places[0].name == "ann"
