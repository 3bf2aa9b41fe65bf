"""How every rule of a phase came out, comparison by comparison: the reference evaluator.

Plain and slow on purpose: :mod:`router.rulebook.engine.evaluate` must agree with it, and this is
what ``explain`` shows.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from router.lead.facts import Facts, FactValue
from router.rulebook.engine.operands import cell, fold, is_open, moment, pattern, raw, texts
from router.rulebook.model import (
    AllOf,
    AnyOf,
    Comparison,
    ComparisonTrace,
    Condition,
    NotOf,
    Operator,
    Phase,
    Row,
    Rule,
    RuleBook,
    RuleTrace,
    Table,
    Truth,
)

_O = Operator
#: Comparisons that hold where another one does not; of an unknown value neither holds.
_OPPOSITE = {
    _O.NOT: _O.IS,
    _O.NOT_IN: _O.IN,
    _O.NOT_IN_LIST: _O.IN_LIST,
    _O.NOT_IN_CALENDAR: _O.IN_CALENDAR,
}
_LESS = (_O.LT, _O.LTE)
_OR_EQUAL = (_O.GTE, _O.LTE)
_NOTHING = timedelta(0)
#: The fact that ``within_last`` is measured from, so that a replay gives the same answer.
RECEIVED = "received_at"


def explain_phase(book: RuleBook, phase: Phase, facts: Facts) -> tuple[RuleTrace, ...]:
    """Judge every rule of a phase, also those after the one that matched.

    Args:
        book: The version that decided; the digest of the decision names it.
        phase: Which part of it.
        facts: The facts as they were when it decided.

    Returns:
        One trace a rule, in the order of the book; near misses are marked.
    """
    return tuple(explain_rule(rule, book, facts) for rule in book.rules.get(phase, ()))


def explain_rule(rule: Rule, book: RuleBook, facts: Facts) -> RuleTrace:
    """Judge one rule without stopping early.

    Args:
        rule: The rule.
        book: Its lists, calendars and tables.
        facts: What is known.
    """
    parts = parts_of(rule.when)
    held = sum(judge(part, book, facts) is Truth.TRUE for part in parts)
    row = scan_rows(book.tables[rule.table], facts) if rule.table in book.tables else None
    found = row if isinstance(row, Row) else None
    return RuleTrace(
        rule=rule.id,
        phase=rule.phase,
        file=rule.place.file,
        line=rule.place.line,
        truth=judge_rule(rule, book, facts),
        tests=tuple(_tests(rule.when, book, facts)),
        near_miss=len(parts) > 1 and held == len(parts) - 1 and bool(found or not rule.table),
        row=found,
    )


def parts_of(condition: Condition) -> tuple[Condition, ...]:
    """Return the conditions that must all hold: what a near miss is counted by.

    Args:
        condition: Of a rule.
    """
    return condition.parts if isinstance(condition, AllOf) else (condition,)


def judge_rule(rule: Rule, book: RuleBook, facts: Facts) -> Truth:
    """Judge a rule: its condition, and whether its table has a row for the lead.

    Args:
        rule: The rule.
        book: Its lists, calendars and tables.
        facts: What is known.
    """
    truth = judge(rule.when, book, facts)
    if not rule.table:
        return truth
    row = scan_rows(book.tables[rule.table], facts) if rule.table in book.tables else None
    fits = Truth.TRUE if isinstance(row, Row) else row or Truth.FALSE
    return _first([truth, fits], Truth.FALSE, Truth.TRUE)


def judge(condition: Condition, book: RuleBook, facts: Facts) -> Truth:
    """Judge a condition in Kleene's three-valued logic.

    A fact that is absent makes its comparison unknown; ``not unknown`` is unknown.

    Args:
        condition: The condition.
        book: Its lists and calendars.
        facts: What is known, each value of the fact's declared type; an absent name is unknown.
    """
    match condition:
        case Comparison():
            return _compare(condition, book, facts)
        case NotOf(part):
            return _opposite(judge(part, book, facts))
        case AllOf(parts):
            return _first([judge(part, book, facts) for part in parts], Truth.FALSE, Truth.TRUE)
        case AnyOf(parts):
            return _first([judge(part, book, facts) for part in parts], Truth.TRUE, Truth.FALSE)


def scan_rows(table: Table, facts: Facts) -> Row | Literal[Truth.UNKNOWN] | None:
    """Return the row of a table that fits a lead best, by looking at every row.

    Args:
        table: Of the book.
        facts: What is known.

    Returns:
        The row; None when no row fits; unknown when none does, but one that fits all that is
        known asks for a fact that is not.
    """
    found: Row | None = None
    could_fit = False
    for row in table.rows:
        fits = _fits(table, row, facts)
        if fits is Truth.TRUE and (found is None or _weight(table, row) > _weight(table, found)):
            found = row
        could_fit |= fits is Truth.UNKNOWN
    return found or (Truth.UNKNOWN if could_fit else None)


def _fits(table: Table, row: Row, facts: Facts) -> Truth:
    found = []
    for key, wanted in zip(table.keys, row.cells, strict=True):
        actual = cell(facts.get(key.fact))
        if not wanted:
            found.append(Truth.TRUE)
        elif actual is None:
            found.append(Truth.UNKNOWN)
        else:
            found.append(
                _truth(actual.startswith(wanted) if key.prefix else actual == wanted),
            )
    return _first(found, Truth.FALSE, Truth.TRUE)


def _weight(table: Table, row: Row) -> tuple[int, list[bool], list[int]]:
    """Return what is larger for a more specific row, as :class:`Table` says."""
    filled = [bool(wanted) for wanted in row.cells]
    lengths = [len(wanted) for key, wanted in zip(table.keys, row.cells, strict=True) if key.prefix]
    return sum(filled), filled, lengths


def _first(found: list[Truth], decides: Truth, otherwise: Truth) -> Truth:
    """Return the deciding truth if it is there, unknown if one is unknown, else the other."""
    return next((truth for truth in (decides, Truth.UNKNOWN) if truth in found), otherwise)


def _opposite(truth: Truth) -> Truth:
    return {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}.get(truth, Truth.UNKNOWN)


def _compare(test: Comparison, book: RuleBook, facts: Facts) -> Truth:
    actual = facts.get(test.fact)
    if test.operator is _O.MISSING:
        return _truth((actual is None or actual == ()) is test.want)
    if actual is None:
        return Truth.UNKNOWN
    if test.operator in _OPPOSITE:
        return _opposite(_holds(_OPPOSITE[test.operator], test, actual, book, facts))
    return _holds(test.operator, test, actual, book, facts)


def _holds(
    operator: Operator, test: Comparison, actual: FactValue, book: RuleBook, facts: Facts
) -> Truth:
    """Compare a known value with an operator that is no other one's opposite."""
    match operator:
        case _O.MATCHES:
            return _truth(pattern(str(test.want)).search(raw(str(actual))))
        case _O.WITHIN_LAST:
            return _within(actual, facts.get(RECEIVED), test.want)
        case _O.SAME_AS:
            other = facts.get(str(test.want))
            return Truth.UNKNOWN if other is None else _truth(fold(actual) == fold(other))
        case _O.IN_CALENDAR:
            held = is_open(book.calendars.get(test.named), _moment(actual))
            return Truth.UNKNOWN if held is None else _truth(held)
        case _O.IN_LIST:
            return _truth(fold(actual) in book.lists.get(test.named, frozenset()))
        case _:
            return _truth(_compared(operator, fold(actual), test.want))


