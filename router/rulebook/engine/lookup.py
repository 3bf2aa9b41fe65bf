"""Looking a lead up in a table: a handful of dictionaries instead of a walk through the rows.

Rows that fill the same keys, with prefixes of the same lengths, are found by one look into one
dictionary. There are few such shapes, and they are tried from the most specific one on, so the
cost follows the shapes and hardly the rows. It agrees with
:func:`router.rulebook.engine.explain.scan_rows`, which is plain and slow.
"""

from collections.abc import Callable, Iterable
from typing import Literal

from router.lead.facts import Facts
from router.rulebook.engine.kept import kept
from router.rulebook.engine.operands import cell
from router.rulebook.model import Row, Table, Truth

#: What follows a table's exact keys: lengths of the prefixes, longest first, and the rows by them.
_Begun = tuple[tuple[tuple[int, ...], ...], dict[tuple[str, ...], Row]]
#: Positions of the filled keys, the exact ones and those of a prefix, and the rows by the former.
_Group = tuple[tuple[int, ...], tuple[int, ...], dict[tuple[str | None, ...], _Begun]]


class Lookup:
    """A table, ready to be asked. Made once a table by :func:`lookup_of`."""

    __slots__ = ("_facts", "_groups", "_partial", "_table")

    def __init__(self, table: Table) -> None:
        """Sort the rows into dictionaries.

        Args:
            table: Of the book; no two rows have equal cells.
        """
        self._table = table
        self._facts = tuple(key.fact for key in table.keys)
        self._groups = _grouped(table, ((row.cells, row) for row in table.rows))
        self._partial: dict[tuple[int, ...], tuple[_Group, ...]] = {}

    def best(self, facts: Facts) -> Row | None:
        """Return the most specific row that fits; None when no row does.

        Args:
            facts: What is known.
        """
        return _best(self._groups, [cell(facts.get(fact)) for fact in self._facts])

    def could_fit(self, facts: Facts) -> bool:
        """Return whether a row that fits all that is known asks for a fact that is not known.

        Args:
            facts: What is known.
        """
        texts = [cell(facts.get(fact)) for fact in self._facts]
        unknown = tuple(at for at, text in enumerate(texts) if text is None)
        if not unknown:
            return False
        groups = self._partial.get(unknown)
        if groups is None:
            # The same answer whoever is first; the shapes of unknown keys are few.
            groups = self._partial[unknown] = self._without(unknown)
        return _best(groups, ["" if text is None else text for text in texts]) is not None

    def _without(self, unknown: tuple[int, ...]) -> tuple[_Group, ...]:
        """Sort the rows that ask for one of some keys, as if they did not."""
        rows = (
            (tuple("" if at in unknown else text for at, text in enumerate(row.cells)), row)
            for row in self._table.rows
            if any(row.cells[at] for at in unknown)
        )
        return _grouped(self._table, rows)


lookup_of: Callable[[Table], Lookup] = kept(Lookup)


def find_row(table: Table, facts: Facts) -> Row | Literal[Truth.UNKNOWN] | None:
    """Return the row of a table that fits a lead best.

    >>> from router.rulebook.model import Effect, Key, Place
    >>> rows = (Row(("gb", ""), Effect(pool="uk"), 2), Row(("gb", "sw"), Effect(pool="south"), 3))
    >>> keys = (Key("country"), Key("postcode", prefix=True))
    >>> table = Table("t", keys, ("pool",), rows, "tables/t.csv", Place("tables/t.yaml", 1))
    >>> find_row(table, {"country": "GB", "postcode": "SW1A 1AA"}).line
    3
    >>> find_row(table, {"country": "GB"}).line
    2
    >>> find_row(table, {"country": "FR"}), find_row(table, {"postcode": "SW1A 1AA"})
    (None, <Truth.UNKNOWN: 'unknown'>)

    Args:
        table: Of the book. Its rows are sorted when it is asked first.
        facts: What is known.

    Returns:
        The row; None when no row fits; unknown when none does, but one that fits all that is
        known asks for a fact that is not.
    """
    lookup = lookup_of(table)
    row = lookup.best(facts)
    if row is None and lookup.could_fit(facts):
        return Truth.UNKNOWN
    return row


def _best(groups: tuple[_Group, ...], texts: list[str | None]) -> Row | None:
    for exact, prefixes, by_exact in groups:
        # An unknown fact is in no dictionary, and so meets no key that is filled.
        begun = by_exact.get(tuple([texts[at] for at in exact]))
        if begun is None:
            continue
        lengths, rows = begun
        if not prefixes:
            return rows[()]
        begins = [texts[at] for at in prefixes]
        if None in begins:
            continue
        row = _longest(lengths, rows, [text or "" for text in begins])
        if row is not None:
            return row
    return None


def _longest(
    lengths: tuple[tuple[int, ...], ...], rows: dict[tuple[str, ...], Row], texts: list[str]
) -> Row | None:
    if len(texts) == 1:
        text = texts[0]
        for (length,) in lengths:
            row = rows.get((text[:length],))
            if row is not None:
                return row
        return None
    for each in lengths:
        row = rows.get(tuple([text[:length] for text, length in zip(texts, each, strict=True)]))
        if row is not None:
            return row
    return None


def _grouped(table: Table, rows: Iterable[tuple[tuple[str, ...], Row]]) -> tuple[_Group, ...]:
    """Sort rows by the keys they fill, the most specific shape first."""
    made: dict[tuple[bool, ...], tuple[_Group, dict[tuple[str, ...], set[tuple[int, ...]]]]] = {}
    for cells, row in rows:
        shape = tuple([bool(text) for text in cells])
        found = made.get(shape)
        if found is None:
            filled = [at for at, text in enumerate(cells) if text]
            exact = tuple(at for at in filled if not table.keys[at].prefix)
            prefixes = tuple(at for at in filled if table.keys[at].prefix)
            found = made[shape] = ((exact, prefixes, {}), {})
        (exact, prefixes, by_exact), lengths = found
        name = tuple([cells[at] for at in exact])
        begins = tuple([cells[at] for at in prefixes])
        begun = by_exact.get(name)
        if begun is None:
            begun = by_exact[name] = ((), {})
            lengths[name] = set()
        # Of rows that differ only in an unknown key, one is as good as another.
        begun[1][begins] = row
        lengths[name].add(tuple([len(text) for text in begins]))
    for (_, _, by_exact), lengths in made.values():
        shared: dict[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]] = {}
        for name, found_lengths in lengths.items():
            ordered = tuple(sorted(found_lengths, reverse=True))
            by_exact[name] = (shared.setdefault(ordered, ordered), by_exact[name][1])
    order = sorted(made, key=lambda shape: (sum(shape), shape), reverse=True)
    return tuple(made[shape][0] for shape in order)
