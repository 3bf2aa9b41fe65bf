"""The schema that editors use is in step with what is read, and finds what is wrong."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from bench.books import make_book
from router.rulebook.reading.load import load_book
from router.rulebook.reading.nodes import Items, Node, Scalar, read_nodes
from router.rulebook.reading.problems import Problems
from router.rulebook.reading.schema import PATH, rules_schema, schema_text

FOLDER = Path(__file__).resolve().parents[3] / "rules"
FIRST_LINE = f"# yaml-language-server: $schema=./{PATH}"
RULE_FILES = sorted(FOLDER.glob("[0-9]*.yaml"))


def as_an_editor_reads(node: Node) -> object:
    """Return a node as YAML 1.2 reads it, which is what editors do."""
    if isinstance(node, Items):
        return [as_an_editor_reads(item) for item in node.items]
    if not isinstance(node, Scalar):
        return {key.text: as_an_editor_reads(value) for key, value in node.entries}
    if not node.plain:
        return node.text
    if re.fullmatch(r"[-+]?[0-9]+", node.text):
        return int(node.text)
    if re.fullmatch(r"[-+]?[0-9]*\.[0-9]+", node.text):
        return float(node.text)
    return {"true": True, "false": False, "null": None, "": None}.get(node.text, node.text)


def faults(text: str, schema: dict[str, object]) -> list[str]:
    """Return where a schema finds fault with a rule file, and what is wrong there."""
    files = {"20-x.yaml": text}
    root = read_nodes("20-x.yaml", text, Problems(files))
    assert root is not None
    found = Draft202012Validator(schema).iter_errors(as_an_editor_reads(root))
    return [f"{error.json_path}: {error.message}" for error in found]


@pytest.fixture(scope="module")
def schema() -> dict[str, object]:
    """Give the schema of the shipped book."""
    found = rules_schema(load_book(FOLDER))
    Draft202012Validator.check_schema(found)
    return found


def test_the_schema_beside_the_shipped_book_is_the_one_that_is_made_from_it() -> None:
    written = (FOLDER / PATH).read_text(encoding="utf-8")
    assert written == schema_text(load_book(FOLDER)), "run: lead-router rules schema rules --write"
    assert json.loads(written)["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize("file", RULE_FILES, ids=lambda file: file.name)
def test_every_shipped_rule_file_names_the_schema_and_passes_it(
    file: Path, schema: dict[str, object]
) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.splitlines()[0] == FIRST_LINE
    assert faults(text, schema) == []


def test_rules_of_every_kind_pass_the_schema_without_names() -> None:
    files = make_book(400, 5, 3)
    for path, text in files.items():
        if path[:2].isdigit():
            assert faults(text, rules_schema()) == [], path


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("country: [DE", "cuntry: [DE"),
        ("{pool: dach}", "{pool: dac}"),
        ("{pool: dach}", "{pool: dach, queue: sales-triage}"),
        ("{pool: dach}", "{priority: high}"),
        ("country: [DE, AT, CH, LI]", "country: {contains_any: [DE]}"),
        ("country: [DE, AT, CH, LI]", "company_size: {gte: many}"),
        ("country: [DE, AT, CH, LI]", "company_size: {between: [1]}"),
        ("country: [DE, AT, CH, LI]", "email.domain: {in_list: friends}"),
        ("country: [DE, AT, CH, LI]", "country: Germany"),
        ("country: [DE, AT, CH, LI]", "received_at: {in_calendar: rome}"),
        ("country: [DE, AT, CH, LI]", "submitted_at: {within_last: 30 days}"),
        ("country: [DE, AT, CH, LI]", "city: {same_as: tags}"),
        ("country: [DE, AT, CH, LI]", "any: [{}]"),
        ("country: [DE, AT, CH, LI]", "intent: prising"),
        ("phase: routes", "phase: rotes"),
        ("phase: routes", "phase: routes\nhit: collect"),
        ("phase: routes", "phase: enrich"),
        ("phase: routes", "phase: fallback"),
        ("steward: sales-ops@northwind.example", "steward: sales-ops"),
        ("summary: Germany,", "sumary: Germany,"),
        ("id: dach", "id: D A CH"),
    ],
)
def test_a_planted_mistake_fails_the_schema(old: str, new: str, schema: dict[str, object]) -> None:
    text = (FOLDER / "20-routes.yaml").read_text(encoding="utf-8")
    assert old in text
    assert faults(text.replace(old, new), schema) != []
