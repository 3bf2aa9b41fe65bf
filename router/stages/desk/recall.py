"""Decides what becomes of a lead whose import is undone. Pure."""

from enum import StrEnum

from router.lead.decision import Act, ClockKind, Decision, Effect, EndHandoff, Reroute, StopClock
from router.lead.events import Event, EventKind
from router.lead.handoff import OVERTAKEN
from router.lead.model import Lead, change
from router.lead.states import IMPORT_UNDONE, HandoffState, LeadState
from router.rulebook.model import RuleBook
from router.rulebook.roster import gone

#: Messages about a lead that nobody needs once it is recalled.
_NEEDLESS = (*OVERTAKEN, "lead.appended", "lead.updated")
#: States to which a rejected lead may be brought back.
_BEGINNINGS = frozenset({LeadState.CAPTURED, LeadState.CLEANED, LeadState.CLASSIFIED})


class Left(StrEnum):
    """Why a lead of an undone import is left alone."""

    #: Its owner has taken it.
    ACCEPTED = "accepted"
    #: Somebody has spoken to the person who asked.
    TOUCHED = "touched"
    #: It has ended.
    CLOSED = "closed"
    #: It is part of another lead, which does not come from this import.
    MERGED = "merged"
    #: It is part of another lead of the same import.
    WITHIN = "within"
    #: An inquiry that does not come from this import has joined it.
    JOINED = "joined"
    #: It was rejected before.
    REJECTED = "rejected"
    #: It was recalled before.
    RECALLED = "recalled"


_TAKEN = {
    LeadState.ACCEPTED: Left.ACCEPTED,
    LeadState.CONTACTED: Left.TOUCHED,
    LeadState.CLOSED: Left.CLOSED,
    LeadState.MERGED: Left.MERGED,
}


def left_alone(lead: Lead, *, joined: bool) -> Left | None:
    """Return why a lead is not recalled; None when it is.

    Args:
        lead: A lead of the import.
        joined: Whether an inquiry has joined it that does not come from the import.
    """
    if lead.state is LeadState.REJECTED:
        return Left.RECALLED if lead.reason == IMPORT_UNDONE else Left.REJECTED
    taken = _TAKEN.get(lead.state)
    return taken if taken is not None else Left.JOINED if joined else None


def recall(lead: Lead, book: RuleBook, import_id: str, by: str, note: str) -> Decision:
    """Take a lead from the road or its owner, because its import is undone.

    Its owner is told that nobody has it now, and every clock ends. It is kept, and a person can
    replay it.

    Args:
        lead: The lead, locked; one for which :func:`left_alone` returned None.
        book: The rule book, for its roster.
        import_id: The import.
        by: Who says so.
        note: Why, in their own words; may be empty.
    """
    owner = lead.owner
    event = Event(
        EventKind.LEAD_RECALLED,
        {
            "import": import_id,
            "by": by,
            "from": lead.state,
            "owner": owner.id if owner is not None else "",
            "reason": IMPORT_UNDONE,
        },
        {"note": note},
        actor=by,
    )
    recalled = change(
        lead,
        state=LeadState.REJECTED,
        resume_at=_beginning(lead),
        reason=IMPORT_UNDONE,
        owner=None,
        due_at=None,
        attempts=0,
        last_error="",
    )
    return Decision(recalled, events=(event,), effects=_ended(lead, book, by, note))


def _ended(lead: Lead, book: RuleBook, by: str, note: str) -> tuple[Effect, ...]:
    """End the handoff and the clocks, and tell the owner."""
    if lead.handoff_id is None:
        return ()
    ended: list[Effect] = [
        EndHandoff(lead.handoff_id, HandoffState.WITHDRAWN, note or IMPORT_UNDONE),
        *(StopClock(kind, met=False) for kind in ClockKind),
    ]
    if lead.owner is not None:
        asked = Reroute(IMPORT_UNDONE, by, note=note)
        body = gone(book, lead, lead.owner, asked, now_with=None)
        ended.append(Act("handoff.withdrawn", body, _NEEDLESS))
    return tuple(ended)


def _beginning(lead: Lead) -> LeadState:
    """Return where a recalled lead goes on if it is replayed: before it got its owner."""
    for state in (lead.state, lead.resume_at):
        if state in _BEGINNINGS:
            return state
    return LeadState.CLASSIFIED if lead.classification is not None else LeadState.CLEANED
