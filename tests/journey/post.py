"""Posting forms as form tools do: one request each, again after any fault of ours."""

import http.client
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from router.now import ticks

#: Seconds between two tries of the same request.
_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class Form:
    """One request to intake."""

    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        """Return the body as JSON."""
        found: dict[str, Any] = orjson.loads(self.body)
        return found

    @property
    def delivery_id(self) -> UUID:
        """Return the id under which the delivery is known; it must have been taken."""
        assert self.status == 200, (self.status, self.body)
        return UUID(self.said["delivery_id"])


def call(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
    """Make one request to a web process of this machine.

    Raises:
        OSError: Nobody answered; so does ``HTTPException``.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body or None, headers)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())
    finally:
        connection.close()


def post(port: int, form: Form) -> Answer:
    """Post a form once."""
    return call(port, "POST", form.path, form.body, **form.headers)


class Sender:
    """Posts until it is told 200, as every form tool does; any web process will do."""

    def __init__(self, ports: Sequence[int], *, patience_s: float) -> None:
        """Post to these processes in turn.

        Args:
            ports: Of the web processes.
            patience_s: Seconds after which it gives up.
        """
        self._ports = ports
        self._patience_s = patience_s
        self._turn = 0
        self._lock = threading.Lock()
        self._never = threading.Event()
        #: Requests that had to be sent again.
        self.repeated = 0
        #: Statuses other than 200 that were told.
        self.told: set[int] = set()

    def deliver(self, form: Form) -> Answer:
        """Post a form until it is taken.

        Raises:
            TimeoutError: It was not taken in time.
        """
        deadline = ticks() + self._patience_s
        while ticks() < deadline:
            try:
                answer = post(self._next_port(), form)
            except (OSError, http.client.HTTPException):
                answer = None
            if answer is not None and answer.status == 200:
                return answer
            with self._lock:
                self.repeated += 1
                if answer is not None:
                    self.told.add(answer.status)
            self._never.wait(_PAUSE_S)
        raise TimeoutError(f"{form.path} was not taken within {self._patience_s:g} s")

    def pause(self, seconds: float = 0.1) -> None:
        """Wait a moment before the next form, as people do."""
        self._never.wait(seconds)

    def _next_port(self) -> int:
        with self._lock:
            self._turn += 1
            return self._ports[self._turn % len(self._ports)]
