"""The roster as it stands: what the active rule book says, and what is true today.

The book owns structure: people, pools, weights. Absences and the fairness ledger live in the
database and are shown beside it.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog

from router.app import App
from router.road.drain import LOCK_TIMEOUT
from router.road.people.absences import on_roster
from router.rulebook.model import RuleBook
from router.stages.route.rotation import LEAD
from router.store.absences import Absent, absent_people, set_back
from router.store.reading import open_tasks_by_owner
from router.store.roster import MemberRow, assigned_counts
from router.store.tx import Tx, transaction

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Turn:
    """A person's place in a pool."""

    pool: str
    weight: int
    #: What they are owed, in leads; never a whole lead while the same people take turns.
    credit: float
    #: Leads given so far.
    assigned: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A person of the roster as they stand today."""

    id: str
    name: str
    email: str
    manager: str
    calendar: str
    booking_link: str
    #: Why they take no leads now; None while they do.
    absence: Absent | None
    #: Leads they own and that are not closed.
    open_leads: int
    turns: tuple[Turn, ...]

    @property
    def available(self) -> bool:
        """Whether they take leads now."""
        return self.absence is None


def roster(app: App, now: datetime) -> tuple[str, list[Standing]]:
    """Return everybody on the roster of the active book, and the book's digest.

    Args:
        app: Of this process.
        now: Tells who is away.
    """
    book = app.shelf.active()
    with transaction(app.engine) as tx:
        return book.digest, _standings(tx, app.settings.book, book, now)


def standing(app: App, person: str, now: datetime) -> Standing:
    """Return a person as they stand now.

    Args:
        app: Of this process.
        person: Id of the person.
        now: The time.

    Raises:
        NotFound: The active book has no such person.
    """
    book = app.shelf.active()
    on_roster(book, person)
    with transaction(app.engine) as tx:
        found = _standings(tx, app.settings.book, book, now)
    return next(each for each in found if each.id == person)


def set_back_now(app: App, person: str, *, by: str, now: datetime, kind: str = "") -> Standing:
    """Say that a person takes leads again; absences to come stay as they were said.

    Args:
        app: Of this process.
        person: Id of the person.
        by: Who says so.
        now: The time.
        kind: End only what was said as this, ``away`` or ``off``; empty ends everything.

    Returns:
        The person as they stand afterwards.

    Raises:
        NotFound: The active book has no such person.
    """
    on_roster(app.shelf.active(), person)
    with transaction(app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
        set_back(tx, book=app.settings.book, person=person, now=now, by=by, kind=kind)
    log.info("availability_changed", person_id=person, available=True, by=by)
    return standing(app, person, now)


def _standings(tx: Tx, serve: str, book: RuleBook, now: datetime) -> list[Standing]:
    away = absent_people(tx, serve, now)
    owed = assigned_counts(tx, serve)
    held = open_tasks_by_owner(tx, serve)
    turns: dict[str, list[Turn]] = {}
    for pool in book.pools.values():
        for member in pool.members:
            row = owed.get((pool.id, member.person), MemberRow())
            turn = Turn(pool.id, member.weight, round(row.credit / LEAD, 3), row.assigned)
            turns.setdefault(member.person, []).append(turn)
    return [
        Standing(
            id=card.id,
            name=card.name,
            email=card.email,
            manager=card.manager,
            calendar=card.calendar,
            booking_link=card.booking_link,
            absence=away.get(card.id),
            open_leads=held.get(card.id, 0),
            turns=tuple(turns.get(card.id, ())),
        )
        for card in book.people.values()
    ]
