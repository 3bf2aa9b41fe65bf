"""What the members of a pool are due, counted exactly, and how far the leads given are from it.

While the same members with the same weights can take leads, a member of share ``w`` is due ``n*w``
of ``n`` leads. :class:`Stretch` counts such a time from its first lead on and knows how far anybody
may be from that, in leads; ``d`` is ``1/(2k - 2)`` for ``k`` members, ``u`` is ``1 - d``.

*Everybody starts with nothing owed*: nobody is ever further away than ``u``, which is less than
one lead. This is the theorem of the chairman assignment problem.

*They start with credits ``c``, of the sum ``s``* (others left and took the rest with them): what is
owed later, ``c`` and what was due since less what was given since, keeps these bounds.

- From below: ``min(c, -u, (s + 1)/k - 1)``. Credit falls only by getting a lead. Who gets one is
  owed at least ``d`` before, or, where nobody is owed so much, is owed the most of all, and the
  most is never less than the mean ``(s + 1)/k``.
- From above: ``u + x*w``, where ``x`` is the number of leads by which a turn may come too late:
  ``x = max(0, sum(max(c + d, 0)) - 1) + max(max(c - u, 0)/w)``, over all members. For let a turn be
  due at lead ``D`` and still not taken at lead ``T``, and call urgent all turns due until ``D``.
  Let ``t`` be the last lead up to ``T`` that went to no urgent turn. Whoever got it was taken
  before all urgent turns, so no urgent turn was ripe then: each member with urgent turns was owed
  less than ``d``, which leaves it fewer than ``2*d + w*(D - t)`` of them. At most ``k - 1`` members
  have any, so there are fewer than ``1 + D - t``; but ``T - t`` were taken and one was not:
  ``T < D``.
  Only if there is no such ``t`` can a turn be late. Then every lead so far went to an urgent turn,
  of which a member has at most ``c + d + w*D``; they are at least ``T + 1``, and that bounds
  ``T - D`` by ``x`` (the second part of ``x`` is for turns that were late from the start).

Shares are counted in 2^-32 leads, hence the tolerance of a few such units for each lead.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from router.stages.route.rotation import LEAD


@dataclass(slots=True)
class Stretch:
    """A time in which the same members with the same weights can take leads."""

    #: By name; all above 0.
    weights: Mapping[str, int]
    #: What each is owed at its beginning, in units.
    start: Mapping[str, int]
    count: int = 0
    given: Counter[str] = field(default_factory=Counter)
    _bounds: dict[str, tuple[Fraction, Fraction]] = field(init=False)

    def __post_init__(self) -> None:
        """Work the bounds out, which hold for the whole time."""
        self._bounds = dict(_bounds(self.weights, self.start))

    def give(self, name: str) -> None:
        """Count a lead that a member got."""
        self.count += 1
        self.given[name] += 1

    def away(self, name: str) -> Fraction:
        """Return how many leads a member is due and did not get; negative when ahead."""
        share = Fraction(self.weights[name], sum(self.weights.values()))
        return self.count * share - self.given[name]

    def worst(self) -> Fraction:
        """Return how far anybody is from what they are due, ahead or behind."""
        return max(abs(self.away(name)) for name in self.weights)

    def broken(self) -> Iterator[str]:
        """Yield what breaks a bound, in words."""
        tolerance = Fraction(4 * self.count + 4, LEAD)
        if not any(self.start.values()) and self.worst() >= 1:
            yield f"{self.worst()} leads from what is due after {self.count}"
        for name, (low, high) in self._bounds.items():
            owed = Fraction(self.start[name], LEAD) + self.away(name)
            if not low - tolerance <= owed <= high + tolerance:
                yield f"{name} is owed {owed} leads after {self.count}, beyond {low} to {high}"


def _bounds(
    weights: Mapping[str, int], start: Mapping[str, int]
) -> Iterator[tuple[str, tuple[Fraction, Fraction]]]:
    """Yield by name the least and the most that may be owed, in leads."""
    nothing, whole, members = Fraction(0), sum(weights.values()), len(weights)
    credit = {name: Fraction(start[name], LEAD) for name in weights}
    ripe = Fraction(1, max(2 * members - 2, 1))
    most = 1 - ripe
    mean = sum(credit.values(), Fraction(1)) / members
    urgent = sum((max(owed + ripe, nothing) for owed in credit.values()), nothing)
    overdue = max(
        max(owed - most, nothing) * whole / weights[name] for name, owed in credit.items()
    )
    late = max(urgent - 1, nothing) + overdue
    for name, owed in credit.items():
        if members == 1:
            yield name, (owed, owed)
        else:
            high = most + late * weights[name] / whole
            yield name, (min(owed, -most, mean - 1), high)
