"""About how many leads a region holds: a guess that is good for an order and for nothing else."""

from math import prod

from router.rulebook.space.box import Box, Region, Values
from router.rulebook.space.sets import Flags, Lists
from router.rulebook.space.spans import HIGHEST, LOWEST, Spans
from router.rulebook.space.texts import Texts

#: Boxes that are looked at.
_MOST = 64
#: One of the texts that a fact may have.
_A_TEXT, _A_PART, _AN_ITEM = 0.02, 0.1, 0.1
_HALF, _MOSTLY = 0.5, 0.95


def breadth(region: Region) -> float:
    """Guess which share of all leads lies in a region, between 0 and 1.

    A real share comes from leads of the past; this one only tells a wide rule from a narrow one.

    >>> breadth(({},))
    1.0
    >>> breadth(({"country": Texts(absent=False, values=frozenset({"gb"}))},))
    0.02

    Args:
        region: Its boxes.
    """
    return min(1.0, sum(map(_of_box, region[:_MOST])))


def _of_box(box: Box) -> float:
    return prod(map(_of_values, box.values()))


def _of_values(values: Values) -> float:
    match values:
        case Texts():
            return _of_texts(values)
        case Spans():
            return max((_of_span(*each) for each in values.spans), default=_AN_ITEM)
        case Flags():
            return _HALF * len(values.values) or _AN_ITEM
        case Lists():
            return float(_AN_ITEM ** len(values.required)) if values.known else _HALF


def _of_texts(values: Texts) -> float:
    if not values.open:
        return min(_HALF, _A_TEXT * len(values.values)) or _AN_ITEM
    return _A_PART if values.having else _MOSTLY


def _of_span(low: tuple[float, int], high: tuple[float, int]) -> float:
    ends = (low != LOWEST) + (high != HIGHEST)
    return (_MOSTLY, _HALF, _HALF / 2)[ends]
