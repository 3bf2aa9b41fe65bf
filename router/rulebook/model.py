"""The shapes of a rule book, as frozen values: what ``load`` gives and everybody else reads.

Rules are shaped in :mod:`router.rulebook.rule`, what they say in
:mod:`router.rulebook.verdict`, tables in :mod:`router.rulebook.table`, the
book's own tests in :mod:`router.rulebook.proof`, pools in :mod:`router.rulebook.pool`, how accounts
are found in :mod:`router.rulebook.accounts` and sources in :mod:`router.rulebook.source`; all can
be had from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from router.rulebook.accounts import AccountBy, AccountPolicy, AccountTie
from router.rulebook.availability import AbsenceKind, Availability, Waiting
from router.rulebook.policy import Band, Policy, Publishing
from router.rulebook.pool import (
    AbsenceCredit,
    Absences,
    Caps,
    First,
    Group,
    HandOut,
    Member,
    Method,
    NobodyPolicy,
    Period,
    Pool,
    Ramp,
    Skill,
)
from router.rulebook.proof import Case, Expectation, Invariant, Proofs
from router.rulebook.rule import (
    PRIORITIES,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Effect,
    Example,
    NotOf,
    OnUnknown,
    Operator,
    Phase,
    Place,
    Rule,
    Truth,
)
from router.rulebook.source import CANONICAL_FIELDS, Source, Verification
from router.rulebook.table import Key, Row, Table
from router.rulebook.verdict import ComparisonTrace, RuleTrace, Verdict

__all__ = [
    "CANONICAL_FIELDS",
    "PRIORITIES",
    "AbsenceCredit",
    "AbsenceKind",
    "Absences",
    "AccountBy",
    "AccountPolicy",
    "AccountTie",
    "AllOf",
    "AnyOf",
    "Availability",
    "Band",
    "Calendar",
    "Caps",
    "Case",
    "Comparison",
    "ComparisonTrace",
    "Condition",
    "Effect",
    "Example",
    "Expectation",
    "First",
    "Group",
    "HandOut",
    "HandoffStandard",
    "Intent",
    "Invariant",
    "Key",
    "Member",
    "Method",
    "NobodyPolicy",
    "NotOf",
    "OnUnknown",
    "Operator",
    "Period",
    "PersonCard",
    "Phase",
    "Place",
    "Policy",
    "Pool",
    "Promise",
    "Proofs",
    "Publishing",
    "Queue",
    "Ramp",
    "Row",
    "Rule",
    "RuleBook",
    "RuleTrace",
    "Skill",
    "SlaPolicy",
    "Source",
    "Step",
    "StepKind",
    "Table",
    "Taxonomy",
    "Truth",
    "Verdict",
    "Verification",
    "Waiting",
]


@dataclass(frozen=True, slots=True)
class PersonCard:
    """A person of the roster."""

    id: str
    name: str
    email: str
    #: Id of the manager; empty only for the one at the top.
    manager: str
    calendar: str
    booking_link: str = ""
    skills: frozenset[str] = frozenset()
    #: Most leads over all pools.
    caps: Caps = field(default_factory=dict)
    #: Id of who takes this person's place while they are away; empty for nobody.
    cover: str = ""
    #: Whether they left: they are still known, but never get another lead.
    left: bool = False


@dataclass(frozen=True, slots=True)
class Queue:
    """A shared list without a person; ``accountable`` answers for it."""

    id: str
    role: str
    accountable: str
    calendar: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working hours in a zone."""

    id: str
    zone: str
    #: OpenStreetMap opening hours, e.g. ``Mo-Fr 09:00-12:30,13:30-17:30``.
    hours: str
    #: ISO country and optional subdivision whose public holidays are off; empty for none.
    country: str = ""
    subdivision: str = ""
    #: One-off rules in the same grammar, e.g. ``2026 Dec 24 off``.
    extra: tuple[str, ...] = ()


class StepKind(StrEnum):
    """What a step of a ladder does."""

    #: Tell the owner that time runs out.
    WARN = "warn"
    #: Tell the owner's manager; from here on the clock is breached.
    ESCALATE = "escalate"
    #: Give it to somebody else, never to who missed it.
    REASSIGN = "reassign"
    #: Give it to the book's fallback owner.
    FALLBACK = "fallback"
    #: Tell the accountable person again, each working day.
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a ladder."""

    kind: StepKind
    #: Working time as a share of the target: 0.8 is before the breach, 1.0 the breach.
    at: float


@dataclass(frozen=True, slots=True)
class Promise:
    """Target and ladder of one clock."""

    target: timedelta
    ladder: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class SlaPolicy:
    """What is promised to a lead, by clock (``acceptance``, ``first_touch``)."""

    id: str
    promises: Mapping[str, Promise]


@dataclass(frozen=True, slots=True)
class Intent:
    """One label of the closed list, and the phrases that speak for it."""

    id: str
    summary: str
    #: Phrase (case-folded) to weight; a negative weight speaks against it.
    cues: Mapping[str, float]
    #: True when it always needs a person, as ``other`` does.
    always_review: bool = False


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """What a classifier may say, and how sure it must be."""

    intents: tuple[Intent, ...]
    #: Service id to the phrases that name it.
    services: Mapping[str, tuple[str, ...]]
    #: Phrases that make an inquiry urgent, or not.
    urgent: Mapping[str, float]
    relaxed: Mapping[str, float]
    #: Smallest confidence that is accepted without a person.
    accept_at: float
    #: Smallest lead over the second-best intent.
    margin: float
    #: Id of the person who answers doubtful ones.
    reviewer: str
    #: Working time the reviewer has.
    review_within: timedelta


@dataclass(frozen=True, slots=True)
class HandoffStandard:
    """What must travel to a receiving role."""

    role: str
    objective: str
    needs: tuple[str, ...]
    next_action: str
    promised: str = ""


@dataclass(frozen=True, slots=True)
class RuleBook:
    """One published version, whole. ``digest`` names it."""

    digest: str
    name: str
    #: Id of the person who gets what nobody else can take.
    fallback_owner: str
    default_sla: str
    rules: Mapping[Phase, tuple[Rule, ...]]
    lists: Mapping[str, frozenset[str]]
    people: Mapping[str, PersonCard]
    pools: Mapping[str, Pool]
    queues: Mapping[str, Queue]
    #: Sequences have the shape of a queue: a name and who is accountable.
    sequences: Mapping[str, Queue]
    calendars: Mapping[str, Calendar]
    slas: Mapping[str, SlaPolicy]
    taxonomy: Taxonomy
    standards: Mapping[str, HandoffStandard]
    sources: Mapping[str, Source]
    tables: Mapping[str, Table] = field(default_factory=dict)
    #: How the book may be changed.
    policy: Policy = field(default_factory=Policy)
    #: What happens to a person's leads when they go.
    availability: Availability = field(default_factory=Availability)
    #: How the account of a lead is found.
    accounts: AccountPolicy = field(default_factory=AccountPolicy)
    #: The book's own tests; they are stored with it but do not change its digest.
    proofs: Proofs = field(default_factory=Proofs)
    #: The files it was read from, path to text, so that it can be stored and read again.
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
