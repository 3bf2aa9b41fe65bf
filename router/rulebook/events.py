"""Which of many texts a text is, begins or ends with, contains, or stands on a list with."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import re2

from router.rulebook.model import RuleBook
from router.rulebook.operands import raw
from router.rulebook.shape import Atom

#: A mask of rules without its lowest zeros: how many there are, and the rest.
Packed = tuple[int, int]

#: So many parts are looked for one by one; of more, one pattern first tells if there is any.
_FEW_PARTS = 16
#: More than so many are not told apart, when no pattern could be made of them.
_MANY_PARTS = 256


@dataclass(frozen=True, slots=True)
class Caught:
    """Rules by what happens to a text; every text is folded."""

    #: Of texts; also of the items of a list.
    exact: Mapping[str, Packed]
    #: Lengths, and for each the beginnings, or endings, of that length.
    starts: Sequence[tuple[int, Mapping[str, Packed]]]
    ends: Sequence[tuple[int, Mapping[str, Packed]]]
    lists: Sequence[tuple[frozenset[str], Packed]]
    parts: Sequence[tuple[str, Packed]]
    #: Tells whether any of the parts is in a text; None when they are asked one by one.
    any_part: Callable[[bytes], object] | None
    #: By kind: the share of texts to which one thing of the kind is thought to happen.
    share: Mapping[str, float]

    @property
    def only_exact(self) -> bool:
        """Return whether whole texts are all that counts."""
        return not (self.starts or self.ends or self.lists or self.parts)

    @property
    def costly(self) -> bool:
        """Return whether the parts are so many that looking for them takes its time."""
        return len(self.parts) > _FEW_PARTS

    def __bool__(self) -> bool:
        """Return whether anything can happen at all."""
        return bool(self.exact) or not self.only_exact

    def hits(self, text: str) -> int:
        """Return the rules to which a text makes a difference.

        Args:
            text: Folded.
        """
        found = 0
        hit = self.exact.get(text)
        if hit is not None:
            found = hit[1] << hit[0]
        if self.starts or self.ends:
            found |= self._affixes(text)
        for members, hit in self.lists:
            if text in members:
                found |= hit[1] << hit[0]
        if self.parts and (self.any_part is None or self.any_part(raw(text)) is not None):
            for part, hit in self.parts:
                if part in text:
                    found |= hit[1] << hit[0]
        return found

    def _affixes(self, text: str) -> int:
        found = 0
        for length, table in self.starts:
            hit = table.get(text[:length])
            if hit is not None:
                found |= hit[1] << hit[0]
        for length, table in self.ends:
            hit = table.get(text[-length:])
            if hit is not None:
                found |= hit[1] << hit[0]
        return found


def catch(rules: Mapping[Atom, Sequence[int]], book: RuleBook) -> Caught:
    """Sort atoms so that all that happen to a text are found at once.

    Args:
        rules: Atom to the places of the rules it makes a difference to.
        book: Its lists.
    """
    by_kind: dict[str, dict[str, Packed]] = {}
    for (kind, text), positions in rules.items():
        by_kind.setdefault(kind, {})[text] = packed(positions)
    exact = by_kind.get("is", {}) | by_kind.get("has", {})
    parts = tuple(by_kind.get("contains", {}).items())
    any_part = _any_of([part for part, _ in parts]) if len(parts) > _FEW_PARTS else None
    if len(parts) > _MANY_PARTS and any_part is None:
        # All of them, whatever the text: the rules are judged exactly instead.
        together = packed(
            {at for atom, each in rules.items() if atom.kind == "contains" for at in each}
        )
        parts = (("", together),)
    starts, ends = (_by_length(by_kind.get(kind, {})) for kind in ("starts", "ends"))
    return Caught(
        exact=exact,
        starts=starts,
        ends=ends,
        lists=tuple(
            (book.lists.get(name, frozenset()), hit)
            for name, hit in by_kind.get("list", {}).items()
        ),
        parts=parts,
        any_part=any_part,
        share={
            "is": 1 / (1 + len(exact)),
            "has": min(1.0, 3 / (1 + len(exact))),
            "starts": 1 / (1 + len(by_kind.get("starts", {}))),
            "ends": 1 / (1 + len(by_kind.get("ends", {}))),
            "list": 0.1,
            "contains": 0.1,
        },
    )


def packed(positions: Iterable[int]) -> Packed:
    """Return a mask of a few rules, in little room wherever they stand.

    >>> packed((1000, 1002))
    (1000, 5)

    Args:
        positions: Places of rules in the phase; at least one.
    """
    each = list(positions)
    lowest = min(each)
    found = 0
    for position in each:
        found |= 1 << (position - lowest)
    return lowest, found


def _by_length(texts: Mapping[str, Packed]) -> tuple[tuple[int, Mapping[str, Packed]], ...]:
    found: dict[int, dict[str, Packed]] = {}
    for text, hit in texts.items():
        if text:
            found.setdefault(len(text), {})[text] = hit
    return tuple(sorted(found.items()))


def _any_of(parts: Sequence[str]) -> Callable[[bytes], object] | None:
    """Return a search for any of many texts; None when they are too many for a pattern."""
    options = re2.Options()
    options.log_errors = False
    try:
        made = re2.compile("|".join(re2.escape(part) for part in parts), options)
    except re2.error:
        return None
    search: Callable[[bytes], object] = made.search
    return search
