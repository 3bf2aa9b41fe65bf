"""Leads that wait in their pools in a simulation, and when somebody looks at them. Pure."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from router.lead.facts import facts_of
from router.lead.model import AccountMatch
from router.road.simulate.agenda import Agenda, Order
from router.road.simulate.case import Case
from router.rulebook.model import Pool
from router.stages.route.reach import needs_of

#: What must be the same of two leads for whoever can take one to be able to take the other: the
#: skills that are asked for, who passed it up, whose account it is, and who wrote.
Wish = tuple[frozenset[str], tuple[str, ...], AccountMatch | None, str, str]


def wish_of(case: Case, pool: Pool, now: datetime) -> Wish:
    """Return whom a lead that waits is waiting for.

    Args:
        case: The lead.
        pool: Where it waits.
        now: The moment; some skills are asked for no more after a while.
    """
    needs = needs_of(pool, case.lead, facts_of(case.lead)) if pool.skills else ()
    skills = frozenset(each.skill for each in needs if each.until is None or each.until > now)
    return skills, case.lead.passed, case.lead.account, case.contact, case.book.digest


class Held:
    """What waits, by pool."""

    def __init__(self, agenda: Agenda, on_look: Callable[[str], None]) -> None:
        """Begin with nothing.

        Args:
            agenda: Where looks are noted.
            on_look: Called with a pool when somebody may be able to take what waits in it.
        """
        self._agenda, self._on_look = agenda, on_look
        self._cases: dict[str, dict[int, Case]] = {}
        self._looks: set[tuple[str, datetime]] = set()

    def add(self, pool: str, case: Case, now: datetime) -> None:
        """Let a lead wait; one that waited already goes on waiting."""
        case.waits_since = case.waits_since or now
        self._cases.setdefault(pool, {})[case.number] = case

    def remove(self, case: Case) -> str:
        """Let a lead wait no more; return the pool that it waited in, empty for none."""
        for pool, cases in self._cases.items():
            if cases.pop(case.number, None) is not None:
                return pool
        return ""

    def waiting(self, pool: str) -> list[Case]:
        """Return what waits in a pool: high priority first, then what came first."""
        return sorted(
            self._cases.get(pool, {}).values(),
            key=lambda case: (case.lead.priority != "high", case.lead.received_at, case.number),
        )

    def left(self) -> Iterator[tuple[str, Case]]:
        """Yield all that waits, and where."""
        for pool, cases in sorted(self._cases.items()):
            for case in cases.values():
                yield pool, case

    def look(self, pool: str, at: datetime | None, now: datetime) -> None:
        """Look at a pool at a moment, once everything else of that moment has happened."""
        if at is not None and (pool, at) not in self._looks:
            self._looks.add((pool, at))
            self._agenda.add(max(at, now), Order.LOOKS, partial(self._on_look, pool))

    def look_everywhere(self, now: datetime) -> None:
        """Look at every pool in which something waits: somebody may be able to take it."""
        for pool, cases in self._cases.items():
            if cases:
                self.look(pool, now, now)
