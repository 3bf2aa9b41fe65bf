"""Act: one person's word about one lead, decided and written in one transaction.

Accept, decline, touch, reassign and the like come through here, from the API and the CLI alike.
A word that asks for another owner runs route and activate in the same transaction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from router.errors import NotFound
from router.lead.clock import Clock
from router.lead.decision import ClockKind, Decision
from router.lead.ids import LeadId
from router.lead.model import Lead
from router.now import now as read_now
from router.pipeline import StageName
from router.road.batch import write_batch
from router.road.drain import LOCK_TIMEOUT, Road
from router.road.record import Batch, record
from router.rulebook.model import RuleBook
from router.store.clocks import clocks_of
from router.store.leads import lock_leads
from router.store.tx import Tx, transaction


@dataclass(frozen=True, slots=True)
class Subject:
    """What a word about a lead is judged by; its row is locked."""

    lead: Lead
    clocks: Mapping[ClockKind, Clock]
    book: RuleBook
    now: datetime


Word = Callable[[Subject], Decision]


def act(road: Road, lead_id: UUID, word: Word) -> Lead:
    """Carry out one word about one lead.

    Args:
        road: The runner of this process.
        lead_id: The lead.
        word: Decides; pure.

    Returns:
        The lead as it stands afterwards.

    Raises:
        NotFound: There is no such lead.
        Conflict: Somebody was faster; the text names who has it now.
        Rejected: The word itself cannot be used.
        Transient: The database could not do it now.
    """
    now = read_now()
    with transaction(road.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
        lead = lock_leads(tx, [lead_id]).get(LeadId(lead_id))
        if lead is None:
            raise NotFound(f"There is no lead {lead_id}. Look for it with GET /api/leads.")
        clocks = clocks_of(tx, [lead.id]).get(lead.id, {})
        subject = Subject(lead, clocks, road.app.live(lead.digest), now)
        batch = Batch(now, road.listeners)
        work = batch.take(lead)
        record(batch, work, word(subject))
        find_owners(road, tx, batch)
        if work.failed is not None:
            raise work.failed
        writes = write_batch(tx, batch)
    road.ring_for(batch.works.values(), writes, now)
    return work.lead


def find_owners(road: Road, tx: Tx, batch: Batch) -> None:
    """Find a new owner for every lead of the batch that asks for one.

    Args:
        road: The runner of this process.
        tx: Open transaction that holds the leads' locks.
        batch: Leads for which no owner could be found carry the error as ``failed``.
    """
    if any(work.case.reroute is not None for work in batch.works.values()):
        road.stages.run(tx, batch, StageName.ROUTE)
