"""What came of a simulation: shares, droughts, waits and kept promises, in numbers. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from router.lead.decision import ClockKind
from router.road.simulate.desk import Desk
from router.road.simulate.seen import Answer, Kept, Pick, Seen
from router.rulebook.worktime import work_time
from router.stages.route.owner import COVERED, FIRST, NO_POOL, OFF_SHIFT, OVERFLOWED
from router.stages.route.rotation import LEAD

_HOUR = timedelta(hours=1)
_NOTHING = timedelta(0)
_HALF, _MOST = 0.5, 0.9


@dataclass(frozen=True, slots=True)
class Waits:
    """How long leads waited until they were accepted, in seconds; None where none was."""

    leads: int
    median_s: float | None
    p90_s: float | None
    #: In working time of who accepted.
    worked_median_s: float | None
    worked_p90_s: float | None


@dataclass(frozen=True, slots=True)
class Promised:
    """Promises whose time has come."""

    kept: int
    broken: int

    @property
    def share(self) -> float | None:
        """Return the share (0..1) that was kept; None when there was none."""
        whole = self.kept + self.broken
        return self.kept / whole if whole else None


@dataclass(frozen=True, slots=True)
class Member:
    """What a person had of a pool; or, without a pool, of leads that were given to them by name."""

    pool: str
    person: str
    leads: int
    #: Share (0..1) of the pool's leads, and what it would be by weight alone, the absent too.
    share: float
    by_weight: float
    #: Leads that were due to them: their share of every lead that they could have got.
    due: float
    #: The furthest that they ever were from their due, in leads.
    worst: float
    #: The longest time without a lead, in hours of their own working time, absences left out; and
    #: how many leads the pool gave to others meanwhile.
    drought_h: float
    drought_leads: int
    waits: Waits
    acceptance: Promised
    first_touch: Promised
    #: Hours of their working time in which a cap was full, and in which they were away.
    capped_h: float
    away_h: float
    #: Leads that absences earned them, and how many of these were paid out.
    earned: float
    paid: float


@dataclass(frozen=True, slots=True)
class InPool:
    """What became of a pool's leads."""

    pool: str
    leads: int
    #: Leads that waited for somebody, the longest wait in hours, and how many waited to the end.
    held: int
    held_longest_h: float
    held_still: int
    #: Leads meant for this pool that the fallback owner, or another pool, got.
    fallback: int
    overflow: int
    #: Leads given to somebody off shift, to somebody who comes first, and to a cover.
    off_shift: int
    first: int
    covered: int
    waits: Waits
    acceptance: Promised
    first_touch: Promised
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """All of it."""

    leads: int
    #: How often somebody was given a lead, also one that another had before.
    given: int
    #: Leads that nobody in person got, by where they went; and those too little is known of.
    aside: Mapping[str, int]
    unknown: int
    declined: int
    #: How often a lead changed hands, by why.
    moved: Mapping[str, int]
    held: int
    fallback: int
    waits: Waits
    acceptance: Promised
    first_touch: Promised
    pools: tuple[InPool, ...]


def measure(seen: Seen) -> Measured:
    """Measure a simulation.

    Args:
        seen: All that happened.
    """
    pools, own = _pools(seen), _desks(seen)
    return Measured(
        leads=seen.leads,
        given=len(seen.picks),
        aside=dict(sorted(seen.aside.items())),
        unknown=seen.unknown,
        declined=sum(seen.declined.values()),
        moved=dict(sorted(seen.moved.items())),
        held=len({each.lead for each in seen.waits}),
        fallback=sum(1 for each in seen.picks if each.code == NO_POOL),
        waits=_waits(seen.answers),
        acceptance=_promised(seen.kept, ClockKind.ACCEPTANCE),
        first_touch=_promised(seen.kept, ClockKind.FIRST_TOUCH),
        pools=tuple(_Pool(seen, pool, own).measured() for pool in pools),
    )


def _desks(seen: Seen) -> dict[str, Desk]:
    """Return everybody's hours and absences."""
    book = seen.book
    return {
        person: Desk(
            work_time(book.calendars[card.calendar]),
            [each for each in seen.absences if each.person == person],
        )
        for person, card in book.people.items()
    }


def _pools(seen: Seen) -> list[str]:
    """Return the pools that had leads, by name; last those that were given without one."""
    found = {each.pool for each in seen.picks} | {each.pool for each in seen.waits}
    found |= {each.asked for each in seen.picks if each.code == NO_POOL}
    return sorted(found, key=lambda name: (not name, name))


