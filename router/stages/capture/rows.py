"""The rows of a file of leads, each as the JSON object that a source's mapping reads. Pure."""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import orjson

from router.errors import Rejected
from router.lead.delivery import Delivery
from router.rulebook.model import Source
from router.stages.capture.decide import Parsed, prepare
from router.stages.capture.items import Item
from router.stages.capture.parse import clean_text, parse_body

#: Most rows of one file.
MAX_ROWS = 100_000
#: Largest row, in bytes.
MAX_ROW = 256 * 1024

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SEPARATORS = (",", ";", "\t", "|")


class Format(StrEnum):
    """How a file of leads is written."""

    #: A line of names, then a line for each lead; commas, semicolons, tabs or bars between them.
    CSV = "csv"
    #: One JSON object a line.
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file."""

    #: Its line in the file, from 1; of several lines its last.
    line: int
    #: A JSON object; of a row that cannot be used, what stands there.
    body: bytes
    #: Why it cannot be used; empty when it can.
    problem: str = ""


def read_rows(data: bytes, form: Format) -> Iterator[Row]:
    r"""Read a file row by row; lines without content are passed over.

    A cell of a CSV file becomes a text under the name in the first line; an empty one is left out.

    >>> [row.body for row in read_rows(b"Email;Name\nann@example.com;Ann\n;\n", Format.CSV)]
    [b'{"Email":"ann@example.com","Name":"Ann"}']
    >>> [(row.line, row.problem) for row in read_rows(b'{"a": 1}\n[1\n', Format.JSONL)]
    [(1, ''), (2, "The body is not JSON (Expecting ',' delimiter, line 1 column 3).")]

    Args:
        data: The file, in UTF-8, UTF-16 with its mark, or Windows-1252.
        form: How it is written.

    Raises:
        Rejected: It is no such file, or has too many rows.
    """
    text = _decoded(data)
    found = _csv_rows(text) if form is Format.CSV else _json_rows(text)
    for number, row in enumerate(found):
        if number >= MAX_ROWS:
            raise Rejected(
                f"The file has more than {MAX_ROWS} rows. Split it.", status=413, code="too_large"
            )
        large = len(row.body) > MAX_ROW and not row.problem
        yield Row(row.line, row.body, f"The row is larger than {MAX_ROW} bytes.") if large else row


def read_row(delivery: Delivery, source: Source) -> tuple[Item | None, str]:
    """Read one row by a source's mapping; return what it says, or why it is no lead.

    Args:
        delivery: The row as it would be stored.
        source: Whose mapping reads it.

    Raises:
        Misconfigured: A path of the source cannot be read.
    """
    parsed = prepare(delivery, source)
    problem = _problem(parsed, source)
    return (None, problem) if problem else (parsed.items[0], "")


def row_key(name: str, body: bytes) -> bytes:
    """Return what names a row: its content, in an import of that name.

    >>> row_key("Fair", b'{"a":1,"b":2}') == row_key("Fair", b'{"b": 2, "a": 1}')
    True

    Args:
        name: Of the import.
        body: The row, a JSON object.
    """
    content = orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(b"import\0" + name.encode() + b"\0" + content).digest()


def _problem(parsed: Parsed, source: Source) -> str:
    if not parsed.items:
        return parsed.refused or parsed.ignored
    if len(parsed.items) > 1:
        return f"The row holds {len(parsed.items)} inquiries. Give each a row of its own."
    if parsed.items[0].values.keys() <= source.constants.keys():
        return f"The mapping of the source {source.id} reads nothing of it."
    return ""


def _decoded(data: bytes) -> str:
    if data.startswith(_UTF16):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        # Windows-1252 is what spreadsheets write where they do not write UTF-8.
        encodings = ("utf-8-sig", "windows-1252")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Rejected("The file is not text. Save it as CSV or JSONL in UTF-8.", code="charset")


def _json_rows(text: str) -> Iterator[Row]:
    # Not str.splitlines: JSON may hold the other line ends of Unicode as they are.
    for line, content in enumerate(text.split("\n"), start=1):
        raw = content.strip().encode()
        if not raw:
            continue
        try:
            found = parse_body(raw, "application/json")
        except Rejected as error:
            yield Row(line, raw, str(error))
            continue
        if isinstance(found, dict):
            yield Row(line, orjson.dumps(found))
        else:
            yield Row(line, raw, "The row is a list. Write one JSON object a line.")


def _csv_rows(text: str) -> Iterator[Row]:
    first = text.partition("\n")[0]
    # The first of them that stands most often in the line of names.
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    names = _names(reader)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(reader.line_num, b"", f"The row is not CSV ({error}).")
            continue
        values = [clean_text(cell).strip() for cell in cells]
        if not any(values):
            continue
        given = {name: value for name, value in zip(names, values, strict=False) if value}
        problem = ""
        if any(values[len(names) :]):
            problem = f"The row has {len(cells)} cells, and the first line {len(names)} names."
        yield Row(reader.line_num, orjson.dumps(given), problem)


def _names(reader: Iterator[list[str]]) -> list[str]:
    """Read the line of names."""
    try:
        cells = [clean_text(cell).strip() for cell in next(reader, [])]
    except csv.Error as error:
        raise Rejected(f"The file is not CSV ({error}).", code="not_csv") from error
    while cells and not cells[-1]:
        cells.pop()
    if not cells:
        raise Rejected("The file is empty: its first line must name the columns.", code="not_csv")
    twice = sorted({name for name in cells if name and cells.count(name) > 1})
    if twice:
        raise Rejected(
            f"Columns have the same name: {', '.join(twice)[:200]}. Name each once.", code="not_csv"
        )
    return [name or f"column {place}" for place, name in enumerate(cells, start=1)]
