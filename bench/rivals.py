"""Other rule engines, given the same plain rules: which rule is the first that matches a lead?

Each is used as its own documentation says, with whatever it offers to be fast: zen-engine gets one
decision table that stops at its first hit, rule-engine gets compiled rules that are gone through.
They are installed for the benchmark alone (``requirements-bench.txt``).
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

import orjson

from router.lead.facts import Facts
from router.rulebook.engine.explain import judge
from router.rulebook.model import AllOf, Comparison, Operator, Rule, RuleBook, Truth

_SYMBOLS = {Operator.GTE: ">=", Operator.LTE: "<=", Operator.IS: "=="}


class Rival(NamedTuple):
    """An engine that has read its rules."""

    #: Puts a lead into the form that it asks for.
    prepare: Callable[[Facts], Any]
    #: From that to the id of the first rule that matches; empty for none.
    first: Callable[[Any], str]


def naive(book: RuleBook, rules: Sequence[Rule]) -> Rival:
    """Return our own plain evaluator, the reference of the fast one."""

    def first(facts: Facts) -> str:
        for rule in rules:
            if judge(rule.when, book, facts) is Truth.TRUE:
                return rule.id
        return ""

    return Rival(lambda facts: facts, first)


def zen_engine(_book: RuleBook, rules: Sequence[Rule]) -> Rival | None:
    """Return zen-engine's decision table; None when it is not installed."""
    zen = _installed("zen")
    if zen is None:
        return None
    names = list(dict.fromkeys(each.fact for rule in rules for each in _comparisons(rule)))
    table = {
        "hitPolicy": "first",
        "inputs": [{"id": name, "name": name, "field": _flat(name)} for name in names],
        "outputs": [{"id": "rule", "name": "rule", "field": "rule"}],
        "rules": [_zen_row(rule, names) for rule in rules],
    }
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode"},
        {"id": "table", "name": "table", "type": "decisionTableNode", "content": table},
        {"id": "out", "name": "out", "type": "outputNode"},
    ]
    edges = [
        {"id": "1", "sourceId": "in", "targetId": "table", "type": "edge"},
        {"id": "2", "sourceId": "table", "targetId": "out", "type": "edge"},
    ]
    graph = orjson.dumps({"nodes": nodes, "edges": edges}).decode()
    decision = zen.ZenEngine().create_decision(graph)

    def first(asked: Any) -> str:  # noqa: ANN401 - as it was prepared
        found = decision.evaluate(asked)["result"]
        return str(found["rule"]) if found else ""

    return Rival(lambda facts: _asked(facts, names), first)


def rule_engine(_book: RuleBook, rules: Sequence[Rule]) -> Rival | None:
    """Return rule-engine's compiled rules, one after another; None when it is not installed."""
    engine = _installed("rule_engine")
    if engine is None:
        return None
    names = list(dict.fromkeys(each.fact for rule in rules for each in _comparisons(rule)))
    compiled = [
        (rule.id, engine.Rule(" and ".join(map(_expression, _comparisons(rule))))) for rule in rules
    ]

    def first(asked: Any) -> str:  # noqa: ANN401 - as it was prepared
        return next((name for name, rule in compiled if rule.matches(asked)), "")

    return Rival(lambda facts: _asked(facts, names), first)


#: What is compared, by the name of its rows.
RIVALS: dict[str, Callable[[RuleBook, Sequence[Rule]], Rival | None]] = {
    "naive": naive,
    "zen": zen_engine,
    "rule_engine": rule_engine,
}


def _installed(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ModuleNotFoundError:
        return None


def _flat(fact: str) -> str:
    """Return a fact's name without dots, which the others take for a path."""
    return fact.replace(".", "_")


def _asked(facts: Facts, names: Sequence[str]) -> dict[str, object]:
    """Return what the rules ask, as the others compare it: they know no letter's other case."""
    return {_flat(name): _folded(facts[name]) for name in names}


def _folded(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value


def _comparisons(rule: Rule) -> list[Comparison]:
    """Return the comparisons of a plain rule, all of which must hold."""

    def within(part: object) -> list[Comparison]:
        if isinstance(part, Comparison):
            return [part]
        if isinstance(part, AllOf):
            return [each for inner in part.parts for each in within(inner)]
        raise TypeError(f"{rule.id}: {part} is no plain condition.")

    return within(rule.when)


def _texts(test: Comparison) -> list[str]:
    return (
        [orjson.dumps(text).decode() for text in test.want] if isinstance(test.want, tuple) else []
    )


def _expression(test: Comparison) -> str:
    if test.operator is Operator.IN:
        return f"{_flat(test.fact)} in [{', '.join(_texts(test))}]"
    return f"{_flat(test.fact)} {_SYMBOLS[test.operator]} {orjson.dumps(test.want).decode()}"


def _zen_row(rule: Rule, names: Sequence[str]) -> dict[str, str]:
    cells = dict.fromkeys(names, "")
    for test in _comparisons(rule):
        if test.operator is Operator.IN:
            cell = ", ".join(_texts(test))
        elif test.operator is Operator.IS:
            cell = orjson.dumps(test.want).decode()
        else:
            cell = f"{_SYMBOLS[test.operator]} {test.want}"
        before = cells[test.fact]
        cells[test.fact] = f"{before} and {cell}" if before else cell
    return {"_id": rule.id, **cells, "rule": f'"{rule.id}"'}
