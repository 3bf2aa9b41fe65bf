"""Leads that come in: made up from a book, the same ones for the same seed. Pure.

They come when the offices of their country are open, some in the evening, few at night and at the
weekend; and one campaign brings many at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

from router.lead.facts import Facts
from router.lead.model import Lead
from router.road.simulate.kinds import Kind, Target, targets_of
from router.road.simulate.lead import lead_of
from router.rulebook.model import Calendar, RuleBook
from router.rulebook.worktime import WorkTime, work_time

#: How many leads come in an hour: in office hours, else by day, at the weekend, at night.
_OPEN, _DAY, _WEEKEND, _NIGHT = 10.0, 2.0, 0.6, 0.3
_MORNING, _LATE = 7, 22
_SATURDAY = 5
#: Share of leads that the campaign brings, and how long it does.
BURST = 0.06
_BURST_S = 90 * 60
_HOUR = timedelta(hours=1)
_HOUR_S = 3600
#: How urgent leads are, and how many of a hundred.
_URGENCY = ("low", "normal", "high")
_URGENT = (15, 70, 15)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A lead that comes in."""

    #: From 1 on, in the order of arrival.
    number: int
    lead: Lead
    #: What makes two leads those of one person; empty for somebody who writes once.
    contact: str = ""

    @property
    def at(self) -> datetime:
        """Return when it comes in."""
        return self.lead.received_at


def generate(
    book: RuleBook, start: datetime, days: int, leads: int, chance: Random
) -> tuple[Arrival, ...]:
    """Make leads up, in the order in which they come in.

    Args:
        book: Whose own examples, cases and tables say what leads are like.
        start: When the first may come.
        days: For so many times 24 hours.
        leads: How many.
        chance: Decides; seeded alike, it makes the same leads.
    """
    targets = targets_of(book)
    whole = list(accumulate(each.weight for each in targets))
    hours = _Hours(book, start, days)
    campaign = hours.busy(book.people[book.fallback_owner].calendar, chance)
    drawn: list[tuple[datetime, int, Facts]] = []
    for number in range(leads):
        (target,) = chance.choices(targets, cum_weights=whole)
        facts = _facts(chance.choice(target.kinds), chance)
        if chance.random() < BURST:
            at = campaign + timedelta(seconds=chance.randrange(_BURST_S))
        else:
            at = hours.draw(_calendar(book, target, facts), chance)
        drawn.append((at, number, facts))
    drawn.sort(key=lambda each: each[:2])
    return tuple(
        Arrival(number, lead_of(facts, number, at, book.digest))
        for number, (at, _, facts) in enumerate(drawn, start=1)
    )


def _facts(kind: Kind, chance: Random) -> Facts:
    (urgency,) = chance.choices(_URGENCY, _URGENT)
    intent = chance.choice(kind.intents)
    return {"urgency": urgency, **kind.facts, "intent": intent}


def _calendar(book: RuleBook, target: Target, facts: Facts) -> str:
    """Return whose hours say when such a lead is written."""
    country = facts.get("country")
    there = [each.id for each in book.calendars.values() if country and each.country == country]
    if there:
        return min(there)
    person = target.id if target.kind == "person" else ""
    if target.kind == "pool" and book.pools[target.id].members:
        person = book.pools[target.id].members[0].person
    card = book.people.get(person) or book.people[book.fallback_owner]
    return card.calendar


class _Hours:
    """The hours of the time in question, and how many leads come in each."""

    def __init__(self, book: RuleBook, start: datetime, days: int) -> None:
        self._book = book
        self._starts = [start + hour * _HOUR for hour in range(days * 24)]
        self._sums: dict[str, list[float]] = {}

    def draw(self, calendar: str, chance: Random) -> datetime:
        """Draw a moment, to the second."""
        sums = self._sums.get(calendar)
        if sums is None:
            there = self._book.calendars[calendar]
            sums = self._sums[calendar] = list(accumulate(_rates(there, self._starts)))
        (hour,) = chance.choices(self._starts, cum_weights=sums)
        return hour + timedelta(seconds=chance.randrange(_HOUR_S))

    def busy(self, calendar: str, chance: Random) -> datetime:
        """Draw an hour of work, for a campaign to begin in."""
        rates = _rates(self._book.calendars[calendar], self._starts)
        open_hours = [
            at for at, rate in zip(self._starts, rates, strict=True) if rate == _OPEN
        ] or self._starts
        return chance.choice(open_hours)


def _rates(calendar: Calendar, hours: Sequence[datetime]) -> list[float]:
    work = work_time(calendar)
    return [_rate(work, hour + _HOUR / 2) for hour in hours]


def _rate(work: WorkTime, at: datetime) -> float:
    if work.is_open(at):
        return _OPEN
    wall = at.astimezone(work.zone)
    if not _MORNING <= wall.hour < _LATE:
        return _NIGHT
    return _WEEKEND if wall.weekday() >= _SATURDAY else _DAY
