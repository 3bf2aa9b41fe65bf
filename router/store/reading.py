"""What people look at: leads, their events and the tasks they are, page by page.

Nothing here locks or changes anything.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, LiteralString
from uuid import UUID

import orjson

from router.lead.ids import LeadId
from router.lead.model import Lead
from router.lead.states import OWNED, HandoffState, LeadState
from router.store.leads import COLUMNS, lead_of
from router.store.pages import Order, Place, page
from router.store.people import contacts_by_key
from router.store.tx import Tx

_OWNED: Final = [state.value for state in OWNED]
#: Sorts what is never due behind everything else.
_NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
_HEX = frozenset("0123456789abcdef")
_UUID_DIGITS = 32


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Which leads are wanted; empty values ask for all."""

    states: tuple[LeadState, ...] = ()
    #: Id of a person, a queue or a sequence.
    owner: str = ""
    source: str = ""
    #: Received at or after this moment.
    since: datetime | None = None
    #: Received before this moment.
    until: datetime | None = None
    #: Canonical e-mail address.
    email: str = ""
    #: True when the address is shared by several people (``info@``), so that no contact owns it.
    email_shared: bool = False


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event as it was written, with the very bytes that its hash covers."""

    seq: int
    kind: str
    at: datetime
    actor: str
    data_bytes: bytes
    personal_bytes: bytes
    hash: bytes

    @property
    def data(self) -> dict[str, Any]:
        """Return the decision that was kept."""
        found: dict[str, Any] = orjson.loads(self.data_bytes)
        return found

    @property
    def personal(self) -> dict[str, Any]:
        """Return the personal values; empty once they were erased."""
        found: dict[str, Any] = orjson.loads(self.personal_bytes)
        return found


@dataclass(frozen=True, slots=True)
class Task:
    """One open handoff: what its receiver has to do."""

    handoff_id: UUID
    lead_id: LeadId
    to: str
    accountable: str
    state: HandoffState
    lead_state: LeadState
    offered_at: datetime
    #: The next promise that runs out; None when none runs.
    due: datetime | None
    #: Whether that promise is broken already.
    late: bool
    packet: dict[str, Any]

    @property
    def place(self) -> Place:
        """Return where a page ends that ends with this task."""
        return self.due or _NEVER, self.handoff_id


def leads(tx: Tx, book: str, wanted: LeadFilter, *, after: Place | None, limit: int) -> list[Lead]:
    """Return leads, the newest first.

    Args:
        tx: Open transaction.
        book: Which book's leads.
        wanted: Which of them.
        after: Place of the last lead of the page before.
        limit: Most to return.
    """
    where: list[tuple[LiteralString, object]] = [
        ("book = %s", book),
        ("state = ANY(%s)", [state.value for state in wanted.states]),
        ("owner_id = %s", wanted.owner),
        ("source = %s", wanted.source),
        ("received_at >= %s", wanted.since),
        ("received_at < %s", wanted.until),
        ("body -> 'person' ->> 'email_canonical' = %s", wanted.email),
    ]
    if wanted.email and not wanted.email_shared:
        # The contact's index finds them; the address itself is in the body and has none.
        known = list(contacts_by_key(tx, book, [f"email:{wanted.email}"]).values())
        if not known:
            return []
        where.append(("contact_id = ANY(%s)", known))
    order = Order("received_at", "id")
    select: LiteralString = "SELECT " + COLUMNS + " FROM lead"
    return [
        lead_of(row) for row in page(tx, select, where=where, order=order, after=after, limit=limit)
    ]


def leads_by_prefix(tx: Tx, prefix: str) -> list[LeadId]:
    """Return up to two leads whose id begins so; one means that the prefix is unique.

    Args:
        tx: Open transaction.
        prefix: First characters of an id, with or without its dashes.
    """
    digits = prefix.strip().lower().replace("-", "")
    if not digits or len(digits) > _UUID_DIGITS or not _HEX.issuperset(digits):
        return []
    lowest, highest = digits.ljust(_UUID_DIGITS, "0"), digits.ljust(_UUID_DIGITS, "f")
    rows = tx.rows(
        "SELECT id FROM lead WHERE id BETWEEN %s AND %s ORDER BY id LIMIT 2",
        (UUID(lowest), UUID(highest)),
    )
    return [LeadId(row[0]) for row in rows]


def events_of(
    tx: Tx, lead_id: UUID, *, after: int = 0, limit: int | None = None
) -> list[StoredEvent]:
    """Return what happened to a lead, in order.

    Args:
        tx: Open transaction.
        lead_id: The lead.
        after: Number of the last event that is known already.
        limit: Most to return; None for all.
    """
    rows = tx.rows(
        "SELECT seq, kind, at, actor, data::text, personal::text, hash FROM event"
        " WHERE lead_id = %s AND seq > %s ORDER BY seq LIMIT %s",
        (lead_id, after, limit),
    )
    return [
        StoredEvent(row[0], row[1], row[2], row[3], row[4].encode(), row[5].encode(), bytes(row[6]))
        for row in rows
    ]


_TASKS: Final[LiteralString] = """
    SELECT * FROM (
        SELECT h.id, h.lead_id, h.to_id, h.accountable_id, h.state, l.state AS lead_state,
            h.offered_at, c.due, h.packet, COALESCE(c.due, %s) AS rank, c.late
        FROM handoff h
        JOIN lead l ON l.handoff_id = h.id AND l.book = %s AND l.state = ANY(%s)
        LEFT JOIN LATERAL (
            SELECT min(respond_by) AS due, min(respond_by) <= %s AS late FROM clock
            WHERE clock.lead_id = h.lead_id AND clock.state IN ('running', 'breached')
        ) c ON true
        WHERE h.state IN ('offered', 'accepted')
            AND (%s = '' OR h.to_id = %s OR h.accountable_id = %s)
    ) task
    WHERE %s::timestamptz IS NULL OR (rank, id) > (%s, %s)
    ORDER BY rank, id LIMIT %s
