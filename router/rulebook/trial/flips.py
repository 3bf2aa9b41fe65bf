"""Leads that make a condition come out one way: how a gap is closed, and what edits are tried on.

Values are guessed at both sides of every boundary and then judged: what is returned is always so,
but nothing returned means only that no such lead was found.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from router.lead.facts import FACTS, Facts, FactType, FactValue
from router.rulebook.engine.explain import judge, judge_rule
from router.rulebook.model import (
    AllOf,
    Comparison,
    Condition,
    NotOf,
    Operator,
    Rule,
    RuleBook,
    Truth,
)
from router.rulebook.trial.words import comparisons
from router.rulebook.worktime import work_time

_O = Operator
#: A monday morning; leads whose date matters are measured from it.
_MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_HOUR = timedelta(hours=1)
_WEEK = 168
#: Leads that are kept on the way from one part of a condition to the next.
_WIDTH = 8
#: Values that are tried of a list, and values of a fact that are remembered.
_TRIED = 3
_REMEMBERED = 40
_STAND_INS: dict[FactType, FactValue] = {
    FactType.TEXT: "something else",
    FactType.CODE: "other",
    FactType.INT: 1,
    FactType.NUM: 0.5,
    FactType.BOOL: True,
    FactType.DATE: _MONDAY,
    FactType.LIST: ("other",),
}
_OPPOSITES = {
    _O.NOT: _O.IS,
    _O.NOT_IN: _O.IN,
    _O.NOT_IN_LIST: _O.IN_LIST,
    _O.NOT_IN_CALENDAR: _O.IN_CALENDAR,
}
#: Marks of a pattern that stand for no character of their own.
_MARKS = re.compile(r"\(\?[a-zA-Z-]*:?|\\[bBAz]|[()^$?*+]")
_CLASSES = ((r"\s", " "), (r"\d", "1"), (r"\w", "a"), (r"\.", "."), (r"\-", "-"))

#: A change to a lead: name to value, None to leave the fact out.
Change = Mapping[str, FactValue | None]


@dataclass(frozen=True, slots=True)
class World:
    """A book, and the values of each fact that it speaks of."""

    book: RuleBook
    values: Mapping[str, tuple[FactValue, ...]]
    #: Leads that cases expect a rule to decide, by its id.
    foretold: Mapping[str, tuple[Facts, ...]]

    def others(self, fact: str) -> tuple[FactValue, ...]:
        """Return values that a fact may have: the book's own, then one that nothing names."""
        declared = FACTS[fact][0] if fact in FACTS else FactType.TEXT
        return (*self.values.get(fact, ()), _STAND_INS[declared])

    def judged(self, condition: Condition, facts: Facts) -> Truth:
        """Judge a condition by the reference evaluator."""
        return judge(condition, self.book, facts)

    def truth(self, rule: Rule, facts: Facts) -> Truth:
        """Judge a rule alone: its condition, and its table if it has one."""
        return judge_rule(rule, self.book, facts)


def world_of(book: RuleBook) -> World:
    """Collect the values that a book's examples, cases and conditions speak of.

    Args:
        book: The book.
    """
    found: dict[str, dict[FactValue, None]] = {}
    rules = [rule for part in book.rules.values() for rule in part]
    leads = [example.facts for rule in rules for example in rule.examples]
    leads += [case.facts for case in book.proofs.cases]
    for facts in leads:
        for fact, value in facts.items():
            found.setdefault(fact, {})[value] = None
    conditions = [rule.when for rule in rules]
    conditions += [invariant.when for invariant in book.proofs.invariants]
    for condition in conditions:
        for test in comparisons(condition):
            for value in _wanted(test):
                found.setdefault(test.fact, {})[value] = None
    foretold: dict[str, tuple[Facts, ...]] = {}
    for case in book.proofs.cases:
        name = case.expect.rule
        foretold[name] = (*foretold.get(name, ()), case.facts)
    values = {fact: tuple(each)[:_REMEMBERED] for fact, each in found.items()}
    return World(book, values, foretold)


