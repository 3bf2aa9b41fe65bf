"""What an order of picks was worth to the members of a pool. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Fairness:
    """How an order of picks compares with what everybody was due."""

    #: Leads between who got most above and who got most below their due, at the end.
    spread: float
    #: Share of the leads that went to the same person as the one before, in per cent.
    twice: float
    #: Most leads in a row of which somebody got none.
    drought: float
    #: Most leads that anybody was ahead or behind, at any moment.
    worst: float


def fairness(order: Sequence[str], weights: Mapping[str, int]) -> Fairness:
    """Judge who got each lead, in order.

    >>> fairness("abab", {"a": 1, "b": 1})
    Fairness(spread=0.0, twice=0.0, drought=1, worst=0.5)
    >>> fairness("aabb", {"a": 1, "b": 1})
    Fairness(spread=0.0, twice=66.66666666666667, drought=2, worst=1.0)

    Args:
        order: A name for each lead; those that are no member's are passed over.
        weights: Of the members.
    """
    order = [name for name in order if name in weights]
    whole = sum(weights.values())
    got, since = dict.fromkeys(weights, 0), dict.fromkeys(weights, 0)
    drought = worst = 0
    for count, name in enumerate(order, start=1):
        got[name] += 1
        for each, weight in weights.items():
            since[each] = 0 if each == name else since[each] + 1
            drought = max(drought, since[each])
            # Whole numbers: a lead is ``whole`` of them.
            worst = max(worst, abs(count * weight - got[each] * whole))
    above = [got[each] * whole - len(order) * weight for each, weight in weights.items()]
    again = sum(before == after for before, after in pairwise(order))
    return Fairness(
        (max(above) - min(above)) / whole,
        100 * again / max(len(order) - 1, 1),
        drought,
        worst / whole,
    )
