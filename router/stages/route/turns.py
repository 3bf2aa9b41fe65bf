"""The pools as they stand while a batch picks from them: each pick sees those before it. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from router.lead.ids import LeadId
from router.rulebook import periods
from router.rulebook.model import (
    Caps,
    Member,
    Method,
    Period,
    PersonCard,
    Pool,
    Ramp,
    RuleBook,
)
from router.rulebook.worktime import work_time
from router.stages.route.choose import GROUP, Changes
from router.stages.route.seats import Away, Bar, BarKind, Limit, Owed, Seat, first_full

#: Why a person of the lead's own version cannot own it: the active version has no such person.
LEFT = "left the roster"
_GONE = Bar(BarKind.LEFT, LEFT)
_WEEK = timedelta(weeks=1)
_HOUR = timedelta(hours=1)
_NOTHING = Owed()
_PERIODS = tuple(Period)

#: In counts: all pools together, and leads given without one.
ALL = "*"


@dataclass(slots=True)
class Turns:
    """Everything that picks are made from, at one moment."""

    now: datetime
    #: By pool and member, what the ledger says.
    owed: dict[tuple[str, str], Owed] = field(default_factory=dict)
    #: Leads given, or open, by person, period and pool; :data:`ALL` counts those of all pools.
    used: Counter[tuple[str, Period, str]] = field(default_factory=Counter)
    away: Mapping[str, Away] = field(default_factory=dict)
    #: Who is off in one pool, by pool and person.
    off: Mapping[tuple[str, str], Bar] = field(default_factory=dict)
    #: Who owned an earlier lead of the same contact, by lead: person and moment of that lead.
    last_owner: Mapping[LeadId, tuple[str, datetime]] = field(default_factory=dict)
    #: Leads that go behind those which wait in their pool and may find somebody just now.
    queued: frozenset[LeadId] = frozenset()
    #: Leads that waited for somebody, so many that everybody who works today shares them.
    wave: frozenset[LeadId] = frozenset()
    #: When the next allowance begins or ends; None when none does.
    changes_at: datetime | None = None
    #: By version and pool. Of the first, what no pick changes, with nothing owed and used.
    _vacant: dict[tuple[str, str], tuple[Seat, ...]] = field(default_factory=dict)
    _seats: dict[tuple[str, str], tuple[Seat, ...]] = field(default_factory=dict)
    #: Those with somebody whose caps count over all pools.
    _bound: set[tuple[str, str]] = field(default_factory=set)

    def seats(self, book: RuleBook, pool: Pool) -> tuple[Seat, ...]:
        """Return a pool's members as they stand now; of a pool of groups, its groups.

        Args:
            book: The lead's version, with the people of today.
            pool: One of its pools.
        """
        key = book.digest, pool.id
        found = self._seats.get(key)
        if found is None:
            vacant = self._vacant.get(key)
            if vacant is None:
                vacant = self._vacant[key] = tuple(_groups(pool) or self._members(book, pool))
            found = self._seats[key] = tuple([self._taken(seat, pool) for seat in vacant])
        return found

    def count_open(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Take over how many leads people have open, by person and pool."""
        for (person, pool), count in counts.items():
            self.used[person, Period.OPEN, pool] += count
            self.used[person, Period.OPEN, ALL] += count

    def count_given(self, counts: Mapping[tuple[str, Period, str], int]) -> None:
        """Take over how many leads people were given, by person, period and pool."""
        for (person, period, pool), count in counts.items():
            self.used[person, period, pool] += count
            self.used[person, period, ALL] += count

    def bar(self, book: RuleBook, person: str, *, on_shift: bool = False) -> Bar | None:
        """Return what keeps a person from every lead now, caps over all pools included.

        Args:
            book: With the people of today.
            person: Anybody.
            on_shift: Whether being off shift keeps them from it.
        """
        card = book.people.get(person)
        if card is None or card.left:
            return _GONE
        if person in self.away:
            return self.away[person].bar
        if on_shift and (off := self._off_shift(book, card)):
            return off
        return first_full(self.limits(book, card))

    def limits(self, book: RuleBook, card: PersonCard) -> tuple[Limit, ...]:
        """Return a person's caps over all pools, and how much of them is used now.

        Args:
            book: With the people of today.
            card: One of them.
        """
        return self._counted(card.id, self._limits(book, card, card.caps))

    def stop(self, book: RuleBook, pool: Pool, person: str, *, at_work: bool = False) -> Bar | None:
        """Return what keeps a person from the leads of a pool; None for who is no member of it.

        Args:
            book: With the people of today.
            pool: One of its pools.
            person: Anybody.
            at_work: Whether they are at work, whatever their hours say.
        """
        for seat in self.seats(book, pool):
            if seat.person == person:
                off_shift = seat.bar is not None and seat.bar.kind is BarKind.OFF_SHIFT
                return (seat._replace(bar=None) if at_work and off_shift else seat).stop
        return None

    def without(self, people: Iterable[str]) -> "Turns":
        """Return the same turns while some people must not get a lead; both see later picks.

        Args:
            people: Who must not, such as who has just had it.
        """
        bar = Away(Bar(BarKind.EXCLUDED, "has just had this lead"))
        away = {**self.away, **dict.fromkeys(people, bar)}
        return replace(self, away=away, _vacant={}, _seats={}, _bound=set())

    def take(
        self, pool: str, person: str, changes: Changes, *, busy_until: datetime | None = None
    ) -> None:
        """Let later picks see that somebody got a lead.

        Args:
            pool: The pool it was given in; empty for none.
            person: Who got it.
            changes: Of what members are owed.
            busy_until: Until when they are kept busy by it; None where no pace is kept.
        """
        touched, owed, used = {pool}, self.owed, self.used
        for key, (credit, banked) in changes.items():
            before = owed.get(key, _NOTHING)
            owed[key] = Owed(before.credit + credit, before.banked + banked, before.busy_until)
            touched.add(key[0])
        if busy_until is not None:
            before = owed.get((pool, person), _NOTHING)
            owed[pool, person] = Owed(before.credit, before.banked, busy_until)
        for period in _PERIODS:
            for where in (pool, ALL):
                key_used = person, period, where
                used[key_used] = used.get(key_used, 0) + 1
        for seated in [key for key in self._seats if key[1] in touched or key in self._bound]:
            del self._seats[seated]

    def answer_from(self, pool: Pool, person: str) -> datetime | None:
        """Return when a person gets round to one more lead, at the pool's pace.

        Args:
            pool: The pool that gives the lead.
            person: Who gets it.

        Returns:
            None where no pace is kept, or while nothing is before it.
        """
        if not pool.pace:
            return None
        until = self.owed.get((pool.id, person), _NOTHING).busy_until
        return until if until is not None and until > self.now else None

    def busy_until(self, book: RuleBook, pool: Pool, person: str) -> datetime | None:
        """Return until when one more lead keeps a person busy; None where no pace is kept."""
        if not pool.pace:
            return None
        hours = work_time(book.calendars[book.people[person].calendar])
        start = self.answer_from(pool, person) or self.now
        return hours.add(start, _HOUR / pool.pace)

    def _taken(self, seat: Seat, pool: Pool) -> Seat:
        """Return a seat with what is owed and used just now."""
        person, weight, _, bar, tier, _, limits, _, skills, _ = seat
        credit, banked, busy_until = self.owed.get((pool.id, person), _NOTHING)
        if limits:
            limits = self._counted(person, limits)
        open_leads = 0
        if pool.method is Method.LEAST_OPEN:
            open_leads = self.used[person, Period.OPEN, pool.id]
        return Seat(
            person, weight, credit, bar, tier, banked, limits, open_leads, skills, busy_until
        )

    def _members(self, book: RuleBook, pool: Pool) -> list[Seat]:
        return [self._member(book, pool, member) for member in pool.members]

    def _member(self, book: RuleBook, pool: Pool, member: Member) -> Seat:
        person = member.person
        card = book.people.get(person)
        if card is None or card.left:
            return Seat(person, member.weight * 100, 0, _GONE)
        away = self.away.get(person)
        bar = away.bar if away is not None else self.off.get((pool.id, person))
        if bar is None and pool.require == "on_shift":
            bar = self._off_shift(book, card)
        if card.caps:
            self._bound.add((book.digest, pool.id))
        limits = (
            *self._limits(book, card, card.caps),
            *self._limits(book, card, member.caps, pool.id),
        )
        weight = _weight(member, self.now, book.calendars[card.calendar].zone)
        return Seat(person, weight, 0, bar, member.tier, limits=limits, skills=card.skills)

    def _off_shift(self, book: RuleBook, card: PersonCard) -> Bar | None:
        opens = work_time(book.calendars[card.calendar]).next_opening(self.now)
        if opens == self.now:
            return None
        zone = ZoneInfo(book.calendars[card.calendar].zone)
        return Bar(BarKind.OFF_SHIFT, f"off shift until {opens.astimezone(zone):%a %H:%M}", opens)

    def _counted(self, person: str, limits: Iterable[Limit]) -> tuple[Limit, ...]:
        used = self.used
        return tuple(
            [
                each._replace(used=used.get((person, each.period, each.pool or ALL), 0))
                for each in limits
            ]
        )

    def _limits(
        self, book: RuleBook, card: PersonCard, caps: Caps, pool: str = ""
    ) -> tuple[Limit, ...]:
        """Return a person's caps, in one pool or over all of them, with nothing used."""
        if not caps:
            return ()
        zone = ZoneInfo(book.calendars[card.calendar].zone)
        return tuple(
            [
                Limit(
                    period,
                    caps[period],
                    0,
                    pool,
                    None if period is Period.OPEN else periods.ends(period, self.now, zone),
                )
                for period in _PERIODS
                if period in caps
            ]
        )


