"""Accounts as somebody outside tells them: the rows of a CSV file, and what is wrong with them."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain

from router.errors import Rejected
from router.stages.clean.text import tidy

#: What a row may say; of others the file's report names the columns.
COLUMNS = (
    *("key", "name", "domains", "owner", "opportunity_owner", "named", "country", "active_at"),
    "contacts",
)
_NEEDED = ("key", "name")
_APART = re.compile(r"[\s;,|]+")
_TRUTHS = {
    **dict.fromkeys(("true", "yes", "y", "1", "x"), True),
    **dict.fromkeys(("false", "no", "n", "0", ""), False),
}


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about one row that whoever sent it should know."""

    #: Where the row begins in the file, counted from 1; in a list its place, from 1.
    line: int
    #: The row's account; empty where the row does not say it.
    key: str
    problem: str


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account as it was told; nothing of it was judged yet but what its type says."""

    line: int
    key: str
    name: str
    domains: tuple[str, ...] = ()
    #: A person's id or e-mail address; empty for nobody.
    owner: str = ""
    opportunity_owner: str = ""
    named: bool = False
    #: A code or a name, as typed.
    country: str = ""
    active_at: datetime | None = None
    contacts: tuple[str, ...] = ()
    #: What could not be read and was left out.
    noticed: tuple[str, ...] = ()


@dataclass(slots=True)
class AccountFile:
    """A CSV file of accounts, read row by row."""

    lines: Iterable[str]
    #: Columns of the file that mean nothing here; known once a row was read.
    ignored: tuple[str, ...] = ()
    #: The line that was read last, with its end.
    _last: str = field(default="", init=False, repr=False)

    def rows(self) -> Iterator[AccountRow | Remark]:
        """Give the rows in the order of the file; for one that is none, what is wrong with it.

        Raises:
            Rejected: The file has no header with the columns that are needed.
        """
        reader = csv.reader(self._noted(), strict=True)
        names = _header(reader)
        self.ignored = tuple(name for name in names if name not in COLUMNS)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                yield Remark(line, "", f"cannot be read as CSV: {error}")
                continue
            if cells is None:
                return
            if not any(cell.strip() for cell in cells):
                continue
            told = dict(zip(names, cells, strict=False))
            if len(cells) > len(names):
                key = tidy(told["key"])
                yield Remark(line, key, f"it has {len(cells)} cells, the header {len(names)}")
            elif len(cells) < len(names) and not self._last.endswith(("\n", "\r")):
                # Where some cells are empty, programs leave them out, but they end the line.
                yield Remark(
                    line, tidy(told.get("key", "")), "the file ends within it: it was cut short"
                )
            else:
                yield _row(line, told)

    def _noted(self) -> Iterator[str]:
        for line in self.lines:
            self._last = line
            yield line


def _header(reader: Iterator[list[str]]) -> list[str]:
    try:
        first = next(reader, [])
    except csv.Error as error:
        raise Rejected(f"The header cannot be read as CSV: {error}.", code="no_csv") from error
    names = [tidy(cell).lower().replace(" ", "_") for cell in first]
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise Rejected(
            f"The first line must name the columns, separated by commas; {' and '.join(missing)}"
            f" is missing. Columns: {', '.join(COLUMNS)}.",
            code="no_header",
        )
    twice = sorted({name for name in names if name in COLUMNS and names.count(name) > 1})
    if twice:
        raise Rejected(f"The column {twice[0]} stands twice in the header.", code="no_header")
    return names


def _row(line: int, told: Mapping[str, str]) -> AccountRow:
    named, active_at = told.get("named", "").strip().lower(), told.get("active_at", "").strip()
    at = _moment(active_at)
    noticed = (
        "" if named in _TRUTHS else "named is neither true nor false; taken as false",
        "active_at is no date or moment (ISO 8601); left out" if active_at and at is None else "",
    )
    return AccountRow(
        line=line,
        key=told.get("key", ""),
        name=told.get("name", ""),
        domains=_several(told.get("domains", "")),
        owner=told.get("owner", ""),
        opportunity_owner=told.get("opportunity_owner", ""),
        named=_TRUTHS.get(named, False),
        country=told.get("country", ""),
        active_at=at,
        contacts=_several(told.get("contacts", "")),
        noticed=tuple(filter(None, noticed)),
    )


def _several(cell: str) -> tuple[str, ...]:
    return tuple(filter(None, _APART.split(cell)))


def _moment(text: str) -> datetime | None:
    """Read a date or a moment; one without a zone is meant in UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def without_mark(lines: Iterable[str]) -> Iterator[str]:
    r"""Give the lines of a file without the byte order mark that some programs begin with.

    >>> list(without_mark(["\ufeffkey,name\n", "A-1,Northwind\n"]))
    ['key,name\n', 'A-1,Northwind\n']
    """
    every = iter(lines)
    return chain((line.removeprefix("\ufeff") for line in [*_one(every)]), every)


def _one(lines: Iterator[str]) -> Iterator[str]:
    first = next(lines, None)
    if first is not None:
        yield first
