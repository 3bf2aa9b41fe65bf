"""Deliver: carry actions outside, one destination at a time, with a receipt for each.

An action is leased and committed before anybody is called; its receipt is written only while the
lease's fence is still ours. A dead destination holds up nobody but itself; nor does one that allows
few calls a second: a job that finds no call left ends, and the ticker rings again within a second.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from math import ceil

import structlog

from router.app import App
from router.errors import LeadRouterError, Permanent, Slow
from router.lead.decision import Decision
from router.lead.events import Event, EventKind
from router.now import now as read_now
from router.now import ticks
from router.plugins.backoff import pause
from router.plugins.breaker import Breaker
from router.plugins.kinds import Destination, Message, Receipt
from router.road.batch import write_batch
from router.road.record import Batch, Listeners, record
from router.store import actions
from router.store.actions import Leased
from router.store.leads import lock_leads
from router.store.pacing import Pace, refund
from router.store.tx import Tx, transaction

log = structlog.get_logger()

#: Actions that one job leases at a time.
_AT_ONCE = 8
#: Seconds whose calls are leased at one time where calls are limited by the second.
_PACED_S = 0.1
#: Seconds a job goes on before it stops and rings again.
_DELIVER_S = 2.0
_ERROR_CHARS = 500


class Outbound:
    """What leaves from this process."""

    def __init__(self, app: App) -> None:
        """Send with this process's destinations.

        Args:
            app: Of this process.
        """
        self._app = app
        self._spread = random.Random().random  # noqa: S311 - jitter only has to differ
        self._breakers = {name: Breaker() for name in app.settings.destinations}
        self._paces = {
            name: Pace(told.per_second, told.burst or max(1, ceil(told.per_second)))
            for name, told in app.settings.destinations.items()
            if told.per_second is not None
        }

    def deliver(self, name: str) -> int:
        """Send what is due to one destination, for about two seconds.

        Args:
            name: Of the destination; one that is not configured is left alone.

        Returns:
            How many actions were settled: sent, put back for later, or parked.
        """
        if name not in self._app.settings.destinations:
            log.warning("destination_not_configured", destination=name)
            return 0
        started, settled = ticks(), 0
        breaker = self._breakers[name]
        while ticks() - started < _DELIVER_S:
            leased_at = ticks()
            batch = [] if breaker.rests(leased_at) else self._lease(name)
            if not batch:
                return settled
            for position, leased in enumerate(batch):
                late = ticks() - leased_at > self._app.settings.lease_s / 3
                if late or not breaker.allows(ticks()):
                    # Too late to be sure that the lease outlives the call, or the one before it
                    # failed once too often: give the rest back.
                    self._give_back(name, batch[position:])
                    break
                self._carry(name, leased)
                settled += 1
        self._app.bell.ring_destinations([name])
        return settled

    def _lease(self, name: str) -> list[Leased]:
        now = read_now()
        told, pace = self._app.settings.destinations[name], self._paces.get(name)
        most = min(_AT_ONCE, max(1, told.in_flight // 2))
        if pace is not None:
            # What is leased counts as called: the calls must not come much later, and in a heap.
            most = min(most, max(1, int(pace.per_second * _PACED_S)))
        with transaction(self._app.engine) as tx:
            if actions.is_held(tx):
                return []
            return actions.lease_actions(
                tx,
                name,
                now=now,
                lease=timedelta(seconds=self._app.settings.lease_s),
                in_flight=told.in_flight,
                most=most,
                pace=pace,
            )

    def _give_back(self, name: str, batch: list[Leased]) -> None:
        pace = self._paces.get(name)
        with transaction(self._app.engine) as tx:
            unsent = sum(actions.unsent(tx, leased, now=read_now()) for leased in batch)
            if pace is not None:
                refund(tx, name, pace, unsent)

    def _carry(self, name: str, leased: Leased) -> None:
        """Call the destination and settle the action by what came back."""
        told = self._app.settings.destinations[name]
        deadline = min(told.timeout_s, self._app.settings.lease_s / 3)
        message = Message(leased.key, leased.kind, leased.body, leased.attempt)
        try:
            destination: Destination = self._app.destination(name)
            receipt = destination.send(message, deadline)
        except Permanent as error:
            # It answered, if only to refuse this one: it is there.
            self._breakers[name].succeeded()
            self._park(leased, str(error))
        except Slow as error:
            self._breakers[name].failed(ticks(), error.after_s)
            self._later(leased, str(error), error.after_s)
        except LeadRouterError as error:
            self._failed(leased, str(error))
        except Exception as error:  # noqa: BLE001 - a plug-in's fault must not stop the others
            self._failed(leased, f"{type(error).__name__}: {error}")
        else:
            self._breakers[name].succeeded()
            self._sent(leased, receipt)

    def _failed(self, leased: Leased, error: str) -> None:
        self._breakers[leased.destination].failed(ticks())
        base = self._app.settings.retry_base_s
        self._later(leased, error, pause(leased.attempt, base, self._spread()))

    def _later(self, leased: Leased, error: str, after_s: float) -> None:
        if leased.attempt >= self._app.settings.deliver_attempts:
            self._park(leased, error)
            return
        with transaction(self._app.engine) as tx:
            next_at = read_now() + timedelta(seconds=after_s)
            kept = actions.retry_later(tx, leased, error=error[:_ERROR_CHARS], next_at=next_at)
        log.info(
            "action_put_back",
            action_id=str(leased.id),
            destination=leased.destination,
            attempt=leased.attempt,
            after_s=round(after_s, 1),
            lease_kept=kept,
        )

    def _park(self, leased: Leased, error: str) -> None:
        now, text = read_now(), error[:_ERROR_CHARS]
        event = Event(
            EventKind.ACTION_PARKED, data=_about(leased) | {"error": text}, actor="deliver"
        )
        kept = self._settle(leased, event, lambda tx: actions.park(tx, leased, error=text, now=now))
        log.warning(
            "action_parked",
            action_id=str(leased.id),
            lead_id=str(leased.lead_id or ""),
            destination=leased.destination,
            attempt=leased.attempt,
            lease_kept=kept,
        )

    def _sent(self, leased: Leased, receipt: Receipt) -> None:
        now = read_now()
        data = _about(leased) | {"status": receipt.status}
        kept = self._settle(
            leased,
            Event(EventKind.ACTION_SENT, data=data, actor="deliver"),
            lambda tx: actions.finish(
                tx, leased, status=receipt.status, detail=receipt.detail, now=now
            ),
        )
        if not kept:
            log.warning("receipt_came_after_lease", action_id=str(leased.id))

    def _settle(self, leased: Leased, event: Event, write: Callable[[Tx], bool]) -> bool:
        """Write the end of an action, and tell its lead, if any, while the lease is still ours."""
        lead_id = leased.lead_id
        with transaction(self._app.engine) as tx:
            # The lead before its actions, as everywhere.
            lead = lock_leads(tx, [lead_id]).get(lead_id) if lead_id is not None else None
            kept = write(tx)
            if kept and lead is not None:
                batch = Batch(read_now(), Listeners({}))
                record(batch, batch.take(lead), Decision(lead, events=(event,)))
                write_batch(tx, batch)
        return kept


def _about(leased: Leased) -> dict[str, object]:
    return {
        "action": str(leased.id),
        "kind": leased.kind,
        "destination": leased.destination,
        "key": leased.key,
        "attempt": leased.attempt,
    }
