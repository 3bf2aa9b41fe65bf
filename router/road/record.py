"""The single writer: turns a decision into the rows that a batch will write.

Nothing else changes a lead. Every move is checked against the table of moves, every event is
numbered and chained, every action gets its idempotency key.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
    Hold,
    KnowContact,
    MoveClock,
    OfferHandoff,
    StartClock,
    StopClock,
)
from router.lead.events import Event, canonical, chain
from router.lead.ids import LeadId, timed_id
from router.lead.model import Lead, change
from router.lead.states import OWNED, ClockState, LeadState, OwnerKind, check_move
from router.store.beside import Noted
from router.store.binary import Json
from router.store.people import key_digest
from router.store.writes import Into, Row, Writes, action_row

#: A lead that waits for somebody of whom nobody knows when they are back is looked at again after
#: so long; whoever comes back before has it looked at at once.
LOOK_AGAIN = timedelta(hours=1)


class Work:
    """One lead in a batch: as it stands now, and what must be written of it."""

    __slots__ = ("_stored", "case", "failed", "guest", "head", "hold", "id", "key", "seq", "writes")

    def __init__(self, lead: Lead, *, fresh: bool) -> None:
        """Begin with a lead as it was read, or as capture has just made it.

        Args:
            lead: The lead.
            fresh: True for a lead that is not in the database yet.
        """
        self.case = Case(lead)
        self._stored = None if fresh else lead
        #: Its id, as every row of the lead carries it, and as text.
        self.id, self.key = lead.id, str(lead.id)
        #: Number and hash of the newest event; the lead itself learns them when it is written.
        self.seq = lead.version
        self.head = lead.head
        self.writes = Writes()
        #: Why it waits in its pool, when that was decided in this batch.
        self.hold: Hold | None = None
        #: Set for a lead that was not claimed but came along with another one.
        self.guest = False
        #: Set when a stage failed on it; it takes no further part in this batch.
        self.failed: Exception | None = None

    @property
    def lead(self) -> Lead:
        """Return the lead as it stands."""
        return self.case.lead

    @property
    def fresh(self) -> bool:
        """Return whether the lead is not in the database yet; then it has no clocks or actions."""
        return self._stored is None

    @property
    def stored_version(self) -> int:
        """Return the version the lead has in the database; 0 for one that is not there."""
        return self._stored.version if self._stored is not None else 0

    @property
    def changed(self) -> bool:
        """Return whether the lead's own row must be written."""
        return self.case.lead is not self._stored

    def settle(self) -> Lead:
        """Give the lead the number and hash of its newest event, and return it."""
        if self.seq != self.case.lead.version:
            self.case.lead = change(self.case.lead, version=self.seq, head=self.head)
        return self.case.lead


@dataclass(slots=True)
class Batch:
    """The leads of one transaction."""

    now: datetime
    #: Who receives messages of a type; the names of destinations.
    listeners: "Listeners"
    works: dict[LeadId, Work] = field(default_factory=dict)
    #: What the versions that are tried did with its leads, or would have done.
    noted: Noted = field(default_factory=Noted)

    def take(self, lead: Lead, *, fresh: bool = False) -> Work:
        """Put a lead into the batch, or return the work that is already done on it."""
        work = self.works.get(lead.id)
        if work is None:
            work = self.works[lead.id] = Work(lead, fresh=fresh)
        return work


class Listeners:
    """Which destinations receive which message types."""

    def __init__(self, wanted: Mapping[str, Iterable[str]]) -> None:
        """Keep what the settings say.

        Args:
            wanted: Destination to its message types; an empty list means all.
        """
        self._wanted = {name: frozenset(kinds) for name, kinds in wanted.items()}
        self._found: dict[str, tuple[str, ...]] = {}

    def of(self, kind: str) -> tuple[str, ...]:
        """Return the destinations that receive this message type."""
        found = self._found.get(kind)
        if found is None:
            found = self._found[kind] = tuple(
                name for name, kinds in self._wanted.items() if not kinds or kind in kinds
            )
        return found


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
    seq, head = work.seq, work.head
    try:
        lead = _write(batch, work, after, decision)
    except BaseException:
        # A decision that cannot be written leaves no half of itself behind.
        del rows[mark:]
        work.writes.rows, work.seq, work.head = rows, seq, head
        raise
    if decision.reroute is not None:
        work.case.reroute, work.case.previous = decision.reroute, before.owner
    work.case.lead = lead
    changed = [work]
    for other in decision.also:
        came_along = other.lead.id not in batch.works
        joined = batch.take(other.lead)
        joined.guest = joined.guest or came_along
        changed += record(batch, joined, other)
    return changed


def _write(batch: Batch, work: Work, after: Lead, decision: Decision) -> Lead:
    for event in decision.events:
        _write_event(work, event, batch.now)
    if waits(work.lead) and not waits(after):
        work.writes.put(Into.UNHELD, (work.id,))
    elif waits(after) and not waits(work.lead):
        # Also one that was parked while it waited, and is replayed: it waits again, from now on.
        work.writes.put(Into.HELD, (work.id, after.book, _pool(after), batch.now, batch.now))
    if (person := _freed(work.lead, after)) is not None:
        work.writes.put(Into.WAKE, (after.book, person, "freed", batch.now))
    if work.lead.state is LeadState.IN_REVIEW and after.state is not LeadState.IN_REVIEW:
        work.writes.put(Into.CLOSE_REVIEWS, (batch.now, work.id))
    lead = after
    for number, effect in enumerate(decision.effects):
        lead = _write_effect(batch, work, lead, number, effect)
    return lead


