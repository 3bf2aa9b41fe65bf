"""An SLA clock that runs, as the ticker and the desk see it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from router.lead.decision import ClockKind, StartClock
from router.lead.states import ClockState


@dataclass(frozen=True, slots=True)
class Clock:
    """One promise to one lead, and which step of its ladder is due next."""

    kind: ClockKind
    state: ClockState
    started_at: datetime
    respond_by: datetime
    #: Working time that was promised.
    target: timedelta
    #: Id of the calendar in whose working time it runs.
    calendar: str
    #: Index into the ladder; at its end or beyond, the accountable person is told each day.
    next_step: int
    #: When that step is due; None when no step is left.
    next_at: datetime | None
    #: Counts the clock's changes, so that a step chosen before one is not taken after it.
    generation: int

    @property
    def running(self) -> bool:
        """Return whether the awaited act is still awaited, in time or late."""
        return self.state in {ClockState.RUNNING, ClockState.BREACHED}


def begun(effect: StartClock, before: Clock | None = None) -> Clock:
    """Return the clock that an effect starts, as it stands once that is written.

    Args:
        effect: Of a decision.
        before: The lead's clock of the same kind until now; None when it never had one.
    """
    return Clock(
        kind=effect.kind,
        state=ClockState.RUNNING,
        started_at=effect.started_at,
        respond_by=effect.respond_by,
        target=effect.target,
        calendar=effect.calendar,
        next_step=effect.next_step,
        next_at=effect.next_at,
        generation=before.generation + 1 if before is not None else 1,
    )
