"""How a person works through the leads that they are offered, one after the other. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random

from router.road.simulate.world import Absence
from router.rulebook.worktime import WorkTime

_NOTHING = timedelta(0)


class Desk:
    """The leads that wait for one person's answer."""

    def __init__(self, hours: WorkTime, absences: Sequence[Absence]) -> None:
        """Begin with nothing on it.

        Args:
            hours: When the person works.
            absences: When they do not; whoever is away lets everything lie.
        """
        self.hours = hours
        self._absences = sorted(absences, key=lambda each: each.start)
        self._waiting: list[tuple[datetime, int, int]] = []
        self._here: set[tuple[int, int]] = set()
        #: Whether they are busy with a lead that they have just accepted or declined.
        self.busy = False

    def put(self, lead: int, offer: int, due: datetime) -> None:
        """Put a lead on it that they have noticed.

        Args:
            lead: Number of the lead.
            offer: Which of its offers this is.
            due: What is due first is answered first.
        """
        self._here.add((lead, offer))
        heappush(self._waiting, (due, lead, offer))

    def take_away(self, lead: int, offer: int) -> None:
        """Take a lead away, as when another gets it."""
        self._here.discard((lead, offer))

    def next(self) -> int | None:
        """Take the next lead from it, and return its number; None for nothing."""
        while self._waiting:
            _, lead, offer = heappop(self._waiting)
            if (lead, offer) in self._here:
                self._here.discard((lead, offer))
                return lead
        return None

    def done(self, start: datetime, need: timedelta) -> datetime | None:
        """Return when so much of the person's time has passed, absences left out.

        Args:
            start: When they begin.
            need: Working time.

        Returns:
            None when they never come back.
        """
        at = start
        for each in self._absences:
            if each.until is not None and each.until <= at:
                continue
            if each.start > at:
                room = self.hours.between(at, each.start)
                if room >= need and room > _NOTHING:
                    break
                need -= room
            if each.until is None:
                return None
            at = each.until
        return self.hours.add(at, need)

    def away(self, start: datetime, end: datetime) -> timedelta:
        """Return how much working time of a span the person is away.

        Args:
            start: Its begin.
            end: Its end.
        """
        lost, at = _NOTHING, start
        for each in self._absences:
            begin, until = max(each.start, at), min(each.until or end, end)
            if begin < until:
                lost += self.hours.between(begin, until)
                at = until
        return lost


def scattered(median: timedelta, spread: float, chance: Random) -> timedelta:
    """Draw how long something takes, to the second.

    >>> scattered(timedelta(minutes=20), 0.0, Random(1))
    datetime.timedelta(seconds=1200)

    Args:
        median: Half of all takes longer.
        spread: The sigma of a lognormal distribution; 0 for always the median.
        chance: Is asked in any case, so that another spread draws the same for what follows.
    """
    return timedelta(seconds=round(median.total_seconds() * chance.lognormvariate(0.0, spread)))
