"""API keys: only a digest is kept, so that nobody can read a key out of the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString

from router.store.tx import Tx

#: A key's last use is written at most this often: it is for people, not for counting.
USED_EVERY = timedelta(minutes=1)

_COLUMNS: Final[LiteralString] = (
    "id, name, digest, scopes, created_at, expires_at, used_at, revoked_at"
)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key, without its secret."""

    id: str
    #: What it is for, in the words of whoever made it.
    name: str
    #: sha256 of the secret.
    digest: bytes
    #: Of ``read``, ``act`` and ``admin``.
    scopes: tuple[str, ...]
    created_at: datetime
    #: None means that it never expires.
    expires_at: datetime | None = None
    used_at: datetime | None = None
    revoked_at: datetime | None = None

    def usable(self, now: datetime) -> bool:
        """Return whether it opens anything: neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def any_key(tx: Tx) -> bool:
    """Return whether a key was ever made, revoked ones too.

    Revoking the last key must not open the API again.
    """
    row = tx.row("SELECT EXISTS (SELECT 1 FROM api_key)")
    return bool(row and row[0])


def create(tx: Tx, key: ApiKey) -> None:
    """Store a new key.

    Raises:
        DataFault: The id is taken.
    """
    tx.run(
        "INSERT INTO api_key (id, name, digest, scopes, created_at, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (key.id, key.name, key.digest, list(key.scopes), key.created_at, key.expires_at),
    )


def find(tx: Tx, key_id: str) -> ApiKey | None:
    """Return a key by its id, also a revoked or expired one; None if there is none."""
    query: LiteralString = "SELECT " + _COLUMNS + " FROM api_key WHERE id = %s"
    row = tx.row(query, (key_id,))
    return _key(row) if row else None


def list_keys(tx: Tx) -> list[ApiKey]:
    """Return every key, the newest first."""
    query: LiteralString = "SELECT " + _COLUMNS + " FROM api_key ORDER BY created_at DESC, id"
    return [_key(row) for row in tx.rows(query)]


def revoke(tx: Tx, key_id: str, now: datetime) -> bool:
    """Make a key useless from now on; False when there is no such key or it was revoked before."""
    return bool(
        tx.run(
            "UPDATE api_key SET revoked_at = %s WHERE id = %s AND revoked_at IS NULL",
            (now, key_id),
        )
    )


def note_use(tx: Tx, key: ApiKey, now: datetime) -> None:
    """Remember that a key was used, at most once a minute."""
    if key.used_at is not None and now - key.used_at < USED_EVERY:
        return
    tx.run("SET LOCAL synchronous_commit = off")
    tx.run(
        "UPDATE api_key SET used_at = %s WHERE id = %s AND (used_at IS NULL OR used_at <= %s)",
        (now, key.id, now - USED_EVERY),
    )


def _key(row: Sequence[Any]) -> ApiKey:
    return ApiKey(
        id=row[0],
        name=row[1],
        digest=bytes(row[2]),
        scopes=tuple(row[3]),
        created_at=row[4],
        expires_at=row[5],
        used_at=row[6],
        revoked_at=row[7],
    )
