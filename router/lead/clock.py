"""An SLA clock that runs, as the ticker and the desk see it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from router.lead.decision import ClockKind
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
