"""Who is away: from when to when, why, and who takes their place.

An absence is never deleted: one that is cancelled before it begins ends when it would have begun.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from router.lead.ids import LeadId, timed_id
from router.store.held import wake
from router.store.tx import Tx

_COLUMNS: Final[LiteralString] = (
    "id, person_id, from_at, until_at, reason, kind, cover_id, by, uid, reassign_at"
)


@dataclass(frozen=True, slots=True)
class Absent:
    """Why a person takes no leads at a moment."""

    #: When it ends; None for until further notice.
    until: datetime | None
    #: In somebody's words. It may be private, and stands in nothing that is written of a lead.
    reason: str
    #: ``away`` for an absence, ``off`` when the person switched themselves off for a while.
    kind: str = "away"
    #: Who takes their place, if the absence names somebody; else the book does.
    cover: str = ""


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    """One absence as it was said."""

    id: UUID
    person: str
    start: datetime
    #: When it ends; None for until further notice; ``start`` for one that was cancelled.
    until: datetime | None
    reason: str = ""
    kind: str = "away"
    cover: str = ""
    #: Who said so, or ended it.
    by: str = ""
    #: What the calendar calls it that it came from; empty when a person said it.
    uid: str = ""
    #: When the person's waiting leads are given to others; None when they stay, or were given.
    reassign_at: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Return whether it has ended, or was cancelled before it began."""
        return self.until is not None and self.until <= max(now, self.start)


def absent_people(tx: Tx, book: str, at: datetime) -> dict[str, Absent]:
    """Return who is away at a moment, by person; of several absences the one that ends last."""
    rows = tx.rows(
        "SELECT person_id, until_at, reason, kind, cover_id FROM absence WHERE book = %s"
        " AND from_at <= %s AND (until_at IS NULL OR until_at > %s)"
        " ORDER BY until_at NULLS LAST, id",
        (book, at, at),
    )
    return {row[0]: Absent(row[1], row[2], row[3], row[4]) for row in rows}


def set_away(  # noqa: PLR0913 - one value per column
    tx: Tx,
    *,
    book: str,
    person: str,
    until: datetime | None,
    reason: str,
    by: str,
    now: datetime,
    start: datetime | None = None,
    kind: str = "away",
    cover: str = "",
    uid: str = "",
    reassign_at: datetime | None = None,
) -> UUID:
    """Record that a person takes no leads for a while.

    Args:
        tx: Open transaction.
        book: Which book's roster.
        person: Id of the person.
        until: When it ends; None until :func:`set_back`.
        reason: Why, for who reads of the absence itself.
        by: Who said so.
        now: When it is said.
        start: When it begins; None for now.
        kind: ``away`` or ``off``.
        cover: Who takes the person's place; empty when the book says who.
        uid: What the calendar calls it that it comes from; empty when a person says it.
        reassign_at: When the person's waiting leads are given to others; None when they stay.

    Returns:
        Its id; saying the same again at the same moment gives the same one.
    """
    begin = start if start is not None else now
    absence_id = timed_id(now, "absence", book, person, kind, begin.isoformat(), uid)
    tx.run(
        "INSERT INTO absence (id, book, person_id, from_at, until_at, reason, by, created_at, kind,"
        " cover_id, uid, reassign_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (absence_id, book, person, begin, until, reason, by, now, kind, cover, uid, reassign_at),
    )
    return absence_id


def set_back(  # noqa: PLR0913 - who, when, and which absences
    tx: Tx,
    *,
    book: str,
    person: str,
    now: datetime,
    by: str = "",
    kind: str = "",
    said: bool = False,
) -> int:
    """End absences of a person that are running; return how many there were.

    Args:
        tx: Open transaction.
        book: Which book's roster.
        person: Id of the person.
        now: When they are back.
        by: Who says so; empty leaves who said the absence.
        kind: Only those of this kind; empty for all.
        said: Only those that somebody said, and none that came from a calendar.
    """
    ended = tx.run(
        # Locked in the order in which an import of a calendar locks them.
        "UPDATE absence SET until_at = %s, reassign_at = NULL,"
        " by = CASE WHEN %s = '' THEN by ELSE %s END WHERE id IN (SELECT id FROM absence"
        " WHERE book = %s AND person_id = %s AND from_at <= %s"
        " AND (until_at IS NULL OR until_at > %s) AND (%s = '' OR kind = %s)"
        " AND (uid = '' OR NOT %s) ORDER BY id FOR UPDATE)",
        (now, by, by, book, person, now, now, kind, kind, said),
    )
    if ended:
        wake(tx, book, "back", now, person=person)
    return ended


