"""Words that look like other words: letters of another script, names that are easily mixed up.

What mixes scripts within a word, or holds what is not seen, is refused when a book is read; here
is what can only be suspected.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from router.lead.facts import FACTS, FactType
from router.rulebook.analysis.codes import found
from router.rulebook.analysis.finding import Finding
from router.rulebook.analysis.places import Places
from router.rulebook.engine.shape import comparisons
from router.rulebook.model import RuleBook
from router.rulebook.rule import Operator, Place

#: Small letters of Cyrillic, Greek and Armenian that look like a Latin one, and which.
_LATIN: Mapping[str, str] = {
    "\u0430": "a", "\u0435": "e", "\u043e": "o", "\u0440": "p", "\u0441": "c", "\u0443": "y",
    "\u0445": "x", "\u0455": "s", "\u0456": "i", "\u0458": "j", "\u04bb": "h", "\u04cf": "l",
    "\u0501": "d", "\u051b": "q", "\u051d": "w", "\u0475": "v", "\u04af": "y", "\u0261": "g",
    "\u03b1": "a", "\u03bf": "o", "\u03c1": "p", "\u03bd": "v", "\u03b9": "i", "\u03c5": "u",
    "\u03ba": "k", "\u03c7": "x", "\u03f2": "c", "\u03f3": "j",
    "\u0585": "o", "\u057d": "u", "\u0570": "h", "\u0578": "n", "\u0581": "g",
}  # fmt: skip
#: Shorter words may well be words of that script.
_SHORTEST = 3
_WORD = re.compile(r"[^\W\d_]+")
#: Marks that turn the direction of writing, so that a line is not read as it is written.
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_TEXTS = (FactType.TEXT, FactType.CODE, FactType.LIST)
#: Groups of small letters that look alike, in names that may hold only plain ones.
_ALIKE = (("rn", "m"), ("vv", "w"), ("0", "o"), ("1", "l"), ("_", "-"))


def look_alikes(book: RuleBook, places: Places) -> Iterator[Finding]:
    """Give the words of a book that deceive the eye.

    Args:
        book: The book.
        places: Where its things stand.
    """
    for path, text in sorted(book.files.items()):
        yield from _turned(path, text)
    for word, place in _words(book, places):
        plain = latin(word)
        if plain:
            yield found(
                "look-alike",
                place,
                f"'{word}' is written in letters that look like '{plain}' but are others:"
                f" {_named(word)}",
                "Type it anew, do not paste it.",
            )
    yield from _mixed_names(book, places)


def _turned(path: str, text: str) -> Iterator[Finding]:
    if not _TURNING.search(text):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if seen := _TURNING.search(line):
            yield found(
                "look-alike",
                Place(path, number, seen.start() + 1),
                f"this line holds U+{ord(seen[0]):04X} {unicodedata.name(seen[0])}, which turns"
                " the direction of writing: it may say something else than it shows",
                "Remove the mark.",
            )


def latin(text: str) -> str:
    r"""Return the plain text that another one looks like; "" when it looks like none.

    >>> latin("\u0440\u0430\u0441\u0435.example")
    'pace.example'
    >>> latin("pace.example"), latin("\u0421\u043e\u0447\u0438")
    ('', '')

    Args:
        text: A value, or a part of one.
    """
    if text.isascii():
        return ""
    folded = text.casefold()
    plain = unicodedata.normalize("NFKC", folded)
    if plain != folded and plain.isascii():
        return plain
    strange = [word for word in _WORD.findall(folded) if not word.isascii()]
    alike = [word for word in strange if all(letter in _LATIN for letter in word)]
    if not alike or alike != strange or max(map(len, alike)) < _SHORTEST:
        return ""
    return "".join(_LATIN.get(letter, letter) for letter in folded)


def _named(text: str) -> str:
    strange = dict.fromkeys(letter for letter in text if not letter.isascii())
    first = list(strange)[:3]
    names = [f"U+{ord(each):04X} {unicodedata.name(each, 'without a name')}" for each in first]
    return ", ".join(names) + (", ..." if len(strange) > len(first) else "")


def _words(book: RuleBook, places: Places) -> Iterator[tuple[str, Place]]:
    """Give what leads are compared with, as far as it is not plain."""
    yield from ((word, place) for word, place in _wanted(book) if not word.isascii())
    for name, entries in sorted(book.lists.items()):
        strange = sorted(entry for entry in entries if not entry.isascii())
        yield from ((entry, places.entry(name, entry)) for entry in strange)
    for table in book.tables.values():
        cells = ((cell, row.line) for row in table.rows for cell in row.cells)
        yield from ((cell, Place(table.file, line)) for cell, line in cells if not cell.isascii())


def _wanted(book: RuleBook) -> Iterator[tuple[str, Place]]:
    for test in (
        test for part in book.rules.values() for rule in part for test in comparisons(rule.when)
    ):
        if FACTS[test.fact][0] in _TEXTS and test.operator not in _UNWRITTEN:
            wants = test.want if isinstance(test.want, tuple) else (str(test.want),)
            yield from ((word, test.place) for word in wants)


_UNWRITTEN = frozenset(
    {
        Operator.IN_LIST,
        Operator.NOT_IN_LIST,
        Operator.SAME_AS,
        Operator.MISSING,
        Operator.MATCHES,
    }
)


def _mixed_names(book: RuleBook, places: Places) -> Iterator[Finding]:
    """Give the names that people choose between and may well mix up."""
    for phase, rules in book.rules.items():
        where = {rule.id: rule.place for rule in rules}
        yield from _mixed_up(f"rules of {phase}", where, where.__getitem__)
    for kind, names in (
        ("people", book.people),
        ("pools", book.pools),
        ("queues", book.queues),
        ("sequences", book.sequences),
    ):
        yield from _mixed_up(kind, names, partial(places.of, "teams.yaml", kind))
    yield from _mixed_up("lists", book.lists, lambda name: Place(f"lists/{name}.txt", 1))
    yield from _mixed_up("tables", book.tables, lambda name: book.tables[name].place)


def _mixed_up(
    kind: str, names: Iterable[str], place_of: Callable[[str], Place]
) -> Iterator[Finding]:
    by_shape: dict[str, str] = {}
    for name in names:
        first = by_shape.setdefault(_shape(name), name)
        if first != name:
            yield found(
                "look-alike",
                place_of(name),
                f"of the {kind}, '{name}' looks like '{first}' ({place_of(first)})",
                "Give one of them another name.",
            )


def _shape(name: str) -> str:
    """Return what is equal for names that look alike.

    >>> _shape("team-l") == _shape("team-1"), _shape("team-a") == _shape("team-b")
    (True, False)
    """
    return _replaced(name, _ALIKE)


def _replaced(name: str, pairs: Iterable[tuple[str, str]]) -> str:
    # Between digits a 0 or a 1 is a digit to everybody.
    parts = re.split(r"(\d{2,})", name)
    for place in range(0, len(parts), 2):
        for old, new in pairs:
            parts[place] = parts[place].replace(old, new)
    return "".join(parts)
