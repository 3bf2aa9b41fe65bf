"""YAML text to nodes that keep their raw text and their place, refusing what a book never needs.

PyYAML would turn ``country: NO`` into false and ``01234`` into 668. Here a scalar stays the text
that was written; the declared type of what it stands for decides how it is read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from router.rulebook.reading.problems import Problems
from router.rulebook.rule import Place

_NO_ANCHORS = "anchors and aliases (& and *) are not read"
#: How deep maps and lists may be nested.
MAX_DEPTH = 12

# A parsed event: its stubs call every mark optional, but a parser always sets it.
_Event = Any

# The C parser is ten times faster; a PyYAML built without libyaml lacks it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


# Nodes are not frozen and make their place when asked: a large book has half a million of them.
@dataclass(slots=True)
class _Placed:
    """Something written in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int

    @property
    def place(self) -> Place:
        """Where it begins."""
        return Place(self.file, self.line, self.column)


@dataclass(slots=True)
class Scalar(_Placed):
    """One value as it was written, without its quotes."""

    text: str
    #: True when it was written without quotes.
    plain: bool


@dataclass(slots=True)
class Items(_Placed):
    """A list."""

    items: tuple["Node", ...]


@dataclass(slots=True)
class Fields(_Placed):
    """A map, in the order written. Of a key that stands twice the first one is an entry."""

    entries: tuple[tuple[Scalar, "Node"], ...]
    #: The entries whose key stood there before; each is noted as a problem already.
    again: tuple[tuple[Scalar, "Node"], ...] = ()


Node = Scalar | Items | Fields


class _RefusedError(Exception):
    """The rest of a file cannot be read; the problem is already noted."""


class _Builder:
    """Builds nodes from the events of one document."""

    def __init__(self, file: str, events: Iterator[_Event], problems: Problems) -> None:
        self.file = file
        self.next: Callable[[], _Event] = events.__next__
        self.events = events
        self.problems = problems

    def refuse(self, event: _Event, what: str, advice: str = "") -> _RefusedError:
        """Note a problem after which this file is not read further."""
        self.problems.add(Place(self.file, *_begin(event)), what, advice=advice)
        return _RefusedError()

    def node(self, event: _Event, depth: int) -> Node:
        """Build the node that begins with ``event``."""
        kind = type(event)
        if kind is yaml.AliasEvent:
            # What it stands for is nowhere: nothing behind it could be understood.
            raise self.refuse(event, _NO_ANCHORS, "Write it out.")
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        if event.anchor is not None:
            self.problems.add(Place(self.file, line, column), _NO_ANCHORS, advice="Write it out.")
        if event.tag is not None:
            what = f"the tag {event.tag} is not read"
            self.problems.add(Place(self.file, line, column), what, advice="Remove it.")
        if kind is yaml.ScalarEvent:
            return Scalar(self.file, line, column, event.value, event.implicit[0])
        if depth >= MAX_DEPTH:
            raise self.refuse(event, f"nested deeper than {MAX_DEPTH} levels")
        if kind is yaml.MappingStartEvent:
            return self.fields(line, column, depth + 1)
        items: list[Node] = []
        while type(inner := self.next()) is not yaml.SequenceEndEvent:
            items.append(self.node(inner, depth + 1))
        return Items(self.file, line, column, tuple(items))

    def fields(self, line: int, column: int, depth: int) -> Fields:
        """Build a map whose start was just read."""
        entries: dict[str, tuple[Scalar, Node]] = {}
        again: list[tuple[Scalar, Node]] = []
        while type(inner := self.next()) is not yaml.MappingEndEvent:
            key = self.node(inner, depth)
            value = self.node(self.next(), depth)
            if not isinstance(key, Scalar):
                self.problems.add(key.place, "a key must be a single word or text")
            elif key.text in entries:
                first = entries[key.text][0].line
                self.problems.add(
                    key.place, f"duplicate key '{key.text}'", advice=f"It is in line {first} too."
                )
                again.append((key, value))
            else:
                entries[key.text] = (key, value)
        return Fields(self.file, line, column, tuple(entries.values()), tuple(again))

    def document(self) -> Node | None:
        """Build the only document of the file; None when the file is empty."""
        found: Node | None = None
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if found is not None:
                    raise self.refuse(event, "a second document (---) is not read")
                found = self.node(self.next(), 0)
        return found


def _begin(event: _Event) -> tuple[int, int]:
    """Return line and column where an event begins; PyYAML counts from 0."""
    return event.start_mark.line + 1, event.start_mark.column + 1


def read_nodes(file: str, text: str, problems: Problems) -> Node | None:
    """Read one YAML file into nodes.

    Refused: anchors, aliases, tags, duplicate keys, several documents, deep nesting.

    Args:
        file: Path inside the book, for places.
        text: The whole file.
        problems: Takes what is wrong.

    Returns:
        The root, or None when the file is empty or cannot be read (then a problem is noted).
    """
    events = yaml.parse(text, Loader=_LOADER)
    try:
        root = _Builder(file, events, problems).document()
    except _RefusedError:
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1)
        problems.add(place, f"this is not YAML: {error.problem or error.context}")
        return None
    except yaml.YAMLError as error:
        # A character that YAML forbids: the parser names its position but not its line.
        problems.add(Place(file, 1), f"this is not YAML: {' '.join(str(error).split())}")
        return None
    if root is None:
        problems.add(Place(file, 1), "the file is empty")
    return root


def last_said(node: Node) -> Node | None:
    """Return the node as it is when of a duplicate key the last entry counts; None if none is.

    A duplicate key hides what is wrong with one of its values; reading both ways shows both.

    Args:
        node: A node in which the first entry counts.
    """
    if isinstance(node, Scalar):
        return None
    if isinstance(node, Items):
        others = [last_said(item) for item in node.items]
        if not any(others):
            return None
        items = (other or item for other, item in zip(others, node.items, strict=True))
        return Items(node.file, node.line, node.column, tuple(items))
    chosen = {key.text: (key, value) for key, value in (*node.entries, *node.again)}
    changed = {text: last_said(value) for text, (_, value) in chosen.items()}
    if not node.again and not any(changed.values()):
        return None
    entries = ((key, changed[text] or value) for text, (key, value) in chosen.items())
    return Fields(node.file, node.line, node.column, tuple(entries))
