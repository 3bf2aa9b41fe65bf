"""What is owed at first is settled: debts within bounds, banks in time."""

from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from router.rulebook.model import AbsenceCredit, Absences, Member, Pool
from router.stages.route.choose import Asked, choose
from router.stages.route.rotation import LEAD, Turn, take_turn
from router.stages.route.seats import Owed, Seat
from router.stages.route.turns import Turns
from tests.counted import AWAY, MONDAY
from tests.entitlement import Stretch

_weights = st.one_of(st.integers(1, 100), st.sampled_from([1, 1, 50, 99, 100]))
_policies = st.builds(
    Absences,
    credit=st.sampled_from(AbsenceCredit),
    up_to=st.integers(1, 4),
    catch_up=st.integers(2, 4),
)


@settings(deadline=None)
@given(
    members=st.lists(
        st.tuples(
            _weights,
            st.one_of(st.just(0), st.integers(-LEAD, LEAD), st.integers(-6 * LEAD, 6 * LEAD)),
        ),
        min_size=1,
        max_size=10,
    ),
    leads=st.integers(1, 150),
)
def test_debts_are_settled_within_bounds_whatever_is_owed_at_first(
    members: list[tuple[int, int]], leads: int
) -> None:
    weights = {f"m{at}": weight for at, (weight, _) in enumerate(members)}
    credit = {f"m{at}": owed for at, (_, owed) in enumerate(members)}
    stretch = Stretch(weights, dict(credit))
    for _ in range(leads):
        places = take_turn([Turn(name, weights[name], credit[name]) for name in weights])
        for each in places:
            credit[each.name] += each.change
        stretch.give(places[0].name)
        assert not list(stretch.broken())


@settings(max_examples=40, deadline=None)
@given(
    weights=st.lists(st.integers(1, 6), min_size=2, max_size=6),
    absences=st.lists(
        st.tuples(st.sets(st.integers(1, 5), max_size=4), st.integers(1, 25)), max_size=4
    ),
    policy=_policies,
)
def test_banks_are_paid_out_in_time_once_everybody_is_back(
    weights: list[int], absences: list[tuple[set[int], int]], policy: Absences
) -> None:
    """The first member is never away: there is always somebody at whose cost to repay."""
    speed, names = policy.catch_up, [f"m{at}" for at in range(len(weights))]
    pool = Pool("north", "sales", "m0", tuple(map(Member, names)), absences=policy)
    turns = Turns(MONDAY)

    def lead(away: set[int]) -> None:
        owed = [turns.owed.get(("north", name), Owed()) for name in names]
        seats = tuple(
            Seat(
                name,
                weight * 100,
                each.credit,
                AWAY.bar if at in away else None,
                banked=each.banked,
            )
            for at, (name, weight, each) in enumerate(zip(names, weights, owed, strict=True))
        )
        pick = choose(pool, {"north": pool}, {"north": seats}, Asked(MONDAY))
        turns.take("north", pick.person, pick.changes, busy_until=None)

    def banks() -> list[int]:
        return [turns.owed.get(("north", name), Owed()).banked for name in names]

    for away, leads in absences:
        for _ in range(leads):
            lead(away)
    whole, kept = sum(weights), banks()
    repaid = sum(weight for weight, bank in zip(weights, kept, strict=True) if bank)
    # Repaid members have ``speed`` times their weight: what that gives each of them more a lead.
    more = [
        weight * (Fraction(speed, whole + (speed - 1) * repaid) - Fraction(1, whole))
        for weight in weights
    ]
    longest = max(Fraction(bank, LEAD) / each for bank, each in zip(kept, more, strict=True))
    history = [kept]
    for _ in range(int(longest) + 2):
        lead(set())
        history.append(banks())
    assert not any(banks())
    for before, after in pairwise(history):
        assert all(0 <= later <= sooner for sooner, later in zip(before, after, strict=True))
