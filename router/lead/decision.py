"""What every ``decide`` returns: new values, what happened, and what must follow.

A decision is a value. Nothing in it has happened until ``router.road.record`` has written it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from router.lead.events import Event
from router.lead.handoff import Packet
from router.lead.ids import ContactId
from router.lead.model import Lead, Person
from router.lead.states import HandoffState

#: Why a lead changes hands that a bad version of the rule book had given to the wrong owner.
DECIDED_AGAIN = "decided_again"
#: Why a lead changes hands together with others of its owner: a person said where they go.
TRANSFERRED = "transferred"
#: The same, where a person only said that the active rules shall decide.
TRANSFERRED_BY_RULES = "transferred_by_rules"

#: Why a lead changes hands that is replayed, and whose owner has left meanwhile.
OWNER_LEFT = "owner_left"
#: Why a lead changes hands that nobody has accepted yet, and whose owner is away, or has switched
#: themselves off.
OWNER_AWAY, OWNER_OFFLINE = "owner_away", "owner_offline"
#: Owners who have gone: their pool says whether it was a turn of theirs.
OWNER_GONE = frozenset({OWNER_AWAY, OWNER_OFFLINE})
#: Why a lead changes hands that waited in its pool, and that somebody can take now.
RELEASED = "released"
#: Why a lead changes hands that a member has taken from its pool.
CLAIMED = "claimed"
#: Why leads change hands that waited in their pool.
WAITED = frozenset({RELEASED, CLAIMED})


class ClockKind(StrEnum):
    """The promises that are watched."""

    #: The owner accepts or declines the handoff.
    ACCEPTANCE = "acceptance"
    #: A person speaks to the lead for the first time.
    FIRST_TOUCH = "first_touch"


@dataclass(frozen=True, slots=True)
class Reroute:
    """Ask the route stage for another owner, in this same transaction."""

    #: Stable code: ``declined``, ``breached``, ``reassigned``, ``restored``, ``decided_again``,
    #: ``transferred``, ``transferred_by_rules``, ``owner_offline``, ``owner_away``.
    reason: str
    #: Who asked for it: a person's id, or ``ticker``.
    by: str
    #: The person it must go to; empty lets the pool pick.
    to: str = ""
    #: Go to the book's fallback owner without asking the pool.
    fallback: bool = False
    #: What was said, for the next owner.
    note: str = ""
    #: The pick by which its owner got it does not count as a turn.
    give_back: bool = False
    #: It waited with so many others that everybody who works today shares them.
    wave: bool = False
    #: The rules decide as for a lead that nobody had yet, and every clock begins anew: the owner
    #: before never was the right one.
    afresh: bool = False
    #: People whom no pick may choose this time, although they did not pass the lead up: whoever's
    #: leads are transferred must not get them back.
    never: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnowContact:
    """Remember a person, or learn more keys of one who is known."""

    contact_id: ContactId
    #: True when this contact did not exist before.
    new: bool
    person: Person
    #: What the contact can be found by, e.g. ``email:ann@example.com``, ``phone:+442079460018``.
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfferHandoff:
    """Put a packet before its receiver; the lead's current handoff becomes this one."""

    handoff_id: UUID
    packet: Packet
    #: Receiver, an id of the book: a person, a queue or a sequence.
    to: str
    accountable: str
    #: The owner before; empty for the first handoff.
    sender: str


@dataclass(frozen=True, slots=True)
class EndHandoff:
    """Close the lead's current handoff, or mark it accepted, with the reason."""

    handoff_id: UUID
    state: HandoffState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StartClock:
    """Start a clock of the lead; one of the same kind that still runs is cancelled first."""

    kind: ClockKind
    #: Whose working time it runs in.
    calendar: str
    started_at: datetime
    respond_by: datetime
    #: Working time that was promised.
    target: timedelta
    #: Step of the ladder that is due next, and when.
    next_step: int
    next_at: datetime


@dataclass(frozen=True, slots=True)
class StopClock:
    """Stop a clock: its awaited act came (``met``), or it lost its reason (not ``met``)."""

    kind: ClockKind
    met: bool


@dataclass(frozen=True, slots=True)
class MoveClock:
    """Set the next step of a running clock's ladder; None means that no step is left."""

    kind: ClockKind
    next_step: int
    next_at: datetime | None
    breached: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """Let the lead wait in its pool; it is looked at again at a moment, or when somebody is back.

    It waits no more as soon as it has another owner, or ends.
    """

    pool: str
    #: When somebody may be able to take it; None if that is not known.
    look_at: datetime | None
    #: Whether something of this very lead keeps it from somebody, so that others of the pool may
    #: find somebody although it does not.
    own: bool = False


@dataclass(frozen=True, slots=True)
class AskPerson:
    """Open a question to a named person."""

    #: Stable code of why a person is needed, e.g. ``unclear_intent``.
    reason: str
    question: str
    #: Id of the person who shall answer.
    reviewer: str
    #: Up to three answers, best first.
    suggestions: tuple[str, ...]
    due_at: datetime
    #: True holds the lead until it is answered.
    blocking: bool = True


@dataclass(frozen=True, slots=True)
class AnswerReview:
    """Close a question with a person's answer."""

    review_id: UUID
    answer: str
    by: str


@dataclass(frozen=True, slots=True)
class Act:
    """Something to do outside: one message of one kind; the book of settings says to whom.

    The idempotency key is made by ``record`` from lead, event and destination.
    """

    #: Message type, e.g. ``handoff.offered``, ``sla.warned``.
    kind: str
    #: What is said; frozen when written, so that every attempt sends the same bytes.
    body: Mapping[str, object]
    #: Withdraw what is still pending of this lead with these message types first.
    supersedes: tuple[str, ...] = ()


Effect = (
    KnowContact
    | OfferHandoff
    | EndHandoff
    | StartClock
    | StopClock
    | MoveClock
    | Hold
    | AskPerson
    | AnswerReview
    | Act
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a stage concluded about one lead, and why.

    ``lead`` is the lead as it shall be (``dataclasses.replace`` of the one given); ``record``
    checks the move against the table of moves and sets ``version`` and ``head``.
    """

    lead: Lead
    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()
    #: Decisions about other leads that belong to the same act, e.g. the one merged into.
    also: tuple["Decision", ...] = ()
    #: Set when another owner must be found now.
    reroute: Reroute | None = None
