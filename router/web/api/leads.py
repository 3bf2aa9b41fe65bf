"""Looking at leads: the list, one lead, its events, and why it went where it went."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import PlainTextResponse, Response

from router.errors import NotFound, Rejected
from router.now import now as read_now
from router.road.explain import Explanation, explain, tell
from router.stages.clean.email import read_email
from router.store import reading
from router.store.leads import read_lead
from router.store.reading import LeadFilter
from router.store.tx import Tx, transaction
from router.web.api.access import Reader, TheRoad
from router.web.api.asked import EventQuery, ExplainQuery, LeadQuery, TaskQuery
from router.web.api.cursor import cut, read_cursor
from router.web.api.told import (
    EventsTold,
    LeadTold,
    Page,
    TaskTold,
    event_told,
    lead_told,
    task_told,
)

router = APIRouter(prefix="/api", tags=["leads"])

#: Seconds in which changes are tried for "what if": others wait for this process meanwhile.
WHAT_IF_S = 0.3


@router.get("/leads")
def list_leads(
    road: TheRoad, _caller: Reader, asked: Annotated[LeadQuery, Query()]
) -> Page[LeadTold]:
    """List leads, the newest first."""
    wanted = _filter(asked)
    with transaction(road.app.engine) as tx:
        found = reading.leads(
            tx,
            road.app.settings.book,
            wanted,
            after=read_cursor(asked.cursor),
            limit=asked.limit + 1,
        )
    shown, last = cut(found, asked.limit, lambda row: (row.received_at, row.id))
    return Page[LeadTold](items=[lead_told(lead) for lead in shown], next=last)


@router.get("/leads/{lead_id}")
def show_lead(road: TheRoad, _caller: Reader, lead_id: UUID) -> LeadTold:
    """Show one lead."""
    with transaction(road.app.engine) as tx:
        lead = read_lead(tx, lead_id)
    if lead is None:
        raise _unknown(lead_id)
    return lead_told(lead)


@router.get("/leads/{lead_id}/events")
def list_events(
    road: TheRoad, _caller: Reader, lead_id: UUID, asked: Annotated[EventQuery, Query()]
) -> EventsTold:
    """List what happened to a lead, in order."""
    with transaction(road.app.engine) as tx:
        _exists(tx, lead_id)
        found = reading.events_of(tx, lead_id, after=asked.after, limit=asked.limit + 1)
    shown = found[: asked.limit]
    return EventsTold(
        items=[event_told(event) for event in shown],
        next=shown[-1].seq if shown != found else None,
    )


@router.get(
    "/leads/{lead_id}/explain",
    response_model=Explanation,
    responses={200: {"content": {"text/plain": {}}}},
)
def explain_lead(
    road: TheRoad,
    _caller: Reader,
    lead_id: UUID,
    asked: Annotated[ExplainQuery, Query()],
) -> Explanation | Response:
    """Explain why a lead went where it went, and what happens next."""
    found = explain(
        road.app, lead_id, person=asked.person, otherwise=asked.what_if, time_s=WHAT_IF_S
    )
    return PlainTextResponse(tell(found)) if asked.format == "text" else found


@router.get("/tasks")
def list_tasks(
    road: TheRoad, _caller: Reader, asked: Annotated[TaskQuery, Query()]
) -> Page[TaskTold]:
    """List what people have to do now: open handoffs, the one that is due first first."""
    with transaction(road.app.engine) as tx:
        found = reading.tasks(
            tx,
            road.app.settings.book,
            person=asked.person,
            now=read_now(),
            after=read_cursor(asked.cursor),
            limit=asked.limit + 1,
        )
    shown, last = cut(found, asked.limit, lambda row: row.place)
    return Page[TaskTold](items=[task_told(task) for task in shown], next=last)


def _filter(asked: LeadQuery) -> LeadFilter:
    mailbox = read_email(asked.email)
    if asked.email and not mailbox.canonical:
        raise Rejected("`email` is not an e-mail address.", code="invalid_request")
    return LeadFilter(
        states=tuple(asked.state),
        owner=asked.owner,
        source=asked.source,
        since=asked.since,
        until=asked.until,
        email=mailbox.canonical,
        email_shared=mailbox.role,
    )


def _exists(tx: Tx, lead_id: UUID) -> None:
    if read_lead(tx, lead_id) is None:
        raise _unknown(lead_id)


def _unknown(lead_id: UUID) -> NotFound:
    return NotFound(f"There is no lead {lead_id}. Look for it with GET /api/leads.")
