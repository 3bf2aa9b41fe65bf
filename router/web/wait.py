"""``?wait=owner``: run the pure stages for one delivery at once, and say who will answer.

For booking on a thank-you page. The answer goes to the public, so it tells neither who is a
customer nor why somebody was chosen. What is not settled in time is ``pending``; nothing is lost.
"""

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog

from router.errors import LeadRouterError
from router.lead.ids import DeliveryId
from router.lead.model import Lead
from router.lead.states import OWNED, LeadState, OwnerKind
from router.now import ticks
from router.pipeline import StageName
from router.road.claim import Claim
from router.road.drain import Road
from router.store.arrivals import leads_of_delivery
from router.store.deliveries import read_delivery
from router.store.tx import transaction

log = structlog.get_logger()

#: Callers that are served at once; further ones wait their turn, within their own time.
THREADS = 4
#: Seconds between two looks at a lead that a worker has taken.
LOOK_S = 0.02

_PENDING: Mapping[str, object] = {"status": "pending"}


class OwnerWait:
    """Decides a delivery for a caller who waits for its owner."""

    def __init__(self, road: Road) -> None:
        """Use this process's runner, from a few threads.

        Args:
            road: Of this process.
        """
        self._road = road
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="wait-owner")
        self._closing = threading.Event()

    async def __call__(self, delivery_id: DeliveryId, within_s: float) -> Mapping[str, object]:
        """Say who will answer.

        Args:
            delivery_id: A committed delivery.
            within_s: Longest time to take, in seconds.

        Returns:
            ``status``: ``assigned`` or ``pending``; if assigned, ``lead_id``, ``owner`` (a name to
            show), ``reason`` (one neutral sentence) and ``booking_link`` (may be empty).
        """
        deadline = ticks() + within_s
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._settle, delivery_id, deadline)

    def close(self) -> None:
        """Send those who wait away with ``pending``, and end the threads."""
        self._closing.set()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _settle(self, delivery_id: DeliveryId, deadline: float) -> Mapping[str, object]:
        left = deadline - ticks()
        if left <= 0:
            return _PENDING
        try:
            self._run(delivery_id, left)
            # A worker may have been faster: then its commit is only moments away.
            while (lead := self._look(delivery_id)) is None:
                if ticks() >= deadline or self._closing.wait(LOOK_S):
                    return _PENDING
            return self._told(lead)
        except LeadRouterError as error:
            log.warning("owner_not_known_in_time", delivery_id=str(delivery_id), error=str(error))
            return _PENDING

    def _run(self, delivery_id: DeliveryId, within_s: float) -> None:
        with transaction(self._road.app.engine) as tx:
            delivery = read_delivery(tx, delivery_id)
        if delivery is None or delivery.attempts:
            # It failed before: a worker takes it alone, not a process that others wait for.
            return
        claim = Claim(StageName.CAPTURE, limit=1, ids=(delivery_id,))
        self._road.run(claim, lock_timeout=timedelta(seconds=within_s))

    def _look(self, delivery_id: DeliveryId) -> Lead | None:
        """Return the delivery's lead, or the one it was merged into; None while it is under way."""
        with transaction(self._road.app.engine) as tx:
            leads = leads_of_delivery(tx, delivery_id)
        lead = leads[0] if leads else None
        if lead is None or lead.state in {LeadState.CAPTURED, LeadState.CLEANED}:
            return None
        return lead

    def _told(self, lead: Lead) -> Mapping[str, object]:
        """Return what the public may know."""
        owner = lead.owner
        if owner is None or lead.state not in OWNED:
            return _PENDING
        book = self._road.app.live(lead.digest)
        person = book.people.get(owner.id) if owner.kind is OwnerKind.PERSON else None
        # Which queue it is would tell, for one, that somebody is a customer.
        name = person.name if person else f"The {book.name} team"
        return {
            "status": "assigned",
            "lead_id": str(lead.id),
            "owner": name,
            "reason": f"{name} will get in touch with you.",
            "booking_link": person.booking_link if person else "",
        }
