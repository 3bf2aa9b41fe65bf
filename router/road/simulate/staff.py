"""Everybody who can get a lead: who is away, what they are owed, and whose caps are full. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from router.lead.ids import LeadId
from router.lead.model import Owner
from router.road.simulate.desk import Desk
from router.road.simulate.seen import Full, Seen
from router.road.simulate.world import Absence, Timeline
from router.rulebook.model import Period, RuleBook
from router.rulebook.roster import live, with_pools
from router.rulebook.roster import person as card_of
from router.rulebook.worktime import work_time
from router.stages.route.decide import Choice
from router.stages.route.seats import Away, Bar, BarKind, Owed, first_full
from router.stages.route.turns import ALL, Turns


class Staff:
    """The people of a simulation, at a moment that goes on."""

    def __init__(self, books: Timeline, absences: Sequence[Absence], seen: Seen) -> None:
        """Begin with nobody owed anything, and nobody busy.

        Args:
            books: Versions, and from when on each holds.
            absences: Who is away, and when.
            seen: Where full caps are written down.
        """
        self.book = books[0][1]
        self._absences = absences
        self._seen = seen
        self._owed: dict[tuple[str, str], Owed] = {}
        self._used: Counter[tuple[str, Period, str]] = Counter()
        self._away: dict[str, Away] = {}
        self._desks: dict[str, Desk] = {}
        self._todays: dict[tuple[str, str, bool], RuleBook] = {}
        self._full: dict[tuple[str, str], datetime] = {}
        self._pools = ("", ALL, *sorted({name for _, book in books for name in book.pools}))
        self._capped = _capped(self.book)
        self.zones: dict[str, list[str]] = {}
        for person, zone in sorted(_zones(books)):
            self.zones.setdefault(zone, []).append(person)

    def turns(
        self,
        now: datetime,
        wave: frozenset[LeadId] = frozenset(),
        last_owner: Mapping[LeadId, tuple[str, datetime]] | None = None,
    ) -> Turns:
        """Return everything that a pick is made from.

        Args:
            now: The moment.
            wave: Leads that waited together with many others.
            last_owner: Who owned an earlier lead of the same person.
        """
        return Turns(
            now,
            owed=self._owed,
            used=self._used,
            away=self._away,
            last_owner=last_owner or {},
            wave=wave,
        )

    def take(self, turns: Turns, choice: Choice) -> None:
        """Let later picks see that somebody got a lead.

        Args:
            turns: What the pick was made from.
            choice: Who got it.
        """
        owner = choice.owner
        turns.take(owner.pool, owner.id, choice.changes, busy_until=choice.busy_until)
        self.look_at_caps(turns.now, owner.id)

    def drop(self, owner: Owner, now: datetime) -> None:
        """Count a lead among the open ones of its owner no more.

        Args:
            owner: A person.
            now: The moment.
        """
        self._used[owner.id, Period.OPEN, owner.pool] -= 1
        self._used[owner.id, Period.OPEN, ALL] -= 1
        self.look_at_caps(now, owner.id)

    def begin(self, period: Period, zone: str, now: datetime) -> None:
        """Count anew for everybody of a zone.

        Args:
            period: A day, a week or a month that begins.
            zone: Where.
            now: When.
        """
        for person in self.zones[zone]:
            for pool in self._pools:
                self._used.pop((person, period, pool), None)
            self.look_at_caps(now, person)

    def look_at_absences(self, now: datetime) -> None:
        """Find out who is away from now on; of several absences the one that ends last counts.

        Args:
            now: The moment.
        """
        there = [
            each
            for each in self._absences
            if each.start <= now and (each.until is None or each.until > now)
        ]
        there.sort(key=lambda each: (each.until is None, each.until or now))
        self._away = {each.person: Away(_bar(each), each.cover) for each in there}

    def today(self, book: RuleBook, *, waited: bool = False) -> RuleBook:
        """Return a lead's version with the people of today.

        Args:
            book: The version that the lead started with.
            waited: Whether it waited in a pool: then with the pools of today, too.
        """
        key = book.digest, self.book.digest, waited
        found = self._todays.get(key)
        if found is None:
            found = live(book, self.book)
            found = self._todays[key] = with_pools(found, self.book) if waited else found
        return found

    def switch(self, book: RuleBook, now: datetime) -> list[str]:
        """Go by another version of the book from now on; return who has left with it.

        Args:
            book: The version.
            now: The moment.
        """
        before, self.book = self.book, book
        self._capped = _capped(book)
        for person in sorted(book.people):
            self.look_at_caps(now, person)
        return [
            person
            for person, card in sorted(book.people.items())
            if card.left and person in before.people and not before.people[person].left
        ]

    def desk(self, person: str) -> Desk:
        """Return somebody's desk."""
        found = self._desks.get(person)
        if found is None:
            card = card_of(self.book, person).card
            mine = [each for each in self._absences if each.person == person]
            hours = work_time(self.book.calendars[card.calendar])
            found = self._desks[person] = Desk(hours, mine)
        return found

    def is_bounded(self, person: str) -> bool:
        """Return whether somebody has a cap, so that a lead less may make room for another."""
        return person in self._capped

    def look_at_caps(self, now: datetime, person: str) -> None:
        """Note since when, and until when, somebody's caps are full.

        Args:
            now: The moment.
            person: Whose.
        """
        for name in self._capped.get(person, ()):
            key = name, person
            seats = self.turns(now).seats(self.book, self.book.pools[name])
            limits = next((seat.limits for seat in seats if seat.person == person), ())
            if first_full(limits) is not None:
                self._full.setdefault(key, now)
            elif key in self._full:
                self._seen.full.append(Full(*key, self._full.pop(key), now))

    def end(self, at: datetime) -> None:
        """Write down the caps that are still full."""
        self._seen.full += [
            Full(*key, since, at) for key, since in sorted(self._full.items()) if since < at
        ]


def _bar(absence: Absence) -> Bar:
    until = absence.until
    told = f"until {until:%Y-%m-%d %H:%M} UTC" if until is not None else "until further notice"
    return Bar(BarKind.AWAY, f"away {told}", until)


def _capped(book: RuleBook) -> dict[str, tuple[str, ...]]:
    """Return the pools of everybody who has a cap, over all pools or in one."""
    found: dict[str, tuple[str, ...]] = {}
    for pool in book.pools.values():
        for member in pool.members:
            card = book.people.get(member.person)
            if member.caps or (card is not None and card.caps):
                found[member.person] = (*found.get(member.person, ()), pool.id)
    return found


def _zones(books: Timeline) -> set[tuple[str, str]]:
    """Return everybody's zone; of several versions, each that they have."""
    return {
        (person, ZoneInfo(book.calendars[card.calendar].zone).key)
        for _, book in books
        for person, card in book.people.items()
    }
