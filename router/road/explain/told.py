"""The shapes of an explanation; every moment is aware, every word is for people."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from router.lead.states import LeadState


@dataclass(frozen=True, slots=True)
class Came:
    """What came in."""

    source: str
    form: str
    page: str
    campaign: str
    received_at: datetime
    #: What the sender says; None if it does not.
    submitted_at: datetime | None
    delivery_id: UUID
    #: What became of the delivery; empty for a sample that was never sent.
    delivery: str
    #: The person's own words.
    message: str


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What was made of it."""

    #: ``new``, ``returning`` or ``open_lead``; empty before that was known.
    match: str
    matched_by: tuple[str, ...]
    notes: tuple[str, ...]
    missing: tuple[str, ...]
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountCandidate:
    """An account that the lead might have belonged to, and why it does or does not."""

    key: str
    #: Its name; its key where the name was erased.
    name: str
    #: ``contact``, ``domain`` or ``name``.
    by: str
    #: 0..1.
    score: float
    won: bool
    why: str


@dataclass(frozen=True, slots=True)
class AccountTold:
    """Whose account the lead is."""

    #: What the CRM calls it; empty when it is no account that we know.
    key: str
    name: str
    by: str
    score: float
    #: True when it is the account of the open lead that this one joined.
    kept: bool
    #: Id and name of who owns the account; no name for somebody who is not on the roster.
    owner: str
    owner_name: str
    #: The best ones, best first.
    candidates: tuple[AccountCandidate, ...]
    #: How many more there were.
    more: int


@dataclass(frozen=True, slots=True)
class RuleTold:
    """A rule, and the comparisons that speak for or against it."""

    rule: str
    summary: str
    steward: str
    #: ``file:line`` in the rule book.
    place: str
    #: For the rule that decided: what held. For a near miss: what did not.
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PhaseTold:
    """How one part of the rule book came out."""

    phase: str
    #: The rule that decided; None when none matched.
    decided: RuleTold | None
    #: What it does, e.g. ``pool uk-and-ireland``; empty when none matched.
    effect: str
    #: Rules of which all conditions but one held.
    near_misses: tuple[RuleTold, ...]
    #: Rules that were looked at.
    judged: int


@dataclass(frozen=True, slots=True)
class Found:
    """What the inquiry is about, and who says so."""

    intent: str
    #: 0..1.
    confidence: float
    #: ``accepted``, ``suggested`` or ``person``.
    decided_by: str
    alternatives: tuple[tuple[str, float], ...]
    evidence: tuple[str, ...]
    urgency: str
    service: str
    summary: str
    risk_flags: tuple[str, ...]
    #: Name and version of the classifier.
    classifier: str


@dataclass(frozen=True, slots=True)
class OwnerTold:
    """Who has it."""

    kind: str
    id: str
    name: str
    accountable: str
    accountable_name: str
    pool: str
    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who was considered, and the first reason for choosing them or passing them over."""

    #: Id of the person; of a group of a pool, the id of its pool.
    person: str
    name: str
    chosen: bool
    #: As it was recorded; moments in it name their zone.
    why: str
    #: True for a group of a pool, whose turn comes before that of its members.
    group: bool = False
    #: The pool they were looked at in; empty for who was named or came first.
    pool: str = ""
    #: Code of what barred them, such as ``away`` or ``cap``; empty for who lost the turn or got it.
    bar: str = ""
    #: What they were owed, in leads; None where no turn was taken.
    owed: float | None = None


@dataclass(frozen=True, slots=True)
class ChangeTold:
    """One thing that would have been otherwise."""

    #: ``back``, ``on_shift``, ``cap``, ``not_passed``, ``not_excluded``, ``weight``, ``skill``,
    #: ``tier``, ``fewer_open``, ``fact`` or ``credit``.
    kind: str
    #: Id of the person or group, or name of the fact.
    about: str
    #: The pool it is about; empty for facts, and for all pools.
    pool: str
    #: The value it would have had; empty where there is none.
    value: str


@dataclass(frozen=True, slots=True)
class IfTold:
    """Changes, and who would have got the lead with them: decided again, not guessed."""

    changes: tuple[ChangeTold, ...]
    #: Kind, id and name of the owner.
    kind: str
    owner: str
    name: str
    #: The pool that would have given it; empty for none.
    pool: str
    #: The rule that would have decided; empty for none.
    rule: str
    #: All of it in one sentence.
    words: str


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The smallest changes under which somebody else, or a certain person, gets the lead."""

    #: Id of the person; empty for anybody else than who got it.
    person: str
    found: tuple[IfTold, ...]
    #: How often it was decided again.
    asked: int
    #: True when time was up before everything was tried.
    cut_short: bool
    #: Why nothing was tried; empty when something was.
    why_not: str


@dataclass(frozen=True, slots=True)
class WhyNot:
    """What is to be said of one person."""

    person: str
    name: str
    #: Whether they were looked at.
    considered: bool
    #: Whether they own it now.
    has_it: bool
    #: The answer, in one sentence.
    words: str


@dataclass(frozen=True, slots=True)
class ClockTold:
    """One promise."""

    clock: str
    state: str
    started_at: datetime
    respond_by: datetime
    #: Working time that was promised, in seconds.
    target_s: int
    calendar: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a person."""

    id: UUID
    reason: str
    question: str
    reviewer: str
    state: str
    due_at: datetime
    answer: str
    answered_by: str


@dataclass(frozen=True, slots=True)
class Sent:
    """Something that was or shall be said outside."""

    kind: str
    destination: str
    state: str
    attempts: int
    #: Its end, or its next try.
    at: datetime
    #: What the destination answered, or the last error; empty before the first try.
    receipt: str


@dataclass(frozen=True, slots=True)
class Happened:
    """One event, in words."""

    seq: int
    at: datetime
    kind: str
    actor: str
    words: str


@dataclass(frozen=True, slots=True)
class Next:
    """What happens next, unless somebody acts."""

    what: str
    #: None when it waits for a person without a limit.
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Chain:
    """Whether the events are as they were written."""

    verified: bool
    events: int
    #: What is wrong; empty when it is verified.
    problem: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that is known about the way of one lead."""

    lead_id: UUID
    state: LeadState
    #: Why it stands beside the road; empty on the road.
    reason: str
    #: Who asks, e.g. ``Ann Archer, Archer Mills Ltd``.
    who: str
    #: IANA zone of the owner; UTC while there is none.
    zone: str
    #: True for a sample that was never sent.
    rehearsed: bool
    merged_into: UUID | None
    came: Came
    cleaned: Cleaned
    #: None when no account was looked for.
    account: AccountTold | None
    #: Digest of the rule book version.
    digest: str
    #: ``recorded`` when the facts are those that were judged, ``present`` when they are the
    #: lead's as it stands; empty when the version cannot be read.
    facts: str
    phases: tuple[PhaseTold, ...]
    found: Found | None
    owner: OwnerTold | None
    candidates: tuple[Candidate, ...]
    sla: str
    priority: str
    clocks: tuple[ClockTold, ...]
    questions: tuple[Question, ...]
    next: tuple[Next, ...]
    sent: tuple[Sent, ...]
    timeline: tuple[Happened, ...]
    chain: Chain
    #: Set when it was asked for.
    why_not: WhyNot | None = None
    what_if: WhatIf | None = None
