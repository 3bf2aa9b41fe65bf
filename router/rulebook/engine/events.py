"""Which of many texts a text is, begins or ends with, or contains; and which patterns occur."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from router.rulebook.engine.operands import Search, raw, search
from router.rulebook.engine.shape import Atom
from router.rulebook.model import RuleBook

#: A mask of rules without its lowest zeros: how many there are, and the rest.
Packed = tuple[int, int]

#: So many parts are looked for one by one; more are looked for all at once.
_FEW_PARTS = 8
#: Members of lists that are told apart like texts; beyond, lists are asked one by one.
_MANY_MEMBERS = 200_000
#: So many beginnings may look alike once they are cut to the length of shorter ones.
ALIKE = 4


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
    #: Parts, or patterns, that are looked for all at once.
    many_parts: "Many | None"
    patterns: "Many | None"
    #: By kind: the share of texts to which one thing of the kind is thought to happen.
    share: Mapping[str, float]

    @property
    def only_exact(self) -> bool:
        """Return whether whole texts are all that counts."""
        looked_for = self.parts or self.many_parts or self.patterns
        return not (self.starts or self.ends or self.lists or looked_for)

    @property
    def cost(self) -> float:
        """Return what looking costs, in rules that could be judged meanwhile."""
        looks = len(self.starts) + len(self.ends) + len(self.lists) + len(self.parts)
        at_once = (self.many_parts is not None) + (self.patterns is not None)
        return 0.5 + 0.25 * looks + 6 * at_once

    def __bool__(self) -> bool:
        """Return whether anything can happen at all."""
        return bool(self.exact) or not self.only_exact

    def hits(self, text: str) -> int:
        """Return the rules to which a text makes a difference.

        Args:
            text: As it was written.
        """
        folded = text.casefold()
        found = 0
        hit = self.exact.get(folded)
        if hit is not None:
            found = hit[1] << hit[0]
        if self.starts or self.ends:
            found |= self._ended(folded)
        for members, hit in self.lists:
            if folded in members:
                found |= hit[1] << hit[0]
        for part, hit in self.parts:
            if part in folded:
                found |= hit[1] << hit[0]
        if self.many_parts is not None:
            found |= self.many_parts.hits(raw(folded))
        if self.patterns is not None:
            found |= self.patterns.hits(raw(text))
        return found

    def _ended(self, folded: str) -> int:
        found = 0
        for length, table in self.starts:
            hit = table.get(folded[:length])
            if hit is not None:
                found |= hit[1] << hit[0]
        for length, table in self.ends:
            hit = table.get(folded[-length:])
            if hit is not None:
                found |= hit[1] << hit[0]
        return found


class Many:
    """Patterns that are looked for all at once."""

    __slots__ = ("_hits", "_search", "_unsure")

    def __init__(self, hits: Sequence[Packed], search: Search | None) -> None:
        """Keep what each pattern means.

        Args:
            hits: Of each pattern, in the order of their numbers, which count from 1.
            search: Looks for them; None when there is no looking for so many at once.
        """
        self._hits = (packed(()), *hits)
        self._search = search
        self._unsure = 0
        for low, rest in hits:
            self._unsure |= rest << low

    def hits(self, text: bytes) -> int:
        """Return the rules of the patterns that occur in a text; of all of them when in doubt.

        Args:
            text: In UTF-8.
        """
        numbers = self._search(text) if self._search is not None else None
        if not numbers:
            return self._unsure
        found = 0
        for number in numbers:
            low, rest = self._hits[number]
            found |= rest << low
        return found


def catch(rules: Mapping[Atom, Sequence[int]], book: RuleBook, *, loosely: bool = False) -> Caught:
    """Sort atoms so that all that happen to a text are found at once.

    Args:
        rules: Atom to the places of the rules it makes a difference to.
        book: Its lists.
        loosely: Whether a text may be said to make a difference where it makes none.
    """
    by_kind: dict[str, dict[str, Packed]] = {}
    affixes: dict[str, dict[str, Sequence[int]]] = {"starts": {}, "ends": {}}
    for (kind, text), positions in rules.items():
        if kind in affixes:
            affixes[kind][text] = positions
        else:
            by_kind.setdefault(kind, {})[text] = packed(positions)
    exact = by_kind.get("is", {}) | by_kind.get("has", {})
    few = len(exact)
    lists = [
        (book.lists.get(name, frozenset()), hit) for name, hit in by_kind.get("list", {}).items()
    ]
    if sum(len(members) for members, _ in lists) <= _MANY_MEMBERS:
        for members, hit in lists:
            for member in members:
                exact[member] = _both(exact[member], hit) if member in exact else hit
        lists = []
    parts = by_kind.get("contains", {})
    many_parts = _many(parts, plain=True) if len(parts) > _FEW_PARTS else None
    alike = ALIKE if loosely else 0
    return Caught(
        exact=exact,
        starts=_packed(by_length(affixes["starts"], beginning, alike)),
        ends=_packed(by_length(affixes["ends"], ending, alike)),
        lists=lists,
        parts=() if many_parts is not None else tuple(parts.items()),
        many_parts=many_parts,
        patterns=_many(by_kind["matches"], plain=False) if "matches" in by_kind else None,
        share={
            "is": 1 / (1 + few),
            "has": min(1.0, 3 / (1 + few)),
            "starts": 1 / (1 + len(affixes["starts"])),
            "ends": 1 / (1 + len(affixes["ends"])),
            "list": 0.1,
            "contains": 1 / (1 + len(parts)),
            "matches": 1 / (1 + len(by_kind.get("matches", {}))),
        },
    )


def packed(positions: Iterable[int]) -> Packed:
    """Return a mask of a few rules, in little room wherever they stand.

    >>> packed((1000, 1002)), packed(())
    ((1000, 5), (0, 0))

    Args:
        positions: Places of rules in the phase.
    """
    each = list(positions)
    lowest = min(each, default=0)
    found = 0
    for position in each:
        found |= 1 << (position - lowest)
    return lowest, found


def _packed(
    tables: Iterable[tuple[int, Mapping[str, Iterable[int]]]],
) -> tuple[tuple[int, dict[str, Packed]], ...]:
    return tuple(
        (length, {text: packed(places) for text, places in table.items()})
        for length, table in tables
    )


def _both(one: Packed, other: Packed) -> Packed:
    lowest = min(one[0], other[0])
    return lowest, one[1] << (one[0] - lowest) | other[1] << (other[0] - lowest)


def by_length(
    texts: Mapping[str, Iterable[int]], cut: Callable[[str, int], str], alike: int
) -> tuple[tuple[int, dict[str, list[int]]], ...]:
    """Sort beginnings, or endings, by length.

    Those that are still told apart when they are cut to a shorter length are kept with the
    shorter ones, for every length costs a look.

    >>> by_length({"ab": [1], "abc": [2], "xyz": [3]}, lambda text, length: text[:length], 1)
    ((2, {'ab': [1]}), (3, {'abc': [2], 'xyz': [3]}))
    >>> by_length({"ab": [1], "xyz": [3]}, lambda text, length: text[:length], 1)
    ((2, {'ab': [1], 'xy': [3]}),)

    Args:
        texts: Each with the places of its rules. An empty one is in every text, and asks nothing.
        cut: Cuts a text to a length.
        alike: How many may look the same once they are cut; 0 when none may be cut.
    """
    found: list[tuple[int, dict[str, list[int]], Counter[str]]] = []
    for length, group in _lengths(texts):
        for kept, _, seen in found:
            short = Counter(cut(text, kept) for text in group)
            if max((seen + short).values()) <= alike:
                break
        else:
            kept = length
            found.append((length, {}, Counter()))
        _, table, seen = next(each for each in found if each[0] == kept)
        for text in group:
            seen[cut(text, kept)] += 1
            table.setdefault(cut(text, kept), []).extend(texts[text])
    return tuple((length, table) for length, table, _ in found)


def beginning(text: str, length: int) -> str:
    """Return the first letters of a text."""
    return text[:length]


def ending(text: str, length: int) -> str:
    """Return the last letters of a text; at least one."""
    return text[-length:]


def _lengths(texts: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Give texts by length, the shortest first, without the empty one."""
    by_length: dict[int, list[str]] = {}
    for text in texts:
        if text:
            by_length.setdefault(len(text), []).append(text)
    yield from sorted(by_length.items())


def _many(hits: Mapping[str, Packed], *, plain: bool) -> Many:
    """Look for many patterns of RE2, or plain parts of folded texts, at once."""
    return Many(tuple(hits.values()), search(hits, plain=plain))
