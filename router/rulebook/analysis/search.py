"""Is there a lead that lies here and is not taken before? Yes with a lead, no, or not decided."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from router.lead.facts import Facts
from router.rulebook.model import RuleBook
from router.rulebook.space.box import Box, Budget, Region, Space, TooMuch, is_sure, uncovered
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
        budget = Budget()
        doubtful = 0
        try:
            for box in region:
                for part in uncovered(box, covers(box), self.space, budget, used):
                    if not self.show and is_sure(part):
                        return Sought(Answered.FOUND)
                    facts = witness(part, self.book, self.confirm)
                    if facts is not None:
                        return Sought(Answered.FOUND, facts)
                    doubtful += 1
                    if doubtful >= _DOUBTFUL:
                        return Sought(Answered.UNDECIDED)
        except TooMuch:
            return Sought(Answered.UNDECIDED)
        return Sought(Answered.UNDECIDED if doubtful else Answered.NONE)


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
