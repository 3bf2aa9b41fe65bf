"""Who gets a lead: the person or shared list that the rules name, or one of a pool. Pure."""

from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

from router.errors import Conflict, Rejected
from router.lead.decision import CLAIMED
from router.lead.model import Lead, Owner
from router.lead.states import OwnerKind
from router.rulebook.cover import stand_in
from router.rulebook.model import HandOut, NobodyPolicy, Pool, RuleBook
from router.rulebook.roster import home_of
from router.stages.route.choose import (
    NOTHING,
    Asked,
    Changes,
    Pick,
    choose,
    soonest,
    works_today,
)
from router.stages.route.first import come_first
from router.stages.route.plan import Plan
from router.stages.route.reach import needs_of, overflow_of
from router.stages.route.seats import Bar, BarKind, Considered
from router.stages.route.turns import LEFT, Turns

#: How a lead came to its owner, as a stable code: by what a rule said; because nothing but the
#: fallback took it; because nobody in the pool could; because the person who was named could not.
RULED, FALLBACK, NO_POOL, UNAVAILABLE = "ruled", "fallback", "no_pool", "unavailable"
#: The same: to somebody who comes before the others; to who takes the place of somebody away; to
#: somebody off shift, for nobody was on; to a pool behind the one that was meant; and to nobody
#: yet: it waits in its pool.
FIRST, COVERED, OFF_SHIFT, OVERFLOWED, HELD = "first", "covered", "off_shift", "overflow", "held"

#: Nobody needs to look again at a lead that members take themselves.
NEVER = timedelta(days=3650)
#: What keeps somebody from one lead, and not from another.
_OWN = frozenset({BarKind.PASSED, BarKind.EXCLUDED, BarKind.SKILL})
#: What can end by itself or by somebody's word: a lead that only such things keep from everybody
#: may wait.
_PASSING = frozenset({BarKind.OFF, BarKind.AWAY, BarKind.OFF_SHIFT, BarKind.CAP})


class Choice(NamedTuple):
    """The owner that was found, and how."""

    owner: Owner
    why: str
    considered: tuple[Considered, ...] = ()
    #: Set when it is not the owner that was wanted.
    code: str = ""
    #: What the pick changes of what members are owed.
    changes: Changes = NOTHING
    #: Whether a person got it whose caps it counts in.
    given: bool = False
    #: Whether it waits in its pool for somebody; not so where members take leads themselves.
    held: bool = False
    #: Of a lead that waits, when somebody may be able to take it; None if that is not known.
    look_at: datetime | None = None
    #: Whether something of this very lead keeps it from somebody.
    own: bool = False
    #: When the owner gets round to it, at the pool's pace; None for at once.
    answer_from: datetime | None = None
    #: Until when it keeps the owner busy, at the pool's pace.
    busy_until: datetime | None = None


def find_owner(lead: Lead, planned: Plan, book: RuleBook, turns: Turns) -> Choice:
    """Find who gets a lead.

    Args:
        lead: Classified, or owned when it is rerouted.
        planned: What the rules want; neither a refusal nor a review.
        book: The lead's version, with the people of today.
        turns: The pools as they stand under their locks.

    Raises:
        Rejected: Somebody asked for a person who left.
    """
    kind, target = planned.kind, planned.target
    if planned.reroute is not None and planned.reroute.never:
        turns = turns.without(planned.reroute.never)
    if kind in {"queue", "sequence"}:
        return _shared(book, turns, kind, target)
    if planned.reroute is not None and planned.reroute.reason == CLAIMED:
        return _claimed(lead, book, turns, target)
    if kind == "person":
        return _named(lead, planned, book, turns)
    if kind == "pool":
        return _Pools(lead, planned, book, turns).owner(target)
    return fallback(book, turns, "the fallback owner takes it")._replace(code=FALLBACK)


def fallback(book: RuleBook, turns: Turns, because: str) -> Choice:
    """Return the fallback owner, who takes their place, or a manager; somebody always is.

    Args:
        book: With the people of today.
        turns: Tells who is away.
        because: Why it comes to that.
    """
    person, seen = book.fallback_owner, set[str]()
    while person not in seen:
        seen.add(person)
        taken, _ = stand_in(book, person, turns.away)
        if taken:
            person = taken
            break
        person = book.people[person].manager if person in book.people else ""
    person = person if person in book.people and person not in turns.away else book.fallback_owner
    why = f"{because}: fallback owner {person}"
    return Choice(Owner(OwnerKind.PERSON, person, person), why, code=UNAVAILABLE, given=True)


def _is_here(book: RuleBook, person: str) -> bool:
    card = book.people.get(person)
    return card is not None and not card.left


def _shared(book: RuleBook, turns: Turns, kind: str, target: str) -> Choice:
    accountable = (book.queues if kind == "queue" else book.sequences)[target].accountable
    why = f"to {kind} {target}"
    if not _is_here(book, accountable):
        why = f"{why}; {accountable} {LEFT}"
        accountable = fallback(book, turns, why).owner.id
        why = f"{why}: {accountable} is accountable"
    return Choice(Owner(OwnerKind(kind), target, accountable), why)


