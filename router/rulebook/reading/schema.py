"""The JSON Schema of rule files: what an editor completes, and underlines, while a rule is written.

Made from the facts, the comparisons and the names of a book. It is a help: a file that it finds
fault with is wrong, but what it lets pass is judged by ``rules check`` alone.
"""

import json
from collections.abc import Mapping

from router.lead.facts import FACTS, FactType
from router.rulebook.model import PRIORITIES, OnUnknown, Operator, Phase, RuleBook
from router.rulebook.reading.conditions import GROUPS, OPERATORS, SHORT_FORMS
from router.rulebook.reading.reader import CHECKED, CLOSED, countries
from router.rulebook.reading.rules import HITS, OWNERS, SETTINGS, TARGETS

_O = Operator
Schema = dict[str, object]

#: Where a book keeps it, inside its folder; hidden, so that it is no part of the book.
PATH = ".schema/rules.schema.json"

_ID: Schema = {"type": "string", "pattern": "^[a-z0-9]+([-_][a-z0-9]+)*$"}
_ADDRESS: Schema = {"type": "string", "pattern": r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+$"}
_SPAN: Schema = {"type": "string", "pattern": "^[1-9][0-9]{0,4}[smhdw]$"}
# An editor reads 01234 as a number; the book takes what was written.
_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_BOOL: Schema = {"enum": [True, False, "true", "false"]}
_VALUES: Mapping[FactType, Schema] = {
    FactType.TEXT: _SCALAR,
    FactType.CODE: _SCALAR,
    FactType.LIST: _SCALAR,
    FactType.INT: {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^-?[0-9]+$"}]},
    FactType.NUM: {"anyOf": [{"type": "number"}, {"type": "string", "pattern": "^-?[0-9.]+$"}]},
    FactType.BOOL: _BOOL,
    FactType.DATE: {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T].+)?$"},
}
#: Comparisons with several values of the fact.
_SEVERAL = frozenset({"in", "not_in", "has_any", "has_all", "has_none"})
_PARTS = frozenset({"contains", "starts_with", "ends_with", "matches"})
#: What a fact's values, or a comparison's operand, name in a book.
_NAMED_BY = {
    "intent": "intent",
    "service_line": "service",
    "service_interest": "service",
    "source": "source",
    "account.owner": "person",
    "in_list": "list",
    "not_in_list": "list",
    "in_calendar": "calendar",
    "not_in_calendar": "calendar",
}


def rules_schema(book: RuleBook | None = None) -> Schema:
    """Return the schema of a book's rule files (draft 2020-12).

    Args:
        book: Gives the names that may be written; None allows any name.
    """
    names = {} if book is None else _names(book)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A rule file of a rule book",
        "type": "object",
        "required": ["phase", "rules"],
        "additionalProperties": False,
        "properties": {
            "phase": {"enum": [phase.value for phase in Phase]},
            "hit": {
                "enum": list(dict.fromkeys(HITS.values())),
                "description": "How many rules count: first, and in enrich collect.",
            },
            "rules": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/rule"}},
        },
        "allOf": [_of_phase(phase) for phase in Phase],
        "$defs": {
            "rule": _rule(names),
            "then": _then(names),
            "lead": _lead(),
            "condition": _condition(),
            **{fact: _known_values(fact, names) for fact in FACTS if fact in CHECKED},
            **{_like(fact): _asked(fact, names) for fact in FACTS},
        },
    }


def schema_text(book: RuleBook | None = None) -> str:
    """Return the schema as it is written to :data:`PATH`.

    Args:
        book: As for :func:`rules_schema`.
    """
    return json.dumps(rules_schema(book), indent=1, ensure_ascii=False) + "\n"


def _names(book: RuleBook) -> dict[str, list[str]]:
    """Return what is declared in a book, by kind."""
    return {
        "person": sorted(book.people),
        "pool": sorted(book.pools),
        "queue": sorted(book.queues),
        "sequence": sorted(book.sequences),
        "sla": sorted(book.slas),
        "list": sorted(book.lists),
        "table": sorted(book.tables),
        "calendar": sorted(book.calendars),
        "source": sorted(book.sources),
        "intent": [intent.id for intent in book.taxonomy.intents],
        "service": sorted(book.taxonomy.services),
    }


def _of_phase(phase: Phase) -> Schema:
    """Return what holds for the files of one phase only."""
    targets = [{"required": [kind]} for kind in TARGETS]
    if phase is Phase.ENRICH:
        then: Schema = {"minProperties": 1, "not": {"anyOf": targets}}
    elif phase is Phase.FALLBACK:
        then = {"not": {"anyOf": [one for one in targets if not OWNERS & set(one["required"])]}}
    else:
        then = {}
    rule: Schema = {"properties": {"then": then}}
    if phase is not Phase.ENRICH:
        rule["anyOf"] = [
            {"required": ["table"]},
            {"properties": {"then": {"oneOf": targets}}},
        ]
    return {
        "if": {"properties": {"phase": {"const": phase.value}}, "required": ["phase"]},
        "then": {
            "properties": {"hit": {"const": HITS[phase]}, "rules": {"items": rule}},
        },
    }


