"""Known people: found by their keys, under a lock that closes the race of two first webhooks."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from router.lead.ids import ContactId, LeadId, lock_key
from router.lead.model import Lead
from router.store.leads import COLUMNS, lead_of
from router.store.tx import Tx


def key_digest(key: str) -> UUID:
    """Return what is stored for an identity key; the key itself is personal and is not kept.

    >>> key_digest("email:ann@example.com") == key_digest("email:ann@example.com")
    True
    """
    return UUID(bytes=hashlib.blake2b(key.encode(), digest_size=16).digest())


def lock_names(tx: Tx, names: Iterable[tuple[str, str]]) -> None:
    """Take the locks of these names, in one order for everybody, until the transaction ends.

    Must come before the look-up that they guard: whoever waits here sees, once it goes on, what
    the one before it has committed.

    Args:
        tx: Open transaction (READ COMMITTED).
        names: Pairs of a namespace (``item``, ``identity``) and a name.
    """
    keys = sorted({lock_key(space, name) for space, name in names})
    if keys:
        tx.rows("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", (keys,))


def contacts_by_key(tx: Tx, book: str, keys: Iterable[str]) -> dict[str, ContactId]:
    """Look up which contacts these identity keys mean, following merges; unknown keys are absent.

    The caller holds the locks of the keys.
    """
    wanted = {key_digest(key): key for key in keys}
    rows = tx.rows(
        "SELECT k.key, COALESCE(c.merged_into, c.id) FROM contact_key k"
        " JOIN contact c ON c.id = k.contact_id WHERE k.book = %s AND k.key = ANY(%s)",
        (book, list(wanted)),
    )
    return {wanted[digest]: ContactId(contact_id) for digest, contact_id in rows}


def last_owners(tx: Tx, leads: Sequence[Lead]) -> dict[LeadId, tuple[str, datetime]]:
    """Return who owned the newest earlier lead of the same contact, and when that was received.

    Leads whose person has no earlier one that somebody owned are absent. Locks nothing.

    Args:
        tx: Open transaction.
        leads: Of known contacts.
    """
    mine = [lead for lead in leads if lead.contact_id is not None]
    if not mine:
        return {}
    rows = tx.rows(
        "SELECT w.id, o.owner_id, o.received_at FROM unnest(%s::uuid[], %s::uuid[])"
        " AS w (id, contact_id) CROSS JOIN LATERAL (SELECT owner_id, received_at FROM lead"
        "  WHERE lead.contact_id = w.contact_id AND lead.id <> w.id AND owner_kind = 'person'"
        "  ORDER BY received_at DESC, lead.id DESC LIMIT 1) o",
        ([lead.id for lead in mine], [lead.contact_id for lead in mine]),
    )
    return {LeadId(row[0]): (row[1], row[2]) for row in rows}


def open_leads_of(
    tx: Tx, contacts: Sequence[ContactId], states: Sequence[str]
) -> dict[ContactId, Lead]:
    """Lock and read the newest open lead of each contact.

    Comes after the identity locks and before any pool, for all contacts of a batch at once, in
    the order of the leads' ids.

    Args:
        tx: Open transaction.
        contacts: Known contacts of this batch.
        states: States that count as open.
    """
    if not contacts:
        return {}
    rows = tx.rows(
        "SELECT " + COLUMNS + " FROM lead WHERE contact_id = ANY(%s) AND state = ANY(%s)"
        " ORDER BY id FOR UPDATE",
        (list(contacts), list(states)),
    )
    leads = (lead_of(row) for row in rows)
    return {lead.contact_id: lead for lead in leads if lead.contact_id is not None}
