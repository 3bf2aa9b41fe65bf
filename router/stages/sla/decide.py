"""Decides which steps of a ladder are due, and what each of them does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType

from router.lead.clock import Clock
from router.lead.decision import Act, ClockKind, Decision, Effect, MoveClock, Reroute, StopClock
from router.lead.events import Event, EventKind
from router.lead.model import Lead, Owner, change
from router.lead.states import OWNED, ClockState, LeadState, OwnerKind
from router.rulebook.cover import Covered
from router.rulebook.model import RuleBook, Step, StepKind
from router.rulebook.roster import calendar, person, policy_of
from router.rulebook.worktime import WorkTime, work_time
from router.stages.sla.messages import (
    Next,
    Told,
    answerable,
    hours_of,
    listener,
    notice,
    said,
    superior,
)

#: A lead that waits beside the road (review, parked) has nobody to be told; its clock is looked at
#: again after so long.
LOOK_AGAIN = timedelta(hours=1)

_TICKER = "ticker"
_NOBODY: Mapping[str, Covered] = MappingProxyType({})
_DAY = timedelta(days=1)
_ENDED = frozenset({LeadState.CLOSED, LeadState.REJECTED, LeadState.MERGED})
_ACCEPTED = frozenset({LeadState.ACCEPTED, LeadState.CONTACTED})
_NOTES = {
    ClockKind.ACCEPTANCE: "not accepted in time",
    ClockKind.FIRST_TOUCH: "not spoken to in time",
}


def decide(
    lead: Lead,
    clock: Clock,
    book: RuleBook,
    now: datetime,
    *,
    away: Mapping[str, Covered] = _NOBODY,
) -> Decision:
    """Take the steps of a clock's ladder that are due.

    After an outage several may be: each message is given once and in order, and the first step
    that asks for another owner is the last one taken, so that the next owner has time of their
    own. The steps of an acceptance clock begin anew with each owner; those of a first-touch clock
    go on. From the ladder's end on, the accountable person is told each working day.

    Args:
        lead: The lead, locked and just read.
        clock: One of its clocks, likewise.
        book: The rule book the lead was routed with.
        now: The time, aware.
        away: Who is away, by person: what they would be told, who is there for them is told.

    Returns:
        What to tell whom, where the clock goes next, and whether another owner must be found;
        nothing when the step is not due or the clock has ended.

    Raises:
        Misconfigured: The book lacks a calendar, the policy or the fallback owner.
    """
    if not clock.running or clock.next_at is None or clock.next_at > now:
        return Decision(lead)
    if lead.owner is None or lead.state not in OWNED:
        return Decision(lead, effects=(_unowned(lead, clock, now),))
    if lead.state in _ACCEPTED and (
        clock.kind is ClockKind.ACCEPTANCE or lead.state is LeadState.CONTACTED
    ):
        return Decision(lead, effects=(StopClock(clock.kind, met=True),))
    return _Climb(lead, lead.owner, clock, book, now, away).decision()


def _unowned(lead: Lead, clock: Clock, now: datetime) -> Effect:
    if lead.state in _ENDED:
        return StopClock(clock.kind, met=False)
    breached = clock.state is ClockState.BREACHED
    return MoveClock(clock.kind, clock.next_step, now + LOOK_AGAIN, breached)


@dataclass(slots=True)
class _Climb:
    """One way up a ladder; lives for one call of :func:`decide`."""

    lead: Lead
    owner: Owner
    clock: Clock
    book: RuleBook
    now: datetime
    away: Mapping[str, Covered]
    events: list[Event] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    breached: bool = False

    def decision(self) -> Decision:
        """Take what is due."""
        step, due = self.clock.next_step, self.clock.next_at or self.now
        self.breached = self.clock.state is ClockState.BREACHED
        while due <= self.now:
            kind = self._kind(step)
            if kind is not None and kind is not StepKind.WARN:
                self._breach()
            if kind in {StepKind.REASSIGN, StepKind.FALLBACK}:
                return self._give_away(step, fallback=kind is StepKind.FALLBACK)
            following = step if kind is StepKind.REPEAT else step + 1
            due_then = self._due(following, due, again=kind is StepKind.REPEAT)
            self._say(kind, self._next(following, due_then))
            step, due = following, due_then
        self.effects.append(MoveClock(self.clock.kind, step, due, self.breached))
        return Decision(self.lead, tuple(self.events), tuple(self.effects))

    @property
    def _ladder(self) -> tuple[Step, ...]:
        promise = policy_of(self.book, self.lead).promises.get(self.clock.kind)
        return promise.ladder if promise is not None else ()

    def _kind(self, step: int) -> StepKind | None:
        """Return what a step does for this owner; None when it would change nothing."""
        ladder = self._ladder
        if step >= len(ladder):
            return StepKind.REPEAT
        kind = ladder[step].kind
        if kind is StepKind.REASSIGN:
            if self.owner.kind is OwnerKind.POOL or _is_last_resort(self.book, self.owner):
                # Out of its pool a lead goes to the first who can take it, and to nobody before.
                return None
            # This clock begins anew with each owner, so it would never come to its next step.
            fallback = any(later.kind is StepKind.FALLBACK for later in ladder[step:])
            again = self.clock.kind is ClockKind.ACCEPTANCE and bool(self.lead.passed)
            kind = StepKind.FALLBACK if fallback and again else kind
        if kind is StepKind.FALLBACK and (
            self.owner.id == self.book.fallback_owner or _is_last_resort(self.book, self.owner)
        ):
            return None
        return kind

    def _due(self, step: int, due: datetime, *, again: bool) -> datetime:
        """Return when a step is due, given when the one before it was."""
        ladder = self._ladder
        if again or step >= len(ladder):
            told = person(self.book, self.owner.accountable)
            return _next_working_day(hours_of(self.book, told.card), due, max(due, self.now))
        share = self.clock.target * ladder[step].at
        return self._work.add(self.clock.started_at, share)

    @property
    def _work(self) -> WorkTime:
        return work_time(calendar(self.book, self.clock.calendar))

    def _next(self, step: int, due: datetime) -> Next:
        """Return the next step that changes something, for the message."""
        kind = self._kind(step)
        while kind is None:
            step, due = step + 1, self._due(step + 1, due, again=False)
            kind = self._kind(step)
        return Next(kind, due)

    def _say(self, kind: StepKind | None, then: Next) -> None:
        """Tell who must hear of a step; a step that changes nothing is passed in silence."""
        if kind is StepKind.WARN:
            self._tell(listener(self.book, self.owner, self.away), then, EventKind.SLA_WARNED)
        elif kind is StepKind.ESCALATE:
            self._tell(superior(self.book, self.owner, self.away), then, EventKind.SLA_ESCALATED)
        elif kind is StepKind.REPEAT:
            told = answerable(self.book, self.owner, self.away)
            self._tell(told, then, EventKind.SLA_ESCALATED, again=True)

    def _tell(self, told: Told, then: Next, kind: EventKind, *, again: bool = False) -> None:
        body = notice(
            self.lead, self.owner, self.clock, self.book, told=told, then=then, now=self.now
        )
        data = said(self.owner, self.clock, told, then) | {"again": again}
        self.events.append(Event(kind, data, actor=_TICKER))
        # Yesterday's message that could not be sent is not sent after today's.
        self.effects.append(Act(kind.value, body, (kind.value,) if again else ()))

    def _breach(self) -> None:
        if self.breached:
            return
        self.breached = True
        data = {
            "clock": self.clock.kind,
            "owner": self.owner.id,
            "accountable": self.owner.accountable,
            "respond_by": self.clock.respond_by.isoformat(),
            "target_s": self.clock.target // timedelta(seconds=1),
        }
        self.events.append(Event(EventKind.SLA_BREACHED, data, actor=_TICKER))

    def _give_away(self, step: int, *, fallback: bool) -> Decision:
        """Ask for another owner; who missed it never gets it again."""
        lead, ladder = self.lead, self._ladder
        if self.owner.kind is OwnerKind.PERSON and self.owner.id not in lead.passed:
            lead = change(lead, passed=(*lead.passed, self.owner.id))
        self.effects.append(StopClock(ClockKind.ACCEPTANCE, met=False))
        if self.clock.kind is not ClockKind.ACCEPTANCE:
            self.effects.append(
                MoveClock(self.clock.kind, step + 1, self._after(step, ladder), self.breached)
            )
        return Decision(
            lead,
            tuple(self.events),
            tuple(self.effects),
            reroute=Reroute("breached", _TICKER, fallback=fallback, note=_NOTES[self.clock.kind]),
        )

    def _after(self, step: int, ladder: tuple[Step, ...]) -> datetime:
        """Return when the step after a change of owner is due: as long from now as from this one.

        Counted from the clock's start it could be overdue already, and the new owner robbed.
        """
        if step + 1 >= len(ladder):
            return self._due(step + 1, self.now, again=False)
        gap = self.clock.target * (ladder[step + 1].at - ladder[step].at)
        return self._work.add(self.now, gap)


def _is_last_resort(book: RuleBook, owner: Owner) -> bool:
    """Return whether the owner is the fallback owner, or a manager who stands in for them."""
    if owner.kind is not OwnerKind.PERSON or owner.pool:
        return False
    seen: set[str] = set()
    above = book.fallback_owner
    while above and above not in seen:
        seen.add(above)
        card = book.people.get(above)
        above = card.manager if card is not None else ""
    return owner.id in seen


def _next_working_day(work: WorkTime, due: datetime, after: datetime) -> datetime:
    """Return the same time of day as ``due`` on the next working day after ``after``.

    A time of day outside that day's hours gives the next opening of the day, or its first one.
    """
    zone = work.zone
    tomorrow = datetime.combine(after.astimezone(zone).date() + _DAY, time.min, tzinfo=zone)
    opening = work.next_opening(tomorrow)
    day = opening.astimezone(zone).date()
    wanted = datetime.combine(day, due.astimezone(zone).time(), tzinfo=zone).astimezone(UTC)
    reached = work.next_opening(wanted)
    return reached if reached.astimezone(zone).date() == day else opening
