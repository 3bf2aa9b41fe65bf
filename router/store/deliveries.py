"""Deliveries that were taken in: claimed by capture, replayed, shown to the operator."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from router.lead.delivery import Delivery
from router.lead.ids import DeliveryId
from router.lead.states import DeliveryState
from router.store.tx import Tx

_COLUMNS: Final[LiteralString] = (
    "id, book, source, body, content_type, headers, received_at, attempts, import_id,"
    " CASE WHEN import_id IS NULL THEN ''"
    " ELSE (SELECT i.sla FROM import i WHERE i.id = import_id) END"
)


def claim_received(tx: Tx, limit: int) -> list[Delivery]:
    """Lock and read deliveries that wait, oldest first; those that failed before are left out.

    Rows of imports come last: whoever fills in a form now waits for none of them.
    """
    rows = tx.rows(
        "SELECT " + _COLUMNS + " FROM delivery WHERE state = 'received' AND attempts = 0"
        " ORDER BY (import_id IS NOT NULL), received_at LIMIT %s FOR UPDATE SKIP LOCKED",
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
        lane=str(row[8]) if row[8] else "",
        lane_sla=row[9],
    )
