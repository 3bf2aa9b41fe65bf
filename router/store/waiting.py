"""What is waiting for somebody: the question behind every bell."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from router.lead.ids import LeadId
from router.lead.states import LeadState
from router.pipeline import NEXT_STAGE, StageName
from router.store.tx import Tx

_STATES = [state.value for state in LeadState if state in NEXT_STAGE]


def due_stages(tx: Tx, now: datetime) -> list[str]:
    """Return the names of stages that have work due. Locks nothing."""
    names = []
    waits = tx.row("SELECT EXISTS (SELECT 1 FROM delivery WHERE state = 'received')")
    if waits and waits[0]:
        names.append(StageName.CAPTURE.value)
    rows = tx.rows(
        "SELECT state FROM unnest(%s::text[]) AS state WHERE EXISTS"
        " (SELECT 1 FROM lead WHERE lead.state = state.state AND due_at IS NOT NULL"
        "  AND due_at <= %s)",
        (_STATES, now),
    )
    names.extend(NEXT_STAGE[LeadState(row[0])].value for row in rows)
    return names


def still_due(tx: Tx, ids: Sequence[UUID]) -> list[LeadId]:
    """Return which of these leads still stand before a stage. Locks nothing."""
    rows = tx.rows(
        "SELECT id FROM lead WHERE id = ANY(%s) AND state = ANY(%s) AND due_at IS NOT NULL",
        (list(ids), _STATES),
    )
    return [LeadId(row[0]) for row in rows]


def depths(tx: Tx, now: datetime) -> dict[str, int]:
    """Count what waits, for people: deliveries, leads by state, actions, reviews, overdue steps.

    Rows of imports whose turn has not come are counted apart: they wait because they shall.
    """
    counts: dict[str, int] = {}
    for name, query in (
        ("deliveries_waiting", "SELECT count(*) FROM delivery WHERE state = 'received'"),
        ("deliveries_parked", "SELECT count(*) FROM delivery WHERE state = 'parked'"),
        ("import_rows_waiting", "SELECT count(*) FROM delivery WHERE state = 'waiting'"),
        ("leads_waiting", "SELECT count(*) FROM lead WHERE due_at IS NOT NULL"),
        ("leads_parked", "SELECT count(*) FROM lead WHERE state = 'parked'"),
        ("actions_pending", "SELECT count(*) FROM action WHERE state = 'pending'"),
        ("actions_sending", "SELECT count(*) FROM action WHERE state = 'sending'"),
        ("actions_parked", "SELECT count(*) FROM action WHERE state = 'parked'"),
        ("leads_held", "SELECT count(*) FROM held"),
        ("reviews_open", "SELECT count(*) FROM review_item WHERE state = 'open'"),
    ):
        row = tx.row(query)
        counts[name] = int(row[0]) if row else 0
    row = tx.row("SELECT count(*) FROM clock WHERE next_at <= %s", (now,))
    counts["clock_steps_overdue"] = int(row[0]) if row else 0
    return counts
