"""What becomes of a lead that fails: tried again alone, then parked and shown, never lost."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from router.app import App
from router.lead.decision import Decision
from router.lead.events import Event, EventKind
from router.lead.model import Lead, change
from router.lead.states import LeadState
from router.now import now as read_now
from router.pipeline import NEXT_STAGE, StageName
from router.road.batch import write_batch
from router.road.record import Batch, Listeners, record
from router.store import deliveries
from router.store.leads import lock_leads
from router.store.tickets import keep_only, lost_tickets, seize
from router.store.tx import Tx, transaction
from router.store.waiting import still_due

log = structlog.get_logger()

#: First pause before a lead that failed is tried again; doubles with each attempt.
RETRY_AFTER = timedelta(seconds=1)
_ERROR_CHARS = 500


def failed(
    lead: Lead, error: str, most: int, now: datetime, *, pause: timedelta = RETRY_AFTER
) -> Decision:
    """Decide what becomes of a lead after a failed attempt.

    Args:
        lead: As it stood before the attempt.
        error: What happened; kept for the operator.
        most: Attempts after which it is parked.
        now: Moment of the failure.
        pause: Until the second attempt; doubles with each later one.
    """
    attempts = lead.attempts + 1
    data = {"attempt": attempts, "error": error[:_ERROR_CHARS], "state": lead.state.value}
    if attempts >= most:
        parked = change(
            lead,
            state=LeadState.PARKED,
            resume_at=lead.state,
            reason="attempts_spent",
            attempts=attempts,
            last_error=error[:_ERROR_CHARS],
            due_at=None,
        )
        return Decision(parked, events=(Event(EventKind.LEAD_PARKED, data=data, actor="road"),))
    again = change(
        lead,
        attempts=attempts,
        last_error=error[:_ERROR_CHARS],
        due_at=now + pause * 2 ** (attempts - 1),
    )
    return Decision(again, events=(Event(EventKind.LEAD_FAILED, data=data, actor="road"),))


def record_failures(batch: Batch, most: int) -> None:
    """Record a failed attempt for every lead of the batch that a stage failed on."""
    for work in list(batch.works.values()):
        if work.failed is not None:
            text = f"{type(work.failed).__name__}: {work.failed}"
            record(batch, work, failed(work.lead, text, most, batch.now))


def charge(  # noqa: PLR0913 - every input of the decision by name
    tx: Tx,
    stage: StageName,
    ids: Sequence[UUID],
    *,
    error: str,
    most: int,
    listeners: Listeners,
    now: datetime,
) -> list[UUID]:
    """Count a failed attempt of deliveries or leads whose batch never finished.

    Waits for nobody: what somebody else holds now is left out.

    Args:
        tx: Open transaction.
        stage: Stage at which the batch entered.
        ids: Deliveries when that is capture, leads otherwise.
        error: What is known of the failure.
        most: Attempts after which it is parked.
        listeners: For the actions that parking may write.
        now: Moment of the failure.

    Returns:
        Those that still wait for an attempt to be counted, because somebody else holds them.
    """
    if stage is StageName.CAPTURE:
        counted = deliveries.count_attempt(tx, ids, error[:_ERROR_CHARS], most)
        return [each for each in deliveries.still_received(tx, ids) if each not in counted]
    batch = Batch(now, listeners)
    held = lock_leads(tx, ids, skip_locked=True)
    for lead in held.values():
        if NEXT_STAGE.get(lead.state) is not None and lead.due_at is not None:
            # At once: most of a lost batch are innocent, and each goes alone now.
            again = failed(lead, error, most, now, pause=timedelta(0))
            record(batch, batch.take(lead), again)
    write_batch(tx, batch)
    return [each for each in still_due(tx, ids) if each not in held]


def sweep_tickets(app: App, listeners: Listeners) -> int:
    """Charge the items of every ticket whose worker died or hangs; return how many tickets.

    Each ticket has a transaction of its own and waits for no lock, so that a sweep can neither be
    held up nor hold up anybody.
    """
    with transaction(app.engine) as tx:
        lost = lost_tickets(tx)
    charged = 0
    for ticket_id in lost:
        with transaction(app.engine) as tx:
            ticket = seize(tx, ticket_id)
            if ticket is None:
                continue
            left = charge(
                tx,
                StageName(ticket.stage),
                ticket.ids,
                error=f"The worker {ticket.how} while this was in its batch of {len(ticket.ids)}.",
                most=app.settings.max_attempts,
                listeners=listeners,
                now=read_now(),
            )
            keep_only(tx, ticket_id, left)
        charged += 1
        log.warning(
            "ticket_lost",
            ticket=str(ticket_id),
            how=ticket.how,
            stage=ticket.stage,
            size=len(ticket.ids),
            left=len(left),
        )
    return charged
