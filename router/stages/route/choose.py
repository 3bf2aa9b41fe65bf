"""Which member of a pool gets a lead. Pure; one definition of order and ties.

Whoever something bars is left out, each with the first reason. Of the others those stay who have
the skills that the lead asks for, then those of the lowest tier, then, if the pool says so, those
with the fewest open leads for their weight. Among them the turn decides, and only they are owed a
share of this lead (:mod:`router.stages.route.rotation`): nobody pays for what they could not get.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from router.rulebook.model import AbsenceCredit, Method, Pool
from router.stages.route.bank import cancelled, earned, paid_out, weights_of
from router.stages.route.rotation import LEAD, Place, Turn, take_turn
from router.stages.route.seats import ORDER, Bar, BarKind, Considered, Seat

#: In a wave, who begins to work within so long counts as working today.
WAVE = timedelta(hours=16)
#: How a pool is called among the members of a pool of groups.
GROUP = "pool:"

#: By pool and member: what is added to credit, and to what is banked, in units.
Changes = Mapping[tuple[str, str], tuple[int, int]]
NOTHING: Changes = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Need:
    """A skill that a lead asks for."""

    skill: str
    #: When it is asked for no more; None for never.
    until: datetime | None = None


class Asked(NamedTuple):
    """What one lead asks of a pool."""

    now: datetime
    #: People who declined or missed this very lead.
    passed: Collection[str] = ()
    #: People who must not get it for another reason, such as having had it until now.
    excluded: Collection[str] = ()
    needs: tuple[Need, ...] = ()
    #: It is one of many that waited: it is shared among all who work today, and not only those
    #: who are at work first.
    wave: bool = False
    #: Nobody is on shift: it may go to somebody who is not.
    off_shift: bool = False


class Pick(NamedTuple):
    """Who gets the lead, what it changes, and what is said of everybody."""

    #: Empty when nobody can take it.
    person: str
    #: The pool that the person was chosen in: of a pool of groups, the group.
    pool: str
    why: str = ""
    changes: Changes = NOTHING
    considered: tuple[Considered, ...] = ()
    #: When somebody may be able to take it, as far as that is known.
    look_at: datetime | None = None
    #: Whether it waits only for a skill that will be asked for no more one day.
    waits_for_skill: bool = False


def choose(
    pool: Pool,
    pools: Mapping[str, Pool],
    seats: Mapping[str, tuple[Seat, ...]],
    asked: Asked,
) -> Pick:
    """Choose who of a pool gets a lead. The order of the seats does not matter.

    Args:
        pool: Who is asked.
        pools: All pools of the book, for groups.
        seats: By pool, its members as they stand; of a pool of groups, its groups.
        asked: What the lead asks for.
    """
    if not pool.groups:
        return _Look(pool, seats.get(pool.id, ()), asked).pick()
    inner = {
        GROUP + each.pool: _Look(pools[each.pool], seats.get(each.pool, ()), asked).pick()
        for each in pool.groups
    }
    able = [seat for seat in seats.get(pool.id, ()) if inner[seat.person].person]
    if not able:
        return Pick(
            "",
            pool.id,
            considered=tuple(each for pick in inner.values() for each in pick.considered),
            look_at=soonest(pick.look_at for pick in inner.values()),
            waits_for_skill=any(pick.waits_for_skill for pick in inner.values()),
        )
    first, *others = take_turn([Turn(seat.person, seat.weight, seat.credit) for seat in able])
    chosen = inner[first.name]
    return chosen._replace(
        why=f"{chosen.why}, whose turn it is in {pool.id}",
        changes={
            **{(pool.id, each.name): (each.change, 0) for each in (first, *others)},
            **chosen.changes,
        },
        considered=(
            Considered(first.name, chosen=True, why=_first(first), credit=first.owed, pool=pool.id),
            *(_later(each, pool.id) for each in others),
            *(
                Considered(name, chosen=False, why="nobody in it can take it", pool=pool.id)
                for name, pick in inner.items()
                if not pick.person
            ),
            *chosen.considered,
        ),
    )


def bar_of(seat: Seat, asked: Asked) -> Bar | None:
    """Return the first thing that keeps a member from a lead, skills aside; None for nothing.

    Args:
        seat: The member.
        asked: What the lead asks for.
    """
    stop = seat.stop
    if stop is not None and ORDER[stop.kind] < ORDER[BarKind.PASSED]:
        return stop
    if seat.person in asked.passed:
        return Bar(BarKind.PASSED, "declined or missed this lead before")
    if seat.person in asked.excluded:
        return Bar(BarKind.EXCLUDED, "has just had this lead")
    if stop is not None and stop.kind is BarKind.OFF_SHIFT and works_today(stop, asked):
        stop = seat._replace(bar=None).stop
    if stop is None and seat.weight <= 0:
        return Bar(BarKind.WEIGHT, "weight 0")
    return stop


def soonest(moments: Iterable[datetime | None]) -> datetime | None:
    """Return the first of these moments; None when there is none.

    >>> soonest([None]) is None
    True
    """
    return min((each for each in moments if each is not None), default=None)


def works_today(bar: Bar, asked: Asked) -> bool:
    """Return whether somebody who is off shift can take a lead all the same.

    Args:
        bar: Until when they are off shift.
        asked: What the lead asks for.
    """
    if asked.off_shift:
        return True
    return asked.wave and bar.until is not None and bar.until - asked.now <= WAVE


class _Look:
    """One look at the people of a pool."""

    def __init__(self, pool: Pool, seats: Sequence[Seat], asked: Asked) -> None:
        self._pool, self._seats, self._asked = pool, seats, asked
        self._bars: dict[str, Bar] = {}
        self._told: dict[str, Considered] = {}

    def pick(self) -> Pick:
        """Leave out who is barred, narrow the others, and take the turn."""
        left: list[Seat] = []
        for seat in self._seats:
            bar = bar_of(seat, self._asked)
            if bar is None:
                left.append(seat)
            else:
                self._bar(seat, bar)
        left = self._skilled(left)
        if not left:
            return self._nobody()
        left = self._lowest_tier(left)
        if self._pool.method is Method.LEAST_OPEN:
            left = self._least_open(left)
        return self._by_turns(left)

    def _skilled(self, left: list[Seat]) -> list[Seat]:
        if not self._asked.needs:
            return left
        now = self._asked.now
        needed = {
            each.skill for each in self._asked.needs if each.until is None or each.until > now
        }
        if not needed:
            return left
        for seat in left:
            if lacks := sorted(needed - seat.skills):
                self._bar(seat, Bar(BarKind.SKILL, f"lacks the skill {', '.join(lacks)}"))
        return [seat for seat in left if needed <= seat.skills]

    def _lowest_tier(self, left: list[Seat]) -> list[Seat]:
        tiers = {seat.tier for seat in left}
        if len(tiers) == 1:
            return left
        lowest = min(tiers)
        for seat in left:
            if seat.tier > lowest:
                self._tell(seat, f"tier {seat.tier}, and tier {lowest} can take it")
        return [seat for seat in left if seat.tier == lowest]

    def _least_open(self, left: list[Seat]) -> list[Seat]:
        best = min(left, key=lambda seat: (seat.open_leads / seat.weight, seat.person))
        # Crosswise, so that equals are equal whatever a division loses.
        kept = [
            seat for seat in left if seat.open_leads * best.weight <= best.open_leads * seat.weight
        ]
        for seat in left:
            if seat not in kept:
                self._tell(seat, f"has {_open(seat)}, {best.person} {_open(best)}")
        return kept

    def _by_turns(self, left: list[Seat]) -> Pick:
        pool, policy = self._pool, self._pool.absences
        banked: dict[str, int] = {}
        weights = [seat.weight for seat in left]
        if repaid := max([seat.banked for seat in left]) > 0:
            banked = {name: -units for name, units in cancelled(self._counted()).items()}
            left = [s._replace(banked=s.banked + banked.get(s.person, 0)) for s in left]
            weights = weights_of(left, policy.catch_up)
        turns = [Turn(seat.person, weights[at], seat.credit) for at, seat in enumerate(left)]
        first, *others = take_turn(turns)
        changes = {(pool.id, first.name): (first.change, 0)}
        self._told[first.name] = Considered(
            first.name, chosen=True, why=_first(first), credit=first.owed, pool=pool.id
        )
        for each in others:
            changes[pool.id, each.name] = (each.change, 0)
            self._told[each.name] = _later(each, pool.id)
        moves = [banked, paid_out(left, weights)] if repaid else []
        if self._bars and policy.credit is not AbsenceCredit.NONE:
            moves.append(earned(left, self._absent(), policy))
        for name in sorted(set().union(*moves)):
            bank = sum(move.get(name, 0) for move in moves)
            changes[pool.id, name] = (changes.get((pool.id, name), (0, 0))[0], bank)
        return Pick(
            first.name,
            pool.id,
            why=f"next in pool {pool.id}",
            changes=changes,
            considered=self._everybody(),
        )

    def _counted(self) -> list[Seat]:
        """Return the members who have not left."""
        gone = {name for name, bar in self._bars.items() if bar.kind is BarKind.LEFT}
        return [seat for seat in self._seats if seat.person not in gone]

    def _absent(self) -> list[Seat]:
        """Return those whom nothing but an absence keeps from the lead."""
        barred = ((seat, self._bars.get(seat.person)) for seat in self._seats)
        return [seat for seat, bar in barred if bar is not None and bar.kind is BarKind.AWAY]

    def _nobody(self) -> Pick:
        now = self._asked.now
        lacking = any(bar.kind is BarKind.SKILL for bar in self._bars.values())
        drops = [need.until for need in self._asked.needs if lacking and need.until is not None]
        moments = (*drops, *(bar.until for bar in self._bars.values()))
        return Pick(
            "",
            self._pool.id,
            considered=self._everybody(),
            look_at=soonest(each for each in moments if each is not None and each > now),
            waits_for_skill=any(each > now for each in drops),
        )

    def _bar(self, seat: Seat, bar: Bar) -> None:
        self._bars[seat.person] = bar
        self._told[seat.person] = Considered(
            seat.person,
            chosen=False,
            why=bar.why,
            credit=seat.credit,
            bar=bar.kind.value,
            pool=self._pool.id,
        )

    def _tell(self, seat: Seat, why: str) -> None:
        self._told[seat.person] = Considered(
            seat.person, chosen=False, why=why, credit=seat.credit, pool=self._pool.id
        )

    def _everybody(self) -> tuple[Considered, ...]:
        return tuple([self._told[seat.person] for seat in self._seats])


def _first(place: Place) -> str:
    return f"it is their turn, with {place.owed / LEAD:.2f} owed"


def _later(place: Place, pool: str) -> Considered:
    owed = f"{place.owed / LEAD:.2f} owed"
    why = f"{owed}; lost the tie" if not place.later else f"{owed}; turn {place.later:.2f} later"
    return Considered(place.name, chosen=False, why=why, credit=place.owed, pool=pool)


def _open(seat: Seat) -> str:
    return f"{seat.open_leads} open for weight {seat.weight / 100:g}"
