"""Rule files: conditions, effects and examples."""

from router.lead.facts import FACTS, FactType, FactValue
from router.rulebook.model import (
    PRIORITIES,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Effect,
    Example,
    NotOf,
    OnUnknown,
    Operator,
    Phase,
    Place,
    Rule,
)
from router.rulebook.nodes import Fields, Items, Node, Scalar
from router.rulebook.read import Reader

_O = Operator
_TEXT = (_O.IS, _O.NOT, _O.IN, _O.NOT_IN, _O.IN_LIST, _O.NOT_IN_LIST, _O.CONTAINS, _O.MISSING)
_NUMBER = (_O.IS, _O.NOT, _O.GTE, _O.GT, _O.LTE, _O.LT, _O.MISSING)

#: Which comparisons each type of fact knows.
OPERATORS: dict[FactType, tuple[Operator, ...]] = {
    FactType.TEXT: _TEXT,
    FactType.CODE: _TEXT,
    FactType.INT: _NUMBER,
    FactType.NUM: _NUMBER,
    FactType.BOOL: (_O.IS, _O.NOT, _O.MISSING),
    FactType.DATE: (_O.MISSING,),
    FactType.LIST: (_O.HAS, _O.HAS_ANY, _O.MISSING),
}

_GROUPS = ("any", "all", "not")
_TARGETS = ("person", "pool", "queue", "sequence", "reject", "review")
_SETTINGS = ("sla", "priority", "tags")
_OWNERS = frozenset({"person", "pool", "queue", "sequence"})

#: What only a classification tells; guards are judged before it.
_AFTER_CLASSIFY = frozenset({"intent", "urgency", "service_interest", "confidence", "risk_flags"})


def read_rules(reader: Reader, root: Node) -> tuple[Phase, tuple[Rule, ...]]:
    """Read one rule file.

    Args:
        reader: Takes problems, declared rule ids and references.
        root: The file's root.

    Returns:
        The file's phase, and the rules without problems in their order.
    """
    found = reader.fields(root, "a rule file", ("phase", "rules"))
    name = reader.word(found.get("phase"), "phase", tuple(Phase))
    phase = Phase(name) if name in tuple(Phase) else Phase.ROUTES
    rules = []
    for node in reader.items(found.get("rules"), "rules"):
        before = len(reader.problems)
        rule = _rule(reader, phase, node)
        if len(reader.problems) == before:
            rules.append(rule)
    return phase, tuple(rules)


def _rule(reader: Reader, phase: Phase, node: Node) -> Rule:
    found = reader.fields(
        node, "a rule", ("id", "summary", "steward", "when", "then"), ("on_unknown", "examples")
    )
    key = found.get("id")
    id_ = reader.declare("rule", key) if isinstance(key, Scalar) else reader.text(key)
    unknown = reader.word(
        found.get("on_unknown"), "on_unknown", tuple(OnUnknown), default=OnUnknown.SKIP
    )
    if phase is Phase.ENRICH and unknown == OnUnknown.REVIEW:
        reader.problems.add(
            found["on_unknown"].place, "a rule of enrich gives settings and cannot ask a person"
        )
    return Rule(
        id=id_,
        summary=reader.text(found.get("summary")),
        steward=reader.address(found.get("steward")),
        phase=phase,
        when=_ConditionReader(reader, phase).condition(found.get("when")),
        then=_effect(reader, phase, found.get("then")),
        place=node.place,
        on_unknown=OnUnknown(unknown) if unknown in tuple(OnUnknown) else OnUnknown.SKIP,
        examples=_examples(reader, found.get("examples")),
    )


