"""The shapes of a rule book, as frozen values: what ``load`` gives and everybody else reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from router.lead.facts import FactValue


#: The names that a source's ``map`` may give a value to; ``answers.<label>`` may be used as well,
#: for every further question.
CANONICAL_FIELDS: tuple[str, ...] = (
    "name",
    "first_name",
    "last_name",
    "email",
    "phone",
    "country",
    "city",
    "postcode",
    "job_title",
    "company",
    "company_size",
    "website",
    "message",
    "service_line",
    "tags",
    "form.id",
    "form.name",
    "form.kind",
    "page.url",
    "utm.source",
    "utm.medium",
    "utm.campaign",
    "utm.term",
    "utm.content",
    "submitted_at",
    "honeypot",
)

#: How urgent a lead may be, lowest first: the values of ``priority`` and of ``urgency``.
PRIORITIES: tuple[str, ...] = ("low", "normal", "high")


class Phase(StrEnum):
    """The parts of a book, evaluated in this order."""

    #: Hard constraints: spam, blocked, existing customers. Before any classifier.
    GUARDS = "guards"
    #: Who gets it.
    ROUTES = "routes"
    #: Settings on top: SLA, priority, tags. Every rule that matches counts.
    ENRICH = "enrich"
    #: Nothing matched: a named queue. Its last rule has no condition.
    FALLBACK = "fallback"


class Operator(StrEnum):
    """The closed set of comparisons."""

    IS = "is"
    NOT = "not"
    IN = "in"
    NOT_IN = "not_in"
    IN_LIST = "in_list"
    NOT_IN_LIST = "not_in_list"
    GTE = "gte"
    GT = "gt"
    LTE = "lte"
    LT = "lt"
    HAS = "has"
    HAS_ANY = "has_any"
    CONTAINS = "contains"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the book something stands; lines and columns count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        """Return ``file:line:column``."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of one fact."""

    fact: str
    operator: Operator
    #: Already read by the fact's declared type; case-folded where text is compared.
    want: FactValue
    place: Place
    #: For in_list and not_in_list: the name of the list.
    list_name: str = ""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when one part is true."""

    parts: tuple["Condition", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class AllOf:
    """True when every part is true; true when it has none."""

    parts: tuple["Condition", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class NotOf:
    """True when its part is false; unknown when its part is unknown."""

    part: "Condition"
    place: Place


Condition = Comparison | AnyOf | AllOf | NotOf


class OnUnknown(StrEnum):
    """What a rule does when its condition is neither true nor false."""

    SKIP = "skip"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a rule does. At most one target: person, pool, queue, sequence, reject or review."""

    person: str = ""
    pool: str = ""
    queue: str = ""
    sequence: str = ""
    #: Code of the refusal, e.g. ``spam``.
    reject: str = ""
    #: Code of why a person must look.
    review: str = ""
    sla: str = ""
    priority: str = ""
    tags: tuple[str, ...] = ()

    @property
    def target(self) -> tuple[str, str]:
        """Return the kind of target and its name; ("", "") for settings only."""
        for kind in ("person", "pool", "queue", "sequence", "reject", "review"):
            name: str = getattr(self, kind)
            if name:
                return kind, name
        return "", ""


@dataclass(frozen=True, slots=True)
class Example:
    """Facts that a rule must match, or must miss."""

    facts: Mapping[str, FactValue]
    matches: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Rule:
    """One sentence of the book."""

    id: str
    summary: str
    #: Address of the person who answers for this rule.
    steward: str
    phase: Phase
    when: Condition
    then: Effect
    place: Place
    on_unknown: OnUnknown = OnUnknown.SKIP
    examples: tuple[Example, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Member:
    """A person's place in a pool."""

    person: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Pool:
    """A group a picker chooses from."""

    id: str
    #: Role that the packet is written for.
    role: str
    manager: str
    members: tuple[Member, ...]
    #: ``nothing``, or ``on_shift`` when a person off shift counts as unavailable.
    require: str = "nothing"


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
class Verification:
    """How a source proves that it sent a request.

    ``scheme`` is ``none``, ``hmac``, ``header`` (shared secret in a header), ``path`` (secret as
    the last part of the path) or ``standard`` (Standard Webhooks).
    """

    scheme: str = "none"
    #: Name of the secret: ``LEAD_ROUTER_SECRET_<NAME>``.
    secret: str = ""
    header: str = ""
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""
    #: What is signed, from ``{body}``, ``{timestamp}``, ``{id}``, ``{url}``, ``{method}``.
    signed: str = "{body}"
    timestamp_header: str = ""
    #: ``s`` or ``ms``.
    timestamp_unit: str = "s"
    #: Allowed distance of the timestamp, into the past and into the future.
    tolerance: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Source:
    """One form: how it proves itself, what its fields mean, who answers for it."""

    id: str
    summary: str
    #: Address of the person who owns the form.
    steward: str
    verify: Verification
    #: Header or body path (``event_id``) whose value names the delivery; empty: hash of the body.
    dedupe_header: str
    dedupe_path: str
    #: Path to the list of inquiries in one body; empty: the body is one inquiry.
    items: str
    #: Path, within an item, of the id the sender gives an inquiry; empty: delivery and position.
    item_key: str
    #: Only bodies in which this path has one of these values hold leads; empty path: all.
    only_path: str
    only_values: tuple[str, ...]
    #: Canonical name (``email``, ``message``, ``form.kind``, ...) to the paths tried in order.
    mapping: Mapping[str, tuple[str, ...]]
    #: Canonical name to a fixed value.
    constants: Mapping[str, str]
    #: Canonical names without which a lead is sent to a person.
    required: tuple[str, ...]
    #: May a caller ask ``?wait=owner``?
    wait: bool
    #: Requests a minute from an unsigned source; 0 for no limit.
    rate_per_minute: int
    #: Path to the list of questions (id or ref, and title), where answers name them only by id.
    questions: str = ""
    #: Path to the list of answers; those that no mapping reads are kept under their question.
    question_answers: str = ""


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
    #: The files it was read from, path to text, so that it can be stored and read again.
    files: Mapping[str, str] = field(default_factory=dict, repr=False)


class Truth(StrEnum):
    """Three-valued truth (Kleene)."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ComparisonTrace:
    """How one comparison came out."""

    fact: str
    operator: str
    want: FactValue
    #: The value that was compared; None when unknown.
    actual: FactValue | None
    truth: Truth
    line: int


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """How one rule came out."""

    rule: str
    phase: Phase
    file: str
    line: int
    truth: Truth
    tests: tuple[ComparisonTrace, ...]
    #: True when it has two or more conditions and all but one of them held.
    near_miss: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a phase said: the first rule that matched, and the rules it passed over.

    It holds no trace: facts and digest name the decision exactly, so that
    :func:`router.rulebook.explain.explain_phase` can make the whole trace again when asked.
    """

    #: None when no rule matched.
    rule: Rule | None
    effect: Effect
    #: Set when an unknown value of a rule with ``on_unknown: review`` asks for a person.
    review_rule: Rule | None = None
    #: Ids of the rules that were looked at before, in their order, and did not fire.
    passed_over: tuple[str, ...] = ()
