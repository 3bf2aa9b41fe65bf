"""Drain: take what is due before a stage, run it, commit, and ring for what is left to others.

A batch is claimed under row locks and named on a ticket, which is committed beside it. If this
process dies or hangs, the locks fall away by themselves and the ticket tells who was on board.
"""

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog

from router.app import App
from router.errors import TooMuch, Transient
from router.lead.model import Lead
from router.now import now as read_now
from router.now import ticks
from router.pipeline import NEXT_STAGE, ROAD, StageName
from router.road.batch import Stages, write_batch
from router.road.capture import capture
from router.road.claim import Claim, Claimed, take
from router.road.failure import charge, record_failures, sweep_tickets
from router.road.record import Batch, Listeners, Work
from router.store import tickets
from router.store.tx import Tx, at_once, transaction
from router.store.writes import Writes

log = structlog.get_logger()

#: Seconds a drain goes on before it stops and rings again, so that no job nears a time limit.
DRAIN_S = 1.0
#: Longest wait for a lock, so that a batch cannot stand still behind one.
LOCK_TIMEOUT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Done:
    """What one batch did."""

    #: Deliveries or leads that were taken.
    taken: int
    #: The leads of the batch as they stand now.
    leads: tuple[Lead, ...] = ()


class _Suspects(Exception):
    """What was claimed stands on a ticket that somebody left behind."""


