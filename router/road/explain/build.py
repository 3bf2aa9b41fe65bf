"""Puts an explanation together, from what was recorded about a lead. ``build`` is pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from router.app import App
from router.errors import Misconfigured, NotFound
from router.lead.clock import Clock
from router.lead.decision import ClockKind
from router.lead.events import EventKind, chain
from router.lead.facts import Facts, facts_from, facts_of
from router.lead.model import Lead
from router.lead.states import OwnerKind
from router.road.explain.account import account_of
from router.road.explain.ask import Beyond, ask
from router.road.explain.considered import candidates_of
from router.road.explain.next import next_steps
from router.road.explain.remade import Pick
from router.road.explain.rules import phases
from router.road.explain.timeline import words_of
from router.road.explain.told import (
    Came,
    Chain,
    Cleaned,
    ClockTold,
    Explanation,
    Found,
    Happened,
    OwnerTold,
    Question,
    Sent,
)
from router.road.explain.what_if import TIME_S
from router.rulebook.model import RuleBook
from router.rulebook.roster import calendar_of
from router.store import reading, traffic
from router.store.clocks import clocks_of
from router.store.leads import read_lead
from router.store.reading import StoredEvent
from router.store.reviews import ReviewItem, reviews_of
from router.store.traffic import ActionRow
from router.store.tx import Tx, transaction

#: Events that judged the rules.
_JUDGED = frozenset({EventKind.LEAD_ROUTED, EventKind.LEAD_REASSIGNED})
_ROUTE = "route"
_CLEANED = frozenset({EventKind.LEAD_CLEANED, EventKind.LEAD_MERGED})
#: Actions that are shown of one lead, the newest.
_ACTIONS = 100
_ZONE = "UTC"


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that was recorded about one lead."""

    lead: Lead
    events: Sequence[StoredEvent]
    clocks: Mapping[ClockKind, Clock]
    questions: Sequence[ReviewItem] = ()
    actions: Sequence[ActionRow] = ()
    #: What became of its delivery; empty for a sample.
    delivery: str = ""
    rehearsed: bool = False


def explain(
    app: App,
    lead_id: UUID,
    *,
    person: str = "",
    otherwise: bool = False,
    time_s: float = TIME_S,
) -> Explanation:
    """Explain a lead.

    Args:
        app: Of this process.
        lead_id: The lead.
        person: Also say why this person did, or did not, get it, and what would have had to be
            otherwise for them to: their id, full name or e-mail address.
        otherwise: Also say what would have given it to somebody else.
        time_s: Seconds after which no further change is tried for that.

    Raises:
        NotFound: There is no such lead, or nobody of that name.
        Transient: The database could not do it now.
    """
    with transaction(app.engine) as tx:
        material = gather(tx, lead_id)
    book: RuleBook | None
    try:
        book = app.book(digest_of(material))
    except (NotFound, Misconfigured):
        # The version cannot be read any more; what was recorded still can.
        book = None
    found = build(material, book)
    if not person and not otherwise:
        return found
    judged = _judged(material.events)
    pick = Pick(material.lead, material.events, judged) if judged is not None else None
    return ask(app, found, pick, book, Beyond(person, time_s))


def gather(tx: Tx, lead_id: UUID) -> Material:
    """Read everything that was recorded about a lead. Locks nothing.

    Raises:
        NotFound: There is no such lead.
    """
    lead = read_lead(tx, lead_id)
    if lead is None:
        raise NotFound(f"There is no lead {lead_id}. Look for it with GET /api/leads.")
    delivery = traffic.delivery(tx, lead.delivery_id)
    return Material(
        lead=lead,
        events=reading.events_of(tx, lead_id),
        clocks=clocks_of(tx, [lead_id]).get(lead.id, {}),
        questions=reviews_of(tx, lead_id),
        actions=traffic.actions(tx, lead_id=lead_id, limit=_ACTIONS),
        delivery=delivery.state.value if delivery is not None else "",
    )


def digest_of(material: Material) -> str:
    """Return the version of the rule book that decided last."""
    judged = _judged(material.events)
    recorded = judged.data.get("digest") if judged is not None else None
    return str(recorded or material.lead.digest)


def build(material: Material, book: RuleBook | None) -> Explanation:
    """Explain a lead from what was recorded. Pure.

    Args:
        material: What was recorded.
        book: The version named by :func:`digest_of`; None when it cannot be read any more.
    """
    lead, events = material.lead, material.events
    names = {card.id: card.name for card in book.people.values()} if book is not None else {}
    judged = _judged(events)
    facts, origin = _facts(lead, judged)
    zone = _zone(lead, book)
    questions = tuple(_question(item) for item in material.questions)
    cleaned = next((event for event in reversed(events) if event.kind in _CLEANED), None)
    return Explanation(
        lead_id=lead.id,
        state=lead.state,
        reason=lead.reason,
        who=_who(lead),
        zone=zone,
        rehearsed=material.rehearsed,
        merged_into=lead.merged_into,
        came=_came(material),
        cleaned=_cleaned(lead, cleaned),
        account=account_of(lead, cleaned.data, cleaned.personal, names) if cleaned else None,
        digest=digest_of(material),
        facts=origin if book is not None else "",
        phases=(
            phases(book, facts, lead.approved, routed=judged is not None)
            if book is not None
            else ()
        ),
        found=_found(lead),
        owner=_owner(lead, names),
        candidates=candidates_of(judged.data if judged is not None else {}, names),
        sla=lead.sla,
        priority=lead.priority,
        clocks=tuple(_clock(material.clocks[kind]) for kind in sorted(material.clocks)),
        questions=questions,
        next=next_steps(lead, material.clocks.values(), questions, book),
        sent=tuple(_sent(row) for row in reversed(material.actions)),
        timeline=tuple(
            Happened(
                seq=event.seq,
                at=event.at,
                kind=event.kind,
                actor=event.actor,
                words=words_of(event.kind, event.data, names, ZoneInfo(zone)),
            )
            for event in events
        ),
        chain=verify(lead, events),
    )


