"""What a text may be required to have or to lack: a part, a beginning, an entry of a list."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from router.rulebook.rule import Operator

_O = Operator


@dataclass(frozen=True, slots=True)
class Mark:
    """One question that is asked of a text as a whole, with yes or no for an answer."""

    #: contains, starts_with, ends_with or in_list.
    operator: Operator
    #: The part, or the name of the list.
    want: str
    #: The entries of a list, folded; empty for the others.
    entries: frozenset[str] = frozenset()

    def fits(self, text: str) -> bool:
        """Answer for one text.

        >>> Mark(Operator.STARTS_WITH, "sw1").fits("sw1a 1aa")
        True

        Args:
            text: Case-folded.
        """
        match self.operator:
            case _O.CONTAINS:
                return self.want in text
            case _O.STARTS_WITH:
                return text.startswith(self.want)
            case _O.ENDS_WITH:
                return text.endswith(self.want)
            case _:
                return text in self.entries


def contradict(having: Collection[Mark], lacking: Collection[Mark]) -> bool:
    """Tell whether no text can have all of the one and none of the other.

    >>> contradict([Mark(Operator.STARTS_WITH, "ab")], [Mark(Operator.CONTAINS, "b")])
    True

    Args:
        having: What the text has.
        lacking: What it has not.

    Returns:
        True only when that is certain; lists are not looked into.
    """
    if not having:
        return False
    for mark in having:
        if mark in lacking or any(_implies(mark, other) for other in lacking):
            return True
    starts = [mark.want for mark in having if mark.operator is _O.STARTS_WITH]
    ends = [mark.want for mark in having if mark.operator is _O.ENDS_WITH]
    longest, last = max(starts, key=len, default=""), max(ends, key=len, default="")
    return not all(map(longest.startswith, starts)) or not all(map(last.endswith, ends))


def _implies(has: Mark, other: Mark) -> bool:
    """Tell whether a text that has the one surely has the other."""
    match other.operator:
        case _O.CONTAINS:
            return has.operator in _PARTS and other.want in has.want
        case _O.STARTS_WITH | _O.ENDS_WITH:
            return has.operator is other.operator and other.fits(has.want)
        case _:
            return has.operator is _O.IN_LIST and has.entries <= other.entries


_PARTS = frozenset({_O.CONTAINS, _O.STARTS_WITH, _O.ENDS_WITH})


def texts_with(having: Collection[Mark]) -> Iterator[str]:
    """Build texts that may well have all the marks; whoever takes one must ask the marks.

    >>> next(texts_with([Mark(Operator.ENDS_WITH, ".uk"), Mark(Operator.CONTAINS, "co")]))
    'co.uk'

    Args:
        having: What the text should have.
    """
    lists = [mark.entries for mark in having if mark.operator is _O.IN_LIST]
    if lists:
        shortest = min(len(entries) for entries in lists)
        yield from sorted(next(entries for entries in lists if len(entries) == shortest))
        return
    by_kind = {
        kind: sorted({mark.want for mark in having if mark.operator is kind}, key=len)
        for kind in (_O.STARTS_WITH, _O.CONTAINS, _O.ENDS_WITH)
    }
    start = by_kind[_O.STARTS_WITH][-1] if by_kind[_O.STARTS_WITH] else ""
    end = by_kind[_O.ENDS_WITH][-1] if by_kind[_O.ENDS_WITH] else ""
    for joint in ("", " ", "-", "q7"):
        yield joint.join(part for part in (start, *by_kind[_O.CONTAINS], end) if part)
    if start and end:
        # A text may begin and end with letters that overlap.
        yield from (start + end[size:] for size in range(1, len(end)) if start.endswith(end[:size]))
