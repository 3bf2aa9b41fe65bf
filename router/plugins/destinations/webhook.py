"""Webhook: posts messages as JSON, signed after Standard Webhooks.

The receiver recognises a repeated message by ``webhook-id`` (also sent as ``Idempotency-Key``) and
proves the sender by ``webhook-signature``, which carries one signature per live secret.
"""

import base64
import binascii
import unicodedata
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

import httpcore2
import standardwebhooks
from pydantic import SecretStr

from router.errors import Misconfigured, Permanent, Slow, Transient
from router.now import ticks, unshifted
from router.plugins.backoff import asked_pause
from router.plugins.destinations.address import Resolver, ask_system, parse_target
from router.plugins.destinations.connect import Dial, GuardedNetwork, dial_system
from router.plugins.kinds import Message, Receipt

ANSWER_BYTES = 64 * 1024
"""Bytes of an answer that are read; the rest is cut off with its connection."""
DETAIL_BYTES = 2 * 1024
"""Bytes of an answer that are kept on the receipt."""

_EXCERPT_CHARS = 200
_CONNECTIONS = 64
# Shorter than the five seconds after which common servers (uvicorn, Node) drop an idle connection.
_KEEP_ALIVE_S = 4.0
_LATER = frozenset({408, 425, 429})
_WHSEC = "whsec_"


