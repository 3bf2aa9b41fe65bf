"""Is there a lead that lies here and is not taken before? Yes with a lead, no, or not decided."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from router.lead.facts import Facts
from router.rulebook.model import RuleBook
from router.rulebook.space.box import (
    BUDGET,
    Box,
    Budget,
    Region,
    Space,
    TooMuch,
    is_sure,
    uncovered,
)
from router.rulebook.space.shelf import Shelf
from router.rulebook.space.witness import witness

#: Parts without a lead that could be confirmed, after which the search is given up.
_DOUBTFUL = 12


class Answered(StrEnum):
    """How a search ended."""

    #: There is such a lead.
    FOUND = "found"
    #: There is none.
    NONE = "none"
    #: It could not be told.
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Sought:
    """The end of a search, and the lead if one was wanted."""

    answered: Answered
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """What searches need to know."""

    book: RuleBook
    space: Space
    #: What a lead must show to count, asked of the reference evaluator; None for nothing more.
    confirm: Callable[[Facts], bool] | None = None
    #: A lead is wanted, not only that there is one.
    show: bool = True
    #: What all searches may take together, besides what each one may; None for no limit.
    total: Budget | None = None

    def run(
        self,
        region: Region,
        covers: Callable[[Box], Sequence[Box]],
        used: list[Box] | None = None,
    ) -> Sought:
        """Look for a lead of a region that no cover takes.

        Args:
            region: Where it must lie.
            covers: Gives the covers that may touch a box.
            used: Takes the covers that took something away.
        """
        allowed = BUDGET if self.total is None else min(BUDGET, self.total.left)
        budget = Budget(allowed)
        try:
            return self._sought(region, covers, budget, used)
        except TooMuch:
            return Sought(Answered.UNDECIDED)
        finally:
            self._pay(1 + min(allowed, allowed - budget.left))

    def _pay(self, boxes: int) -> None:
        if self.total is not None:
            self.total.left -= boxes

    def _sought(
        self,
        region: Region,
        covers: Callable[[Box], Sequence[Box]],
        budget: Budget,
        used: list[Box] | None,
    ) -> Sought:
        # Finding covers, and asking the reference evaluator, take long in a large book.
        size = sum(map(len, self.book.rules.values())) // 16
        doubtful = 0
        for box in region:
            some = covers(box)
            self._pay((size if covers is not nothing else 0) + len(some) // 8)
            for part in uncovered(box, some, self.space, budget, used):
                if not self.show and is_sure(part):
                    return Sought(Answered.FOUND)
                facts = witness(part, self.book, self._confirm(size))
                if facts is not None:
                    return Sought(Answered.FOUND, facts)
                doubtful += 1
                if doubtful >= _DOUBTFUL or (self.total is not None and self.total.left <= 0):
                    return Sought(Answered.UNDECIDED)
        return Sought(Answered.UNDECIDED if doubtful else Answered.NONE)

    def _confirm(self, price: int) -> Callable[[Facts], bool] | None:
        asked = self.confirm
        if asked is None or self.total is None:
            return asked

        def confirm(facts: Facts) -> bool:
            self._pay(price)
            return asked(facts)

        return confirm


def nothing(_: Box) -> Sequence[Box]:
    """Cover nothing: for a search that asks only whether a region is empty."""
    return ()


def before(shelf: Shelf, index: int) -> Callable[[Box], Sequence[Box]]:
    """Return the covers that stand before a place.

    Args:
        shelf: All covers.
        index: The owner before which they stand.
    """

    def covers(box: Box) -> Sequence[Box]:
        return [shelf.boxes[number] for number in shelf.touching(box, index)]

    return covers
