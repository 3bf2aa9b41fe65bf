"""Replay: a delivery is captured again, an action is sent again, each under its old key.

A lead is replayed by a word of its own; see :func:`router.road.words.replay`.
"""

from uuid import UUID

import structlog

from router.errors import Conflict, NotFound
from router.lead.decision import Decision
from router.lead.delivery import REFUSED_KEEPS
from router.lead.events import Event, EventKind
from router.lead.ids import DeliveryId
from router.lead.states import ActionState, DeliveryState
from router.now import now as read_now
from router.pipeline import StageName
from router.road.batch import write_batch
from router.road.drain import LOCK_TIMEOUT, Road
from router.road.record import Batch, record
from router.store import actions, traffic
from router.store.deliveries import mark
from router.store.leads import lock_leads
from router.store.traffic import ActionRow, DeliveryRow
from router.store.tx import transaction

log = structlog.get_logger()

#: Refusals of a sender who did not prove who they are: those never become leads.
_UNPROVEN = frozenset({"signature_missing", "signature_wrong", "token_missing", "token_wrong"})
#: The signature was good and only its time was not: such a request is kept whole.
_STALE = "timestamp_outside_window"


def replay_delivery(road: Road, delivery_id: UUID, by: str) -> DeliveryRow:
    """Let a delivery be captured again, by the mapping that is active now.

    Its inquiries keep their keys: those that made a lead before update it, and no lead is made
    twice.

    Args:
        road: The runner of this process.
        delivery_id: The delivery.
        by: Who asks for it; kept in the log.

    Returns:
        The delivery, waiting for capture.

    Raises:
        NotFound: There is no such delivery.
        Conflict: It waits for capture already, its sender was never proven, or only a part of it
            was kept.
        Transient: The database could not do it now.
    """
    with transaction(road.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
        found = traffic.delivery(tx, delivery_id, lock=True)
        if found is None:
            raise NotFound(
                f"There is no delivery {delivery_id}. GET /api/deliveries lists the latest."
            )
        _check(found)
        mark(tx, [(DeliveryId(delivery_id), DeliveryState.RECEIVED, "")], reset=True)
        waiting = traffic.delivery(tx, delivery_id)
    road.app.bell.ring(StageName.CAPTURE)
    log.info("delivery_replayed", delivery_id=str(delivery_id), by=by, was=found.state.value)
    return waiting or found


def replay_action(road: Road, action_id: UUID, by: str) -> ActionRow:
    """Send a parked action again, with the same key and the same bytes.

    Args:
        road: The runner of this process.
        action_id: The action.
        by: Who asks for it; kept in the lead's events.

    Returns:
        The action, waiting to be sent.

    Raises:
        NotFound: There is no such action.
        Conflict: It is not parked.
        Transient: The database could not do it now.
    """
    now = read_now()
    with transaction(road.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
        found = traffic.action(tx, action_id)
        if found is None:
            raise NotFound(f"There is no action {action_id}. GET /api/actions lists the latest.")
        lead_id = found.lead_id
        # The lead before its actions, as everywhere.
        lead = lock_leads(tx, [lead_id]).get(lead_id) if lead_id is not None else None
        if not actions.replay(tx, action_id, now):
            raise Conflict(
                f"Action {action_id} is {found.state}; only parked actions can be replayed."
                + (" It is tried again by itself." if found.state is ActionState.PENDING else "")
            )
        data = {
            "action": str(action_id),
            "kind": found.kind,
            "destination": found.destination,
            "key": found.key,
            "attempts": found.attempts,
        }
        if lead is not None:
            batch = Batch(now, road.listeners)
            event = Event(EventKind.ACTION_REPLAYED, data, actor=by)
            record(batch, batch.take(lead), Decision(lead, events=(event,)))
            write_batch(tx, batch)
        waiting = traffic.action(tx, action_id)
    road.app.bell.ring_destinations([found.destination])
    log.info("action_replayed", action_id=str(action_id), by=by)
    return waiting or found


def _check(found: DeliveryRow) -> None:
    if found.state is DeliveryState.RECEIVED:
        raise Conflict(
            f"Delivery {found.id} waits for capture already. If it does not move, look at"
            " `lead-router doctor`."
        )
    if found.state in {DeliveryState.WAITING, DeliveryState.WITHDRAWN}:
        said = "waits for its turn" if found.state is DeliveryState.WAITING else "was undone"
        raise Conflict(
            f"Delivery {found.id} is a row of an import, which {said}. `lead-router imports` shows"
            " the imports; import the file again to bring undone rows back."
        )
    if found.state is not DeliveryState.REFUSED:
        return
    if found.reason in _UNPROVEN:
        raise Conflict(
            f"Delivery {found.id} was refused ({found.reason}): nobody proved that it came from"
            f" {found.source}. Correct the secret and let the sender send it again."
        )
    if found.bytes >= REFUSED_KEEPS and found.reason != _STALE:
        raise Conflict(
            f"Of delivery {found.id} only the first {REFUSED_KEEPS} bytes were kept when it was"
            " refused. Let the sender send it again."
        )
