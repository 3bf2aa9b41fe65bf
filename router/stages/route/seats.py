"""Who is in a pool at the moment of a pick, what bars each of them, and what is said of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from router.rulebook.model import Period


class BarKind(StrEnum):
    """Why somebody cannot take a lead; of several reasons the first of this list is told."""

    LEFT = "left"
    PASSED = "passed"
    EXCLUDED = "excluded"
    OFF = "off"
    AWAY = "away"
    OFF_SHIFT = "off_shift"
    CAP = "cap"
    WEIGHT = "weight"
    SKILL = "skill"


#: The bars in their order.
ORDER = {kind: number for number, kind in enumerate(BarKind)}


@dataclass(frozen=True, slots=True)
class Bar:
    """What keeps somebody from a lead."""

    kind: BarKind
    #: For people, such as ``away until 2026-01-05 09:00``.
    why: str
    #: When it ends by itself; None when only somebody's word or deed can end it.
    until: datetime | None = None


class Limit(NamedTuple):
    """A cap, and how much of it is used."""

    period: Period
    most: int
    used: int
    #: The pool that it counts in; empty for all pools together.
    pool: str = ""
    #: When its period ends; None for open leads.
    ends: datetime | None = None

    @property
    def bar(self) -> Bar | None:
        """Return what it bars, once it is full."""
        if self.used < self.most:
            return None
        what = "open" if self.period is Period.OPEN else f"this {self.period}"
        where = f" in {self.pool}" if self.pool else ""
        return Bar(BarKind.CAP, f"cap {self.used}/{self.most} {what}{where}", self.ends)


class Seat(NamedTuple):
    """A member of a pool as it stands at the moment of a pick."""

    person: str
    #: In hundredths, after ramp and allowances.
    weight: int
    #: What it is owed, in units (:data:`router.stages.route.rotation.LEAD`).
    credit: int
    #: What bars it from every lead now; the first reason alone.
    bar: Bar | None = None
    tier: int = 1
    #: Credit of an absence that is still to be paid out, in units.
    banked: int = 0
    limits: tuple[Limit, ...] = ()
    #: Open leads of this pool, where the pool asks for them.
    open_leads: int = 0
    skills: frozenset[str] = frozenset()
    #: Until when what it was given before keeps it busy, at the pool's pace.
    busy_until: datetime | None = None

    @property
    def stop(self) -> Bar | None:
        """Return the first thing that bars it, caps included."""
        if self.bar is not None and ORDER[self.bar.kind] < ORDER[BarKind.CAP]:
            return self.bar
        return first_full(self.limits) or self.bar


def first_full(limits: Iterable[Limit]) -> Bar | None:
    """Return the bar of the first cap that is full; None while there is room in all of them."""
    for limit in limits:
        if limit.used >= limit.most:
            return limit.bar
    return None


class Considered(NamedTuple):
    """Somebody who was looked at, and the first reason for choosing them or passing them over."""

    person: str
    chosen: bool
    why: str
    #: What they were owed when they were looked at, in units.
    credit: int = 0
    #: Code of what barred them; empty for who lost the turn or got it.
    bar: str = ""
    #: The pool they were looked at in; empty for who was named.
    pool: str = ""


class Owed(NamedTuple):
    """What stands of a member in the ledger of its pool, in units."""

    credit: int = 0
    #: Credit of an absence that is still to be paid out.
    banked: int = 0
    busy_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Away:
    """Why somebody takes no leads now, and who takes their place."""

    bar: Bar
    #: Empty when the book says who.
    cover: str = ""
