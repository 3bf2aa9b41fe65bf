"""Move: leads that nobody has decided yet go by another version of the rule book."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from router.errors import Conflict, LeadRouterError
from router.lead.facts import facts_of
from router.lead.ids import LeadId
from router.lead.model import Lead
from router.lead.states import LeadState
from router.now import now as read_now
from router.road.batch import write_batch
from router.road.drain import LOCK_TIMEOUT, Road
from router.road.pages import give_up, lock_page, together, told
from router.road.record import Batch, record
from router.road.versions.news import announce
from router.rulebook.model import RuleBook
from router.rulebook.outcome import decide_all
from router.rulebook.shadow import codes_of
from router.stages.desk import again
from router.stages.desk.again import Asked
from router.store.book_log import BookAct, Entry
from router.store.decided import leads_at, undecided
from router.store.tx import transaction

log = structlog.get_logger()

#: Leads moved in one transaction.
_AT_ONCE = 100
_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Wish:
    """From which version to which, and who says so."""

    digest: str
    to: str
    by: str
    reason: str = ""
    #: Only say what would happen.
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved, or would be."""

    digest: str
    to: str
    dry_run: bool
    #: By the state that they stood in.
    leads: dict[str, int]
    #: Of those in review, how many go on at once: the other version does not ask.
    released: int
    #: Leads that could not be moved, and why; another run tries them again.
    failed: tuple[tuple[str, str], ...]


def move(road: Road, wish: Wish) -> Moved:
    """Let leads on the road, in review or parked there go by another version.

    Leads that were decided stay as they are: those are for
    :func:`router.road.versions.reroute.reroute`. A lead that waits for an answer goes on waiting,
    unless a rule of its version asked and the other version's rules do not.

    Args:
        road: The runner of this process.
        wish: From where to where.

    Raises:
        Conflict: Both versions are the same.
        NotFound: There is no such version to move to.
        BookError: This program cannot read the version to move to.
        Transient: The database could not do it now; what was done is done, and stays.
    """
    if wish.digest == wish.to:
        raise Conflict(f"Leads of version {wish.to[:12]} go by it already. Name another version.")
    moving = _Moving(road, wish, road.app.book(wish.to))
    after = _FIRST
    while ids := moving.page(after):
        moving.take(ids)
        after = ids[-1]
    moved = moving.moved()
    if moved.leads and not wish.dry_run:
        _announce(road, wish, moved)
    return moved


class _Moving:
    """One run."""

    def __init__(self, road: Road, wish: Wish, new: RuleBook) -> None:
        self._road, self._wish, self._new = road, wish, new
        old = road.app.shelf.usable(wish.digest)
        self._codes = codes_of(old) if old is not None else frozenset[str]()
        self._asked = Asked(wish.by, wish.reason, wish.digest)
        self._leads: Counter[str] = Counter()
        self._released = 0
        self._failed: list[tuple[str, str]] = []

    def page(self, after: UUID) -> list[LeadId]:
        """Return the next leads in question."""
        with transaction(self._road.app.engine) as tx:
            book = self._road.app.settings.book
            return undecided(tx, book, self._wish.digest, after=after, limit=_AT_ONCE)

    def take(self, ids: list[LeadId]) -> None:
        """Move these leads, or count them; when one of them fails, each for itself."""
        act = self._preview if self._wish.dry_run else self._move
        give_up(ids, together(ids, act, self._fail), "moved")

    def _fail(self, lead_id: LeadId, error: Exception) -> None:
        if not isinstance(error, LeadRouterError):
            log.error("move_failed_on_lead", lead_id=str(lead_id), exc_info=error)
        self._failed.append((str(lead_id), told(error)))

    def _preview(self, ids: Sequence[LeadId]) -> None:
        with transaction(self._road.app.engine) as tx:
            for lead in leads_at(tx, ids):
                self._count(lead, released=self._is_released(lead))

    def _move(self, ids: Sequence[LeadId]) -> None:
        road, now = self._road, read_now()
        batch, done = Batch(now, road.listeners), list[tuple[Lead, bool]]()
        with transaction(road.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
            for lead in lock_page(tx, ids).values():
                if not self._still(lead):
                    continue
                done.append((lead, self._is_released(lead)))
                self._record(batch, *done[-1], now)
            writes = write_batch(tx, batch)
        road.ring_for(batch.works.values(), writes, now)
        for lead, released in done:
            self._count(lead, released=released)

    def _record(self, batch: Batch, lead: Lead, release: bool, now: datetime) -> None:  # noqa: FBT001 - a pair, unpacked
        decision = again.move(lead, self._asked, self._wish.to, now, release=release)
        record(batch, batch.take(lead), decision)

    def _still(self, lead: Lead) -> bool:
        """Return whether a lead, now that it is locked, is still undecided and of this version."""
        stands = lead.resume_at if lead.state is LeadState.PARKED else lead.state
        undone = {LeadState.CAPTURED, LeadState.CLEANED, LeadState.CLASSIFIED, LeadState.IN_REVIEW}
        return lead.digest == self._wish.digest and (stands is None or stands in undone)

    def _is_released(self, lead: Lead) -> bool:
        if lead.state is not LeadState.IN_REVIEW or lead.reason not in self._codes:
            return False
        return decide_all(self._new, facts_of(lead)).review != lead.reason

    def _count(self, lead: Lead, *, released: bool) -> None:
        self._leads[lead.state.value] += 1
        self._released += released

    def moved(self) -> Moved:
        """Return what was counted."""
        return Moved(
            digest=self._wish.digest,
            to=self._wish.to,
            dry_run=self._wish.dry_run,
            leads=dict(self._leads),
            released=self._released,
            failed=tuple(self._failed),
        )


def _announce(road: Road, wish: Wish, moved: Moved) -> None:
    """Write it into the book's history, and tell the book's owner."""
    entry = Entry(
        book=road.app.settings.book,
        act=BookAct.MOVE,
        digest=wish.digest,
        at=read_now(),
        by=wish.by,
        note=wish.reason,
        data={"to": wish.to, "leads": moved.leads, "released": moved.released},
    )
    with transaction(road.app.engine) as tx:
        told = announce(road.app, tx, entry, road.app.shelf.active())
    road.app.bell.ring_destinations(told)
    log.info("leads_moved", digest=wish.digest, to=wish.to, leads=sum(moved.leads.values()))
