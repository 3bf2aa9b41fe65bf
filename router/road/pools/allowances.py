"""Allowances: a manager's word about a person, with an end, beside what the book says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from router.app import App
from router.errors import NotFound, Rejected
from router.lead.ids import timed_id
from router.road.drain import LOCK_TIMEOUT
from router.road.pools.standing import known
from router.rulebook.allowance import Allowance, without_effect
from router.rulebook.model import Period
from router.store.allowances import allowances_at, end_allowance, write_allowance
from router.store.held import wake
from router.store.tx import transaction

log = structlog.get_logger()

#: What is meant for longer belongs into the book.
LONGEST = timedelta(days=366)
#: Highest weight, as in a book.
_MOST_WEIGHT = 100


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody wants to hold for a person."""

    person: str
    until: datetime
    #: Empty for all pools.
    pool: str = ""
    #: 0 is the same as off.
    weight: int | None = None
    caps: Mapping[Period, int] = field(default_factory=dict)
    off: bool = False
    #: None for from now on.
    start: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AllowanceTold:
    """An allowance, and whether it changes anything with the active version."""

    allowance: Allowance
    #: Empty when it holds, or will.
    without_effect: str


def allow(app: App, said: Said, *, by: str, now: datetime) -> Allowance:
    """Let something hold for a person, whatever the book says, until a moment.

    Args:
        app: Of this process.
        said: What, for whom, where and until when.
        by: Who says so.
        now: The time.

    Raises:
        NotFound: The active version has no such person, or no such pool.
        Rejected: It says nothing, ends too late or too early, or is not for a member of the pool.
    """
    book = app.shelf.active()
    if said.person not in book.people:
        raise NotFound(
            f"There is no person {said.person[:100]!r} on the roster of the active rule"
            " book. GET /api/people lists them."
        )
    if said.pool and said.person not in {m.person for m in known(book, said.pool).members}:
        raise Rejected(f"{said.person} is not in the pool {said.pool}.", code="not_a_member")
    _check(said, now)
    # No weight is as good as off, which ends: where a pool holds, leads wait for that end.
    off = said.off or said.weight == 0
    allowance = Allowance(
        id=timed_id(now, "allowance", said.person, said.pool, now),
        person=said.person,
        pool=said.pool,
        from_at=said.start or now,
        until_at=said.until,
        weight=None if off else said.weight,
        caps={} if off else said.caps,
        off=off,
        reason=said.reason.strip(),
        by=by,
    )
    serve = app.settings.book
    with transaction(app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
        write_allowance(tx, serve, allowance)
        wake(tx, serve, "allowance", now, person=said.person)
    log.info("allowance_given", allowance_id=str(allowance.id), person_id=said.person, by=by)
    return allowance


def _check(said: Said, now: datetime) -> None:
    start = said.start or now
    if said.weight is None and not said.caps and not said.off:
        raise Rejected("Say what holds: a weight, a cap, or off.", code="says_nothing")
    if said.off and (said.weight is not None or said.caps):
        raise Rejected("Who is off needs neither weight nor cap.", code="says_both")
    if said.weight is not None and not said.pool:
        raise Rejected("A weight is of one pool: name it.", code="pool_needed")
    if said.weight is not None and not 0 <= said.weight <= _MOST_WEIGHT:
        raise Rejected(f"A weight is from 0 to {_MOST_WEIGHT}.", code="wrong_weight")
    if any(most < 0 for most in said.caps.values()):
        raise Rejected("A cap is not negative.", code="wrong_cap")
    if said.until <= max(start, now):
        raise Rejected(
            f"`until` ({said.until.isoformat()}) has passed, or lies before its begin."
            " Give a later moment.",
            code="until_has_passed",
        )
    if said.until - start > LONGEST:
        raise Rejected(
            "An allowance holds for a year at most. What shall last belongs into the book.",
            code="too_long",
        )


def allowances(app: App, now: datetime) -> list[AllowanceTold]:
    """Return what holds, or will, and what of it has no effect with the active version.

    Args:
        app: Of this process.
        now: The time.
    """
    with transaction(app.engine) as tx:
        found = allowances_at(tx, app.settings.book, now, ahead=True)
    idle = {each.id: why for each, why in without_effect(app.shelf.active(), found)}
    return [AllowanceTold(each, idle.get(each.id, "")) for each in found]


def end(app: App, allowance_id: UUID, *, by: str, now: datetime) -> None:
    """Let the book hold again, before an allowance's time is over.

    Args:
        app: Of this process.
        allowance_id: Which.
        by: Who says so.
        now: The time.

    Raises:
        NotFound: There is none with that id that still holds.
    """
    serve = app.settings.book
    with transaction(app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
        if not end_allowance(tx, serve, allowance_id, now):
            raise NotFound(f"No allowance {allowance_id} holds. GET /api/allowances lists them.")
        wake(tx, serve, "allowance", now)
    log.info("allowance_ended", allowance_id=str(allowance_id), by=by)
