"""What if: the smallest changes after which a lead has another owner, or a certain one. Pure.

Every change that is named was decided again with it (:mod:`router.stages.route.situation`). What
is tried: one member's bar lifted, one fact with a value that the book's rules speak of, a member
owed just enough to be next; for a certain person, then two of these at once.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from math import ceil

from router.lead.facts import FactValue
from router.rulebook.engine.shape import facts_in
from router.rulebook.model import Effect, Member, Method, Pool, RuleBook
from router.stages.route.choose import GROUP
from router.stages.route.nearby import nearby
from router.stages.route.reach import needs_of, overflow_of
from router.stages.route.rotation import LEAD
from router.stages.route.seats import BarKind, Considered, Limit, Seat
from router.stages.route.situation import Answer, Change, ChangeKind, Situation, answer, changed

#: Situations that are decided for one question.
MOST_ASKED = 600
#: Answers that are told; of one kind, unless there are no others.
SHOWN, _OF_A_KIND = 5, 3
#: Most leads that somebody is imagined to be owed more, and steps of a lead in which it is tried.
_OWED, _STEPS = 5, 100
#: Single changes from which pairs are made; members who are imagined to be next.
_PAIRED, _NEXT = 40, 8
_ORDER = {kind: number for number, kind in enumerate(ChangeKind)}


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What would have been otherwise, and who would have got the lead."""

    changes: tuple[Change, ...]
    answer: Answer


@dataclass(frozen=True, slots=True)
class Searched:
    """What was found, and how far was looked."""

    found: tuple[Otherwise, ...]
    #: Situations that were decided.
    asked: int
    #: True when time or tries were up before everything was tried.
    cut_short: bool


def anybody(situation: Situation, *, enough: Callable[[], bool]) -> Searched:
    """Find single changes after which the lead has another owner.

    Args:
        situation: As it was; it can be decided.
        enough: Tells that time is up.

    Returns:
        At most :data:`SHOWN`, the cheapest kinds of change first.
    """
    search = _Search(situation, enough)
    search.run(search.singles())
    return Searched(_chosen(search), search.asked, search.cut_short)


def person(situation: Situation, who: str, *, enough: Callable[[], bool]) -> Searched:
    """Find the smallest changes after which a certain person gets the lead.

    Args:
        situation: As it was; it can be decided, and somebody else got it.
        who: Id of the person.
        enough: Tells that time is up.

    Returns:
        Single changes; where none of them is about the person, pairs that are, too; where there
        are none at all, any pairs.
    """
    search = _Search(situation, enough, who)
    search.run(search.singles())
    if all(each.changes[0].kind is ChangeKind.FACT for each in search.found):
        search.run(search.pairs(facts=not search.found))
    return Searched(_chosen(search), search.asked, search.cut_short)


class _EnoughError(Exception):
    """Time or tries are up."""


