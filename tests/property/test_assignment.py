"""Pools under every change at once: shares stay exact, caps hold, and nothing is lost or made."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from router.rulebook.model import (
    AbsenceCredit,
    Absences,
    Caps,
    Group,
    Member,
    Method,
    Period,
    PersonCard,
    Pool,
    Ramp,
)
from router.stages.route.choose import GROUP, Asked, Need, Pick, choose
from router.stages.route.rotation import LEAD
from router.stages.route.seats import Owed, Seat
from router.stages.route.turns import Turns
from tests.counted import Given, Office, a_book
from tests.entitlement import Stretch

_PEOPLE = tuple(f"p{number}" for number in range(10))

_weights = st.one_of(st.integers(1, 100), st.sampled_from([1, 1, 50, 99, 100]))
_caps: st.SearchStrategy[Caps] = st.one_of(
    st.just({}),
    st.just({}),
    st.dictionaries(
        st.sampled_from([Period.OPEN, Period.DAY, Period.WEEK]), st.integers(1, 9), max_size=2
    ),
)
_ramps = st.builds(
    Ramp,
    start=st.dates(date(2026, 2, 2), date(2026, 3, 9)),
    weeks=st.integers(1, 6),
    percent=st.integers(1, 99),
)
_policies = st.builds(
    Absences,
    credit=st.sampled_from(AbsenceCredit),
    up_to=st.integers(1, 4),
    catch_up=st.integers(2, 4),
)


def _members(most: int) -> st.SearchStrategy[list[Member]]:
    one = st.builds(
        Member,
        person=st.sampled_from(_PEOPLE),
        weight=_weights,
        tier=st.sampled_from([1, 1, 1, 2]),
        caps=_caps,
        ramp=st.one_of(st.none(), st.none(), _ramps),
    )
    return st.lists(one, min_size=1, max_size=most, unique_by=lambda member: member.person)


class Assignment(RuleBasedStateMachine):
    """Two pools that share people, a pool of both, and all that happens to them."""

    @initialize(
        north=_members(10),
        south=_members(6),
        policy=_policies,
        method=st.sampled_from([Method.ROTATION, Method.ROTATION, Method.LEAST_OPEN]),
        groups=st.tuples(_weights, _weights),
        caps=st.lists(_caps, min_size=10, max_size=10),
        german=st.sets(st.sampled_from(_PEOPLE)),
        abroad=st.sets(st.sampled_from(_PEOPLE)),
    )
    def begin(  # noqa: PLR0913 - each is drawn by its name
        self,
        *,
        north: list[Member],
        south: list[Member],
        policy: Absences,
        method: Method,
        groups: tuple[int, int],
        caps: list[Mapping[Period, int]],
        german: set[str],
        abroad: set[str],
    ) -> None:
        """Open the pools."""
        both = (Group("north", groups[0]), Group("south", groups[1]))
        pools = (
            Pool("north", "sales", "p0", tuple(north), absences=policy),
            Pool("south", "sales", "p0", tuple(south), absences=policy, method=method),
            Pool("both", "sales", "p0", (), groups=both),
        )
        people = {
            name: PersonCard(
                name,
                name.title(),
                f"{name}@northwind.example",
                "",
                "sydney" if name in abroad else "london",
                skills=frozenset({"german"} if name in german else ()),
                caps=caps[at],
            )
            for at, name in enumerate(_PEOPLE)
        }
        self.office = Office(a_book({pool.id: pool for pool in pools}, people))
        #: What was taken back of banks, by pool and member: the least and most they may be off by.
        self.undone: Counter[tuple[str, str]] = Counter()
        self.stretches: dict[str, Stretch] = {}
        self.turns = self.office.read()

    # What happens.

    @rule(
        pool=st.sampled_from(["north", "north", "south", "both"]),
        leads=st.integers(1, 15),
        passed=st.sets(st.sampled_from(_PEOPLE), max_size=2),
        german=st.sampled_from([False, False, True]),
        chance=st.randoms(use_true_random=False),
    )
    def leads_come(
        self, *, pool: str, leads: int, passed: set[str], german: bool, chance: object
    ) -> None:
        """Give some leads, all alike."""
        asked = Asked(
            self.office.now,
            passed=sorted(passed)[:1],
            excluded=sorted(passed)[1:],
            needs=(Need("german"),) if german else (),
        )
        for _ in range(leads):
            self.lead_comes(pool, asked, chance)

    def lead_comes(self, name: str, asked: Asked, chance: object) -> None:
        """Give one lead, and compare with what is known of everybody without the code's help."""
        book = self.office.book
        pool, pools = book.pools[name], book.pools
        seats = {each: self.turns.seats(book, pools[each]) for each in pools}
        pick = choose(pool, pools, seats, asked)
        shuffled = {each: _shuffled(found, chance) for each, found in seats.items()}
        again = choose(pool, pools, shuffled, asked)
        assert (again.person, again.pool) == (pick.person, pick.pool)
        assert again.changes == pick.changes
        groups = [each.pool for each in pool.groups]
        able = {each: self.office.able(each, asked, self.turns) for each in groups or [name]}
        if groups:
            weight = {each.pool: each.weight * 100 for each in pool.groups}
            able[name] = {GROUP + each: weight[each] for each in groups if able[each]}
        if not able[name]:
            assert (pick.person, pick.changes) == ("", {})
            return
        assert pick.person in able[pick.pool]
        if groups:
            self.count(name, GROUP + pick.pool, able[name], pick)
        self.count(pick.pool, pick.person, able[pick.pool], pick)
        self.turns.take(pick.pool, pick.person, pick.changes, busy_until=None)
        self.office.given.append(Given(pick.person, pick.pool, self.office.now, pick.changes))

    @precondition(lambda self: any(each.counts for each in self.office.given))
    @rule(which=st.integers(0, 500))
    def pick_is_taken_back(self, which: int) -> None:
        """Decline a lead for a reason that does not count as a turn."""
        standing = [each for each in self.office.given if each.counts]
        back = standing[-1 - which % len(standing)]
        back.counts = back.open = False
        for key, (_, banked) in back.changes.items():
            self.undone[key] += abs(banked)
        self.turns = self.office.read()
        for pool, _ in back.changes:
            self.stretches.pop(pool, None)

    @rule(pool=st.sampled_from(["north", "south", "both"]))
    def last_pick_was_never_made(self, pool: str) -> None:
        """Give a lead and take it back at once: everything is as it was."""
        owed, used = _standing(self.turns)
        before = len(self.office.given)
        stretches = dict(self.stretches)
        self.stretches.clear()
        self.lead_comes(pool, Asked(self.office.now), None)
        self.stretches = stretches
        if len(self.office.given) > before:
            self.office.given.pop()
        self.turns = self.office.read()
        assert _standing(self.turns) == (owed, used)

    @precondition(lambda self: any(each.open for each in self.office.given))
    @rule(most=st.integers(1, 20))
    def leads_end(self, most: int) -> None:
        """Close the oldest leads."""
        for each in [each for each in self.office.given if each.open][:most]:
            each.open = False
        self.turns = self.office.read()

    @rule(hours=st.sampled_from([1, 7, 24, 24, 168]))
    def time_passes(self, hours: int) -> None:
        """Let days and weeks begin; ramps rise."""
        self.office.now += timedelta(hours=hours)
        self.turns = self.office.read()

    @rule(person=st.sampled_from(_PEOPLE))
    def person_goes_or_returns(self, person: str) -> None:
        """Begin or end an absence."""
        self.office.away ^= {person}
        self.turns = self.office.read()

    @rule(person=st.sampled_from(_PEOPLE), pool=st.sampled_from(["north", "south"]))
    def manager_says_off_or_on(self, person: str, pool: str) -> None:
        """Take somebody out of one pool, or let them back in."""
        self.office.off ^= {(pool, person)}
        self.turns = self.office.read()

    @rule(
        person=st.sampled_from(_PEOPLE),
        pool=st.sampled_from(["north", "south"]),
        weight=st.one_of(st.none(), st.integers(0, 100)),
    )
    def manager_changes_a_weight(self, person: str, pool: str, weight: int | None) -> None:
        """Give an allowance, or end it."""
        self.office.spoken.pop((pool, person), None)
        if weight is not None:
            self.office.spoken[pool, person] = weight
        self.turns = self.office.read()

    @rule()
    def everybody_returns(self) -> None:
        """End all absences."""
        self.office.away.clear()
        self.turns = self.office.read()

    # What always holds.

    @invariant()
    def all_changes_of_credit_add_up_to_nothing(self) -> None:
        sums: Counter[str] = Counter()
        for (pool, _), owed in self.turns.owed.items():
            sums[pool] += owed.credit
        assert not +sums
        assert not -sums

    @invariant()
    def what_stands_is_the_sum_of_the_ledger(self) -> None:
        assert _standing(self.turns) == _standing(self.office.read())

    @invariant()
    def no_cap_is_exceeded(self) -> None:
        got = self.office.got()
        for person, card in self.office.plain.people.items():
            for period, most in card.caps.items():
                assert got[person, period, ""] <= most
        for pool in self.office.plain.pools.values():
            for member in pool.members:
                for period, most in member.caps.items():
                    assert got[member.person, period, pool.id] <= most

    @invariant()
    def banks_stay_within_the_policy(self) -> None:
        """Only a pick that is taken back after its bank was used may leave a debt or a surplus."""
        for (pool, name), owed in self.turns.owed.items():
            policy, slack = self.office.plain.pools[pool].absences, self.undone[pool, name]
            assert owed.banked >= -slack
            if policy.credit is AbsenceCredit.NONE:
                assert owed.banked == 0
            if policy.credit is AbsenceCredit.ACCRUE:
                assert owed.banked <= policy.up_to * LEAD + slack

    def count(self, pool: str, chosen: str, able: Mapping[str, int], pick: Pick) -> None:
        """Compare a pick with what everybody who took part in it is due."""
        changes = {name: each[0] for (of, name), each in pick.changes.items() if of == pool}
        whole = sum(able.values())
        for name, change in changes.items():
            due = Fraction(LEAD * able.get(name, 0), whole)
            assert abs(change + (LEAD if name == chosen else 0) - due) < 1
        stretch = self.stretches.get(pool)
        if stretch is None or stretch.weights != able:
            start = {name: self.turns.owed.get((pool, name), Owed()).credit for name in able}
            stretch = self.stretches[pool] = Stretch(able, start)
        stretch.give(chosen)
        assert not list(stretch.broken())


def _shuffled(seats: tuple[Seat, ...], chance: object) -> tuple[Seat, ...]:
    mixed = list(reversed(seats))
    if chance is not None:
        chance.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    return tuple(mixed)


def _standing(turns: Turns) -> tuple[object, object]:
    """Return what is owed and used, without what is nothing."""
    owed = {key: (each.credit, each.banked) for key, each in turns.owed.items()}
    return {key: each for key, each in owed.items() if any(each)}, +turns.used


Assignment.TestCase.settings = settings(max_examples=60, stateful_step_count=20)
TestAssignment = Assignment.TestCase
