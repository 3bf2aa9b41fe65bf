"""Conditions: what a rule or an invariant asks of the facts of a lead."""

from collections.abc import Mapping

from router.lead.facts import FACTS, FactType, FactValue
from router.rulebook.reading.nodes import Fields, Items, Node, Scalar
from router.rulebook.reading.patterns import pattern_problem
from router.rulebook.reading.reader import Reader
from router.rulebook.reading.times import parse_span
from router.rulebook.rule import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    NotOf,
    Operator,
    Place,
)

_O = Operator
_TEXT = (
    _O.IS, _O.NOT, _O.IN, _O.NOT_IN, _O.IN_LIST, _O.NOT_IN_LIST, _O.CONTAINS, _O.STARTS_WITH,
    _O.ENDS_WITH, _O.MATCHES, _O.SAME_AS, _O.MISSING,
)  # fmt: skip
_NUMBER = (_O.IS, _O.NOT, _O.GTE, _O.GT, _O.LTE, _O.LT, _O.SAME_AS, _O.MISSING)

#: Which comparisons each type of fact knows.
OPERATORS: dict[FactType, tuple[Operator, ...]] = {
    FactType.TEXT: _TEXT,
    FactType.CODE: _TEXT,
    FactType.INT: _NUMBER,
    FactType.NUM: _NUMBER,
    FactType.BOOL: (_O.IS, _O.NOT, _O.SAME_AS, _O.MISSING),
    FactType.DATE: (
        _O.AFTER, _O.BEFORE, _O.WITHIN_LAST, _O.IN_CALENDAR, _O.NOT_IN_CALENDAR, _O.SAME_AS,
        _O.MISSING,
    ),
    FactType.LIST: (_O.HAS, _O.HAS_ANY, _O.MISSING),
}  # fmt: skip

#: Comparisons that are written shorter than they are judged: ``between`` is at least and at most,
#: ``has_all`` is has for each, ``has_none`` is not has_any.
SHORT_FORMS: dict[FactType, tuple[str, ...]] = {
    FactType.INT: ("between",),
    FactType.NUM: ("between",),
    FactType.LIST: ("has_all", "has_none"),
}

#: What combines conditions.
GROUPS = ("any", "all", "not")

#: What only a classification tells; guards are judged before it.
AFTER_CLASSIFY = frozenset({"intent", "urgency", "service_interest", "confidence", "risk_flags"})

_WORDS: Mapping[str, Operator] = {operator.value: operator for operator in Operator}
_BOUNDS = 2


def written_operators(fact: str) -> tuple[str, ...]:
    """Return every comparison that may be written of a fact, short forms last.

    >>> written_operators("tags")
    ('has', 'has_any', 'missing', 'has_all', 'has_none')

    Args:
        fact: A name of :data:`router.lead.facts.FACTS`.
    """
    declared = FACTS[fact][0]
    return (*(each.value for each in OPERATORS[declared]), *SHORT_FORMS.get(declared, ()))


