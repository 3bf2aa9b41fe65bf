"""Accounts: written as the CRM tells them, and found by the keys of a lead."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from router.lead.account import Account
from router.lead.ids import timed_id
from router.store.people import key_digest
from router.store.tx import Tx

#: Accounts that share a word up to which it is rare; a commoner word finds nobody. The same of the
#: beginning or the end of a name (``nort*9``), which say less.
RARE = 20
RARE_PART = 10
#: Accounts that are looked at of one domain or one contact: those that came in first.
MOST_OF_ONE = 200

#: Kind (``contact``, ``domain``, ``word``) and the key itself.
Key = tuple[str, str]

_CONTACT, _WORD = "contact", "word"
_COLUMNS = (
    "a.id, a.key, a.name, a.name_key, a.owner_id, a.opportunity_owner_id, a.named, a.country,"
    " a.active_at"
)
_OTHERS = (
    " WHERE a.book = %s"
    " AND NOT EXISTS (SELECT FROM unnest(%s::text[]) AS t(key) WHERE t.key = a.key)"
)


@dataclass(frozen=True, slots=True)
class Told:
    """An account as it shall be stored, with everything that it can be found by."""

    #: Its id counts only where the account is new.
    account: Account
    keys: frozenset[Key]


@dataclass(frozen=True, slots=True)
class Listed:
    """An account, and by how much it can be found."""

    account: Account
    domains: tuple[str, ...]
    #: How many of its contacts' addresses are known.
    contacts: int
    updated_at: datetime


def new_id(book: str, key: str, now: datetime) -> UUID:
    """Return the id of an account that comes in for the first time."""
    return timed_id(now, "account", book, key)


def has_accounts(tx: Tx, book: str) -> bool:
    """Tell whether a book has any account at all."""
    return tx.row("SELECT 1 FROM account WHERE book = %s LIMIT 1", (book,)) is not None


def find_accounts(tx: Tx, book: str, keys: Iterable[Key]) -> list[tuple[Account, list[Key]]]:
    """Find the accounts that have one of these keys, in one query.

    A word that more than :data:`RARE` accounts share finds nobody; of one domain or contact the
    first :data:`MOST_OF_ONE` accounts are found.

    Args:
        tx: Open transaction.
        book: Whose accounts.
        keys: Asked for; contacts as their canonical e-mail address.

    Returns:
        Each account once, with those of the keys that it has; in no order.
    """
    asked = list(keys)
    if not asked:
        return []
    stored = [_stored(key) for key in asked]
    rows = tx.rows(
        "SELECT " + _COLUMNS + ", h.places FROM ("
        " SELECT f.account_id, array_agg(q.place) AS places FROM unnest(%s::text[], %s::text[],"
        " %s::int[]) WITH ORDINALITY AS q(kind, key, most, place) CROSS JOIN LATERAL ("
        "  SELECT m.account_id, count(*) OVER () AS found FROM ("
        "   SELECT k.account_id FROM account_key k"
        "   WHERE k.book = %s AND k.kind = q.kind AND k.key = q.key"
        "   ORDER BY k.account_id LIMIT q.most) m) f"
        " WHERE q.kind <> 'word' OR f.found < q.most GROUP BY f.account_id) h"
        " JOIN account a ON a.id = h.account_id",
        (
            [kind for kind, _ in stored],
            [key for _, key in stored],
            [_most(key) for key in asked],
            book,
        ),
    )
    return [(_account(row), [asked[place - 1] for place in row[9]]) for row in rows]


def _most(key: Key) -> int:
    """Return how many accounts are read of a key; of words one more than may share it."""
    kind, text = key
    if kind != _WORD:
        return MOST_OF_ONE
    return (RARE_PART if "*" in text else RARE) + 1


def put_accounts(tx: Tx, book: str, told: Sequence[Told], now: datetime) -> tuple[int, int]:
    """Store accounts as they are told; one that is known is replaced, with all of its keys.

    Args:
        tx: Open transaction.
        book: Whose accounts.
        told: Each account key once.
        now: When they were told.

    Returns:
        How many are new, and how many of the known ones were changed. Of those that are as they
        were, nothing is written.
    """
    ordered = sorted(told, key=lambda each: each.account.key)
    rows = tx.rows(
        "INSERT INTO account AS a (id, book, key, name, name_key, owner_id, opportunity_owner_id,"
        " named, country, active_at, updated_at) SELECT t.id, %s, t.key, t.name, t.name_key,"
        " t.owner, t.opportunity, t.named, t.country, t.active, %s FROM unnest(%s::uuid[],"
        " %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bool[], %s::text[],"
        " %s::timestamptz[]) AS t(id, key, name, name_key, owner, opportunity, named, country,"
        " active) ON CONFLICT (book, key) DO UPDATE SET name = excluded.name,"
        " name_key = excluded.name_key, owner_id = excluded.owner_id,"
        " opportunity_owner_id = excluded.opportunity_owner_id, named = excluded.named,"
        " country = excluded.country, active_at = excluded.active_at,"
        " updated_at = excluded.updated_at WHERE (a.name, a.name_key, a.owner_id,"
        " a.opportunity_owner_id, a.named, a.country, a.active_at) IS DISTINCT FROM"
        " (excluded.name, excluded.name_key, excluded.owner_id, excluded.opportunity_owner_id,"
        " excluded.named, excluded.country, excluded.active_at) RETURNING a.key, a.xmax = 0",
        (book, now, *_by_column([each.account for each in ordered])),
    )
    new = {key for key, is_new in rows if is_new}
    changed = {key for key, is_new in rows if not is_new}
    changed |= _put_keys(tx, book, ordered) - new
    return len(new), len(changed)


def count_others(tx: Tx, book: str, keys: Collection[str]) -> int:
    """Count the accounts that are none of these.

    Args:
        tx: Open transaction.
        book: Whose accounts.
        keys: Keys of the accounts that are not counted.
    """
    row = tx.row("SELECT count(*) FROM account a" + _OTHERS, (book, list(keys)))
    return int(row[0]) if row else 0


def forget_others(tx: Tx, book: str, keys: Collection[str]) -> int:
    """Forget every account but these; return how many there were.

    Leads that belong to one keep what they know of it.

    Args:
        tx: Open transaction.
        book: Whose accounts.
        keys: Keys of the accounts that stay.
    """
    # The accounts first: whoever has changed one just now has stored its keys before we see them.
    gone = tx.rows("DELETE FROM account a" + _OTHERS + " RETURNING a.id", (book, list(keys)))
    ids = [row[0] for row in gone]
    tx.run("DELETE FROM account_key WHERE account_id = ANY(%s)", (ids,))
    return len(ids)


def list_accounts(
    tx: Tx, book: str, *, after: str = "", limit: int, owner: str = ""
) -> list[Listed]:
    """Return accounts in the order of their keys.

    Args:
        tx: Open transaction.
        book: Whose accounts.
        after: Key after which the list begins.
        limit: Most to return.
        owner: Only those of this person; empty for all.
    """
    rows = tx.rows(
        "SELECT " + _COLUMNS + ", a.updated_at, k.domains, k.contacts FROM account a"
        " CROSS JOIN LATERAL (SELECT"
        " COALESCE(array_agg(key ORDER BY key) FILTER (WHERE kind = 'domain'), '{}') AS domains,"
        " count(*) FILTER (WHERE kind = 'contact') AS contacts"
        " FROM account_key WHERE account_id = a.id) k"
        " WHERE a.book = %s AND a.key > %s AND (%s = '' OR a.owner_id = %s)"
        " ORDER BY a.key LIMIT %s",
        (book, after, owner, owner, limit),
    )
    return [Listed(_account(row), tuple(row[10]), int(row[11]), row[9]) for row in rows]


def _put_keys(tx: Tx, book: str, told: Sequence[Told]) -> set[str]:
    """Store what accounts can be found by; return the keys of those of which it changed."""
    names = [each.account.key for each in told]
    rows = tx.rows("SELECT key, id FROM account WHERE book = %s AND key = ANY(%s)", (book, names))
    ids: Mapping[str, UUID] = dict(rows)
    wanted = [(ids[each.account.key], *_stored(key)) for each in told for key in sorted(each.keys)]
    given = (
        [row[0] for row in wanted],
        [row[1] for row in wanted],
        [row[2] for row in wanted],
    )
    gone = tx.rows(
        "DELETE FROM account_key k WHERE k.account_id = ANY(%s) AND NOT EXISTS (SELECT FROM"
        " unnest(%s::uuid[], %s::text[], %s::text[]) AS t(id, kind, key)"
        " WHERE t.id = k.account_id AND t.kind = k.kind AND t.key = k.key) RETURNING k.account_id",
        (list(ids.values()), *given),
    )
    added = tx.rows(
        "INSERT INTO account_key (book, account_id, kind, key)"
        " SELECT %s, * FROM unnest(%s::uuid[], %s::text[], %s::text[]) ON CONFLICT DO NOTHING"
        " RETURNING account_id",
        (book, *given),
    )
    touched = {row[0] for row in (*gone, *added)}
    return {name for name, account_id in ids.items() if account_id in touched}


def _by_column(accounts: Sequence[Account]) -> tuple[list[object], ...]:
    return (
        [each.id for each in accounts],
        [each.key for each in accounts],
        [each.name for each in accounts],
        [each.name_key for each in accounts],
        [each.owner for each in accounts],
        [each.opportunity_owner for each in accounts],
        [each.named for each in accounts],
        [each.country for each in accounts],
        [each.active_at for each in accounts],
    )


def _stored(key: Key) -> Key:
    """Return a key as it is stored: of a contact nothing is kept that could be read back."""
    kind, text = key
    return (kind, key_digest(f"email:{text}").hex) if kind == _CONTACT else key


def _account(row: Sequence[object]) -> Account:
    return Account(*row[:9])  # type: ignore[arg-type]  # the columns of the query, in the order of the shape
