"""Sets of values of a text: a few texts, or all texts but a few, and marks on the latter."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from router.rulebook.space.marks import Mark, contradict, texts_with

_NO_TEXTS: frozenset[str] = frozenset()
_NO_MARKS: frozenset[Mark] = frozenset()


@dataclass(frozen=True, slots=True)
class Texts:
    """Values of one text fact, case-folded; marks stand only on an open set."""

    #: The fact may also be missing.
    absent: bool
    #: The texts, or when ``open`` the texts that are left out.
    values: frozenset[str] = _NO_TEXTS
    open: bool = False
    having: frozenset[Mark] = _NO_MARKS
    lacking: frozenset[Mark] = _NO_MARKS

    def fits(self, text: str) -> bool:
        """Tell whether a text is one of these.

        Args:
            text: Case-folded.
        """
        return (text in self.values) is not self.open and (
            not self.open
            or (
                all(mark.fits(text) for mark in self.having)
                and not any(mark.fits(text) for mark in self.lacking)
            )
        )

    @property
    def has_text(self) -> bool:
        """Return whether there may be a text in it; False is certain."""
        if not self.open:
            return bool(self.values)
        if contradict(self.having, self.lacking):
            return False
        if any(mark.entries for mark in self.having):
            # The entries of a list are known one by one, so that this is exact.
            return any(self.fits(text) for text in texts_with(self.having))
        return True

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is left, surely."""
        return not self.absent and not self.has_text

    @property
    def is_sure(self) -> bool:
        """Return whether something is in it for certain."""
        return self.absent or next(self.samples(), None) is not None

    def meet(self, other: "Texts") -> "Texts":
        """Return what both have.

        Args:
            other: Values of the same fact.
        """
        absent = self.absent and other.absent
        if self.open and other.open:
            return Texts(
                absent,
                self.values | other.values,
                open=True,
                having=self.having | other.having,
                lacking=self.lacking | other.lacking,
            )
        if self.open:
            return other.meet(self)
        if not other.open:
            return Texts(absent, self.values & other.values)
        if not other.having and not other.lacking:
            return Texts(absent, self.values - other.values)
        return Texts(absent, frozenset(text for text in self.values if other.fits(text)))

    def touches(self, other: "Texts") -> bool:
        """Tell whether both may have something in common; False is certain.

        Args:
            other: Values of the same fact.
        """
        if self.absent and other.absent:
            return True
        if not self.open and not other.open:
            return not self.values.isdisjoint(other.values)
        few, many = (other, self) if self.open else (self, other)
        if few.open:
            return self.meet(other).has_text
        if not many.having and not many.lacking:
            return not few.values <= many.values
        return any(many.fits(text) for text in few.values)

    def minus(self, other: "Texts") -> "tuple[Texts, ...]":
        """Return what this has and the other has not, in parts that have nothing in common.

        Args:
            other: Values of the same fact.
        """
        absent = self.absent and not other.absent
        if not self.open:
            left = frozenset(text for text in self.values if not other.fits(text))
            return (Texts(absent, left),) if absent or left else ()
        parts = [Texts(absent)] if absent else []
        rest = replace(self, absent=False)
        if not other.open:
            parts.append(replace(rest, values=self.values | other.values))
            return tuple(part for part in parts if not part.is_empty)
        again = frozenset(text for text in other.values if self.fits(text))
        if again:
            parts.append(Texts(absent=False, values=again))
        rest = replace(rest, values=self.values | other.values)
        for mark in other.having - self.having:
            parts.append(replace(rest, lacking=rest.lacking | {mark}))
            rest = replace(rest, having=rest.having | {mark})
        for mark in other.lacking - self.lacking:
            parts.append(replace(rest, having=rest.having | {mark}))
            rest = replace(rest, lacking=rest.lacking | {mark})
        return tuple(part for part in parts if not part.is_empty)

    def samples(self, wanted: tuple[str, ...] = ()) -> Iterator[str]:
        """Give some of the texts, likely ones first; of a small set all.

        Args:
            wanted: Texts that a reader would expect for this fact; used where they fit.
        """
        if not self.open:
            yield from sorted(self.values)
            return
        plain = (*wanted, "another", *(f"another {number}" for number in range(2, 5)))
        built = texts_with(self.having) if self.having else iter(())
        # As many marks left out as there are letters cannot hide all of these.
        strange = (letter * 3 for letter in "zqxjvkwy")
        for text in chain(built, plain, strange, _beyond(self.values)):
            folded = text.casefold()
            if folded and self.fits(folded):
                yield folded


def _beyond(values: frozenset[str]) -> Iterator[str]:
    """Give texts that are longer than all that are left out."""
    longest = max(map(len, values), default=0) + 1
    yield "z" * longest
