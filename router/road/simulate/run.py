"""A simulation: leads arrive, are given out as on the road, answered, missed and closed. Pure.

Who gets a lead is decided by the very functions that decide it on the road
(:mod:`router.stages.route`), offers and clocks are those of :mod:`router.stages.activate`, and
ladders those of :mod:`router.stages.sla`; only the people are a model, and a plain one
(:class:`~router.road.simulate.world.Habits`).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

from router.lead.decision import (
    OWNER_AWAY,
    RELEASED,
    TRANSFERRED,
    ClockKind,
    Hold,
    MoveClock,
    Reroute,
    StartClock,
    StopClock,
)
from router.lead.ids import LeadId
from router.lead.model import Owner, change
from router.lead.states import LeadState, OwnerKind
from router.road.simulate.agenda import Agenda, Order
from router.road.simulate.arrivals import Arrival
from router.road.simulate.case import Case, Promises
from router.road.simulate.desk import scattered
from router.road.simulate.guards import guarded
from router.road.simulate.held import Held, Wish, wish_of
from router.road.simulate.seen import Answer, Pick, Seen, Wait, due_of
from router.road.simulate.setting import Setting
from router.road.simulate.staff import Staff
from router.road.simulate.world import Absence
from router.rulebook import periods
from router.rulebook.availability import AbsenceKind
from router.rulebook.model import HandOut, Period, RuleBook
from router.rulebook.roster import members_of
from router.stages.activate.decide import decide as activate
from router.stages.route.decide import Choice, Plan, decide, plan
from router.stages.route.turns import Turns
from router.stages.sla.decide import decide as climb

#: For so long after the end people go on, so that the last leads are answered too.
AFTER = timedelta(days=7)
#: Leads between two words about how far it is.
_EVERY = 200
_OWNED = frozenset({LeadState.ACTIVATED, LeadState.ACCEPTED})
#: Told now and then how many leads have come in, and of how many.
Progress = Callable[[int, int], None]


def simulate(setting: Setting, on_progress: Progress | None = None) -> Seen:
    """Let leads arrive, and return all that happened.

    Args:
        setting: What is simulated.
        on_progress: Told now and then how far it is.

    Raises:
        Misconfigured: The book lacks something that a lead needs.
    """
    return _Run(setting, on_progress).run()


class _Run:
    """A simulation that runs."""

    def __init__(self, setting: Setting, on_progress: Progress | None) -> None:
        self._setting, self._on_progress = setting, on_progress
        self._seen = Seen(setting.start, setting.end, setting.books, setting.absences)
        self._staff = Staff(setting.books, setting.absences, self._seen)
        self._agenda = Agenda()
        self._promises = Promises(self._agenda, self._seen, self._ring)
        self._now = setting.start
        self._open: dict[int, Case] = {}
        self._held = Held(self._agenda, self._release)
        self._last: dict[str, tuple[str, datetime]] = {}

    def run(self) -> Seen:
        """Do everything in the order of time."""
        setting, stop = self._setting, self._setting.end + AFTER
        self._plan_world(stop)
        for each in setting.arrivals:
            self._agenda.add(each.at, Order.ARRIVALS, partial(self._arrive, each))
        while (entry := self._agenda.take(stop)) is not None:
            self._now, deed = entry
            deed()
        self._now = stop
        for case in self._open.values():
            for kind, clock in case.clocks.items():
                if clock.running and clock.respond_by < stop:
                    self._promises.miss(case, kind)
        self._seen.waits += [
            Wait(pool, case.number, case.waits_since or stop, None)
            for pool, case in self._held.left()
        ]
        self._staff.end(setting.end)
        return self._seen

    # --- the world ----------------------------------------------------------------------------

    def _plan_world(self, stop: datetime) -> None:
        for at, book in self._setting.books[1:]:
            self._agenda.add(at, Order.WORLD, partial(self._switch, book))
        for each in self._setting.absences:
            if each.start < stop:
                self._agenda.add(max(each.start, self._now), Order.WORLD, partial(self._goes, each))
            if each.until is not None:
                self._agenda.add(each.until, Order.WORLD, self._comes_back)
        self._staff.look_at_absences(self._now)
        for zone in self._staff.zones:
            for period in periods.TIMED:
                self._plan_period(period, zone)

    def _plan_period(self, period: Period, zone: str) -> None:
        at = periods.ends(period, self._now, ZoneInfo(zone))
        self._agenda.add(at, Order.WORLD, partial(self._begin, period, zone))

    def _begin(self, period: Period, zone: str) -> None:
        self._staff.begin(period, zone, self._now)
        self._plan_period(period, zone)
        if any(map(self._staff.is_bounded, self._staff.zones[zone])):
            self._held.look_everywhere(self._now)

    def _goes(self, absence: Absence) -> None:
        self._staff.look_at_absences(self._now)
        policy = self._staff.book.availability
        at = policy.reassign_at(AbsenceKind.AWAY, self._now)
        if at is not None and (absence.until is None or at < absence.until):
            deed = partial(self._hand_on, absence.person)
            self._agenda.add(at, Order.WORLD, deed)

    def _comes_back(self) -> None:
        self._staff.look_at_absences(self._now)
        self._held.look_everywhere(self._now)

    def _switch(self, book: RuleBook) -> None:
        for person in self._staff.switch(book, self._now):
            for case in self._with(person, _OWNED):
                never = Reroute(TRANSFERRED, "operator", never=(person,))
                self._reroute(case, never)
        self._held.look_everywhere(self._now)

    def _hand_on(self, person: str) -> None:
        for case in self._with(person, frozenset({LeadState.ACTIVATED})):
            if case.lead.owner is not None and case.lead.owner.pool:
                self._reroute(case, Reroute(OWNER_AWAY, "ticker", never=(person,)))

    def _with(self, person: str, states: frozenset[LeadState]) -> list[Case]:
        owner = OwnerKind.PERSON, person
        return [
            case
            for case in self._open.values()
            if case.lead.owner is not None
            and (case.lead.owner.kind, case.lead.owner.id) == owner
            and case.lead.state in states
        ]

    # --- who gets it --------------------------------------------------------------------------

    def _arrive(self, arrival: Arrival) -> None:
        seen, book = self._seen, self._staff.book
        seen.leads += 1
        if self._on_progress is not None and seen.leads % _EVERY == 0:
            self._on_progress(seen.leads, len(self._setting.arrivals))
        met = guarded(change(arrival.lead, digest=book.digest), book)
        if met.unknown:
            seen.unknown += 1
            return
        if met.aside:
            seen.aside[met.aside] += 1
            return
        # Not of a text: how that is hashed is another matter for every process.
        luck = Random(self._setting.seed * 1_000_003 + arrival.number)  # noqa: S311 - no secret
        case = Case(arrival.number, met.lead, book, luck, arrival.contact)
        self._open[case.number] = case
        self._give(case, plan(case.lead, book, None))

    def _give(self, case: Case, planned: Plan, wave: frozenset[LeadId] = frozenset()) -> bool:
        """Find an owner; return whether somebody has it now who had not before."""
        waited = planned.reroute is not None and planned.reroute.reason == RELEASED
        book = self._staff.today(case.book, waited=waited)
        before = {case.lead.id: self._last[case.contact]} if case.contact in self._last else {}
        turns = self._staff.turns(self._now, wave, before)
        decision, choice = decide(case.lead, planned, book, turns, review_by=self._now)
        if choice is None:
            holds = [each for each in decision.effects if isinstance(each, Hold)]
            for hold in holds:
                self._held.look(hold.pool, hold.look_at, self._now)
            if not holds:
                self._set_aside(case, f"{planned.kind} {planned.target}")
            return False
        previous, case.lead = case.lead.owner, decision.lead
        if previous is not None and previous.kind is OwnerKind.PERSON:
            self._staff.drop(previous, self._now)
        if choice.given:
            self._note(case, planned, choice, turns, book)
            self._staff.take(turns, choice)
        elif not choice.held or book.pools[choice.owner.pool].hand_out is HandOut.PULL:
            self._set_aside(case, f"{choice.owner.kind} {choice.owner.id}")
            return True
        self._offer(case, planned, choice, previous)
        return not choice.held

    def _note(
        self, case: Case, planned: Plan, choice: Choice, turns: Turns, book: RuleBook
    ) -> None:
        """Write a pick down, before it changes what the next one is made from."""
        seen, owner = self._seen, choice.owner
        gone = frozenset(name for name, card in book.people.items() if card.left)
        parts = {
            name: seen.weigh(name, turns.seats(book, book.pools[name]), gone)
            for name in dict.fromkeys(pool for pool, _ in choice.changes)
        }
        seen.bank(choice.changes)
        pick = Pick(
            at=self._now,
            lead=case.number,
            pool=owner.pool,
            person=owner.id,
            code=choice.code,
            asked=planned.target if planned.kind == "pool" else "",
            due=due_of(choice.changes, owner.pool, owner.id),
            by_weight=parts.get(owner.pool, {}),
            again=planned.reroute is not None,
        )
        seen.picks.append(pick)
        if case.contact:
            self._last[case.contact] = owner.id, case.lead.received_at
        if case.waits_since is not None:
            waited_in = planned.target if planned.kind == "pool" else owner.pool
            waited_in = self._held.remove(case) or waited_in
            seen.waits.append(Wait(waited_in, case.number, case.waits_since, self._now))
            case.waits_since = None

    def _offer(self, case: Case, planned: Plan, choice: Choice, previous: Owner | None) -> None:
        """Offer it, start its clocks, and put it where it is answered or waits."""
        started = activate(
            case.lead,
            self._staff.today(case.book),
            case.lead.why,
            self._now,
            reroute=planned.reroute,
            rule_id=case.lead.rule,
            previous_owner=previous,
            first_touch=case.clocks.get(ClockKind.FIRST_TOUCH),
        )
        case.offer += 1
        case.lead = started.lead
        for effect in started.effects:
            if isinstance(effect, StartClock):
                self._promises.start(case, effect, self._now)
        if choice.held:
            self._held.add(choice.owner.pool, case, self._now)
            self._held.look(choice.owner.pool, choice.look_at, self._now)
            return
        desk, habits = self._staff.desk(choice.owner.id), self._setting.habits
        at = desk.done(self._now, scattered(habits.answer, habits.spread, case.luck))
        if at is not None:
            deed = partial(self._notice, choice.owner.id, case, case.offer)
            self._agenda.add(at, Order.PEOPLE, deed)

    def _reroute(self, case: Case, reroute: Reroute) -> None:
        owner = case.lead.owner
        if owner is not None and owner.kind is OwnerKind.PERSON:
            self._seen.moved[reroute.reason] += 1
            self._staff.desk(owner.id).take_away(case.number, case.offer)
        case.offer += 1
        self._give(case, plan(case.lead, self._staff.today(case.book), reroute))

    def _set_aside(self, case: Case, what: str) -> None:
        owner = case.lead.owner
        if owner is not None and owner.kind is OwnerKind.PERSON:
            self._staff.drop(owner, self._now)
        self._seen.aside[what] += 1
        self._held.remove(case)
        case.waits_since = None
        case.clocks.clear()
        del self._open[case.number]

    # --- what waits in its pool ---------------------------------------------------------------

    def _release(self, pool: str) -> None:
        """Give out what waits: high priority first, then what came first."""
        waiting = self._held.waiting(pool)
        if not waiting:
            return
        there = self._staff.book.pools.get(pool) or waiting[0].book.pools[pool]
        many = len(waiting) > len(members_of(self._staff.book, there))
        wave = frozenset(case.lead.id for case in waiting) if many else frozenset()
        asked = Reroute(RELEASED, "ticker", wave=many)
        in_vain: set[Wish] = set()
        for case in waiting:
            wish = wish_of(case, there, self._now)
            # Picks only take people away: what one lead could not find, none like it can.
            if wish in in_vain:
                continue
            if not self._give(case, plan(case.lead, self._staff.today(case.book), asked), wave):
                in_vain.add(wish)

    # --- people -------------------------------------------------------------------------------

    def _notice(self, person: str, case: Case, offer: int) -> None:
        if case.offer == offer:
            clock = case.clocks.get(ClockKind.ACCEPTANCE)
            due = clock.respond_by if clock is not None else self._now
            self._staff.desk(person).put(case.number, offer, due)
            self._turn(person)

    def _turn(self, person: str) -> None:
        """Let somebody who is not busy answer what is due first."""
        desk = self._staff.desk(person)
        number = None if desk.busy else desk.next()
        if number is None:
            return
        at = desk.done(self._now, self._setting.habits.work)
        if at is not None:
            desk.busy = True
            self._agenda.add(at, Order.PEOPLE, partial(self._free, person))
        case = self._open[number]
        declines = case.luck.random() < self._setting.habits.decline
        owner = case.lead.owner
        if owner is not None and owner.pool and declines:
            self._seen.declined[person] += 1
            case.lead = change(case.lead, passed=(*case.lead.passed, person))
            self._reroute(case, Reroute("declined", person))
        elif owner is not None:
            self._accept(case, owner, case.offer)

    def _free(self, person: str) -> None:
        self._staff.desk(person).busy = False
        self._turn(person)

    def _accept(self, case: Case, owner: Owner, offer: int) -> None:
        now, habits, desk = self._now, self._setting.habits, self._staff.desk(owner.id)
        self._promises.keep(case, self._now, ClockKind.ACCEPTANCE)
        case.lead = change(case.lead, state=LeadState.ACCEPTED)
        came = case.lead.received_at
        self._seen.answers.append(
            Answer(
                at=now,
                lead=case.number,
                pool=owner.pool,
                person=owner.id,
                waited=now - came,
                worked=desk.hours.between(came, now),
            )
        )
        at = desk.done(now, scattered(habits.touch, habits.spread, case.luck))
        if at is not None:
            self._agenda.add(at, Order.PEOPLE, partial(self._touch, case, owner, offer))

    def _touch(self, case: Case, owner: Owner, offer: int) -> None:
        if case.offer != offer:
            return
        self._promises.keep(case, self._now, ClockKind.FIRST_TOUCH)
        case.lead = change(case.lead, state=LeadState.CONTACTED)
        at = self._staff.desk(owner.id).done(self._now, self._setting.habits.close)
        if at is not None:
            self._agenda.add(at, Order.PEOPLE, partial(self._close, case, owner, offer))

    def _close(self, case: Case, owner: Owner, offer: int) -> None:
        if case.offer == offer:
            case.lead = change(case.lead, state=LeadState.CLOSED)
            del self._open[case.number]
            self._staff.drop(owner, self._now)
            if self._staff.is_bounded(owner.id):
                self._held.look_everywhere(self._now)

    def _ring(self, case: Case, kind: ClockKind, generation: int) -> None:
        """Take the steps of a ladder that are due."""
        clock = case.clocks.get(kind)
        if clock is None or clock.generation != generation or not clock.running:
            return
        decision = climb(case.lead, clock, self._staff.today(case.book), self._now)
        case.lead = decision.lead
        for effect in decision.effects:
            if isinstance(effect, StopClock):
                self._promises.stop(case, effect.kind, self._now)
            elif isinstance(effect, MoveClock):
                self._promises.move(case, effect, self._now)
        if decision.reroute is not None:
            self._reroute(case, decision.reroute)