class ConditionReader:
    """Reads conditions; says what is wrong and goes on."""

    def __init__(self, reader: Reader, *, guard: bool = False) -> None:
        """Prepare to read.

        Args:
            reader: Takes problems and references.
            guard: True when the conditions are judged before the classification.
        """
        self.reader = reader
        self.problems = reader.problems
        self.guard = guard

    def condition(self, node: Node | None) -> Condition:
        """Read a map of conditions that must all hold."""
        parts: list[Condition] = []
        for key, value in self.reader.entries(node, "a condition"):
            if key.text in FACTS:
                parts += self._fact(key, value)
            elif key.text in ("any", "all"):
                parts.append(self._group(key, value))
            elif key.text == "not":
                parts.append(NotOf(self.condition(value), key.place))
                if isinstance(value, Fields) and not value.entries:
                    self.problems.add(key.place, "'not' needs a condition")
            else:
                self.problems.unknown(key.place, "fact", key.text, (*FACTS, *GROUPS))
        if len(parts) == 1:
            return parts[0]
        return AllOf(tuple(parts), Place("", 0) if node is None else node.place)

    def _group(self, key: Scalar, node: Node) -> Condition:
        """Read ``any`` or ``all``: a list of conditions."""
        inner = tuple(self.condition(item) for item in self.reader.items(node, f"'{key.text}'"))
        for part in inner:
            if isinstance(part, AllOf) and not part.parts:
                self.problems.add(part.place, f"an empty condition in '{key.text}' always holds")
        return AnyOf(inner, key.place) if key.text == "any" else AllOf(inner, key.place)

    def _fact(self, key: Scalar, node: Node) -> list[Condition]:
        """Read what is asked of one fact: a value, a list of values, or operators."""
        self._check_time(key.text, key)
        if isinstance(node, Fields):
            if not node.entries:
                self.problems.add(node.place, f"nothing is asked of '{key.text}'")
            found: list[Condition] = []
            for word, value in node.entries:
                found += self._asked(key.text, word, value)
            return found
        is_list = FACTS[key.text][0] is FactType.LIST
        if isinstance(node, Scalar):
            operator = _O.HAS if is_list else _O.IS
        else:
            operator = _O.HAS_ANY if is_list else _O.IN
        if operator not in OPERATORS[FACTS[key.text][0]]:
            self._unfit(key.text, operator, node.place)
            return []
        return [self._compare(key.text, operator, node, key.place)]

    def _check_time(self, fact: str, at: Node) -> None:
        if self.guard and fact in AFTER_CLASSIFY:
            self.problems.add(
                at.place,
                f"'{fact}' is not known yet when guards are judged",
                advice="Move the rule to a file with phase: routes.",
            )

    def _asked(self, fact: str, word: Scalar, node: Node) -> list[Condition]:
        """Read one operator and what it wants."""
        operator = _WORDS.get(word.text)
        declared = FACTS[fact][0]
        if operator is not None and operator in OPERATORS[declared]:
            return [self._compare(fact, operator, node, word.place)]
        if word.text in SHORT_FORMS.get(declared, ()):
            return self._short(fact, word, node)
        if operator is not None or any(word.text in each for each in SHORT_FORMS.values()):
            self._unfit(fact, word.text, word.place)
        else:
            self.problems.unknown(word.place, "comparison", word.text, written_operators(fact))
        return []

    def _unfit(self, fact: str, operator: str, place: Place) -> None:
        self.problems.add(
            place,
            f"{fact} ({FACTS[fact][0]}) cannot be compared with '{operator}'",
            advice=f"Use one of: {', '.join(written_operators(fact))}.",
        )

    def _short(self, fact: str, word: Scalar, node: Node) -> list[Condition]:
        """Read a comparison that is judged as others."""
        place = word.place
        if word.text == "has_none":
            return [NotOf(self._compare(fact, _O.HAS_ANY, _listed(node), place), place)]
        items = self.reader.items(_listed(node), f"the values of '{word.text}'")
        if word.text == "has_all":
            return [self._compare(fact, _O.HAS, item, place) for item in items]
        if len(items) != _BOUNDS:
            self.problems.add(node.place, "'between' takes two numbers, the least and the most")
            return []
        low, high = (self.reader.fact_value(fact, item) for item in items)
        if isinstance(low, (int, float)) and isinstance(high, (int, float)) and low > high:
            self.problems.add(node.place, f"nothing lies between {low:g} and {high:g}")
        return [Comparison(fact, _O.GTE, low, place), Comparison(fact, _O.LTE, high, place)]

    def _compare(self, fact: str, operator: Operator, node: Node, at: Place) -> Comparison:
        """Read one comparison that the fact's type knows."""
        if operator in (_O.IN_LIST, _O.NOT_IN_LIST):
            name = self.reader.refer("list", node)
            return Comparison(fact, operator, name, at, named=name)
        if operator in (_O.IN_CALENDAR, _O.NOT_IN_CALENDAR):
            name = self.reader.refer("calendar", node)
            return Comparison(fact, operator, name, at, named=name)
        return Comparison(fact, operator, self._want(fact, operator, node), at)

    def _want(self, fact: str, operator: Operator, node: Node) -> FactValue:
        match operator:
            case _O.MISSING:
                want: FactValue = self.reader.truth(node)
            case _O.IN | _O.NOT_IN | _O.HAS_ANY:
                values = self.reader.items(node, f"the values of '{operator}'")
                want = tuple(str(self.reader.fact_value(fact, item)).casefold() for item in values)
            case _O.SAME_AS:
                want = self._other(fact, node)
            case _O.WITHIN_LAST:
                want = self._span(fact, node)
            case _O.MATCHES:
                want = self._pattern(node)
            case _O.CONTAINS | _O.STARTS_WITH | _O.ENDS_WITH:
                # Part of a value: it names nothing, and its quoted spaces are meant.
                part = self._verbatim(node)
                self.reader.check_letters(part, node)
                want = part.casefold()
            case _:
                value = self.reader.fact_value(fact, node)
                want = value.casefold() if isinstance(value, str) else value
        return want

    def _verbatim(self, node: Node) -> str:
        """Read text as it was written, with the spaces within its quotes."""
        text = self.reader.text(node)
        return node.text if text and isinstance(node, Scalar) and not node.plain else text

    def _other(self, fact: str, node: Node) -> str:
        """Read the name of the fact that another one must equal."""
        other = self.reader.text(node)
        if not other:
            return ""
        alike = [name for name, (kind, _) in FACTS.items() if kind is FACTS[fact][0]]
        alike.remove(fact)
        if other == fact:
            self.problems.add(node.place, f"'{fact}' is always the same as itself")
        elif other in FACTS and other not in alike:
            self.problems.add(
                node.place,
                f"{fact} ({FACTS[fact][0]}) cannot be the same as {other} ({FACTS[other][0]})",
                advice=f"Use one of: {', '.join(alike)}." if alike else "",
            )
        elif other not in FACTS:
            self.problems.unknown(node.place, "fact", other, alike)
        self._check_time(other, node)
        return other

    def _span(self, fact: str, node: Node) -> float:
        """Read how far back a moment may lie, in seconds before the lead was received."""
        found = self.reader.text(node)
        span = parse_span(found)
        if span is None and found:
            self.problems.add(
                node.place,
                f"'{found}' is not a span of time",
                advice="Write a number and s, m, h, d (24 hours here) or w, e.g. 30d.",
            )
        elif fact == "received_at":
            self.problems.add(
                node.place,
                "'within_last' is measured back from received_at, so here it always holds",
                advice="Use after or before.",
            )
        return 0.0 if span is None else span.total_seconds()

    def _pattern(self, node: Node) -> str:
        """Read a pattern of RE2."""
        pattern = self._verbatim(node)
        self.reader.check_letters(pattern, node, mixed=False)
        if pattern and (reason := pattern_problem(pattern)):
            self.problems.add(
                node.place,
                f"this pattern cannot be used: {reason}",
                advice="Patterns are RE2: no look-around, no back references, at most 512 bytes.",
            )
        return pattern


def _listed(node: Node) -> Node:
    """Return a single value as a list of one."""
    if isinstance(node, Scalar):
        return Items(node.file, node.line, node.column, (node,))
    return node