class _Search:
    """One search."""

    def __init__(self, situation: Situation, enough: Callable[[], bool], who: str = "") -> None:
        self._situation, self._enough, self._who = situation, enough, who
        self.asked, self.cut_short = 0, False
        self.found: list[Otherwise] = []
        self._was = answer(situation)
        #: Facts that the rule which decided looks at.
        self._decisive = decisive(situation, self._was)
        #: Single changes that do not do alone.
        self._tried: list[Change] = []

    def cost(self, each: Otherwise) -> tuple[int, ...]:
        """Return what is smaller for what should be told before others.

        Fewer changes; cheaper kinds; then people before lists, and the facts that decided.
        """
        kinds = [_ORDER[change.kind] for change in each.changes]
        owed = sum(
            change.value
            for change in each.changes
            if change.kind is ChangeKind.CREDIT and isinstance(change.value, int)
        )
        about = {change.about for change in each.changes if change.kind is ChangeKind.FACT}
        away = about - set(self._decisive)
        return len(kinds), *sorted(kinds), int(each.answer.kind != "person"), len(away), owed

    def run(self, tries: Iterator[tuple[Change, ...]]) -> None:
        """Decide one situation after the other, until all are tried or it is enough."""
        try:
            for changes in tries:
                self._try(changes)
        except _EnoughError:
            self.cut_short = True

    def singles(self) -> Iterator[tuple[Change, ...]]:
        """Yield single changes; those of facts last, for there may be many."""
        if self._was is None:
            return
        yield from ((each,) for each in self._lifts(self._situation, self._was))
        yield from ((each,) for each in self._turns(self._situation, self._was))
        yield from self._facets(most=1)

    def pairs(self, *, facts: bool) -> Iterator[tuple[Change, ...]]:
        """Yield two changes at once: one, and what then still keeps the person from the lead."""
        tried = [each for each in self._tried if facts or each.kind is not ChangeKind.FACT]
        singles = sorted(tried, key=lambda each: _ORDER[each.kind])
        for change in islice(singles, _PAIRED):
            then = changed(self._situation, change)
            found = self._ask(then)
            if found is None:
                continue
            for other in (*self._lifts(then, found), *self._turns(then, found)):
                # Of several caps that are full one is lifted after the other.
                again = (other.kind, other.about) == (change.kind, change.about)
                if not again or other.kind is ChangeKind.CAP:
                    yield change, other
        for facets in self._facets(most=2) if facts else ():
            if len(facets) > 1:
                yield facets

    def _try(self, changes: tuple[Change, ...]) -> None:
        situation = self._situation
        for change in changes:
            situation = changed(situation, change)
        found = self._ask(situation)
        if found is None or self._was is None:
            return
        if self._who:
            good = found.kind == "person" and found.id == self._who
        else:
            good = found.kind not in {"reject", "review"} and found.owner != self._was.owner
        if good:
            self.found.append(Otherwise(changes, found))
        elif len(changes) == 1:
            self._tried.append(changes[0])

    def _ask(self, situation: Situation) -> Answer | None:
        if self.asked >= MOST_ASKED or self._enough():
            raise _EnoughError
        self.asked += 1
        return answer(situation)

    def _facets(self, *, most: int) -> Iterator[tuple[Change, ...]]:
        rule = self._was.rule if self._was is not None else ""
        pools = pools_with(self._situation.book, self._who) if self._who else frozenset()

        def reaches(effect: Effect) -> bool:
            return effect.person == self._who or effect.pool in pools

        proposed = nearby(
            self._situation.rules,
            self._situation.facts,
            rule,
            most=most,
            wanted=reaches if self._who else None,
        )
        for facets in proposed:
            if self._enough():
                raise _EnoughError
            if not facets:
                continue
            yield tuple(_fact(name, value) for name, value in facets.items())

    def _lifts(self, situation: Situation, found: Answer) -> Iterator[Change]:
        """Yield what would lift the bar of each member who was looked at and had one."""
        for each in found.considered:
            if each.bar and self._matters(each):
                yield from _lifted(situation, each)

    def _turns(self, situation: Situation, found: Answer) -> Iterator[Change]:
        """Yield what would put each member first who could have got the lead, the nearest few."""
        able = [
            each
            for each in found.considered
            if each.pool and not each.bar and not each.chosen and self._matters(each)
        ]
        for each in sorted(able, key=lambda one: -one.credit)[:_NEXT]:
            yield from self._ahead(situation, found, each)

    def _matters(self, each: Considered) -> bool:
        return not self._who or self._concerns(each)

    def _concerns(self, each: Considered) -> bool:
        if not each.person.startswith(GROUP):
            return each.person == self._who
        pool = self._situation.book.pools.get(each.person.removeprefix(GROUP))
        return pool is not None and any(member.person == self._who for member in pool.members)

    def _ahead(self, situation: Situation, found: Answer, each: Considered) -> Iterator[Change]:
        """Yield what would put somebody first who could have got the lead, and lost the turn."""
        pool = situation.book.pools.get(each.pool)
        if pool is None:
            return
        mine, first = _member(pool, each.person), _chosen_member(pool, found)
        if mine is not None and first is not None and mine.tier > first.tier:
            yield Change(ChangeKind.TIER, each.person, pool.id, first.tier)
            return
        kind, most, unit = ChangeKind.CREDIT, _OWED * _STEPS, Fraction(LEAD, _STEPS)
        seat = _seat(situation, pool, each.person)
        if pool.method is Method.LEAST_OPEN and seat is not None and seat.open_leads:
            kind, most, unit = ChangeKind.FEWER_OPEN, seat.open_leads, Fraction(1)

        def by(steps: int) -> Change:
            return Change(kind, each.person, pool.id, ceil(steps * unit))

        def does(steps: int) -> bool:
            then = self._ask(changed(situation, by(steps)))
            return then is not None and then.chose(each.person, pool.id)

        least = _least(most, does)
        if least:
            yield by(least)


def decisive(situation: Situation, found: Answer | None) -> tuple[str, ...]:
    """Return the facts that the rule which decided, and its table, look at.

    Args:
        situation: That was decided.
        found: How.
    """
    rules = (rule for part in situation.rules.rules.values() for rule in part)
    mine = [rule for rule in rules if found is not None and rule.id == found.rule]
    return facts_in(mine, situation.rules, whether=True)