def _compared(operator: Operator, found: FactValue | timedelta, want: FactValue) -> bool:
    """Compare a folded value with what is wanted, where that is all it takes."""
    match operator:
        case _O.IS:
            return found == fold(want)
        case _O.IN:
            return found in texts(want)
        case _O.HAS | _O.HAS_ANY:
            return any(item in _items(found) for item in texts(want))
        case _O.CONTAINS | _O.STARTS_WITH | _O.ENDS_WITH:
            return any(_occurs(operator, str(found), part) for part in texts(want))
        case _:
            return _ordered(operator, found, fold(want))


def _items(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _moment(value: FactValue) -> datetime:
    if isinstance(value, datetime):
        return value
    raise TypeError(f"A fact that a date is wanted of has the value {value!r}.")


def _occurs(operator: Operator, text: str, part: str) -> bool:
    if operator is _O.CONTAINS:
        return part in text
    return text.startswith(part) if operator is _O.STARTS_WITH else text.endswith(part)


def _within(actual: FactValue, received: FactValue | None, want: FactValue) -> Truth:
    if received is None:
        return Truth.UNKNOWN
    ago = moment(_moment(received)) - moment(_moment(actual))
    return _truth(_NOTHING <= ago <= timedelta(seconds=float(str(want))))


def _ordered(
    operator: Operator, found: FactValue | timedelta, limit: FactValue | timedelta
) -> bool:
    if isinstance(found, timedelta) and isinstance(limit, timedelta):
        return found < limit if operator is _O.BEFORE else found > limit
    if isinstance(found, (int, float)) and isinstance(limit, (int, float)):
        further = found < limit if operator in _LESS else found > limit
        return further or (operator in _OR_EQUAL and found == limit)
    raise TypeError(f"{found!r} and {limit!r} have no order; the fact's type says what fits.")


def _truth(value: object) -> Truth:
    return Truth.TRUE if value else Truth.FALSE


def _tests(condition: Condition, book: RuleBook, facts: Facts) -> Iterable[ComparisonTrace]:
    match condition:
        case Comparison():
            yield ComparisonTrace(
                fact=condition.fact,
                operator=condition.operator,
                want=condition.want,
                actual=facts.get(condition.fact),
                truth=judge(condition, book, facts),
                line=condition.place.line,
            )
        case NotOf(part):
            yield from _tests(part, book, facts)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _tests(part, book, facts)
