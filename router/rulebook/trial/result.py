"""The shapes of what a trial of a book found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from router.lead.facts import Facts, FactValue
from router.rulebook.model import Expectation, Phase, Place


class Kind(StrEnum):
    """What was tried."""

    EXAMPLE = "example"
    CASE = "case"
    INVARIANT = "invariant"


class Status(StrEnum):
    """How it came out."""

    PASSED = "passed"
    FAILED = "failed"
    #: An invariant that could not be proved, and that no sampled lead breaks.
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the test wants it."""

    #: ``rule``, ``target``, ``sla``, ``priority``, ``tags`` or ``match``.
    what: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Trial:
    """One test of the book, and how it came out."""

    kind: Kind
    name: str
    place: Place
    status: Status
    differences: tuple[Difference, ...] = ()
    #: The lead: the test's own, or the counterexample of an invariant.
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    #: Lines for people: which rule took it and by which values, and why the expected one did not.
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A test that would close a gap; its outcome was evaluated, not guessed."""

    #: ``matches`` or ``misses`` for an example of the rule, ``case`` for ``tests/cases.yaml``.
    where: str
    rule: str
    facts: Facts
    #: Of a case: what the lead gets today.
    expect: Expectation = field(default_factory=Expectation)


@dataclass(frozen=True, slots=True)
class Gap:
    """A rule, or one way a comparison can come out, that no test shows."""

    rule: str
    place: Place
    what: str
    #: None when no lead was found that would show it.
    suggestion: Suggestion | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the examples and cases look at. The shares are percentages, 100 when there is nothing.

    A rule counts when it decides at least one lead of an example or case in the whole book (a
    rule of ``enrich``: when it adds its settings). A comparison counts twice, once for each way it
    can come out: in an example of its own rule, or in a case that gets as far as its rule.
    """

    rules: int
    rules_seen: int
    conditions: int
    conditions_seen: int
    rows: int
    rows_seen: int
    #: Rules first, then comparisons; each in the order of the book.
    rule_gaps: tuple[Gap, ...] = ()
    condition_gaps: tuple[Gap, ...] = ()

    @property
    def rule_share(self) -> float:
        """Return the percentage of rules that decide a tested lead."""
        return share(self.rules_seen, self.rules)

    @property
    def condition_share(self) -> float:
        """Return the percentage of ways that comparisons were seen to come out."""
        return share(self.conditions_seen, self.conditions)


@dataclass(frozen=True, slots=True)
class Survivor:
    """An edit of a rule that no test notices."""

    rule: str
    phase: Phase
    place: Place
    #: What was changed, in the book's own words.
    what: str
    #: A case that would notice it, and what its lead gets after the edit; None if none is known.
    suggestion: Suggestion | None = None
    after: str = ""


@dataclass(frozen=True, slots=True)
class Mutation:
    """What became of every edit that was made."""

    edits: int
    noticed: int
    #: Edits by which no lead gets anything else: nothing could notice them, so they do not count.
    equivalent: int
    survivors: tuple[Survivor, ...] = ()

    @property
    def noticed_share(self) -> float:
        """Return the percentage of edits that matter and are noticed."""
        return share(self.noticed, self.edits - self.equivalent)


@dataclass(frozen=True, slots=True)
class Trials:
    """The whole of what was found."""

    results: tuple[Trial, ...]
    coverage: Coverage
    #: None when no edits were asked for.
    mutants: Mutation | None = None

    @property
    def failed(self) -> tuple[Trial, ...]:
        """Return the tests that failed."""
        return tuple(each for each in self.results if each.status is Status.FAILED)

    @property
    def undecided(self) -> tuple[Trial, ...]:
        """Return the invariants that could be neither proved nor broken."""
        return tuple(each for each in self.results if each.status is Status.UNDECIDED)

    @property
    def passed(self) -> bool:
        """Return whether no test failed; an undecided invariant is no failure."""
        return not self.failed


def share(part: int, whole: int) -> float:
    """Return a percentage, rounded down to a tenth so that 100 means all.

    >>> share(2, 3), share(999, 1000), share(0, 0)
    (66.6, 99.9, 100.0)

    Args:
        part: How many count.
        whole: Of how many; nothing out of nothing is everything.
    """
    return part * 1000 // whole / 10 if whole else 100.0
