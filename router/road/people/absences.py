"""What is said about absences: a new one, a correction, an end. All by the book that is active.

Absences may overlap; each is kept as it was said, and who is away is away until the last one ends.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from router.app import App
from router.errors import NotFound, Rejected
from router.road.drain import LOCK_TIMEOUT
from router.rulebook.availability import AbsenceKind
from router.rulebook.model import RuleBook
from router.store.absences import (
    AbsenceRow,
    absences_since,
    change_absence,
    end_absence,
    lock_absence,
    set_away,
    set_back,
)
from router.store.tx import Tx, transaction

log = structlog.get_logger()

#: How far an absence may lie from now: further is a slip of the hand.
EARLIEST, LATEST = timedelta(days=366), timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Said:
    """An absence as somebody says it."""

    #: None for now.
    start: datetime | None = None
    #: None until further notice.
    until: datetime | None = None
    reason: str = ""
    kind: AbsenceKind = AbsenceKind.AWAY
    #: Who takes the person's place; empty when the book says who.
    cover: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """What shall be otherwise about an absence; None leaves it as it is."""

    start: datetime | None = None
    until: datetime | None = None
    reason: str | None = None
    cover: str | None = None


def on_roster(book: RuleBook, person: str) -> None:
    """Refuse somebody who is not on the roster.

    Args:
        book: The active one.
        person: Id of the person.

    Raises:
        NotFound: The book has no such person.
    """
    if person not in book.people:
        raise NotFound(
            f"There is no person {person[:100]!r} on the roster of the active rule book."
            " GET /api/people lists them."
        )


def wall_of(book: RuleBook, person: str) -> ZoneInfo:
    """Return the zone of the clock on a person's wall; UTC for somebody nobody knows.

    Args:
        book: The active one.
        person: Id of the person.
    """
    card = book.people.get(person)
    found = book.calendars.get(card.calendar) if card is not None else None
    return ZoneInfo(found.zone if found is not None else "UTC")


def say_absence(  # noqa: PLR0913 - who, what, by whom and when
    tx: Tx, serve: str, book: RuleBook, person: str, said: Said, *, by: str, now: datetime
) -> UUID:
    """Record an absence that somebody says.

    One that begins now takes the place of one of the same kind that somebody said before and that
    is running; others are left as they are, also those that came from a calendar.

    Args:
        tx: Open transaction.
        serve: Name of the book that is served.
        book: Its active version.
        person: Id of somebody on its roster.
        said: The absence.
        by: Who says so.
        now: The time.

    Returns:
        Its id.

    Raises:
        Rejected: It ends before it begins or has ended already, lies too far away, or its cover
            cannot take anything.
    """
    start = said.start if said.start is not None else now
    check_span(start, said.until, now)
    check_cover(book, person, said.cover)
    if start <= now:
        set_back(tx, book=serve, person=person, now=now, kind=said.kind.value, said=True)
    return set_away(
        tx,
        book=serve,
        person=person,
        until=said.until,
        reason=said.reason,
        by=by,
        now=now,
        start=start,
        kind=said.kind.value,
        cover=said.cover,
        reassign_at=book.availability.reassign_at(said.kind, start),
    )


def add_absence(app: App, person: str, said: Said, *, by: str, now: datetime) -> AbsenceRow:
    """Record an absence, also one to come.

    What the person has accepted stays theirs, and its clocks run on. What still waits for their
    answer may be given to others after the book's grace.

    Args:
        app: Of this process.
        person: Id of the person.
        said: The absence.
        by: Who says so.
        now: The time.

    Raises:
        NotFound: The active book has no such person.
        Rejected: As :func:`say_absence`.
    """
    book, serve = app.shelf.active(), app.settings.book
    on_roster(book, person)
    with transaction(app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
        absence_id = say_absence(tx, serve, book, person, said, by=by, now=now)
        row = _locked(tx, serve, absence_id)
    log.info("absence_added", person_id=person, absence_id=str(absence_id), by=by)
    return row


def absences(app: App, person: str, now: datetime) -> list[AbsenceRow]:
    """Return the absences that run or are to come, the earliest first.

    Args:
        app: Of this process.
        person: Only theirs; empty for everybody's. Somebody who left may have some too.
        now: The time.

    Raises:
        NotFound: Nobody of that name is on the roster, or was away.
    """
    with transaction(app.engine) as tx:
        found = absences_since(tx, app.settings.book, now, person)
    if person and not found:
        on_roster(app.shelf.active(), person)
    return found


def absence_now(app: App, absence_id: UUID) -> AbsenceRow:
    """Return an absence as it stands.

    Args:
        app: Of this process.
        absence_id: The absence.

    Raises:
        NotFound: There is no such absence.
    """
    with transaction(app.engine) as tx:
        return _locked(tx, app.settings.book, absence_id)


def cancel_absence(
    app: App, absence_id: UUID, *, by: str, now: datetime, person: str = ""
) -> AbsenceRow:
    """End an absence: one that runs now, one to come before it begins.

    Args:
        app: Of this process.
        absence_id: The absence.
        by: Who says so.
        now: The time.
        person: Whose it must be; empty for anybody's.

    Returns:
        The absence as it stands afterwards; cancelling twice changes nothing.

    Raises:
        NotFound: There is no such absence.
    """
    with transaction(app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
        row = _locked(tx, app.settings.book, absence_id, person)
        if not row.is_over(now):
            end_absence(tx, app.settings.book, row, now, by)
            row = _locked(tx, app.settings.book, absence_id, person)
            log.info("absence_ended", person_id=row.person, absence_id=str(absence_id), by=by)
    return row


def correct_absence(  # noqa: PLR0913 - which, what, by whom and when
    app: App,
    absence_id: UUID,
    correction: Correction,
    *,
    by: str,
    now: datetime,
    person: str = "",
) -> AbsenceRow:
    """Change an absence that runs or is to come.

    When its begin changes, so does the moment at which waiting leads are given to others.

    Args:
        app: Of this process.
        absence_id: The absence.
        correction: What shall be otherwise.
        by: Who says so.
        now: The time.
        person: Whose it must be; empty for anybody's.

    Raises:
        NotFound: There is no such absence.
        Rejected: It has ended, or as :func:`say_absence`.
    """
    book = app.shelf.active()
    with transaction(app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
        row = _locked(tx, app.settings.book, absence_id, person)
        if row.is_over(now):
            raise Rejected(
                f"The absence {absence_id} has ended and cannot be changed. Say a new one.",
                code="absence_has_ended",
            )
        start = correction.start if correction.start is not None else row.start
        until = correction.until if correction.until is not None else row.until
        cover = row.cover if correction.cover is None else correction.cover
        # One that began long ago may still get another end.
        check_span(start if correction.start is not None else min(start, now), until, now)
        check_cover(book, row.person, cover)
        moved = start != row.start
        again = book.availability.reassign_at(AbsenceKind(row.kind), start)
        changed = replace(
            row,
            start=start,
            until=until,
            cover=cover,
            reason=row.reason if correction.reason is None else correction.reason,
            by=by,
            reassign_at=again if moved else row.reassign_at,
        )
        change_absence(tx, app.settings.book, changed, now)
    log.info("absence_corrected", person_id=row.person, absence_id=str(absence_id), by=by)
    return changed


def check_span(start: datetime, until: datetime | None, now: datetime) -> None:
    """Refuse times that cannot be meant.

    Args:
        start: When it begins.
        until: When it ends; None until further notice.
        now: The time.

    Raises:
        Rejected: It ends before it begins or has ended already, or lies too far away.
    """
    if until is not None and until <= now:
        raise Rejected(
            f"`until` ({until.isoformat()}) has passed. Give a later moment, or none.",
            code="until_has_passed",
        )
    if until is not None and until <= start:
        raise Rejected(
            f"`until` ({until.isoformat()}) is not after `from` ({start.isoformat()}).",
            code="until_before_from",
        )
    if not now - EARLIEST <= start <= now + LATEST or (until and until > now + LATEST):
        raise Rejected(
            "An absence begins at most a year ago, and lies at most ten years ahead.",
            code="too_far",
        )


def check_cover(book: RuleBook, person: str, cover: str) -> None:
    """Refuse a cover who cannot take anything.

    Args:
        book: The active one.
        person: Who is away.
        cover: Id of the cover; empty for none.

    Raises:
        Rejected: It is the person, or somebody who is not on the roster or has left.
    """
    if not cover:
        return
    card = book.people.get(cover)
    if cover == person or card is None or card.left:
        why = "takes their own place" if cover == person else "is not on the roster"
        raise Rejected(
            f"{cover[:100]!r} {why}. Name somebody else as cover. GET /api/people lists them.",
            code="no_cover",
        )


def _locked(tx: Tx, serve: str, absence_id: UUID, person: str = "") -> AbsenceRow:
    row = lock_absence(tx, serve, absence_id)
    if row is None or (person and row.person != person):
        raise NotFound(
            f"There is no absence {absence_id}"
            + (f" of {person[:100]!r}" if person else "")
            + ". `lead-router people absences` lists them."
        )
    return row
