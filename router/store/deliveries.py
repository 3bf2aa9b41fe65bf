"""Deliveries: stored before anything is parsed, taken by capture, shown to the operator."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

import psycopg
import sqlalchemy as sa

from router.lead.delivery import Delivery, NewDelivery, Stored
from router.lead.ids import DeliveryId
from router.lead.states import DeliveryState
from router.now import now as read_now
from router.store.tx import Tx, translate

_INSERT: Final[LiteralString] = """
    WITH input AS (
        SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::bytea[], %s::bytea[],
            %s::bytea[], %s::text[], %s::timestamptz[], %s::timestamptz[])
            AS t(id, book, source, key, body, headers, content_type, received_at, expires_at)
    ), keyed AS (
        INSERT INTO delivery_key AS k (book, source, key, delivery_id, expires_at)
        SELECT book, source, key, id, expires_at FROM input ORDER BY book, source, key
        ON CONFLICT (book, source, key) DO UPDATE SET
            delivery_id = CASE WHEN k.expires_at <= %s THEN EXCLUDED.delivery_id
                               ELSE k.delivery_id END,
            expires_at = CASE WHEN k.expires_at <= %s THEN EXCLUDED.expires_at
                              ELSE k.expires_at END
        RETURNING k.book, k.source, k.key, k.delivery_id
    ), kept AS (
        INSERT INTO delivery (id, book, source, state, received_at, body, headers, content_type)
        SELECT i.id, i.book, i.source, 'received', i.received_at, i.body, i.headers,
            i.content_type
        FROM input i JOIN keyed ON keyed.delivery_id = i.id
    )
    SELECT book, source, key, delivery_id FROM keyed
"""
_REFUSED: Final[LiteralString] = """
    INSERT INTO delivery (id, book, source, state, received_at, body, headers, content_type, reason)
    VALUES (%s, %s, %s, 'refused', %s, %s, %s, %s, %s)
