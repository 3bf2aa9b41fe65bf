"""What a condition asks, taken apart so that an index can be made of it.

Everything here errs to one side: what it says a value rules out is ruled out for certain.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from router.lead.facts import Facts
from router.rulebook.engine.explain import RECEIVED, judge
from router.rulebook.engine.operands import texts
from router.rulebook.model import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    NotOf,
    Operator,
    Rule,
    RuleBook,
    Truth,
)

_O = Operator
_CALENDAR = (_O.IN_CALENDAR, _O.NOT_IN_CALENDAR)


class Atom(NamedTuple):
    """Something that a known value of a text or a list does, or does not."""

    #: ``is`` a text, ``starts`` or ``ends`` with one, ``contains`` one, ``has`` one among its
    #: items, is on a ``list``, or ``matches`` a pattern.
    kind: str
    #: The text, the name of the list, or the pattern.
    text: str


_KIND = {
    _O.IS: "is",
    _O.IN: "is",
    _O.IN_LIST: "list",
    _O.HAS: "has",
    _O.HAS_ANY: "has",
    _O.CONTAINS: "contains",
    _O.STARTS_WITH: "starts",
    _O.ENDS_WITH: "ends",
    _O.MATCHES: "matches",
}
_LOOKED_FOR = ("contains", "matches")
_NEGATIVE = {_O.NOT: "is", _O.NOT_IN: "is", _O.NOT_IN_LIST: "list"}


def conjuncts(condition: Condition, *, negated: bool = False) -> Iterator[Condition]:
    """Take a condition apart into conditions of which one that is false makes the whole false.

    >>> from router.rulebook.model import Place
    >>> here = Place("20-routes.yaml", 1)
    >>> a, b = (Comparison(name, Operator.IS, "x", here) for name in ("city", "country"))
    >>> either = NotOf(AnyOf((a, b), here), here)
    >>> [type(part).__name__ for part in conjuncts(AllOf((a, either), here))]
    ['Comparison', 'NotOf', 'NotOf']

    Args:
        condition: Of a rule.
        negated: Whether its opposite is meant.
    """
    match condition:
        case NotOf(part):
            yield from conjuncts(part, negated=not negated)
        case AllOf(parts) if not negated:
            for part in parts:
                yield from conjuncts(part)
        case AnyOf(parts) if negated:
            for part in parts:
                yield from conjuncts(part, negated=True)
        case _:
            yield NotOf(condition, condition.place) if negated else condition


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """Return every comparison of a condition, in the order of the book.

    Args:
        condition: Of a rule.
    """
    match condition:
        case Comparison():
            yield condition
        case NotOf(part):
            yield from comparisons(part)
        case _:
            for part in condition.parts:
                yield from comparisons(part)


def asked_by(test: Comparison) -> tuple[str, ...]:
    """Return the facts without which a comparison is unknown.

    Args:
        test: The comparison.
    """
    match test.operator:
        case _O.SAME_AS:
            return (test.fact, str(test.want))
        case _O.WITHIN_LAST:
            return (test.fact, RECEIVED)
        case _:
            return (test.fact,)


def subjects(condition: Condition) -> tuple[str, ...]:
    """Return the facts that a condition compares, each once.

    Args:
        condition: Of a rule.
    """
    return tuple(dict.fromkeys(name for test in comparisons(condition) for name in asked_by(test)))


def facts_in(rules: Iterable[Rule], book: RuleBook, *, whether: bool = False) -> tuple[str, ...]:
    """Return the facts that rules, and the tables of rules, ask for; in the order of the book.

    Args:
        rules: Of a phase.
        book: Its tables.
        whether: Also those of which they ask only whether they are missing; such a comparison has
            its answer either way.
    """
    found: dict[str, None] = {}
    tables: set[str] = set()
    for rule in rules:
        for test in comparisons(rule.when):
            if whether or test.operator is not _O.MISSING:
                found.update(dict.fromkeys(asked_by(test)))
        if rule.table in book.tables and rule.table not in tables:
            tables.add(rule.table)
            found.update(dict.fromkeys(key.fact for key in book.tables[rule.table].keys))
    return tuple(found)


def calendars_in(rules: Iterable[Rule]) -> tuple[str, ...]:
    """Return the ids of the calendars that rules ask about, each once.

    Args:
        rules: Of a phase.
    """
    return tuple(
        dict.fromkeys(
            test.named
            for rule in rules
            for test in comparisons(rule.when)
            if test.operator in _CALENDAR
        )
    )


def one_of(condition: Condition, *, negated: bool = False) -> tuple[Atom, ...] | None:
    """Return what a known value must do at least one of, or the condition is false.

    Args:
        condition: Compares one fact, a text or a list.
        negated: Whether its opposite is meant.

    Returns:
        The atoms; none of them when every known value makes it false. None when nothing of the
        kind can be said.
    """
    match condition:
        case Comparison(operator=operator):
            if operator is _O.MISSING:
                return () if (condition.want is True) is not negated else None
            kind = (_NEGATIVE if negated else _KIND).get(operator)
            return _atoms(kind, condition) if kind else None
        case NotOf(part):
            return one_of(part, negated=not negated)
    each = [one_of(part, negated=negated) for part in condition.parts]
    known = [atoms for atoms in each if atoms is not None]
    if isinstance(condition, AnyOf) is not negated:
        return tuple(atom for atoms in known for atom in atoms) if len(known) == len(each) else None
    return min(known, key=len, default=None)


def none_of(condition: Condition, *, negated: bool = False) -> tuple[Atom, ...]:
    """Return what a known value must not do: a single one makes the condition false.

    Args:
        condition: One comparison, or the opposite of one.
        negated: Whether its opposite is meant.
    """
    match condition:
        case NotOf(part):
            return none_of(part, negated=not negated)
        case Comparison(operator=operator):
            kind = (_KIND if negated else _NEGATIVE).get(operator)
            # Telling what it contains costs more than judging the few rules of this kind.
            return _atoms(kind, condition) if kind and kind not in _LOOKED_FOR else ()
        case _:
            return ()


def _atoms(kind: str, test: Comparison) -> tuple[Atom, ...]:
    if kind == "list":
        return (Atom(kind, test.named),)
    return tuple(Atom(kind, text) for text in dict.fromkeys(texts(test.want)))


def when_absent(condition: Condition, book: RuleBook) -> Truth:
    """Return what a condition is of a lead about which nothing is known.

    Args:
        condition: Of a rule.
        book: Its lists and calendars.
    """
    return judge(condition, book, {})


def when_given(condition: Condition, book: RuleBook, facts: Facts) -> bool:
    """Return whether a condition can be true of a lead with these facts.

    Args:
        condition: Of a rule.
        book: Its lists and calendars.
        facts: Every fact that the condition compares, unless it is absent.
    """
    return judge(condition, book, facts) is not Truth.FALSE


#: From a threshold to its place among all thresholds of the fact.
Placed = Callable[[Comparison], int]


def classes(condition: Condition, place: Placed, every: int) -> tuple[int, int]:
    """Return the classes of numbers, or of moments, for which a condition can be true, or false.

    Thresholds cut the line into classes: below the first, the first itself, between the first and
    the second, and so on; class ``2 * place + 1`` is a threshold itself.

    Args:
        condition: Compares one fact, a number or a moment.
        place: Tells a comparison's threshold.
        every: All classes, one bit each.

    Returns:
        Bits of the classes that can make it true, and of those that can make it false.
    """
    match condition:
        case Comparison():
            return _classes_of(condition, place, every)
        case NotOf(part):
            true, false = classes(part, place, every)
            return false, true
    true, false = (every, 0) if isinstance(condition, AllOf) else (0, every)
    for part in condition.parts:
        can_hold, can_fail = classes(part, place, every)
        if isinstance(condition, AllOf):
            true, false = true & can_hold, false | can_fail
        else:
            true, false = true | can_hold, false & can_fail
    return true, false


#: Operators with a threshold, and the class, from that of the threshold on, where they begin.
THRESHOLDS = {
    _O.IS: 0,
    _O.NOT: 0,
    _O.GTE: 0,
    _O.GT: 1,
    _O.LT: 0,
    _O.LTE: 1,
    _O.AFTER: 1,
    _O.BEFORE: 0,
}
_BELOW = (_O.LT, _O.LTE, _O.BEFORE)


def _classes_of(test: Comparison, place: Placed, every: int) -> tuple[int, int]:
    operator = test.operator
    if operator is _O.MISSING:
        return (0, every) if test.want is True else (every, 0)
    if operator not in THRESHOLDS:
        return every, every
    at = 2 * place(test) + 1
    if operator in (_O.IS, _O.NOT):
        held = 1 << at
        return (held, every ^ held) if operator is _O.IS else (every ^ held, held)
    below = (1 << (at + THRESHOLDS[operator])) - 1
    above = every & ~below
    return (below, above) if operator in _BELOW else (above, below)
