"""Who may use the API: an API key with a scope, or anybody on this machine until a key exists.

A key reads ``lr_live_<id>_<secret>``. Only the sha256 of the secret is stored; a random secret of
256 bits needs no slow hash.
"""

import hashlib
import hmac
import secrets as randomness
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from router.app import App
from router.errors import Rejected
from router.now import now as read_now
from router.stages.desk.standing import MACHINE
from router.store import keys
from router.store.keys import ApiKey
from router.store.tx import transaction

_PREFIX = "lr_live_"
_ID_BYTES = 6
_SECRET_BYTES = 32
#: Methods that change nothing.
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SAME = frozenset({"same-origin", "none"})
#: Compared with when there is no such key, so that the answer takes as long as for a wrong secret.
_NOBODY = bytes(32)


class Scope(StrEnum):
    """What a key may do; each includes those before it."""

    #: Look at everything.
    READ = "read"
    #: Report what people did and who is available, and answer reviews.
    ACT = "act"
    #: Replay what was parked.
    ADMIN = "admin"


_ORDER = tuple(Scope)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    #: How the event log names it: ``api``, or ``api:<id of the key>``.
    name: str
    scopes: frozenset[Scope]


def new_key(
    name: str, scopes: tuple[Scope, ...], now: datetime, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Make a key; the caller stores it and shows the text once.

    Args:
        name: What it is for.
        scopes: What it may do.
        now: The time.
        expires_at: When it becomes useless; None for never.

    Returns:
        What is stored, and the text that its user sends.
    """
    key_id = randomness.token_hex(_ID_BYTES)
    secret = randomness.token_urlsafe(_SECRET_BYTES)
    kept = ApiKey(
        id=key_id,
        name=name,
        digest=_digest(secret),
        scopes=tuple(scope.value for scope in scopes),
        created_at=now,
        expires_at=expires_at,
    )
    return kept, f"{_PREFIX}{key_id}_{secret}"


def read_key(header: str) -> tuple[str, str]:
    """Return id and secret of an ``Authorization`` header; two empty texts if it holds no key.

    >>> read_key("Bearer lr_live_0a1b2c_Zm9v_YmFy")
    ('0a1b2c', 'Zm9v_YmFy')
    >>> read_key("Basic eDp5")
    ('', '')

    Args:
        header: The header's value.
    """
    kind, _, text = header.strip().partition(" ")
    text = text.strip()
    if kind.lower() != "bearer" or not text.startswith(_PREFIX):
        return "", ""
    key_id, _, secret = text.removeprefix(_PREFIX).partition("_")
    return (key_id, secret) if key_id and secret else ("", "")


def including(scopes: tuple[str, ...]) -> frozenset[Scope]:
    """Return the scopes that a key has, with those that they include.

    >>> sorted(including(("act",)))
    [<Scope.ACT: 'act'>, <Scope.READ: 'read'>]

    Args:
        scopes: As stored; unknown ones count for nothing.
    """
    known = [_ORDER.index(Scope(scope)) for scope in scopes if scope in set(Scope)]
    return frozenset(_ORDER[: max(known) + 1]) if known else frozenset()


def check_origin(method: str, headers: Headers) -> None:
    """Refuse what a page of another site makes a browser send.

    Args:
        method: Of the request.
        headers: Of the request.

    Raises:
        Rejected: It would change something and comes from another site.
    """
    if method in SAFE:
        return
    site = headers.get("sec-fetch-site")
    origin = headers.get("origin")
    foreign = site is not None and site not in _SAME
    if not foreign and origin is not None:
        foreign = urlsplit(origin).netloc != headers.get("host", "")
    if foreign:
        raise Rejected(
            "A page of another site sent this. Call the API from a program, or from our own pages.",
            status=403,
            code="cross_site",
        )


class Gate:
    """Lets callers in, or refuses them."""

    def __init__(self, app: App, *, bound_to_loopback: bool) -> None:
        """Ask this process's database for keys.

        Args:
            app: Of this process.
            bound_to_loopback: Whether only this machine reaches the server. Then the API is open
                to all until the first key was made.
        """
        self._app = app
        self._bound_to_loopback = bound_to_loopback

    def admit(self, authorization: str, scope: Scope) -> Caller:
        """Return who asks, if they may.

        Args:
            authorization: The request's ``Authorization`` header; empty if there is none.
            scope: What is asked for.

        Raises:
            Rejected: No usable key (401), or one without this scope (403).
            Transient: The database could not do it now.
        """
        caller = self._caller(authorization)
        if scope not in caller.scopes:
            raise Rejected(
                f"This key may not do that: it needs the scope {scope.value!r}. Make one with"
                f" `lead-router keys create --scope {scope.value}`.",
                status=403,
                code="scope_missing",
            )
        return caller

    def _caller(self, authorization: str) -> Caller:
        now = read_now()
        key_id, secret = read_key(authorization)
        with transaction(self._app.engine) as tx:
            if self._bound_to_loopback and not keys.any_key(tx):
                return Caller(MACHINE, frozenset(Scope))
            key = keys.find(tx, key_id) if key_id else None
            same = hmac.compare_digest(_digest(secret), key.digest if key is not None else _NOBODY)
            if key is not None and same and key.usable(now):
                keys.note_use(tx, key, now)
                return Caller(f"{MACHINE}:{key.id}", including(key.scopes))
        raise Rejected(
            "The API needs a key: send `Authorization: Bearer lr_live_...`. An operator makes one"
            " with `lead-router keys create`; one that was revoked or has expired opens nothing.",
            status=401,
            code="key_wrong" if key_id else "key_missing",
        )


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