def with_change(facts: Facts, change: Change) -> Facts:
    """Return a lead with some facts changed; a value of None leaves the fact out.

    >>> with_change({"country": "GB", "city": "Leeds"}, {"country": "IE", "city": None})
    {'country': 'IE'}

    Args:
        facts: The lead.
        change: What becomes otherwise.
    """
    return {name: value for name, value in {**facts, **change}.items() if value is not None}


def making(world: World, condition: Condition, facts: Facts, *, wanted: bool) -> tuple[Facts, ...]:
    """Return leads near a given one for which a condition is true, or false.

    Args:
        world: The book.
        condition: What is to come out.
        facts: Where to start; what already comes out so is first among the answers.
        wanted: True or false; never unknown.
    """
    truth = Truth.TRUE if wanted else Truth.FALSE
    found = [facts, *_ways(world, condition, facts, wanted=wanted)]
    seen: list[Facts] = []
    for each in found:
        if each not in seen and world.judged(condition, each) is truth:
            seen.append(each)
    return tuple(seen)


def _ways(world: World, condition: Condition, facts: Facts, *, wanted: bool) -> Iterable[Facts]:
    match condition:
        case Comparison():
            return [
                with_change(facts, change)
                for change in _changes(_Aim(world, condition, facts, wanted))
            ]
        case NotOf(part):
            return making(world, part, facts, wanted=not wanted)
        case _ if isinstance(condition, AllOf) is wanted:
            leads: tuple[Facts, ...] = (facts,)
            for part in condition.parts:
                # What an earlier part was given stays as long as this part can live with it.
                leads = tuple(
                    each
                    for lead in leads
                    for each in making(world, part, lead, wanted=wanted)[:_TRIED]
                )[:_WIDTH]
            return leads
        case _:
            return [
                each
                for part in condition.parts
                for each in making(world, part, facts, wanted=wanted)[:_TRIED]
            ]


@dataclass(frozen=True, slots=True)
class _Aim:
    """How a comparison is to come out, and the lead that is changed for it."""

    world: World
    test: Comparison
    facts: Facts
    wanted: bool


def _changes(aim: _Aim) -> Iterable[Change]:
    """Guess changes after which a comparison may come out as it is wanted."""
    operator = aim.test.operator
    if operator in _OPPOSITES:
        operator, aim = _OPPOSITES[operator], replace(aim, wanted=not aim.wanted)
    return _GUESSES.get(operator, _ordered)(aim)


def _missing(aim: _Aim) -> Iterable[Change]:
    if aim.wanted is aim.test.want:
        return ({aim.test.fact: None},)
    return ({aim.test.fact: value} for value in aim.world.others(aim.test.fact))


def _equal(aim: _Aim) -> Iterable[Change]:
    values = _entries(aim.world, aim.test)
    if aim.wanted:
        return ({aim.test.fact: value} for value in values[:_TRIED])
    if isinstance(aim.test.want, bool):
        return ({aim.test.fact: not aim.test.want},)
    if isinstance(aim.test.want, (int, float)):
        return ({aim.test.fact: aim.test.want + step} for step in (1, -1))
    return ({aim.test.fact: value} for value in aim.world.others(aim.test.fact))


def _has(aim: _Aim) -> Iterable[Change]:
    values = [str(value) for value in _entries(aim.world, aim.test)]
    there = aim.facts.get(aim.test.fact)
    kept = there if isinstance(there, tuple) else ()
    if aim.wanted:
        return ({aim.test.fact: (*kept, value)} for value in values[:_TRIED])
    rest = tuple(item for item in kept if item.casefold() not in values)
    return ({aim.test.fact: rest or ("other",)}, {aim.test.fact: ("other",)})


def _text(aim: _Aim) -> Iterable[Change]:
    there, others = str(aim.facts.get(aim.test.fact, "")), aim.world.others(aim.test.fact)
    parts = [str(value) for value in _entries(aim.world, aim.test)]
    near = [text for part in parts for text in (f"x{part}", f"{part}1")]
    if not aim.wanted:
        return ({aim.test.fact: value} for value in (*near, *others))
    whole = [text for part in parts for text in (part, f"{there} {part}".strip())]
    return ({aim.test.fact: value} for value in (*whole, *near, *others))


