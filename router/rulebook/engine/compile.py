"""Conditions and rules as closures: what decides a rule exactly, without walking its condition."""

from collections.abc import Callable
from datetime import datetime, timedelta
from operator import ge, gt, le, lt

from router.lead.facts import Facts, FactValue
from router.rulebook.engine.explain import RECEIVED
from router.rulebook.engine.lookup import Lookup, lookup_of
from router.rulebook.engine.operands import fold, is_open, moment, occurs, texts
from router.rulebook.model import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    NotOf,
    OnUnknown,
    Operator,
    Row,
    Rule,
    RuleBook,
)

_O = Operator
_ORDER: dict[Operator, Callable[[float, float], bool]] = {
    _O.GTE: ge,
    _O.GT: gt,
    _O.LTE: le,
    _O.LT: lt,
}
_NOTHING = timedelta(0)

#: Kleene: None is unknown.
Test = Callable[[Facts], bool | None]
#: The same for a rule: true is the row where it has a table.
RuleTest = Callable[[Facts], Row | bool | None]

#: What a comparison costs, by tens of nanoseconds: parts of "all" are asked cheapest first.
_COST = {_O.CONTAINS: 2, _O.WITHIN_LAST: 2, _O.IN_CALENDAR: 3, _O.NOT_IN_CALENDAR: 3, _O.MATCHES: 9}


def compile_rule(rule: Rule, book: RuleBook) -> RuleTest:
    """Compile a rule: its condition and, where it has one, its table.

    Args:
        rule: The rule.
        book: Its lists, calendars and tables.
    """
    when = compile_condition(rule.when, book)
    if not rule.table:
        return when
    if rule.table not in book.tables:
        return lambda facts: False  # noqa: ARG005 - no table, no row
    unknown_asks = rule.on_unknown is OnUnknown.REVIEW
    return _tabled(when, lookup_of(book.tables[rule.table]), unknown_asks=unknown_asks)


def compile_condition(condition: Condition, book: RuleBook) -> Test:
    """Compile a condition.

    It agrees with :func:`router.rulebook.engine.explain.judge`.

    Args:
        condition: The condition.
        book: Its lists and calendars; closures keep them, so another book needs other closures.
    """
    match condition:
        case Comparison():
            return _comparison(condition, book)
        case NotOf(part):
            return _not(compile_condition(part, book))
        case AllOf(parts):
            # Neither order nor an early end changes what "all" comes to.
            cheap = tuple(compile_condition(part, book) for part in sorted(parts, key=_cost))
            return _both(*cheap) if len(cheap) == 2 else _all(cheap)  # noqa: PLR2004 - most rules have two parts
        case AnyOf(parts):
            return _any(tuple(compile_condition(part, book) for part in sorted(parts, key=_cost)))


def _cost(condition: Condition) -> int:
    match condition:
        case Comparison(operator=operator):
            return _COST.get(operator, 0)
        case NotOf(part):
            return _cost(part)
        case _:
            return 1 + sum(_cost(part) for part in condition.parts)


def _tabled(when: Test, lookup: Lookup, *, unknown_asks: bool) -> RuleTest:
    def test(facts: Facts) -> Row | bool | None:
        held = when(facts)
        # Where unknown means the same as false, nobody needs to know which it is.
        if held is False or (held is None and not unknown_asks):
            return False
        row = lookup.best(facts)
        if row is not None:
            return row if held else None
        return None if unknown_asks and lookup.could_fit(facts) else False

    return test


def _not(inner: Test) -> Test:
    def test(facts: Facts) -> bool | None:
        found = inner(facts)
        return None if found is None else not found

    return test


def _both(one: Test, other: Test) -> Test:
    def test(facts: Facts) -> bool | None:
        first = one(facts)
        if first is False:
            return False
        second = other(facts)
        if second is False:
            return False
        return None if first is None or second is None else True

    return test


def _all(parts: tuple[Test, ...]) -> Test:
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


def _any(parts: tuple[Test, ...]) -> Test:
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


def _comparison(test: Comparison, book: RuleBook) -> Test:
    fact, operator, want = test.fact, test.operator, test.want
    match operator:
        case _O.MISSING:
            found = _missing(fact, wanted=want is True)
        case _O.IN_LIST | _O.NOT_IN_LIST:
            listed = book.lists.get(test.named, frozenset())
            found = _one_of(fact, listed, inside=operator is _O.IN_LIST)
        case _O.HAS | _O.HAS_ANY:
            found = _has(fact, frozenset(texts(want)))
        case _O.IN | _O.NOT_IN:
            found = _one_of(fact, frozenset(texts(want)), inside=operator is _O.IN)
        case _O.IS | _O.NOT:
            found = _equals(fact, want, same=operator is _O.IS)
        case _O.GTE | _O.GT | _O.LTE | _O.LT:
            found = _ordered(fact, operator, want)
        case _O.CONTAINS | _O.STARTS_WITH | _O.ENDS_WITH | _O.MATCHES:
            found = _worded(fact, operator, want)
        case _O.SAME_AS:
            found = _same(fact, str(want))
        case _:
            found = _timed(test, book)
    return found


