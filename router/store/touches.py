"""What was said to the people who asked, for whoever owns their leads next."""

from collections.abc import Sequence
from typing import Final, LiteralString
from uuid import UUID

from router.lead.events import EventKind
from router.lead.handoff import Said
from router.lead.ids import LeadId
from router.store.tx import Tx

#: Times that a packet tells of; who spoke more often can be read with ``explain``.
_LATEST: Final = 20
_TOUCHED: Final[LiteralString] = """
    SELECT lead_id, at, data->>'owner', data->>'channel', coalesce(personal->>'note', '')
    FROM event WHERE lead_id = ANY(%s) AND kind = %s ORDER BY lead_id, seq
"""


def touches_of(tx: Tx, leads: Sequence[UUID]) -> dict[LeadId, tuple[Said, ...]]:
    """Return what owners have said about these leads, the latest last; absent for none.

    Args:
        tx: Open transaction.
        leads: Their ids; the caller holds their locks, or does not mind what comes meanwhile.
    """
    found: dict[LeadId, list[Said]] = {}
    for lead_id, at, by, channel, note in tx.rows(
        _TOUCHED, (list(leads), EventKind.LEAD_TOUCHED.value)
    ):
        found.setdefault(LeadId(lead_id), []).append(Said(at, by or "", channel or "", note))
    return {lead_id: tuple(said[-_LATEST:]) for lead_id, said in found.items()}