class _Pool:
    """One pool of a simulation; the empty name is that of leads that were given without one."""

    def __init__(self, seen: Seen, pool: str, own: Mapping[str, Desk]) -> None:
        self._seen, self._pool = seen, pool
        self._picks = [each for each in seen.picks if each.pool == pool]
        self._answers = [each for each in seen.answers if each.pool == pool]
        self._kept = [each for each in seen.kept if each.pool == pool]
        self._desks = own
        self._worst, self._due = _credits(self._picks)

    def measured(self) -> InPool:
        """Measure it."""
        codes = Counter(each.code for each in self._picks)
        asked = Counter(each.code for each in self._seen.picks if each.asked == self._pool)
        waits = [each for each in self._seen.waits if each.pool == self._pool]
        end = self._seen.end
        return InPool(
            pool=self._pool,
            leads=len(self._picks),
            held=len({each.lead for each in waits}),
            held_longest_h=max(
                (_hours((each.until or end) - each.since) for each in waits), default=0.0
            ),
            held_still=sum(1 for each in waits if each.until is None),
            fallback=asked[NO_POOL] if self._pool else 0,
            overflow=asked[OVERFLOWED] if self._pool else 0,
            off_shift=codes[OFF_SHIFT],
            first=codes[FIRST],
            covered=codes[COVERED],
            waits=_waits(self._answers),
            acceptance=_promised(self._kept, ClockKind.ACCEPTANCE),
            first_touch=_promised(self._kept, ClockKind.FIRST_TOUCH),
            members=tuple(self._member(person) for person in self._people()),
        )

    def _people(self) -> list[str]:
        """Return who was a member at any time, and who got a lead; the weightiest first."""
        members = {
            each.person
            for _, book in self._seen.books
            if self._pool in book.pools
            for each in book.pools[self._pool].members
            if each.person in book.people
        }
        found = members | {each.person for each in self._picks}
        return sorted(found, key=lambda name: (-self._weight(name), name))

    def _weight(self, person: str) -> float:
        turns = self._seen.turns[self._pool]
        return self._seen.by_weight.get((self._pool, person), 0.0) / turns if turns else 0.0

    def _member(self, person: str) -> Member:
        seen, key = self._seen, (self._pool, person)
        mine = [each for each in self._picks if each.person == person]
        drought_h, drought_leads = self._drought(person, mine)
        desk = self._desks.get(person)
        kept = [each for each in self._kept if each.person == person]
        full = [each for each in seen.full if (each.pool, each.person) == key]
        return Member(
            pool=self._pool,
            person=person,
            leads=len(mine),
            share=len(mine) / len(self._picks) if self._picks else 0.0,
            by_weight=self._weight(person),
            due=self._due.get(person, 0) / LEAD,
            worst=self._worst.get(person, 0) / LEAD,
            drought_h=drought_h,
            drought_leads=drought_leads,
            waits=_waits([each for each in self._answers if each.person == person]),
            acceptance=_promised(kept, ClockKind.ACCEPTANCE),
            first_touch=_promised(kept, ClockKind.FIRST_TOUCH),
            capped_h=sum(
                _hours(desk.hours.between(each.since, min(each.until, seen.end)))
                for each in full
                if desk is not None and each.since < seen.end
            ),
            away_h=_hours(desk.away(seen.start, seen.end)) if desk is not None else 0.0,
            earned=seen.earned[key] / LEAD,
            paid=seen.paid[key] / LEAD,
        )

    def _drought(self, person: str, mine: Sequence[Pick]) -> tuple[float, int]:
        """Return the longest time without a lead, and what the pool gave to others meanwhile."""
        desk, (begin, end) = self._desks.get(person), self._there(person)
        if desk is None or not self._pool or begin >= end:
            return 0.0, 0
        moments = [begin, *(each.at for each in mine if begin <= each.at <= end), end]
        longest, span = _NOTHING, (begin, begin)
        for since, until in pairwise(moments):
            idle = desk.hours.between(since, until) - desk.away(since, until)
            if idle > longest:
                longest, span = idle, (since, until)
        others = sum(1 for each in self._picks if span[0] < each.at < span[1])
        return _hours(longest), others

    def _there(self, person: str) -> tuple[datetime, datetime]:
        """Return from when to when somebody was a member."""
        seen = self._seen
        there = [
            (at, any(each.person == person for each in book.pools[self._pool].members)
             and not book.people[person].left)
            for at, book in seen.books
            if self._pool in book.pools and person in book.people
        ]  # fmt: skip
        begin = next((at for at, is_there in there if is_there), seen.end)
        end = next((at for at, is_there in there if at > begin and not is_there), seen.end)
        return begin, end


def _credits(picks: Iterable[Pick]) -> tuple[dict[str, int], dict[str, int]]:
    """Return how far everybody ever was from their due, and their due, in units."""
    owed: Counter[str] = Counter()
    due: Counter[str] = Counter()
    worst: dict[str, int] = {}
    for pick in picks:
        for name, part in pick.due.items():
            due[name] += part
            owed[name] += part - (LEAD if name == pick.person else 0)
            worst[name] = max(worst.get(name, 0), abs(owed[name]))
    return worst, due


def _waits(answers: Sequence[Answer]) -> Waits:
    wall = sorted(each.waited.total_seconds() for each in answers)
    worked = sorted(each.worked.total_seconds() for each in answers)
    return Waits(
        len(wall), _at(wall, _HALF), _at(wall, _MOST), _at(worked, _HALF), _at(worked, _MOST)
    )


def _at(ordered: Sequence[float], share: float) -> float | None:
    """Return the value that so much of them does not exceed; None for no values.

    >>> _at([1.0, 2.0, 3.0, 4.0], 0.5), _at([], 0.9) is None
    (2.0, True)
    """
    if not ordered:
        return None
    return ordered[max(-(-len(ordered) * round(share * 100) // 100) - 1, 0)]


def _promised(kept: Iterable[Kept], clock: ClockKind) -> Promised:
    found = Counter(each.in_time for each in kept if each.clock is clock)
    return Promised(found[True], found[False])


def _hours(span: timedelta) -> float:
    return span / _HOUR
