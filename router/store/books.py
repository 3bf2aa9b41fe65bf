"""Published rule books: whole, by digest; an alias says which one is served."""

from datetime import datetime

import orjson

from router.rulebook.model import RuleBook
from router.store.tx import Tx


def publish(  # noqa: PLR0913 - one value per column
    tx: Tx, book: RuleBook, *, serve: str, by: str, note: str, now: datetime
) -> None:
    """Store a book and make it the active one.

    Args:
        tx: Open transaction.
        book: Checked by its loader.
        serve: Which book of this installation it shall be (``default``).
        by: Who publishes.
        note: Why.
        now: When.
    """
    tx.run(
        "INSERT INTO rulebook (digest, name, files, published_at, published_by, note)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (book.digest, book.name, orjson.dumps(dict(book.files)).decode(), now, by, note),
    )
    tx.run(
        "INSERT INTO rulebook_alias (book, alias, digest, moved_at, moved_by)"
        " VALUES (%s, 'active', %s, %s, %s) ON CONFLICT (book, alias) DO UPDATE"
        " SET digest = EXCLUDED.digest, moved_at = EXCLUDED.moved_at, moved_by = EXCLUDED.moved_by",
        (serve, book.digest, now, by),
    )


def active_digest(tx: Tx, serve: str) -> str | None:
    """Return the digest of the version a book serves; None before the first publish."""
    row = tx.row("SELECT digest FROM rulebook_alias WHERE book = %s AND alias = 'active'", (serve,))
    return str(row[0]) if row else None


def book_files(tx: Tx, digest: str) -> dict[str, str] | None:
    """Return the files of a published version, path to text; None if it was never published."""
    row = tx.row("SELECT files FROM rulebook WHERE digest = %s", (digest,))
    return dict(row[0]) if row else None
