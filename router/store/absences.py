"""Who is away: from when to when, why, and who takes their place."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from router.lead.ids import timed_id
from router.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Absent:
    """Why a person takes no leads at a moment."""

    #: When it ends; None for until further notice.
    until: datetime | None
    reason: str
    #: ``away`` for an absence, ``off`` when the person switched themselves off for a while.
    kind: str = "away"
    #: Who takes their place, if the absence names somebody; else the book does.
    cover: str = ""


def absent_people(tx: Tx, book: str, at: datetime) -> dict[str, Absent]:
    """Return who is away at a moment, by person; of several absences the one that ends last."""
    rows = tx.rows(
        "SELECT person_id, until_at, reason, kind, cover_id FROM absence WHERE book = %s"
        " AND from_at <= %s AND (until_at IS NULL OR until_at > %s) ORDER BY until_at NULLS LAST",
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
) -> UUID:
    """Record that a person takes no leads from now on.

    Args:
        tx: Open transaction.
        book: Which book's roster.
        person: Id of the person.
        until: When it ends; None until :func:`set_back`.
        reason: Why, for the explanation of later assignments.
        by: Who said so.
        now: The moment it starts.
    """
    absence_id = timed_id(now, "absence", book, person)
    tx.run(
        "INSERT INTO absence (id, book, person_id, from_at, until_at, reason, by, created_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (absence_id, book, person, now, until, reason, by, now),
    )
    return absence_id


def set_back(tx: Tx, *, book: str, person: str, now: datetime) -> int:
    """End every absence of a person that is running; return how many there were."""
    return tx.run(
        "UPDATE absence SET until_at = %s WHERE book = %s AND person_id = %s AND from_at <= %s"
        " AND (until_at IS NULL OR until_at > %s)",
        (now, book, person, now, now),
    )
