"""The roster, who is away, and how much there is to do."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Body, Query

from router.now import now as read_now
from router.road.people import absences
from router.road.people.absence_ics import Wish, import_absences
from router.road.people.absences import Correction, Said
from router.road.people.roster import Standing, roster, set_back_now, standing
from router.rulebook.availability import AbsenceKind
from router.store import reading, waiting
from router.store.tx import transaction
from router.web.api.access import Actor, Reader, TheRoad
from router.web.api.asked import AbsenceChange, Availability, CalendarQuery, NewAbsence
from router.web.api.told import (
    AbsenceItemTold,
    AbsencesTold,
    CalendarTold,
    PeopleTold,
    PersonTold,
    StatsTold,
)

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
    by, now, app = body.by or caller.name, read_now(), road.app
    if body.available:
        kind = body.kind.value if body.kind is not None else ""
        return _told(set_back_now(app, person_id, by=by, now=now, kind=kind))
    said = Said(
        start=body.start,
        until=body.until,
        reason=body.reason,
        kind=body.kind or AbsenceKind.AWAY,
        cover=body.cover,
    )
    absences.add_absence(app, person_id, said, by=by, now=now)
    return _told(standing(app, person_id, now))


@router.get("/people/{person_id}/absences")
def list_absences(road: TheRoad, _caller: Reader, person_id: str) -> AbsencesTold:
    """List a person's absences that run or are to come."""
    found = absences.absences(road.app, person_id, read_now())
    return AbsencesTold(items=[AbsenceItemTold.model_validate(each) for each in found])


@router.post("/people/{person_id}/absences")
def add_absence(road: TheRoad, caller: Actor, person_id: str, body: NewAbsence) -> AbsenceItemTold:
    """Say that a person takes no leads for a while, now or later. Absences may overlap."""
    said = Said(body.start, body.until, body.reason, body.kind, body.cover)
    by = body.by or caller.name
    found = absences.add_absence(road.app, person_id, said, by=by, now=read_now())
    return AbsenceItemTold.model_validate(found)


@router.patch("/people/{person_id}/absences/{absence_id}")
def correct_absence(
    road: TheRoad, caller: Actor, person_id: str, absence_id: UUID, body: AbsenceChange
) -> AbsenceItemTold:
    """Change an absence that runs or is to come."""
    found = absences.correct_absence(
        road.app,
        absence_id,
        Correction(body.start, body.until, body.reason, body.cover),
        by=body.by or caller.name,
        now=read_now(),
        person=person_id,
    )
    return AbsenceItemTold.model_validate(found)


@router.delete("/people/{person_id}/absences/{absence_id}")
def cancel_absence(
    road: TheRoad, caller: Actor, person_id: str, absence_id: UUID
) -> AbsenceItemTold:
    """End an absence that runs, or cancel one to come."""
    found = absences.cancel_absence(
        road.app, absence_id, by=caller.name, now=read_now(), person=person_id
    )
    return AbsenceItemTold.model_validate(found)


@router.post("/people/absences/ics")
def import_calendar(
    road: TheRoad,
    caller: Actor,
    body: Annotated[bytes, Body(media_type="text/calendar")],
    query: Annotated[CalendarQuery, Query()],
) -> CalendarTold:
    """Take absences from a calendar file (iCalendar). Taking it again changes what has changed."""
    wish = Wish(
        by=query.by or caller.name,
        person=query.person,
        dry_run=query.dry_run,
        keep_summary=query.keep_summary,
    )
    return CalendarTold.model_validate(import_absences(road.app, body, wish, read_now()))


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
