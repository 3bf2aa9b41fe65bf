"""The shapes of an answer: what a phase said, and how its rules came out."""

from dataclasses import dataclass

from router.lead.facts import FactValue
from router.rulebook.rule import Effect, Phase, Rule, Truth
from router.rulebook.table import Row


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
    #: Of the condition and, where the rule has one, of its table.
    truth: Truth
    tests: tuple[ComparisonTrace, ...]
    #: True when it has two or more conditions of which all but one held, and its table a row.
    near_miss: bool = False
    #: The row of the rule's table that fits, also when the condition did not hold.
    row: Row | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a phase said: the first rule that matched, or the one that asks for a person.

    It holds no trace: facts and digest name the decision exactly, so that
    :func:`router.rulebook.engine.explain.explain_phase` can make the whole trace again when asked.
    """

    #: None when no rule matched.
    rule: Rule | None
    #: Of the rule, with what the row of its table says over it.
    effect: Effect
    #: Set when an unknown value of a rule with ``on_unknown: review`` asks for a person.
    review_rule: Rule | None = None
    #: Place in the phase of that rule, counted from 0: how many rules were looked at before and
    #: did not fire. All of them when none did.
    position: int = 0
    #: The row that fits, when the rule has a table.
    row: Row | None = None
