"""What comes when in a simulation; of one moment, the world's changes come first. Pure."""

from collections.abc import Callable
from datetime import datetime
from enum import IntEnum
from heapq import heappop, heappush

Deed = Callable[[], None]


class Order(IntEnum):
    """What comes first of things of one moment."""

    #: A period begins, somebody goes or comes, another version of the book holds.
    WORLD = 0
    #: People answer, speak, close; on the last second counts as in time.
    PEOPLE = 1
    CLOCKS = 2
    ARRIVALS = 3
    #: Whether somebody can take what waits.
    LOOKS = 4


class Agenda:
    """A list of what is to come."""

    def __init__(self) -> None:
        """Begin with nothing on it."""
        self._entries: list[tuple[datetime, int, int, Deed]] = []
        self._number = 0

    def add(self, at: datetime, order: Order, deed: Deed) -> None:
        """Note something; of two of one moment and order, what was noted first comes first.

        Args:
            at: When.
            order: What it is.
            deed: What is done then.
        """
        self._number += 1
        heappush(self._entries, (at, order, self._number, deed))

    def take(self, until: datetime) -> tuple[datetime, Deed] | None:
        """Return what comes next, and when; None when nothing comes by then.

        Args:
            until: The last moment that counts.
        """
        if not self._entries or self._entries[0][0] > until:
            return None
        at, _, _, deed = heappop(self._entries)
        return at, deed
