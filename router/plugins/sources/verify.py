"""One verifier for every sender: a source's file says how it signs, this module checks it.

Always over the raw bytes, never over anything parsed; always in constant time.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from router.rulebook.model import Verification


class Outcome(StrEnum):
    """What a check said."""

    #: The sender knows a live secret, and the request is of now.
    OK = "ok"
    #: A signature, secret or timestamp that this source needs was not sent.
    MISSING = "missing"
    #: What was sent does not fit any live secret.
    WRONG = "wrong"
    #: The signature is right, but the time it names is too old or too far ahead.
    STALE = "stale"
    #: No usable secret is set here: our fault, not the sender's.
    NO_SECRET = "no_secret"  # noqa: S105 - the name of an outcome


@dataclass(frozen=True, slots=True)
class Proof:
    """What a request offers as proof."""

    #: The raw bytes of the body.
    body: bytes
    #: Headers by lower-case name.
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    #: Address as the sender sees it, with query; only read where ``{url}`` is signed.
    url: str = ""
    #: The last part of ``/in/<source>/<token>``; empty if there is none.
    path_token: str = ""


_PART = re.compile(r"\{(body|timestamp|id|url|method)\}")
_BETWEEN = re.compile(r"[,\s]+")
_TIMESTAMP = re.compile(r"\d{1,16}")
_BEARER = "bearer "
_ID_HEADERS = ("webhook-id", "svix-id")
_TIME_HEADERS = ("webhook-timestamp", "svix-timestamp")
_SIGNATURE_HEADERS = ("webhook-signature", "svix-signature")
_STANDARD_PREFIX = "whsec_"
_STANDARD_VERSION = "v1,"
#: Signatures of one request that are looked at: a rotation has two.
_MAX_CANDIDATES = 8


def verify(how: Verification, secrets: Sequence[str], proof: Proof, now: datetime) -> Outcome:
    """Check that a request comes from who knows the source's secret.

    A source with the scheme ``none`` passes; who may use it is for the caller to limit.

    >>> how = Verification(scheme="header", secret="s", header="X-Token")
    >>> verify(how, ["abc"], Proof(b"", {"x-token": "abc"}), datetime(2026, 1, 5)).value
    'ok'

    Args:
        how: The scheme, from the source's file.
        secrets: The live ones; any of them may fit, so that they can be rotated.
        proof: What the request offers.
        now: To judge timestamps by, aware.

    Returns:
        ``STALE`` only when the signature is right.
    """
    if how.scheme == "none":
        return Outcome.OK
    if not secrets:
        return Outcome.NO_SECRET
    if how.scheme == "path":
        return _shared(proof.path_token, secrets)
    if how.scheme == "header":
        return _header(how, secrets, proof)
    if how.scheme == "standard":
        return _standard(how, secrets, proof, now)
    return _hmac(how, secrets, proof, now)


def same(given: str, expected: str) -> bool:
    """Compare two secrets in a time that tells neither their length nor where they differ.

    >>> same("abc", "abc"), same("abc", "abcd")
    (True, False)
    """
    return hmac.compare_digest(
        hashlib.sha256(given.encode("utf-8", "replace")).digest(),
        hashlib.sha256(expected.encode("utf-8", "replace")).digest(),
    )


def any_same(given: Sequence[str], expected: Sequence[str]) -> bool:
    """Say whether one of the given fits one of the expected, looking at all of them."""
    return bool(sum(same(one, other) for one in given for other in expected))


def _shared(given: str, secrets: Sequence[str]) -> Outcome:
    if not given:
        return Outcome.MISSING
    return Outcome.OK if any_same([given], secrets) else Outcome.WRONG


def _header(how: Verification, secrets: Sequence[str], proof: Proof) -> Outcome:
    given = proof.headers.get(how.header.lower(), "").strip()
    prefix = how.prefix.lower() or _BEARER
    if given.lower().startswith(prefix):
        given = given[len(prefix) :].strip()
    elif how.prefix:
        return Outcome.WRONG if given else Outcome.MISSING
    return _shared(given, secrets)


def _hmac(how: Verification, secrets: Sequence[str], proof: Proof, now: datetime) -> Outcome:
    value = proof.headers.get(how.header.lower(), "").strip()
    candidates, timestamp = _offered(how, value, proof.headers)
    if not candidates or (how.timestamp_header and not timestamp):
        return Outcome.MISSING
    message = _message(how.signed, proof, timestamp)
    expected = [
        _encoded(hmac.digest(secret.encode(), message, how.algorithm), how.encoding)
        for secret in secrets
    ]
    if not any_same([_canonical(one, how.encoding) for one in candidates], expected):
        return Outcome.WRONG
    return _in_time(timestamp, how, now) if how.timestamp_header else Outcome.OK


def _offered(how: Verification, value: str, headers: Mapping[str, str]) -> tuple[list[str], str]:
    """Return the signatures of a header, and the timestamp from its own or from ``t=...``."""
    parts = [part for part in _BETWEEN.split(value) if part]
    signatures = [part[len(how.prefix) :] for part in parts if part.startswith(how.prefix)]
    timestamp = ""
    if how.timestamp_header.lower() == how.header.lower():
        timestamp = next((part[2:] for part in parts if part.startswith("t=")), "")
    elif how.timestamp_header:
        timestamp = headers.get(how.timestamp_header.lower(), "").strip()
    return [one for one in signatures if one][:_MAX_CANDIDATES], timestamp


@lru_cache(maxsize=256)
def _template(signed: str) -> tuple[str, ...]:
    return tuple(_PART.split(signed))


def _message(signed: str, proof: Proof, timestamp: str) -> bytes:
    """Put together what was signed; odd places of the split template are names."""
    if signed == "{body}":
        return proof.body
    values = {
        "body": proof.body,
        "timestamp": timestamp.encode(),
        "id": _first(proof.headers, _ID_HEADERS).encode(),
        "url": proof.url.encode(),
        "method": proof.method.encode(),
    }
    return b"".join(
        values[part] if place % 2 else part.encode() for place, part in enumerate(_template(signed))
    )


def _encoded(digest: bytes, encoding: str) -> str:
    return digest.hex() if encoding == "hex" else base64.b64encode(digest).decode().rstrip("=")


def _canonical(signature: str, encoding: str) -> str:
    if encoding == "hex":
        return signature.lower()
    return signature.rstrip("=").replace("-", "+").replace("_", "/")


def _in_time(timestamp: str, how: Verification, now: datetime) -> Outcome:
    if not _TIMESTAMP.fullmatch(timestamp):
        return Outcome.STALE
    seconds = int(timestamp) / (1000 if how.timestamp_unit == "ms" else 1)
    distance = abs(now.timestamp() - seconds)
    return Outcome.OK if distance <= how.tolerance.total_seconds() else Outcome.STALE


def _first(headers: Mapping[str, str], names: Sequence[str]) -> str:
    return next((headers[name] for name in names if headers.get(name)), "").strip()


def _standard(how: Verification, secrets: Sequence[str], proof: Proof, now: datetime) -> Outcome:
    """Check as https://www.standardwebhooks.com says, symmetric signatures (``v1``) only."""
    ident = _first(proof.headers, _ID_HEADERS)
    timestamp = _first(proof.headers, _TIME_HEADERS)
    offered = _first(proof.headers, _SIGNATURE_HEADERS).split()
    candidates = [
        one.removeprefix(_STANDARD_VERSION) for one in offered if one.startswith(_STANDARD_VERSION)
    ][:_MAX_CANDIDATES]
    if not (ident and timestamp and candidates):
        return Outcome.MISSING
    keys = [key for key in map(_standard_key, secrets) if key]
    if not keys:
        return Outcome.NO_SECRET
    message = b".".join((ident.encode(), timestamp.encode(), proof.body))
    expected = [_encoded(hmac.digest(key, message, "sha256"), "base64") for key in keys]
    if not any_same([_canonical(one, "base64") for one in candidates], expected):
        return Outcome.WRONG
    return _in_time(timestamp, how, now)


def _standard_key(secret: str) -> bytes:
    """Return the key inside ``whsec_<base64>``; empty when it is none."""
    text = secret.removeprefix(_STANDARD_PREFIX)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
