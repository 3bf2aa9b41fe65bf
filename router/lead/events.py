"""What can have happened to a lead, in the past tense: the words of the audit trail."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import orjson


class EventKind(StrEnum):
    """Everything the event log can say."""

    #: A delivery was read as a new inquiry.
    LEAD_CAPTURED = "lead.captured"
    #: A later delivery of the same inquiry filled in what was still empty.
    LEAD_UPDATED = "lead.updated"
    #: It was normalized, and is known to come from a new or a returning person.
    LEAD_CLEANED = "lead.cleaned"
    #: It joined another open lead of the same person, and ends here.
    LEAD_MERGED = "lead.merged"
    #: A further inquiry of the same person joined this lead.
    LEAD_APPENDED = "lead.appended"
    #: What it is about was settled: by a guard, by the gate, or by a person.
    LEAD_CLASSIFIED = "lead.classified"
    #: It was given its first owner, and a person who is accountable.
    LEAD_ROUTED = "lead.routed"
    #: It changed hands: declined, breached, reassigned by a person or transferred with others of
    #: its owner, restored, or decided again.
    LEAD_REASSIGNED = "lead.reassigned"
    #: Its owner was offered the packet; messages were written.
    LEAD_ACTIVATED = "lead.activated"
    #: Its owner, or somebody of a shared list, took it.
    LEAD_ACCEPTED = "lead.accepted"
    #: Its owner gave it back; another one is found in the same transaction.
    LEAD_DECLINED = "lead.declined"
    #: A person spoke to the one who asked.
    LEAD_TOUCHED = "lead.touched"
    #: It ended, with an outcome.
    LEAD_CLOSED = "lead.closed"
    #: It is kept but not worked, with the rule's reason; it can be replayed.
    LEAD_REJECTED = "lead.rejected"
    #: The import that it came with was undone: it is kept but not worked; it can be replayed.
    LEAD_RECALLED = "lead.recalled"
    #: Its attempts were spent; an operator was shown why, and can replay it.
    LEAD_PARKED = "lead.parked"
    #: A person sent it back to where it stood before it was parked or rejected.
    LEAD_REPLAYED = "lead.replayed"
    #: It goes by another version of the rule book, because somebody said so.
    LEAD_MOVED = "lead.moved"
    #: One attempt at a stage failed; it is tried again, alone.
    LEAD_FAILED = "lead.failed"
    #: A named person was asked.
    REVIEW_OPENED = "review.opened"
    #: That person answered.
    REVIEW_ANSWERED = "review.answered"
    #: Clocks were started for an offer.
    SLA_STARTED = "sla.started"
    #: The owner was told that time runs out.
    SLA_WARNED = "sla.warned"
    #: A target passed and nobody had acted.
    SLA_BREACHED = "sla.breached"
    #: Somebody above the owner was told.
    SLA_ESCALATED = "sla.escalated"
    #: The awaited act came, in time or late.
    SLA_MET = "sla.met"
    #: A destination confirmed a message; the receipt is kept.
    ACTION_SENT = "action.sent"
    #: A message was given up: refused for good, or its attempts were spent.
    ACTION_PARKED = "action.parked"
    #: A person had a parked message sent again, under the same key.
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


#: Digest of no personal values: most events have none.
_NOTHING = hashlib.sha256(b"{}").digest()


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
    digest = _NOTHING if personal == b"{}" else hashlib.sha256(personal).digest()
    return hashlib.sha256(b"\0".join((previous, kind.encode(), data, digest))).digest()


def canonical(value: object) -> bytes:
    """Write a JSON value as bytes that are the same for equal values.

    >>> canonical({"b": 1, "a": (2,)})
    b'{"a":[2],"b":1}'
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
