"""One request to intake: its limits, what of it is kept, and what names it."""

import asyncio
import hashlib
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import orjson
from starlette.types import Message, Receive, Scope

from router.errors import Rejected
from router.lead.delivery import REMEMBERED
from router.plugins.sources.verify import Outcome
from router.rulebook.model import Source, Verification
from router.settings import secret_variable
from router.stages.capture.fields import text_of
from router.stages.capture.parse import Json, media_type, readable
from router.stages.capture.paths import read_path

#: Largest body, in bytes.
MAX_BODY = 1024 * 1024
#: How long the same unsigned body, without an id of its own, counts as sent twice.
SAME_BODY = timedelta(hours=1)

_LINGER_BYTES, _LINGER_S = 16 * 1024 * 1024, 1.0
_STANDARD_IDS = ("webhook-id", "svix-id")
_MAX_HEADERS, _MAX_HEADER = 64, 1_024
#: Headers that name the visitor's address, or that say nothing afterwards.
_DROPPED = frozenset(
    {
        "accept", "accept-encoding", "connection", "content-length", "keep-alive", "te", "via",
        "transfer-encoding", "upgrade", "forwarded", "x-forwarded-for", "x-real-ip",
        "cf-connecting-ip", "true-client-ip", "x-client-ip",
    }
)  # fmt: skip
_readable = lru_cache(maxsize=64)(readable)
_SECRET = re.compile(r"auth|cookie|secret|token|passw|api-?key|credential|session")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request, read and ready to be judged."""

    source: Source
    body: bytes
    #: By lower-case name.
    headers: Mapping[str, str]
    content_type: str
    at: datetime


class GoneError(Exception):
    """The sender hung up before its body was here."""


def check_head(headers: Mapping[str, str], content_type: str) -> None:
    """Refuse by the headers alone what need not be read.

    Raises:
        Rejected: 413 or 415.
    """
    length = headers.get("content-length", "")
    if length.isdecimal():
        check_size(int(length[:18]))
    if not _readable(content_type):
        raise Rejected(
            f"A body of type {media_type(content_type)[:100]!r} is not read here. Send"
            " application/json or application/x-www-form-urlencoded.",
            status=415,
            code="unsupported_media_type",
        )


def check_size(length: int) -> None:
    """Refuse a body that is too long.

    Raises:
        Rejected: 413.
    """
    if length > MAX_BODY:
        raise Rejected(
            f"The body is longer than {MAX_BODY} bytes. Send less, or in parts.",
            status=413,
            code="too_large",
        )


async def read_on(message: Message, receive: Receive) -> bytes:
    """Read a body that comes in parts, no further than the limit.

    Args:
        message: The first part.
        receive: Gives the others.

    Raises:
        GoneError: The sender hung up.
        Rejected: 413.
    """
    parts: list[bytes] = []
    length = 0
    while True:
        if message["type"] != "http.request":
            raise GoneError
        part = message.get("body", b"")
        length += len(part)
        check_size(length)
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()


async def let_finish(receive: Receive) -> None:
    """Throw away the rest of a refused body for a short while, so that the answer gets through.

    A connection that is closed while the sender still writes is reset, and the sender reads an
    error instead of the reason.

    Args:
        receive: Gives the rest.
    """
    left = _LINGER_BYTES
    try:
        async with asyncio.timeout(_LINGER_S):
            while left > 0:
                message = await receive()
                if not message.get("more_body"):
                    return
                left -= len(message["body"])
    except TimeoutError:
        return


def public_url(scope: Scope, headers: Mapping[str, str]) -> str:
    """Return the address as the sender wrote it, for senders that sign it.

    >>> scope = {"scheme": "https", "raw_path": b"/in/crm", "query_string": b"a=1"}
    >>> public_url(scope, {"host": "leads.example.com"})
    'https://leads.example.com/in/crm?a=1'

    Args:
        scope: Of the request; behind a proxy its scheme must be the public one.
        headers: By lower-case name; the proxy must pass ``Host`` on.
    """
    query = scope["query_string"].decode("latin-1")
    path = scope["raw_path"].decode("latin-1")
    return f"{scope['scheme']}://{headers.get('host', '')}{path}{'?' if query else ''}{query}"


def is_loopback(host: str) -> bool:
    """Say whether an address to bind is reachable from this machine only.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def kept_headers(headers: Mapping[str, str], source: Source) -> bytes:
    """Return the headers worth keeping as JSON: what a replay needs, no secret, no address.

    Args:
        headers: By lower-case name.
        source: Its shared secret, where it has one in a header, is left out.
    """
    secret = source.verify.header.lower() if source.verify.scheme == "header" else None
    kept = {
        name[:_MAX_HEADER]: value[:_MAX_HEADER]
        for name, value in headers.items()
        if _worth_keeping(name) and name != secret
    }
    if len(kept) > _MAX_HEADERS:
        kept = dict(list(kept.items())[:_MAX_HEADERS])
    return orjson.dumps(kept)


@lru_cache(maxsize=1_024)
def _worth_keeping(name: str) -> bool:
    return name not in _DROPPED and not _SECRET.search(name)


def dedupe_key(arrival: Arrival, document: Json) -> tuple[bytes, timedelta]:
    """Return what names a delivery (sha256), and for how long.

    A header counts only where the sender's signature covers it, or where there is none that
    could: otherwise whoever records one delivery could make a second one of it, or hide another.

    Args:
        arrival: The request.
        document: Its body, parsed.
    """
    source = arrival.source
    for name in _id_headers(source):
        if value := arrival.headers.get(name):
            return _digest(b"header", value.encode()), REMEMBERED
    if source.dedupe_path:
        found = read_path(document, source.dedupe_path)
        if not isinstance(found, (dict, list)) and (text := text_of(found)):
            return _digest(b"path", text.encode()), REMEMBERED
    kind = media_type(arrival.content_type).encode()
    signed = source.verify.scheme in ("hmac", "standard")
    return _digest(b"body", kind, arrival.body), REMEMBERED if signed else SAME_BODY


def _id_headers(source: Source) -> tuple[str, ...]:
    if source.verify.scheme == "standard":
        return _STANDARD_IDS
    name = source.dedupe_header.lower()
    return (name,) if name and _covers(source.verify, name) else ()


def _covers(how: Verification, header: str) -> bool:
    return how.scheme != "hmac" or (header in _STANDARD_IDS and "{id}" in how.signed)


def _digest(*parts: bytes) -> bytes:
    return hashlib.sha256(b"\0".join(parts)).digest()


def unproven(source: Source, outcome: Outcome) -> str:
    """Say what the sender must send, without saying what was wrong with what it sent.

    Args:
        source: The one that was addressed.
        outcome: ``MISSING`` or ``WRONG``.
    """
    how = source.verify
    variable = secret_variable(how.secret)
    where = {
        "path": f"Post to /in/{source.id}/<token>, with the value of {variable} as the token.",
        "header": f"Send the value of {variable} in the header {how.header}.",
        "standard": "Sign as Standard Webhooks says: webhook-id, webhook-timestamp and"
        f" webhook-signature, with the secret in {variable}.",
    }.get(
        how.scheme,
        f"Sign the raw body with the secret in {variable} and send it in the header {how.header}"
        f"{' with the time in ' + how.timestamp_header if how.timestamp_header else ''}.",
    )
    what = "is missing" if outcome is Outcome.MISSING else "does not fit"
    return f"The proof that {source.id!r} needs {what}. {where}"
