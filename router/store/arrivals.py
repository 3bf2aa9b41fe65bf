"""What became of one delivery: the leads it made, or joined."""

from uuid import UUID

from router.lead.ids import LeadId
from router.lead.model import Lead
from router.store.leads import read_lead
from router.store.tx import Tx


def leads_of_delivery(tx: Tx, delivery_id: UUID) -> list[Lead]:
    """Read the leads that a delivery made, in their order; one that was merged gives the other.

    Locks nothing. Empty while the delivery waits, and when it only added to a lead it did not make.

    Args:
        tx: Open transaction.
        delivery_id: Of the delivery.
    """
    rows = tx.rows(
        "SELECT COALESCE(merged_into, id) FROM lead WHERE delivery_id = %s ORDER BY id",
        (delivery_id,),
    )
    found = (read_lead(tx, LeadId(row[0])) for row in rows)
    return [lead for lead in found if lead is not None]
