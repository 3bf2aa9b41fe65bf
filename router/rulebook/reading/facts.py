"""Facts given as JSON, e.g. on a command line, read as strictly as those of a book."""

from collections.abc import Mapping

from router.lead.facts import FACTS, Facts, FactType, FactValue
from router.rulebook.reading.nodes import Fields, Items, Node, Scalar
from router.rulebook.reading.problems import Problems
from router.rulebook.reading.reader import Reader
from router.rulebook.reading.rules import read_lead

_FILE = "facts"


def read_facts(given: Mapping[str, object]) -> Facts:
    """Read facts by their declared types; what is null is unknown.

    >>> read_facts({"country": "NO", "company_size": 40, "tags": ["a"], "city": None})
    {'country': 'NO', 'company_size': 40, 'tags': ('a',)}
    >>> read_facts({"received_at": "2026-03-02T09:00:00+00:00"})["received_at"].hour
    9

    Whether an intent, a service or a source is one of the book's is not checked.

    Args:
        given: Names of :data:`router.lead.facts.FACTS` to values as JSON has them. A moment is
            text, as in a rule.

    Raises:
        BookError: Names or values are wrong; all of them are listed, each in a line of its own.
    """
    known = {name: value for name, value in given.items() if value is not None}
    problems = Problems({_FILE: "\n".join(f"{name}: {_text(known[name])}" for name in known)})
    reader = Reader(problems)
    entries = []
    for line, (name, value) in enumerate(known.items(), 1):
        key = Scalar(_FILE, line, 1, name, plain=True)
        entries.append((key, _node(value, line, len(name) + 3)))
        if isinstance(value, list) and name in FACTS and FACTS[name][0] is not FactType.LIST:
            problems.add(key.place, f"{name} has one value, but this is a list")
    found: dict[str, FactValue] = read_lead(
        reader, Fields(_FILE, 1, 1, tuple(entries)), "the facts"
    )
    problems.stop_if_any()
    return found


def _node(value: object, line: int, column: int) -> Node:
    if isinstance(value, list):
        items = tuple(_node(item, line, column) for item in value)
        return Items(_FILE, line, column, items)
    return Scalar(_FILE, line, column, _text(value), plain=False)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
