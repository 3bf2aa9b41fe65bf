"""Where in a book's files something stands that its values do not remember."""

from collections.abc import Mapping

from router.rulebook.reading.nodes import Fields, Node, read_nodes
from router.rulebook.reading.problems import Problems
from router.rulebook.rule import Place


class Places:
    """Finds the lines of a book; each file is read once, when it is first asked for."""

    def __init__(self, files: Mapping[str, str]) -> None:
        """Remember the files.

        Args:
            files: Path to text; a book that was not read from files has none.
        """
        self._files = files
        self._roots: dict[str, Node | None] = {}

    def of(self, file: str, *keys: str) -> Place:
        """Return where a key of a YAML file stands.

        Args:
            file: Path inside the book.
            keys: From the root to the key; where one is not found, the place before counts.
        """
        place = Place(file, 1)
        node = self._root(file)
        for wanted in keys:
            entries = node.entries if isinstance(node, Fields) else ()
            found = next((each for each in entries if each[0].text == wanted), None)
            if found is None:
                return place
            place, node = found[0].place, found[1]
        return place

    def entry(self, name: str, entry: str) -> Place:
        """Return where an entry of a list stands.

        Args:
            name: Of the list.
            entry: Folded, as the list holds it.
        """
        file = f"lists/{name}.txt"
        lines = self._files.get(file, "").splitlines()
        for number, line in enumerate(lines, 1):
            if line.split("#")[0].strip().casefold() == entry:
                return Place(file, number)
        return Place(file, 1)

    def _root(self, file: str) -> Node | None:
        if file not in self._roots:
            text = self._files.get(file, "")
            self._roots[file] = read_nodes(file, text, Problems({})) if text else None
        return self._roots[file]