"""
_COLUMNS: Final[LiteralString] = (
    "id, book, source, body, content_type, headers, received_at, attempts"
)


class Deliveries:
    """Where intake stores requests: one statement and one commit for a whole batch."""

    def __init__(self, engine: sa.Engine) -> None:
        """Use connections of this pool.

        Args:
            engine: Of this process; a connection is held only during a call.
        """
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")

    def insert(self, rows: Sequence[NewDelivery]) -> Sequence[Stored]:
        """Store a batch durably; it is committed when this returns.

        Args:
            rows: Sorted, each (book, source, key) once.

        Returns:
            For each row, in order, the id under which the delivery is known.

        Raises:
            DataFault: A row cannot be stored; nothing of the batch was.
            Transient: The database could not do it now; nothing of the batch may be relied on.
        """
        kept = [row for row in rows if row.state is DeliveryState.RECEIVED]
        refused = [row for row in rows if row.state is not DeliveryState.RECEIVED]
        try:
            with self._engine.connect() as connection:
                tx = Tx(connection)
                known = self._insert_kept(tx, kept) if kept else {}
                tx.many(_REFUSED, [_refused_row(row) for row in refused])
        except (psycopg.Error, sa.exc.SQLAlchemyError) as error:
            raise translate(error) from error
        return [_stored(row, known) for row in rows]

    @staticmethod
    def _insert_kept(
        tx: Tx, rows: Sequence[NewDelivery]
    ) -> dict[tuple[str, str, bytes], DeliveryId]:
        moment = read_now()
        columns: tuple[list[object], ...] = (
            [row.id for row in rows],
            [row.book for row in rows],
            [row.source for row in rows],
            [row.dedupe_key for row in rows],
            [row.body for row in rows],
            [row.headers for row in rows],
            [row.content_type for row in rows],
            [row.received_at for row in rows],
            [row.received_at + row.remember for row in rows],
        )
        found = tx.rows(_INSERT, (*columns, moment, moment))
        return {(row[0], row[1], bytes(row[2])): DeliveryId(row[3]) for row in found}


def _stored(row: NewDelivery, known: dict[tuple[str, str, bytes], DeliveryId]) -> Stored:
    first = known.get((row.book, row.source, row.dedupe_key), row.id)
    return Stored(first, first == row.id)


def _refused_row(row: NewDelivery) -> tuple[object, ...]:
    return (
        row.id,
        row.book,
        row.source,
        row.received_at,
        row.body,
        row.headers,
        row.content_type,
        row.refused_reason,
    )


def claim_received(tx: Tx, limit: int) -> list[Delivery]:
    """Lock and read deliveries that wait, oldest first; those that failed before are left out."""
    rows = tx.rows(
        "SELECT " + _COLUMNS + " FROM delivery WHERE state = 'received' AND attempts = 0"
        " ORDER BY received_at LIMIT %s FOR UPDATE SKIP LOCKED",
        (limit,),
    )
    return [_delivery(row) for row in rows]


def claim_failed(tx: Tx) -> list[Delivery]:
    """Lock and read one waiting delivery that failed before; it runs alone."""
    rows = tx.rows(
        "SELECT " + _COLUMNS + " FROM delivery WHERE state = 'received' AND attempts > 0"
        " ORDER BY received_at LIMIT 1 FOR UPDATE SKIP LOCKED"
    )
    return [_delivery(row) for row in rows]


def claim_these(tx: Tx, ids: Sequence[DeliveryId]) -> list[Delivery]:
    """Lock and read these deliveries, as far as they still wait and nobody else works on them."""
    rows = tx.rows(
        "SELECT " + _COLUMNS + " FROM delivery WHERE id = ANY(%s) AND state = 'received'"
        " ORDER BY id FOR UPDATE SKIP LOCKED",
        (list(ids),),
    )
    return [_delivery(row) for row in rows]


def read_delivery(tx: Tx, delivery_id: DeliveryId) -> Delivery | None:
    """Read one delivery without a lock; None if there is none."""
    rows = tx.rows("SELECT " + _COLUMNS + " FROM delivery WHERE id = %s", (delivery_id,))
    return _delivery(rows[0]) if rows else None


def mark(
    tx: Tx, changed: Iterable[tuple[DeliveryId, DeliveryState, str]], *, reset: bool = False
) -> None:
    """Write what became of deliveries whose locks the caller holds.

    Args:
        tx: Open transaction.
        changed: Id, new state, and why (empty when there is nothing to explain).
        reset: Forget earlier attempts, for a replay.
    """
    ids, states, reasons = [], [], []
    for delivery_id, state, reason in changed:
        ids.append(delivery_id)
        states.append(state.value)
        reasons.append(reason)
    if ids:
        tx.run(
            "UPDATE delivery SET state = n.state, reason = n.reason,"
            " attempts = CASE WHEN %s THEN 0 ELSE attempts END"
            " FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS n(id, state, reason)"
            " WHERE delivery.id = n.id",
            (reset, ids, states, reasons),
        )


def count_attempt(tx: Tx, ids: Sequence[UUID], reason: str, park_at: int) -> list[DeliveryId]:
    """Add a failed attempt; park those that have spent theirs.

    Returns:
        Those that were counted; deliveries that somebody else holds are left out.
    """
    rows = tx.rows(
        "UPDATE delivery SET attempts = attempts + 1, reason = %s,"
        " state = CASE WHEN attempts + 1 >= %s THEN 'parked' ELSE state END"
        " WHERE id IN (SELECT id FROM delivery WHERE id = ANY(%s) AND state = 'received'"
        "  ORDER BY id FOR UPDATE SKIP LOCKED) RETURNING id",
        (reason, park_at, list(ids)),
    )
    return [DeliveryId(row[0]) for row in rows]


def still_received(tx: Tx, ids: Sequence[UUID]) -> list[DeliveryId]:
    """Return which of these deliveries still wait to be captured. Locks nothing."""
    rows = tx.rows(
        "SELECT id FROM delivery WHERE id = ANY(%s) AND state = 'received'", (list(ids),)
    )
    return [DeliveryId(row[0]) for row in rows]


def forget_keys(tx: Tx, now: datetime, limit: int = 10_000) -> int:
    """Delete dedupe keys whose window has passed; return how many there were."""
    return tx.run(
        "DELETE FROM delivery_key WHERE expires_at <= %s AND (book, source, key) IN"
        " (SELECT book, source, key FROM delivery_key WHERE expires_at <= %s"
        "  ORDER BY book, source, key LIMIT %s FOR UPDATE SKIP LOCKED)",
        (now, now, limit),
    )


def _delivery(row: Sequence[Any]) -> Delivery:
    return Delivery(
        id=DeliveryId(row[0]),
        book=row[1],
        source=row[2],
        body=bytes(row[3]),
        content_type=row[4],
        headers=bytes(row[5]),
        received_at=row[6],
        attempts=row[7],
    )
