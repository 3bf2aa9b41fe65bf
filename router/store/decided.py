"""Leads by the version that decided them, and what was decided about each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from router.lead.events import EventKind
from router.lead.ids import LeadId
from router.lead.model import Lead
from router.lead.states import LeadState
from router.store.leads import COLUMNS, lead_of
from router.store.tx import Tx

#: Events by which a lead was given to somebody, or refused.
DECISIONS: Final = (
    EventKind.LEAD_ROUTED.value,
    EventKind.LEAD_REASSIGNED.value,
    EventKind.LEAD_REJECTED.value,
)
_DECIDED: Final = [
    LeadState.ROUTED.value,
    LeadState.ACTIVATED.value,
    LeadState.ACCEPTED.value,
    LeadState.CONTACTED.value,
    LeadState.CLOSED.value,
    LeadState.REJECTED.value,
]
_ON_THE_ROAD: Final = [
    LeadState.CAPTURED.value,
    LeadState.CLEANED.value,
    LeadState.CLASSIFIED.value,
]
_BY_VERSION: Final[LiteralString] = """
    SELECT l.id FROM lead l
    WHERE l.book = %(book)s AND l.digest = %(digest)s AND l.id > %(after)s
        AND l.state = ANY(%(states)s) AND EXISTS (
            SELECT 1 FROM event e WHERE e.lead_id = l.id AND e.kind = ANY(%(kinds)s)
                AND e.at >= %(since)s AND (%(until)s::timestamptz IS NULL OR e.at < %(until)s)
                AND e.data->>'digest' = %(digest)s)
    ORDER BY l.id LIMIT %(limit)s
"""
_UNDECIDED: Final[LiteralString] = """
    SELECT id FROM lead
    WHERE book = %(book)s AND digest = %(digest)s AND id > %(after)s
        AND (state = ANY(%(road)s) OR state = 'in_review'
            OR (state = 'parked' AND (resume_at IS NULL OR resume_at = ANY(%(road)s))))
    ORDER BY id LIMIT %(limit)s
"""
_PAST: Final[LiteralString] = """
    SELECT lead_id, kind, at, data, personal->'facts'->'tags', personal->'facts'->>'priority'
    FROM event WHERE lead_id = ANY(%s) AND kind = ANY(%s) ORDER BY lead_id, seq
"""


def decided_by(  # noqa: PLR0913 - every bound of the page by name
    tx: Tx,
    book: str,
    digest: str,
    *,
    since: datetime,
    until: datetime | None,
    after: UUID,
    limit: int,
) -> list[LeadId]:
    """Return leads that go by a version and that it has decided, in the order of their ids.

    Args:
        tx: Open transaction. Locks nothing.
        book: Which book's leads.
        digest: The version.
        since: Only those that it decided from then on.
        until: Only those that it decided before; None for no such bound.
        after: Id of the last lead of the page before; of zeros for the first page.
        limit: Most to return.
    """
    values = {
        "book": book,
        "digest": digest,
        "since": since,
        "until": until,
        "after": after,
        "limit": limit,
        "states": _DECIDED,
        "kinds": list(DECISIONS),
    }
    return [LeadId(row[0]) for row in tx.rows(_BY_VERSION, values)]


def undecided(tx: Tx, book: str, digest: str, *, after: UUID, limit: int) -> list[LeadId]:
    """Return leads that go by a version and are not decided yet, in the order of their ids.

    Those on the road, in review, or parked before they were decided.

    Args:
        tx: Open transaction. Locks nothing.
        book: Which book's leads.
        digest: The version.
        after: Id of the last lead of the page before; of zeros for the first page.
        limit: Most to return.
    """
    values = {
        "book": book,
        "digest": digest,
        "after": after,
        "limit": limit,
        "road": _ON_THE_ROAD,
    }
    return [LeadId(row[0]) for row in tx.rows(_UNDECIDED, values)]


def leads_at(tx: Tx, ids: Sequence[UUID]) -> list[Lead]:
    """Return these leads as they stand, in the order of their ids. Locks nothing."""
    query: LiteralString = "SELECT " + COLUMNS + " FROM lead WHERE id = ANY(%s) ORDER BY id"
    return [lead_of(row) for row in tx.rows(query, (list(ids),))]


def decisions_of(tx: Tx, leads: Sequence[UUID]) -> list[tuple[Any, ...]]:
    """Return every decision about these leads, in order.

    Returns:
        Lead, kind, moment and data of each; and the tags and the priority that the lead had
        before, None where that is not kept (any more).
    """
    return [tuple(row) for row in tx.rows(_PAST, (list(leads), list(DECISIONS)))]
