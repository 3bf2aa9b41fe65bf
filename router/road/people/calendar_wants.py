"""Which entries of a calendar file are absences, whose, and when. Writes nothing."""

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import datetime

from router.errors import Rejected
from router.road.people.absences import LATEST, wall_of
from router.road.people.calendar_file import CalendarFile, Entry
from router.road.people.calendar_spans import Span, TooOld, spans, turn_of
from router.rulebook.availability import Availability
from router.rulebook.model import RuleBook
from router.wording import counted

#: Most absences of one import.
MAX_ABSENCES = 5_000
#: Most characters of what an entry says.
_SUMMARY = 200
#: A word of so few letters must stand alone.
_SHORT = 3


@dataclass(frozen=True, slots=True)
class Wish:
    """How a calendar is to be taken."""

    #: Who says so.
    by: str
    #: Whose calendar it is; empty when addresses in it say so.
    person: str = ""
    #: Only tell what would be done.
    dry_run: bool = False
    #: Keep what each entry says as the reason.
    keep_summary: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """What was done about one entry, or one turn of it."""

    #: ``added``, ``changed``, ``same``, ``ended`` or ``skipped``.
    what: str
    person: str = ""
    start: datetime | None = None
    until: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An absence as the calendar has it."""

    span: Span
    reason: str


@dataclass(slots=True)
class Read:
    """What a calendar wants, by person and uid."""

    wanted: dict[tuple[str, str], Wanted] = field(default_factory=dict)
    #: Beginnings of the uids of entries that are called off, and of those that were skipped.
    called_off: set[str] = field(default_factory=set)
    unclear: set[str] = field(default_factory=set)
    lines: list[Line] = field(default_factory=list)
    no_absence: int = 0


class Wants:
    """Finds the absences among the entries of a file."""

    def __init__(self, book: RuleBook, wish: Wish, prefix: str, now: datetime) -> None:
        """Begin with nothing.

        Args:
            book: The active one, for its roster and its words.
            wish: Whose calendar it is.
            prefix: How the uids of this calendar begin.
            now: The time.
        """
        self._book, self._wish, self._prefix, self._now = book, wish, prefix, now
        self._addresses = {
            card.email.casefold(): card.id for card in book.people.values() if not card.left
        }
        self.read = Read()

    def of(self, file: CalendarFile) -> Read:
        """Return what a file wants.

        Args:
            file: As it was read.

        Raises:
            Rejected: It wants too much.
        """
        read = self.read
        if file.broken_lines:
            read.lines.append(
                Line("skipped", why=f"{counted(file.broken_lines, 'line')} cannot be read")
            )
        for each in file.skipped:
            read.unclear.add(self._uid(each.uid))
            read.lines.append(Line("skipped", why=f"entry {each.number}: {each.why}"))
        whole, single = _latest(file)
        for entry in whole:
            if self._take(entry, single.get(entry.uid, [])):
                single.pop(entry.uid, None)
        for turn in (turn for turns in single.values() for turn in turns):
            self._take(turn, [])
        return read

    def _take(self, entry: Entry, turns: list[Entry]) -> bool:
        """Take one entry; return whether it is an absence, and so has spoken for its turns."""
        read, uid = self.read, self._uid(entry.uid)
        word = sign_of(entry, self._book.availability)
        if entry.cancelled:
            read.called_off.add(self._turn_uid(entry, self._someone(entry)))
            return entry.instead is None
        if entry.free or word is None:
            read.no_absence += 1
            return False
        person, why = self._whose(entry)
        if person:
            why = self._want(entry, turns, person, self._reason(entry, word))
        if why:
            read.unclear.add(uid)
            read.lines.append(Line("skipped", person, why=f"entry {entry.number}: {why}"))
        return True

    def _want(self, entry: Entry, turns: list[Entry], person: str, reason: str) -> str:
        """Note every turn of an entry; return why that cannot be done."""
        read, now, zone = self.read, self._now, wall_of(self._book, person)
        instead = {
            turn_of(each.instead, zone): replace(each, cancelled=not self._holds(each))
            for each in turns
            if each.instead is not None
        }
        try:
            found = spans(entry, zone, now, instead)
        except TooOld:
            return "it began to repeat more than ten years ago"
        except (OverflowError, ValueError):
            return "it lies beyond all calendars"
        if any(each.until > now + LATEST for each in found):
            return "it lies more than ten years ahead"
        read.no_absence += not found
        uid = self._turn_uid(entry, person)
        for span in found:
            key = f"{uid}:{span.turn}" if span.turn else uid
            read.wanted[person, key] = Wanted(span, reason)
        if len(read.wanted) > MAX_ABSENCES:
            # At once: a few thousand entries that repeat each day are millions of days.
            raise Rejected(
                f"The calendar has more than {MAX_ABSENCES} absences to come. Export less of it.",
                code="too_many_absences",
            )
        return ""

    def _holds(self, turn: Entry) -> bool:
        signed = sign_of(turn, self._book.availability) is not None
        return signed and not (turn.cancelled or turn.free)

    def _uid(self, uid: str) -> str:
        return f"{self._prefix}{digest(uid, 16)}"

    def _turn_uid(self, entry: Entry, person: str) -> str:
        """Return how an entry is found again; a single turn of another one is found as that."""
        uid = self._uid(entry.uid)
        if entry.instead is None:
            return uid
        return f"{uid}:{turn_of(entry.instead, wall_of(self._book, person))}"

    def _someone(self, entry: Entry) -> str:
        return self._wish.person or self._whose(entry)[0]

    def _whose(self, entry: Entry) -> tuple[str, str]:
        """Return whose absence an entry is, or why nobody knows."""
        if self._wish.person:
            return self._wish.person, ""
        asked = {self._addresses[each] for each in entry.attendees if each in self._addresses}
        if len(asked) > 1:
            return "", "it names several people of the roster; import one calendar for each"
        if not asked and entry.organizer in self._addresses:
            asked = {self._addresses[entry.organizer]}
        if not asked:
            return "", "none of its addresses is on the roster"
        return asked.pop(), ""

    def _reason(self, entry: Entry, word: str) -> str:
        told = entry.summary[:_SUMMARY] if self._wish.keep_summary else word
        return f"calendar: {told}" if told else "calendar"


def sign_of(entry: Entry, said: Availability) -> str | None:
    """Return the word that makes an entry an absence.

    >>> from datetime import date, timedelta
    >>> entry = Entry(1, "a", date(2026, 3, 5), timedelta(days=1), summary="Summer holidays!")
    >>> sign_of(entry, Availability())
    'holiday'
    >>> sign_of(replace(entry, summary="sick, at the doctor"), Availability())
    ''
    >>> sign_of(replace(entry, summary="Kick-off"), Availability()) is None
    True

    Args:
        entry: Of a calendar.
        said: What the book says.

    Returns:
        The word; empty when it is nobody's business or there is none; None for no absence.
    """
    text = " / ".join((*entry.categories, entry.summary)).casefold()
    for word in said.words:
        if _has(text, word):
            return word
    private = any(_has(text, word) for word in said.private_words)
    return "" if private or entry.out_of_office else None


def _has(text: str, word: str) -> bool:
    """Return whether a word stands in a text: ``holidays`` has holiday, ``woooow`` no ``ooo``."""
    end = "" if len(word) > _SHORT else r"(?!\w)"
    return re.search(rf"(?<!\w){re.escape(word)}{end}", text) is not None


def _latest(file: CalendarFile) -> tuple[list[Entry], dict[str, list[Entry]]]:
    """Return the newest of each entry of a file, and single turns of repeated ones by uid."""
    newest: dict[tuple[str, str], Entry] = {}
    for entry in file.entries:
        key = (entry.uid, "" if entry.instead is None else str(entry.instead))
        before = newest.get(key)
        if before is None or entry.sequence >= before.sequence:
            newest[key] = entry
    single: dict[str, list[Entry]] = {}
    for entry in newest.values():
        if entry.instead is not None:
            single.setdefault(entry.uid, []).append(entry)
    return [entry for entry in newest.values() if entry.instead is None], single


def digest(text: str, length: int) -> str:
    """Name a calendar or an entry without telling what it is called.

    >>> digest("Team North", 12)
    '659b940bc6de'

    Args:
        text: What it is called.
        length: Characters of the name.
    """
    return hashlib.sha256(text.encode()).hexdigest()[:length]
