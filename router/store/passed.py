"""What happened to the leads of a span of time, counted for the map."""

from datetime import datetime
from typing import Final, LiteralString

from router.lead.decision import DECIDED_AGAIN
from router.lead.events import EventKind
from router.store.tx import Tx

_KINDS: Final = [
    kind.value
    for kind in (
        EventKind.LEAD_CAPTURED,
        EventKind.LEAD_CLEANED,
        EventKind.LEAD_MERGED,
        EventKind.LEAD_CLASSIFIED,
        EventKind.LEAD_REJECTED,
        EventKind.REVIEW_OPENED,
        EventKind.LEAD_ROUTED,
        EventKind.LEAD_REASSIGNED,
        EventKind.LEAD_ACTIVATED,
        EventKind.LEAD_ACCEPTED,
        EventKind.LEAD_TOUCHED,
        EventKind.LEAD_CLOSED,
    )
]
#: Leads by the index of when they were received, and then their events by the primary key.
_PASSED: Final[LiteralString] = """
    SELECT e.kind, e.actor, said.rule, said.way, said.name, said.code, count(*), max(e.at)
    FROM lead l JOIN event e ON e.lead_id = l.id
    CROSS JOIN LATERAL (
        SELECT
            CASE WHEN deed <> '' THEN coalesce(e.data->>'rule', '') ELSE '' END AS rule,
            CASE WHEN deed <> 'given' THEN deed WHEN e.data->>'pool' <> '' THEN 'pool'
                ELSE e.data->'owner'->>'kind' END AS way,
            CASE WHEN deed = '' THEN '' WHEN deed <> 'given' THEN e.data->>'reason'
                WHEN e.data->>'pool' <> '' THEN e.data->>'pool'
                ELSE e.data->'owner'->>'id' END AS name,
            CASE WHEN deed = 'given' THEN e.data->>'code' ELSE '' END AS code
        FROM (SELECT CASE e.kind WHEN %(routed)s THEN 'given' WHEN %(rejected)s THEN 'reject'
            WHEN %(review)s THEN 'review' WHEN %(reassigned)s THEN
                -- Only this one is the rules' own decision; the others keep the pool.
                CASE e.data->>'reason' WHEN %(again)s THEN 'given' ELSE '' END
            ELSE '' END AS deed) AS done
    ) AS said
    WHERE l.book = %(book)s AND l.received_at >= %(since)s AND e.kind = ANY(%(kinds)s)
        AND (e.kind <> %(touched)s OR e.data->>'first' = 'true')
    GROUP BY 1, 2, 3, 4, 5, 6
"""

#: Kind, actor, rule, kind of target, target, code, how often, and when last.
Row = tuple[str, str, str, str, str, str, int, datetime]


def passed_since(tx: Tx, book: str, since: datetime) -> list[Row]:
    """Count what happened to the leads that were received since a moment, by what was said of it.

    Args:
        tx: Open transaction. Locks nothing.
        book: Which book's leads.
        since: Leads received from then on.
    """
    values = {
        "book": book,
        "since": since,
        "kinds": _KINDS,
        "routed": EventKind.LEAD_ROUTED.value,
        "rejected": EventKind.LEAD_REJECTED.value,
        "review": EventKind.REVIEW_OPENED.value,
        "again": DECIDED_AGAIN,
        "reassigned": EventKind.LEAD_REASSIGNED.value,
        "touched": EventKind.LEAD_TOUCHED.value,
    }
    return [
        (row[0], row[1], row[2], row[3] or "", row[4] or "", row[5] or "", int(row[6]), row[7])
        for row in tx.rows(_PASSED, values)
    ]