def _missing(fact: str, *, wanted: bool) -> Test:
    def test(facts: Facts) -> bool | None:
        found = facts.get(fact)
        return (found is None or found == ()) is wanted

    return test


def _one_of(fact: str, values: frozenset[str], *, inside: bool) -> Test:
    def test(facts: Facts) -> bool | None:
        found = facts.get(fact)
        if found is None:
            return None
        folded = found.casefold() if isinstance(found, str) else fold(found)
        return (folded in values) is inside

    return test


def _has(fact: str, values: frozenset[str]) -> Test:
    def test(facts: Facts) -> bool | None:
        found = facts.get(fact)
        if found is None:
            return None
        if isinstance(found, tuple):
            for item in found:
                if item.casefold() in values:
                    return True
        return False

    return test


def _equals(fact: str, want: FactValue, *, same: bool) -> Test:
    wanted = fold(want)

    def test(facts: Facts) -> bool | None:
        found = facts.get(fact)
        if found is None:
            return None
        folded = found.casefold() if isinstance(found, str) else fold(found)
        return (folded == wanted) is same

    return test


def _ordered(fact: str, operator: Operator, want: FactValue) -> Test:
    limit = want if isinstance(want, (int, float)) else float(str(want))
    compare = _ORDER[operator]

    def test(facts: Facts) -> bool | None:
        found = facts.get(fact)
        return None if found is None else compare(found, limit)  # type: ignore[arg-type]  # its type is declared

    return test


def _worded(fact: str, operator: Operator, want: FactValue) -> Test:
    parts = texts(want)
    if operator is _O.MATCHES:
        return _text_test(fact, occurs(str(want)))
    if operator is _O.STARTS_WITH:
        return _text_test(fact, lambda text: text.casefold().startswith(parts))
    if operator is _O.ENDS_WITH:
        return _text_test(fact, lambda text: text.casefold().endswith(parts))
    return _contains(fact, parts)


def _text_test(fact: str, holds: Callable[[str], bool]) -> Test:
    def test(facts: Facts) -> bool | None:
        found = facts.get(fact)
        return None if found is None else holds(str(found))

    return test


def _contains(fact: str, parts: tuple[str, ...]) -> Test:
    def test(facts: Facts) -> bool | None:
        found = facts.get(fact)
        if found is None:
            return None
        text = str(found).casefold()
        return any(part in text for part in parts)

    only = parts[0] if len(parts) == 1 else ""

    def test_one(facts: Facts) -> bool | None:
        found = facts.get(fact)
        return None if found is None else only in found.casefold()  # type: ignore[union-attr]  # its type is declared

    return test_one if len(parts) == 1 else test


def _same(fact: str, other: str) -> Test:
    def test(facts: Facts) -> bool | None:
        found, beside = facts.get(fact), facts.get(other)
        if found is None or beside is None:
            return None
        return fold(found) == fold(beside)

    return test


def _timed(test: Comparison, book: RuleBook) -> Test:
    """Compile what is asked of a moment."""
    operator, want = test.operator, test.want
    if operator is _O.WITHIN_LAST:
        return _within(test.fact, timedelta(seconds=float(str(want))))
    if operator in (_O.IN_CALENDAR, _O.NOT_IN_CALENDAR):
        calendar, inside = book.calendars.get(test.named), operator is _O.IN_CALENDAR

        def opened(at: datetime) -> bool | None:
            found = is_open(calendar, at)
            return None if found is None else found is inside

        return _moment_test(test.fact, opened)
    limit = fold(want)
    if not isinstance(limit, timedelta):
        raise TypeError(f"{test.place}: '{operator}' wants a moment, got {want!r}.")
    if operator is _O.AFTER:
        return _moment_test(test.fact, lambda at: moment(at) > limit)
    return _moment_test(test.fact, lambda at: moment(at) < limit)


def _moment_test(fact: str, holds: Callable[[datetime], bool | None]) -> Test:
    def test(facts: Facts) -> bool | None:
        found = facts.get(fact)
        return None if found is None else holds(found)  # type: ignore[arg-type]  # its type is declared

    return test


def _within(fact: str, longest: timedelta) -> Test:
    def test(facts: Facts) -> bool | None:
        found, received = facts.get(fact), facts.get(RECEIVED)
        if found is None or received is None:
            return None
        return _NOTHING <= moment(received) - moment(found) <= longest  # type: ignore[arg-type]  # their type is declared

    return test
