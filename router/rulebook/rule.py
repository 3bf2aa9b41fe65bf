"""The shapes of a rule: its condition, its effect, and what a condition can be."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from router.lead.facts import FactValue

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
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    #: A pattern of RE2, found anywhere in the text unless it is anchored.
    MATCHES = "matches"
    #: The moment is later, or earlier, than the one that is wanted.
    AFTER = "after"
    BEFORE = "before"
    #: The moment is at most this long before the lead was received, and not after it.
    WITHIN_LAST = "within_last"
    #: Equal to another fact of the same lead.
    SAME_AS = "same_as"
    #: The moment is in the opening hours of a calendar of the book.
    IN_CALENDAR = "in_calendar"
    NOT_IN_CALENDAR = "not_in_calendar"
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
    #: Already read by the fact's declared type; case-folded where text is compared. A pattern is
    #: as written; ``within_last`` wants seconds, ``same_as`` the name of the other fact.
    want: FactValue
    place: Place
    #: The list of in_list and not_in_list, the calendar of in_calendar and not_in_calendar.
    named: str = ""


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
    #: Id of a table that must have a row for the lead, whose outputs join ``then``; often empty.
    table: str = ""


class Truth(StrEnum):
    """Three-valued truth (Kleene)."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"
