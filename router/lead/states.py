"""Every state in one enum per thing, and the only table of allowed moves.

```
captured > cleaned > classified > routed > activated > accepted > contacted > closed
    beside the road: in_review, parked, rejected (each remembers resume_at); and merged
```
"""

from enum import StrEnum

from router.errors import Conflict

#: Why a row or a lead of an import that was undone is not worked.
IMPORT_UNDONE = "import_undone"


class LeadState(StrEnum):
    """Where a lead stands on the road."""

    #: Parsed from a delivery; nothing is trusted yet.
    CAPTURED = "captured"
    #: Normalized, and known to be a new or a returning person.
    CLEANED = "cleaned"
    #: The guards let it pass and its intent is settled.
    CLASSIFIED = "classified"
    #: It has an owner and an accountable person.
    ROUTED = "routed"
    #: The handoff packet is offered, actions are written, clocks run.
    ACTIVATED = "activated"
    #: The owner took it.
    ACCEPTED = "accepted"
    #: A person has spoken to it.
    CONTACTED = "contacted"
    #: The loop is closed with an outcome.
    CLOSED = "closed"
    #: A person is asked; the answer sends it on from ``resume_at``.
    IN_REVIEW = "in_review"
    #: Retries are spent; shown to the operator, can be replayed.
    PARKED = "parked"
    #: Kept but not worked (spam, blocked); can be restored.
    REJECTED = "rejected"
    #: Became part of another open lead of the same person.
    MERGED = "merged"


class OwnerKind(StrEnum):
    """What kind of owner a lead has; from ``routed`` on there always is one."""

    #: A named person.
    PERSON = "person"
    #: A shared list with a named accountable person.
    QUEUE = "queue"
    #: An automatic sequence with a named accountable person.
    SEQUENCE = "sequence"
    #: A pool in which the lead waits until a member can take it, or takes it.
    POOL = "pool"


class DeliveryState(StrEnum):
    """What became of one webhook request, or of one row of an import."""

    #: A row of an import whose turn has not come; no stage takes it.
    WAITING = "waiting"
    #: Committed, not yet looked at.
    RECEIVED = "received"
    #: Turned into leads, updates or nothing, with the reason in the event log.
    CAPTURED = "captured"
    #: The sender was told what is wrong; the first 64 KiB are kept.
    REFUSED = "refused"
    #: Well-formed but not for us (a test ping, an event type the source does not map).
    IGNORED = "ignored"
    #: It could not be captured after several attempts; shown, can be replayed.
    PARKED = "parked"
    #: A row of an import that was undone before it became a lead.
    WITHDRAWN = "withdrawn"


class ImportState(StrEnum):
    """How far an import has come."""

    #: Its rows are let in, portion by portion.
    RUNNING = "running"
    #: Held by somebody; its rows wait.
    PAUSED = "paused"
    #: Every row was let in.
    DONE = "done"
    #: Taken back by its id: what waited is withdrawn, its leads are recalled.
    UNDONE = "undone"


class ActionState(StrEnum):
    """How far one thing to do outside has come."""

    #: Waits for its turn, or for its next try.
    PENDING = "pending"
    #: Leased to a worker that is calling the destination.
    SENDING = "sending"
    #: The destination confirmed it; the receipt is kept.
    SENT = "sent"
    #: Attempts are spent or the destination refused it for good; shown, can be replayed.
    PARKED = "parked"
    #: Made needless before it was sent.
    WITHDRAWN = "withdrawn"


class ClockState(StrEnum):
    """Whether an SLA clock still runs."""

    #: It runs.
    RUNNING = "running"
    #: The target passed and nobody acted; it still runs until met or cancelled.
    BREACHED = "breached"
    #: The awaited act came.
    MET = "met"
    #: The lead changed hands or left the road.
    CANCELLED = "cancelled"


class HandoffState(StrEnum):
    """What became of one transfer of ownership."""

    #: The packet lies before its receiver.
    OFFERED = "offered"
    #: The receiver took it.
    ACCEPTED = "accepted"
    #: The receiver said no, with a reason.
    DECLINED = "declined"
    #: Taken back: the receiver did not act in time, or someone reassigned it.
    WITHDRAWN = "withdrawn"
    #: The lead ended while this handoff was the current one.
    CLOSED = "closed"


class ReviewState(StrEnum):
    """Whether a question to a person is still open."""

    #: Waits for an answer.
    OPEN = "open"
    #: Answered, by whom and how is kept.
    ANSWERED = "answered"
    #: No longer needed.
    WITHDRAWN = "withdrawn"


_S = LeadState
_BESIDE = (_S.IN_REVIEW, _S.PARKED, _S.REJECTED)

#: From each state, the states a lead may move to. A state may always be kept.
MOVES: dict[LeadState, frozenset[LeadState]] = {
    _S.CAPTURED: frozenset({_S.CLEANED, _S.MERGED, *_BESIDE}),
    _S.CLEANED: frozenset({_S.CLASSIFIED, *_BESIDE}),
    _S.CLASSIFIED: frozenset({_S.ROUTED, *_BESIDE}),
    _S.ROUTED: frozenset({_S.ACTIVATED, *_BESIDE}),
    _S.ACTIVATED: frozenset({_S.ROUTED, _S.ACCEPTED, _S.CONTACTED, _S.CLOSED, *_BESIDE}),
    _S.ACCEPTED: frozenset({_S.ROUTED, _S.CONTACTED, _S.CLOSED, *_BESIDE}),
    _S.CONTACTED: frozenset({_S.ROUTED, _S.CLOSED, *_BESIDE}),
    _S.CLOSED: frozenset({_S.ROUTED}),
    _S.IN_REVIEW: frozenset(
        {_S.CAPTURED, _S.CLEANED, _S.CLASSIFIED, _S.ROUTED, _S.REJECTED, _S.PARKED}
    ),
    _S.PARKED: frozenset(
        {_S.CAPTURED, _S.CLEANED, _S.CLASSIFIED, _S.ROUTED, _S.ACTIVATED, _S.REJECTED}
    ),
    _S.REJECTED: frozenset({_S.CAPTURED, _S.CLEANED, _S.CLASSIFIED}),
    _S.MERGED: frozenset(),
}

#: The states in which a lead has an owner who is expected to act.
OWNED = frozenset({_S.ROUTED, _S.ACTIVATED, _S.ACCEPTED, _S.CONTACTED})

#: The states in which a second inquiry of the same person joins this lead.
OPEN = frozenset({_S.CLEANED, _S.CLASSIFIED, _S.IN_REVIEW, *OWNED})


def check_move(lead_id: object, old: LeadState, new: LeadState) -> None:
    """Refuse a move that the table does not allow.

    >>> check_move("7f", LeadState.CAPTURED, LeadState.CLEANED)

    Args:
        lead_id: Named in the error.
        old: Where the lead stands.
        new: Where it shall go; staying is always allowed.

    Raises:
        Conflict: The move is not in :data:`MOVES`; somebody else moved the lead first.
    """
    if new is not old and new not in MOVES[old]:
        raise Conflict(
            f"Lead {lead_id} is {old} and cannot become {new}. Reload it and look at its events."
        )
