"""Lanes: whichever ticker gets there first lets the next rows of each import onto the road.

An import's row is its lock, and what was let in commits with when the next portion is due. So each
portion is let in once, however many tickers there are and whenever one of them dies.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from router.app import App
from router.errors import Conflict, NotFound, Rejected
from router.lead.drip import FASTEST, SLOWEST, drip, next_portion, time_for
from router.lead.states import ImportState
from router.now import now as read_now
from router.road.drain import LOCK_TIMEOUT, Road
from router.rulebook.model import RuleBook
from router.rulebook.worktime import work_time
from router.store import import_rows, imports
from router.store.import_rows import RefusedRow
from router.store.imports import Import
from router.store.pages import Place
from router.store.tx import Tx, transaction

log = structlog.get_logger()

#: Imports that are looked at in one round.
_AT_ONCE = 20
#: How long rows may wait before capture until no further ones are let in: else an hour in which
#: no worker ran would end with an hour's rows at once.
_BEHIND = timedelta(minutes=1)
#: Refused rows that are shown with an import.
_REFUSED = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """An import, and when it will be through."""

    lane: Import
    #: When about the last row is let in; None when none will be.
    ends_about: datetime | None


@dataclass(frozen=True, slots=True)
class Shown:
    """An import with what became of its rows and leads."""

    standing: Standing
    #: Rows by what became of them: waiting, received, captured, refused, withdrawn, ...
    rows: dict[str, int]
    #: Leads by where they stand.
    leads: dict[str, int]
    #: The first rows that are no leads, and why.
    refused: tuple[RefusedRow, ...]


def let_in(road: Road, tx: Tx, now: datetime) -> None:
    """Let in the portions that are due.

    Args:
        road: The runner of this process.
        tx: Open transaction.
        now: The time.
    """
    due = imports.due_imports(tx, road.app.settings.book, now, _AT_ONCE)
    for lane in due:
        imports.update_import(tx, _portion(tx, lane, road.app.shelf.active(), now))


def _portion(tx: Tx, lane: Import, book: RuleBook, now: datetime) -> Import:
    """Let in one portion of an import that is due; return how far it has come."""
    hours = book.calendars.get(lane.calendar)
    if hours is not None and not work_time(hours).is_open(now):
        return replace(lane, next_at=work_time(hours).next_opening(now))
    planned = lane.next_at or now
    if import_rows.is_behind(tx, lane.id, now - _BEHIND):
        log.warning("import_held_by_backlog", import_id=str(lane.id))
        return replace(lane, next_at=next_portion(lane.per_hour, planned, now))
    wanted = drip(lane.per_hour).rows
    rows = import_rows.let_in(tx, lane.id, wanted, now)
    further = replace(
        lane, let_in=lane.let_in + rows, next_at=next_portion(lane.per_hour, planned, now)
    )
    if rows == wanted and further.waiting > 0:
        return further
    log.info("import_let_in", import_id=str(lane.id), rows=further.let_in)
    return replace(further, state=ImportState.DONE, next_at=None, ended_at=now)


def standing(lane: Import, book: RuleBook, now: datetime) -> Standing:
    """Say when an import will be through.

    Args:
        lane: The import.
        book: The active version, for its calendars.
        now: The time.
    """
    if lane.state is not ImportState.RUNNING or lane.next_at is None:
        return Standing(lane, None)
    start, span = max(lane.next_at, now), time_for(lane.per_hour, lane.waiting)
    hours = book.calendars.get(lane.calendar)
    return Standing(lane, start + span if hours is None else work_time(hours).add(start, span))


def listed(app: App, *, after: Place | None = None, limit: int) -> list[Standing]:
    """Return imports, the newest first.

    Args:
        app: Of this process.
        after: Place of the last one of the page before.
        limit: Most to return.
    """
    now, book = read_now(), app.shelf.active()
    with transaction(app.engine) as tx:
        found = imports.imports(tx, app.settings.book, after=after, limit=limit)
    return [standing(lane, book, now) for lane in found]


def show(app: App, import_id: UUID) -> Shown:
    """Return one import, with what became of its rows and leads.

    Raises:
        NotFound: There is no such import.
    """
    now, book = read_now(), app.shelf.active()
    with transaction(app.engine) as tx:
        lane = imports.read_import(tx, app.settings.book, import_id)
        if lane is None:
            raise unknown(import_id)
        rows = import_rows.rows_by_state(tx, import_id)
        leads = import_rows.leads_by_state(tx, import_id)
        refused = import_rows.refused_rows(tx, import_id, _REFUSED)
    return Shown(
        standing(lane, book, now),
        {state.value: many for state, many in rows.items()},
        leads,
        tuple(refused),
    )


def pause(app: App, import_id: UUID, by: str) -> Standing:
    """Let no further row in until :func:`resume`.

    Raises:
        NotFound: There is no such import.
        Conflict: It is through, or was undone.
    """
    return _change(app, import_id, by, lambda lane, _: replace(lane, state=ImportState.PAUSED))


def resume(app: App, import_id: UUID, by: str) -> Standing:
    """Let rows in again, from now on at the same pace.

    Raises:
        NotFound: There is no such import.
        Conflict: It is through, or was undone.
    """

    def resumed(lane: Import, now: datetime) -> Import:
        return replace(lane, state=ImportState.RUNNING, next_at=max(lane.next_at or now, now))

    return _change(app, import_id, by, resumed)


def set_pace(app: App, import_id: UUID, per_hour: int, by: str) -> Standing:
    """Let rows in faster or slower from now on.

    Raises:
        NotFound: There is no such import.
        Conflict: It is through, or was undone.
        Rejected: Nothing can be let in at this pace.
    """
    check_pace(per_hour)

    def paced(lane: Import, now: datetime) -> Import:
        soon = now + drip(per_hour).every
        # One that has not started keeps its start.
        due = lane.next_at if not lane.let_in else min(lane.next_at or soon, soon)
        return replace(lane, per_hour=per_hour, next_at=due)

    return _change(app, import_id, by, paced)


def check_pace(per_hour: int) -> None:
    """Refuse a pace at which nothing can be let in.

    Raises:
        Rejected: It is too low or too high.
    """
    if not SLOWEST <= per_hour <= FASTEST:
        raise Rejected(
            f"{per_hour} rows an hour cannot be let in: say {SLOWEST} to {FASTEST}.",
            code="bad_pace",
        )


def unknown(import_id: object) -> NotFound:
    """Return the error for an import that is not there."""
    return NotFound(f"There is no import {import_id}. `lead-router imports` lists them.")


def _change(
    app: App, import_id: UUID, by: str, change: Callable[[Import, datetime], Import]
) -> Standing:
    now, book = read_now(), app.shelf.active()
    with transaction(app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
        lane = imports.read_import(tx, app.settings.book, import_id, lock=True)
        if lane is None:
            raise unknown(import_id)
        if lane.state in {ImportState.DONE, ImportState.UNDONE}:
            said = "all its rows were let in" if lane.state is ImportState.DONE else "it was undone"
            raise Conflict(f"Nothing of import {import_id} waits any more: {said}.")
        changed = change(lane, now)
        imports.update_import(tx, changed)
    log.info(
        "import_changed",
        import_id=str(import_id),
        state=changed.state.value,
        per_hour=changed.per_hour,
        by=by,
    )
    return standing(changed, book, now)
