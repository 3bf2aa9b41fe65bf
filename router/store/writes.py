"""Everything a batch has decided, written in few statements at its end.

``Writes`` only collects; :func:`flush` is the one place that changes what stages decide about.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final, LiteralString
from uuid import UUID

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
_HELD: Final[LiteralString] = """
    INSERT INTO held (lead_id, book, pool_id, since, look_at) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (lead_id) DO UPDATE SET pool_id = EXCLUDED.pool_id, look_at = EXCLUDED.look_at
"""
_WAKE: Final[LiteralString] = "INSERT INTO wake (book, person_id, why, at) VALUES (%s, %s, %s, %s)"
_UNHELD: Final[LiteralString] = "DELETE FROM held WHERE lead_id = %s"


class Into(Enum):
    """What a collected row does, in the order in which :func:`flush` carries it out.

    Clocks and handoffs end before new ones start, an answered review is answered before those
    still open are closed, and pending actions are withdrawn before their successors are written.
    """

    END_HANDOFF = _END_HANDOFF
    STOP_CLOCK = _STOP_CLOCK
    MOVE_CLOCK = _MOVE_CLOCK
    ANSWER_REVIEW = _ANSWER_REVIEW
    CLOSE_REVIEWS = _CLOSE_REVIEWS
    CONTACT = _CONTACTS
    CONTACT_KEY = _KEYS
    HANDOFF = _HANDOFFS
    CLOCK = _CLOCKS
    RESTART_CLOCK = _RESTART_CLOCK
    REVIEW = _REVIEWS
    UNHELD = _UNHELD
    WAKE = _WAKE
    HELD = _HELD
    WITHDRAW = _WITHDRAW
    ACTION = _ACTIONS
    EVENT = _EVENTS


@dataclass(slots=True)
class Writes:
    """Rows that wait to be written, in the order in which they were decided."""

    rows: list[tuple[Into, Row]] = field(default_factory=list)

    def put(self, into: Into, row: Row) -> None:
        """Collect a row."""
        self.rows.append((into, row))

    def drop_actions(self, kinds: Collection[str]) -> None:
        """Forget collected actions of these message types: they were superseded unwritten."""
        self.rows = [
            (into, row) for into, row in self.rows if into is not Into.ACTION or row[3] not in kinds
        ]

    def destinations(self) -> frozenset[str]:
        """Return the destinations that have something new to send."""
        return frozenset(str(row[4]) for into, row in self.rows if into is Into.ACTION)


def flush(tx: Tx, writes: Writes) -> None:
    """Write what was collected. The caller holds the locks of the leads concerned."""
    sorted_rows: dict[Into, list[Row]] = {}
    for into, row in writes.rows:
        sorted_rows.setdefault(into, []).append(row)
    for into in Into:
        rows = sorted_rows.get(into)
        if rows is None:
            continue
        if into.value.startswith("COPY"):
            tx.copy(into.value, rows)
        else:
            tx.many(into.value, rows)


def action_row(  # noqa: PLR0913 - one value per column of the table
    *,
    action_id: UUID,
    lead_id: UUID | None,
    seq: int,
    kind: str,
    destination: str,
    key: str,
    body: bytes,
    now: datetime,
) -> Row:
    """Return an action in the order of its COPY; one without a lead is about a book."""
    return (action_id, lead_id, seq, kind, destination, key, body, now, now)
