"""Whose turn is it: shares without drift, so that nobody is ever a lead ahead or behind.

Each pick owes every member who could have got the lead a share of it, by weight, and takes a whole
lead from the one who gets it. Who comes first is decided as in the chairman assignment problem
(R. Tijdeman, Discrete Mathematics 32, 1980): of those who are owed enough to be given a lead at
all, the one whose turn may be put off the least. While the same ``k`` members with the same weights
can take leads, nobody is then ever further from their due than ``1 - 1/(2k - 2)`` of a lead,
whatever the weights. Taking the one who is owed most, or the smooth weighted rotation of load
balancers, does not keep that promise.

What is owed is counted in whole units, :data:`LEAD` of which are one lead, so that nothing is lost
by rounding: all changes of a pick add up to nothing.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import lcm
from typing import NamedTuple

#: Units of credit in one lead.
LEAD = 1 << 32


class Turn(NamedTuple):
    """Somebody who could get the next lead, and what they are owed."""

    name: str
    #: Above 0.
    weight: int
    #: In units, before the pick.
    credit: int


class Place(NamedTuple):
    """Where somebody stands in a pick."""

    name: str
    #: What they are owed of this pick and before, in units.
    owed: int
    #: What the pick changes of their credit, in units.
    change: int
    #: How many picks later their turn comes than the chosen one's, at the latest; 0 for the chosen.
    later: float


@lru_cache(maxsize=4096)
def shares(weights: tuple[int, ...]) -> tuple[int, ...]:
    """Divide one lead by weight, in whole units that add up to it (largest remainders).

    >>> shares((1, 1)) == (LEAD // 2, LEAD // 2)
    True
    >>> sum(shares((3, 2, 2))) == LEAD
    True

    Args:
        weights: All above 0; of equal remainders the first gets the unit.
    """
    total = sum(weights)
    parts = [divmod(LEAD * weight, total) for weight in weights]
    found = [whole for whole, _ in parts]
    behind = sorted(range(len(weights)), key=lambda at: (-parts[at][1], at))
    for at in behind[: LEAD - sum(found)]:
        found[at] += 1
    return tuple(found)


class _Terms(NamedTuple):
    """What picks among members with the same weights have in common."""

    shares: tuple[int, ...]
    #: What to multiply by, in order to compare amounts per weight in whole numbers.
    stretch: tuple[int, ...]
    #: By how much everybody's slack shrinks in a pick.
    pick: float
    #: With k members a lead may be given from 1/(2k-2) owed on, and must be before 1 - 1/(2k-2).
    parts: int


@lru_cache(maxsize=4096)
def _terms(weights: tuple[int, ...]) -> _Terms:
    common, parts = lcm(*weights), max(2 * len(weights) - 2, 1)
    return _Terms(
        shares(weights),
        tuple(common // weight for weight in weights),
        parts * LEAD * common / sum(weights),
        parts,
    )


def take_turn(turns: Sequence[Turn]) -> tuple[Place, ...]:
    """Give one lead to one of these, and say what it changes for each.

    The order of ``turns`` does not matter: of equals, the higher weight comes first, then the name
    that sorts first.

    >>> credit, order = {"ann": 0, "ben": 0}, []
    >>> for _ in range(6):
    ...     places = take_turn([Turn("ann", 2, credit["ann"]), Turn("ben", 1, credit["ben"])])
    ...     order.append(places[0].name)
    ...     credit = {each.name: credit[each.name] + each.change for each in places}
    >>> order
    ['ann', 'ben', 'ann', 'ann', 'ben', 'ann']

    Args:
        turns: Everybody who could get it; at least one.

    Returns:
        The chosen one first, then the others in the order in which their turns come.
    """
    ordered = sorted(turns)
    weights = tuple([turn.weight for turn in ordered])
    terms = _terms(weights)
    parts, last = terms.parts, LEAD * (terms.parts - 1)
    slack, ripe = [], []
    for at, (_, weight, credit) in enumerate(ordered):
        owed = (credit + terms.shares[at]) * parts
        slack.append((last - owed) * terms.stretch[at])
        if owed >= LEAD:
            ripe.append((slack[at], -weight, at))
    if not ripe:
        # Only after members came or went: then whoever is owed most.
        ripe = [
            (-credit - terms.shares[at], -weight, at)
            for at, (_, weight, credit) in enumerate(ordered)
        ]
    chosen = min(ripe)[2]
    soonest, places = slack[chosen], []
    for at, (name, _, credit) in enumerate(ordered):
        share = terms.shares[at]
        if at == chosen:
            first = Place(name, credit + share, share - LEAD, 0.0)
        else:
            later = max((slack[at] - soonest) / terms.pick, 0.0)
            places.append(Place(name, credit + share, share, later))
    if len(places) > 1:
        places.sort(key=_in_turn)
    return (first, *places)


def _in_turn(place: Place) -> tuple[float, str]:
    return place.later, place.name