def waits(lead: Lead) -> bool:
    """Return whether a lead waits in its pool.

    Args:
        lead: As it stands.
    """
    return lead.owner is not None and lead.owner.kind is OwnerKind.POOL and lead.state in OWNED


def _pool(lead: Lead) -> str:
    return lead.owner.id if lead.owner is not None else ""


def _freed(before: Lead, after: Lead) -> str | None:
    """Return whose cap has room again: who was chosen from a pool and has the lead no more."""
    owner = before.owner
    if owner is None or owner.kind is not OwnerKind.PERSON or before.state not in OWNED:
        return None
    return owner.id if after.owner != owner or after.state not in OWNED else None


def _write_event(work: Work, event: Event, now: datetime) -> None:
    kind = event.kind.value
    data, personal = canonical(event.data), canonical(event.personal)
    work.seq += 1
    work.head = chain(work.head, kind, data, personal)
    row = (work.id, work.seq, kind, now, event.actor, Json(data), Json(personal), work.head)
    work.writes.put(Into.EVENT, row)


def _write_effect(  # noqa: C901 - one flat case per kind of effect
    batch: Batch, work: Work, lead: Lead, number: int, effect: Effect
) -> Lead:
    writes, now = work.writes, batch.now
    # The commonest first: a lead has four or five effects, and each is looked for from the top.
    match effect:
        case Act():
            if effect.supersedes and not work.fresh:
                writes.put(Into.WITHDRAW, (now, work.id, list(effect.supersedes)))
                writes.drop_actions(effect.supersedes)
            _act(batch, work, effect, number)
        case StartClock():
            into = Into.CLOCK if work.fresh else Into.RESTART_CLOCK
            writes.put(into, _clock_row(work.id, effect))
        case KnowContact():
            _know(writes, lead, effect, now)
        case OfferHandoff():
            return _offer(work, lead, effect, now)
        case EndHandoff():
            row = (effect.state.value, effect.reason, now, effect.handoff_id)
            writes.put(Into.END_HANDOFF, row)
        case StopClock():
            state = ClockState.MET if effect.met else ClockState.CANCELLED
            writes.put(Into.STOP_CLOCK, (state.value, now, work.id, effect.kind.value))
        case Hold():
            work.hold = effect
            look_at = effect.look_at or now + LOOK_AGAIN
            writes.put(Into.HELD, (work.id, lead.book, effect.pool, now, look_at))
        case MoveClock():
            moved = (effect.next_step, effect.next_at, effect.breached, work.id, effect.kind.value)
            writes.put(Into.MOVE_CLOCK, moved)
        case AskPerson():
            _ask(work, effect, number, now)
        case AnswerReview():
            writes.put(Into.ANSWER_REVIEW, (effect.answer, effect.by, now, effect.review_id))
    return lead


def _know(writes: Writes, lead: Lead, effect: KnowContact, now: datetime) -> None:
    if effect.new:
        body = Json(orjson.dumps(effect.person))
        writes.put(Into.CONTACT, (effect.contact_id, lead.book, now, body))
    for key in effect.keys:
        writes.put(Into.CONTACT_KEY, (lead.book, key_digest(key), effect.contact_id))


def _offer(work: Work, lead: Lead, effect: OfferHandoff, now: datetime) -> Lead:
    work.writes.put(
        Into.HANDOFF,
        (
            effect.handoff_id,
            work.id,
            effect.to,
            effect.accountable,
            effect.sender,
            "offered",
            Json(orjson.dumps(effect.packet)),
            effect.packet.completeness,
            now,
        ),
    )
    if lead.handoff_id == effect.handoff_id:
        return lead
    return change(lead, handoff_id=effect.handoff_id)


def _clock_row(lead_id: UUID, effect: StartClock) -> Row:
    return (
        lead_id,
        effect.kind.value,
        "running",
        effect.calendar,
        effect.started_at,
        effect.respond_by,
        effect.target.total_seconds(),
        effect.next_step,
        effect.next_at,
    )


def _ask(work: Work, effect: AskPerson, number: int, now: datetime) -> None:
    work.writes.put(
        Into.REVIEW,
        (
            timed_id(now, "review", work.key, work.seq, number),
            work.id,
            effect.reason,
            effect.question,
            effect.reviewer,
            list(effect.suggestions),
            effect.blocking,
            now,
            effect.due_at,
        ),
    )


def _act(batch: Batch, work: Work, effect: Act, number: int) -> None:
    now = batch.now
    destinations = batch.listeners.of(effect.kind)
    if not destinations:
        return
    body = orjson.dumps(
        {"type": effect.kind, "timestamp": now, "data": {"lead_id": work.key, **effect.body}}
    )
    for destination in destinations:
        key = f"{work.key}.{work.seq}.{number}.{destination}"
        action_id: UUID = timed_id(now, "action", key)
        work.writes.put(
            Into.ACTION,
            action_row(
                action_id=action_id,
                lead_id=work.id,
                seq=work.seq,
                kind=effect.kind,
                destination=destination,
                key=key,
                body=body,
                now=now,
            ),
        )
