"""How every rule of a phase came out, comparison by comparison: the reference evaluator.

Plain and slow on purpose: :mod:`router.rulebook.evaluate` must agree with it, and this is what
``explain`` shows.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from router.lead.facts import Facts, FactValue
from router.rulebook.model import (
    AllOf,
    AnyOf,
    Comparison,
    ComparisonTrace,
    Condition,
    NotOf,
    Operator,
    Phase,
    Rule,
    RuleBook,
    RuleTrace,
    Truth,
)

_O = Operator
Lists = Mapping[str, frozenset[str]]


def explain_phase(book: RuleBook, phase: Phase, facts: Facts) -> tuple[RuleTrace, ...]:
    """Judge every rule of a phase, also those after the one that matched.

    Args:
        book: The version that decided; the digest of the decision names it.
        phase: Which part of it.
        facts: The facts as they were when it decided.

    Returns:
        One trace a rule, in the order of the book; near misses are marked.
    """
    return tuple(explain_rule(rule, book.lists, facts) for rule in book.rules.get(phase, ()))


def explain_rule(rule: Rule, lists: Lists, facts: Facts) -> RuleTrace:
    """Judge one rule without stopping early.

    Args:
        rule: The rule.
        lists: The book's lists.
        facts: What is known.
    """
    parts = rule.when.parts if isinstance(rule.when, AllOf) else (rule.when,)
    held = sum(judge(part, lists, facts) is Truth.TRUE for part in parts)
    return RuleTrace(
        rule=rule.id,
        phase=rule.phase,
        file=rule.place.file,
        line=rule.place.line,
        truth=judge(rule.when, lists, facts),
        tests=tuple(_tests(rule.when, lists, facts)),
        near_miss=len(parts) > 1 and held == len(parts) - 1,
    )


def judge(condition: Condition, lists: Lists, facts: Facts) -> Truth:
    """Judge a condition in Kleene's three-valued logic.

    A fact that is absent makes its comparison unknown; ``not unknown`` is unknown.

    Args:
        condition: The condition.
        lists: The book's lists.
        facts: What is known; an absent name is unknown.
    """
    match condition:
        case Comparison():
            return _compare(condition, lists, facts.get(condition.fact))
        case NotOf(part):
            inner = judge(part, lists, facts)
            return {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}.get(inner, Truth.UNKNOWN)
        case AllOf(parts):
            return _first([judge(part, lists, facts) for part in parts], Truth.FALSE, Truth.TRUE)
        case AnyOf(parts):
            return _first([judge(part, lists, facts) for part in parts], Truth.TRUE, Truth.FALSE)


def _first(found: list[Truth], decides: Truth, otherwise: Truth) -> Truth:
    """Return the deciding truth if it is there, unknown if one is unknown, else the other."""
    return next((truth for truth in (decides, Truth.UNKNOWN) if truth in found), otherwise)


def _compare(test: Comparison, lists: Lists, actual: FactValue | None) -> Truth:
    if test.operator is _O.MISSING:
        return _truth((actual is None or actual == ()) is test.want)
    if actual is None:
        return Truth.UNKNOWN
    folded = _fold(actual)
    if test.operator in (_O.IN_LIST, _O.NOT_IN_LIST):
        listed = folded in lists.get(test.named, frozenset())
        return _truth(listed is (test.operator is _O.IN_LIST))
    return _truth(_holds(test.operator, folded, test.want))


def _holds(operator: Operator, actual: FactValue, want: FactValue) -> bool:
    """Compare two folded values with an operator that needs no list."""
    if isinstance(actual, tuple):
        wanted = want if isinstance(want, tuple) else (want,)
        return any(value in actual for value in wanted)
    if isinstance(want, tuple):
        return (actual in want) is (operator is _O.IN)
    if operator is _O.CONTAINS:
        return str(want) in str(actual)
    if isinstance(actual, str) or isinstance(want, str):
        return (actual == want) is (operator is _O.IS)
    if operator in (_O.IS, _O.NOT):
        return (actual == want) is (operator is _O.IS)
    found, limit = _rank(actual), _rank(want)
    return (operator in (_O.GTE, _O.LTE) and found == limit) or (
        found > limit if operator in (_O.GTE, _O.GT, _O.AFTER) else found < limit
    )


def _rank(value: float | datetime) -> float:
    return value.timestamp() if isinstance(value, datetime) else value


def _fold(value: FactValue) -> FactValue:
    if isinstance(value, str):
        return value.casefold()
    return tuple(item.casefold() for item in value) if isinstance(value, tuple) else value


def _truth(value: object) -> Truth:
    return Truth.TRUE if value else Truth.FALSE


def _tests(condition: Condition, lists: Lists, facts: Facts) -> Iterable[ComparisonTrace]:
    match condition:
        case Comparison():
            yield ComparisonTrace(
                fact=condition.fact,
                operator=condition.operator,
                want=condition.want,
                actual=facts.get(condition.fact),
                truth=judge(condition, lists, facts),
                line=condition.place.line,
            )
        case NotOf(part):
            yield from _tests(part, lists, facts)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _tests(part, lists, facts)
