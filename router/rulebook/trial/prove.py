"""Proofs of invariants: that no lead at all breaks one, or a lead that does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from router.lead.facts import Facts
from router.rulebook.analysis.ladder import Ladder, Step, ladder
from router.rulebook.analysis.search import Answered, Search, Sought, before
from router.rulebook.model import Invariant, Row, RuleBook
from router.rulebook.space.box import Box, Budget, Region, TooMuch, space_of
from router.rulebook.space.naive import target_of
from router.rulebook.space.region import Reading, both, where
from router.rulebook.space.shelf import Shelf
from router.rulebook.space.tables import box_of
from router.rulebook.trial.cases import is_target

#: Rows of one long table that are looked at one by one.
_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Grounds:
    """A book as proofs need it: its steps, and what each of them takes."""

    rungs: Ladder
    shelf: Shelf


def grounds_of(book: RuleBook) -> Grounds:
    """Lay a book out for proofs; it serves every invariant of the book.

    Args:
        book: The book.
    """
    rungs, shelf = ladder(book, space_of(book)), Shelf()
    for number, step in enumerate(rungs.steps):
        # What has too many branches covers nothing here: that makes a proof harder, never wrong.
        if step.effect.target[0] or step.by_row:
            shelf.add(step.region or (), number)
    return Grounds(rungs, shelf)


def prove(grounds: Grounds, invariant: Invariant, breaks: Callable[[Facts], bool]) -> Sought:
    """Look for a lead that breaks an invariant, in every step that would break it.

    Args:
        grounds: The book.
        invariant: What must hold.
        breaks: Tells whether a lead breaks it, by deciding the lead.

    Returns:
        A lead that breaks it; none, when that is proved; or that it could not be told.
    """
    rungs = grounds.rungs
    reading = Reading(rungs.book, rungs.space, Budget())
    try:
        promised = where(invariant.when, reading)
    except TooMuch:
        return Sought(Answered.UNDECIDED)
    search = Search(rungs.book, rungs.space, breaks)
    open_ends = False
    for number, step in enumerate(rungs.steps):
        if not _may_break(step, rungs.book, invariant):
            continue
        found = _try_step(grounds, number, promised, invariant, search)
        if found.answered is Answered.FOUND:
            return found
        open_ends = open_ends or found.answered is Answered.UNDECIDED
    return Sought(Answered.UNDECIDED if open_ends else Answered.NONE)


def forbidden(invariant: Invariant, target: tuple[str, str]) -> bool:
    """Return whether an invariant forbids a target, because it must never or something else must.

    Args:
        invariant: What must hold.
        target: Kind and name that a lead gets.
    """
    if any(is_target(target, each) for each in invariant.never):
        return True
    return bool(invariant.always) and not any(is_target(target, each) for each in invariant.always)


def _try_step(
    grounds: Grounds, number: int, promised: Region, invariant: Invariant, search: Search
) -> Sought:
    step, covers = grounds.rungs.steps[number], before(grounds.shelf, number)
    if step.region is None:
        return Sought(Answered.UNDECIDED)
    try:
        region = both((step.own, promised), Budget())
        if not step.by_row:
            return search.run(region, covers)
        # Whether any row fits is one question; only where it matters which one, all are asked.
        whole = Search(search.book, search.space, show=False).run(region, covers)
        if whole.answered is Answered.NONE:
            return whole
        rows = tuple(_bad_rows(grounds.rungs.book, step, region, invariant))
    except TooMuch:
        return Sought(Answered.UNDECIDED)
    return search.run(rows, covers)


def _bad_rows(book: RuleBook, step: Step, region: Region, invariant: Invariant) -> Iterator[Box]:
    """Give the leads of a long table's rows that the invariant forbids.

    Raises:
        TooMuch: From the iteration, when there are too many of them.
    """
    table, budget = book.tables[step.rule.table], Budget(_ROWS)
    for row in table.rows:
        if forbidden(invariant, _target(step, row)):
            for box in both((region, (box_of(table, row),)), Budget()):
                budget.spend()
                yield box


def _may_break(step: Step, book: RuleBook, invariant: Invariant) -> bool:
    if not step.by_row:
        return forbidden(invariant, target_of(step.effect))
    # Thousands of rows name a handful of targets.
    targets = {_target(step, row) for row in book.tables[step.rule.table].rows}
    return any(forbidden(invariant, target) for target in targets)


def _target(step: Step, row: Row) -> tuple[str, str]:
    return target_of(row.effect if row.effect.target[0] else step.rule.then)
