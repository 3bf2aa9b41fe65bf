"""What a batch takes: due deliveries or leads, under their row locks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from router.lead.delivery import Delivery
from router.lead.ids import DeliveryId
from router.lead.model import Lead
from router.pipeline import NEXT_STAGE, STAGES, StageName
from router.store import deliveries, leads
from router.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Claim:
    """Which items a batch may take."""

    stage: StageName
    limit: int
    #: Only these; empty means whatever is due.
    ids: tuple[UUID, ...] = ()
    #: Only one that failed before; otherwise only those that never did.
    failed: bool = False

    @property
    def fused(self) -> bool:
        """Return whether the stages after it run in the same transaction.

        An item that failed before goes stage by stage, so that the place where it fails is known.
        """
        return not self.failed


@dataclass(frozen=True, slots=True)
class Claimed:
    """What was taken; one of the two is empty."""

    deliveries: tuple[Delivery, ...] = ()
    leads: tuple[Lead, ...] = ()

    @property
    def ids(self) -> list[UUID]:
        """Return the ids of all items."""
        return [each.id for each in self.deliveries] + [each.id for each in self.leads]


def take(tx: Tx, claim: Claim, now: datetime) -> Claimed:
    """Lock and read what a claim may take; items that somebody else holds are left out."""
    if claim.stage is StageName.CAPTURE:
        return Claimed(deliveries=tuple(_deliveries(tx, claim)))
    return Claimed(leads=tuple(_leads(tx, claim, now)))


def _deliveries(tx: Tx, claim: Claim) -> Sequence[Delivery]:
    if claim.ids:
        return deliveries.claim_these(tx, [DeliveryId(each) for each in claim.ids])
    if claim.failed:
        return deliveries.claim_failed(tx)
    return deliveries.claim_received(tx, claim.limit)


def _leads(tx: Tx, claim: Claim, now: datetime) -> Sequence[Lead]:
    if claim.ids:
        found = leads.lock_leads(tx, claim.ids, skip_locked=True).values()
        return [lead for lead in found if NEXT_STAGE.get(lead.state) is claim.stage]
    # Each stage takes one state: with several, the claim would sort the whole backlog.
    (state,) = STAGES[claim.stage].takes
    if claim.failed:
        return leads.claim_failed(tx, state.value, now)
    return leads.claim_due(tx, state.value, now, claim.limit)
