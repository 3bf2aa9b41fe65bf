"""Everything that a simulation is made from. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from router.road.simulate.arrivals import Arrival
from router.road.simulate.world import Absence, Habits, Timeline


@dataclass(frozen=True, slots=True)
class Setting:
    """What is simulated."""

    books: Timeline
    arrivals: Sequence[Arrival]
    start: datetime
    end: datetime
    absences: Sequence[Absence] = ()
    habits: Habits = field(default_factory=Habits)
    #: What each lead meets with is drawn from this and its number: the same before and after.
    seed: int = 1
