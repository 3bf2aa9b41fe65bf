"""The roster as it stands: what the active rule book says, and what is true today.

The book owns structure: people, pools, weights. Absences and the fairness ledger live in the
database and are shown beside it.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog

from router.app import App
from router.errors import NotFound, Rejected
from router.road.drain import LOCK_TIMEOUT
from router.rulebook.model import RuleBook
from router.store.absences import absent_people, set_away, set_back
from router.store.reading import open_tasks_by_owner
from router.store.roster import assigned_counts
from router.store.tx import Tx, transaction

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a person takes no leads now."""

    #: None means until further notice.
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A person's place in a pool."""

    pool: str
    weight: int
    #: What they are owed, in units of weight; whoever is owed most is next.
    credit: int
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
    absence: Absence | None
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


def set_availability(  # noqa: PLR0913 - one value per thing that is said
    app: App,
    person: str,
    *,
    available: bool,
    until: datetime | None,
    reason: str,
    by: str,
    now: datetime,
) -> Standing:
    """Say that a person takes no leads from now on, or takes them again.

    What they own already stays theirs; its clocks run on.

    Args:
        app: Of this process.
        person: Id of the person.
        available: False for away.
        until: End of the absence; None lasts until further notice.
        reason: Why; shown where the person is passed over.
        by: Who says so.
        now: The moment it starts.

    Returns:
        The person as they stand afterwards.

    Raises:
        NotFound: The active book has no such person.
        Rejected: The absence would have ended already.
    """
    book = app.shelf.active()
    if person not in book.people:
        raise NotFound(
            f"There is no person {person[:100]!r} on the roster of the active rule book."
            " GET /api/people lists them."
        )
    if not available and until is not None and until <= now:
        raise Rejected(
            f"`until` ({until.isoformat()}) has passed. Give a later moment, or none.",
            code="until_has_passed",
        )
    serve = app.settings.book
    with transaction(app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
        set_back(tx, book=serve, person=person, now=now)
        if not available:
            set_away(tx, book=serve, person=person, until=until, reason=reason, by=by, now=now)
        standings = _standings(tx, serve, book, now)
    log.info("availability_changed", person_id=person, available=available, by=by)
    return next(each for each in standings if each.id == person)


def _standings(tx: Tx, serve: str, book: RuleBook, now: datetime) -> list[Standing]:
    away = absent_people(tx, serve, now)
    owed = {(pool, who): (credit, given) for pool, who, credit, given in assigned_counts(tx, serve)}
    held = open_tasks_by_owner(tx, serve)
    turns: dict[str, list[Turn]] = {}
    for pool in book.pools.values():
        for member in pool.members:
            credit, given = owed.get((pool.id, member.person), (0, 0))
            turns.setdefault(member.person, []).append(Turn(pool.id, member.weight, credit, given))
    return [
        Standing(
            id=card.id,
            name=card.name,
            email=card.email,
            manager=card.manager,
            calendar=card.calendar,
            booking_link=card.booking_link,
            absence=Absence(away[card.id].until, away[card.id].reason) if card.id in away else None,
            open_leads=held.get(card.id, 0),
            turns=tuple(turns.get(card.id, ())),
        )
        for card in book.people.values()
    ]
