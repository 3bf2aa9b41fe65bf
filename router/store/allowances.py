"""Allowances: a manager's word about a person, with an end, that stands in for the book's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

import orjson

from router.rulebook.allowance import Allowance
from router.rulebook.model import Period
from router.store.binary import Json
from router.store.tx import Tx

_COLUMNS: Final[LiteralString] = (
    "id, person_id, pool_id, weight, caps, off, from_at, until_at, reason, by, ended_at"
)


def write_allowance(tx: Tx, book: str, allowance: Allowance) -> None:
    """Store an allowance.

    Args:
        tx: Open transaction.
        book: Which book's roster.
        allowance: What holds.
    """
    tx.run(
        "INSERT INTO allowance (id, book, person_id, pool_id, weight, caps, off, from_at,"
        " until_at, reason, by) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            allowance.id,
            book,
            allowance.person,
            allowance.pool,
            allowance.weight,
            Json(orjson.dumps({period.value: most for period, most in allowance.caps.items()})),
            allowance.off,
            allowance.from_at,
            allowance.until_at,
            allowance.reason,
            allowance.by,
        ),
    )


def end_allowance(tx: Tx, book: str, allowance_id: UUID, now: datetime) -> bool:
    """End an allowance that still holds; return whether there was one."""
    return bool(
        tx.run(
            "UPDATE allowance SET ended_at = %s WHERE book = %s AND id = %s AND ended_at IS NULL"
            " AND until_at > %s",
            (now, book, allowance_id, now),
        )
    )


def allowances_at(tx: Tx, book: str, at: datetime, *, ahead: bool = False) -> list[Allowance]:
    """Return what holds at a moment, the oldest first, so that a later word wins.

    Args:
        tx: Open transaction. Locks nothing.
        book: Which book's roster.
        at: The moment.
        ahead: Also those that will only begin.
    """
    query: LiteralString = (
        "SELECT " + _COLUMNS + " FROM allowance WHERE book = %s AND until_at > %s"
        " AND ended_at IS NULL AND (from_at <= %s OR %s) ORDER BY from_at, id"
    )
    return [_read(row) for row in tx.rows(query, (book, at, at, ahead))]


def allowances_then(tx: Tx, book: str, at: datetime) -> list[Allowance]:
    """Return what held at a moment that is past, also what somebody ended since; oldest first."""
    query: LiteralString = (
        "SELECT " + _COLUMNS + " FROM allowance WHERE book = %s AND from_at <= %s AND until_at > %s"
        " AND (ended_at IS NULL OR ended_at > %s) ORDER BY from_at, id"
    )
    return [_read(row) for row in tx.rows(query, (book, at, at, at))]


def _read(row: Sequence[Any]) -> Allowance:
    return Allowance(
        id=row[0],
        person=row[1],
        pool=row[2],
        from_at=row[6],
        until_at=row[7],
        weight=row[3],
        caps={Period(period): int(most) for period, most in row[4].items()},
        off=row[5],
        reason=row[8],
        by=row[9],
        ended_at=row[10],
    )
