"""Tables as regions: which leads a row fits, the most specific rows first."""

from dataclasses import dataclass, replace
from hashlib import blake2b

from router.lead.facts import FACTS, FactType
from router.rulebook.model import RuleBook
from router.rulebook.rule import Operator
from router.rulebook.space.box import (
    ROW,
    UNKNOWN_ROW,
    Box,
    Dimension,
    Region,
    Space,
    Values,
    meet,
)
from router.rulebook.space.marks import Mark
from router.rulebook.space.naive import AFTER_CLASSIFY, specificity
from router.rulebook.space.region import absent_of
from router.rulebook.space.texts import Texts
from router.rulebook.table import Row, Table

#: A longer table counts as one question with an unknown answer; its rows are compared apart.
MOST_ROWS = 100
_TEXTS = frozenset({FactType.TEXT, FactType.CODE})


@dataclass(frozen=True, slots=True)
class RowPart:
    """One row of a table, or all of a long one, and which leads it fits."""

    #: None for all rows of a long table.
    row: Row | None
    region: Region
    #: Where it fits, or might if a missing fact were known.
    possible: Region


def row_parts(
    table: Table, space: Space, *, guard: bool = False, whole: bool = False
) -> tuple[RowPart, ...]:
    """Return the rows of a table, the one that wins standing before those it wins over.

    Args:
        table: The table.
        space: All values there are.
        guard: It is asked before the classification.
        whole: Take the table as one question, however short it is.
    """
    hidden = AFTER_CLASSIFY if guard else frozenset()
    spread = all(FACTS[key.fact][0] in _TEXTS and key.fact not in hidden for key in table.keys)
    if whole or not spread or len(table.rows) > MOST_ROWS:
        side = side_of(table)
        fits: Box = {side: Texts(absent=False, values=frozenset({ROW}))}
        might: Box = {side: Texts(absent=False, values=frozenset({ROW, UNKNOWN_ROW}))}
        return (RowPart(None, (fits,), (might,)),)
    rows = sorted(table.rows, key=lambda row: specificity(table, row), reverse=True)
    return tuple(
        RowPart(row, _region(box_of(table, row), space), _region(_may_fit(table, row), space))
        for row in rows
    )


def side_of(table: Table) -> Dimension:
    """Return what stands for the question whether a table has a row for a lead.

    Args:
        table: The table; two with the same keys and cells share it.
    """
    content = blake2b(repr(table.keys).encode(), digest_size=16)
    for row in table.rows:
        content.update(repr(row.cells).encode())
    return ("table", table.id, content.hexdigest())


def box_of(table: Table, row: Row) -> Box:
    """Return the leads that a row fits.

    Args:
        table: The table; its keys are texts.
        row: One of its rows.
    """
    found: dict[Dimension, Values] = {}
    for key, cell in zip(table.keys, row.cells, strict=True):
        if cell:
            found[key.fact] = _cell(cell, prefix=key.prefix)
    return found


def _may_fit(table: Table, row: Row) -> Box:
    found: dict[Dimension, Values] = {}
    for name, values in box_of(table, row).items():
        fits = values if isinstance(values, Texts) else Texts(absent=False)
        found[name] = replace(fits, absent=True)
    return found


def _cell(cell: str, *, prefix: bool) -> Texts:
    if prefix:
        mark = Mark(Operator.STARTS_WITH, cell)
        return Texts(absent=False, open=True, having=frozenset({mark}))
    return Texts(absent=False, values=frozenset({cell}))


def _region(box: Box, space: Space) -> Region:
    every: Box = {name: space.all_of(name) for name in box}
    found = meet(box, every)
    return () if found is None else (found,)


def narrowing(table: Table, space: Space) -> Region:
    """Return values that a key must have for any row of a long table to fit.

    It holds wherever a row fits, but not only there.

    Args:
        table: The table.
        space: All values there are.
    """
    found: dict[Dimension, Values] = {}
    for place, key in enumerate(table.keys):
        cells = {row.cells[place] for row in table.rows}
        if "" in cells or FACTS[key.fact][0] not in _TEXTS:
            continue
        if key.prefix or len(cells) > MOST_ROWS * 20:
            found[key.fact] = space.all_of(key.fact)
            found[key.fact] = _present(found[key.fact], key.fact)
        else:
            found[key.fact] = Texts(absent=False, values=frozenset(cells))
    return _region(found, space)


def _present(every: Values, fact: str) -> Values:
    parts = every.minus(absent_of(fact))  # type: ignore[arg-type]  # one fact, one kind of values
    return parts[0] if parts else every


def table_of(book: RuleBook, name: str) -> Table | None:
    """Return a table of a book.

    Args:
        book: The book.
        name: Its id; empty for none.
    """
    return book.tables.get(name) if name else None