class Webhook:
    """Sends messages to one address. May be used by many threads at once."""

    def __init__(  # noqa: PLR0913 - the last two exist for tests and have defaults
        self,
        name: str,
        url: str,
        secrets: tuple[SecretStr, ...],
        *,
        allow_private: bool = False,
        resolver: Resolver = ask_system,
        dial: Dial = dial_system,
    ) -> None:
        """Prepare to send; nothing is connected before the first message.

        Args:
            name: The destination's name in the settings, for texts.
            url: Where to post.
            secrets: Every live secret: ``whsec_`` and base64, or plain text. None means unsigned.
            allow_private: Accept an address in a private or loopback network.
            resolver: Looks names up.
            dial: Opens a connection to a judged address.

        Raises:
            Misconfigured: The address or a secret cannot be used.
        """
        self.name = name
        try:
            self._target = parse_target(url)
        except Permanent as error:
            raise Misconfigured(f"Destination {name}: {error}") from error
        self._signers = tuple(_signer(name, secret) for secret in secrets)
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpcore2.default_ssl_context(),
            max_connections=_CONNECTIONS,
            keepalive_expiry=_KEEP_ALIVE_S,
            network_backend=GuardedNetwork(
                self._target, allow_private=allow_private, resolver=resolver, dial=dial
            ),
        )

    def send(self, message: Message, deadline_s: float) -> Receipt:
        """Post one message and read the answer, all within ``deadline_s`` seconds.

        An answer that breaks off, or is not complete in time, proves nothing: the message is sent
        again under the same key, which the receiver recognises.

        Args:
            message: What to send; its body is JSON in UTF-8.
            deadline_s: Seconds for everything: look-up, connection, sending and answer.

        Returns:
            The status (2xx) and the start of the answer.

        Raises:
            Transient: Not reached, broken off, too late, or the answer was 408, 425, 429 or 5xx;
                ``Slow`` when that answer named a time to come back.
            Permanent: Refused: any other answer, a redirect, or an address we must not call.
        """
        try:
            status, retry_after, answer = self._post(message, deadline_s)
        except httpcore2.TimeoutException as error:
            raise Transient(
                f"{self._who(message)}: no complete answer within {deadline_s:g} s; "
                "it is tried again with the same key."
            ) from error
        except httpcore2.LocalProtocolError as error:
            raise Permanent(f"{self._who(message)}: cannot be sent: {error}.") from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise Transient(
                f"{self._who(message)}: the connection failed ({_cleaned(str(error))}); "
                "it is tried again with the same key."
            ) from error
        except Transient as error:
            raise Transient(f"{self._who(message)}: {error}") from error
        except Permanent as error:
            raise Permanent(f"{self._who(message)}: {error}") from error
        detail = _cleaned(answer.decode(errors="ignore"))
        self._judge(message, status, retry_after, detail)
        return Receipt(status, detail)

    def close(self) -> None:
        """Close the idle connections and whatever is still under way."""
        self._pool.close()

    def _post(self, message: Message, deadline_s: float) -> tuple[int, str, bytes]:
        """Return the status, the ``Retry-After`` header and the first bytes of the answer."""
        # Moments, not durations: see router.plugins.destinations.connect. Only the wait for a free
        # connection is httpcore's own, and counts in seconds.
        by = ticks() + deadline_s
        moments = {"pool": deadline_s, "connect": by, "read": by, "write": by}
        url = httpcore2.URL(
            scheme=self._target.scheme,
            host=self._target.host,
            port=self._target.port,
            target=self._target.path,
        )
        with self._pool.stream(
            "POST",
            url,
            headers=self._headers(message),
            content=message.body,
            extensions={"timeout": moments},
        ) as response:
            headers = {name.lower(): value for name, value in response.headers}
            kept, size = b"", 0
            for chunk in response.iter_stream():
                size += len(chunk)
                kept += chunk[: DETAIL_BYTES - len(kept)]
                if size >= ANSWER_BYTES:
                    break
        return response.status, headers.get(b"retry-after", b"").decode("latin-1"), kept

    def _headers(self, message: Message) -> list[tuple[bytes, bytes]]:
        """Return the headers, signed at this moment with every live secret."""
        # The machine's own time: a rehearsal's shifted time would be refused by every receiver.
        at = unshifted()
        try:
            key = message.key.encode("ascii")
            text = message.body.decode()
        except UnicodeError as error:
            raise Permanent("the key is not ASCII or the body is not UTF-8.") from error
        headers = [
            (b"Host", self._target.authority),
            (b"Content-Type", b"application/json"),
            (b"Accept", b"*/*"),
            # Compressed answers could unpack into far more than we read.
            (b"Accept-Encoding", b"identity"),
            (b"User-Agent", _user_agent()),
            (b"Idempotency-Key", key),
            (b"webhook-id", key),
            (b"webhook-timestamp", str(int(at.timestamp())).encode("ascii")),
        ]
        if self._signers:
            signatures = " ".join(signer.sign(message.key, at, text) for signer in self._signers)
            headers.append((b"webhook-signature", signatures.encode("ascii")))
        return headers

    def _judge(self, message: Message, status: int, retry_after: str, detail: str) -> None:
        """Raise what an answer other than 2xx means."""
        if 200 <= status < 300:  # noqa: PLR2004 - the classes of HTTP status codes
            return
        said = f"{self._who(message)}: answered {status}"
        excerpt = f" ({detail[:_EXCERPT_CHARS]})" if detail else ""
        if status in _LATER or status >= 500:  # noqa: PLR2004 - as above
            after_s = asked_pause(retry_after, unshifted())
            if after_s is not None:
                raise Slow(
                    f"{said} and asks to wait; it is tried again in {after_s:g} s{excerpt}.",
                    after_s=after_s,
                )
            raise Transient(f"{said}; it is tried again{excerpt}.")
        if 300 <= status < 400:  # noqa: PLR2004 - as above
            raise Permanent(
                f"{said}, a redirect, which is never followed: set the final address as the "
                "destination's url, then replay."
            )
        raise Permanent(f"{said} and will not take it; correct the cause, then replay{excerpt}.")

    def _who(self, message: Message) -> str:
        """Name the message and the destination: its host only, since a path may be a secret."""
        return f"Message {message.key} to {self.name} ({self._target.host})"


def _signer(name: str, secret: SecretStr) -> standardwebhooks.Webhook:
    """Return what signs with one secret."""
    text = secret.get_secret_value()
    try:
        if text.startswith(_WHSEC):
            encoded = text.removeprefix(_WHSEC)
            key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        else:
            key = text.encode()
    except (binascii.Error, ValueError):  # ValueError: letters that are not ASCII
        key = b""
    if not key:  # said without the cause, which may quote the secret
        raise Misconfigured(
            f"Destination {name}: a secret cannot be used; give whsec_ and base64, or plain text."
        )
    return standardwebhooks.Webhook(key)


@lru_cache(maxsize=1)
def _user_agent() -> bytes:
    """Return our name and version."""
    try:
        return f"lead-router/{version('lead-router')}".encode("ascii")
    except PackageNotFoundError:  # run from a folder that was never installed
        return b"lead-router"


def _cleaned(text: str) -> str:
    """Make foreign text harmless: one line, nothing invisible, nothing that moves a cursor."""
    visible = (" " if unicodedata.category(char)[0] in "CZ" else char for char in text)
    return " ".join("".join(visible).split())