def _named(lead: Lead, planned: Plan, book: RuleBook, turns: Turns) -> Choice:
    person = planned.target
    if planned.reroute is not None and planned.reroute.to == person:
        if not _is_here(book, person):
            raise Rejected(
                f"{person!r} {LEFT}. GET /api/people lists who is on it; name one of them.",
                code="unknown_person",
            )
        return _direct(person, f"to {person}")
    if person in lead.passed:
        return fallback(book, turns, f"{person} declined or missed it before")
    bar = turns.bar(book, person)
    if bar is None:
        return _direct(person, f"to {person}")
    if bar.kind is BarKind.LEFT:
        return fallback(book, turns, f"{person} {LEFT}")
    cover = _cover(lead, book, turns, person)
    if cover:
        found = _direct(cover, f"to {cover}, who covers for {person} ({bar.why})")
        return found._replace(code=COVERED)
    return fallback(book, turns, f"{person} is {bar.why}")


def _claimed(lead: Lead, book: RuleBook, turns: Turns, person: str) -> Choice:
    """Give a lead to a member who takes it from its pool; caps hold for them as for all."""
    where = lead.owner.pool if lead.owner is not None else ""
    bar = turns.bar(book, person)
    if bar is None and where in book.pools:
        home = home_of(book, book.pools[where], person)
        # Whoever takes a lead is at work, whatever their hours say.
        bar, where = turns.stop(book, home, person, at_work=True), home.id
    if bar is not None:
        raise Conflict(f"{person} cannot take lead {lead.id}: {bar.why}.")
    found = _direct(person, f"taken by {person} from pool {where}")
    return found._replace(owner=Owner(OwnerKind.PERSON, person, person, where))


def _cover(lead: Lead, book: RuleBook, turns: Turns, person: str) -> str:
    """Return who takes the place of somebody who is away, if they can take this lead."""
    cover, _ = stand_in(book, person, turns.away)
    if not cover or cover == person or cover in lead.passed or turns.bar(book, cover) is not None:
        return ""
    return cover


def _direct(person: str, why: str) -> Choice:
    return Choice(Owner(OwnerKind.PERSON, person, person), why, given=True)


