"""``?wait=owner``: run the pure stages for one delivery at once, and say who will answer.

For booking on a thank-you page. The answer goes to the public, so it tells neither who is a
customer nor why somebody was chosen. What is not settled in time is ``pending``; nothing is lost.

A lead that hangs cannot be cut off within a thread. Its thread is offered no longer, and once all
of them hang the process ends itself gracefully, for whoever supervises it to start a fresh one.
"""

import asyncio
import queue
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
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
#: Seconds past its caller's time after which a thread is not counted on.
LATE_S = 0.5
#: Seconds past the deadline of its ticket after which a thread hangs: by then the database has cut
#: off whatever can be cut off.
_HANGS_AFTER_S = 5.0

_PENDING: Mapping[str, object] = {"status": "pending"}


def end_this_process() -> None:
    """Ask this process to stop as a supervisor would; requests under way are finished."""
    signal.raise_signal(signal.SIGTERM)


@dataclass(slots=True, eq=False)
class _Waiting:
    """One caller, from the question to the answer."""

    delivery_id: DeliveryId
    #: When the caller goes, in ticks.
    deadline: float
    answer: Future[Mapping[str, object]] = field(default_factory=Future)
    #: When a thread took it, in ticks.
    started: float = 0.0
    #: Whether it was said that it hangs.
    told: bool = False


class OwnerWait:
    """Decides a delivery for a caller who waits for its owner."""

    def __init__(
        self,
        road: Road,
        *,
        hangs_after_s: float | None = None,
        end: Callable[[], None] = end_this_process,
    ) -> None:
        """Use this process's runner, from a few threads.

        Args:
            road: Of this process.
            hangs_after_s: Seconds after which a thread counts as hanging; None for a little more
                than a batch's ticket is given.
            end: Called once when all threads hang.
        """
        self._road = road
        self._end = end
        limit = road.app.settings.ticket_deadline_s + _HANGS_AFTER_S
        self._hangs_after_s = limit if hangs_after_s is None else hangs_after_s
        self._queue = queue.SimpleQueue[_Waiting | None]()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._under_way: set[_Waiting] = set()
        self._ending = False
        self._closing = threading.Event()

    async def __call__(self, delivery_id: DeliveryId, within_s: float) -> Mapping[str, object]:
        """Say who will answer; ``pending`` at once while every thread is late.

        Args:
            delivery_id: A committed delivery.
            within_s: Longest time to take, in seconds.

        Returns:
            ``status``: ``assigned`` or ``pending``; if assigned, ``lead_id``, ``owner`` (a name to
            show), ``reason`` (one neutral sentence) and ``booking_link`` (may be empty).
        """
        asked = ticks()
        if self._closing.is_set() or self._all_late(asked):
            return _PENDING
        self._man()
        waiting = _Waiting(delivery_id, asked + within_s)
        self._queue.put(waiting)
        # A thread takes it before the caller's time is over, or not at all.
        loop = asyncio.get_running_loop()
        loop.call_later(within_s + self._hangs_after_s, self._look_after)
        return await asyncio.wrap_future(waiting.answer)

    def close(self) -> None:
        """Send those who wait away with ``pending``, and end the threads."""
        self._closing.set()
        for _ in self._threads:
            self._queue.put(None)

    def _man(self) -> None:
        """Start the threads; daemons, so that one that hangs does not hold up the process's end."""
        while len(self._threads) < THREADS:
            name = f"wait-owner-{len(self._threads)}"
            self._threads.append(threading.Thread(target=self._serve, name=name, daemon=True))
            self._threads[-1].start()

    def _serve(self) -> None:
        while (waiting := self._queue.get()) is not None:
            if not waiting.answer.set_running_or_notify_cancel():
                continue
            waiting.started = ticks()
            with self._lock:
                self._under_way.add(waiting)
            try:
                waiting.answer.set_result(self._settle(waiting.delivery_id, waiting.deadline))
            except Exception as error:  # noqa: BLE001 - the caller is told; the thread serves on
                waiting.answer.set_exception(error)
            finally:
                with self._lock:
                    self._under_way.discard(waiting)

    def _all_late(self, now: float) -> bool:
        with self._lock:
            late = sum(now - waiting.deadline > LATE_S for waiting in self._under_way)
        return late >= THREADS

    def _look_after(self) -> None:
        """Name every delivery that hangs, once; with all threads hanging, end the process."""
        now = ticks()
        with self._lock:
            hanging = [
                waiting
                for waiting in self._under_way
                if now - waiting.started >= self._hangs_after_s
            ]
        for waiting in hanging:
            if not waiting.told:
                waiting.told = True
                log.error(
                    "owner_wait_hangs",
                    delivery_id=str(waiting.delivery_id),
                    hanging=len(hanging),
                    threads=THREADS,
                )
        if len(hanging) >= THREADS and not self._ending:
            self._ending = True
            log.error("web_ends_itself", reason="every thread that waits for owners hangs")
            self._end()

    def _settle(self, delivery_id: DeliveryId, deadline: float) -> Mapping[str, object]:
        left = deadline - ticks()
        if left <= 0 or self._closing.is_set():
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