def _rule(names: Mapping[str, list[str]]) -> Schema:
    leads: Schema = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/lead"}}
    return {
        "type": "object",
        "required": ["id", "summary", "steward", "when"],
        "anyOf": [{"required": ["then"]}, {"required": ["table"]}],
        "additionalProperties": False,
        "properties": {
            "id": _ID,
            "summary": {"type": "string", "minLength": 1, "description": "In plain English."},
            "steward": {**_ADDRESS, "description": "Who answers for this rule."},
            "when": {"$ref": "#/$defs/condition"},
            "then": {"$ref": "#/$defs/then"},
            "table": _named("table", names),
            "on_unknown": {"enum": [each.value for each in OnUnknown]},
            "examples": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"matches": leads, "misses": leads},
            },
        },
    }


def _then(names: Mapping[str, list[str]]) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **{kind: _named(kind, names) if kind in OWNERS else _ID for kind in TARGETS},
            **dict.fromkeys(SETTINGS, _one_or_more(_SCALAR)),
            "sla": _named("sla", names),
            "priority": {"enum": list(PRIORITIES)},
        },
    }


def _lead() -> Schema:
    """Return the schema of an example's facts."""
    return _map_of_facts(
        {
            name: {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]}
            if kind is FactType.LIST
            else _value(name)
            for name, (kind, _) in FACTS.items()
        }
    )


def _condition() -> Schema:
    inner: Schema = {"$ref": "#/$defs/condition"}
    found = _map_of_facts({name: {"$ref": f"#/$defs/{_like(name)}"} for name in FACTS})
    groups: dict[str, Schema] = {
        group: {"type": "array", "minItems": 1, "items": {**inner, "minProperties": 1}}
        for group in GROUPS
    }
    properties = found["properties"]
    joined = {**properties, **groups} if isinstance(properties, dict) else groups
    return {**found, "properties": {**joined, "not": {**inner, "minProperties": 1}}}


def _map_of_facts(properties: Mapping[str, Schema]) -> Schema:
    described = {
        name: {"description": f"{FACTS[name][1]} ({FACTS[name][0]})", **schema}
        for name, schema in properties.items()
    }
    return {"type": "object", "additionalProperties": False, "properties": described}


def _like(fact: str) -> str:
    """Return what facts of which the same may be asked have in common."""
    return f"ask-{fact if fact in CHECKED else FACTS[fact][0]}"


def _asked(fact: str, names: Mapping[str, list[str]]) -> Schema:
    """Return what may be asked of one fact: a value, a list of values, or operators."""
    kind = FACTS[fact][0]
    value = _value(fact)
    operators = [*(each.value for each in OPERATORS[kind]), *SHORT_FORMS.get(kind, ())]
    forms: list[Schema] = []
    if {"is", "has"} & set(operators):
        forms.append(value)
    if {"in", "has_any"} & set(operators):
        forms.append({"type": "array", "minItems": 1, "items": value})
    forms.append(
        {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "properties": {word: _operand(fact, word, value, names) for word in operators},
        }
    )
    return {"anyOf": forms}


def _operand(fact: str, word: str, value: Schema, names: Mapping[str, list[str]]) -> Schema:
    """Return what a comparison may be with."""
    if word in _NAMED_BY:
        return _named(_NAMED_BY[word], names)
    if word in _SEVERAL:
        many: Schema = {"type": "array", "minItems": 1, "items": value}
        return {"anyOf": [value, many]} if word in ("has_all", "has_none") else many
    if word == _O.SAME_AS:
        kind = FACTS[fact][0]
        return {"enum": [name for name, each in FACTS.items() if each[0] is kind]}
    if word == "between":
        return {"type": "array", "minItems": 2, "maxItems": 2, "items": value}
    plain = {_O.MISSING.value: _BOOL, _O.WITHIN_LAST.value: _SPAN}
    return plain.get(word, _SCALAR if word in _PARTS else value)


def _value(fact: str) -> Schema:
    """Return the schema of one value of a fact."""
    if fact in CHECKED:
        return {"$ref": f"#/$defs/{fact}"}
    return _VALUES[FACTS[fact][0]]


def _known_values(fact: str, names: Mapping[str, list[str]]) -> Schema:
    """Return the schema of a fact of which not every text is a value."""
    if fact == "country":
        return {
            "anyOf": [{"enum": sorted(countries())}, {"type": "string", "pattern": "^[A-Za-z]{2}$"}]
        }
    if fact in _NAMED_BY:
        return _named(_NAMED_BY[fact], names)
    return {"enum": list(CLOSED[fact])}


def _named(kind: str, names: Mapping[str, list[str]]) -> Schema:
    """Return the schema of a name: one of the book's, or any when the book is not known."""
    return {"enum": names[kind]} if names.get(kind) else {"type": "string"}


def _one_or_more(value: Schema) -> Schema:
    return {"anyOf": [value, {"type": "array", "minItems": 1, "items": value}]}
