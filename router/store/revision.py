"""Which revision the tables are at, found without the migration tool, which is slow to import."""

from pathlib import Path

from router.store.tx import Tx

_VERSIONS = Path(__file__).parent / "migrations" / "versions"


def stored_revision(tx: Tx) -> str:
    """Return the revision a database is at; empty when it was never migrated.

    Args:
        tx: Open transaction.
    """
    known = tx.row("SELECT to_regclass('alembic_version') IS NOT NULL")
    row = tx.row("SELECT version_num FROM alembic_version") if known and known[0] else None
    return str(row[0]) if row else ""


def needed_revision() -> str:
    """Return the revision that this program needs: the number of its last migration's file."""
    return max(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*_*.py"))
