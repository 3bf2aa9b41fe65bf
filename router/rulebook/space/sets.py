"""Sets of yes and no, and sets of lists of texts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

_BOTH = frozenset({True, False})
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Flags:
    """Values of a fact that is true or false."""

    #: The fact may also be missing.
    absent: bool
    values: frozenset[bool] = _BOTH

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is left."""
        return not self.absent and not self.values

    @property
    def is_sure(self) -> bool:
        """Return whether something is in it for certain."""
        return not self.is_empty

    def meet(self, other: "Flags") -> "Flags":
        """Return what both have.

        Args:
            other: Values of the same fact.
        """
        return Flags(self.absent and other.absent, self.values & other.values)

    def touches(self, other: "Flags") -> bool:
        """Tell whether both have something in common.

        Args:
            other: Values of the same fact.
        """
        return (self.absent and other.absent) or bool(self.values & other.values)

    def minus(self, other: "Flags") -> "tuple[Flags, ...]":
        """Return what this has and the other has not.

        Args:
            other: Values of the same fact.
        """
        left = Flags(self.absent and not other.absent, self.values - other.values)
        return () if left.is_empty else (left,)

    def samples(self) -> Iterator[bool]:
        """Give the values, true first."""
        yield from sorted(self.values, reverse=True)


@dataclass(frozen=True, slots=True)
class Lists:
    """Values of a fact that is a list of texts, by what is and is not in it."""

    #: The fact may also be missing.
    absent: bool
    #: It may be there; if not, the rest says nothing.
    known: bool = True
    required: frozenset[str] = _NONE
    forbidden: frozenset[str] = _NONE
    #: True when there is something in it, False when it is an empty list, None for both.
    some: bool | None = None

    @property
    def has_list(self) -> bool:
        """Return whether a list is in it."""
        if not self.known or self.required & self.forbidden:
            return False
        return not (self.some is False and self.required)

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is left."""
        return not self.absent and not self.has_list

    @property
    def is_sure(self) -> bool:
        """Return whether something is in it for certain."""
        return not self.is_empty

    def meet(self, other: "Lists") -> "Lists":
        """Return what both have.

        Args:
            other: Values of the same fact.
        """
        clash = None not in (self.some, other.some) and self.some is not other.some
        return Lists(
            self.absent and other.absent,
            self.known and other.known and not clash,
            self.required | other.required,
            self.forbidden | other.forbidden,
            other.some if self.some is None else self.some,
        )

    def touches(self, other: "Lists") -> bool:
        """Tell whether both have something in common.

        Args:
            other: Values of the same fact.
        """
        if self.absent and other.absent:
            return True
        if not self.known or not other.known:
            return False
        if not self.forbidden.isdisjoint(other.required):
            return False
        if not other.forbidden.isdisjoint(self.required):
            return False
        # What is left is rare, and asked of the usual way.
        plain = self.some is None and other.some is None
        return (plain and self.has_list and other.has_list) or self.meet(other).has_list

    def minus(self, other: "Lists") -> "tuple[Lists, ...]":
        """Return what this has and the other has not, in parts that have nothing in common.

        Args:
            other: Values of the same fact.
        """
        parts = [Lists(absent=True, known=False)] if self.absent and not other.absent else []
        rest = replace(self, absent=False)
        if not other.has_list:
            parts.append(rest)
            return tuple(part for part in parts if not part.is_empty)
        for text in sorted(other.required - self.required):
            parts.append(replace(rest, forbidden=rest.forbidden | {text}))
            rest = replace(rest, required=rest.required | {text})
        for text in sorted(other.forbidden - self.forbidden):
            parts.append(replace(rest, required=rest.required | {text}))
            rest = replace(rest, forbidden=rest.forbidden | {text})
        if other.some is not None:
            parts.append(rest.meet(Lists(absent=False, some=not other.some)))
        return tuple(part for part in parts if not part.is_empty)

    def samples(self) -> Iterator[tuple[str, ...]]:
        """Give some of the lists, the shortest first."""
        if not self.has_list:
            return
        if not self.required and self.some is not True:
            yield ()
        if self.required:
            yield tuple(sorted(self.required))
        elif self.some is not False:
            yield (next(text for text in _others() if text not in self.forbidden),)


def _others() -> Iterator[str]:
    number = 1
    while True:
        yield "another" if number == 1 else f"another-{number}"
        number += 1
