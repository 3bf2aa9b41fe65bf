"""What is owed at first is settled: debts within bounds, banks in time."""

from fractions import Fraction

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


@settings(max_examples=40)
@given(
    weights=st.lists(st.integers(1, 6), min_size=2, max_size=6),
    absences=st.lists(
        st.tuples(st.sets(st.integers(1, 5), max_size=4), st.integers(1, 25)), max_size=4
    ),
    policy=_policies,
)
def test_banks_fill_while_away_and_are_paid_out_in_time_once_everybody_is_back(
    weights: list[int], absences: list[tuple[set[int], int]], policy: Absences
) -> None:
    """The first member is never away: there is always somebody at whose cost to repay."""
    pool = _Pool(weights, policy)
    for away, leads in absences:
        for _ in range(leads):
            pool.lead(away)
    kept = pool.banks()
    more = pool.more(set())
    longest = max(bank / each for bank, each in zip(kept, more, strict=True))
    for _ in range(int(longest) + 2):
        pool.lead(set())
    assert not any(pool.banks())


class _Pool:
    """A pool whose banks are watched."""

    def __init__(self, weights: list[int], policy: Absences) -> None:
        self._weights, self._policy = weights, policy
        self._names = [f"m{at}" for at in range(len(weights))]
        self._pool = Pool("north", "sales", "m0", tuple(map(Member, self._names)), absences=policy)
        self._turns = Turns(MONDAY)

    def banks(self) -> list[int]:
        """Return what is banked for each, in units."""
        return [self._owed(name).banked for name in self._names]

    def more(self, away: set[int]) -> list[Fraction]:
        """Return what being repaid gives each member more of a lead, in units."""
        here = {at: each for at, each in enumerate(self._weights) if at not in away}
        speed, banks = self._policy.catch_up, self.banks()
        whole = sum(here.values())
        counted = sum(each * (speed if banks[at] else 1) for at, each in here.items())
        return [
            LEAD * each * (Fraction(speed, counted) - Fraction(1, whole)) for each in self._weights
        ]

    def lead(self, away: set[int]) -> None:
        """Give a lead, and compare what it does to the banks with what it should."""
        before, more = self.banks(), self.more(away)
        seats = tuple(
            Seat(
                name,
                self._weights[at] * 100,
                self._owed(name).credit,
                AWAY.bar if at in away else None,
                banked=before[at],
            )
            for at, name in enumerate(self._names)
        )
        pick = choose(self._pool, {"north": self._pool}, {"north": seats}, Asked(MONDAY))
        self._turns.take("north", pick.person, pick.changes, busy_until=None)
        for at, (sooner, later) in enumerate(zip(before, self.banks(), strict=True)):
            if at in away:
                assert abs(later - sooner - self._earned(at, away, sooner)) <= 1
            else:
                assert 0 <= later <= sooner
                assert abs(sooner - later - min(Fraction(sooner), max(more[at], Fraction(0)))) <= 2

    def _earned(self, at: int, away: set[int], bank: int) -> Fraction:
        """Return what a lead puts aside: the share that somebody away would have had, in units."""
        mine = self._weights[at]
        here = sum(each for other, each in enumerate(self._weights) if other not in away)
        share = Fraction(LEAD * mine, here + mine)
        if self._policy.credit is AbsenceCredit.ACCRUE:
            return min(share, Fraction(self._policy.up_to * LEAD - bank))
        return share if self._policy.credit is AbsenceCredit.PROPORTIONAL else Fraction(0)

    def _owed(self, name: str) -> Owed:
        return self._turns.owed.get(("north", name), Owed())
