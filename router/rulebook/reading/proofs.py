"""The book's own tests: ``tests/cases.yaml`` and ``tests/invariants.yaml``."""

from collections.abc import Mapping

from router.rulebook.proof import Case, Expectation, Invariant, Proofs
from router.rulebook.reading.conditions import ConditionReader
from router.rulebook.reading.nodes import Items, Node, Scalar
from router.rulebook.reading.reader import Reader
from router.rulebook.reading.rules import TARGETS, read_lead
from router.rulebook.rule import PRIORITIES

#: The files of tests that are read; whatever else lies in tests/ is not.
CASES = "tests/cases.yaml"
INVARIANTS = "tests/invariants.yaml"
_ANY = "*"


def read_proofs(reader: Reader, roots: Mapping[str, Node | None]) -> Proofs:
    """Read the tests of a book; both files may be absent.

    Args:
        reader: Takes problems and references.
        roots: Path to root of the YAML files; None for one that cannot be read.
    """
    for kind in ("reject", "review"):
        reader.names.setdefault(kind, {})
    cases, invariants = roots.get(CASES), roots.get(INVARIANTS)
    named: tuple[dict[str, int], dict[str, int]] = ({}, {})
    return Proofs(
        tuple(_case(reader, item, named[0]) for item in _several(reader, cases, CASES)),
        tuple(
            _invariant(reader, item, named[1]) for item in _several(reader, invariants, INVARIANTS)
        ),
    )


def _several(reader: Reader, node: Node | None, what: str) -> tuple[Node, ...]:
    """Read a list that may be empty."""
    return () if isinstance(node, Items) and not node.items else reader.items(node, what)


def _name(reader: Reader, node: Node | None, names: dict[str, int]) -> str:
    name = reader.text(node)
    if node is not None and names.setdefault(name, node.line) != node.line:
        reader.problems.add(node.place, f"'{name}' is in line {names[name]} too")
    return name


def _case(reader: Reader, node: Node, names: dict[str, int]) -> Case:
    found = reader.fields(node, "a case", ("name", "lead", "expect"))
    return Case(
        name=_name(reader, found.get("name"), names),
        facts=read_lead(reader, found.get("lead"), "a lead"),
        expect=_expectation(reader, found.get("expect")),
        place=node.place,
    )


def _expectation(reader: Reader, node: Node | None) -> Expectation:
    known = ("rule", *TARGETS, "not", "sla", "priority", "tags")
    found = reader.fields(node, "'expect'", (), known)
    targets = [kind for kind in TARGETS if kind in found]
    if node is not None and not found:
        reader.problems.add(node.place, "'expect' says nothing", advice="Name a rule or a target.")
    if node is not None and len(targets) > 1:
        reader.problems.add(node.place, f"a lead gets one of: {', '.join(targets)}")
    misses = found.get("not")
    several = reader.items(misses, "'not'") if isinstance(misses, Items) else (misses,)
    return Expectation(
        rule=reader.refer("rule", found.get("rule")),
        target=(targets[0], _named(reader, targets[0], found[targets[0]])) if targets else ("", ""),
        misses=tuple(reader.refer("rule", item) for item in several if item is not None),
        sla=reader.refer("sla", found.get("sla")),
        priority=reader.word(found.get("priority"), "priority", PRIORITIES),
        tags=reader.texts(found.get("tags")),
    )


def _invariant(reader: Reader, node: Node, names: dict[str, int]) -> Invariant:
    found = reader.fields(node, "an invariant", ("name", "when"), ("never", "always"))
    if found and not {"never", "always"} & found.keys():
        reader.problems.add(node.place, "an invariant needs 'never' or 'always'")
    return Invariant(
        name=_name(reader, found.get("name"), names),
        when=ConditionReader(reader).condition(found.get("when")),
        never=_targets(reader, found.get("never")),
        always=_targets(reader, found.get("always")),
        place=node.place,
    )


def _targets(reader: Reader, node: Node | None) -> tuple[tuple[str, str], ...]:
    """Read one map of targets, or a list of such maps."""
    several = reader.items(node, "targets") if isinstance(node, Items) else (node,)
    targets: list[tuple[str, str]] = []
    for each in several:
        found = reader.fields(each, "a target", (), TARGETS)
        if each is not None and not found:
            reader.problems.add(each.place, f"a target is one of: {', '.join(TARGETS)}")
        targets += [(kind, _named(reader, kind, value)) for kind, value in found.items()]
    return tuple(targets)


def _named(reader: Reader, kind: str, node: Node) -> str:
    """Read the name of a target; ``*`` is any."""
    if isinstance(node, Scalar) and node.text == _ANY:
        return _ANY
    return reader.refer(kind, node)
