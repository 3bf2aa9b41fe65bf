"""Absences from a calendar file: taken once, changed when the calendar changes, never twice.

What an entry says is not kept, since it may be personal: only that it came from a calendar, and
the word of the book that made it an absence, unless the book keeps that word to itself too.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from router.app import App
from router.errors import Rejected
from router.road.drain import LOCK_TIMEOUT
from router.road.people.absences import on_roster
from router.road.people.calendar_file import MAX_FILE, read_calendar
from router.road.people.calendar_wants import Line, Read, Wanted, Wants, Wish, digest
from router.rulebook.availability import AbsenceKind
from router.rulebook.model import RuleBook
from router.store.absences import (
    AbsenceRow,
    change_absence,
    end_absence,
    from_calendar,
    set_away,
)
from router.store.people import lock_names
from router.store.tx import Tx, transaction

__all__ = ["Line", "Report", "Wish", "import_absences", "read_file"]

log = structlog.get_logger()

#: How an absence says that a calendar said so, not a person.
_BY = "calendar:"


@dataclass(frozen=True, slots=True)
class Report:
    """What was done, or would be."""

    #: Name of the calendar; empty when it has none.
    calendar: str
    dry_run: bool
    #: Entries of the file.
    entries: int
    #: Entries that are no absences, or are over.
    no_absence: int
    lines: tuple[Line, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Return how many lines there are of each kind."""
        found = Counter(line.what for line in self.lines)
        return {what: found[what] for what in ("added", "changed", "same", "ended", "skipped")}


def read_file(path: Path) -> bytes:
    """Return the bytes of a calendar file, never many more than may be taken.

    Args:
        path: The file.

    Raises:
        Rejected: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE + 1)
    except OSError as error:
        raise Rejected(f"{path} cannot be read: {error.strerror}.", code="no_file") from error


def import_absences(app: App, raw: bytes, wish: Wish, now: datetime) -> Report:
    """Take the absences of a calendar file that are not over.

    An entry is an absence when the person is not free meanwhile, and it is marked out of office
    or has one of the book's words. What came from this calendar before is changed where the file
    is otherwise; what was called off, or is to come and has vanished, ends. What somebody has
    ended by hand stays ended.

    Args:
        app: Of this process.
        raw: The file.
        wish: Whose it is, and who says so.
        now: The time.

    Raises:
        NotFound: The active book has no such person.
        Rejected: It is no calendar file, or too large.
        Misconfigured: The library that reads such files is not installed.
    """
    book, serve = app.shelf.active(), app.settings.book
    if wish.person:
        on_roster(book, wish.person)
    file = read_calendar(raw)
    prefix = f"ics:{digest(file.name, 12)}:"
    read = Wants(book, wish, prefix, now).of(file)
    with transaction(app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
        lock_names(tx, [(f"calendar:{serve}", prefix)])
        known = from_calendar(tx, serve, prefix)
        taken = _Taking(tx, serve, book, wish, now)
        for key, wanted in read.wanted.items():
            read.lines.append(taken.take(key, wanted, known.get(key)))
        gone = _gone(read, known, wish, now, named=bool(file.name))
        read.lines.extend(taken.end(row, why) for row, why in gone)
    report = Report(
        calendar=file.name,
        dry_run=wish.dry_run,
        entries=len(file.entries) + len(file.skipped),
        no_absence=read.no_absence,
        lines=tuple(read.lines),
    )
    if not wish.dry_run:
        log.info("absences_imported", person_id=wish.person, by=wish.by, **report.counts)
    return report


class _Taking:
    """Writes what a calendar wants."""

    def __init__(self, tx: Tx, serve: str, book: RuleBook, wish: Wish, now: datetime) -> None:
        self._tx, self._serve, self._book = tx, serve, book
        self._wish, self._now = wish, now

    def take(self, key: tuple[str, str], wanted: Wanted, row: AbsenceRow | None) -> Line:
        """Add an absence or change it; what is as wanted already stays."""
        person, uid = key
        span, by = wanted.span, f"{_BY}{self._wish.by}"
        again = self._book.availability.reassign_at(AbsenceKind.AWAY, span.start)

        def told(what: str, why: str = "") -> Line:
            return Line(what, person, span.start, span.until, why)

        if row is None:
            if not self._wish.dry_run:
                set_away(
                    self._tx,
                    book=self._serve,
                    person=person,
                    until=span.until,
                    reason=wanted.reason,
                    by=by,
                    now=self._now,
                    start=span.start,
                    uid=uid,
                    reassign_at=again,
                )
            return told("added")
        if not row.by.startswith(_BY) and row.is_over(self._now) and row.start == span.start:
            return told("skipped", f"{row.by or 'somebody'} ended it by hand")
        if (row.start, row.until, row.reason) == (span.start, span.until, wanted.reason):
            return told("same")
        if not self._wish.dry_run:
            moved = row.start != span.start or row.is_over(self._now)
            changed = AbsenceRow(
                id=row.id,
                person=person,
                start=span.start,
                until=span.until,
                reason=wanted.reason,
                cover=row.cover,
                by=by,
                reassign_at=again if moved else row.reassign_at,
            )
            change_absence(self._tx, self._serve, changed, self._now)
        return told("changed")

    def end(self, row: AbsenceRow, why: str) -> Line:
        """End an absence that the calendar has no more."""
        if not self._wish.dry_run:
            end_absence(self._tx, self._serve, row, self._now, f"{_BY}{self._wish.by}")
        return Line("ended", row.person, row.start, row.until, why)


def _gone(
    read: Read,
    known: Mapping[tuple[str, str], AbsenceRow],
    wish: Wish,
    now: datetime,
    *,
    named: bool,
) -> Iterator[tuple[AbsenceRow, str]]:
    """Give what came from this calendar and shall not be any more, with the reason."""
    for key, row in known.items():
        if key in read.wanted or row.is_over(now) or (wish.person and row.person != wish.person):
            continue
        entry = ":".join(row.uid.split(":")[:3])
        if not read.called_off.isdisjoint({entry, row.uid}):
            yield row, "it was called off in the calendar"
        # Of a calendar without a name nobody knows whether it is the same one.
        elif named and row.start > now and entry not in read.unclear:
            yield row, "the calendar has it no more"
