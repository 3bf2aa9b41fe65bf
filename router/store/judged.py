"""Leads of the past with the facts that their first decision kept: what another book is tried on.

Each page is one statement of its own: nothing is locked, and no transaction stays open, so that
the road and the vacuum go on however many leads there are.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

from router.lead.events import EventKind
from router.store.pages import Place
from router.store.tx import Tx

#: The kinds of decision that judge the whole book; a lead's first owner says most of it.
_DECISIONS: Final = [
    EventKind.LEAD_ROUTED.value,
    EventKind.LEAD_REJECTED.value,
    EventKind.REVIEW_OPENED.value,
]
_PAGE: Final[LiteralString] = """
    SELECT lead.id, lead.received_at, lead.state, decision.personal
    FROM (
        SELECT id, received_at, state FROM lead
        WHERE book = %(book)s AND received_at >= %(since)s AND (received_at, id) < (%(at)s, %(id)s)
        ORDER BY received_at DESC, id DESC LIMIT %(limit)s
    ) AS lead
    LEFT JOIN LATERAL (
        SELECT personal::text AS personal FROM event
        WHERE event.lead_id = lead.id AND kind = ANY(%(kinds)s)
        ORDER BY CASE WHEN kind = %(routed)s THEN 0
            WHEN personal->'facts' IS NOT NULL THEN 1 ELSE 2 END, seq
        LIMIT 1
    ) AS decision ON true
    ORDER BY lead.received_at DESC, lead.id DESC
"""
_NO_ID: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Judged:
    """A lead, and what its first decision kept of the person."""

    id: UUID
    received_at: datetime
    state: str
    #: JSON; ``{}`` once it was erased, None when nothing was decided yet.
    personal: str | None


def count_received(tx: Tx, book: str, since: datetime, until: datetime) -> int:
    """Count the leads that were received from one moment to before another."""
    row = tx.row(
        "SELECT count(*) FROM lead WHERE book = %s AND received_at >= %s AND received_at < %s",
        (book, since, until),
    )
    return int(row[0]) if row else 0


def judged_page(tx: Tx, book: str, since: datetime, before: Place, *, limit: int) -> list[Judged]:
    """Return leads with what their first decision kept, the newest first.

    Args:
        tx: Where to read.
        book: Whose leads.
        since: The oldest moment of receipt.
        before: Where the page before ended; :func:`end_of` for the first one.
        limit: Most to return.
    """
    rows = tx.rows(
        _PAGE,
        {
            "book": book,
            "since": since,
            "at": before[0],
            "id": before[1],
            "limit": limit,
            "kinds": _DECISIONS,
            "routed": EventKind.LEAD_ROUTED.value,
        },
    )
    return [Judged(*row) for row in rows]


def end_of(until: datetime) -> Place:
    """Return where the first page begins: before this moment.

    >>> from datetime import UTC
    >>> end_of(datetime(2026, 1, 5, tzinfo=UTC))[1].int
    0
    """
    return until, _NO_ID