class Road:
    """The runner of one process."""

    def __init__(self, app: App) -> None:
        """Make the stages of this process.

        Args:
            app: Of this process; not shared over a fork.
        """
        self.app = app
        self.stages = Stages(app)
        self.listeners = Listeners(
            {name: told.events for name, told in app.settings.destinations.items()}
        )
        self._worker = f"{socket.gethostname()}:{os.getpid()}"

    def drain(self, stage: StageName) -> int:
        """Work on whatever is due before a stage, batch by batch, for about a second.

        Items that failed before run alone and stage by stage, after the others. With work left
        over, the stage's bell is rung again.

        Returns:
            How many deliveries or leads were taken.

        Raises:
            Transient: The database could not do it now; nothing is half done.
        """
        started, taken = ticks(), 0
        many = Claim(stage, limit=self.app.settings.batch)
        one = Claim(stage, limit=1, failed=True)
        while done := (took := self.run(many).taken) + self.run(one).taken:
            taken += done
            if ticks() - started > DRAIN_S:
                self.app.bell.ring(stage)
                break
            if took < many.limit and done == took:
                break
        return taken

    def sweep(self) -> int:
        """Charge every batch whose worker died or hangs to its items; return how many batches."""
        lost = sweep_tickets(self.app, self.listeners)
        if lost:
            self.app.bell.ring(*(stage.name for stage in ROAD))
        return lost

    def run(self, claim: Claim, *, lock_timeout: timedelta = LOCK_TIMEOUT) -> Done:
        """Run one batch; when a row of it cannot be stored, run its items one by one.

        Args:
            claim: What it may take.
            lock_timeout: Longest wait for a lock.

        Raises:
            Transient: The database could not do it now; nothing is half done.
        """
        ticket, claimed = uuid4(), list[UUID]()
        try:
            return self._warily(claim, ticket, claimed, lock_timeout)
        except Transient as fault:
            self._return_ticket(ticket)
            if not isinstance(fault, TooMuch) or not claimed:
                raise
            return self._one_by_one(claim, claimed, fault)
        except Exception as fault:
            self._return_ticket(ticket)
            if not claimed:
                raise
            return self._one_by_one(claim, claimed, fault)
        except BaseException:
            self._return_ticket(ticket)
            raise

    def _one_by_one(self, claim: Claim, claimed: list[UUID], fault: Exception) -> Done:
        """Run the items of a batch that failed as a whole alone; charge one that fails alone."""
        if len(claimed) > 1:
            log.warning("batch_runs_one_by_one", stage=claim.stage.value, size=len(claimed))
            for each in claimed:
                self.run(replace(claim, ids=(each,)))
        else:
            log.warning("item_failed_alone", stage=claim.stage.value, exc_info=fault)
            self._charge(claim.stage, claimed, f"{type(fault).__name__}: {fault}")
        return Done(len(claimed))

    def _warily(
        self, claim: Claim, ticket: UUID, claimed: list[UUID], lock_timeout: timedelta
    ) -> Done:
        """Run a batch, unless what it took was on board of a worker that died.

        The rows of a dead worker are free at once: taken unwarned, they would kill this one too.
        """
        try:
            return self._once(claim, ticket, claimed, lock_timeout)
        except _Suspects:
            claimed.clear()
        try:
            self.sweep()
        except Transient as error:
            log.warning("sweep_put_off", error=str(error))
        return self._once(claim, ticket, claimed, lock_timeout, warned=True)

    def _once(
        self,
        claim: Claim,
        ticket: UUID,
        claimed: list[UUID],
        lock_timeout: timedelta,
        *,
        warned: bool = False,
    ) -> Done:
        now, started = read_now(), ticks()
        limit = timedelta(seconds=self.app.settings.ticket_deadline_s)
        with transaction(self.app.engine, lock_timeout=lock_timeout, idle_timeout=limit) as tx:
            items = take(tx, claim, now)
            if not items.ids:
                return Done(0)
            claimed.extend(items.ids)
            if not self._write_ticket(claim.stage, ticket, claimed, tx.backend(), warned=warned):
                raise _Suspects
            batch = Batch(now, self.listeners)
            self._think(tx, batch, claim, items)
            record_failures(batch, self.app.settings.max_attempts)
            writes = write_batch(tx, batch, ticket=ticket)
        self.ring_for(batch.works.values(), writes, now)
        spent = round((ticks() - started) * 1000, 1)
        log.info("batch_done", stage=claim.stage.value, size=len(claimed), ms=spent)
        return Done(len(claimed), tuple(work.lead for work in batch.works.values()))

    def _think(self, tx: Tx, batch: Batch, claim: Claim, items: Claimed) -> None:
        if items.deliveries:
            alone = capture(self.app, tx, batch, items.deliveries, self.stages.beside)
            if claim.fused and alone:
                self.stages.run(tx, batch, StageName.CLEAN)
            return
        for lead in items.leads:
            batch.take(lead)
        self.stages.run(tx, batch, claim.stage, fused=claim.fused)

    def ring_for(self, works: Iterable[Work], writes: Writes, now: datetime) -> None:
        """Ring for what a committed batch leaves to others: actions, and leads that are due."""
        self.app.bell.ring_destinations(writes.destinations())
        leads = (work.lead for work in works)
        due = (lead.state for lead in leads if lead.due_at is not None and lead.due_at <= now)
        self.app.bell.ring(*{NEXT_STAGE[state] for state in due if state in NEXT_STAGE})

    def _write_ticket(
        self, stage: StageName, ticket: UUID, ids: list[UUID], backend: int, *, warned: bool
    ) -> bool:
        with at_once(self.app.engine) as beside:
            return tickets.take(
                beside,
                ticket_id=ticket,
                stage=stage.value,
                ids=ids,
                backend=backend,
                worker=self._worker,
                span=timedelta(seconds=self.app.settings.ticket_deadline_s),
                warned=warned,
            )

    def _charge(self, stage: StageName, ids: list[UUID], error: str) -> None:
        """Count a failed attempt of one delivery or lead that cannot be written."""
        with transaction(self.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
            charge(
                tx,
                stage,
                ids,
                error=error,
                most=self.app.settings.max_attempts,
                listeners=self.listeners,
                now=read_now(),
            )

    def _return_ticket(self, ticket: UUID) -> None:
        try:
            with transaction(self.app.engine) as tx:
                tickets.give_back(tx, ticket)
        except Transient:
            log.warning("ticket_left_behind", ticket=str(ticket))
