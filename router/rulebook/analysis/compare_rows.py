"""Which rows of tables and which entries of lists changed, and a lead that shows what it does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from router.lead.facts import Facts
from router.rulebook.analysis.difference import ListChange, RowChange
from router.rulebook.analysis.rungs import Rungs, Steps, target_rungs
from router.rulebook.analysis.search import Search
from router.rulebook.analysis.sides import Sides
from router.rulebook.rule import AllOf, AnyOf, Comparison, Condition, Effect, NotOf
from router.rulebook.space.box import Box, Budget, Space, TooMuch
from router.rulebook.space.region import both
from router.rulebook.space.tables import box_of
from router.rulebook.space.texts import Texts
from router.rulebook.table import Row, Table

#: Ways in which rows of one table changed that are told apart.
_WAYS = 60
#: Rows of one way that a lead is looked for with, and entries of a list.
_TRIED, _ENTRIES = 4, 200
#: Boxes that the search for leads of one table or list may take.
_FOR_EXAMPLES = 60_000


class _Finder:
    """Finds a lead of a box that gets something else."""

    def __init__(self, before: Steps, after: Steps, space: Space, sides: Sides) -> None:
        self.space, self.sides = space, sides
        self.old = Rungs(before.book, target_rungs(before), 0)
        self.new = Rungs(after.book, target_rungs(after), 0)
        self.enrich = (*before.enrich, *after.enrich)

    def example(self, box: Box, using: Mapping[str, None], total: Budget) -> Facts | None:
        """Find a lead that gets something else, taken by one of some rules.

        Args:
            box: Where it must lie.
            using: Ids of the rules.
            total: What all searches may take together.
        """

        def confirm(facts: Facts) -> bool:
            before = self.sides.spent
            shown = self.sides.differ(facts)
            total.left -= self.sides.spent - before
            return shown

        search = Search(self.old.book, self.space, confirm, total=total)
        for rungs, other in ((self.new, self.old), (self.old, self.new)):
            for number, rung in enumerate(rungs.rungs):
                if rung.step.rule.id not in using:
                    continue
                twin = other.first.get(rung.step.key, 0)
                found = self._search(search, box, (rungs, number), (other, twin))
                if found is not None:
                    return found
        for step in self.enrich:
            if step.rule.id in using and (region := _cut(step.region or (), box)):
                found = search.run(region, lambda _: ()).facts
                if found is not None:
                    return found
        return None

    def _search(
        self, search: Search, box: Box, one: tuple[Rungs, int], other: tuple[Rungs, int]
    ) -> Facts | None:
        region = _cut(one[0].rungs[one[1]].step.own, box)
        return search.run(
            region,
            lambda part: one[0].covers(part, 0, one[1]) + other[0].covers(part, 0, other[1]),
        ).facts


def _cut(region: tuple[Box, ...], box: Box) -> tuple[Box, ...]:
    # What stands for the whole table is settled by the row.
    plain = tuple(
        {name: each for name, each in part.items() if not _is_table(name)} for part in region
    )
    try:
        return both((plain, (box,)), Budget())
    except TooMuch:
        return ()


def _is_table(name: object) -> bool:
    return isinstance(name, tuple) and name[0] == "table"


def row_changes(before: Steps, after: Steps, space: Space, sides: Sides) -> Iterator[RowChange]:
    """Give the rows that were added, removed or changed, those of the same way together.

    Args:
        before: The old book.
        after: The new book.
        space: All values there are.
        sides: Both books, to ask about leads.
    """
    finder = None
    for name, table in before.book.tables.items():
        other = after.book.tables.get(name)
        if other is None or other.keys != table.keys or other.rows == table.rows:
            continue
        finder = finder or _Finder(before, after, space, sides)
        using = {
            rule.id: None
            for book in (before.book, after.book)
            for rules in book.rules.values()
            for rule in rules
            if rule.table == name
        }
        total = Budget(_FOR_EXAMPLES)
        for way in _ways(table, other):
            yield _shown(way, finder, using, total)


@dataclass(frozen=True, slots=True)
class _Way:
    """Rows of one table that changed in the same way."""

    table: Table
    rows: tuple[tuple[Row | None, Row | None], ...]

    @property
    def how(self) -> str:
        old, new = self.rows[0]
        return "changed" if old and new else "removed" if old else "added"


def _ways(old: Table, new: Table) -> Iterator[_Way]:
    """Give the rows that differ by what they said before and say now, most rows first."""
    before = {row.cells: row for row in old.rows}
    after = {row.cells: row for row in new.rows}
    groups: dict[object, list[tuple[Row | None, Row | None]]] = {}
    for cells in dict.fromkeys([*before, *after]):
        one, other = before.get(cells), after.get(cells)
        said = (one and one.effect, other and other.effect)
        if said[0] != said[1]:
            groups.setdefault(said, []).append((one, other))
    ways = sorted(groups.values(), key=len, reverse=True)
    yield from (_Way(new, tuple(rows)) for rows in ways[:_WAYS])
    rest: dict[str, list[tuple[Row | None, Row | None]]] = {}
    for rows in ways[_WAYS:]:
        rest.setdefault(_Way(new, tuple(rows)).how, []).extend(rows)
    # Beyond that it is only counted.
    yield from (_Way(replace(new, keys=()), tuple(rows)) for rows in rest.values())


def _shown(way: _Way, finder: _Finder, using: Mapping[str, None], total: Budget) -> RowChange:
    (old, new), counted_only = way.rows[0], not way.table.keys
    example = None
    for one, other in () if counted_only else way.rows[:_TRIED]:
        row = other or one
        if row is not None and total.left > 0:
            example = finder.example(box_of(way.table, row), using, total)
        if example is not None:
            old, new = one, other
            break
    answers = (None, None) if example is None else finder.sides.answers(example)
    first = new or old
    return RowChange(
        way.table.id,
        way.how,
        _many(counted_only, old),
        _many(counted_only, new),
        len(way.rows),
        first.cells if first is not None else (),
        0 if old is None else old.line,
        0 if new is None else new.line,
        example,
        *answers,
    )


def _many(counted_only: bool, row: Row | None) -> str:  # noqa: FBT001 - private, and read at once
    if row is None:
        return ""
    return "several" if counted_only else _effect(row.effect)


def _effect(effect: Effect) -> str:
    words = [" ".join(effect.target)] if effect.target[0] else []
    words += [f"{name} {said}" for name in ("sla", "priority") if (said := getattr(effect, name))]
    words += [f"tag {tag}" for tag in effect.tags]
    return ", ".join(words) or "nothing"


def list_changes(before: Steps, after: Steps, space: Space, sides: Sides) -> Iterator[ListChange]:
    """Give the lists whose entries differ, with a lead that shows it.

    Args:
        before: The old book.
        after: The new book.
        space: All values there are.
        sides: Both books, to ask about leads.
    """
    old, new = before.book, after.book
    finder = None
    for name in sorted(old.lists.keys() & new.lists.keys()):
        added, removed = new.lists[name] - old.lists[name], old.lists[name] - new.lists[name]
        if not added and not removed:
            continue
        finder = finder or _Finder(before, after, space, sides)
        example = _list_example(name, added, finder) or _list_example(name, removed, finder)
        answers = (None, None) if example is None else sides.answers(example)
        yield ListChange(name, tuple(sorted(added)), tuple(sorted(removed)), example, *answers)


def _list_example(name: str, entries: frozenset[str], finder: _Finder) -> Facts | None:
    using: dict[str, None] = {}
    facts: dict[str, None] = {}
    for book in (finder.sides.old, finder.sides.new):
        for rules in book.rules.values():
            for rule in rules:
                for test in _comparisons(rule.when):
                    if test.named == name and "list" in test.operator:
                        using[rule.id] = facts[test.fact] = None
    some = frozenset(sorted(entries)[:_ENTRIES])
    total = Budget(_FOR_EXAMPLES)
    for fact in facts if some else ():
        found = finder.example({fact: Texts(absent=False, values=some)}, using, total)
        if found is not None:
            return found
    return None


def _comparisons(condition: Condition) -> Iterator[Comparison]:
    match condition:
        case Comparison():
            yield condition
        case NotOf(part):
            yield from _comparisons(part)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _comparisons(part)