def absences_since(tx: Tx, book: str, since: datetime, person: str = "") -> list[AbsenceRow]:
    """Return absences that end after a moment, the earliest first; none that were cancelled.

    Args:
        tx: Open transaction.
        book: Which book's roster.
        since: Those that ended by then are left out.
        person: Only theirs; empty for everybody's.
    """
    rows = tx.rows(
        "SELECT " + _COLUMNS + " FROM absence WHERE book = %s AND (%s = '' OR person_id = %s)"
        " AND (until_at IS NULL OR (until_at > %s AND until_at > from_at)) ORDER BY from_at, id",
        (book, person, person, since),
    )
    return [_row(row) for row in rows]


def lock_absence(tx: Tx, book: str, absence_id: UUID) -> AbsenceRow | None:
    """Lock and read one absence; None if there is none."""
    row = tx.row(
        "SELECT " + _COLUMNS + " FROM absence WHERE book = %s AND id = %s FOR UPDATE",
        (book, absence_id),
    )
    return _row(row) if row else None


def end_absence(tx: Tx, book: str, row: AbsenceRow, now: datetime, by: str) -> None:
    """End an absence now; one that has not begun is cancelled.

    Args:
        tx: Open transaction that holds its lock.
        book: Which book's roster.
        row: The absence.
        now: The time.
        by: Who says so.
    """
    tx.run(
        "UPDATE absence SET until_at = GREATEST(from_at, %s), by = %s, reassign_at = NULL"
        " WHERE id = %s",
        (now, by, row.id),
    )
    if row.start <= now:
        wake(tx, book, "back", now, person=row.person)


def change_absence(tx: Tx, book: str, row: AbsenceRow, now: datetime) -> None:
    """Write an absence as it shall be; its person, kind and uid stay.

    Args:
        tx: Open transaction that holds its lock.
        book: Which book's roster.
        row: What to write, by its id.
        now: The time.
    """
    tx.run(
        "UPDATE absence SET from_at = %s, until_at = %s, reason = %s, cover_id = %s, by = %s,"
        " reassign_at = %s WHERE id = %s",
        (row.start, row.until, row.reason, row.cover, row.by, row.reassign_at, row.id),
    )
    # It may begin later than it did, or end sooner than others were told.
    wake(tx, book, "back", now, person=row.person)


def from_calendar(tx: Tx, book: str, prefix: str) -> dict[tuple[str, str], AbsenceRow]:
    """Lock and read what came from one calendar, by person and uid; cancelled ones too.

    Args:
        tx: Open transaction.
        book: Which book's roster.
        prefix: How its uids begin; without ``%`` and ``_``.
    """
    rows = tx.rows(
        "SELECT " + _COLUMNS + " FROM absence WHERE book = %s AND uid <> '' AND uid LIKE %s"
        " ORDER BY id FOR UPDATE",
        (book, f"{prefix}%"),
    )
    return {(row.person, row.uid): row for row in map(_row, rows)}


def due_to_reassign(tx: Tx, book: str, now: datetime, limit: int) -> list[AbsenceRow]:
    """Return absences whose grace is over, the longest first; locks nothing."""
    rows = tx.rows(
        "SELECT " + _COLUMNS + " FROM absence WHERE reassign_at <= %s AND book = %s"
        " ORDER BY reassign_at, id LIMIT %s",
        (now, book, limit),
    )
    return [_row(row) for row in rows]


def lock_due(tx: Tx, absence_id: UUID, now: datetime) -> AbsenceRow | None:
    """Lock an absence whose grace is over; None when another ticker has it, or it is settled."""
    row = tx.row(
        "SELECT " + _COLUMNS + " FROM absence WHERE id = %s AND reassign_at <= %s"
        " FOR UPDATE SKIP LOCKED",
        (absence_id, now),
    )
    return _row(row) if row else None


def settle_reassign(tx: Tx, absence_id: UUID, again_at: datetime | None = None) -> None:
    """Note that the person's waiting leads were given to others, or when to look again."""
    tx.run("UPDATE absence SET reassign_at = %s WHERE id = %s", (again_at, absence_id))


def waiting_leads(tx: Tx, book: str, owner: str, after: UUID, limit: int) -> list[LeadId]:
    """Return leads that a pool gave to somebody who has not accepted them; locks nothing.

    Args:
        tx: Open transaction.
        book: Which book's leads.
        owner: Id of the person.
        after: The last id of the page before.
        limit: Most of them.
    """
    rows = tx.rows(
        "SELECT id FROM lead WHERE book = %s AND owner_id = %s AND pool <> ''"
        " AND state = 'activated' AND owner_kind = 'person' AND id > %s ORDER BY id LIMIT %s",
        (book, owner, after, limit),
    )
    return [LeadId(row[0]) for row in rows]


def _row(row: Sequence[Any]) -> AbsenceRow:
    return AbsenceRow(
        id=row[0],
        person=row[1],
        start=row[2],
        until=row[3],
        reason=row[4],
        kind=row[5],
        cover=row[6],
        by=row[7],
        uid=row[8],
        reassign_at=row[9],
    )