def verify(lead: Lead, events: Sequence[StoredEvent]) -> Chain:
    """Check that a lead's events are as they were written, and that none is missing.

    Args:
        lead: Holds the number and the hash of the newest event.
        events: All of them, in order.
    """
    head = b""
    for number, event in enumerate(events, start=1):
        if event.seq != number:
            return Chain(verified=False, events=len(events), problem=f"event {number} is missing")
        head = chain(head, event.kind, event.data_bytes, event.personal_bytes)
        if head != event.hash:
            return Chain(
                verified=False,
                events=len(events),
                problem=f"event {number} ({event.kind}) was changed after it was written",
            )
    if lead.version != len(events) or lead.head != head:
        return Chain(
            verified=False,
            events=len(events),
            problem=f"the lead says {lead.version} events, its log ends after {len(events)}",
        )
    return Chain(verified=True, events=len(events), problem="")


def _judged(events: Sequence[StoredEvent]) -> StoredEvent | None:
    """Return the newest event of the route stage that judged the rules."""
    return next(
        (event for event in reversed(events) if event.kind in _JUDGED or event.actor == _ROUTE),
        None,
    )


def _facts(lead: Lead, judged: StoredEvent | None) -> tuple[Facts, str]:
    """Return the facts that were judged, as recorded; else those of the lead as it stands."""
    recorded = judged.personal.get("facts") if judged is not None else None
    if not recorded:
        return facts_of(lead), "present"
    return facts_from(recorded), "recorded"


def _who(lead: Lead) -> str:
    person = lead.person
    name = person.name or person.email or person.phone or "Somebody"
    return f"{name}, {person.company}" if person.company else name


def _zone(lead: Lead, book: RuleBook | None) -> str:
    if book is None or lead.owner is None:
        return _ZONE
    try:
        return calendar_of(book, lead.owner).zone
    except Misconfigured:
        return _ZONE


def _came(material: Material) -> Came:
    lead = material.lead
    origin = lead.attribution
    return Came(
        source=lead.source,
        form=origin.form_name or origin.form_id or origin.form_kind,
        page=origin.page_url,
        campaign=origin.utm_campaign,
        received_at=lead.received_at,
        submitted_at=origin.submitted_at,
        delivery_id=lead.delivery_id,
        delivery=material.delivery,
        message=lead.message,
    )


def _cleaned(lead: Lead, found: StoredEvent | None) -> Cleaned:
    data: dict[str, Any] = found.data if found is not None else {}
    return Cleaned(
        match=str(data.get("match", "")),
        matched_by=tuple(data.get("matched_by", ())),
        notes=tuple(
            f"{note.get('field')}: {note.get('before')} -> {note.get('after')} ({note.get('how')})"
            for note in data.get("notes", ())
        ),
        missing=lead.missing,
        flags=tuple(data.get("flags", ())),
    )


def _found(lead: Lead) -> Found | None:
    found = lead.classification
    if found is None:
        return None
    return Found(
        intent=found.intent,
        confidence=found.confidence,
        decided_by=found.decided_by,
        alternatives=tuple((each.intent, each.confidence) for each in found.alternatives),
        evidence=found.evidence,
        urgency=found.urgency,
        service=found.service_interest,
        summary=found.summary,
        risk_flags=found.risk_flags,
        classifier=f"{found.classifier} {found.version}".strip(),
    )


def _owner(lead: Lead, names: Mapping[str, str]) -> OwnerTold | None:
    owner = lead.owner
    if owner is None:
        return None
    person = owner.kind is OwnerKind.PERSON
    return OwnerTold(
        kind=owner.kind.value,
        id=owner.id,
        name=names.get(owner.id, owner.id) if person else owner.id,
        accountable=owner.accountable,
        accountable_name=names.get(owner.accountable, owner.accountable),
        pool=owner.pool,
        rule=lead.rule,
        why=lead.why,
    )


def _clock(clock: Clock) -> ClockTold:
    return ClockTold(
        clock=clock.kind.value,
        state=clock.state.value,
        started_at=clock.started_at,
        respond_by=clock.respond_by,
        target_s=int(clock.target.total_seconds()),
        calendar=clock.calendar,
    )


def _question(item: ReviewItem) -> Question:
    return Question(
        id=item.id,
        reason=item.reason,
        question=item.question,
        reviewer=item.reviewer,
        state=item.state.value,
        due_at=item.due_at,
        answer=item.answer,
        answered_by=item.answered_by,
    )


def _sent(row: ActionRow) -> Sent:
    answer = f"{row.receipt['status']} {row.receipt['detail']}".strip() if row.receipt else ""
    return Sent(
        kind=row.kind,
        destination=row.destination,
        state=row.state.value,
        attempts=row.attempts,
        at=row.ended_at or row.next_at,
        receipt=answer or row.last_error,
    )
