"""What can have happened to a lead, in the past tense: the words of the audit trail."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import orjson


class EventKind(StrEnum):
    """Everything the event log can say."""

    LEAD_CAPTURED = "lead.captured"
    LEAD_UPDATED = "lead.updated"
    LEAD_CLEANED = "lead.cleaned"
    LEAD_MERGED = "lead.merged"
    LEAD_APPENDED = "lead.appended"
    LEAD_CLASSIFIED = "lead.classified"
    LEAD_ROUTED = "lead.routed"
    LEAD_REASSIGNED = "lead.reassigned"
    LEAD_ACTIVATED = "lead.activated"
    LEAD_ACCEPTED = "lead.accepted"
    LEAD_DECLINED = "lead.declined"
    LEAD_TOUCHED = "lead.touched"
    LEAD_CLOSED = "lead.closed"
    LEAD_REJECTED = "lead.rejected"
    LEAD_PARKED = "lead.parked"
    LEAD_REPLAYED = "lead.replayed"
    LEAD_FAILED = "lead.failed"
    REVIEW_OPENED = "review.opened"
    REVIEW_ANSWERED = "review.answered"
    SLA_STARTED = "sla.started"
    SLA_WARNED = "sla.warned"
    SLA_BREACHED = "sla.breached"
    SLA_ESCALATED = "sla.escalated"
    SLA_MET = "sla.met"
    ACTION_SENT = "action.sent"
    ACTION_PARKED = "action.parked"
    ACTION_REPLAYED = "action.replayed"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a lead.

    ``data`` carries the whole decision (rule, version, trace, candidates) and is never erased;
    ``personal`` carries what may have to be. Both hold only JSON values.
    """

    kind: EventKind
    data: Mapping[str, object] = field(default_factory=dict)
    personal: Mapping[str, object] = field(default_factory=dict)
    #: Who caused it: a stage name, a person's id, ``ticker``.
    actor: str = ""


def chain(previous: bytes, kind: str, data: bytes, personal: bytes) -> bytes:
    """Return the hash that ties an event to the one before it.

    Personal values enter only as their own digest, so that the chain still checks after they
    are erased.

    >>> chain(b"", "lead.captured", b"{}", b"{}").hex()[:8]
    '6250d614'

    Args:
        previous: Hash of the lead's event before; empty for the first.
        kind: The event's kind.
        data: Its data, as the canonical bytes of :func:`canonical`.
        personal: Its personal values, likewise.
    """
    digest = hashlib.sha256(personal).digest()
    return hashlib.sha256(b"\0".join((previous, kind.encode(), data, digest))).digest()


def canonical(value: object) -> bytes:
    """Write a JSON value as bytes that are the same for equal values.

    >>> canonical({"b": 1, "a": (2,)})
    b'{"a":[2],"b":1}'
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
