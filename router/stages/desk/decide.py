"""Decides what a person's word changes: accept, decline, touch, reassign, close, replay."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from router.errors import Conflict, Rejected
from router.lead.clock import Clock
from router.lead.decision import (
    CLAIMED,
    OWNER_LEFT,
    ClockKind,
    Decision,
    Effect,
    EndHandoff,
    Reroute,
    StopClock,
)
from router.lead.events import Event, EventKind
from router.lead.model import Lead, Owner, change
from router.lead.states import OWNED, HandoffState, LeadState, OwnerKind, check_move
from router.rulebook.model import RuleBook
from router.rulebook.roster import members_of
from router.rulebook.worktime import work_time
from router.stages.desk.standing import acting, named, owner_of

Clocks = Mapping[ClockKind, Clock]

_SECOND = timedelta(seconds=1)


class Outcome(StrEnum):
    """How a lead can end."""

    #: It became business: a meeting, an opportunity, a solved case.
    CONVERTED = "converted"
    #: Not now; back to marketing.
    RECYCLED = "recycled"
    #: Does not fit.
    DISQUALIFIED = "disqualified"
    #: Nobody answered.
    UNREACHABLE = "unreachable"
    #: The same inquiry is worked elsewhere.
    DUPLICATE = "duplicate"
    SPAM = "spam"


def accept(  # noqa: PLR0913 - who, when, and what it is judged by
    lead: Lead, by: str, now: datetime, clocks: Clocks, *, book: RuleBook, person: str = ""
) -> Decision:
    """Take a lead. Stops the acceptance clock and no other.

    A lead of a queue or sequence becomes the lead of who accepts it. Accepting twice is accepting
    once.

    Args:
        lead: The lead, locked.
        by: Who says so: a person's id, or ``api`` for a key that speaks for people.
        now: The time, aware.
        clocks: The lead's clocks, ended ones too.
        book: The rule book, for its roster.
        person: Who accepts, if it is not ``by``; empty means the current owner.

    Raises:
        Conflict: The lead has another owner by now, who is named, or nobody can accept it.
        Rejected: The roster has no such person, or a shared list needs one to be named.
    """
    owner = owner_of(lead)
    who = acting(lead, owner, book, by, person)
    if lead.state is not LeadState.ACTIVATED:
        return Decision(lead)
    return Decision(
        change(lead, state=LeadState.ACCEPTED, owner=_taken(owner, who)),
        events=_accepted(lead, owner, who, by) + _met(ClockKind.ACCEPTANCE, clocks, book, now, by),
        effects=(
            *_end(lead, HandoffState.ACCEPTED),
            StopClock(ClockKind.ACCEPTANCE, met=True),
        ),
    )


def decline(  # noqa: PLR0913 - who, why and when, and the roster to judge it by
    lead: Lead, by: str, reason: str, now: datetime, *, book: RuleBook, person: str = ""
) -> Decision:
    """Give a lead back, before anybody has spoken to it; who declines never gets it again.

    Args:
        lead: The lead, locked.
        by: Who says so: a person's id, or ``api``.
        reason: In their own words; may be empty.
        now: The time, aware.
        book: The rule book, for its roster.
        person: Who declines, if it is not ``by``; empty means the current owner.

    Raises:
        Conflict: The lead has another owner, belongs to a shared list, was spoken to already, or
            nobody is left whom it could go to.
        Rejected: The roster has no such person.
    """
    owner = owner_of(lead)
    if owner.kind is not OwnerKind.PERSON:
        raise Conflict(
            f"Lead {lead.id} is in the {owner.kind} {owner.id} and offered to nobody in person. "
            "Leave it there, or reassign it."
        )
    who = acting(lead, owner, book, by, person)
    if lead.state is LeadState.CONTACTED:
        raise Conflict(
            f"Lead {lead.id} was spoken to already and cannot be declined. Reassign or close it."
        )
    if who == book.fallback_owner and not owner.pool:
        raise Conflict(
            f"Lead {lead.id} is with {named(book, who)}, the fallback owner, after whom nobody "
            "comes. Reassign it to a person, or close it."
        )
    pool = book.pools.get(owner.pool)
    event = Event(
        EventKind.LEAD_DECLINED,
        {
            "owner": who,
            "handoff_id": str(lead.handoff_id),
            "after_s": (now - lead.received_at) // _SECOND,
        },
        {"reason": reason},
        actor=by,
    )
    return Decision(
        change(lead, passed=tuple(dict.fromkeys((*lead.passed, who)))),
        events=(event,),
        effects=(
            *_end(lead, HandoffState.DECLINED, reason or "declined"),
            StopClock(ClockKind.ACCEPTANCE, met=False),
        ),
        reroute=Reroute(
            "declined",
            who,
            note=reason,
            give_back=pool is not None and pool.gives_back(reason),
        ),
    )


def touch(  # noqa: PLR0913 - who, how, what and when, and the clocks it stops
    lead: Lead,
    by: str,
    channel: str,
    note: str,
    now: datetime,
    *,
    clocks: Clocks,
    book: RuleBook,
    person: str = "",
) -> Decision:
    """Report that somebody spoke to the person who asked. Touching is accepting.

    Args:
        lead: The lead, locked.
        by: Who says so: a person's id, or ``api``.
        channel: How, e.g. ``call`` or ``email``.
        note: What was said; may be empty.
        now: The time, aware.
        clocks: The lead's clocks, ended ones too.
        book: The rule book, for its roster.
        person: Who spoke, if it is not ``by``; empty means the current owner.

    Raises:
        Conflict: The lead has another owner by now, who is named, or is not worked any more.
        Rejected: The roster has no such person, or a shared list needs one to be named.
    """
    owner = owner_of(lead)
    who = acting(lead, owner, book, by, person)
    touched = Event(
        EventKind.LEAD_TOUCHED,
        {"owner": who, "channel": channel, "first": lead.state is not LeadState.CONTACTED},
        {"note": note},
        actor=by,
    )
    if lead.state is LeadState.CONTACTED:
        return Decision(lead, events=(touched,))
    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()
    if lead.state is LeadState.ACTIVATED:
        events = _accepted(lead, owner, who, by)
        events += _met(ClockKind.ACCEPTANCE, clocks, book, now, by)
        effects = (
            *_end(lead, HandoffState.ACCEPTED),
            StopClock(ClockKind.ACCEPTANCE, met=True),
        )
    return Decision(
        change(lead, state=LeadState.CONTACTED, owner=_taken(owner, who)),
        events=(*events, touched, *_met(ClockKind.FIRST_TOUCH, clocks, book, now, by)),
        effects=(*effects, StopClock(ClockKind.FIRST_TOUCH, met=True)),
    )


def reassign(lead: Lead, to: str, by: str, reason: str, *, book: RuleBook) -> Decision:
    """Ask that a lead goes to a named person; nothing changes when it is theirs already.

    Args:
        lead: The lead, locked.
        to: The person who shall have it; one who passed it up before may be named again.
        by: Who says so: a person's id, or ``api``.
        reason: For both owners; may be empty.
        book: The rule book, for its roster; that of today, or somebody who left can be named.

    Raises:
        Conflict: The lead has no owner, or is not worked any more.
        Rejected: The roster has no such person.
    """
    owner = owner_of(lead)
    if to not in book.people:
        raise Rejected(
            f"There is no person {to!r} on the roster of the rule book. "
            "GET /api/people lists them.",
            code="unknown_person",
        )
    if owner.kind is OwnerKind.PERSON and owner.id == to:
        return Decision(lead)
    return Decision(lead, reroute=Reroute("reassigned", by, to=to, note=reason))


def claim(lead: Lead, person: str, by: str, *, book: RuleBook) -> Decision:
    """Ask that a lead which waits in its pool goes to a member who takes it.

    Args:
        lead: The lead, locked.
        person: Who takes it.
        by: Who says so: a person's id, or ``api``.
        book: The rule book, for the pool's members.

    Raises:
        Conflict: It has another owner by now, who is named, or the person is no member.
    """
    owner = owner_of(lead)
    if owner.kind is not OwnerKind.POOL:
        raise Conflict(f"Lead {lead.id} belongs to {named(book, owner.id)} by now.")
    pool = book.pools.get(owner.id)
    if pool is not None and person not in members_of(book, pool):
        raise Conflict(
            f"{named(book, person)} is not in the pool {owner.id}, and cannot take its leads."
        )
    return Decision(lead, reroute=Reroute(CLAIMED, by, to=person))


def close(lead: Lead, outcome: str, by: str, now: datetime) -> Decision:
    """End a lead with an outcome; closing it again with the same one changes nothing.

    Args:
        lead: The lead, locked.
        outcome: One of :class:`Outcome`.
        by: Who says so: a person's id, or ``api``. It need not be the owner.
        now: The time, aware.

    Raises:
        Conflict: The lead has no owner, or ended otherwise already.
        Rejected: There is no such outcome.
    """
    if outcome not in set(Outcome):
        raise Rejected(
            f"There is no outcome {outcome!r}. Use one of: {', '.join(Outcome)}.",
            code="unknown_outcome",
        )
    if lead.state is LeadState.CLOSED and lead.outcome == outcome:
        return Decision(lead)
    owner = owner_of(lead)
    event = Event(
        EventKind.LEAD_CLOSED,
        {
            "outcome": outcome,
            "owner": owner.id,
            "accountable": owner.accountable,
            "from": lead.state,
            "open_s": (now - lead.received_at) // _SECOND,
        },
        actor=by,
    )
    return Decision(
        change(lead, state=LeadState.CLOSED, outcome=outcome, due_at=None),
        events=(event,),
        effects=(
            *_end(lead, HandoffState.CLOSED, outcome),
            *(StopClock(kind, met=False) for kind in ClockKind),
        ),
    )


def replay(lead: Lead, by: str, now: datetime, *, book: RuleBook) -> Decision:
    """Send a parked or rejected lead back on the road, to where it stood.

    The refusal that a rejected lead is brought back from holds it no more. One whose owner has
    left meanwhile gets another.

    Args:
        lead: The lead, locked.
        by: Who says so: a person's id, or ``api``.
        now: The time, aware; the lead is due at once.
        book: The rule book, for its roster of today.

    Raises:
        Conflict: The lead is neither parked nor rejected, or cannot go back to where it stood.
    """
    if lead.state not in {LeadState.PARKED, LeadState.REJECTED}:
        raise Conflict(
            f"Lead {lead.id} is {lead.state}; only parked and rejected leads can be replayed. "
            "Reload it and look at its events."
        )
    state = lead.resume_at or LeadState.CAPTURED
    check_move(lead.id, lead.state, state)
    event = Event(
        EventKind.LEAD_REPLAYED,
        {"from": lead.state, "to": state, "reason": lead.reason, "attempts": lead.attempts},
        actor=by,
    )
    return Decision(
        change(
            lead,
            state=state,
            resume_at=None,
            reason="",
            approved=_approved(lead),
            attempts=0,
            last_error="",
            # An activated lead waits for people; the road has nothing to do for it.
            due_at=None if state is LeadState.ACTIVATED else now,
        ),
        events=(event,),
        reroute=_after_leaver(lead, state, by, book),
    )


def _after_leaver(lead: Lead, state: LeadState, by: str, book: RuleBook) -> Reroute | None:
    """Return the wish for another owner of a lead whose owner has left, once it has one."""
    owner = lead.owner
    if owner is None or owner.kind is not OwnerKind.PERSON or state not in OWNED:
        return None
    card = book.people.get(owner.id)
    if card is not None and not card.left:
        return None
    return Reroute(OWNER_LEFT, by, note="its owner has left", never=(owner.id,))


def _approved(lead: Lead) -> tuple[str, ...]:
    """Return what holds the lead no more: whoever restores it has overruled its rejection."""
    if lead.state is not LeadState.REJECTED or not lead.reason:
        return lead.approved
    return tuple(dict.fromkeys((*lead.approved, lead.reason)))


def _taken(owner: Owner, who: str) -> Owner:
    """Return the owner once ``who`` took it from a shared list, or from its pool."""
    if owner.kind is OwnerKind.PERSON:
        return owner
    return Owner(OwnerKind.PERSON, who, who, owner.pool)


def _accepted(lead: Lead, owner: Owner, who: str, by: str) -> tuple[Event, ...]:
    data: dict[str, object] = {"owner": who, "handoff_id": str(lead.handoff_id)}
    if owner.kind is not OwnerKind.PERSON:
        data["from"] = {"kind": owner.kind, "id": owner.id}
    return (Event(EventKind.LEAD_ACCEPTED, data, actor=by),)


def _met(
    kind: ClockKind, clocks: Clocks, book: RuleBook, now: datetime, by: str
) -> tuple[Event, ...]:
    """Write that a promise was met, in time or late, and how long it took."""
    clock = clocks.get(kind)
    if clock is None or not clock.running:
        return ()
    data: dict[str, object] = {
        "clock": kind,
        "respond_by": clock.respond_by.isoformat(),
        "in_time": now <= clock.respond_by,
        "wall_s": (now - clock.started_at) // _SECOND,
    }
    hours = book.calendars.get(clock.calendar)
    # A calendar that left the book must not keep anybody from accepting.
    if hours is not None:
        data["worked_s"] = work_time(hours).between(clock.started_at, now) // _SECOND
    return (Event(EventKind.SLA_MET, data, actor=by),)


def _end(lead: Lead, state: HandoffState, reason: str = "") -> tuple[Effect, ...]:
    if lead.handoff_id is None:
        return ()
    return (EndHandoff(lead.handoff_id, state, reason),)
