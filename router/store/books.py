"""Versions of rule books: whole, by digest; and the aliases that say which one does what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from router.lead.ids import lock_key
from router.rulebook.model import RuleBook
from router.store.book_log import BookAct, Entry, note_act
from router.store.held import wake
from router.store.tx import Tx

#: Prefixes that fit several versions list so many of them.
_LISTED = 5


class Alias(StrEnum):
    """What a version does for a book."""

    #: It decides new leads.
    ACTIVE = "active"
    #: It is asked about live leads, and nothing comes of it.
    SHADOW = "shadow"
    #: It decides a share of the new leads.
    CANARY = "canary"


@dataclass(frozen=True, slots=True)
class Aliases:
    """Which versions a book has in use, by digest; empty where there is none."""

    active: str = ""
    #: The version that was active before: where a rollback goes.
    before: str = ""
    shadow: str = ""
    canary: str = ""
    #: Which leads the canary decides, as it was told.
    terms: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Version:
    """A stored version, without its files."""

    digest: str
    name: str
    published_at: datetime
    published_by: str
    note: str
    #: What was found when it was published: findings, trials, diff and backtest in short.
    checks: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a version is read from."""

    #: Path to text.
    files: Mapping[str, str]
    #: The compiled form, if a process has written it.
    frozen: bytes | None


def lock_book(tx: Tx, serve: str) -> None:
    """Let nobody else change which versions a book uses, until the transaction ends."""
    tx.rows("SELECT pg_advisory_xact_lock(%s)", (lock_key(f"book:{serve}"),))


def store_version(  # noqa: PLR0913 - one value per column
    tx: Tx,
    book: RuleBook,
    *,
    by: str,
    note: str,
    now: datetime,
    checks: Mapping[str, object] | None = None,
) -> None:
    """Keep a version, without putting it to use.

    A version that is there already keeps its author and its note; its own tests, which its digest
    does not name, and its checks become the newest.

    Args:
        tx: Open transaction.
        book: Checked by its loader.
        by: Who brings it.
        note: Why.
        now: When.
        checks: What was found about it; empty leaves what is stored.
    """
    tx.run(
        "INSERT INTO rulebook (digest, name, files, checks, published_at, published_by, note)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (digest) DO UPDATE SET"
        " files = EXCLUDED.files,"
        " checks = CASE WHEN EXCLUDED.checks = '{}' THEN rulebook.checks ELSE EXCLUDED.checks END",
        (
            book.digest,
            book.name,
            orjson.dumps(dict(book.files)).decode(),
            orjson.dumps(dict(checks or {}), option=orjson.OPT_NON_STR_KEYS).decode(),
            now,
            by,
            note,
        ),
    )


def move_alias(  # noqa: PLR0913 - one value per column
    tx: Tx,
    *,
    serve: str,
    alias: Alias,
    digest: str,
    by: str,
    now: datetime,
    before: str | None = None,
    terms: Mapping[str, object] | None = None,
) -> str:
    """Put a stored version to use; every process follows within a second.

    Args:
        tx: Open transaction, which holds :func:`lock_book`.
        serve: Which book of this installation.
        alias: What the version shall do.
        digest: The version.
        by: Who says so.
        now: When.
        before: Where a rollback from it goes; None for the version that it replaces.
        terms: Which leads it is for; a canary needs them.

    Returns:
        The version that did this until now; empty for none.
    """
    row = tx.row(
        "SELECT digest, before FROM rulebook_alias WHERE book = %s AND alias = %s FOR UPDATE",
        (serve, alias),
    )
    replaced = str(row[0]) if row else ""
    if before is None:
        # The same version once more has not replaced itself.
        before = str(row[1]) if row and replaced == digest else replaced
    tx.run(
        "INSERT INTO rulebook_alias (book, alias, digest, before, terms, moved_at, moved_by)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (book, alias) DO UPDATE"
        " SET digest = EXCLUDED.digest, before = EXCLUDED.before, terms = EXCLUDED.terms,"
        " moved_at = EXCLUDED.moved_at, moved_by = EXCLUDED.moved_by",
        (serve, alias, digest, before, orjson.dumps(dict(terms or {})).decode(), now, by),
    )
    if alias is Alias.ACTIVE:
        # It may have other members, hours or caps: leads that wait are looked at again.
        wake(tx, serve, "book", now)
    return replaced