def pools_with(book: RuleBook, who: str) -> frozenset[str]:
    """Return the pools that may give a lead to a person: as a member, by a group, or overflowing.

    Args:
        book: With the people of that moment.
        who: Id of the person.
    """
    own = {
        pool.id for pool in book.pools.values() if any(each.person == who for each in pool.members)
    }
    own |= {pool.id for pool in book.pools.values() if any(g.pool in own for g in pool.groups)}
    behind = {
        pool.id for pool in book.pools.values() if own.intersection(overflow_of(pool, book.pools))
    }
    return frozenset(own | behind)


def _least(most: int, does: Callable[[int], bool]) -> int:
    """Return the least number that does, where more never does less; 0 when not even most does.

    >>> _least(100, lambda number: number >= 7), _least(3, lambda number: number >= 7)
    (7, 0)
    """
    if not does(most):
        return 0
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if does(middle) else (middle, high)
    return high


def _fact(name: str, value: FactValue | None) -> Change:
    return Change(ChangeKind.FACT, name, value=value)


def _lifted(situation: Situation, each: Considered) -> Iterator[Change]:
    """Yield the change that lifts what barred a member; nothing for who left."""
    who, pool = each.person, each.pool
    match each.bar:
        case BarKind.AWAY | BarKind.OFF:
            yield Change(ChangeKind.BACK, who, pool, each.bar)
        case BarKind.OFF_SHIFT:
            yield Change(ChangeKind.ON_SHIFT, who, pool)
        case BarKind.PASSED:
            yield Change(ChangeKind.NOT_PASSED, who)
        case BarKind.EXCLUDED:
            yield Change(ChangeKind.NOT_EXCLUDED, who)
        case BarKind.WEIGHT:
            yield Change(ChangeKind.WEIGHT, who, pool, 1)
        case BarKind.SKILL:
            lacking = _lacking(situation, pool, who)
            if lacking:
                yield Change(ChangeKind.SKILL, who, value=lacking)
        case BarKind.CAP:
            full = _full(situation, pool, who)
            if full is not None:
                yield Change(ChangeKind.CAP, who, full.pool, full.used + 1, full.period)


def _lacking(situation: Situation, pool: str, who: str) -> tuple[str, ...]:
    book = situation.book
    needed = {
        need.skill
        for need in needs_of(book.pools[pool], situation.lead, situation.facts)
        if need.until is None or need.until > situation.turns.now
    }
    return tuple(sorted(needed - book.people[who].skills)) if who in book.people else ()


def _full(situation: Situation, pool: str, who: str) -> Limit | None:
    """Return the first cap of a member that is full."""
    book, turns = situation.book, situation.turns
    found = book.pools.get(pool)
    seat = _seat(situation, found, who) if found is not None else None
    limits = seat.limits if seat is not None else ()
    if seat is None and who in book.people:
        limits = turns.limits(book, book.people[who])
    return next((each for each in limits if each.used >= each.most), None)


def _seat(situation: Situation, pool: Pool, who: str) -> Seat | None:
    seats = situation.turns.seats(situation.book, pool)
    return next((seat for seat in seats if seat.person == who), None)


def _member(pool: Pool, who: str) -> Member | None:
    return next((each for each in pool.members if each.person == who), None)


def _chosen_member(pool: Pool, found: Answer) -> Member | None:
    chosen = (each.person for each in found.considered if each.chosen and each.pool == pool.id)
    return next((_member(pool, who) for who in chosen), None)


def _chosen(search: _Search) -> tuple[Otherwise, ...]:
    """Return the few that are told: each answer by the cheapest change, and not all of one kind."""
    cheapest: dict[tuple[object, ...], Otherwise] = {}
    for each in sorted(search.found, key=search.cost):
        first = each.changes[0]
        about = () if first.kind is ChangeKind.FACT else (first.kind, first.about)
        cheapest.setdefault((about, each.answer.owner, each.answer.pool, each.answer.rule), each)
    by_kind = Counter[ChangeKind]()
    early: list[Otherwise] = []
    late: list[Otherwise] = []
    for each in cheapest.values():
        by_kind[each.changes[0].kind] += 1
        (early if by_kind[each.changes[0].kind] <= _OF_A_KIND else late).append(each)
    kept = [*early, *late][:SHOWN]
    return tuple(each for each in cheapest.values() if each in kept)
