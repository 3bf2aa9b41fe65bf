"""The roster, who is away, and how much there is to do."""

from datetime import timedelta

import structlog
from fastapi import APIRouter

from router.now import now as read_now
from router.road.roster import Standing, roster, set_availability
from router.store import reading, waiting
from router.store.tx import transaction
from router.web.api.access import Actor, Reader, TheRoad
from router.web.api.asked import Availability
from router.web.api.told import PeopleTold, PersonTold, StatsTold

router = APIRouter(prefix="/api", tags=["people"])
log = structlog.get_logger()

#: Age from which a lead without an owner counts: the road takes milliseconds.
_OWNED_WITHIN = timedelta(minutes=1)


@router.get("/people")
def list_people(road: TheRoad, _caller: Reader) -> PeopleTold:
    """List the roster: who is there, who is away, and whose turn it is."""
    digest, people = roster(road.app, read_now())
    return PeopleTold(digest=digest, items=[_told(each) for each in people])


@router.post("/people/{person_id}/availability")
def change_availability(
    road: TheRoad, caller: Actor, person_id: str, body: Availability
) -> PersonTold:
    """Say that a person takes no leads for a while, or takes them again."""
    by = body.by or caller.name
    now = read_now()
    standing = set_availability(
        road.app,
        person_id,
        available=body.available,
        until=body.until,
        reason=body.reason,
        by=by,
        now=now,
    )
    return _told(standing)


@router.get("/stats")
def stats(road: TheRoad, _caller: Reader) -> StatsTold:
    """Count what there is now."""
    now, book = read_now(), road.app.settings.book
    with transaction(road.app.engine) as tx:
        return StatsTold(
            at=now,
            leads=reading.leads_by_state(tx, book),
            no_owner=reading.count_without_owner(tx, book, now - _OWNED_WITHIN),
            waiting=waiting.depths(tx, now),
        )


def _told(standing: Standing) -> PersonTold:
    return PersonTold.model_validate(standing)
