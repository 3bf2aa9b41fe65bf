"""What was changed in a book to bring a difference about: the rule, its list, or the order."""

from dataclasses import replace

from router.rulebook.analysis.difference import Way
from router.rulebook.analysis.ladder import key_of
from router.rulebook.engine.explain import judge_rule
from router.rulebook.model import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    NotOf,
    Rule,
    RuleBook,
    Truth,
)
from router.wording import listed

ORDER = "the order of the rules, or rules before them"


class Causes:
    """The rules of two books, by what was done to them."""

    def __init__(self, old: RuleBook, new: RuleBook) -> None:
        """Compare them.

        Args:
            old: The book as it is.
            new: The book as it would be.
        """
        before, after = _rules(old), _rules(new)
        self._books = ((old, before), (new, after))
        self._done: dict[str, str] = {}
        for name in after.keys() - before.keys():
            self._done[name] = f"rule {name} is new"
        for name in before.keys() - after.keys():
            self._done[name] = f"rule {name} is gone"
        for name in before.keys() & after.keys():
            one, other = before[name], after[name]
            asked = _asked(one, old), _asked(other, new)
            if (_form(one, old), one.phase, asked[0]) == (_form(other, new), other.phase, asked[1]):
                continue
            kept = (_form(one, old), one.phase) == (_form(other, new), other.phase)
            names = sorted(each for each in asked[0] if asked[0][each] != asked[1].get(each))
            alone = kept and asked[0].keys() == asked[1].keys()
            with_it = f" with {listed(names)}" if alone else ""
            self._done[name] = f"rule {name} changed{with_it}"

    def of(self, way: Way) -> str:
        """Say in words what brings a way of changing hands about.

        Args:
            way: The way.
        """
        if way.rows is not None:
            return f"table {way.rows.table} changed"
        if way.old_rule == way.new_rule and way.old_rule in self._done:
            return self._done[way.old_rule]
        # Who lets the lead go is the cause, unless it would still take it.
        for rule, at in ((way.old_rule, 1), (way.new_rule, 0)):
            if rule in self._done and not self._takes(rule, at, way):
                return self._done[rule]
        return ORDER

    def _takes(self, rule: str, at: int, way: Way) -> bool:
        book, rules = self._books[at]
        return rule in rules and judge_rule(rules[rule], book, way.example) is Truth.TRUE


def _rules(book: RuleBook) -> dict[str, Rule]:
    return {rule.id: rule for some in book.rules.values() for rule in some}


def _form(rule: Rule, book: RuleBook) -> tuple[object, ...]:
    """Return what a rule says, without the lists, calendars and tables that it asks."""
    alone = replace(book, lists={}, calendars={})
    return key_of(rule.when, alone), rule.then, rule.on_unknown, rule.table


def _asked(rule: Rule, book: RuleBook) -> dict[str, object]:
    """Return the lists, calendars and tables that a rule asks, with their content."""
    found: dict[str, object] = {}
    for name in _named(rule.when):
        if name in book.lists:
            found[f"list {name}"] = book.lists[name]
        elif name in book.calendars:
            found[f"calendar {name}"] = book.calendars[name]
    if rule.table in book.tables:
        found[f"table {rule.table}"] = book.tables[rule.table].rows
    return found


def _named(condition: Condition) -> set[str]:
    match condition:
        case Comparison():
            return {condition.named} - {""}
        case NotOf(part):
            return _named(part)
        case AllOf(parts) | AnyOf(parts):
            return {name for part in parts for name in _named(part)}
