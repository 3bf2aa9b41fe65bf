"""The shapes of a book's own tests: cases, and what must never happen."""

from collections.abc import Mapping
from dataclasses import dataclass

from router.lead.facts import FactValue
from router.rulebook.rule import Condition, Place


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a lead is expected to get; an empty value expects nothing."""

    #: Id of the rule of guards, routes or fallback that decides.
    rule: str = ""
    #: Kind and name of the target, e.g. ``("pool", "dach")``; a name ``*`` is any.
    target: tuple[str, str] = ("", "")
    #: Ids of rules that must not decide.
    misses: tuple[str, ...] = ()
    sla: str = ""
    priority: str = ""
    #: Tags it must have at the end.
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """Given this lead, expect that owner."""

    name: str
    facts: Mapping[str, FactValue]
    expect: Expectation
    place: Place


@dataclass(frozen=True, slots=True)
class Invariant:
    """What holds for every lead that meets a condition."""

    name: str
    when: Condition
    #: Kinds and names of targets that such a lead must never get; a name ``*`` is any.
    never: tuple[tuple[str, str], ...]
    #: Of these it must get one; empty when any will do.
    always: tuple[tuple[str, str], ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Proofs:
    """The tests of a book."""

    cases: tuple[Case, ...] = ()
    invariants: tuple[Invariant, ...] = ()