class _ConditionReader:
    """Reads the conditions of one rule."""

    def __init__(self, reader: Reader, phase: Phase) -> None:
        self.reader = reader
        self.problems = reader.problems
        self.phase = phase

    def condition(self, node: Node | None) -> Condition:
        """Read a map of conditions that must all hold."""
        parts: list[Condition] = []
        for key, value in self.reader.entries(node, "a condition"):
            if key.text in ("any", "all"):
                parts.append(self.group(key, value))
            elif key.text == "not":
                parts.append(NotOf(self.condition(value), key.place))
                if isinstance(value, Fields) and not value.entries:
                    self.problems.add(key.place, "'not' needs a condition")
            elif key.text in FACTS:
                parts += self.fact(key, value)
            else:
                self.problems.unknown(key.place, "fact", key.text, (*FACTS, *_GROUPS))
        place = Place("", 0) if node is None else node.place
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts), place)

    def group(self, key: Scalar, node: Node) -> Condition:
        """Read ``any`` or ``all``: a list of conditions."""
        inner = tuple(self.condition(item) for item in self.reader.items(node, f"'{key.text}'"))
        for part in inner:
            if isinstance(part, AllOf) and not part.parts:
                self.problems.add(part.place, f"an empty condition in '{key.text}' always holds")
        return AnyOf(inner, key.place) if key.text == "any" else AllOf(inner, key.place)

    def fact(self, key: Scalar, node: Node) -> list[Condition]:
        """Read what is asked of one fact: a value, a list of values, or operators."""
        if self.phase is Phase.GUARDS and key.text in _AFTER_CLASSIFY:
            self.problems.add(
                key.place,
                f"'{key.text}' is not known yet when guards are judged",
                advice="Move the rule to a file with phase: routes.",
            )
        is_list = FACTS[key.text][0] is FactType.LIST
        if isinstance(node, Scalar):
            return self.compare(key, _O.HAS if is_list else _O.IS, node)
        if isinstance(node, Items):
            return self.compare(key, _O.HAS_ANY if is_list else _O.IN, node)
        found: list[Condition] = []
        if not node.entries:
            self.problems.add(node.place, f"nothing is asked of '{key.text}'")
        for operator, value in node.entries:
            if operator.text in tuple(Operator):
                found += self.compare(key, Operator(operator.text), value, operator.place)
            else:
                known = OPERATORS[FACTS[key.text][0]]
                self.problems.unknown(operator.place, "comparison", operator.text, known)
        return found

    def compare(
        self, key: Scalar, operator: Operator, node: Node, place: Place | None = None
    ) -> list[Condition]:
        """Read one comparison; none when the fact's type does not know it."""
        fact, at = key.text, place or key.place
        declared = FACTS[fact][0]
        if operator not in OPERATORS[declared]:
            self.problems.add(
                place or node.place,
                f"{fact} ({declared}) cannot be compared with '{operator}'",
                advice=f"Use one of: {', '.join(OPERATORS[declared])}.",
            )
            return []
        want: FactValue
        if operator in (_O.IN_LIST, _O.NOT_IN_LIST):
            name = self.reader.refer("list", node)
            return [Comparison(fact, operator, name, at, named=name)]
        if operator is _O.MISSING:
            want = self.reader.truth(node)
        elif operator in (_O.IN, _O.NOT_IN, _O.HAS_ANY):
            values = self.reader.items(node, f"the values of '{operator}'")
            want = tuple(str(self.reader.fact_value(fact, item)).casefold() for item in values)
        else:
            value = self.reader.fact_value(fact, node)
            want = value.casefold() if isinstance(value, str) else value
        return [Comparison(fact, operator, want, at)]


def _effect(reader: Reader, phase: Phase, node: Node | None) -> Effect:
    found = reader.fields(node, "'then'", (), (*_TARGETS, *_SETTINGS))
    targets = [kind for kind in _TARGETS if kind in found]
    place = Place("", 0) if node is None else node.place
    if phase is Phase.ENRICH:
        for kind in targets:
            reader.problems.add(
                found[kind].place,
                f"a rule of enrich gives settings, not a {kind}",
                advice=f"Use one of: {', '.join(_SETTINGS)}.",
            )
        if isinstance(node, Fields) and not found:
            reader.problems.add(place, f"'then' needs one of: {', '.join(_SETTINGS)}")
    elif len(targets) != 1 and isinstance(node, Fields):
        reader.problems.add(place, f"'then' needs exactly one of: {', '.join(_TARGETS)}")
    elif phase is Phase.FALLBACK and not _OWNERS.issuperset(targets):
        reader.problems.add(
            place, "a rule of fallback must give an owner: person, pool, queue or sequence"
        )
    return Effect(
        person=reader.refer("person", found.get("person")),
        pool=reader.refer("pool", found.get("pool")),
        queue=reader.refer("queue", found.get("queue")),
        sequence=reader.refer("sequence", found.get("sequence")),
        reject=reader.id(found.get("reject"), "code"),
        review=reader.id(found.get("review"), "code"),
        sla=reader.refer("sla", found.get("sla")),
        priority=reader.word(found.get("priority"), "priority", PRIORITIES),
        tags=reader.texts(found.get("tags")),
    )


def _examples(reader: Reader, node: Node | None) -> tuple[Example, ...]:
    found = reader.fields(node, "examples", (), ("matches", "misses"))
    return tuple(
        Example(_facts(reader, item), kind == "matches", item.place)
        for kind in ("matches", "misses")
        for item in reader.items(found.get(kind), kind)
    )


def _facts(reader: Reader, node: Node) -> dict[str, FactValue]:
    values: dict[str, FactValue] = {}
    for key, value in reader.entries(node, "an example"):
        if key.text not in FACTS:
            reader.problems.unknown(key.place, "fact", key.text, FACTS)
        elif FACTS[key.text][0] is FactType.LIST:
            values[key.text] = reader.texts(value)
        else:
            values[key.text] = reader.fact_value(key.text, value)
    return values
