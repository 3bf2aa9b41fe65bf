"""The rows of imports: those that wait in a lane, and the leads that came from them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, LiteralString
from uuid import UUID

from router.lead.delivery import NewDelivery
from router.lead.ids import DeliveryId, LeadId
from router.lead.states import IMPORT_UNDONE, DeliveryState
from router.store.tx import Tx

#: How long the same row in an import of the same name counts as known.
REMEMBERED = timedelta(days=366)
_ROWS: Final[LiteralString] = (
    "COPY delivery (id, book, source, state, received_at, body, headers, content_type, reason,"
    " import_id, import_row) FROM STDIN"
)
_KEYS: Final[LiteralString] = """
    INSERT INTO delivery_key AS k (book, source, key, delivery_id, expires_at)
    SELECT %(book)s, %(source)s, key, id, %(until)s
    FROM unnest(%(keys)s::bytea[], %(ids)s::uuid[]) AS t(key, id) ORDER BY key
    ON CONFLICT (book, source, key) DO UPDATE SET
        delivery_id = EXCLUDED.delivery_id, expires_at = EXCLUDED.expires_at
    WHERE k.expires_at <= %(now)s
    RETURNING k.key
"""
_LET_IN: Final[LiteralString] = """
    UPDATE delivery SET state = 'received',
        received_at = %(now)s + (numbered.place - %(rows)s) * interval '1 microsecond'
    FROM (
        SELECT id, row_number() OVER (ORDER BY import_row) AS place FROM (
            SELECT id, import_row FROM delivery WHERE import_id = %(import)s AND state = 'waiting'
            ORDER BY import_row LIMIT %(rows)s FOR UPDATE) AS taken
    ) AS numbered WHERE delivery.id = numbered.id
"""
#: What waits, or was let in and not become a lead yet; also what could not become one.
_TAKE_BACK: Final[LiteralString] = """
    UPDATE delivery SET state = 'withdrawn', reason = %s FROM (
        SELECT id, state FROM delivery WHERE import_id = %s AND state = ANY(%s)
        ORDER BY id LIMIT %s FOR UPDATE) AS taken
    WHERE delivery.id = taken.id RETURNING taken.state, delivery.body
"""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row of the file that is no lead."""

    line: int
    why: str


def keep_keys(
    tx: Tx, book: str, source: str, keys: Sequence[tuple[bytes, DeliveryId]], *, now: datetime
) -> set[bytes]:
    """Remember what rows are called; return the keys that were not known before.

    Waits for another import that brings the same rows at this moment.

    Args:
        tx: Open transaction.
        book: Which book's.
        source: Of the rows.
        keys: Each once, with the id of its delivery.
        now: The time; what was remembered until then is forgotten.
    """
    ordered = sorted(keys)
    values = {
        "book": book,
        "source": source,
        "until": now + REMEMBERED,
        "now": now,
        "keys": [key for key, _ in ordered],
        "ids": [each for _, each in ordered],
    }
    return {bytes(row[0]) for row in tx.rows(_KEYS, values)}


def known_keys(
    tx: Tx, book: str, source: str, keys: Collection[bytes], now: datetime
) -> set[bytes]:
    """Return which of these rows are known already. Locks nothing."""
    rows = tx.rows(
        "SELECT key FROM delivery_key WHERE book = %s AND source = %s AND key = ANY(%s)"
        " AND expires_at > %s",
        (book, source, list(keys), now),
    )
    return {bytes(row[0]) for row in rows}


def forget_rows(tx: Tx, book: str, source: str, keys: Sequence[bytes]) -> None:
    """Forget what rows were called, so that they can be imported again."""
    if keys:
        tx.run(
            # Locked in the order in which an import remembers them.
            "DELETE FROM delivery_key WHERE (book, source, key) IN (SELECT book, source, key"
            " FROM delivery_key WHERE book = %s AND source = %s AND key = ANY(%s)"
            " ORDER BY key FOR UPDATE)",
            (book, source, list(keys)),
        )


def insert_rows(
    tx: Tx, import_id: UUID, rows: Iterable[tuple[int, NewDelivery, DeliveryState]]
) -> None:
    """Write rows of an import in one COPY, each with its line in the file and its state."""
    tx.copy(
        _ROWS,
        (
            (
                each.id,
                each.book,
                each.source,
                state.value,
                each.received_at,
                each.body,
                each.headers,
                each.content_type,
                each.refused_reason,
                import_id,
                line,
            )
            for line, each, state in rows
        ),
    )


