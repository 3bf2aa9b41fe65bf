"""The problems of a book, each with its place, the line itself and what was probably meant."""

from collections.abc import Iterable, Mapping
from io import StringIO

from rapidfuzz import fuzz, process

from router.errors import BookError
from router.rulebook.reading.letters import deception
from router.rulebook.rule import Place

#: Share of equal letters (0-100) from which a known word counts as what was probably meant.
_CLOSE = 65
#: As many words are shown whole when none of them is close.
_SHORT = 12
#: Characters of a line that are shown.
_WIDE = 120


def closest(word: str, known: Iterable[str]) -> str:
    """Return the known word that was probably meant, or "" when none is close.

    >>> closest("cuntry", ["country", "city"])
    'country'
    >>> closest("zzz", ["country"])
    ''

    Args:
        word: What was written.
        known: What could have been meant.
    """
    found = process.extractOne(word, sorted(known), scorer=fuzz.ratio, score_cutoff=_CLOSE)
    return "" if found is None else str(found[0])


class Problems:
    """Collects every problem of a book, so that one reading fixes all."""

    def __init__(self, files: Mapping[str, str]) -> None:
        """Start with none.

        Args:
            files: Path to text of the book's files; a problem quotes its line from there.
        """
        self._files = files
        self._lines: dict[str, list[str]] = {}
        self._found: dict[tuple[str, int, int, str], str] = {}

    def __len__(self) -> int:
        """Return how many problems were found so far."""
        return len(self._found)

    def add(self, place: Place, what: str, *, meant: str = "", advice: str = "") -> None:
        """Note one problem; the same one at the same place is noted once.

        Args:
            place: Where it is.
            what: What is wrong, naming the word that is wrong.
            meant: The word that was probably meant; empty if none is close.
            advice: What to do instead, one sentence.
        """
        parts = [f"{place}: {what}"]
        lines = self._lines_of(place.file)
        if 0 < place.line <= len(lines):
            # Of a very long line only the part around the place is shown.
            start = max(0, place.column - _WIDE // 2) if place.column > _WIDE else 0
            shown = lines[place.line - 1].replace("\t", " ")[start : start + _WIDE].rstrip()
            parts += [f"{place.line:>5} | {shown}", f"      | {' ' * (place.column - 1 - start)}^"]
        if meant:
            parts.append(f"did you mean '{meant}'?")
        if advice:
            parts.append(advice)
        self._found[(place.file, place.line, place.column, what)] = "\n".join(parts)

    def unknown(self, place: Place, kind: str, word: str, known: Iterable[str]) -> None:
        """Note a word that is not one of the known ones.

        Args:
            place: Where it stands.
            kind: What it should name, e.g. ``fact`` or ``pool``.
            word: What was written.
            known: What could have been written; a short list is shown whole.
        """
        words = list(known)
        meant = closest(word, words)
        short = not meant and 0 < len(words) <= _SHORT
        advice = f"Use one of: {', '.join(words)}." if short else ""
        if found := deception(word):
            advice = f"It has {found}."
        self.add(place, f"unknown {kind} '{word}'", meant=meant, advice=advice)

    def _lines_of(self, file: str) -> list[str]:
        """Return the lines of a file, split as the reader of its kind counts them."""
        if file not in self._lines and file in self._files:
            text = self._files[file]
            # YAML breaks lines at marks that CSV takes for text.
            text = StringIO(text, newline=None).read() if file.endswith(".csv") else text
            self._lines[file] = text.split("\n") if file.endswith(".csv") else text.splitlines()
        return self._lines.get(file, [])

    def stop_if_any(self) -> None:
        """Do nothing when the book is sound so far.

        Raises:
            BookError: There are problems; all of them are listed, in the order of the files.
        """
        if self._found:
            raise BookError(tuple(self._found[key] for key in sorted(self._found)))
