"""Rows of long tables that give nothing to anybody, looked at one by one."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from router.lead.facts import FACTS, Facts, FactType, FactValue
from router.rulebook.analysis.codes import found
from router.rulebook.analysis.finding import Finding
from router.rulebook.analysis.ladder import Ladder, Step
from router.rulebook.analysis.reach import decided, rows_finding
from router.rulebook.analysis.search import Answered, Search, before
from router.rulebook.rule import Place, Rule
from router.rulebook.space.box import Box, Budget, Region, TooMuch, meet
from router.rulebook.space.naive import specificity
from router.rulebook.space.region import Reading, both, where
from router.rulebook.space.shelf import Shelf
from router.rulebook.space.tables import box_of
from router.rulebook.table import Row, Table

_TEXTS = (FactType.TEXT, FactType.CODE)
#: Rows that are searched for; longer tables may have more, when a simple lead shows them.
_SEARCHED = 2_000


class _Others:
    """The rows of a table, found by what else they may stand beside."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.ranks = {row.line: specificity(table, row) for row in table.rows}
        self._by_first: dict[str, list[Row]] = {}
        for row in table.rows:
            self._by_first.setdefault(row.cells[0], []).append(row)

    def above(self, row: Row) -> list[Box]:
        """Return the rows that win over one for some leads that both fit."""
        first, rank = row.cells[0], self.ranks[row.line]
        prefix = self.table.keys[0].prefix
        by_first = self._by_first
        near = (
            [*by_first.get(first, ()), *by_first.get("", ())]
            if first and not prefix
            else self.table.rows
        )
        return [
            box_of(self.table, other)
            for other in near
            if self.ranks[other.line] > rank and self._meets(row, other)
        ]

    def _meets(self, one: Row, other: Row) -> bool:
        for key, mine, theirs in zip(self.table.keys, one.cells, other.cells, strict=True):
            if not mine or not theirs or mine == theirs:
                continue
            if not key.prefix or not (mine.startswith(theirs) or theirs.startswith(mine)):
                return False
        return True


def _spreads(table: Table) -> bool:
    """Tell whether the rows of a table can be looked at as regions."""
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
        if _spreads(table):
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
        #: Of asking the fast evaluator, which takes longer in a large book.
        self.price = 4 + sum(map(len, rungs.book.rules.values())) // 100
        self.examples = [each.facts for each in step.rule.examples if each.matches][:2]

    def findings(self) -> Iterator[Finding]:
        """Give what is to be said of the rows."""
        open_rows = [row for row in self.table.rows if not self._shown(row)]
        when = self._when() if open_rows else ()
        undecided = when is None or len(open_rows) > _SEARCHED
        never: list[int] = []
        if open_rows and when is not None:
            rows = _Others(self.table)
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

    def _search(self, row: Row, rows: _Others, when: Region) -> Answered:
        """Tell whether a lead gets to a row that no simple one shows."""
        if self.total.left <= 0:
            return Answered.UNDECIDED
        try:
            region = both((self._region(row), when), Budget())
        except TooMuch:
            return Answered.UNDECIDED
        above = rows.above(row)
        # Beginnings of texts take long to compare.
        self.total.left -= len(self.table.rows) // 16 + 4 * len(above)
        search = Search(self.rungs.book, self.rungs.space, show=False, total=self.total)

        def covers(box: Box) -> Sequence[Box]:
            return [*self.earlier(box), *above]

        return search.run(region, covers).answered

    def _region(self, row: Row) -> Region:
        """Return the leads that a row fits; empty when no lead can have its cells."""
        box = box_of(self.table, row)
        narrowed = meet(box, {name: self.rungs.space.all_of(name) for name in box})
        return () if narrowed is None else (narrowed,)

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
        yield cells
        for facts in self.examples:
            yield {**{name: each for name, each in facts.items() if name not in keys}, **cells}
            yield {**facts, **cells}

    def _decides(self, row: Row, facts: Facts) -> bool:
        if self.total.left <= 0:
            return False
        self.total.left -= self.price
        verdict = decided(self.rungs.book, facts)
        return verdict.rule is self.rule and verdict.row is row