def drop_alias(tx: Tx, *, serve: str, alias: Alias) -> str:
    """End what a version does for a book, such as its canary; return its digest, empty for none.

    The active version cannot be dropped: another one replaces it.
    """
    row = tx.row(
        "DELETE FROM rulebook_alias WHERE book = %s AND alias = %s AND alias <> 'active'"
        " RETURNING digest",
        (serve, alias),
    )
    return str(row[0]) if row else ""


def publish(  # noqa: PLR0913 - one value per column
    tx: Tx, book: RuleBook, *, serve: str, by: str, note: str, now: datetime
) -> None:
    """Store a book and make it the active one, without asking anything.

    For a book nobody could object to, such as the first one; everybody else goes through
    :mod:`router.road.versions.publish`.

    Args:
        tx: Open transaction.
        book: Checked by its loader.
        serve: Which book of this installation it shall be (``default``).
        by: Who publishes.
        note: Why.
        now: When.
    """
    lock_book(tx, serve)
    store_version(tx, book, by=by, note=note, now=now)
    before = move_alias(tx, serve=serve, alias=Alias.ACTIVE, digest=book.digest, by=by, now=now)
    act = BookAct.PUBLISH
    note_act(
        tx,
        Entry(book=serve, act=act, digest=book.digest, before=before, by=by, note=note, at=now),
    )


def aliases(tx: Tx, serve: str) -> Aliases:
    """Return which versions a book has in use."""
    rows = tx.rows(
        "SELECT alias, digest, before, terms FROM rulebook_alias WHERE book = %s", (serve,)
    )
    found = {row[0]: row for row in rows}
    active, canary = found.get(Alias.ACTIVE), found.get(Alias.CANARY)
    shadow = found.get(Alias.SHADOW)
    return Aliases(
        active=active[1] if active else "",
        before=active[2] if active else "",
        shadow=shadow[1] if shadow else "",
        canary=canary[1] if canary else "",
        terms=canary[3] if canary else {},
    )


def active_digest(tx: Tx, serve: str) -> str | None:
    """Return the digest of the version a book serves; None before the first publish."""
    return aliases(tx, serve).active or None


def kept(tx: Tx, digest: str) -> Kept | None:
    """Return what a version is read from; None if it was never stored."""
    row = tx.row("SELECT files, frozen FROM rulebook WHERE digest = %s", (digest,))
    if row is None:
        return None
    return Kept(dict(row[0]), bytes(row[1]) if row[1] is not None else None)


def keep_frozen(tx: Tx, digest: str, frozen: bytes) -> None:
    """Keep the compiled form of a stored version, for processes that load it later."""
    tx.run("UPDATE rulebook SET frozen = %s WHERE digest = %s", (frozen, digest))


def version(tx: Tx, digest: str) -> Version | None:
    """Return what is known of a version, without its files; None if it was never stored."""
    row = tx.row(
        "SELECT digest, name, published_at, published_by, note, checks FROM rulebook"
        " WHERE digest = %s",
        (digest,),
    )
    return Version(*row) if row else None


def versions_like(tx: Tx, beginning: str) -> list[str]:
    """Return digests of stored versions that begin like this, the newest first, a few at most."""
    rows = tx.rows(
        "SELECT digest FROM rulebook WHERE starts_with(digest, %s)"
        " ORDER BY published_at DESC, digest LIMIT %s",
        (beginning, _LISTED),
    )
    return [str(row[0]) for row in rows]
