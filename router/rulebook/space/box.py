"""Boxes of facts: meeting, cutting, and finding what a heap of boxes leaves uncovered."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from router.lead.facts import ACCOUNT_BY, FACTS, LANES, FactType
from router.rulebook.model import PRIORITIES, RuleBook
from router.rulebook.space.sets import Flags, Lists
from router.rulebook.space.spans import HIGHEST, LOWEST, Spans, span, spans_of
from router.rulebook.space.texts import Texts

#: Boxes that one question may take before it counts as undecided.
BUDGET = 20_000
#: Covers among which the next one is chosen.
_CHOICE = 48

#: A fact's name, or for what is asked of more than one value ``("same", fact, fact)``,
#: ``("age", fact)``, ``("calendar", fact, id, content)``, ``("table", id, content)``; also
#: ``("matches", fact, pattern)``, since a pattern sees letters that comparing overlooks.
Dimension = str | tuple[str, ...]
Values = Texts | Spans | Flags | Lists
#: What is not named may have any value, or none.
Box = Mapping[Dimension, Values]
Region = tuple[Box, ...]

#: How the rows of a table may stand to a lead; see the dimension ``table``.
ROW, NO_ROW, UNKNOWN_ROW = "row", "no row", "unknown row"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = 1_000_000


class TooMuch(Exception):
    """A question took more boxes than it may; its answer is not known."""


@dataclass(slots=True)
class Budget:
    """How many boxes a question may still take."""

    left: int = BUDGET

    def spend(self, boxes: int = 1) -> None:
        """Take boxes.

        Args:
            boxes: How many.

        Raises:
            TooMuch: There are not as many left.
        """
        self.left -= boxes
        if self.left < 0:
            raise TooMuch


@dataclass(frozen=True, slots=True)
class Space:
    """The values that facts can have at all: of some codes a book knows every one."""

    closed: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def all_of(self, dimension: Dimension) -> Values:
        """Return every value of a fact, and that it is missing.

        Args:
            dimension: The fact, or what is asked of more than one value.
        """
        if isinstance(dimension, tuple):
            return _OF_MANY[dimension[0]]
        if dimension in self.closed:
            return Texts(absent=True, values=self.closed[dimension])
        return ALL[FACTS[dimension][0]]


def space_of(*books: RuleBook) -> Space:
    """Return the values that facts can have under some books.

    Args:
        books: The books; a value counts when one of them knows it.
    """
    ranks = frozenset(PRIORITIES)
    intents, services, sources = (
        frozenset(name.casefold() for book in books for name in names_of(book))
        for names_of in (
            lambda book: [intent.id for intent in book.taxonomy.intents],
            lambda book: book.taxonomy.services,
            lambda book: book.sources,
        )
    )
    return Space(
        {
            "urgency": ranks,
            "priority": ranks,
            "intent": intents,
            "service_interest": services,
            "source": sources,
            "lane": frozenset(LANES),
            "account.by": frozenset(ACCOUNT_BY),
        }
    )


def micros(moment: datetime) -> int:
    """Return a moment as whole microseconds since 1970.

    Args:
        moment: Aware.
    """
    passed = moment - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * _MICROSECOND + passed.microseconds


_MOMENTS = spans_of(
    (
        span(
            micros(datetime(1900, 1, 1, tzinfo=UTC)),
            micros(datetime(9000, 1, 1, tzinfo=UTC)),
        ),
    ),
    whole=True,
    absent=True,
)
ALL: dict[FactType, Values] = {
    FactType.TEXT: Texts(absent=True, open=True),
    FactType.CODE: Texts(absent=True, open=True),
    FactType.INT: Spans(absent=True, spans=((LOWEST, HIGHEST),), whole=True),
    FactType.NUM: Spans(absent=True, spans=((LOWEST, HIGHEST),)),
    FactType.BOOL: Flags(absent=True),
    FactType.DATE: _MOMENTS,
    FactType.LIST: Lists(absent=True),
}
#: What is asked of more than one value is never missing itself: the facts it asks of are.
_OF_MANY: dict[str, Values] = {
    "same": Flags(absent=False),
    "calendar": Flags(absent=False),
    "matches": Flags(absent=False),
    "age": Spans(absent=False, spans=((LOWEST, HIGHEST),)),
    "table": Texts(absent=False, values=frozenset({ROW, NO_ROW, UNKNOWN_ROW})),
}


def meet(one: Box, other: Box) -> Box | None:
    """Return what two boxes have in common, None when it is nothing.

    Args:
        one: A box.
        other: Another.
    """
    if len(one) < len(other):
        one, other = other, one
    if not other:
        return one
    found = dict(one)
    for dimension, values in other.items():
        mine = found.get(dimension)
        if mine is None:
            found[dimension] = values
            continue
        both = _meet(mine, values)
        if both.is_empty:
            return None
        found[dimension] = both
    return found


def overlaps(one: Box, other: Box) -> bool:
    """Tell whether two boxes may have something in common; False is certain.

    Args:
        one: A box that is not empty.
        other: Another.
    """
    for dimension, values in other.items():
        mine = one.get(dimension)
        # One dimension has one kind of values, here and below.
        if mine is not None and not mine.touches(values):  # type: ignore[arg-type]  # as said above
            return False
    return True


def minus(box: Box, cover: Box, space: Space) -> list[Box]:
    """Return what a box has and another has not, as boxes with nothing in common.

    Args:
        box: The box.
        cover: What is cut from it.
        space: All values there are.
    """
    pieces: list[Box] = []
    rest = dict(box)
    for dimension, values in cover.items():
        mine = rest.get(dimension) or space.all_of(dimension)
        both = _meet(mine, values)
        if both.is_empty:
            return [box]
        left = mine.minus(values)  # type: ignore[arg-type]  # one dimension, one kind of values
        pieces += [{**rest, dimension: part} for part in left]
        rest[dimension] = both
    return pieces


def uncovered(
    box: Box,
    covers: Sequence[Box],
    space: Space,
    budget: Budget,
    used: list[Box] | None = None,
) -> Iterator[Box]:
    """Give the parts of a box that no cover touches, one by one, until nobody asks for more.

    Args:
        box: A box that is not empty.
        covers: What is taken away.
        space: All values there are.
        budget: Of the question.
        used: Takes the covers that something was cut away with.

    Raises:
        TooMuch: From the iteration, when the budget is spent.
    """
    # Covers that ask for nothing new leave few parts, and often nothing: the others come then.
    near = [cover for cover in covers if cover.keys() <= box.keys()]
    budget.spend(1 + len(covers) // 64 + len(near) // 16)
    whole = next((cover for cover in near if _holds(cover, box)), None)
    if whole is not None:
        if used is not None:
            used.append(whole)
        return
    heap: list[tuple[Box, Sequence[Box], Collection[Dimension], bool]] = [
        (box, near, tuple(box), len(near) < len(covers))
    ]
    far: list[Box] = []
    while heap:
        part, others, changed, more = heap.pop()
        # Looking through many covers costs as much as making a box.
        budget.spend(1 + len(others) // 16)
        live = [cover for cover in others if _still(part, cover, changed)]
        if not live and more:
            far = far or _beyond(box, covers)
            heap.append((part, far, tuple(part), False))
            continue
        if not live:
            yield part
            continue
        cover = _widest(live, part)
        if used is not None:
            used.append(cover)
        rest = [each for each in live if each is not cover]
        pieces = minus(part, cover, space)
        budget.spend(len(pieces))
        heap += [(piece, rest, tuple(cover), more) for piece in reversed(pieces)]


def _beyond(box: Box, covers: Sequence[Box]) -> list[Box]:
    """Return the covers that ask for something that a box leaves open, simple ones first."""
    found = [cover for cover in covers if not cover.keys() <= box.keys()]
    return sorted(found, key=lambda cover: len(cover.keys() - box.keys()))


def _holds(cover: Box, part: Box) -> bool:
    """Tell whether all of a part of a box lies in a cover that asks for nothing beyond it."""
    return all(
        not part[name].minus(values)  # type: ignore[arg-type]  # one side, one kind of values
        for name, values in cover.items()
    )


def _still(part: Box, cover: Box, changed: Collection[Dimension]) -> bool:
    """Tell whether a cover touches a part of a box that it touched, of which some sides changed."""
    for name in changed:
        values, mine = cover.get(name), part.get(name)
        if values is None or mine is None:
            continue
        if not mine.touches(values):  # type: ignore[arg-type]  # one side, one kind of values
            return False
    return True


def _widest(live: Sequence[Box], part: Box) -> Box:
    """Return a cover that takes much away: one that asks for little beyond what the part has."""
    best, least = live[0], len(live[0])
    for cover in live[:_CHOICE]:
        beyond = sum(name not in part for name in cover)
        if beyond < least:
            best, least = cover, beyond
            if not beyond:
                break
    return best


def is_sure(box: Box) -> bool:
    """Tell whether a lead certainly lies in a box, without looking for one.

    Args:
        box: A box without an empty side.
    """
    return not any(isinstance(name, tuple) for name in box) and all(
        values.is_sure for values in box.values()
    )


def _meet(one: Values, other: Values) -> Values:
    return one.meet(other)  # type: ignore[arg-type]  # one dimension, one kind
