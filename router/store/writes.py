"""Everything a batch has decided, written in few statements at its end.

``Writes`` only collects; :func:`flush` is the one place that changes what stages decide about.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

from router.lead.decision import ClockKind
from router.lead.ids import LeadId
from router.store.tx import Tx

Row = tuple[object, ...]

_EVENTS: Final[LiteralString] = (
    "COPY event (lead_id, seq, kind, at, actor, data, personal, hash) FROM STDIN"
)
_CONTACTS: Final[LiteralString] = "COPY contact (id, book, created_at, body) FROM STDIN"
_KEYS: Final[LiteralString] = "COPY contact_key (book, key, contact_id) FROM STDIN"
_HANDOFFS: Final[LiteralString] = (
    "COPY handoff (id, lead_id, to_id, accountable_id, sender, state, packet, completeness,"
    " offered_at) FROM STDIN"
)
_CLOCKS: Final[LiteralString] = (
    "COPY clock (lead_id, kind, state, calendar, started_at, respond_by, target_s, next_step,"
    " next_at) FROM STDIN"
)
_ACTIONS: Final[LiteralString] = (
    "COPY action (id, lead_id, seq, kind, destination, key, body, next_at, created_at) FROM STDIN"
)
_REVIEWS: Final[LiteralString] = (
    "COPY review_item (id, lead_id, reason, question, reviewer, suggestions, blocking, opened_at,"
    " due_at) FROM STDIN"
)
_RESTART_CLOCK: Final[LiteralString] = """
    INSERT INTO clock (lead_id, kind, state, calendar, started_at, respond_by, target_s,
        next_step, next_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (lead_id, kind) DO UPDATE SET state = EXCLUDED.state,
        calendar = EXCLUDED.calendar, started_at = EXCLUDED.started_at,
        respond_by = EXCLUDED.respond_by, target_s = EXCLUDED.target_s,
        next_step = EXCLUDED.next_step, next_at = EXCLUDED.next_at,
        generation = clock.generation + 1, ended_at = NULL
"""
_STOP_CLOCK: Final[LiteralString] = """
    UPDATE clock SET state = %s, next_at = NULL, ended_at = %s, generation = generation + 1
    WHERE lead_id = %s AND kind = %s AND state IN ('running', 'breached')
"""
_MOVE_CLOCK: Final[LiteralString] = """
    UPDATE clock SET next_step = %s, next_at = %s, generation = generation + 1,
        state = CASE WHEN %s THEN 'breached' ELSE state END
    WHERE lead_id = %s AND kind = %s AND state IN ('running', 'breached')
"""
_END_HANDOFF: Final[LiteralString] = """
    UPDATE handoff SET state = %s, reason = %s, answered_at = %s
    WHERE id = %s AND state IN ('offered', 'accepted')
"""
_WITHDRAW: Final[LiteralString] = """
    UPDATE action SET state = 'withdrawn', ended_at = %s
    WHERE lead_id = %s AND kind = ANY(%s) AND state = 'pending'
"""
_ANSWER_REVIEW: Final[LiteralString] = """
    UPDATE review_item SET state = 'answered', answer = %s, answered_by = %s, answered_at = %s
    WHERE id = %s AND state = 'open'
"""
_CLOSE_REVIEWS: Final[LiteralString] = """
    UPDATE review_item SET state = 'withdrawn', answered_at = %s
    WHERE lead_id = %s AND state = 'open' AND blocking
"""
_CREDIT: Final[LiteralString] = """
    UPDATE pool_member SET credit = %s, assigned = assigned + %s
    WHERE book = %s AND pool_id = %s AND person_id = %s
"""


@dataclass(slots=True)
class Writes:
    """Rows of one lead (or one batch) that wait to be written, in the order of their tables."""

    events: list[Row] = field(default_factory=list)
    contacts: list[Row] = field(default_factory=list)
    keys: list[Row] = field(default_factory=list)
    handoffs: list[Row] = field(default_factory=list)
    ended_handoffs: list[Row] = field(default_factory=list)
    clocks: list[Row] = field(default_factory=list)
    restarted_clocks: list[Row] = field(default_factory=list)
    stopped_clocks: list[Row] = field(default_factory=list)
    moved_clocks: list[Row] = field(default_factory=list)
    actions: list[Row] = field(default_factory=list)
    withdrawn: list[Row] = field(default_factory=list)
    reviews: list[Row] = field(default_factory=list)
    answered: list[Row] = field(default_factory=list)
    closed_reviews: list[Row] = field(default_factory=list)

    def add(self, other: "Writes") -> None:
        """Take over another collection's rows, after our own."""
        for name in self.__slots__:
            getattr(self, name).extend(getattr(other, name))

    def stop_clock(self, lead_id: LeadId, kind: ClockKind, now: datetime, *, met: bool) -> None:
        """Collect the end of a clock."""
        self.stopped_clocks.append(("met" if met else "cancelled", now, lead_id, kind.value))

    def destinations(self) -> frozenset[str]:
        """Return the destinations that have something new to send."""
        return frozenset(str(row[4]) for row in self.actions)


def flush(tx: Tx, writes: Writes) -> None:
    """Write what was collected. The caller holds the locks of the leads concerned.

    Clocks and handoffs end before new ones start, and pending actions are withdrawn before their
    successors are written.
    """
    tx.many(_END_HANDOFF, writes.ended_handoffs)
    tx.many(_STOP_CLOCK, writes.stopped_clocks)
    tx.many(_MOVE_CLOCK, writes.moved_clocks)
    tx.many(_CLOSE_REVIEWS, writes.closed_reviews)
    tx.many(_ANSWER_REVIEW, writes.answered)
    _copy(tx, _CONTACTS, writes.contacts)
    _copy(tx, _KEYS, writes.keys)
    _copy(tx, _HANDOFFS, writes.handoffs)
    _copy(tx, _CLOCKS, writes.clocks)
    tx.many(_RESTART_CLOCK, writes.restarted_clocks)
    _copy(tx, _REVIEWS, writes.reviews)
    tx.many(_WITHDRAW, writes.withdrawn)
    _copy(tx, _ACTIONS, writes.actions)
    _copy(tx, _EVENTS, writes.events)


def credit_members(tx: Tx, book: str, changed: Iterable[tuple[str, str, int, int]]) -> None:
    """Write what pool members are owed after a batch of picks; the caller holds the pool locks.

    Args:
        tx: Open transaction.
        book: Which book's pools.
        changed: Pool, person, new credit, and how many leads were assigned to it in this batch.
    """
    tx.many(
        _CREDIT, [(credit, more, book, pool, person) for pool, person, credit, more in changed]
    )


def _copy(tx: Tx, statement: LiteralString, rows: Sequence[Row]) -> None:
    if rows:
        tx.copy(statement, rows)


def action_row(  # noqa: PLR0913 - one value per column of the table
    *,
    action_id: UUID,
    lead_id: LeadId,
    seq: int,
    kind: str,
    destination: str,
    key: str,
    body: bytes,
    now: datetime,
) -> Row:
    """Return an action in the order of its COPY."""
    return (action_id, lead_id, seq, kind, destination, key, body, now, now)
