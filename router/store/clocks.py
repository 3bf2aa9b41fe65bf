"""SLA clocks: which step is due, and the clocks of a lead."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString
from uuid import UUID

from router.lead.clock import Clock
from router.lead.decision import ClockKind
from router.lead.ids import LeadId
from router.lead.states import ClockState
from router.store.tx import Tx

_COLUMNS: Final[LiteralString] = (
    "lead_id, kind, state, started_at, respond_by, target_s, calendar, next_step, next_at,"
    " generation"
)


def due_leads(tx: Tx, now: datetime, limit: int) -> list[LeadId]:
    """Return leads that have a clock step due, the longest overdue first; locks nothing.

    ``now`` is a bound value on purpose: a volatile function would not use the index.
    """
    rows = tx.rows(
        "SELECT lead_id FROM clock WHERE next_at <= %s ORDER BY next_at LIMIT %s", (now, limit)
    )
    return list(dict.fromkeys(LeadId(row[0]) for row in rows))


def next_due(tx: Tx) -> datetime | None:
    """Return when the next clock step is due; None when no clock runs."""
    row = tx.row("SELECT next_at FROM clock WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1")
    return row[0] if row else None


def put_off(tx: Tx, leads: Sequence[UUID], now: datetime, until: datetime) -> None:
    """Move the due steps of these leads to a later moment; for steps that could not be taken."""
    if leads:
        tx.run(
            # One that somebody changes just now is left to them: who waits could close a circle.
            "UPDATE clock SET next_at = %s WHERE (lead_id, kind) IN (SELECT lead_id, kind"
            " FROM clock WHERE lead_id = ANY(%s) AND next_at <= %s FOR UPDATE SKIP LOCKED)",
            (until, list(leads), now),
        )


def clocks_of(tx: Tx, leads: Iterable[UUID]) -> dict[LeadId, dict[ClockKind, Clock]]:
    """Read every clock of these leads, ended ones too; the caller holds the leads' locks."""
    rows = tx.rows("SELECT " + _COLUMNS + " FROM clock WHERE lead_id = ANY(%s)", (list(leads),))
    found: dict[LeadId, dict[ClockKind, Clock]] = {}
    for row in rows:
        found.setdefault(LeadId(row[0]), {})[ClockKind(row[1])] = _clock(row)
    return found


def _clock(row: Sequence[Any]) -> Clock:
    return Clock(
        kind=ClockKind(row[1]),
        state=ClockState(row[2]),
        started_at=row[3],
        respond_by=row[4],
        target=timedelta(seconds=row[5]),
        calendar=row[6],
        next_step=row[7],
        next_at=row[8],
        generation=row[9],
    )
