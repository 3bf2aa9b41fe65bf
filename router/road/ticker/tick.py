"""The ticker: fires due clock steps, sweeps lost tickets, rings bells, and drains without a broker.

Any number may run; none leads. Due work is claimed with SKIP LOCKED, and a periodic job's turn is
a unique row that commits with its effect.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from router.app import App
from router.errors import LeadRouterError, Transient
from router.lead.clock import Clock
from router.lead.ids import LeadId
from router.now import now as read_now
from router.now import ticks, unshifted
from router.pipeline import StageName
from router.road.act import find_owners
from router.road.batch import write_batch
from router.road.deliver import Outbound
from router.road.drain import LOCK_TIMEOUT, Road
from router.road.pools.release import release
from router.road.record import Batch, Work, record
from router.road.ticker.periodic import PERIODIC, Periodic
from router.stages.sla.decide import decide
from router.store import actions, clocks, tickets, waiting
from router.store.absences import Absent, absent_people
from router.store.held import next_look
from router.store.leads import lock_leads
from router.store.processes import database_now, take_slot
from router.store.tx import transaction
from router.wording import counted

log = structlog.get_logger()

#: Longest sleep of a ticker, in seconds.
NAP_S = 1.0
_PAUSE_S = 0.2
#: Seconds that a stand-in gets to end its batch when the ticker stops.
_FAREWELL_S = 5.0
#: Seconds for which a stage may stay due, with no worker at work, before the ticker stands in.
IGNORED_S = 2.0
#: Clock steps fired in one transaction.
_STEPS = 100
#: How long a step waits that could not be taken, before it is tried again.
PUT_OFF = timedelta(minutes=1)
#: Most such transactions in one round of the ticker.
_ROUNDS = 20
#: Distance of our time from the database's at which the ladder holds.
SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Due:
    """What waits for somebody."""

    stages: tuple[StageName, ...]
    destinations: tuple[str, ...]


class _Unfit(Exception):
    """No owner could be found for some leads of a round, whose turns were counted already."""

    def __init__(self, leads: list[LeadId]) -> None:
        super().__init__(f"{counted(len(leads), 'lead')} could not be given to anybody")
        self.leads = frozenset(leads)


class Ticker:
    """One ticker process."""

    def __init__(self, app: App) -> None:
        """Watch with this process's runner.

        Args:
            app: Of this process.
        """
        self._app = app
        self._road = Road(app)
        self._outbound = Outbound(app)
        self._skewed = False
        self._turns: dict[str, int] = {}
        self._ignored_since: float | None = None
        self._relief: threading.Thread | None = None

    def run(self, stop: threading.Event) -> None:
        """Go round until told to stop. A round that fails is logged, and the next one comes.

        Args:
            stop: Ends the loop, at once when it sleeps.
        """
        while not stop.is_set():
            stop.wait(self.round())
        if self._relief is not None:
            self._relief.join(timeout=_FAREWELL_S)

    def round(self) -> float:
        """Do everything that is due once; what fails is logged and stops none of the rest.

        Returns:
            Seconds until the next clock step, at most one.
        """
        parts: tuple[Callable[[], object], ...] = (
            self._watch_skew,
            self._climb,
            self._release,
            self._road.sweep,
            self._ring_and_relieve,
            *(partial(self._take_turn, job) for job in PERIODIC),
        )
        whole = True
        for part in parts:
            whole = self._safely(part) and whole
        try:
            return self._nap() if whole else NAP_S
        except LeadRouterError:
            return NAP_S

    @staticmethod
    def _safely(part: Callable[[], object]) -> bool:
        try:
            part()
        except LeadRouterError as error:
            log.warning("ticker_part_failed", error=str(error))
        except Exception:  # the edge: a watcher that dies watches nothing
            log.exception("ticker_part_broke")
        else:
            return True
        return False

    def _release(self) -> None:
        """Give leads that wait to whoever can take them now."""
        release(self._road)

    def _climb(self) -> None:
        if not self._skewed:
            self.fire_steps()

    def _ring_and_relieve(self) -> None:
        due = self._bells()
        if self._app.bell.deaf or self._nobody_comes(due):
            self._stand_in(due)

    def fire_steps(self) -> int:
        """Take the clock steps that are due; return how many leads were looked at.

        Due ids are read without locks; then the leads are locked, and each clock is read again
        under its lead's lock: one that was met, moved or cancelled meanwhile does nothing.
        """
        fired = 0
        for _ in range(_ROUNDS):
            now = read_now()
            with transaction(self._app.engine) as tx:
                due = clocks.due_leads(tx, now, _STEPS)
            fired += self._fire(due, now) if due else 0
            if len(due) < _STEPS:
                break
        return fired

    def _fire(self, due: list[LeadId], now: datetime) -> int:
        try:
            return self._fire_together(due, now)
        except _Unfit as unfit:
            # What a pool owes its members was counted with them: the others are decided anew.
            self._put_off(unfit.leads, now)
            others = [each for each in due if each not in unfit.leads]
            return len(unfit.leads) + (self._fire(others, now) if others else 0)
        except Transient:
            raise
        except Exception:
            # Something of one lead cannot be read or written: the others must not wait for it.
            if len(due) > 1:
                return sum(self._fire([each], now) for each in due)
            log.exception("clock_step_broke", lead_id=str(due[0]))
            self._put_off(due, now)
            return 0

    def _put_off(self, leads: Iterable[LeadId], now: datetime) -> None:
        with transaction(self._app.engine) as tx:
            clocks.put_off(tx, list(leads), now, now + PUT_OFF)

    def _fire_together(self, due: list[LeadId], now: datetime) -> int:
        batch = Batch(now, self._road.listeners)
        with transaction(self._app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
            leads = lock_leads(tx, due, skip_locked=True)
            held = clocks.clocks_of(tx, leads)
            away = absent_people(tx, self._app.settings.book, now)
            for lead in leads.values():
                self._step(batch, batch.take(lead), list(held.get(lead.id, {}).values()), away)
            failed = _drop_failed(batch)
            find_owners(self._road, tx, batch)
            if unfit := _drop_failed(batch):
                raise _Unfit(unfit)
            clocks.put_off(tx, failed, now, now + PUT_OFF)
            writes = write_batch(tx, batch)
        self._road.ring_for(batch.works.values(), writes, now)
        return len(leads)

    def _step(
        self, batch: Batch, work: Work, held: list[Clock], away: Mapping[str, Absent]
    ) -> None:
        """Take a lead's due steps; after one that changes its owner, the others come next round."""
        for clock in sorted(held, key=lambda each: each.respond_by):
            if clock.next_at is None or clock.next_at > batch.now:
                continue
            try:
                book = self._app.live(work.lead.digest)
                decision = decide(work.lead, clock, book, batch.now, away=away)
                record(batch, work, decision)
            except Exception as error:  # noqa: BLE001 - a clock that fails must not stop the others
                work.failed = error
                return
            if decision.reroute is not None:
                return

    def _bells(self) -> Due:
        """Ring every bell that should be ringing; return what is due."""
        now = read_now()
        with transaction(self._app.engine) as tx:
            due = Due(
                stages=tuple(StageName(name) for name in waiting.due_stages(tx, now)),
                destinations=()
                if actions.is_held(tx)
                else tuple(
                    actions.due_destinations(tx, list(self._app.settings.destinations), now)
                ),
            )
        self._app.bell.ring(*due.stages)
        self._app.bell.ring_destinations(due.destinations)
        return due

    def _nobody_comes(self, due: Due) -> bool:
        """Return whether stages stay due while no worker holds a batch: they may all be deaf."""
        with transaction(self._app.engine) as tx:
            idle = bool(due.stages) and not tickets.any_held(tx)
        if not idle:
            self._ignored_since = None
            return False
        if self._ignored_since is None:
            self._ignored_since = ticks()
        return ticks() - self._ignored_since >= IGNORED_S

    def _stand_in(self, due: Due) -> None:
        """Do the workers' work, beside the clocks: a destination that hangs must not stop those."""
        if self._relief is not None and self._relief.is_alive():
            return
        log.warning("ticker_stands_in", stages=len(due.stages), destinations=len(due.destinations))
        self._relief = threading.Thread(
            target=self._drain, args=(due,), name="stand-in", daemon=True
        )
        self._relief.start()

    def _drain(self, due: Due) -> None:
        try:
            for stage in due.stages:
                self._road.drain(stage)
            for name in due.destinations:
                self._outbound.deliver(name)
        except LeadRouterError as error:
            log.warning("ticker_could_not_stand_in", error=str(error))

    def _take_turn(self, job: Periodic) -> None:
        now = read_now()
        slot = int(now.timestamp() // job.every_s)
        if self._turns.get(job.name) == slot:
            return
        with transaction(self._app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
            if take_slot(tx, job.name, slot, now):
                job.run(self._road, tx, now)
        self._turns[job.name] = slot

    def _watch_skew(self) -> None:
        with transaction(self._app.engine) as tx:
            skew = abs(unshifted() - database_now(tx))
        skewed, off_s = skew > SKEW, round(skew.total_seconds(), 1)
        if skewed and not self._skewed:
            log.error("ladder_holds_for_clock_skew", skew_s=off_s)
        if self._skewed and not skewed:
            log.info("ladder_goes_on", skew_s=off_s)
        self._skewed = skewed

    def _nap(self) -> float:
        with transaction(self._app.engine) as tx:
            look = next_look(tx, self._app.settings.book)
            soonest = min(
                (each for each in (clocks.next_due(tx), look) if each is not None),
                default=None,
            )
        if soonest is None or self._skewed:
            return NAP_S
        left = (soonest - read_now()).total_seconds()
        # A step that is still due was locked or failed: it is not asked for a hundred times.
        return _PAUSE_S if left <= 0 else min(left, NAP_S)


def _drop_failed(batch: Batch) -> list[LeadId]:
    """Leave out leads whose step failed; return them, so that their steps are put off."""
    failed = [lead_id for lead_id, work in batch.works.items() if work.failed is not None]
    for lead_id in failed:
        work = batch.works.pop(lead_id)
        log.error("clock_step_failed", lead_id=str(lead_id), exc_info=work.failed)
    return failed
