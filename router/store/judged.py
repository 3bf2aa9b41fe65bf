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
_MARKS: Final[LiteralString] = """
    SELECT received_at, id, n FROM (
        SELECT received_at, id, row_number() OVER (ORDER BY received_at DESC, id DESC) AS n
        FROM lead WHERE book = %(book)s AND received_at >= %(since)s AND received_at < %(until)s
        ORDER BY received_at DESC, id DESC LIMIT %(most)s
    ) AS counted
    WHERE n %% %(every)s = 0 OR n = %(most)s ORDER BY n
"""
_PART: Final[LiteralString] = """
    SELECT lead.id, lead.state, decision.personal
    FROM (
        SELECT id, received_at, state FROM lead WHERE book = %(book)s
            AND (received_at, id) < (%(before)s, %(before_id)s)
            AND (received_at, id) >= (%(since)s, %(since_id)s)
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
class Part:
    """Leads between two places of the list of all, the newest first."""

    #: Whose leads.
    book: str
    #: After every one of them; and the last of them, or before that.
    before: Place
    since: Place


@dataclass(frozen=True, slots=True)
class Judged:
    """A lead, and what its first decision kept of the person."""

    id: UUID
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


def parts(  # noqa: PLR0913 - the whole question, by name
    tx: Tx, book: str, *, since: datetime, until: datetime, most: int, every: int
) -> list[Part]:
    """Divide leads into parts of so many each, the newest first.

    Args:
        tx: Where to read.
        book: Whose leads.
        since: The oldest moment of receipt.
        until: Before this one.
        most: The newest so many leads only.
        every: Leads of one part. One that comes in late may make a part longer.
    """
    values = {"book": book, "since": since, "until": until, "most": most, "every": every}
    rows = tx.rows(_MARKS, values)
    marks = [(row[0], row[1]) for row in rows]
    if not rows or rows[-1][2] < most:
        marks.append((since, _NO_ID))
    starts = [(until, _NO_ID), *marks]
    return [Part(book, *ends) for ends in zip(starts, marks, strict=False)]


def judged(tx: Tx, part: Part) -> list[Judged]:
    """Return the leads of a part with what their first decision kept, the newest first."""
    rows = tx.rows(
        _PART,
        {
            "book": part.book,
            "before": part.before[0],
            "before_id": part.before[1],
            "since": part.since[0],
            "since_id": part.since[1],
            "kinds": _DECISIONS,
            "routed": EventKind.LEAD_ROUTED.value,
        },
    )
    return [Judged(*row) for row in rows]