def _pattern(aim: _Aim) -> Iterable[Change]:
    if not aim.wanted:
        return ({aim.test.fact: value} for value in aim.world.others(aim.test.fact))
    text = str(aim.test.want)
    for mark, stands_for in _CLASSES:
        text = text.replace(mark, stands_for)
    pieces = [_MARKS.sub("", piece) for piece in text.split("|")]
    whole = _MARKS.sub("", text.replace("|", " "))
    return ({aim.test.fact: value} for value in (*aim.world.others(aim.test.fact), *pieces, whole))


def _ordered(aim: _Aim) -> Iterable[Change]:
    """Guess around the boundary; what falls on the wrong side is sorted out by judging."""
    if isinstance(aim.test.want, datetime):
        return ({aim.test.fact: aim.test.want + step * _SECOND} for step in (0, 1, -1))
    if isinstance(aim.test.want, (int, float)):
        step = 1 if FACTS[aim.test.fact][0] is FactType.INT else 0.01
        near = (aim.test.want, round(aim.test.want + step, 6), round(aim.test.want - step, 6))
        return ({aim.test.fact: value} for value in near)
    return ()


def _within(aim: _Aim) -> Iterable[Change]:
    there = aim.facts.get("received_at")
    received = there if isinstance(there, datetime) else _MONDAY
    span = timedelta(seconds=float(str(aim.test.want)))
    ago = (span, span / 2, span - _SECOND) if aim.wanted else (span + _SECOND, span * 2, -_SECOND)
    return ({"received_at": received, aim.test.fact: received - each} for each in ago)


def _same(aim: _Aim) -> Iterable[Change]:
    other = str(aim.test.want)
    there = aim.facts.get(other, aim.facts.get(aim.test.fact, aim.world.others(other)[0]))
    if aim.wanted:
        return ({other: there, aim.test.fact: there},)
    values = (*aim.world.others(aim.test.fact), _unlike(there))
    return ({other: there, aim.test.fact: value} for value in values)


def _unlike(value: FactValue) -> FactValue:
    """Return another value of the same type."""
    match value:
        case bool():
            return not value
        case datetime():
            return value + _SECOND
        case str():
            return f"{value}1"
        case tuple():
            return (*value, "another")
        case _:
            return value + 1


def _calendar(aim: _Aim) -> Iterable[Change]:
    calendar = aim.world.book.calendars.get(aim.test.named)
    if calendar is None:
        return ()
    hours, there = work_time(calendar), aim.facts.get(aim.test.fact)
    start = there if isinstance(there, datetime) else _MONDAY
    moments = (start + step * _HOUR for step in range(_WEEK))
    found = next((each for each in moments if hours.is_open(each) is aim.wanted), None)
    return () if found is None else ({aim.test.fact: found},)


_GUESSES: dict[Operator, Callable[[_Aim], Iterable[Change]]] = {
    _O.MISSING: _missing,
    _O.IS: _equal,
    _O.IN: _equal,
    _O.IN_LIST: _equal,
    _O.HAS: _has,
    _O.HAS_ANY: _has,
    _O.CONTAINS: _text,
    _O.STARTS_WITH: _text,
    _O.ENDS_WITH: _text,
    _O.MATCHES: _pattern,
    _O.WITHIN_LAST: _within,
    _O.SAME_AS: _same,
    _O.IN_CALENDAR: _calendar,
}


def _entries(world: World, test: Comparison) -> tuple[FactValue, ...]:
    """Return what a comparison names: its values, or the entries of its list."""
    if test.operator in (_O.IN_LIST, _O.NOT_IN_LIST):
        return tuple(sorted(world.book.lists.get(test.named, ())))
    values = test.want if isinstance(test.want, tuple) else (test.want,)
    # The book compares without regard to case; a reader expects a country in capitals.
    return tuple(str(value).upper() for value in values) if test.fact == "country" else values


def _wanted(test: Comparison) -> Iterable[FactValue]:
    """Return the values of its fact that a comparison names outright."""
    if test.operator in (_O.IS, _O.NOT, _O.IN, _O.NOT_IN):
        return test.want if isinstance(test.want, tuple) else (test.want,)
    return ()