def _groups(pool: Pool) -> list[Seat]:
    return [Seat(GROUP + each.pool, each.weight * 100, 0) for each in pool.groups]


def _weight(member: Member, now: datetime, zone: str) -> int:
    """Return a member's weight in hundredths, on its way up while a ramp lasts."""
    if member.ramp is None:
        return member.weight * 100
    return member.weight * ramped(member.ramp, now, ZoneInfo(zone))


def ramped(ramp: Ramp, now: datetime, zone: ZoneInfo) -> int:
    """Return how many per cent of their weight a joiner has; it rises each week.

    >>> from datetime import UTC, date
    >>> ramp = Ramp(date(2026, 3, 2), weeks=4, percent=20)
    >>> [ramped(ramp, datetime(2026, 3, day, 12, tzinfo=UTC), ZoneInfo("UTC")) for day in
    ...  (1, 2, 9, 16, 23, 30)]
    [20, 20, 40, 60, 80, 100]

    Args:
        ramp: From when on, for how many weeks, and how much in the first of them.
        now: The moment, aware.
        zone: Where the person is.
    """
    weeks = (now.astimezone(zone).date() - ramp.start) // _WEEK
    done = min(max(weeks, 0), ramp.weeks)
    return ramp.percent + (100 - ramp.percent) * done // ramp.weeks
