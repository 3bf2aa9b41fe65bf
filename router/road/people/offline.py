"""Offline: what waits for somebody who has gone is given to others when the grace is over.

Only leads that a pool had given and nobody has accepted. Nobody is blamed: who went may get the
lead again another time, but it was a turn of theirs unless the pool's ``credit_back`` names the
reason. The absence's row is locked while its leads change hands, so that of
several tickers one does it, and whoever comes back in the same moment comes back before or after.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from router.errors import Transient
from router.lead.decision import OWNER_AWAY, OWNER_OFFLINE, ClockKind, Decision, Reroute, StopClock
from router.lead.ids import LeadId
from router.lead.model import Lead
from router.lead.states import LeadState, OwnerKind
from router.now import now as read_now
from router.road.act import find_owners
from router.road.batch import write_batch
from router.road.drain import LOCK_TIMEOUT, Road
from router.road.pages import lock_page, together
from router.road.people.absences import wall_of
from router.road.record import Batch, record
from router.rulebook.availability import AbsenceKind
from router.store.absences import (
    AbsenceRow,
    due_to_reassign,
    lock_due,
    settle_reassign,
    waiting_leads,
)
from router.store.tx import Tx, transaction
from router.wording import counted

log = structlog.get_logger()

#: Leads that change hands in one transaction, and transactions of one turn: a turn is short, since
#: a ticker has clocks to fire.
AT_ONCE, _PAGES = 20, 10
#: Absences that are looked at in one turn.
_PEOPLE = 20
#: How long leads wait that nobody else can take, or on which something failed.
PUT_OFF = timedelta(minutes=1)
_FIRST = UUID(int=0)


class _NobodyElse(Exception):
    """Some leads of a page would stay with who went, and were counted as given anew."""

    def __init__(self, leads: Sequence[LeadId]) -> None:
        super().__init__(f"nobody else can take {counted(len(leads), 'lead')}")
        self.leads = frozenset(leads)


def hand_on(road: Road, now: datetime) -> int:
    """Give the waiting leads of everybody whose grace is over to others; return how many.

    A lead that nobody else can take stays, and is looked at again a minute later.

    Args:
        road: The runner of this process.
        now: The time.

    Raises:
        Transient: The database could not do it now; what was done stays.
    """
    with transaction(road.app.engine) as tx:
        due = due_to_reassign(tx, road.app.settings.book, now, _PEOPLE)
    pages = _PAGES
    moved = 0
    for absence in due:
        turn = _Turn(road, absence)
        while pages and turn.goes_on:
            pages -= 1
            turn.page()
        turn.settle()
        moved += turn.moved
    return moved


class _Turn:
    """One absence whose grace is over, and how far its leads were looked at."""

    def __init__(self, road: Road, absence: AbsenceRow) -> None:
        self._road, self._absence = road, absence
        self._after = _FIRST
        self.goes_on = True
        #: Whether every lead was looked at.
        self._whole = False
        self.moved = self._left = 0

    def page(self) -> None:
        """Give a few leads to others; when something fails on one of them, each for itself."""
        road, absence = self._road, self._absence
        with transaction(road.app.engine) as tx:
            ids = waiting_leads(tx, road.app.settings.book, absence.person, self._after, AT_ONCE)
        failed = together(ids, self._give, _tell, through=(Transient,))
        self._left += len(failed)
        if len(ids) < AT_ONCE:
            self._whole, self.goes_on = self.goes_on, False
        else:
            self._after = ids[-1]

    def _give(self, ids: Sequence[LeadId]) -> None:
        """Give leads to others; those that nobody else can take stay, as if nobody had asked."""
        try:
            self._give_all(ids)
        except _NobodyElse as stay:
            self._give([each for each in ids if each not in stay.leads])
            self._left += len(stay.leads)

    def _give_all(self, ids: Sequence[LeadId]) -> None:
        road, now = self._road, read_now()
        batch = Batch(now, road.listeners)
        with transaction(road.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
            absence = lock_due(tx, self._absence.id, now)
            self.goes_on = absence is not None and not absence.is_over(now)
            if absence is None:
                return  # another ticker has it, or they came back
            if not self.goes_on:
                settle_reassign(tx, absence.id)
                return
            _decide(road, tx, batch, absence, ids)
            writes = write_batch(tx, batch)
        road.ring_for(batch.works.values(), writes, now)
        self.moved += len(batch.works)

    def settle(self) -> None:
        """Note that all is done, or when to look again; the rest of a long list goes on at once."""
        absence = self._absence
        if self.moved or self._left:
            log.info(
                "waiting_leads_handed_on",
                person_id=absence.person,
                absence_id=str(absence.id),
                leads=self.moved,
                left=self._left,
            )
        if not (self._whole or self._left):
            return
        now = read_now()
        with transaction(self._road.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
            if lock_due(tx, absence.id, now) is not None:
                settle_reassign(tx, absence.id, now + PUT_OFF if self._left else None)


def _tell(lead_id: LeadId, error: Exception) -> None:
    log.error("lead_not_handed_on", lead_id=str(lead_id), exc_info=error)


def _decide(road: Road, tx: Tx, batch: Batch, absence: AbsenceRow, ids: Sequence[LeadId]) -> None:
    """Find others for these leads; what fails, or finds nobody else, fails for all of them."""
    note = why_handed_on(absence, wall_of(road.app.shelf.active(), absence.person), batch.now)
    reason = OWNER_OFFLINE if absence.kind == AbsenceKind.OFF else OWNER_AWAY
    asked = Reroute(reason, "ticker", note=note, never=(absence.person,))
    for lead in lock_page(tx, ids).values():
        # It may have been accepted, or given to somebody else, since it was found.
        if waits_for(lead, absence.person):
            stopped = (StopClock(ClockKind.ACCEPTANCE, met=False),)
            record(batch, batch.take(lead), Decision(lead, effects=stopped, reroute=asked))
    find_owners(road, tx, batch)
    for work in batch.works.values():
        if work.failed is not None:
            raise work.failed
    # The last resort has gone too: an offer to the same person would only look like a change.
    if same := [each.id for each in batch.works.values() if _is_with(each.lead, absence.person)]:
        raise _NobodyElse(same)


def _is_with(lead: Lead, person: str) -> bool:
    owner = lead.owner
    return owner is not None and owner.kind is OwnerKind.PERSON and owner.id == person


def waits_for(lead: Lead, person: str) -> bool:
    """Return whether a lead that a pool gave to a person still waits for their answer.

    Args:
        lead: Locked.
        person: Id of the person.
    """
    pool = lead.owner.pool if lead.owner is not None else ""
    return bool(pool) and _is_with(lead, person) and lead.state is LeadState.ACTIVATED


def why_handed_on(absence: AbsenceRow, wall: ZoneInfo, now: datetime) -> str:
    """Say to both owners why a lead changes hands.

    >>> from datetime import UTC
    >>> gone = datetime(2026, 3, 2, 14, tzinfo=UTC)
    >>> absence = AbsenceRow(UUID(int=1), "ann", gone, None, kind="off")
    >>> why_handed_on(absence, ZoneInfo("Europe/Berlin"), gone)
    'owner went offline at 15:00'

    Args:
        absence: Of the owner.
        wall: Zone of the clock on the owner's wall.
        now: The time; another day is named.
    """
    since, today = absence.start.astimezone(wall), now.astimezone(wall).date()
    word = "offline" if absence.kind == AbsenceKind.OFF else "away"
    day = "" if since.date() == today else f"{since:%Y-%m-%d} "
    return f"owner went {word} at {day}{since:%H:%M}"
