"""Which caps bind in a batch, so that only those are locked and counted. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from router.rulebook import periods
from router.rulebook.model import Method, Period, Pool, RuleBook


@dataclass(slots=True)
class Bounds:
    """What must be counted before anybody is picked."""

    #: People whose caps count over all pools: two pools must not fill them at once.
    shared: set[str] = field(default_factory=set)
    #: People whose open leads count.
    open: set[str] = field(default_factory=set)
    #: By person and period, when it began.
    since: dict[tuple[str, Period], datetime] = field(default_factory=dict)

    def add(
        self, book: RuleBook, pools: Iterable[Pool], named: Iterable[str], now: datetime
    ) -> None:
        """Add what binds the people of some pools, and some others.

        Args:
            book: With the people and allowances of today.
            pools: That may be asked.
            named: People who may get a lead without being in one of the pools.
            now: Whose day, week and month count.
        """
        for person in named:
            self._add(book, person, (), now)
        for pool in pools:
            for member in pool.members:
                self._add(book, member.person, member.caps, now)
                if pool.method is Method.LEAST_OPEN:
                    self.open.add(member.person)

    def _add(self, book: RuleBook, person: str, own: Iterable[Period], now: datetime) -> None:
        card = book.people.get(person)
        if card is None:
            return
        if card.caps:
            self.shared.add(person)
        for period in {*card.caps, *own}:
            if period is Period.OPEN:
                self.open.add(person)
            else:
                zone = ZoneInfo(book.calendars[card.calendar].zone)
                self.since[person, period] = periods.begins(period, now, zone)
