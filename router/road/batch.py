"""Run the stages over a batch in memory, inside one transaction.

Per stage: every lead is prepared (thinking before any lock), everything it needs is loaded at
once, and then each lead is decided in turn, seeing what was decided before it in the same batch.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar
from uuid import UUID

import structlog

from router.app import App
from router.errors import Conflict, Rejected
from router.lead.case import Case
from router.lead.decision import Decision
from router.lead.model import Lead, change
from router.lead.states import LeadState
from router.now import ticks
from router.pipeline import NEXT_STAGE, StageName, stages_from
from router.road.beside import Beside, Glance, Look
from router.road.record import Batch, Work, record
from router.stages.activate.load import Activate
from router.stages.classify.load import Classify
from router.stages.clean.load import Clean
from router.stages.route.load import Route
from router.store.beside import write_noted
from router.store.leads import insert_leads, update_leads
from router.store.tickets import give_back
from router.store.tx import Tx
from router.store.writes import Writes, flush

log = structlog.get_logger()

#: Rows up to which waiting for the server costs more than COPY saves.
_FEW = 60

P = TypeVar("P")
Loaded = TypeVar("Loaded")


class StageRun(Protocol[P, Loaded]):
    """What a stage tells the runner: how it thinks before locks, what it loads, what it decides."""

    name: StageName

    def prepare(self, case: Case, now: datetime) -> P:
        """Think about one lead before any lock is taken. Pure."""
        ...

    def load(self, tx: Tx, cases: Sequence[tuple[Case, P]], now: datetime) -> Loaded:
        """Read, and lock, what the leads of this batch need; once for all of them."""
        ...

    def decide(self, case: Case, prepared: P, loaded: Loaded, now: datetime) -> Decision:
        """Decide about one lead. Pure."""
        ...

    def absorb(self, loaded: Loaded, prepared: P, decision: Decision) -> None:
        """Let later leads of the batch see this decision, once it is recorded."""
        ...

    def settled(self, loaded: Loaded, lead: Lead) -> None:
        """Let later leads of the batch see this lead, as it was recorded."""
        ...

    def finish(self, tx: Tx, loaded: Loaded) -> None:
        """Write what belongs to the stage and not to a lead, such as a ledger."""
        ...


class Stages:
    """The stages of this process, in the order of the road."""

    def __init__(self, app: App) -> None:
        """Make every stage.

        Args:
            app: What the stages need to load from.
        """
        #: The versions that are tried beside the active one.
        self.beside = Beside(app)
        self._runs: dict[StageName, Callable[[Tx, Batch, Look], None]] = {
            StageName.CLEAN: partial(run_stage, Clean(app)),
            StageName.CLASSIFY: partial(run_stage, Classify(app)),
            StageName.ROUTE: partial(run_stage, Route(app)),
            StageName.ACTIVATE: partial(run_stage, Activate(app)),
        }

    def run(self, tx: Tx, batch: Batch, start: StageName, *, fused: bool = True) -> None:
        """Run a stage over the batch, and those fused to it.

        Args:
            tx: Open transaction that holds the leads' locks.
            batch: Leads to work on; those that are not in a stage's states are left alone.
            start: First stage.
            fused: False runs this stage alone, to find the place where a lead kills its worker.
        """
        look = self.beside.look(batch.noted)
        for stage in stages_from(start):
            self._runs[stage.name](tx, batch, look)
            if not fused:
                return


def run_stage(stage: StageRun[P, Loaded], tx: Tx, batch: Batch, look: Look) -> None:
    """Run one stage over the leads of a batch that stand before it.

    A lead on which the stage fails is set aside with its error; its neighbours go on.

    Args:
        stage: What to run.
        tx: Open transaction that holds the leads' locks.
        batch: Changed in memory; :func:`write_batch` writes it.
        look: The versions that are tried.
    """
    ready = _prepared(stage, batch, look)
    if not ready:
        return
    loaded = stage.load(tx, [(work.case, prepared) for work, prepared, *_ in ready], batch.now)
    for work in list(batch.works.values()):
        # What this batch has changed is newer than what was just read.
        if not work.fresh and work.changed:
            stage.settled(loaded, work.lead)
    for work, prepared, glance, thought_s in ready:
        try:
            started = ticks()
            decision = stage.decide(work.case, prepared, loaded, batch.now)
            decision = _timed(_carry_attempts(work, decision), thought_s + ticks() - started)
            changed = record(batch, work, decision)
            stage.absorb(loaded, prepared, decision)
            for each in changed:
                stage.settled(loaded, each.lead)
            if glance is not None:
                look.after(work.lead, glance)
        except Exception as error:  # noqa: BLE001 - a poison lead must cost only itself
            _set_aside(work, stage.name, error)
    stage.finish(tx, loaded)


def _prepared(
    stage: StageRun[P, Loaded], batch: Batch, look: Look
) -> list[tuple[Work, P, Glance | None, float]]:
    """Think about every lead that stands before a stage, and ask the shadow about it.

    Also tell how many seconds the thinking took.
    """
    ready: list[tuple[Work, P, Glance | None, float]] = []
    for work in list(batch.works.values()):
        if _stands_before(stage.name, work, batch.now):
            try:
                watched = look.before(stage.name, work.case)
                started = ticks()
                prepared = stage.prepare(work.case, batch.now)
                thought_s = ticks() - started
                glance = look.ask(work.lead, prepared) if watched else None
                ready.append((work, prepared, glance, thought_s))
            except Exception as error:  # noqa: BLE001 - a poison lead must cost only itself
                _set_aside(work, stage.name, error)
    return ready


def write_batch(tx: Tx, batch: Batch, *, ticket: UUID | None = None) -> Writes:
    """Write everything the batch has decided.

    Args:
        tx: Open transaction that holds the leads' locks.
        batch: Decided.
        ticket: Given back with it.

    Returns:
        What was written, for the bells.
    """
    works = [work for work in batch.works.values() if work.changed or work.writes.rows]
    writes = Writes()
    for work in works:
        work.settle()
        writes.rows += work.writes.rows
    with tx.in_one_go() if len(writes.rows) <= _FEW else nullcontext():
        insert_leads(tx, [work.lead for work in works if work.fresh])
        update_leads(tx, [(work.lead, work.stored_version) for work in works if not work.fresh])
        flush(tx, writes)
        write_noted(tx, batch.noted, batch.now)
        if ticket is not None:
            give_back(tx, ticket)
    return writes


def _stands_before(stage: StageName, work: Work, now: datetime) -> bool:
    lead = work.lead
    if work.failed is not None or lead.state is LeadState.CLOSED:
        return False
    if work.case.reroute is not None and stage is StageName.ROUTE:
        return True
    if lead.due_at is None or lead.due_at > now or NEXT_STAGE.get(lead.state) is not stage:
        return False
    # A suspect that came along with another lead is named on no ticket: it goes alone, later.
    return not (work.guest and lead.attempts)


def _timed(decision: Decision, seconds: float) -> Decision:
    """Note with what the rules decided how long it took to think, in microseconds."""
    events = tuple(
        replace(event, data={**event.data, "thought_us": round(seconds * 1e6)})
        if "near_misses" in event.data
        else event
        for event in decision.events
    )
    return replace(decision, events=events)


def _carry_attempts(work: Work, decision: Decision) -> Decision:
    """Keep a failed lead under suspicion until it has left the road; then forget its attempts."""
    lead = decision.lead
    attempts = work.lead.attempts if lead.due_at is not None else 0
    if lead.attempts == attempts:
        return decision
    return replace(decision, lead=change(lead, attempts=attempts))


def _set_aside(work: Work, stage: StageName, error: Exception) -> None:
    work.failed = error
    if isinstance(error, Conflict | Rejected):
        # A person asked for what cannot be; they are told, and nothing is wrong here.
        log.info("stage_refused_on_lead", stage=stage.value, lead_id=str(work.lead.id))
        return
    log.warning(
        "stage_failed_on_lead",
        stage=stage.value,
        lead_id=str(work.lead.id),
        error=type(error).__name__,
        exc_info=error,
    )
