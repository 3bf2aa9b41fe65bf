"""Every extension point on one page. A plug-in is one file that keeps one of these contracts.

Built-ins and entry points are found by :mod:`router.plugins.registry`; being installed is not
being enabled: settings and the rule book name what is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from router.lead.model import Alternative


@dataclass(frozen=True, slots=True)
class Enquiry:
    """What a classifier may see: no name, no address, no owner."""

    #: Opaque id, for logs.
    id: str
    text: str
    #: Allow-listed facts: ``service_line``, ``country``, ``form.kind``, ``is_returning``.
    context: Mapping[str, str]
    #: Digest of the book whose labels are allowed.
    taxonomy: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a classifier proposes. Untrusted: only the gate of the classify stage may accept it."""

    intent: str
    confidence: float
    urgency: str
    service_interest: str
    summary: str
    evidence: tuple[str, ...]
    alternatives: tuple[Alternative, ...]
    risk_flags: tuple[str, ...]
    classifier: str
    version: str


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to send: the same key always comes with the same bytes."""

    #: Idempotency key; stable over every attempt.
    key: str
    kind: str
    body: bytes
    attempt: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that the destination has it: status and up to 2 KiB of its answer."""

    status: int
    detail: str


class Classifier(Protocol):
    """Proposes what an inquiry is about. Pure ones answer within the stage; none may decide."""

    name: str
    version: str

    def suggest(self, enquiry: Enquiry) -> Suggestion:
        """Judge one inquiry. Must not raise for any text; unclear means low confidence."""
        ...


class Destination(Protocol):
    """Sends one kind of message somewhere. Called outside any transaction, under a lease."""

    name: str

    def send(self, message: Message, deadline_s: float) -> Receipt:
        """Deliver one message within ``deadline_s`` seconds.

        Raises:
            Transient: Try again later; ``Slow`` also says when.
            Permanent: The destination refused it for good.
        """
        ...

    def close(self) -> None:
        """Give back connections when the process ends."""
        ...
