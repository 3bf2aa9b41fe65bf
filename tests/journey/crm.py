"""A CRM that receives webhooks: a real HTTP server that remembers all, and misbehaves on word."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import orjson
import standardwebhooks

from router.now import unshifted

#: Longest that a call hangs when nobody lets it go, in seconds.
_PATIENCE_S = 60.0
#: Seconds after which an idle connection is closed.
_IDLE_S = 20.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What the CRM answers."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Say nothing until the CRM is told to let go.
    hang: bool = False
    #: Close the connection without an answer.
    close: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came in."""

    key: str
    body: bytes
    #: Whether the signature is right.
    genuine: bool
    at: datetime
    reply: Reply

    @property
    def message(self) -> dict[str, Any]:
        """Return the body as JSON."""
        found: dict[str, Any] = orjson.loads(self.body)
        return found

    @property
    def kind(self) -> str:
        """Return the message's type."""
        return str(self.message["type"])

    @property
    def lead_id(self) -> UUID:
        """Return the lead that the message is about."""
        return UUID(self.message["data"]["lead_id"])

    @property
    def late_s(self) -> float:
        """Return the seconds between the message's making and its arrival."""
        made = datetime.fromisoformat(self.message["timestamp"])
        return (self.at - made).total_seconds()


class Crm:
    """One receiver; ``reply`` decides about each call and may be replaced at any time."""

    def __init__(self, name: str, secret: str) -> None:
        """Bind a free port.

        Args:
            name: The destination's name in the settings.
            secret: Signs what is sent to it.
        """
        self.name = name
        self.secret = secret
        self.reply: Callable[[Call], Reply] = lambda _call: Reply()
        #: Calls that ended before their message did.
        self.torn = 0
        self._calls: list[Call] = []
        self._lock = threading.Lock()
        self._let_go = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    @property
    def calls(self) -> list[Call]:
        """Every call so far, in the order of arrival."""
        with self._lock:
            return list(self._calls)

    @property
    def taken(self) -> list[Call]:
        """The calls that were answered with 200."""
        return [call for call in self.calls if _is_taken(call)]

    def bodies(self) -> dict[str, set[bytes]]:
        """Return every body that came under each key."""
        found: dict[str, set[bytes]] = defaultdict(set)
        for call in self.calls:
            found[call.key].add(call.body)
        return found

    def about(self, lead_id: UUID) -> list[Call]:
        """Return the calls that were taken about a lead."""
        return [call for call in self.taken if call.lead_id == lead_id]

    def forget(self) -> None:
        """Forget every call so far."""
        with self._lock:
            self._calls.clear()

    def recover(self) -> None:
        """Let hanging calls go, and answer 200 from now on."""
        self.reply = lambda _call: Reply()
        self._let_go.set()

    def hang(self) -> None:
        """Take every call and say nothing."""
        self._let_go.clear()
        self.reply = lambda _call: Reply(hang=True)

    def close(self) -> None:
        """Stop listening."""
        self.recover()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def take(self, key: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Remember a call, and say what to answer."""
        call = Call(key, body, self._is_genuine(headers, body), unshifted(), Reply())
        call = Call(call.key, call.body, call.genuine, call.at, self.reply(call))
        with self._lock:
            self._calls.append(call)
        if call.reply.hang:
            self._let_go.wait(_PATIENCE_S)
        return call.reply

    def _is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        try:
            standardwebhooks.Webhook(self.secret.encode()).verify(body, dict(headers))
        except standardwebhooks.WebhookVerificationError:
            return False
        return True


@contextmanager
def crm(name: str = "crm", secret: str = "a-secret-of-the-crm") -> Iterator[Crm]:  # noqa: S107 - of a fictitious receiver
    """Run a receiver."""
    made = Crm(name, secret)
    try:
        yield made
    finally:
        made.close()


def _is_taken(call: Call) -> bool:
    reply = call.reply
    return 200 <= reply.status < 300 and not reply.hang and not reply.close


def _handler(receiver: Crm) -> type[BaseHTTPRequestHandler]:
    """Return the handler that tells this receiver."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _IDLE_S

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            body = self.rfile.read(length)
            if len(body) < length:
                # The caller was killed in the middle of its message: nobody takes half of one.
                receiver.torn += 1
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = receiver.take(headers.get("webhook-id", ""), headers, body)
            if reply.close or reply.hang:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                # The caller was killed: nobody is left to answer.
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
            """Say nothing: the calls themselves are looked at."""

    return Handler
