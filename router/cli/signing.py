"""Signs a delivery as its sender would: the other side of intake's check."""

import base64
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from router.errors import Misconfigured
from router.rulebook.model import Verification

_PART = re.compile(r"\{(body|timestamp|id|url|method)\}")


@dataclass(frozen=True, slots=True)
class Proof:
    """What goes with a body, so that intake takes it."""

    headers: Mapping[str, str] = field(default_factory=dict)
    #: Last part of the path; empty if there is none.
    token: str = ""


def prove(how: Verification, secret: str, body: bytes, *, ident: str, now: datetime) -> Proof:
    """Make the proof that a source asks for.

    >>> how = Verification(scheme="hmac", header="X-Sign", prefix="sha256=")
    >>> prove(how, "s", b"{}", ident="1", now=datetime(2026, 1, 5)).headers["X-Sign"][:13]
    'sha256=143ca8'

    Args:
        how: The scheme, from the source's file.
        secret: A live one; unread where the scheme is ``none``.
        body: What is sent.
        ident: Names the message, where the scheme wants a name.
        now: When it is sent, aware.

    Raises:
        Misconfigured: The secret is not one of this scheme.
    """
    if how.scheme == "none":
        return Proof()
    if how.scheme == "path":
        return Proof(token=secret)
    if how.scheme == "header":
        return Proof({how.header: f"{how.prefix}{secret}"})
    if how.scheme == "standard":
        return Proof(_standard(secret, body, ident, now))
    return Proof(_signed(how, secret, body, ident, now))


def _standard(secret: str, body: bytes, ident: str, now: datetime) -> dict[str, str]:
    try:
        signature = Webhook(secret).sign(ident, now, body.decode())
    except (ValueError, EmptyWebhookSecretError) as error:
        raise Misconfigured(
            f"The secret is not one of Standard Webhooks ({error}): it is `whsec_` and base64."
        ) from error
    return {
        "webhook-id": ident,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }


def _signed(
    how: Verification, secret: str, body: bytes, ident: str, now: datetime
) -> dict[str, str]:
    moment = str(int(now.timestamp() * (1000 if how.timestamp_unit == "ms" else 1)))
    values = {
        "body": body,
        "timestamp": moment.encode(),
        "id": ident.encode(),
        "url": b"",
        "method": b"POST",
    }
    parts = _PART.split(how.signed)
    # Odd places of the split text are names of what stands there.
    message = b"".join(
        values[part] if place % 2 else part.encode() for place, part in enumerate(parts)
    )
    digest = hmac.digest(secret.encode(), message, how.algorithm)
    text = digest.hex() if how.encoding == "hex" else base64.b64encode(digest).decode()
    signature = f"{how.prefix}{text}"
    if how.timestamp_header.lower() == how.header.lower():
        return {how.header: f"t={moment},{signature}"}
    headers = {how.header: signature, "webhook-id": ident}
    return headers | ({how.timestamp_header: moment} if how.timestamp_header else {})
