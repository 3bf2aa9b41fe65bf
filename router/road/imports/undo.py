"""Undo: an import is taken back by its id, whatever has become of its rows.

In short transactions, so the command can be stopped and run again at any moment. The import's row
is locked before its deliveries; leads before pools, and each in the order of their ids, as
everywhere.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import structlog

from router.errors import LeadRouterError
from router.lead.ids import LeadId
from router.lead.model import Lead
from router.lead.states import IMPORT_UNDONE, DeliveryState, ImportState
from router.now import now as read_now
from router.road.batch import write_batch
from router.road.drain import LOCK_TIMEOUT, Road
from router.road.imports.lanes import unknown
from router.road.pages import give_up, lock_page, together, told
from router.road.record import Batch, record
from router.stages.capture.rows import row_key
from router.stages.desk.recall import Left, left_alone, recall
from router.store import import_rows, imports
from router.store.decided import leads_at
from router.store.imports import Import
from router.store.ledger import give_back_leads
from router.store.tx import Tx, transaction
from router.store.writes import Writes

log = structlog.get_logger()

#: Rows withdrawn in one transaction.
_ROWS = 1_000
#: Rows whose leads are recalled in one transaction; few, for others wait for their pools.
_LEADS = 100
#: Rows of an import that are no leads yet.
_NO_LEADS = (DeliveryState.WAITING, DeliveryState.RECEIVED, DeliveryState.PARKED)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """Which import is undone, and who says so."""

    import_id: UUID
    by: str
    reason: str = ""
    #: Only say what would happen.
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What was taken back, or what would be."""

    import_id: UUID
    name: str
    accountable: str
    dry_run: bool
    #: Rows that never became a lead, and never will.
    withdrawn: int
    #: Leads that were taken from the road or from their owners.
    recalled: int
    #: Picks of pools that count no more.
    given_back: int
    #: Leads that were left alone, by why.
    left: dict[str, tuple[LeadId, ...]]
    #: Leads that could not be recalled, and why; another run tries them again.
    failed: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Tally:
    """What has been counted so far."""

    withdrawn: int = 0
    recalled: int = 0
    given_back: int = 0
    left: dict[Left, list[LeadId]] = field(default_factory=dict)
    failed: list[tuple[str, str]] = field(default_factory=list)


def undo(road: Road, wish: Wish, on_progress: Progress | None = None) -> Report:
    """Undo an import: what waits is withdrawn, what nobody has taken yet is recalled.

    Leads that their owner has accepted, spoken about or ended, and those that are part of another
    inquiry, are left alone and listed. Owners who lose a lead are told, and pools get their turns
    back. The same rows can be imported again afterwards.

    Args:
        road: The runner of this process.
        wish: Which import.
        on_progress: Told now and then how many rows were looked at, and of how many.

    Raises:
        NotFound: There is no such import.
        Transient: The database could not do it now; what was done is done, and stays.
    """
    lane = _stopped(road, wish)
    undoing = _Undoing(road, wish, lane)
    undoing.withdraw()
    done = 0
    for found in undoing.pages():
        undoing.settle(found)
        done += len(found)
        if on_progress is not None:
            on_progress(done, lane.let_in)
    report = undoing.report()
    if not wish.dry_run:
        log.warning(
            "import_undone",
            import_id=str(lane.id),
            withdrawn=report.withdrawn,
            recalled=report.recalled,
            failed=len(report.failed),
            by=wish.by,
        )
    return report


