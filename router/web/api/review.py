"""Questions to people, and their answers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from router.road.review import answer
from router.store.reviews import reviews
from router.store.tx import transaction
from router.web.api.access import Actor, Reader, TheRoad
from router.web.api.asked import Answer, ReviewQuery
from router.web.api.cursor import cut, read_cursor
from router.web.api.told import LeadTold, Page, ReviewTold, lead_told

router = APIRouter(prefix="/api/review", tags=["review"])


@router.get("")
def list_reviews(
    road: TheRoad, _caller: Reader, asked: Annotated[ReviewQuery, Query()]
) -> Page[ReviewTold]:
    """List questions to people, the one that is due first first."""
    with transaction(road.app.engine) as tx:
        found = reviews(
            tx,
            road.app.settings.book,
            state=asked.state,
            reviewer=asked.reviewer,
            after=read_cursor(asked.cursor),
            limit=asked.limit + 1,
        )
    shown, last = cut(found, asked.limit, lambda row: (row.due_at, row.id))
    return Page[ReviewTold](items=[ReviewTold.model_validate(row) for row in shown], next=last)


@router.post("/{review_id}/answer")
def answer_review(road: TheRoad, _caller: Actor, review_id: UUID, body: Answer) -> LeadTold:
    """Answer a question; a lead that waited for it goes on.

    The answer to a question beside the road (`doubtful_duplicate`) is kept with the lead's events
    and changes nothing else: contacts are not merged.
    """
    return lead_told(answer(road, review_id, body.answer, body.by))
