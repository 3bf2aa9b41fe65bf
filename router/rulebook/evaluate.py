"""The evaluator: the first rule of a phase that matches, from closures compiled once a book.

It agrees with :mod:`router.rulebook.explain`, which is plain and slow; a property test holds the
two together.
"""

from collections.abc import Callable
from datetime import datetime
from operator import ge, gt, le, lt

from router.lead.facts import Facts, FactValue
from router.rulebook.model import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Effect,
    NotOf,
    OnUnknown,
    Operator,
    Phase,
    Rule,
    RuleBook,
    Verdict,
)

_O = Operator
_ORDER: dict[Operator, Callable[[float, float], bool]] = {
    _O.GTE: ge,
    _O.GT: gt,
    _O.LTE: le,
    _O.LT: lt,
    _O.AFTER: gt,
    _O.BEFORE: lt,
}

#: Kleene: None is unknown.
_Test = Callable[[Facts], bool | None]
#: A compiled rule: its test, whether unknown asks a person, the verdict if it fires, and if not.
_Compiled = tuple[_Test, bool, Verdict, Verdict]

#: Code of the review that a rule with ``on_unknown: review`` asks for.
UNKNOWN_FACT = "unknown_fact"

#: Compiled phases, newest last; the rules and lists are kept so that an id cannot be used again.
_cache: dict[tuple[int, int], tuple[object, object, tuple[_Compiled, ...], Verdict]] = {}
_KEEP = 64


def evaluate(book: RuleBook, phase: Phase, facts: Facts) -> Verdict:
    """Return what a phase says: the first rule that matches, in the order of the book.

    A rule fires only when its condition is true. When it is unknown and the rule says
    ``on_unknown: review``, evaluation stops there: ``review_rule`` is that rule, ``rule`` is None
    and the effect is a review.

    Args:
        book: The book.
        phase: Which part of it.
        facts: What is known: names of :data:`router.lead.facts.FACTS` with values of the declared
            type. An absent name is unknown.
    """
    compiled, nothing = _compiled(book, phase)
    for test, asks, fired, unknown in compiled:
        found = test(facts)
        if found:
            return fired
        if asks and found is None:
            return unknown
    return nothing


def collect(book: RuleBook, phase: Phase, facts: Facts) -> tuple[Verdict, ...]:
    """Return the verdict of every rule of a phase that matches, in the order of the book.

    Used for ``enrich``, where each matching rule adds its settings.

    Args:
        book: The book.
        phase: Which part of it.
        facts: What is known.
    """
    compiled, _ = _compiled(book, phase)
    return tuple(fired for test, _, fired, _ in compiled if test(facts))


def _compiled(book: RuleBook, phase: Phase) -> tuple[tuple[_Compiled, ...], Verdict]:
    rules, lists = book.rules.get(phase, ()), book.lists
    key = (id(rules), id(lists))
    found = _cache.get(key)
    if found is not None:
        return found[2], found[3]
    compiled, nothing = _compile_phase(rules, book)
    while len(_cache) >= _KEEP:
        # Another thread may drop the same entry; either way it is gone.
        _cache.pop(next(iter(tuple(_cache)), key), None)
    _cache[key] = (rules, lists, compiled, nothing)
    return compiled, nothing


def _compile_phase(
    rules: tuple[Rule, ...], book: RuleBook
) -> tuple[tuple[_Compiled, ...], Verdict]:
    ids = tuple(rule.id for rule in rules)
    compiled = tuple(
        (
            _compile(rule.when, book),
            rule.on_unknown is OnUnknown.REVIEW,
            Verdict(rule, rule.then, None, ids[:position]),
            Verdict(None, Effect(review=UNKNOWN_FACT), rule, ids[:position]),
        )
        for position, rule in enumerate(rules)
    )
    return compiled, Verdict(None, Effect(), None, ids)


def _compile(condition: Condition, book: RuleBook) -> _Test:
    match condition:
        case Comparison():
            return _comparison(condition, book)
        case NotOf(part):
            return _not(_compile(part, book))
        case AllOf(parts):
            return _all(tuple(_compile(part, book) for part in parts))
        case AnyOf(parts):
            return _any(tuple(_compile(part, book) for part in parts))


def _not(inner: _Test) -> _Test:
    def test(facts: Facts) -> bool | None:
        found = inner(facts)
        return None if found is None else not found

    return test


def _all(parts: tuple[_Test, ...]) -> _Test:
    def test(facts: Facts) -> bool | None:
        result: bool | None = True
        for part in parts:
            found = part(facts)
            if found is None:
                result = None
            elif not found:
                return False
        return result

    return test


def _any(parts: tuple[_Test, ...]) -> _Test:
    def test(facts: Facts) -> bool | None:
        result: bool | None = False
        for part in parts:
            found = part(facts)
            if found:
                return True
            if found is None:
                result = None
        return result

    return test


def _comparison(test: Comparison, book: RuleBook) -> _Test:
    fact, operator, want = test.fact, test.operator, test.want
    values = frozenset(want if isinstance(want, tuple) else (str(want),))
    match operator:
        case _O.MISSING:
            found = _missing(fact, wanted=want is True)
        case _O.IN_LIST | _O.NOT_IN_LIST:
            listed = book.lists.get(test.named, frozenset())
            found = _one_of(fact, listed, inside=operator is _O.IN_LIST)
        case _O.HAS | _O.HAS_ANY:
            found = _has(fact, values)
        case _O.IN | _O.NOT_IN:
            found = _one_of(fact, values, inside=operator is _O.IN)
        case _O.CONTAINS:
            found = _contains(fact, str(want))
        case _O.IS | _O.NOT:
            found = _equals(fact, want, same=operator is _O.IS)
        case _:
            found = _ordered(fact, operator, want)
    return found


def _missing(fact: str, *, wanted: bool) -> _Test:
    def test(facts: Facts) -> bool | None:
        found = facts.get(fact)
        return (found is None or found == ()) is wanted

    return test


def _one_of(fact: str, values: frozenset[str], *, inside: bool) -> _Test:
    def test(facts: Facts) -> bool | None:
        found = facts.get(fact)
        if found is None:
            return None
        return (_fold(found) in values) is inside

    return test


def _has(fact: str, values: frozenset[str]) -> _Test:
    def test(facts: Facts) -> bool | None:
        found = facts.get(fact)
        if found is None:
            return None
        return isinstance(found, tuple) and any(item.casefold() in values for item in found)

    return test


def _contains(fact: str, part: str) -> _Test:
    def test(facts: Facts) -> bool | None:
        found = facts.get(fact)
        return None if found is None else part in str(found).casefold()

    return test


def _equals(fact: str, want: FactValue, *, same: bool) -> _Test:
    def test(facts: Facts) -> bool | None:
        found = facts.get(fact)
        if found is None:
            return None
        return (_fold(found) == want) is same

    return test


def _ordered(fact: str, operator: Operator, want: FactValue) -> _Test:
    limit = 0.0 if isinstance(want, (str, tuple)) else _rank(want)
    compare = _ORDER[operator]

    def test(facts: Facts) -> bool | None:
        found = facts.get(fact)
        if found is None or isinstance(found, (str, tuple)):
            return None
        return compare(_rank(found), limit)

    return test


def _rank(value: float | datetime) -> float:
    return value.timestamp() if isinstance(value, datetime) else value


def _fold(value: FactValue) -> FactValue:
    return value.casefold() if isinstance(value, str) else value
