"""The single writer: turns a decision into the rows that a batch will write.

Nothing else changes a lead. Every move is checked against the table of moves, every event is
numbered and chained, every action gets its idempotency key.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
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
from router.lead.model import Lead
from router.lead.states import LeadState, check_move
from router.store.people import key_digest
from router.store.writes import Row, Writes, action_row


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
    # Collected apart, so that a decision that cannot be written leaves no half of itself behind.
    writes = Writes()
    lead = _write_events(writes, replace(after, head=before.head), decision.events, batch.now)
    if before.state is LeadState.IN_REVIEW and after.state is not LeadState.IN_REVIEW:
        writes.closed_reviews.append((batch.now, lead.id))
    for number, effect in enumerate(decision.effects):
        lead = _write_effect(batch, work, writes, lead, (number, effect))
    work.writes.add(writes)
    if decision.reroute is not None:
        work.case.reroute, work.case.previous = decision.reroute, before.owner
    work.case.lead = lead
    changed = [work]
    for other in decision.also:
        changed += record(batch, batch.take(other.lead), other)
    return changed


def _write_events(
    writes: Writes, lead: Lead, events: tuple[Event, ...], now: datetime
) -> Lead:
    seq, head = lead.version, lead.head
    for event in events:
        seq += 1
        data, personal = canonical(event.data), canonical(event.personal)
        head = chain(head, event.kind, data, personal)
        writes.events.append(
            (lead.id, seq, event.kind.value, now, event.actor, data.decode(), personal.decode(), head)
        )
    return replace(lead, version=seq, head=head)


def _write_effect(
    batch: Batch, work: Work, writes: Writes, lead: Lead, numbered: tuple[int, Effect]
) -> Lead:
    now = batch.now
    number, effect = numbered
    match effect:
        case KnowContact():
            _know(writes, lead, effect, now)
        case OfferHandoff():
            return _offer(writes, lead, effect, now)
        case EndHandoff():
            writes.ended_handoffs.append(
                (effect.state.value, effect.reason, now, effect.handoff_id)
            )
        case StartClock():
            rows = writes.restarted_clocks if work.has_clocks else writes.clocks
            rows.append(_clock_row(lead, effect))
        case StopClock():
            writes.stop_clock(lead.id, effect.kind, now, met=effect.met)
        case MoveClock():
            writes.moved_clocks.append(
                (effect.next_step, effect.next_at, effect.breached, lead.id, effect.kind.value)
            )
        case AskPerson():
            _ask(writes, lead, effect, number, now)
        case AnswerReview():
            writes.answered.append((effect.answer, effect.by, now, effect.review_id))
        case Act():
            if effect.supersedes:
                _withdraw(work, writes, effect, now)
            _act(batch, writes, lead, effect, number)
    return lead


def _know(writes: Writes, lead: Lead, effect: KnowContact, now: datetime) -> None:
    if effect.new:
        body = orjson.dumps(effect.person).decode()
        writes.contacts.append((effect.contact_id, lead.book, now, body))
    writes.keys.extend((lead.book, key_digest(key), effect.contact_id) for key in effect.keys)


def _offer(writes: Writes, lead: Lead, effect: OfferHandoff, now: datetime) -> Lead:
    writes.handoffs.append(
        (
            effect.handoff_id,
            lead.id,
            effect.to,
            effect.accountable,
            effect.sender,
            "offered",
            orjson.dumps(asdict(effect.packet), default=str).decode(),
            effect.packet.completeness,
            now,
        )
    )
    return replace(lead, handoff_id=effect.handoff_id)


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
    writes.reviews.append(
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
        )
    )


def _withdraw(work: Work, writes: Writes, effect: Act, now: datetime) -> None:
    kinds = list(effect.supersedes)
    writes.withdrawn.append((now, work.lead.id, kinds))
    for rows in (work.writes.actions, writes.actions):
        rows[:] = [row for row in rows if row[3] not in kinds]


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
        writes.actions.append(
            action_row(
                action_id=action_id,
                lead_id=lead.id,
                seq=lead.version,
                kind=effect.kind,
                destination=destination,
                key=key,
                body=body,
                now=now,
            )
        )