def _stopped(road: Road, wish: Wish) -> Import:
    """Return the import, which lets nothing in from now on."""
    with transaction(road.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
        serve = road.app.settings.book
        lane = imports.read_import(tx, serve, wish.import_id, lock=not wish.dry_run)
        if lane is None:
            raise unknown(wish.import_id)
        if not wish.dry_run and lane.state is not ImportState.UNDONE:
            lane = replace(lane, state=ImportState.UNDONE, next_at=None, ended_at=read_now())
            imports.update_import(tx, lane)
    return lane


class _Undoing:
    """One run."""

    def __init__(self, road: Road, wish: Wish, lane: Import) -> None:
        self._road, self._wish, self._lane = road, wish, lane
        self._serve = road.app.settings.book
        self._tally = _Tally()

    def withdraw(self) -> None:
        """Take back the rows that are no leads yet, after those that a worker reads just now."""
        engine, lane = self._road.app.engine, self._lane
        if self._wish.dry_run:
            with transaction(engine) as tx:
                counts = import_rows.rows_by_state(tx, lane.id)
            self._tally.withdrawn = sum(counts.get(state, 0) for state in _NO_LEADS)
            return
        while True:
            with transaction(engine, lock_timeout=LOCK_TIMEOUT) as tx:
                locked = imports.read_import(tx, self._serve, lane.id, lock=True)
                if locked is None:
                    raise unknown(lane.id)
                taken = import_rows.take_back(tx, lane.id, _NO_LEADS, _ROWS)
                was_in = sum(state is not DeliveryState.WAITING for state, _ in taken)
                imports.update_import(
                    tx,
                    replace(
                        locked,
                        let_in=locked.let_in - was_in,
                        withdrawn=locked.withdrawn + len(taken),
                    ),
                )
                self._forget(tx, (body for _, body in taken))
            self._tally.withdrawn += len(taken)
            if len(taken) < _ROWS:
                return

    def pages(self) -> Iterator[dict[LeadId, bytes]]:
        """Yield the import's leads, a few at a time."""
        after = 0
        while True:
            with transaction(self._road.app.engine) as tx:
                last, found = import_rows.leads_of_rows(tx, self._lane.id, after, _LEADS)
            if last == after:
                return
            after = last
            if found:
                yield found

    def settle(self, found: Mapping[LeadId, bytes]) -> None:
        """Recall these leads, as far as nobody has taken them; when one fails, each for itself."""
        ids = tuple(found)
        failed = together(
            ids,
            lambda some: self._settle_together({each: found[each] for each in some}),
            self._fail,
        )
        give_up(ids, failed, "recalled")

    def _fail(self, lead_id: LeadId, error: Exception) -> None:
        if not isinstance(error, LeadRouterError):
            log.error("recall_failed_on_lead", lead_id=str(lead_id), exc_info=error)
        self._tally.failed.append((str(lead_id), told(error)))

    def _settle_together(self, found: Mapping[LeadId, bytes]) -> None:
        road, now = self._road, read_now()
        batch, picks, writes = Batch(now, road.listeners), 0, Writes()
        with transaction(road.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
            leads = self._read(tx, found)
            left = self._left(tx, leads)
            recalled = [lead for lead in leads if lead.id not in left]
            if not self._wish.dry_run and recalled:
                for lead in recalled:
                    self._recall(batch, lead)
                ids = [lead.id for lead in recalled]
                picks = give_back_leads(
                    tx, self._serve, ids, by=self._wish.by, reason=IMPORT_UNDONE, now=now
                )
                within = [each for each, why in left.items() if why is Left.WITHIN]
                self._forget(tx, (found[each] for each in (*ids, *within)))
                writes = write_batch(tx, batch)
        road.ring_for(batch.works.values(), writes, now)
        self._tally.recalled += len(recalled)
        self._tally.given_back += picks
        for lead_id, why in left.items():
            if why not in {Left.RECALLED, Left.WITHIN}:
                self._tally.left.setdefault(why, []).append(lead_id)

    def _read(self, tx: Tx, found: Iterable[LeadId]) -> list[Lead]:
        """Read leads, under their locks unless nothing will be written."""
        if self._wish.dry_run:
            return leads_at(tx, list(found))
        return list(lock_page(tx, tuple(found)).values())

    def _left(self, tx: Tx, leads: Sequence[Lead]) -> dict[LeadId, Left]:
        """Return which of these leads are left alone, and why."""
        lane, guests = str(self._lane.id), set(self._guests(tx, leads))
        left: dict[LeadId, Left] = {}
        into = import_rows.lanes_of(tx, [lead.merged_into for lead in leads if lead.merged_into])
        for lead in leads:
            why = left_alone(lead, joined=lead.lane != lane or lead.id in guests)
            if why is Left.MERGED and lead.merged_into and into.get(lead.merged_into) == lane:
                why = Left.WITHIN
            if why is not None:
                left[lead.id] = why
        return left

    def _guests(self, tx: Tx, leads: Sequence[Lead]) -> Iterator[LeadId]:
        """Yield the leads that hold an inquiry from elsewhere."""
        came = {
            lead.id: {UUID(point.delivery_id) for point in lead.touchpoints} - {lead.delivery_id}
            for lead in leads
        }
        others = set().union(*came.values())
        own = import_rows.deliveries_of(tx, self._lane.id, others) if others else set()
        return (lead_id for lead_id, ids in came.items() if ids - own)

    def _recall(self, batch: Batch, lead: Lead) -> None:
        live = self._road.app.live(lead.digest)
        decision = recall(lead, live, str(self._lane.id), self._wish.by, self._wish.reason)
        record(batch, batch.take(lead), decision)

    def _forget(self, tx: Tx, bodies: Iterable[bytes]) -> None:
        """Let rows be imported again."""
        keys = [row_key(self._lane.name, body) for body in bodies]
        import_rows.forget_rows(tx, self._serve, self._lane.source, keys)

    def report(self) -> Report:
        """Return what was counted."""
        tally, lane = self._tally, self._lane
        return Report(
            import_id=lane.id,
            name=lane.name,
            accountable=lane.accountable,
            dry_run=self._wish.dry_run,
            withdrawn=tally.withdrawn,
            recalled=tally.recalled,
            given_back=tally.given_back,
            left={why.value: tuple(ids) for why, ids in tally.left.items()},
            failed=tuple(tally.failed),
        )
