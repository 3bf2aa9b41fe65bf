"""Sets of numbers and of moments, as spans between two cuts."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

#: A place between two numbers: just before a number (0) or just behind it (1).
Cut = tuple[float, int]
Span = tuple[Cut, Cut]
LOWEST: Cut = (-math.inf, 0)
HIGHEST: Cut = (math.inf, 1)


@dataclass(frozen=True, slots=True)
class Spans:
    """Values of one number or moment.

    A fact that has whole numbers only (also moments: microseconds) has its cuts just before a
    number, so that between 5 and 6 there is nothing.
    """

    #: The fact may also be missing.
    absent: bool
    #: In their order; they neither touch nor overlap.
    spans: tuple[Span, ...] = ()
    #: Only whole numbers count.
    whole: bool = False

    def fits(self, number: float) -> bool:
        """Tell whether a number is one of these.

        Args:
            number: Microseconds since 1970 for a moment.
        """
        if self.whole and number != number // 1:
            return False
        return any(low <= (number, 0) and (number, 1) <= high for low, high in self.open_ended())

    def open_ended(self) -> tuple[Span, ...]:
        """Return the spans with their upper cuts behind a number, also where only whole count."""
        if not self.whole:
            return self.spans
        return tuple((low, (high[0] - 1, 1) if high[1] == 0 else high) for low, high in self.spans)

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is left."""
        return not self.absent and not self.spans

    @property
    def is_sure(self) -> bool:
        """Return whether something is in it for certain."""
        return not self.is_empty

    def meet(self, other: "Spans") -> "Spans":
        """Return what both have.

        Args:
            other: Values of the same fact.
        """
        found = [
            (low, high)
            for mine in self.spans
            for theirs in other.spans
            if (low := max(mine[0], theirs[0])) < (high := min(mine[1], theirs[1]))
        ]
        return Spans(self.absent and other.absent, tuple(found), self.whole)

    def touches(self, other: "Spans") -> bool:
        """Tell whether both have something in common.

        Args:
            other: Values of the same fact.
        """
        if self.absent and other.absent:
            return True
        return any(
            max(mine[0], theirs[0]) < min(mine[1], theirs[1])
            for mine in self.spans
            for theirs in other.spans
        )

    def minus(self, other: "Spans") -> "tuple[Spans, ...]":
        """Return what this has and the other has not.

        Args:
            other: Values of the same fact.
        """
        left = list(self.spans)
        for low, high in other.spans:
            left = [
                piece
                for span in left
                for piece in ((span[0], min(span[1], low)), (max(span[0], high), span[1]))
                if piece[0] < piece[1]
            ]
        found = Spans(self.absent and not other.absent, tuple(left), self.whole)
        return () if found.is_empty else (found,)

    def samples(self, wanted: tuple[float, ...] = ()) -> Iterator[float]:
        """Give some of the numbers, the bounds among them.

        Args:
            wanted: Numbers that a reader would expect; used where they fit.
        """
        yield from (number for number in wanted if self.fits(number))
        for low, high in self.open_ended():
            yield from (number for number in _around(low, high) if self.fits(number))


def _around(low: Cut, high: Cut) -> Iterator[float]:
    if low != LOWEST:
        yield from (low[0], low[0] + 1)
    if high != HIGHEST:
        yield from (high[0], high[0] - 1)
    if low != LOWEST and high != HIGHEST:
        yield (low[0] + high[0]) / 2
        yield low[0] + (high[0] - low[0]) // 2
    if low == LOWEST and high == HIGHEST:
        yield 1


def span(low: float, high: float, *, above: bool = False, below: bool = False) -> Span:
    """Return the span from one number to another, both included unless told otherwise.

    Args:
        low: The lower number.
        high: The upper number.
        above: The lower number is left out.
        below: The upper number is left out.
    """
    return (low, 1 if above else 0), (high, 0 if below else 1)


def spans_of(spans: tuple[Span, ...], *, whole: bool, absent: bool = False) -> Spans:
    """Return values from spans, cut to whole numbers where only these count.

    >>> spans_of((span(5, 6, above=True, below=True),), whole=True).is_empty
    True

    Args:
        spans: In their order, apart from one another.
        whole: Only whole numbers count.
        absent: The fact may also be missing.
    """
    if whole:
        spans = tuple((_whole(low), _whole(high)) for low, high in spans)
    return Spans(absent, tuple((low, high) for low, high in spans if low < high), whole)


def _whole(cut: Cut) -> Cut:
    """Move a cut up to just before the next whole number."""
    number, behind = cut
    if math.isinf(number):
        return cut
    return (math.floor(number) + 1, 0) if behind else (math.ceil(number), 0)
