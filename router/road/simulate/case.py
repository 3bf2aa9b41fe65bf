"""A lead on its way through a simulation, and the promises that were made to it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from random import Random

from router.lead.clock import Clock, begun
from router.lead.decision import ClockKind, MoveClock, StartClock
from router.lead.model import Lead
from router.lead.states import ClockState, OwnerKind
from router.road.simulate.agenda import Agenda, Order
from router.road.simulate.seen import Kept, Seen
from router.rulebook.model import RuleBook


@dataclass(slots=True)
class Case:
    """A lead on its way."""

    number: int
    lead: Lead
    #: The version that it started with.
    book: RuleBook
    luck: Random
    contact: str
    #: Counts its offers, so that nothing is done about one that is over.
    offer: int = 0
    clocks: dict[ClockKind, Clock] = field(default_factory=dict)
    #: Clocks that were counted as broken.
    broken: set[tuple[ClockKind, int]] = field(default_factory=set)
    #: Since when it waits in its pool; None when it does not.
    waits_since: datetime | None = None


class Promises:
    """The clocks of all leads: started, kept or broken, each counted once."""

    def __init__(
        self, agenda: Agenda, seen: Seen, on_due: Callable[[Case, ClockKind, int], None]
    ) -> None:
        """Begin with none.

        Args:
            agenda: Where steps that will be due are noted.
            seen: Where promises are written down once they are kept or broken.
            on_due: Called when a step of a ladder is due, with which start of the clock it is of.
        """
        self._agenda, self._seen, self._on_due = agenda, seen, on_due

    def start(self, case: Case, effect: StartClock, now: datetime) -> None:
        """Start a clock; one of the same kind is forgotten."""
        self._set(case, begun(effect, case.clocks.get(effect.kind)), now)

    def move(self, case: Case, effect: MoveClock, now: datetime) -> None:
        """Go on to another step of the ladder."""
        if effect.breached:
            self.miss(case, effect.kind)
        clock = case.clocks[effect.kind]
        state = ClockState.BREACHED if effect.breached else clock.state
        moved = replace(clock, state=state, next_step=effect.next_step, next_at=effect.next_at)
        self._set(case, moved, now)

    def stop(self, case: Case, kind: ClockKind, now: datetime) -> None:
        """End a clock whose reason is gone; it counts only when it was late already."""
        clock = case.clocks.get(kind)
        if clock is not None and clock.running:
            if clock.respond_by <= now:
                self.miss(case, kind)
            case.clocks[kind] = replace(clock, state=ClockState.CANCELLED)

    def keep(self, case: Case, now: datetime, kind: ClockKind) -> None:
        """End a clock whose awaited act has come; at the last second is in time."""
        clock = case.clocks.get(kind)
        if clock is None or not clock.running:
            return
        if now > clock.respond_by:
            self.miss(case, kind)
        elif (kind, clock.generation) not in case.broken:
            self._count(case, kind, in_time=True)
        case.clocks[kind] = replace(clock, state=ClockState.MET)

    def miss(self, case: Case, kind: ClockKind) -> None:
        """Count a promise as broken, unless it was counted before."""
        key = kind, case.clocks[kind].generation
        if key not in case.broken:
            case.broken.add(key)
            self._count(case, kind, in_time=False)

    def _set(self, case: Case, clock: Clock, now: datetime) -> None:
        case.clocks[clock.kind] = clock
        if clock.next_at is not None:
            due = partial(self._on_due, case, clock.kind, clock.generation)
            self._agenda.add(max(clock.next_at, now), Order.CLOCKS, due)

    def _count(self, case: Case, kind: ClockKind, *, in_time: bool) -> None:
        owner = case.lead.owner
        person = owner.id if owner is not None and owner.kind is OwnerKind.PERSON else ""
        pool = owner.pool if owner is not None else ""
        self._seen.kept.append(Kept(kind, pool, person, in_time))
