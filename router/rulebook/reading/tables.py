"""Tables: ``tables/<id>.yaml`` says what the columns mean, ``tables/<id>.csv`` holds the rows."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from itertools import islice

from router.lead.facts import FACTS, FactType
from router.rulebook.reading.letters import deception
from router.rulebook.reading.nodes import Node, Scalar
from router.rulebook.reading.reader import CHECKED, ID, Reader
from router.rulebook.reading.rules import SETTINGS, TARGETS
from router.rulebook.rule import PRIORITIES, Effect, Place
from router.rulebook.table import Key, Row, Table

#: Problems of one table that are listed; what was pasted wrongly is wrong in every row.
_MOST = 100
#: What separates several tags in one cell.
_BETWEEN_TAGS = ";"
_MATCHES = ("exact", "prefix")
_KEYED_BY = frozenset({FactType.TEXT, FactType.CODE})


def read_tables(
    reader: Reader, roots: Mapping[str, Node | None], files: Mapping[str, str]
) -> dict[str, Table]:
    """Read every table of a book.

    Args:
        reader: Takes problems, names and references.
        roots: Path to root of the YAML files; None for one that cannot be read.
        files: Path to text of all files.

    Returns:
        Id to table; one with problems has no rows.
    """
    tables = {}
    declared = reader.names.setdefault("table", {})
    for path in files:
        if not path.startswith("tables/"):
            continue
        stem = path.removeprefix("tables/").rsplit(".", 1)[0]
        declared.setdefault(stem, Place(path, 1))
        if path.endswith(".csv") and f"tables/{stem}.yaml" not in files:
            reader.problems.add(
                Place(path, 1),
                f"tables/{stem}.yaml is missing",
                advice="It says what the columns mean: keys and outputs.",
            )
        if not path.endswith(".yaml"):
            continue
        if not ID.fullmatch(stem):
            reader.problems.add(
                Place(path, 1), f"'{stem}' cannot be the name of a table", advice="Rename the file."
            )
        keys, outputs = _columns(reader, roots.get(path))
        rows = f"tables/{stem}.csv"
        if rows not in files:
            reader.problems.add(Place(path, 1), f"{rows} is missing: it holds the rows")
        found = _RowReader(reader, rows, keys, outputs)
        tables[stem] = Table(
            id=stem,
            keys=keys,
            outputs=outputs,
            rows=tuple(found.rows(files[rows])) if rows in files and keys and outputs else (),
            file=rows,
            place=Place(path, 1),
        )
    return tables


def _columns(reader: Reader, root: Node | None) -> tuple[tuple[Key, ...], tuple[str, ...]]:
    """Read what the columns mean; a table whose columns are unclear has none."""
    before = len(reader.problems)
    found = reader.fields(root, "a table", ("keys", "outputs"))
    keys: dict[str, Key] = {}
    for item in reader.items(found.get("keys"), "keys"):
        key = _key(reader, item)
        if key.fact in keys:
            reader.problems.add(item.place, f"'{key.fact}' is a key twice")
        keys[key.fact] = key
    outputs = []
    for item in reader.items(found.get("outputs"), "outputs"):
        output = reader.word(item, "output", (*TARGETS, *SETTINGS))
        if output in outputs:
            reader.problems.add(item.place, f"'{output}' is an output twice")
        outputs.append(output)
    if len(reader.problems) > before:
        return (), ()
    return tuple(keys.values()), tuple(outputs)


def _key(reader: Reader, node: Node) -> Key:
    if isinstance(node, Scalar):
        fact, prefix = reader.text(node), False
    else:
        found = reader.fields(node, "a key", ("field",), ("match",))
        node = found.get("field", node)
        fact = reader.text(found.get("field"))
        prefix = reader.word(found.get("match"), "match", _MATCHES, "exact") == "prefix"
    if fact and fact not in FACTS:
        reader.problems.unknown(node.place, "fact", fact, FACTS)
    elif fact and FACTS[fact][0] not in _KEYED_BY:
        reader.problems.add(
            node.place,
            f"{fact} ({FACTS[fact][0]}) cannot be a key",
            advice="A key is text or a code.",
        )
    return Key(fact, prefix)


@dataclass(slots=True)
class _Cells:
    """One column that is read: cells that were met before need no second look."""

    index: int
    name: str
    #: Cell as written to its value: folded for a key, as it is for an output.
    known: dict[str, str] = field(default_factory=dict)


class _RowReader:
    """Reads the rows of one table. Rows come in thousands: what repeats is looked at once."""

    def __init__(
        self, reader: Reader, file: str, keys: tuple[Key, ...], outputs: tuple[str, ...]
    ) -> None:
        self.reader = reader
        self.problems = reader.problems
        self.file = file
        self.keys = keys
        self.outputs = outputs
        self.limit = len(reader.problems) + _MOST
        self.lines: list[str] = []

    def rows(self, text: str) -> Iterator[Row]:
        """Give the rows; a row with a problem is left out."""
        # A spreadsheet marks its text as UTF-8 by a first character that is not seen.
        text = text.removeprefix("\ufeff")
        self.lines = StringIO(text, newline=None).read().split("\n")
        source = csv.reader(StringIO(text, newline=""), strict=True)
        try:
            header = [cell.strip() for cell in next(source, [])]
            if self._header_fits(header):
                yield from self._body(source, header)
        except csv.Error as error:
            self.problems.add(Place(self.file, source.line_num), f"this is not CSV: {error}")
        if len(self.problems) >= self.limit:
            self.problems.add(
                Place(self.file, len(self.lines) + 1), "there may be more problems in this table"
            )

    def _header_fits(self, header: list[str]) -> bool:
        """Note columns that are missing, unknown or there twice."""
        before = len(self.problems)
        wanted = [*(key.fact for key in self.keys), *self.outputs]
        if len(header) == 1 and ";" in header[0]:
            self.problems.add(Place(self.file, 1), "the cells must be separated by commas")
            return False
        for index, name in enumerate(header):
            if name not in wanted:
                self.problems.unknown(self._place(1, index), "column", name, wanted)
            elif name in header[:index]:
                self.problems.add(self._place(1, index), f"the column '{name}' is there twice")
        for name in wanted:
            if name not in header:
                self.problems.add(Place(self.file, 1), f"the column '{name}' is missing")
        return len(self.problems) == before

    def _body(self, source: Iterator[list[str]], header: list[str]) -> Iterator[Row]:
        width = len(header)
        keys = [(_Cells(header.index(key.fact), key.fact), key) for key in self.keys]
        outputs = [_Cells(header.index(name), name) for name in self.outputs]
        effects: dict[tuple[str, ...], Effect | None] = {}
        seen: dict[tuple[str, ...], int] = {}
        line = 2
        for cells in source:
            # A quoted cell may hold line breaks: the row begins where the last one ended.
            at, line = line, getattr(source, "line_num", line) + 1
            if not cells:
                continue
            if len(self.problems) >= self.limit:
                return
            if len(cells) != width:
                self.problems.add(
                    Place(self.file, at), f"this row has {len(cells)} cells, the header {width}"
                )
                continue
            sought = tuple(
                [
                    known
                    if (known := each.known.get(cells[each.index])) is not None
                    else self._key_cell(each, key, cells[each.index], at)
                    for each, key in keys
                ]
            )
            given = tuple([cells[each.index] for each in outputs])
            if given not in effects:
                effects[given] = self._effect(outputs, given, at)
            effect = effects[given]
            first = seen.setdefault(sought, at)
            if first != at:
                self.problems.add(
                    Place(self.file, at), f"these keys are in line {first} too", advice="Keep one."
                )
            elif effect is not None:
                yield Row(sought, effect, at)

    def _key_cell(self, column: _Cells, key: Key, written: str, line: int) -> str:
        """Check and fold one cell of a key that was not met before."""
        cell = written.strip()
        before = len(self.problems)
        if key.prefix or key.fact not in CHECKED:
            # The beginning of a value need not be a value; of other texts only letters count.
            if deception(cell):
                self.reader.check_letters(cell, self._node(line, column, cell))
        elif cell:
            self.reader.fact_value(key.fact, self._node(line, column, cell))
        folded = cell.casefold()
        if len(self.problems) == before:
            column.known[written] = folded
        return folded

    def _node(self, line: int, column: _Cells, cell: str) -> Scalar:
        return Scalar(self.file, line, self._column(line, column.index), cell, plain=True)

    def _effect(self, columns: list[_Cells], cells: tuple[str, ...], line: int) -> Effect | None:
        """Read the outputs of a row; None when they have a problem."""
        before = len(self.problems)
        said: dict[str, str] = {}
        for column, written in zip(columns, cells, strict=True):
            if cell := written.strip():
                said[column.name] = cell
                self._check_output(column, cell, line)
        if len([name for name in said if name in TARGETS]) > 1:
            self.problems.add(Place(self.file, line), f"one row has two targets: {', '.join(said)}")
        tags = [tag.strip() for tag in said.pop("tags", "").split(_BETWEEN_TAGS)]
        if len(self.problems) > before:
            return None
        return Effect(**said, tags=tuple(tag for tag in tags if tag))

    def _check_output(self, column: _Cells, cell: str, line: int) -> None:
        node = self._node(line, column, cell)
        if column.name == "priority":
            self.reader.word(node, "priority", PRIORITIES)
        elif column.name == "tags":
            self.reader.check_letters(cell, node)
        elif column.name in ("reject", "review"):
            self.reader.code(column.name, node)
        else:
            self.reader.refer(column.name, node)

    def _place(self, line: int, index: int) -> Place:
        return Place(self.file, line, self._column(line, index))

    def _column(self, line: int, index: int) -> int:
        """Return where a cell begins in its line, counted from 1; 1 when the row has several."""
        if not 0 < line <= len(self.lines):
            return 1
        text, at, quoted = self.lines[line - 1], 0, False
        for column, letter in enumerate(text):
            if at == index:
                return column + 1
            if letter == '"':
                quoted = not quoted
            elif letter == "," and not quoted:
                at += 1
        return len(text) + 1 if at == index else 1


def without_target(table: Table) -> tuple[Row, ...]:
    """Return the first rows of a table that name no target, at most ten.

    Args:
        table: Of the book.
    """
    return tuple(islice((row for row in table.rows if not row.effect.target[0]), 10))
