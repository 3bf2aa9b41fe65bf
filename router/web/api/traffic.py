"""What came in and what went out, and both again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from router.road.replay import replay_action, replay_delivery
from router.store import traffic
from router.store.tx import transaction
from router.web.api.access import Admin, Reader, TheRoad
from router.web.api.asked import ActionQuery, DeliveryQuery, Replay
from router.web.api.cursor import cut, read_cursor
from router.web.api.told import ActionTold, DeliveryTold, Page

router = APIRouter(prefix="/api", tags=["traffic"])


@router.get("/deliveries")
def list_deliveries(
    road: TheRoad, _caller: Reader, asked: Annotated[DeliveryQuery, Query()]
) -> Page[DeliveryTold]:
    """List webhook requests, the newest first."""
    with transaction(road.app.engine) as tx:
        found = traffic.deliveries(
            tx,
            road.app.settings.book,
            state=asked.state,
            source=asked.source,
            after=read_cursor(asked.cursor),
            limit=asked.limit + 1,
        )
    shown, last = cut(found, asked.limit, lambda row: (row.received_at, row.id))
    return Page[DeliveryTold](items=[DeliveryTold.model_validate(row) for row in shown], next=last)


@router.post("/deliveries/{delivery_id}/replay")
def again_delivery(road: TheRoad, caller: Admin, delivery_id: UUID, body: Replay) -> DeliveryTold:
    """Capture a delivery again, by the mapping that is active now; no lead is made twice."""
    found = replay_delivery(road, delivery_id, body.by or caller.name)
    return DeliveryTold.model_validate(found)


@router.get("/actions")
def list_actions(
    road: TheRoad, _caller: Reader, asked: Annotated[ActionQuery, Query()]
) -> Page[ActionTold]:
    """List what went or shall go out, the newest first."""
    with transaction(road.app.engine) as tx:
        found = traffic.actions(
            tx,
            state=asked.state,
            destination=asked.destination,
            lead_id=asked.lead,
            after=read_cursor(asked.cursor),
            limit=asked.limit + 1,
        )
    shown, last = cut(found, asked.limit, lambda row: (row.created_at, row.id))
    return Page[ActionTold](items=[ActionTold.model_validate(row) for row in shown], next=last)


@router.post("/actions/{action_id}/replay")
def again_action(road: TheRoad, caller: Admin, action_id: UUID, body: Replay) -> ActionTold:
    """Send a parked action again, under the same key and with the same bytes."""
    found = replay_action(road, action_id, body.by or caller.name)
    return ActionTold.model_validate(found)