"""


def tasks(  # noqa: PLR0913 - filter, page and the time, by name
    tx: Tx,
    book: str,
    *,
    person: str = "",
    now: datetime,
    after: Place | None = None,
    limit: int,
) -> list[Task]:
    """Return open handoffs, the one that is due first first; those that are never due come last.

    Args:
        tx: Open transaction.
        book: Which book's leads.
        person: Only those of this owner, or that this person is accountable for; empty for all.
        now: Tells what is late.
        after: ``place`` of the last task of the page before.
        limit: Most to return.
    """
    at, last = after if after is not None else (None, None)
    rows = tx.rows(_TASKS, (_NEVER, book, _OWNED, now, person, person, person, at, at, last, limit))
    return [
        Task(
            handoff_id=row[0],
            lead_id=LeadId(row[1]),
            to=row[2],
            accountable=row[3],
            state=HandoffState(row[4]),
            lead_state=LeadState(row[5]),
            offered_at=row[6],
            due=row[7],
            packet=row[8],
            late=bool(row[10]),
        )
        for row in rows
    ]


def leads_by_state(tx: Tx, book: str) -> dict[str, int]:
    """Count a book's leads by state; states without a lead are absent."""
    rows = tx.rows("SELECT state, count(*) FROM lead WHERE book = %s GROUP BY state", (book,))
    return {row[0]: int(row[1]) for row in rows}


def count_without_owner(tx: Tx, book: str, before: datetime) -> int:
    """Count leads that should have an owner by now and have none.

    Those that were received before a moment, and are neither with a reviewer, shown to the
    operator, kept aside, nor part of another lead.
    """
    row = tx.row(
        "SELECT count(*) FROM lead WHERE book = %s AND owner_id IS NULL AND received_at < %s"
        " AND state NOT IN ('in_review', 'parked', 'rejected', 'merged')",
        (book, before),
    )
    return int(row[0]) if row else 0


def open_tasks_by_owner(tx: Tx, book: str) -> dict[str, int]:
    """Count the leads each owner has to act on."""
    rows = tx.rows(
        "SELECT owner_id, count(*) FROM lead WHERE book = %s AND state = ANY(%s) GROUP BY owner_id",
        (book, _OWNED),
    )
    return {row[0]: int(row[1]) for row in rows}
