"""What happens in a simulation, written down as it happens: what is measured and drawn."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from router.lead.decision import ClockKind
from router.road.simulate.world import Absence, Timeline
from router.rulebook.model import RuleBook
from router.stages.route.rotation import LEAD
from router.stages.route.seats import Seat


@dataclass(frozen=True, slots=True)
class Pick:
    """A lead is given to somebody."""

    at: datetime
    lead: int
    #: The pool it was given in; empty when the person was named, or is the fallback owner.
    pool: str
    person: str
    #: How, as a stable code of the route stage; empty for a turn.
    code: str
    #: The pool that was asked first; empty when none was.
    asked: str
    #: What each member of the pool is due of this lead, in units; empty when no turn was taken.
    due: Mapping[str, int]
    #: What each would have of it by weight alone, the absent too, in leads.
    by_weight: Mapping[str, float]
    #: Whether somebody had it before, or it had waited in the pool.
    again: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A lead is accepted."""

    at: datetime
    lead: int
    pool: str
    person: str
    #: Since it came in: on the wall, and in the person's working time.
    waited: timedelta
    worked: timedelta


@dataclass(frozen=True, slots=True)
class Kept:
    """A promise is kept, or broken; each clock counts once."""

    clock: ClockKind
    pool: str
    #: Who had it in hand; empty while it waited in its pool.
    person: str
    in_time: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """A lead waited in its pool for somebody."""

    pool: str
    lead: int
    since: datetime
    #: None when it still waited at the end.
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Full:
    """Somebody's cap was full."""

    pool: str
    person: str
    since: datetime
    until: datetime


@dataclass(slots=True)
class Seen:
    """All that happened."""

    start: datetime
    end: datetime
    books: Timeline
    absences: Sequence[Absence] = ()
    leads: int = 0
    picks: list[Pick] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    full: list[Full] = field(default_factory=list)
    #: Leads that nobody in person got, by what became of them.
    aside: Counter[str] = field(default_factory=Counter)
    declined: Counter[str] = field(default_factory=Counter)
    #: Why leads changed hands.
    moved: Counter[str] = field(default_factory=Counter)
    #: By pool and member: what an absence earned, and what of it was paid out, in units.
    earned: Counter[tuple[str, str]] = field(default_factory=Counter)
    paid: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: By pool and member, the share by weight alone of every turn, in leads.
    by_weight: dict[tuple[str, str], float] = field(default_factory=dict)
    #: Turns taken, by pool.
    turns: Counter[str] = field(default_factory=Counter)
    #: Leads that came in, but of which too little is known to decide.
    unknown: int = 0

    @property
    def book(self) -> RuleBook:
        """Return the version that holds at the end."""
        return self.books[-1][1]

    def bank(self, changes: Mapping[tuple[str, str], tuple[int, int]]) -> None:
        """Note what a pick changes of what is put aside."""
        for key, (_, banked) in changes.items():
            if banked > 0:
                self.earned[key] += banked
            elif banked < 0:
                self.paid[key] -= banked

    def weigh(self, pool: str, seats: Sequence[Seat], gone: frozenset[str]) -> Mapping[str, float]:
        """Note what everybody of a pool would have of a lead by weight alone, the absent too.

        Args:
            pool: The pool.
            seats: As they stand.
            gone: Who has left.

        Returns:
            Their parts, by person.
        """
        there = [seat for seat in seats if seat.weight > 0 and seat.person not in gone]
        whole = sum(seat.weight for seat in there)
        self.turns[pool] += 1
        parts = {seat.person: seat.weight / whole for seat in there}
        for person, part in parts.items():
            self.by_weight[pool, person] = self.by_weight.get((pool, person), 0.0) + part
        return parts


def due_of(
    changes: Mapping[tuple[str, str], tuple[int, int]], pool: str, person: str
) -> dict[str, int]:
    """Return what each member of a pool is due of a lead that one of them was given, in units.

    >>> found = due_of({("p", "ann"): (-LEAD // 2, 0), ("p", "ben"): (LEAD // 2, 0)}, "p", "ann")
    >>> found == {"ann": LEAD // 2, "ben": LEAD // 2}
    True

    Args:
        changes: Of what they are owed.
        pool: The pool.
        person: Who got it.
    """
    return {
        name: change + (LEAD if name == person else 0)
        for (at, name), (change, _) in changes.items()
        if at == pool
    }
