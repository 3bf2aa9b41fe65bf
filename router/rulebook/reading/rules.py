"""Rule files: a phase, its hit policy, and rules with their effects and examples."""

from router.lead.facts import FACTS, FactType, FactValue
from router.rulebook.reading.conditions import ConditionReader
from router.rulebook.reading.nodes import Fields, Items, Node, Scalar
from router.rulebook.reading.reader import Reader
from router.rulebook.rule import (
    PRIORITIES,
    Effect,
    Example,
    OnUnknown,
    Phase,
    Rule,
)

#: Kinds of targets: who gets the lead, or what becomes of it.
TARGETS = ("person", "pool", "queue", "sequence", "reject", "review")
#: What a rule may set beside a target.
SETTINGS = ("sla", "priority", "tags")
#: Targets that are owners.
OWNERS = frozenset({"person", "pool", "queue", "sequence"})

#: How many rules of a phase count: in enrich all that match, elsewhere the first.
HITS: dict[Phase, str] = {phase: "collect" if phase is Phase.ENRICH else "first" for phase in Phase}
_PHASES = {phase.value: phase for phase in Phase}
_ON_UNKNOWN = {each.value: each for each in OnUnknown}
_NEEDED = ("id", "summary", "steward", "when", "then")
_NEEDED_WITH_TABLE = ("id", "summary", "steward", "when")
_OPTIONAL = ("on_unknown", "examples", "table")


def read_rules(reader: Reader, root: Node) -> tuple[Phase, tuple[Rule, ...]]:
    """Read one rule file.

    Args:
        reader: Takes problems, declared rule ids and references.
        root: The file's root.

    Returns:
        The file's phase, and the rules without problems in their order.
    """
    found = reader.fields(root, "a rule file", ("phase", "rules"), ("hit",))
    phase = _PHASES.get(reader.word(found.get("phase"), "phase", _PHASES), Phase.ROUTES)
    _check_hit(reader, phase, found.get("hit"))
    rules = []
    for node in reader.items(found.get("rules"), "rules"):
        before = len(reader.problems)
        rule = _rule(reader, phase, node)
        if len(reader.problems) == before:
            rules.append(rule)
    return phase, tuple(rules)


def _check_hit(reader: Reader, phase: Phase, node: Node | None) -> None:
    """Note a hit policy that the phase does not have; so all files of a phase agree."""
    hit = reader.word(node, "hit policy", ("first", "collect"), HITS[phase])
    if node is not None and hit in HITS.values() and hit != HITS[phase]:
        which = "every rule that matches counts" if phase is Phase.ENRICH else "the first one does"
        reader.problems.add(
            node.place,
            f"the phase {phase} cannot have hit: {hit}",
            advice=f"Write hit: {HITS[phase]} or leave it out: in {phase} {which}.",
        )


def _rule(reader: Reader, phase: Phase, node: Node) -> Rule:
    tabled = isinstance(node, Fields) and any(key.text == "table" for key, _ in node.entries)
    needed = _NEEDED_WITH_TABLE if tabled else _NEEDED
    found = reader.fields(node, "a rule", needed, (*_OPTIONAL, "then") if tabled else _OPTIONAL)
    key = found.get("id")
    id_ = reader.declare("rule", key) if isinstance(key, Scalar) else reader.text(key)
    unknown = reader.word(found.get("on_unknown"), "on_unknown", _ON_UNKNOWN, OnUnknown.SKIP)
    if phase is Phase.ENRICH and unknown == OnUnknown.REVIEW:
        reader.problems.add(
            found["on_unknown"].place, "a rule of enrich gives settings and cannot ask a person"
        )
    elif unknown == OnUnknown.REVIEW:
        # The code of the question that such a rule asks: the book's tests may expect it.
        reader.names.setdefault("review", {})[f"unknown:{id_}"] = node.place
    guard = phase is Phase.GUARDS
    return Rule(
        id=id_,
        summary=reader.text(found.get("summary")),
        steward=reader.address(found.get("steward")),
        phase=phase,
        when=ConditionReader(reader, guard=guard).condition(found.get("when")),
        then=_effect(reader, phase, found.get("then"), tabled=tabled),
        place=node.place,
        on_unknown=_ON_UNKNOWN.get(unknown, OnUnknown.SKIP),
        examples=_examples(reader, found.get("examples")),
        table=reader.refer("table", found.get("table")),
    )


def _effect(reader: Reader, phase: Phase, node: Node | None, *, tabled: bool) -> Effect:
    if node is None:
        return Effect()
    found = reader.fields(node, "'then'", (), (*TARGETS, *SETTINGS))
    if isinstance(node, Fields):
        _check_effect(reader, phase, node, found, tabled=tabled)
    return Effect(
        person=reader.refer("person", found.get("person")),
        pool=reader.refer("pool", found.get("pool")),
        queue=reader.refer("queue", found.get("queue")),
        sequence=reader.refer("sequence", found.get("sequence")),
        reject=reader.code("reject", found.get("reject")),
        review=reader.code("review", found.get("review")),
        sla=reader.refer("sla", found.get("sla")),
        priority=reader.word(found.get("priority"), "priority", PRIORITIES),
        tags=read_tags(reader, found.get("tags")),
    )


def _check_effect(
    reader: Reader, phase: Phase, node: Fields, found: dict[str, Node], *, tabled: bool
) -> None:
    targets = [kind for kind in TARGETS if kind in found]
    if phase is Phase.ENRICH:
        for kind in targets:
            reader.problems.add(
                found[kind].place,
                f"a rule of enrich gives settings, not a {kind}",
                advice=f"Use one of: {', '.join(SETTINGS)}.",
            )
        if not found:
            reader.problems.add(node.place, f"'then' needs one of: {', '.join(SETTINGS)}")
    elif len(targets) > 1 or not (targets or tabled):
        reader.problems.add(node.place, f"'then' needs exactly one of: {', '.join(TARGETS)}")
    elif phase is Phase.FALLBACK and not OWNERS.issuperset(targets):
        reader.problems.add(
            node.place, "a rule of fallback must give an owner: person, pool, queue or sequence"
        )


def read_tags(reader: Reader, node: Node | None) -> tuple[str, ...]:
    """Read one tag or a list of tags.

    Args:
        reader: Takes problems.
        node: As written; None for no tags.
    """
    tags = reader.texts(node)
    if node is not None:
        for tag in tags:
            reader.check_letters(tag, node)
    return tags


def _examples(reader: Reader, node: Node | None) -> tuple[Example, ...]:
    if node is None:
        return ()
    found = reader.fields(node, "examples", (), ("matches", "misses"))
    return tuple(
        Example(read_lead(reader, item, "an example"), kind == "matches", item.place)
        for kind in ("matches", "misses")
        for item in reader.items(found.get(kind), kind)
    )


def read_lead(reader: Reader, node: Node | None, what: str) -> dict[str, FactValue]:
    """Read the facts of a lead as an example or a case writes them; ``[]`` is a known empty list.

    Args:
        reader: Takes problems and references.
        node: A map of facts to values.
        what: What the facts are of, for messages.
    """
    values: dict[str, FactValue] = {}
    for key, value in reader.entries(node, what):
        declared = FACTS.get(key.text)
        if declared is None:
            reader.problems.unknown(key.place, "fact", key.text, FACTS)
        elif declared[0] is FactType.LIST:
            empty = isinstance(value, Items) and not value.items
            values[key.text] = () if empty else read_tags(reader, value)
        else:
            values[key.text] = reader.fact_value(key.text, value)
    return values