def let_in(tx: Tx, import_id: UUID, rows: int, now: datetime) -> int:
    """Let the next rows of an import onto the road, in the order of the file.

    Args:
        tx: Open transaction that holds the import's lock.
        import_id: Its id.
        rows: How many.
        now: From then on they count as received; a microsecond apart, which keeps them in order.

    Returns:
        How many there were.
    """
    return tx.run(_LET_IN, {"now": now, "import": import_id, "rows": rows})


def is_behind(tx: Tx, import_id: UUID, before: datetime) -> bool:
    """Return whether rows that were let in before a moment are still not captured.

    Those that failed do not count: they must not stop all others.
    """
    row = tx.row(
        "SELECT EXISTS (SELECT 1 FROM delivery WHERE state = 'received' AND import_id IS NOT NULL"
        " AND received_at < %s AND import_id = %s AND attempts = 0)",
        (before, import_id),
    )
    return bool(row and row[0])


def take_back(
    tx: Tx, import_id: UUID, states: Collection[DeliveryState], limit: int
) -> list[tuple[DeliveryState, bytes]]:
    """Withdraw rows of an import that are no leads yet; what a worker holds is waited for.

    Args:
        tx: Open transaction.
        import_id: Its id.
        states: Rows in one of these states.
        limit: Most of them.

    Returns:
        What each was before, and its body.
    """
    values = (IMPORT_UNDONE, import_id, [state.value for state in states], limit)
    return [(DeliveryState(row[0]), bytes(row[1])) for row in tx.rows(_TAKE_BACK, values)]


def rows_by_state(tx: Tx, import_id: UUID) -> dict[DeliveryState, int]:
    """Count an import's rows by what became of them. Locks nothing."""
    rows = tx.rows(
        "SELECT state, count(*) FROM delivery WHERE import_id = %s GROUP BY state", (import_id,)
    )
    return {DeliveryState(row[0]): int(row[1]) for row in rows}


def leads_by_state(tx: Tx, import_id: UUID) -> dict[str, int]:
    """Count an import's leads by where they stand. Locks nothing."""
    rows = tx.rows(
        "SELECT l.state, count(*) FROM delivery d JOIN lead l ON l.delivery_id = d.id"
        " WHERE d.import_id = %s GROUP BY l.state ORDER BY l.state",
        (import_id,),
    )
    return {str(row[0]): int(row[1]) for row in rows}


def refused_rows(tx: Tx, import_id: UUID, limit: int) -> list[RefusedRow]:
    """Return rows of an import's file that are no leads, in the order of the file."""
    rows = tx.rows(
        "SELECT import_row, reason FROM delivery WHERE import_id = %s AND state = 'refused'"
        " ORDER BY import_row LIMIT %s",
        (import_id, limit),
    )
    return [RefusedRow(int(row[0]), str(row[1])) for row in rows]


def leads_of_rows(
    tx: Tx, import_id: UUID, after: int, limit: int
) -> tuple[int, dict[LeadId, bytes]]:
    """Return the leads of an import's next rows, in the order of the file. Locks nothing.

    Args:
        tx: Open transaction.
        import_id: Its id.
        after: Line of the last row of the page before; 0 for the first page.
        limit: Rows of a page.

    Returns:
        Line of the last row, the one given when there is no further row; and each lead, with the
        body of the row that made it.
    """
    row = tx.row(
        "SELECT max(import_row) FROM (SELECT import_row FROM delivery WHERE import_id = %s"
        " AND import_row > %s ORDER BY import_row LIMIT %s) AS part",
        (import_id, after, limit),
    )
    if row is None or row[0] is None:
        return after, {}
    found = tx.rows(
        "SELECT l.id, d.body FROM delivery d JOIN lead l ON l.delivery_id = d.id"
        " WHERE d.import_id = %s AND d.import_row > %s AND d.import_row <= %s"
        " ORDER BY d.import_row, l.id",
        (import_id, after, row[0]),
    )
    return int(row[0]), {LeadId(each[0]): bytes(each[1]) for each in found}


def deliveries_of(tx: Tx, import_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Return which of these deliveries are rows of an import. Locks nothing."""
    rows = tx.rows(
        "SELECT id FROM delivery WHERE id = ANY(%s) AND import_id = %s", (list(ids), import_id)
    )
    return {row[0] for row in rows}


def lanes_of(tx: Tx, leads: Collection[UUID]) -> dict[LeadId, str]:
    """Return the lane of each of these leads. Locks nothing."""
    rows = tx.rows(
        "SELECT id, coalesce(body->>'lane', '') FROM lead WHERE id = ANY(%s)", (list(leads),)
    )
    return {LeadId(row[0]): str(row[1]) for row in rows}
