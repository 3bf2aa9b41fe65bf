"""What people and CRMs report back about a lead."""

from uuid import UUID

from fastapi import APIRouter

from router.road import words
from router.road.act import Word, act
from router.road.drain import Road
from router.road.pools import claims
from router.web.api import asked
from router.web.api.access import Actor, Admin, TheRoad
from router.web.api.told import LeadTold, lead_told

router = APIRouter(prefix="/api/leads/{lead_id}", tags=["desk"])


@router.post("/accept")
def accept(road: TheRoad, caller: Actor, lead_id: UUID, body: asked.Accept) -> LeadTold:
    """Take a lead. 409 names the owner if it is somebody else's."""
    return lead_told(claims.claim(road, lead_id, body.person, caller.name))


@router.post("/claim")
def claim(road: TheRoad, caller: Actor, lead_id: UUID, body: asked.Claim) -> LeadTold:
    """Take a lead from a queue, a sequence or its pool; it becomes that person's, accepted."""
    return lead_told(claims.claim(road, lead_id, body.person, caller.name))


@router.post("/decline")
def decline(road: TheRoad, caller: Actor, lead_id: UUID, body: asked.Decline) -> LeadTold:
    """Give a lead back; the answer shows who has it now."""
    return _said(road, lead_id, words.decline(caller.name, body.reason, body.person))


@router.post("/touch")
def touch(road: TheRoad, caller: Actor, lead_id: UUID, body: asked.Touch) -> LeadTold:
    """Report that somebody spoke to the person who asked; it also accepts."""
    return _said(road, lead_id, words.touch(caller.name, body.channel, body.note, body.person))


@router.post("/reassign")
def reassign(road: TheRoad, caller: Actor, lead_id: UUID, body: asked.Reassign) -> LeadTold:
    """Give a lead to a named person."""
    return _said(road, lead_id, words.reassign(body.by or caller.name, body.to, body.reason))


@router.post("/outcome")
def outcome(road: TheRoad, caller: Actor, lead_id: UUID, body: asked.Close) -> LeadTold:
    """End a lead with an outcome."""
    return _said(road, lead_id, words.close(body.person or caller.name, body.outcome))


@router.post("/replay")
def replay(road: TheRoad, caller: Admin, lead_id: UUID, body: asked.Replay) -> LeadTold:
    """Send a parked or rejected lead back on the road, to where it stood."""
    return _said(road, lead_id, words.replay(body.by or caller.name))


def _said(road: Road, lead_id: UUID, word: Word) -> LeadTold:
    return lead_told(act(road, lead_id, word))
