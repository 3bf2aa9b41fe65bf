"""The fairness ledger of pools: who is owed what, and the locks under which turns are taken."""

from collections.abc import Iterable, Sequence

from router.store.tx import Tx


def lock_pools(tx: Tx, book: str, pools: Iterable[str]) -> None:
    """Lock these pools in the order of their ids: nobody else picks until this commits.

    A pool that was never seen gets its row first, so that there is something to lock.
    """
    wanted = sorted(set(pools))
    locked = _lock(tx, book, wanted)
    if locked < len(wanted):
        tx.run(
            "INSERT INTO pool (book, id) SELECT %s, id FROM unnest(%s::text[]) AS id ORDER BY id"
            " ON CONFLICT DO NOTHING",
            (book, wanted),
        )
        _lock(tx, book, wanted)


def _lock(tx: Tx, book: str, pools: Sequence[str]) -> int:
    return len(
        tx.rows(
            "SELECT id FROM pool WHERE book = %s AND id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            (book, list(pools)),
        )
    )


def ledger(tx: Tx, book: str, members: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Read what each member of the locked pools is owed; new members start at 0.

    Args:
        tx: Open transaction that holds the pool locks.
        book: Which book's pools.
        members: Pairs of pool and person, as the rule book lists them.
    """
    pools, people = [each[0] for each in members], [each[1] for each in members]
    query = (
        "SELECT m.pool_id, m.person_id, m.credit FROM pool_member m WHERE m.book = %s"
        " AND (m.pool_id, m.person_id) IN (SELECT * FROM unnest(%s::text[], %s::text[]))"
    )
    found = {(row[0], row[1]): int(row[2]) for row in tx.rows(query, (book, pools, people))}
    if len(found) < len(members):
        tx.run(
            "INSERT INTO pool_member (book, pool_id, person_id)"
            " SELECT %s, * FROM unnest(%s::text[], %s::text[]) ON CONFLICT DO NOTHING",
            (book, pools, people),
        )
    return {member: found.get(member, 0) for member in members}


def assigned_counts(tx: Tx, book: str) -> list[tuple[str, str, int, int]]:
    """Return the ledger for people: pool, person, credit, number of leads assigned."""
    rows = tx.rows(
        "SELECT pool_id, person_id, credit, assigned FROM pool_member WHERE book = %s"
        " ORDER BY pool_id, person_id",
        (book,),
    )
    return [(row[0], row[1], int(row[2]), int(row[3])) for row in rows]
