"""YAML text to nodes that keep their raw text and their place, refusing what a book never needs.

PyYAML would turn ``country: NO`` into false and ``01234`` into 668. Here a scalar stays the text
that was written; the declared type of what it stands for decides how it is read.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from router.rulebook.model import Place
from router.rulebook.problems import Problems

#: How deep maps and lists may be nested.
MAX_DEPTH = 12

# The C parser is ten times faster; a PyYAML built without libyaml lacks it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value as it was written, without its quotes."""

    text: str
    #: True when it was written without quotes.
    plain: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple["Node", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Fields:
    """A map, in the order written, without duplicate keys."""

    entries: tuple[tuple[Scalar, "Node"], ...]
    place: Place


Node = Scalar | Items | Fields


class _RefusedError(Exception):
    """The rest of a file cannot be read; the problem is already noted."""


class _Builder:
    """Builds nodes from the events of one document."""

    def __init__(self, file: str, events: Iterator[yaml.Event], problems: Problems) -> None:
        self.file = file
        self.events = events
        self.problems = problems

    def place(self, event: yaml.Event) -> Place:
        """Return where an event begins; PyYAML counts from 0."""
        mark = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file, 1)

    def refuse(self, place: Place, what: str, advice: str = "") -> _RefusedError:
        """Note a problem after which this file is not read further."""
        self.problems.add(place, what, advice=advice)
        return _RefusedError()

    def node(self, event: yaml.Event, depth: int) -> Node:
        """Build the node that begins with ``event``."""
        place = self.place(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self.refuse(place, "anchors and aliases (& and *) are not read", "Write it out.")
        if tag := getattr(event, "tag", None):
            raise self.refuse(place, f"the tag {tag} is not read", "Remove it.")
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(event.value, event.implicit[0], place)
        if depth >= MAX_DEPTH:
            raise self.refuse(place, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Node] = []
            while not isinstance(inner := next(self.events), yaml.SequenceEndEvent):
                items.append(self.node(inner, depth + 1))
            return Items(tuple(items), place)
        return self.fields(place, depth)

    def fields(self, place: Place, depth: int) -> Fields:
        """Build a map whose start was just read."""
        entries: dict[str, tuple[Scalar, Node]] = {}
        while not isinstance(inner := next(self.events), yaml.MappingEndEvent):
            key = self.node(inner, depth + 1)
            value = self.node(next(self.events), depth + 1)
            if not isinstance(key, Scalar):
                self.problems.add(key.place, "a key must be a single word or text")
            elif key.text in entries:
                first = entries[key.text][0].place.line
                self.problems.add(
                    key.place, f"duplicate key '{key.text}'", advice=f"It is in line {first} too."
                )
            else:
                entries[key.text] = (key, value)
        return Fields(tuple(entries.values()), place)

    def document(self) -> Node | None:
        """Build the only document of the file; None when the file is empty."""
        found: Node | None = None
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if found is not None:
                    raise self.refuse(self.place(event), "a second document (---) is not read")
                found = self.node(next(self.events), 0)
        return found


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
