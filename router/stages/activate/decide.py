"""Decides how an owner gets a lead: the packet, the messages and the clocks."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from router.errors import Conflict
from router.lead.clock import Clock
from router.lead.decision import (
    WAITED,
    Act,
    ClockKind,
    Decision,
    Effect,
    EndHandoff,
    OfferHandoff,
    Reroute,
    StartClock,
)
from router.lead.events import Event, EventKind, canonical
from router.lead.handoff import OVERTAKEN, Packet, Said
from router.lead.ids import timed_id
from router.lead.model import Lead, Owner, change
from router.lead.states import OWNED, ClockState, HandoffState, LeadState
from router.lead.written import written_id, written_time
from router.rulebook.engine.kept import kept
from router.rulebook.model import Calendar, RuleBook, SlaPolicy
from router.rulebook.roster import address, calendar_of, card_of, gone, person, policy_of
from router.rulebook.worktime import work_time
from router.stages.activate.packet import as_json, build, so_far

_STAGE = "activate"
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Term:
    """What a policy means for one clock, worked out once."""

    kind: ClockKind
    #: Working time until the answer is due, and until the ladder's first step.
    target: timedelta
    first_step: timedelta


def decide(  # noqa: PLR0913 - the route stage's whole conclusion comes in
    lead: Lead,
    book: RuleBook,
    verdict_note: str,
    now: datetime,
    *,
    reroute: Reroute | None,
    rule_id: str,
    previous_owner: Owner | None = None,
    first_touch: Clock | None = None,
    said: tuple[Said, ...] = (),
) -> Decision:
    """Offer a routed lead to its owner and start the clocks it was promised.

    A first offer counts from ``received_at``: what the road took is not the person's fault. A
    later one counts the acceptance from ``now``, and as a rule leaves the first-touch clock
    running. Activating twice is harmless.

    Args:
        lead: The lead, routed and with an owner.
        book: The rule book it was routed with.
        verdict_note: Why this owner, in one sentence.
        now: The time, aware.
        reroute: Why it changes hands; None for a first offer or after a replay.
        rule_id: Id of the rule that decided; empty when a person did.
        previous_owner: Who had it before, to be told that it is gone.
        first_touch: The lead's first-touch clock; None when it never had one.
        said: What owners before have said to the person who asked, for the next one.

    Raises:
        Conflict: The lead is not on its way to an owner, or has none.
        Misconfigured: The book lacks the owner's queue, calendar or policy.
    """
    if lead.state is not LeadState.ROUTED and lead.state in OWNED:
        return Decision(lead)
    owner = _owner_of(lead)
    policy = policy_of(book, lead)
    calendar = calendar_of(book, owner)
    goes_on = _goes_on(lead, calendar, first_touch, reroute, now)
    clocks = _clocks(calendar, lead, policy, now, first_touch=not goes_on)
    due_at = _due_at(clocks, first_touch if goes_on else None)
    past = so_far(previous_owner, reroute, said)
    packet = build(
        lead, owner, book, now, why=verdict_note, rule=rule_id, due_at=due_at, so_far=past
    )
    sender = previous_owner.id if previous_owner is not None else ""
    key = written_id(lead.id)
    handoff_id = timed_id(now, "handoff", key, lead.version + 1)
    message = _offered(key, book, owner, written_id(handoff_id), as_json(packet))
    return Decision(
        change(lead, state=LeadState.ACTIVATED, handoff_id=handoff_id, due_at=None),
        events=_events(owner, message, packet, policy, clocks),
        effects=(
            *_ended(lead, reroute),
            OfferHandoff(handoff_id, packet, owner.id, owner.accountable, sender),
            *clocks,
            Act("handoff.offered", message, OVERTAKEN),
            *_withdrawn(lead, book, owner, previous_owner, reroute),
        ),
    )


def _owner_of(lead: Lead) -> Owner:
    """Return the owner of a lead that can be activated."""
    owner = lead.owner
    if lead.state is not LeadState.ROUTED or owner is None:
        raise Conflict(
            f"Lead {lead.id} is {lead.state}, with owner {owner and owner.id}, and cannot be "
            "activated. Route it first."
        )
    return owner


def _goes_on(
    lead: Lead,
    calendar: Calendar,
    first_touch: Clock | None,
    reroute: Reroute | None,
    now: datetime,
) -> bool:
    """Return whether the promise of a first touch stays as it is.

    As a rule it does: the person who asked does not care who missed it. One that was cancelled
    starts again; so does one not kept yet after a decision taken afresh, and that of a lead which
    waited in its pool for somebody who cannot keep it any more.
    """
    if lead.handoff_id is None:
        return False
    if reroute is not None and reroute.afresh:
        return first_touch is not None and first_touch.state is ClockState.MET
    if first_touch is None or first_touch.state is ClockState.MET:
        return True
    if reroute is not None and reroute.reason in WAITED:
        # The pool promised by its own hours and at nobody's pace; and a ladder climbed while
        # nobody could take the lead must not take it from who does.
        begins = work_time(calendar).next_opening(max(now, lead.answer_from or now))
        return first_touch.state is ClockState.RUNNING and begins <= now
    return first_touch.state is not ClockState.CANCELLED


def _clocks(
    calendar: Calendar, lead: Lead, policy: SlaPolicy, now: datetime, *, first_touch: bool
) -> tuple[StartClock, ...]:
    """Make the clocks that start with this offer."""
    start = lead.received_at if lead.handoff_id is None else now
    if lead.answer_from is not None:
        # What stands before it at its owner's pace comes first.
        start = max(start, lead.answer_from)
    terms = _terms(policy)
    if not first_touch:
        terms = tuple(term for term in terms if term.kind is not ClockKind.FIRST_TOUCH)
    moments = iter(
        work_time(calendar).add_each(
            start, [need for term in terms for need in (term.target, term.first_step)]
        )
    )
    return tuple(
        [
            StartClock(
                kind=term.kind,
                calendar=calendar.id,
                started_at=start,
                respond_by=next(moments),
                target=term.target,
                next_step=0,
                next_at=next(moments),
            )
            for term in terms
        ]
    )


@kept
def _terms(policy: SlaPolicy) -> tuple[_Term, ...]:
    """Read a policy, acceptance first."""
    found = []
    for kind in (ClockKind.ACCEPTANCE, ClockKind.FIRST_TOUCH):
        promise = policy.promises.get(kind)
        if promise is not None:
            # Without a ladder the breach itself is the first step: then somebody is told each day.
            share = promise.ladder[0].at if promise.ladder else 1.0
            found.append(_Term(kind, promise.target, promise.target * share))
    return tuple(found)


def _due_at(clocks: tuple[StartClock, ...], first_touch: Clock | None) -> datetime | None:
    """Return by when the person who asked was promised to be spoken to, or else acceptance."""
    if first_touch is not None and first_touch.running:
        return first_touch.respond_by
    return clocks[-1].respond_by if clocks else None


def _ended(lead: Lead, reroute: Reroute | None) -> tuple[Effect, ...]:
    """End the handoff before this one, if there was one."""
    if lead.handoff_id is None:
        return ()
    if reroute is None:
        return (EndHandoff(lead.handoff_id, HandoffState.WITHDRAWN, "replayed"),)
    declined = reroute.reason == "declined"
    state = HandoffState.DECLINED if declined else HandoffState.WITHDRAWN
    return (EndHandoff(lead.handoff_id, state, reroute.note or reroute.reason),)


def _offered(
    lead_id: str, book: RuleBook, owner: Owner, handoff_id: str, written: dict[str, object]
) -> dict[str, object]:
    """Write the message to the new owner."""
    listener = person(book, owner.accountable)
    return {
        "lead_id": lead_id,
        "handoff_id": handoff_id,
        "owner": card_of(book, owner),
        "accountable": address(listener.card),
        "left_roster": listener.left,
        "how_to": "Accept or decline it; without either it goes to your manager, then on.",
        "packet": written,
    }


def _withdrawn(
    lead: Lead, book: RuleBook, owner: Owner, previous: Owner | None, reroute: Reroute | None
) -> tuple[Effect, ...]:
    """Tell the owner before that it is gone, and to whom."""
    if lead.handoff_id is None or previous is None or previous.id == owner.id:
        return ()
    asked = reroute if reroute is not None else Reroute("replayed", "")
    return (Act("handoff.withdrawn", gone(book, lead, previous, asked, now_with=owner)),)


def _events(
    owner: Owner,
    message: Mapping[str, object],
    packet: Packet,
    policy: SlaPolicy,
    clocks: tuple[StartClock, ...],
) -> tuple[Event, ...]:
    """Write what happened, without personal values: the packet is named by its digest."""
    activated = Event(
        EventKind.LEAD_ACTIVATED,
        {
            "handoff_id": message["handoff_id"],
            "owner": owner.id,
            "owner_kind": owner.kind,
            "accountable": owner.accountable,
            "role": packet.role,
            "rule": packet.rule,
            "packet": hashlib.sha256(canonical(message["packet"])).hexdigest(),
            "completeness": packet.completeness,
            "missing": packet.missing,
        },
        actor=_STAGE,
    )
    if not clocks:
        return (activated,)
    # All clocks of an offer start with it.
    started_at = written_time(clocks[0].started_at)
    started = Event(
        EventKind.SLA_STARTED,
        {
            "policy": policy.id,
            "clocks": [
                {
                    "clock": clock.kind,
                    "calendar": clock.calendar,
                    "started_at": started_at,
                    "target_s": clock.target // _SECOND,
                    "respond_by": written_time(clock.respond_by),
                }
                for clock in clocks
            ],
        },
        actor=_STAGE,
    )
    return activated, started
