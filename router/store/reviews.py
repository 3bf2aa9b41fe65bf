"""Questions to people: which are open, which are overdue, and the answer to one beside the road."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from router.lead.ids import LeadId
from router.lead.states import ReviewState
from router.store.pages import Order, Place, page
from router.store.tx import Tx

_COLUMNS: Final[LiteralString] = (
    "id, lead_id, reason, question, reviewer, suggestions, blocking, state, opened_at, due_at,"
    " reminded_at, answered_at, answer, answered_by"
)

_DUE_FIRST = Order("due_at", "id", newest_first=False)


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One question to a named person."""

    id: UUID
    lead_id: LeadId
    #: Stable code of why a person is asked.
    reason: str
    question: str
    reviewer: str
    suggestions: tuple[str, ...]
    #: Whether the lead waits for the answer.
    blocking: bool
    state: ReviewState
    opened_at: datetime
    due_at: datetime
    reminded_at: datetime | None
    answered_at: datetime | None
    answer: str
    answered_by: str


def reviews(  # noqa: PLR0913 - filters and page, by name
    tx: Tx,
    book: str,
    *,
    state: ReviewState | None = None,
    reviewer: str = "",
    after: Place | None = None,
    limit: int,
) -> list[ReviewItem]:
    """Return questions, the one that is due first first.

    Args:
        tx: Open transaction.
        book: Which book's leads.
        state: Only those in this state; None for all.
        reviewer: Only those of this person; empty for all.
        after: Due moment and id of the last one of the page before.
        limit: Most to return.
    """
    rows = page(
        tx,
        "SELECT " + _COLUMNS + " FROM review_item r",
        where=(
            ("EXISTS (SELECT 1 FROM lead WHERE lead.id = r.lead_id AND lead.book = %s)", book),
            ("state = %s", state),
            ("reviewer = %s", reviewer),
        ),
        order=_DUE_FIRST,
        after=after,
        limit=limit,
    )
    return [_item(row) for row in rows]


def read_review(tx: Tx, review_id: UUID) -> ReviewItem | None:
    """Read one question without a lock; None if there is none.

    The caller holds the lead's lock where it matters that nobody answers meanwhile.
    """
    row = tx.row("SELECT " + _COLUMNS + " FROM review_item WHERE id = %s", (review_id,))
    return _item(row) if row else None


def reviews_of(tx: Tx, lead_id: UUID) -> list[ReviewItem]:
    """Return every question about a lead, the oldest first."""
    rows = tx.rows(
        "SELECT " + _COLUMNS + " FROM review_item WHERE lead_id = %s ORDER BY opened_at, id",
        (lead_id,),
    )
    return [_item(row) for row in rows]


def overdue_reviews(tx: Tx, now: datetime, limit: int) -> list[ReviewItem]:
    """Return open questions that are overdue and that nobody was reminded of. Locks nothing."""
    rows = tx.rows(
        "SELECT " + _COLUMNS + " FROM review_item WHERE state = 'open' AND due_at <= %s"
        " AND reminded_at IS NULL ORDER BY due_at LIMIT %s",
        (now, limit),
    )
    return [_item(row) for row in rows]


def note_reminder(tx: Tx, review_id: UUID, now: datetime) -> bool:
    """Remember that somebody was reminded; False when it was answered or reminded of meanwhile."""
    return bool(
        tx.run(
            "UPDATE review_item SET reminded_at = %s WHERE id = %s AND state = 'open'"
            " AND reminded_at IS NULL",
            (now, review_id),
        )
    )


def _item(row: Sequence[Any]) -> ReviewItem:
    return ReviewItem(
        id=row[0],
        lead_id=LeadId(row[1]),
        reason=row[2],
        question=row[3],
        reviewer=row[4],
        suggestions=tuple(row[5]),
        blocking=row[6],
        state=ReviewState(row[7]),
        opened_at=row[8],
        due_at=row[9],
        reminded_at=row[10],
        answered_at=row[11],
        answer=row[12],
        answered_by=row[13],
    )
