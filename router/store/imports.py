"""Imports: files of leads, each in a lane of its own, and how far they have come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from router.lead.states import ImportState
from router.store.pages import Order, Place, page
from router.store.tx import Tx

_COLUMNS: Final[LiteralString] = (
    "id, book, name, source, state, rows, let_in, withdrawn, refused, known, per_hour, calendar,"
    " sla, next_at, accountable_id, by, created_at, ended_at"
)
_SELECT: Final[LiteralString] = "SELECT " + _COLUMNS + " FROM import"
_COPY: Final[LiteralString] = "COPY import (" + _COLUMNS + ") FROM STDIN"


@dataclass(frozen=True, slots=True)
class Import:
    """One file of leads, and how far it has come."""

    id: UUID
    book: str
    name: str
    source: str
    state: ImportState
    #: Rows that were stored to be let in.
    rows: int
    let_in: int
    #: Rows that were taken back before they were let in.
    withdrawn: int
    #: Rows of the file that are no leads; kept, to be looked at.
    refused: int
    #: Rows of the file that an import of this name had brought before.
    known: int
    per_hour: int
    #: Rows are let in within the hours of this calendar of the book; empty for at any time.
    calendar: str
    #: Policy that its leads go by; empty for what the rules say.
    sla: str
    #: When the next portion is due; None when nothing waits.
    next_at: datetime | None
    #: Who answers for the rows that wait.
    accountable: str
    by: str
    created_at: datetime
    ended_at: datetime | None

    @property
    def waiting(self) -> int:
        """Return how many rows still wait to be let in."""
        return self.rows - self.let_in - self.withdrawn


def insert_import(tx: Tx, made: Import) -> None:
    """Write a new import."""
    row = (
        made.id,
        made.book,
        made.name,
        made.source,
        made.state.value,
        made.rows,
        made.let_in,
        made.withdrawn,
        made.refused,
        made.known,
        made.per_hour,
        made.calendar,
        made.sla,
        made.next_at,
        made.accountable,
        made.by,
        made.created_at,
        made.ended_at,
    )
    tx.copy(_COPY, [row])


def read_import(tx: Tx, book: str, import_id: UUID, *, lock: bool = False) -> Import | None:
    """Return an import; None if there is none.

    Args:
        tx: Open transaction.
        book: Which book's.
        import_id: Its id.
        lock: Keep the drip and others from changing it until the transaction ends.
    """
    tail: LiteralString = " FOR UPDATE" if lock else ""
    row = tx.row(_SELECT + " WHERE book = %s AND id = %s" + tail, (book, import_id))
    return _import(row) if row else None


def imports(tx: Tx, book: str, *, after: Place | None = None, limit: int) -> list[Import]:
    """Return a book's imports, the newest first. Locks nothing.

    Args:
        tx: Open transaction.
        book: Which book's.
        after: Place of the last one of the page before.
        limit: Most to return.
    """
    rows = page(
        tx,
        _SELECT,
        where=(("book = %s", book),),
        order=Order("created_at", "id"),
        after=after,
        limit=limit,
    )
    return [_import(row) for row in rows]


def imports_by_prefix(tx: Tx, book: str, typed: str) -> list[UUID]:
    """Return up to two imports whose id begins with what was typed, or that have this name."""
    rows = tx.rows(
        "SELECT id FROM import WHERE book = %s AND (starts_with(id::text, lower(%s)) OR name = %s)"
        " ORDER BY created_at DESC LIMIT 2",
        (book, typed, typed),
    )
    return [row[0] for row in rows]


def due_imports(tx: Tx, book: str, now: datetime, limit: int) -> list[Import]:
    """Lock and return imports whose next portion is due; those that others hold are left out."""
    rows = tx.rows(
        _SELECT + " WHERE book = %s AND state = 'running' AND next_at <= %s"
        " ORDER BY next_at LIMIT %s FOR UPDATE SKIP LOCKED",
        (book, now, limit),
    )
    return [_import(row) for row in rows]


def update_import(tx: Tx, changed: Import) -> None:
    """Write how far an import has come; the caller holds its lock."""
    tx.run(
        "UPDATE import SET state = %s, let_in = %s, withdrawn = %s, per_hour = %s, next_at = %s,"
        " ended_at = %s WHERE id = %s",
        (
            changed.state.value,
            changed.let_in,
            changed.withdrawn,
            changed.per_hour,
            changed.next_at,
            changed.ended_at,
            changed.id,
        ),
    )


def _import(row: Sequence[Any]) -> Import:
    return Import(
        id=row[0],
        book=row[1],
        name=row[2],
        source=row[3],
        state=ImportState(row[4]),
        rows=row[5],
        let_in=row[6],
        withdrawn=row[7],
        refused=row[8],
        known=row[9],
        per_hour=row[10],
        calendar=row[11],
        sla=row[12],
        next_at=row[13],
        accountable=row[14],
        by=row[15],
        created_at=row[16],
        ended_at=row[17],
    )
