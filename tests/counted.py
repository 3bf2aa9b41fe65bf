"""Pools and all that happens to them, counted afresh from what was given.

What the code keeps step by step is compared with this.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo

from router.rulebook.allowance import Allowance, allowed
from router.rulebook.model import (
    Calendar,
    Member,
    Method,
    Period,
    PersonCard,
    Pool,
    RuleBook,
    Taxonomy,
)
from router.stages.route.choose import Asked, Changes
from router.stages.route.seats import Away, Bar, BarKind, Owed
from router.stages.route.turns import Turns

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
AWAY = Away(Bar(BarKind.AWAY, "away until further notice"))
_OFF = Bar(BarKind.OFF, "off until further notice")
#: Two places whose days begin at different moments.
_ZONES = {"london": "Europe/London", "sydney": "Australia/Sydney"}


def a_book(pools: Mapping[str, Pool], people: Mapping[str, PersonCard]) -> RuleBook:
    """Return a book with these pools and people, and nothing else that matters here."""
    return RuleBook(
        digest="b00c",
        name="test",
        fallback_owner="p0",
        default_sla="standard",
        rules={},
        lists={},
        people=people,
        pools=pools,
        queues={},
        sequences={},
        calendars={name: Calendar(name, zone, "24/7") for name, zone in _ZONES.items()},
        slas={},
        taxonomy=Taxonomy((), {}, {}, {}, 0.8, 0.1, "p0", timedelta(hours=4)),
        standards={},
        sources={},
    )


@dataclass(slots=True)
class Given:
    """A lead that somebody got."""

    person: str
    pool: str
    at: datetime
    changes: Changes
    open: bool = True
    #: False once the pick was taken back.
    counts: bool = True


@dataclass(slots=True)
class Office:
    """Who is where, and who was given what."""

    #: As it was read, without allowances.
    plain: RuleBook
    now: datetime = MONDAY
    away: set[str] = field(default_factory=set)
    #: Pairs of pool and person.
    off: set[tuple[str, str]] = field(default_factory=set)
    #: Weights by allowance, by pool and person.
    spoken: dict[tuple[str, str], int] = field(default_factory=dict)
    given: list[Given] = field(default_factory=list)

    @property
    def book(self) -> RuleBook:
        """The book with the allowances of today."""
        return allowed(
            self.plain,
            [
                Allowance(UUID(int=at), person, pool, self.now, self.now, weight=weight)
                for at, ((pool, person), weight) in enumerate(self.spoken.items())
            ],
        )

    def read(self) -> Turns:
        """Return what a new batch would read: the sum of the ledger, and counts of leads."""
        credit: Counter[tuple[str, str]] = Counter()
        banked: Counter[tuple[str, str]] = Counter()
        for each in self.given:
            for key, (one, other) in each.changes.items() if each.counts else ():
                credit[key] += one
                banked[key] += other
        owed = {key: Owed(credit[key], banked[key]) for key in credit}
        off = dict.fromkeys(self.off, _OFF)
        turns = Turns(self.now, owed, away=dict.fromkeys(self.away, AWAY), off=off)
        got = self.got()
        spans = [period for period in Period if period is not Period.OPEN]
        pairs = {(each.person, each.pool) for each in self.given}
        turns.count_open({pair: got[pair[0], Period.OPEN, pair[1]] for pair in pairs})
        turns.count_given(
            {
                (pair[0], each, pair[1]): got[pair[0], each, pair[1]]
                for pair in pairs
                for each in spans
            }
        )
        return turns

    def got(self) -> Counter[tuple[str, Period, str]]:
        """Count leads that are open or of this period on somebody's wall, by person and pool.

        The pool is empty for all of them.
        """
        found: Counter[tuple[str, Period, str]] = Counter()
        for each in self.given:
            person, zone = each.person, _ZONES[self.plain.people[each.person].calendar]
            for period in Period if each.counts else ():
                if period is Period.OPEN:
                    counts = each.open
                else:
                    counts = _period(period, each.at, zone) == _period(period, self.now, zone)
                if counts:
                    found[person, period, each.pool] += 1
                    found[person, period, ""] += 1
        return found

    def able(self, name: str, asked: Asked, turns: Turns) -> dict[str, int]:
        """Return who may take turns for a lead of a pool, and with which weight.

        Of ``turns`` only the banks are read.
        """
        pool, found = self.plain.pools[name], dict[str, tuple[int, int, Fraction]]()
        got = self.got()
        for member in pool.members:
            person = member.person
            weight = self.weight(name, member)
            full = any(
                got[person, period, of] >= most
                for of, caps in (("", self.plain.people[person].caps), (name, member.caps))
                for period, most in caps.items()
            )
            skills = self.plain.people[person].skills
            barred = (
                full
                or person in self.away
                or (name, person) in self.off
                or person in {*asked.passed, *asked.excluded}
                or not {need.skill for need in asked.needs} <= skills
            )
            if weight and not barred:
                load = Fraction(got[person, Period.OPEN, name], weight)
                found[person] = (member.tier, weight, load)
        found = {k: v for k, v in found.items() if v[0] == min(each[0] for each in found.values())}
        if pool.method is Method.LEAST_OPEN and found:
            least = min(load for _, _, load in found.values())
            found = {k: v for k, v in found.items() if v[2] == least}
        speed = pool.absences.catch_up
        banked = {person: turns.owed.get((name, person), Owed()).banked for person in found}
        return {k: v[1] * (speed if banked[k] > 0 else 1) for k, v in found.items()}

    def weight(self, pool: str, member: Member) -> int:
        """Return what a member counts for now, in hundredths."""
        said = self.spoken.get((pool, member.person))
        if said is not None or member.ramp is None:
            return (member.weight if said is None else said) * 100
        zone = ZoneInfo(_ZONES[self.plain.people[member.person].calendar])
        weeks = (self.now.astimezone(zone).date() - member.ramp.start).days // 7
        done = min(max(weeks, 0), member.ramp.weeks)
        rise = (100 - member.ramp.percent) * done // member.ramp.weeks
        return member.weight * (member.ramp.percent + rise)


@cache
def _period(period: Period, at: datetime, zone: str) -> tuple[int, ...]:
    day = at.astimezone(ZoneInfo(zone)).date()
    if period is Period.WEEK:
        return day.isocalendar()[:2]
    return (day.year, day.month, day.day if period is Period.DAY else 0)
