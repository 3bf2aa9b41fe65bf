"""What if: every change that is told gives the owner that is told, by a plain count of its own."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache
from pathlib import Path
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from router.lead.facts import Facts, FactValue
from router.lead.ids import DeliveryId, LeadId
from router.lead.model import Lead
from router.lead.states import LeadState
from router.rulebook.model import Method, Period, RuleBook
from router.rulebook.reading.load import load_book
from router.rulebook.space import naive
from router.stages.route.otherwise import Otherwise, anybody, person
from router.stages.route.rotation import LEAD, shares
from router.stages.route.seats import Away, Bar, BarKind, Owed
from router.stages.route.situation import Change, ChangeKind, Situation, answer
from router.stages.route.turns import ALL, Turns
from tests.pools import UK, with_pool

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
_TERMS = (
    "",
    "method: least_open",
    "skills: [{name: german}]",
)
_MEMBERS = (
    "members: [{person: priya-shah, cap: {day: 2}}, {person: tom-keane, weight: 2},"
    " {person: owen-price, tier: 2}]"
)
_CARDS = "tom-keane: skills: [german]"
#: The fallback owner is always there.
_ABSENT = ("priya-shah", "tom-keane", "owen-price", "jonas-brandt", "marcus-lee", "ruby-tran")
_ASKED = ("priya-shah", "tom-keane", "owen-price", "jonas-brandt", "lena-vogt", "hannah-cole")
_FALLBACK = "ines-okafor"

_facts = st.fixed_dictionaries(
    {
        "source": st.just("generic"),
        "lane": st.just("live"),
        "received_at": st.just(NOW),
        "email.valid": st.just(True),  # noqa: FBT003 - a fact's value
        "phone.valid": st.booleans(),
        "country": st.sampled_from([*["GB"] * 7, "IE", "DE", "AT", "US", "AU", "NO"]),
        "intent": st.sampled_from(["demo", *["pricing"] * 6, "support"]),
        "urgency": st.sampled_from(["normal", "high"]),
    },
    optional={
        "company_size": st.sampled_from([10, 40, 400, 999, 1000]),
        "service_line": st.sampled_from([*["analytics"] * 4, "paid-media"]),
        "postcode": st.sampled_from([*["?"] * 6, "AL1 2AB", "10115"]),
        "tags": st.sampled_from([*[("webinar",)] * 5, ("enterprise",)]),
    },
)


@cache
def books() -> tuple[RuleBook, ...]:
    """Return the starter book with a pool on several terms."""
    plain = load_book(Path(__file__).parents[2] / "rules")
    return tuple(with_pool(plain, each, members=_MEMBERS, cards=_CARDS) for each in _TERMS)


@dataclass(frozen=True, slots=True)
class Plain:
    """A situation as a plain person would write it down."""

    book: RuleBook
    facts: Facts
    away: frozenset[str]
    #: By pool and member, in units.
    credit: Mapping[tuple[str, str], int]
    #: Leads of today, and open ones, of each member of the pool on other terms.
    given: Mapping[str, int]
    open: Mapping[str, int]
    caps: Mapping[str, int]
    tiers: Mapping[str, int]
    skills: Mapping[str, frozenset[str]]

    def owner(self) -> tuple[str, str]:
        """Return who gets the lead, counted anew: kind and id."""
        kind, name = naive.answer(self.book, self.facts).target
        if kind == "pool":
            return "person", self._picked(name) or _FALLBACK
        if kind == "person":
            return "person", name if name not in self.away else _FALLBACK
        return ("person", _FALLBACK) if kind == "fallback" else (kind, name)

    def _picked(self, name: str) -> str:
        pool = self.book.pools[name]
        able = {each.person: each for each in pool.members if each.person not in self.away}
        if name == UK:
            full = {who for who, most in self.caps.items() if self.given[who] >= most}
            needed = {each.name for each in pool.skills}
            able = {
                who: each
                for who, each in able.items()
                if who not in full and needed <= self.skills.get(who, frozenset())
            }
            lowest = min((self.tiers[who] for who in able), default=0)
            able = {who: each for who, each in able.items() if self.tiers[who] == lowest}
            if pool.method is Method.LEAST_OPEN and able:
                load = {who: Fraction(self.open[who], each.weight) for who, each in able.items()}
                able = {who: able[who] for who in able if load[who] == min(load.values())}
        if not able:
            return ""
        names = sorted(able)
        weights = [able[who].weight for who in names]
        part = dict(zip(names, shares(tuple(100 * each for each in weights)), strict=True))
        owed = {who: self.credit.get((name, who), 0) + part[who] for who in names}
        least = Fraction(LEAD, max(2 * len(names) - 2, 1))
        ripe = [who for who in names if owed[who] >= least]
        if ripe:
            return min(
                ripe,
                key=lambda who: (
                    (LEAD - least - owed[who]) / able[who].weight,
                    -able[who].weight,
                    who,
                ),
            )
        return min(names, key=lambda who: (-owed[who], -able[who].weight, who))

    def situation(self) -> Situation:
        """Return the same as the route stage has it."""
        bar = Away(Bar(BarKind.AWAY, "away until further notice"))
        used: Counter[tuple[str, Period, str]] = Counter()
        for period, counts in ((Period.DAY, self.given), (Period.OPEN, self.open)):
            for who, count in counts.items():
                used[who, period, UK] = used[who, period, ALL] = count
        return Situation(
            lead=Lead(
                id=LeadId(UUID(int=7)),
                book="default",
                source="generic",
                item_key="i1",
                delivery_id=DeliveryId(UUID(int=8)),
                state=LeadState.CLASSIFIED,
                received_at=NOW,
                digest=self.book.digest,
            ),
            reroute=None,
            facts=self.facts,
            rules=self.book,
            book=self.book,
            turns=Turns(
                NOW,
                owed={key: Owed(credit) for key, credit in self.credit.items()},
                used=used,
                away=dict.fromkeys(self.away, bar),
            ),
        )


def apart(plain: Plain, change: Change) -> Plain:
    """Write a change into what was written down."""
    who, value = change.about, change.value
    if change.kind is ChangeKind.FACT:
        facts: dict[str, FactValue] = dict(plain.facts)
        facts.pop(who, None)
        if value is not None:
            facts[who] = value
        return replace(plain, facts=facts)
    if change.kind is ChangeKind.BACK:
        return replace(plain, away=plain.away - {who})
    if change.kind is ChangeKind.SKILL and isinstance(value, tuple):
        return replace(plain, skills={**plain.skills, who: frozenset(value)})
    assert isinstance(value, int), change
    return _counted(plain, change, value)


def _counted(plain: Plain, change: Change, value: int) -> Plain:
    who, key = change.about, (change.pool, change.about)
    if change.kind is ChangeKind.CAP:
        assert value == plain.given[who] + 1
        return replace(plain, caps={**plain.caps, who: value})
    if change.kind is ChangeKind.TIER:
        return replace(plain, tiers={**plain.tiers, who: value})
    if change.kind is ChangeKind.FEWER_OPEN:
        return replace(plain, open={**plain.open, who: plain.open[who] - value})
    assert change.kind is ChangeKind.CREDIT, change
    return replace(plain, credit={**plain.credit, key: plain.credit.get(key, 0) + value})


_members = ("priya-shah", "tom-keane", "owen-price")
_credits = st.integers(-2 * LEAD, 2 * LEAD)
_plain = st.builds(
    Plain,
    book=st.sampled_from(books()),
    facts=_facts,
    away=st.frozensets(st.sampled_from(_ABSENT), max_size=3),
    credit=st.fixed_dictionaries(
        {
            (pool, who): _credits
            for pool, people in (
                (UK, _members),
                ("dach", ("jonas-brandt", "miriam-huber")),
                ("north-america", ("marcus-lee", "sofia-reyes")),
            )
            for who in people
        }
    ),
    given=st.fixed_dictionaries({who: st.integers(1, 3) for who in _members}),
    open=st.fixed_dictionaries({who: st.integers(0, 5) for who in _members}),
    caps=st.just({"priya-shah": 2}),
    tiers=st.just({"priya-shah": 1, "tom-keane": 1, "owen-price": 2}),
    skills=st.just({"tom-keane": frozenset({"german"})}),
)


def holds(plain: Plain, found: Otherwise) -> None:
    """Check that a change gives the owner that is told, and another one than there was."""
    before, then = plain.owner(), plain
    for change in found.changes:
        then = apart(then, change)
    assert then.owner() == found.answer.owner, (found, before)
    assert then.owner() != before


def never() -> bool:
    """Let a search take the time it takes."""
    return False


@settings(max_examples=60)
@given(_plain)
def test_every_change_that_is_told_gives_the_owner_that_is_told(plain: Plain) -> None:
    situation = plain.situation()
    was = answer(situation)
    assert was is not None
    assert was.owner == plain.owner()
    searched = anybody(situation, enough=never)
    assert not searched.cut_short
    for found in searched.found:
        assert len(found.changes) == 1
        holds(plain, found)


@settings(max_examples=60)
@given(_plain, st.sampled_from(_ASKED))
def test_every_change_that_is_told_to_somebody_gives_them_the_lead(plain: Plain, who: str) -> None:
    if plain.owner() == ("person", who):
        return
    for found in person(plain.situation(), who, enough=never).found:
        assert found.answer.owner == ("person", who)
        holds(plain, found)


@settings(max_examples=30)
@given(_plain)
def test_a_little_less_credit_would_not_have_been_enough(plain: Plain) -> None:
    for found in anybody(plain.situation(), enough=never).found:
        (change,) = found.changes
        if change.kind is ChangeKind.CREDIT and isinstance(change.value, int):
            less = replace(change, value=change.value - LEAD // 50)
            assert change.value < LEAD // 50 or apart(plain, less).owner() != found.answer.owner


def test_a_search_that_may_take_no_time_says_that_it_was_cut_short() -> None:
    plain = Plain(
        books()[0],
        {"country": "GB", "intent": "pricing", "received_at": NOW},
        frozenset(),
        {},
        dict.fromkeys(_members, 0),
        dict.fromkeys(_members, 0),
        {"priya-shah": 2},
        {"priya-shah": 1, "tom-keane": 1, "owen-price": 2},
        {"tom-keane": frozenset({"german"})},
    )
    searched = anybody(plain.situation(), enough=lambda: True)
    assert searched.cut_short
    assert not searched.found
    assert searched.asked == 0
