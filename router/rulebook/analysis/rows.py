"""Rows of long tables that give nothing to anybody, looked at one by one."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from router.lead.facts import FACTS, Facts, FactType, FactValue
from router.rulebook.analysis.codes import found
from router.rulebook.analysis.finding import Finding
from router.rulebook.analysis.ladder import Ladder, Step
from router.rulebook.analysis.reach import decided, rows_finding
from router.rulebook.analysis.search import Answered, Search, before
from router.rulebook.rule import Place, Rule
from router.rulebook.space.box import Box, Budget, Region, Space, TooMuch, meet
from router.rulebook.space.naive import specificity
from router.rulebook.space.region import Reading, both, where
from router.rulebook.space.shelf import Shelf
from router.rulebook.space.tables import box_of
from router.rulebook.table import Row, Table

_TEXTS = (FactType.TEXT, FactType.CODE)
#: Rows that are searched for; longer tables may have more, when a simple lead shows them.
_SEARCHED = 2_000


class RowShelf:
    """The rows of a table, the one that wins standing before those it wins over."""

    def __init__(self, table: Table, space: Space) -> None:
        """Lay the rows out.

        Args:
            table: The table.
            space: All values there are.
        """
        self.table = table
        self.rows = sorted(table.rows, key=lambda row: specificity(table, row), reverse=True)
        self.space = space
        self.places = {row.line: place for place, row in enumerate(self.rows)}
        self._shelf = Shelf()
        for place, row in enumerate(self.rows):
            self._shelf.add((box_of(table, row),), place)

    def region(self, row: Row) -> Region:
        """Return the leads that a row fits; empty when no lead can have its cells.

        Args:
            row: Of the table.
        """
        box = box_of(self.table, row)
        narrowed = meet(box, {name: self.space.all_of(name) for name in box})
        return () if narrowed is None else (narrowed,)

    def above(self, row: Row, box: Box) -> list[Box]:
        """Return the rows that win over one and may touch a box.

        Args:
            row: Of the table.
            box: The box.
        """
        shelf = self._shelf
        return [shelf.boxes[place] for place in shelf.touching(box, self.places[row.line])]


def spreads(table: Table) -> bool:
    """Tell whether the rows of a table can be looked at as regions.

    Args:
        table: Of the book.
    """
    return all(FACTS[key.fact][0] in _TEXTS for key in table.keys)


def long_rows(rungs: Ladder, dead: frozenset[Place], total: Budget) -> Iterator[Finding]:
    """Give the rows of long tables that are never reached.

    Args:
        rungs: The book's steps.
        dead: Places of the rules that are never reached: nothing more is said of them.
        total: What all questions may take together.
    """
    steps = [
        (number, step)
        for number, step in enumerate(rungs.steps)
        if step.by_row and step.rule.place not in dead
    ]
    shelf = Shelf()
    for number, step in enumerate(rungs.steps if steps else ()):
        shelf.add(step.region or (), number)
    for number, step in steps:
        table = rungs.book.tables[step.rule.table]
        if spreads(table):
            yield from _Rows(rungs, step, before(shelf, number), total).findings()


class _Rows:
    """The rows of one long table, asked for by one rule."""

    def __init__(
        self, rungs: Ladder, step: Step, earlier: Callable[[Box], Sequence[Box]], total: Budget
    ) -> None:
        self.rungs = rungs
        self.table = rungs.book.tables[step.rule.table]
        self.rule: Rule = step.rule
        #: What is taken before the rule.
        self.earlier = earlier
        self.total = total
        self.examples = [each.facts for each in step.rule.examples if each.matches][:2]

    def findings(self) -> Iterator[Finding]:
        """Give what is to be said of the rows."""
        open_rows = [row for row in self.table.rows if not self._shown(row)]
        when = self._when() if open_rows else ()
        undecided = when is None or len(open_rows) > _SEARCHED
        never: list[int] = []
        if open_rows and when is not None:
            rows = RowShelf(self.table, self.rungs.space)
            states = [(row, self._search(row, rows, when)) for row in open_rows[:_SEARCHED]]
            never = [row.line for row, state in states if state is Answered.NONE]
            undecided = undecided or any(state is Answered.UNDECIDED for _, state in states)
        if never:
            yield rows_finding(self.rule, never)
        if undecided:
            yield found(
                "not-decided",
                self.rule.place,
                f"it could not be told whether every row of the table '{self.table.id}' is reached"
                f" by '{self.rule.id}'",
                "Take rows apart that the rule's own condition does not fit.",
            )

    def _search(self, row: Row, rows: RowShelf, when: Region) -> Answered:
        """Tell whether a lead gets to a row that no simple one shows."""
        if self.total.left <= 0:
            return Answered.UNDECIDED
        try:
            region = both((rows.region(row), when), Budget())
        except TooMuch:
            return Answered.UNDECIDED
        search = Search(self.rungs.book, self.rungs.space, show=False, total=self.total)

        def covers(box: Box) -> Sequence[Box]:
            return [*self.earlier(box), *rows.above(row, box)]

        return search.run(region, covers).answered

    def _when(self) -> Region | None:
        """Return where the rule's own condition is true, None when it has too many branches."""
        reading = Reading(self.rungs.book, self.rungs.space, Budget())
        try:
            return where(self.rule.when, reading)
        except TooMuch:
            return None

    def _shown(self, row: Row) -> bool:
        """Tell whether a simple lead gets to a row."""
        cells: dict[str, FactValue] = {
            key.fact: cell.upper() if key.fact == "country" else cell
            for key, cell in zip(self.table.keys, row.cells, strict=True)
            if cell
        }
        return any(self._decides(row, facts) for facts in self._leads(cells))

    def _leads(self, cells: Mapping[str, FactValue]) -> Iterator[Facts]:
        keys = {key.fact for key in self.table.keys}
        for facts in self.examples or [{}]:
            yield {**{name: each for name, each in facts.items() if name not in keys}, **cells}
            yield {**facts, **cells}

    def _decides(self, row: Row, facts: Facts) -> bool:
        verdict = decided(self.rungs.book, facts)
        return verdict.rule is self.rule and verdict.row is row
