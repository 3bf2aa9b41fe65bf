"""What becomes of measured values: percentiles, spreads, and whether a target was met. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Spread:
    """The values of several runs in short."""

    median: float
    least: float
    most: float
    runs: int


@dataclass(frozen=True, slots=True)
class Target:
    """A limit that a value must keep."""

    limit: float
    #: True for a rate, which must reach it; False for a time, which must not pass it.
    at_least: bool

    def met(self, value: float) -> bool:
        """Say whether a value keeps the limit.

        >>> Target(30, at_least=False).met(12.5), Target(5000, at_least=True).met(4999)
        (True, False)
        """
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        """Return it as people write it.

        >>> str(Target(5000, at_least=True)), str(Target(30, at_least=False))
        ('>= 5,000', '<= 30')
        """
        return f"{'>=' if self.at_least else '<='} {self.limit:,g}"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of all values does not exceed (nearest rank).

    >>> percentile([4.0, 1.0, 3.0, 2.0], 0.5), percentile([4.0, 1.0, 3.0, 2.0], 0.99)
    (2.0, 4.0)

    Args:
        values: In any order.
        share: Above 0, at most 1.

    Raises:
        ValueError: There is no value.
    """
    if not values:
        raise ValueError("There is nothing to take a percentile of.")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(values: Sequence[float]) -> Spread:
    """Sum the values of several runs up.

    >>> spread([3.0, 1.0, 2.0])
    Spread(median=2.0, least=1.0, most=3.0, runs=3)
    """
    return Spread(median(values), min(values), max(values), len(values))


def number(value: float) -> str:
    """Write a value with as many digits as it can carry.

    >>> number(12345.6), number(42.34), number(3.141)
    ('12,346', '42.3', '3.14')
    """
    if abs(value) >= 100:  # noqa: PLR2004 - three digits are as many as a benchmark knows
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"  # noqa: PLR2004 - the same
