"""What came in and what went out, as people look at it: deliveries and actions, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from router.lead.ids import DeliveryId, LeadId
from router.lead.states import ActionState, DeliveryState
from router.store.pages import Order, Place, page
from router.store.tx import Tx


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One webhook request, without its body."""

    id: DeliveryId
    source: str
    state: DeliveryState
    reason: str
    received_at: datetime
    attempts: int
    content_type: str
    #: Size of the body that was kept.
    bytes: int


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One thing to do outside, without what is said."""

    id: UUID
    #: None for a message about a book.
    lead_id: LeadId | None
    kind: str
    destination: str
    key: str
    state: ActionState
    attempts: int
    next_at: datetime
    last_error: str
    created_at: datetime
    ended_at: datetime | None
    #: Status, detail and moment of the destination's answer; None before it came.
    receipt: dict[str, Any] | None


_DELIVERY: Final[LiteralString] = (
    "SELECT id, source, state, reason, received_at, attempts, content_type, length(body)"
    " FROM delivery"
)


def deliveries(  # noqa: PLR0913 - filters and page, by name
    tx: Tx,
    book: str,
    *,
    state: DeliveryState | None = None,
    source: str = "",
    after: Place | None = None,
    limit: int,
) -> list[DeliveryRow]:
    """Return webhook requests, the newest first.

    Args:
        tx: Open transaction.
        book: Which book's.
        state: Only those in this state.
        source: Only those of this source.
        after: Place of the last one of the page before.
        limit: Most to return.
    """
    rows = page(
        tx,
        _DELIVERY,
        where=(("book = %s", book), ("state = %s", state), ("source = %s", source)),
        order=Order("received_at", "id"),
        after=after,
        limit=limit,
    )
    return [_delivery(row) for row in rows]


def delivery(tx: Tx, delivery_id: UUID, *, lock: bool = False) -> DeliveryRow | None:
    """Return one webhook request, without its body; None if there is none.

    Args:
        tx: Open transaction.
        delivery_id: Its id.
        lock: Keep others from changing it until the transaction ends.
    """
    tail: LiteralString = " FOR UPDATE" if lock else ""
    row = tx.row(_DELIVERY + " WHERE id = %s" + tail, (delivery_id,))
    return _delivery(row) if row else None


_ACTION: Final[LiteralString] = (
    "SELECT id, lead_id, kind, destination, key, state, attempts, next_at, last_error, created_at,"
    " ended_at, receipt FROM action"
)


def actions(  # noqa: PLR0913 - filters and page, by name
    tx: Tx,
    *,
    state: ActionState | None = None,
    destination: str = "",
    lead_id: UUID | None = None,
    after: Place | None = None,
    limit: int,
) -> list[ActionRow]:
    """Return what went or shall go out, the newest first.

    Args:
        tx: Open transaction.
        state: Only those in this state.
        destination: Only those to this destination.
        lead_id: Only those of this lead.
        after: Place of the last one of the page before.
        limit: Most to return.
    """
    rows = page(
        tx,
        _ACTION,
        where=(("state = %s", state), ("destination = %s", destination), ("lead_id = %s", lead_id)),
        order=Order("created_at", "id"),
        after=after,
        limit=limit,
    )
    return [_action(row) for row in rows]


def action(tx: Tx, action_id: UUID) -> ActionRow | None:
    """Return one action; None if there is none."""
    row = tx.row(_ACTION + " WHERE id = %s", (action_id,))
    return _action(row) if row else None


def _delivery(row: Sequence[Any]) -> DeliveryRow:
    return DeliveryRow(
        id=DeliveryId(row[0]),
        source=row[1],
        state=DeliveryState(row[2]),
        reason=row[3],
        received_at=row[4],
        attempts=row[5],
        content_type=row[6],
        bytes=row[7],
    )


def _action(row: Sequence[Any]) -> ActionRow:
    return ActionRow(
        id=row[0],
        lead_id=LeadId(row[1]) if row[1] is not None else None,
        kind=row[2],
        destination=row[3],
        key=row[4],
        state=ActionState(row[5]),
        attempts=row[6],
        next_at=row[7],
        last_error=row[8],
        created_at=row[9],
        ended_at=row[10],
        receipt=row[11],
    )
