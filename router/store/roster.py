"""The locks under which turns are taken, and what the members of pools are owed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from router.store.people import lock_names
from router.store.tx import Tx

#: All of them or none.
_LOCK: Final[LiteralString] = (
    "SELECT id FROM pool WHERE book = %s AND id = ANY(%s)"
    " AND (SELECT count(*) FROM pool WHERE book = %s AND id = ANY(%s)) = %s"
    " ORDER BY id FOR NO KEY UPDATE"
)
_NEW: Final[LiteralString] = (
    "INSERT INTO pool (book, id) SELECT %s, id FROM unnest(%s::text[]) AS id ORDER BY id"
    " ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class MemberRow:
    """What stands of a member of a pool."""

    #: In units: 2^32 are one lead.
    credit: int = 0
    #: Leads given so far.
    assigned: int = 0
    #: Credit of an absence that is still to be paid out, in units.
    banked: int = 0
    #: Until when what it was given keeps it busy, at the pool's pace; None for not at all.
    busy_until: datetime | None = None


def lock_pools(tx: Tx, book: str, pools: Iterable[str]) -> None:
    """Lock these pools in the order of their ids: nobody else picks until this commits.

    Pools that were never seen get their rows first, so that there is something to lock; until
    they have them, none is locked: who waited for a new row with an old one in hand could wait
    for somebody who waits for that.
    """
    wanted = sorted(set(pools))
    values = (book, wanted, book, wanted, len(wanted))
    if wanted and not tx.rows(_LOCK, values):
        tx.run(_NEW, (book, wanted))
        tx.rows(_LOCK, values)


def lock_people(tx: Tx, book: str, people: Iterable[str]) -> None:
    """Lock people whose caps count over all pools; comes after the pools.

    Their names are locked and no row of theirs, in one order for everybody.
    """
    lock_names(tx, ((f"person:{book}", each) for each in people))


def member_rows(
    tx: Tx, book: str, members: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], MemberRow]:
    """Read what each member is owed; new members start with nothing.

    Args:
        tx: Open transaction; for a pick, it holds the pools' locks.
        book: Which book's pools.
        members: Pairs of pool and member, as the rule book lists them.

    Returns:
        What stands of each; those without a row are absent.
    """
    wanted = set(members)
    # Whole pools: that is a third cheaper than member by member, and few have left one.
    rows = tx.rows(
        "SELECT pool_id, person_id, credit, assigned, banked, busy_until FROM pool_member"
        " WHERE book = %s AND pool_id = ANY(%s)",
        (book, sorted({pool for pool, _ in wanted})),
    )
    return {
        (row[0], row[1]): MemberRow(row[2], row[3], row[4], row[5])
        for row in rows
        if (row[0], row[1]) in wanted
    }


def open_counts(tx: Tx, book: str, people: Sequence[str]) -> dict[tuple[str, str], int]:
    """Count the open leads of people, by person and pool (empty: given without one)."""
    rows = tx.rows(
        "SELECT owner_id, pool, count(*) FROM lead WHERE book = %s AND owner_id = ANY(%s)"
        " AND state IN ('routed', 'activated', 'accepted', 'contacted')"
        " AND owner_kind = 'person' GROUP BY owner_id, pool",
        (book, list(people)),
    )
    return {(row[0], row[1]): int(row[2]) for row in rows}


def set_busy(tx: Tx, book: str, busy: Iterable[tuple[str, str, datetime]]) -> None:
    """Write until when members are kept busy by what they were given.

    Args:
        tx: Open transaction that holds the pools' locks.
        book: Which book's pools.
        busy: Pool, person and moment.
    """
    tx.many(
        "UPDATE pool_member SET busy_until = %s WHERE book = %s AND pool_id = %s"
        " AND person_id = %s",
        [(until, book, pool, person) for pool, person, until in busy],
    )


def assigned_counts(tx: Tx, book: str) -> dict[tuple[str, str], MemberRow]:
    """Return what stands of every member of every pool, by pool and member. Locks nothing."""
    rows = tx.rows(
        "SELECT pool_id, person_id, credit, assigned, banked, busy_until FROM pool_member"
        " WHERE book = %s ORDER BY pool_id, person_id",
        (book,),
    )
    return {(row[0], row[1]): MemberRow(row[2], row[3], row[4], row[5]) for row in rows}
