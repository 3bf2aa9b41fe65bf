"""The single writer: turns a decision into the rows that a batch will write.

Nothing else changes a lead. Every move is checked against the table of moves, every event is
numbered and chained, every action gets its idempotency key.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson

from router.lead.case import Case
from router.lead.decision import (
    Act,
    AnswerReview,
    AskPerson,
    Decision,
    Effect,
    EndHandoff,
    KnowContact,
    MoveClock,
    OfferHandoff,
    StartClock,
    StopClock,
)
from router.lead.events import Event, canonical, chain
from router.lead.ids import LeadId, timed_id
from router.lead.model import Lead, change
from router.lead.states import ClockState, LeadState, check_move
from router.store.people import key_digest
from router.store.writes import Into, Row, Writes, action_row


@dataclass(slots=True)
class Work:
    """One lead in a batch: as it stands now, and what must be written of it."""

    case: Case
    #: Version it had in the database; None for a lead that is not there yet.
    stored_version: int | None
    writes: Writes = field(default_factory=Writes)
    #: Set when a stage failed on it; it takes no further part in this batch.
    failed: Exception | None = None
    #: Clocks that this lead already has in the database or in this batch.
    has_clocks: bool = False

    @property
    def lead(self) -> Lead:
        """Return the lead as it stands."""
        return self.case.lead

    @property
    def changed(self) -> bool:
        """Return whether anything must be written."""
        return self.stored_version is None or self.case.lead.version != self.stored_version


@dataclass(slots=True)
class Batch:
    """The leads of one transaction."""

    now: datetime
    #: Who receives messages of a type; the names of destinations.
    listeners: "Listeners"
    works: dict[LeadId, Work] = field(default_factory=dict)

    def take(self, lead: Lead, *, fresh: bool = False) -> Work:
        """Put a lead into the batch, or return the work that is already done on it."""
        work = self.works.get(lead.id)
        if work is None:
            work = Work(Case(lead), None if fresh else lead.version, has_clocks=not fresh)
            self.works[lead.id] = work
        return work


class Listeners:
    """Which destinations receive which message types."""

    def __init__(self, wanted: Mapping[str, Iterable[str]]) -> None:
        """Keep what the settings say.

        Args:
            wanted: Destination to its message types; an empty list means all.
        """
        self._wanted = {name: frozenset(kinds) for name, kinds in wanted.items()}

    def of(self, kind: str) -> tuple[str, ...]:
        """Return the destinations that receive this message type."""
        return tuple(name for name, kinds in self._wanted.items() if not kinds or kind in kinds)


def record(batch: Batch, work: Work, decision: Decision) -> list[Work]:
    """Take over a decision: the lead changes in memory, and its rows join the batch.

    Args:
        batch: The batch the lead is in.
        work: The lead that was decided about.
        decision: Whose ``lead`` was made from ``work.lead``.

    Returns:
        The works that changed: this one, and those that ``decision.also`` speaks of.

    Raises:
        Conflict: The move is not allowed.
    """
    before, after = work.lead, decision.lead
    check_move(before.id, before.state, after.state)
    rows, mark = work.writes.rows, len(work.writes.rows)
    try:
        lead = _write(batch, work, after, decision)
    except BaseException:
        # A decision that cannot be written leaves no half of itself behind.
        del rows[mark:]
        work.writes.rows = rows
        raise
    if decision.reroute is not None:
        work.case.reroute, work.case.previous = decision.reroute, before.owner
    work.case.lead = lead
    changed = [work]
    for other in decision.also:
        changed += record(batch, batch.take(other.lead), other)
    return changed


def _write(batch: Batch, work: Work, after: Lead, decision: Decision) -> Lead:
    writes = work.writes
    lead = _write_events(writes, after, decision.events, batch.now)
    if work.lead.state is LeadState.IN_REVIEW and after.state is not LeadState.IN_REVIEW:
        writes.put(Into.CLOSE_REVIEWS, (batch.now, lead.id))
    for number, effect in enumerate(decision.effects):
        lead = _write_effect(batch, work, lead, number, effect)
    return lead


def _write_events(writes: Writes, lead: Lead, events: tuple[Event, ...], now: datetime) -> Lead:
    seq, head = lead.version, lead.head
    for event in events:
        seq += 1
        data, personal = canonical(event.data), canonical(event.personal)
        head = chain(head, event.kind, data, personal)
        writes.put(
            Into.EVENT,
            (
                lead.id,
                seq,
                event.kind.value,
                now,
                event.actor,
                data.decode(),
                personal.decode(),
                head,
            ),
        )
    return change(lead, version=seq, head=head) if events else lead


def _write_effect(batch: Batch, work: Work, lead: Lead, number: int, effect: Effect) -> Lead:
    writes, now = work.writes, batch.now
    match effect:
        case KnowContact():
            _know(writes, lead, effect, now)
        case OfferHandoff():
            return _offer(writes, lead, effect, now)
        case EndHandoff():
            row = (effect.state.value, effect.reason, now, effect.handoff_id)
            writes.put(Into.END_HANDOFF, row)
        case StartClock():
            into = Into.RESTART_CLOCK if work.has_clocks else Into.CLOCK
            writes.put(into, _clock_row(lead, effect))
        case StopClock():
            state = ClockState.MET if effect.met else ClockState.CANCELLED
            writes.put(Into.STOP_CLOCK, (state.value, now, lead.id, effect.kind.value))
        case MoveClock():
            moved = (effect.next_step, effect.next_at, effect.breached, lead.id, effect.kind.value)
            writes.put(Into.MOVE_CLOCK, moved)
        case AskPerson():
            _ask(writes, lead, effect, number, now)
        case AnswerReview():
            writes.put(Into.ANSWER_REVIEW, (effect.answer, effect.by, now, effect.review_id))
        case Act():
            if effect.supersedes and work.stored_version is not None:
                writes.put(Into.WITHDRAW, (now, lead.id, list(effect.supersedes)))
                writes.drop_actions(effect.supersedes)
            _act(batch, writes, lead, effect, number)
    return lead


def _know(writes: Writes, lead: Lead, effect: KnowContact, now: datetime) -> None:
    if effect.new:
        body = orjson.dumps(effect.person).decode()
        writes.put(Into.CONTACT, (effect.contact_id, lead.book, now, body))
    for key in effect.keys:
        writes.put(Into.CONTACT_KEY, (lead.book, key_digest(key), effect.contact_id))


def _offer(writes: Writes, lead: Lead, effect: OfferHandoff, now: datetime) -> Lead:
    writes.put(
        Into.HANDOFF,
        (
            effect.handoff_id,
            lead.id,
            effect.to,
            effect.accountable,
            effect.sender,
            "offered",
            orjson.dumps(effect.packet).decode(),
            effect.packet.completeness,
            now,
        ),
    )
    if lead.handoff_id == effect.handoff_id:
        return lead
    return change(lead, handoff_id=effect.handoff_id)


def _clock_row(lead: Lead, effect: StartClock) -> Row:
    return (
        lead.id,
        effect.kind.value,
        "running",
        effect.calendar,
        effect.started_at,
        effect.respond_by,
        effect.target.total_seconds(),
        effect.next_step,
        effect.next_at,
    )


def _ask(writes: Writes, lead: Lead, effect: AskPerson, number: int, now: datetime) -> None:
    writes.put(
        Into.REVIEW,
        (
            timed_id(now, "review", lead.id, lead.version, number),
            lead.id,
            effect.reason,
            effect.question,
            effect.reviewer,
            list(effect.suggestions),
            effect.blocking,
            now,
            effect.due_at,
        ),
    )


def _act(batch: Batch, writes: Writes, lead: Lead, effect: Act, number: int) -> None:
    now = batch.now
    destinations = batch.listeners.of(effect.kind)
    if not destinations:
        return
    body = orjson.dumps(
        {"type": effect.kind, "timestamp": now, "data": {"lead_id": lead.id, **effect.body}}
    )
    for destination in destinations:
        key = f"{lead.id}.{lead.version}.{number}.{destination}"
        action_id: UUID = timed_id(now, "action", key)
        writes.put(
            Into.ACTION,
            action_row(
                action_id=action_id,
                lead_id=lead.id,
                seq=lead.version,
                kind=effect.kind,
                destination=destination,
                key=key,
                body=body,
                now=now,
            ),
        )
