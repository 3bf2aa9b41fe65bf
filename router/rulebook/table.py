"""The shapes of a table: thousands of rows of one kind, such as territories or named accounts."""

from dataclasses import dataclass

from router.rulebook.rule import Effect, Place


@dataclass(frozen=True, slots=True)
class Key:
    """One column that a lead is looked up by."""

    fact: str
    #: True when the cell is the beginning of the fact's text, as for postcodes.
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what a lead must be, and what it is given then."""

    #: One text per key, case-folded; empty for any value, also an unknown one.
    cells: tuple[str, ...]
    effect: Effect
    #: In the CSV file, counted from 1; the header is line 1.
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the book: ``tables/<id>.yaml`` says what its columns mean, ``.csv`` holds them.

    Of the rows that fit a lead the most specific one counts: the one with more keys filled; of
    two with as many, the one whose filled keys stand further left; then the one whose prefixes
    are longer, the leftmost first. Two rows with equal cells are refused, so there is one answer.
    """

    id: str
    keys: tuple[Key, ...]
    #: What the other columns are called: targets and settings of an effect.
    outputs: tuple[str, ...]
    rows: tuple[Row, ...]
    #: The CSV file's path in the book.
    file: str
    #: Where the table is declared.
    place: Place