class _Pools:
    """One lead asking a pool, and the pools behind it."""

    def __init__(self, lead: Lead, planned: Plan, book: RuleBook, turns: Turns) -> None:
        self._lead, self._planned = lead, planned
        self._book, self._turns = book, turns
        #: What was said of everybody so far, by pool.
        self._told: dict[str, tuple[Considered, ...]] = {}
        #: When something may be otherwise that no member's bar tells of.
        self._moments: list[datetime | None] = [turns.changes_at]

    def owner(self, name: str) -> Choice:
        """Ask a pool, then what stands behind it, then the fallback owner."""
        pool = self._book.pools[name]
        if pool.hand_out is HandOut.PULL:
            why = f"in pool {name} until a member takes it"
            return self._waits(pool, why, held=True, look_at=self._turns.now + NEVER)
        if self._lead.id in self._turns.queued:
            why = f"waits in pool {name} behind those that came before"
            return self._waits(pool, why, held=True, look_at=self._turns.now)
        found, look_at = self._ask(pool)
        if found is None:
            found = self._behind(pool, look_at)
        if found is not None:
            return found
        found = fallback(self._book, self._turns, f"nobody in pool {name} can take it")
        return found._replace(code=NO_POOL, considered=self._considered)

    @property
    def _considered(self) -> tuple[Considered, ...]:
        """Return what was said of everybody so far."""
        return tuple(chain.from_iterable(self._told.values()))

    @property
    def _bars(self) -> set[str]:
        """Return the codes of what kept somebody from it so far."""
        return {each.bar for each in self._considered}

    def _soonest(self, pick: Pick) -> datetime | None:
        return soonest((pick.look_at, *self._moments))

    def _waits_for_skill(self, pool: Pool, pick: Pick) -> Choice:
        why = f"waits in pool {pool.id} for somebody with the skill"
        return self._waits(pool, why, held=True, look_at=self._soonest(pick))

    def _ask(self, pool: Pool) -> tuple[Choice | None, datetime | None]:
        """Ask who comes first, then the pool; also tell when it may have somebody."""
        if first := self._first(pool):
            return first, None
        pick = self._pick(pool)
        if pick.person:
            return self._picked(pick), None
        if pick.waits_for_skill:
            return self._waits_for_skill(pool, pick), None
        return None, self._soonest(pick)

    def _behind(self, pool: Pool, look_at: datetime | None) -> Choice | None:
        """Do what the pool says for a lead that nobody of it can take now."""
        if pool.nobody is NobodyPolicy.OFF_SHIFT:
            pick = self._pick(pool, off_shift=True)
            if not pick.person:
                return self._waits_for_skill(pool, pick) if pick.waits_for_skill else None
            found = self._picked(pick)
            return found._replace(why=f"{found.why}; nobody is on shift", code=OFF_SHIFT)
        if pool.nobody is NobodyPolicy.HOLD:
            if self._bars.isdisjoint(_PASSING):
                return None
            why = f"waits in pool {pool.id} until somebody can take it"
            return self._waits(pool, why, held=True, look_at=look_at)
        for name in overflow_of(pool, self._book.pools):
            found_there, _ = self._ask(self._book.pools[name])
            if found_there is not None and not found_there.held:
                why = f"{found_there.why}; nobody in pool {pool.id} can take it"
                return found_there._replace(why=why, code=OVERFLOWED)
        return None

    def _first(self, pool: Pool) -> Choice | None:
        """Return who comes before everybody else, if they can take it."""
        if not pool.first:
            return None
        told: list[Considered] = []
        for person, why in come_first(self._lead, pool, self._turns):
            bar = self._bar_of(pool, person)
            taken = person
            if bar is not None and bar.kind in {BarKind.AWAY, BarKind.OFF} and why.covered:
                taken = _cover(self._lead, self._book, self._turns, person)
                if taken and self._bar_of(pool, taken) is not None:
                    taken = ""
            if bar is None or (taken and taken != person):
                covers = "" if bar is None else f"; {taken} covers for {person} ({bar.why})"
                told.append(Considered(taken, chosen=True, why=why.words + covers))
                self._told[f"first of {pool.id}"] = tuple(told)
                home = home_of(self._book, pool, taken)
                return self._given(home, taken, f"{person} {why.words}{covers}", code=FIRST)
            told.append(
                Considered(person, chosen=False, why=f"{why.words}; {bar.why}", bar=bar.kind.value)
            )
            self._moments.append(bar.until)
        if told:
            self._told[f"first of {pool.id}"] = tuple(told)
        return None

    def _bar_of(self, pool: Pool, person: str) -> Bar | None:
        """Return what keeps somebody who comes first from this lead."""
        if person in self._lead.passed:
            return Bar(BarKind.PASSED, "declined or missed this lead before")
        if person in self._excluded:
            return Bar(BarKind.EXCLUDED, "has just had this lead")
        home, turns = home_of(self._book, pool, person), self._turns
        bar = turns.bar(self._book, person, on_shift=home.require == "on_shift")
        at_work = bar is not None and bar.kind is BarKind.OFF_SHIFT and self._is_in_wave(bar)
        if at_work:
            bar = turns.bar(self._book, person)
        return bar or turns.stop(self._book, home, person, at_work=at_work)

    def _is_in_wave(self, bar: Bar) -> bool:
        """Return whether it is shared by all who work today, and this bar ends today."""
        asked = Asked(self._turns.now, wave=self._lead.id in self._turns.wave)
        return works_today(bar, asked)

    def _pick(self, pool: Pool, *, off_shift: bool = False) -> Pick:
        asked = Asked(
            now=self._turns.now,
            passed=self._lead.passed,
            excluded=self._excluded,
            needs=needs_of(pool, self._lead, self._planned.facts) if pool.skills else (),
            wave=self._lead.id in self._turns.wave,
            off_shift=off_shift,
        )
        book, pools = self._book, self._book.pools
        seats = {pool.id: self._turns.seats(book, pool)}
        for group in pool.groups:
            seats[group.pool] = self._turns.seats(book, pools[group.pool])
        pick = choose(pool, pools, seats, asked)
        self._told[pool.id] = pick.considered
        return pick

    @property
    def _excluded(self) -> tuple[str, ...]:
        reroute = self._planned.reroute
        return reroute.never if reroute is not None else ()

    def _picked(self, pick: Pick) -> Choice:
        pool = self._book.pools[pick.pool]
        return self._given(pool, pick.person, pick.why, changes=pick.changes)

    def _given(
        self, pool: Pool, person: str, why: str, *, code: str = "", changes: Changes = NOTHING
    ) -> Choice:
        turns = self._turns
        return Choice(
            Owner(OwnerKind.PERSON, person, person, pool.id),
            why,
            self._considered,
            code=code,
            changes=changes,
            given=True,
            answer_from=turns.answer_from(pool, person),
            busy_until=turns.busy_until(self._book, pool, person),
        )

    def _waits(
        self, pool: Pool, why: str, *, held: bool = False, look_at: datetime | None = None
    ) -> Choice:
        accountable = pool.manager
        if not _is_here(self._book, accountable):
            accountable = fallback(self._book, self._turns, why).owner.id
        owner = Owner(OwnerKind.POOL, pool.id, accountable, pool.id)
        return Choice(
            owner,
            f"{why}; {accountable} is accountable",
            self._considered,
            code=HELD,
            held=held,
            look_at=look_at,
            own=bool(pool.first) or not self._bars.isdisjoint(_OWN),
        )
