"""A book as the steps of a ladder: a lead stays on the first step that takes it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from router.rulebook.model import RuleBook
from router.rulebook.rule import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Effect,
    NotOf,
    OnUnknown,
    Phase,
    Rule,
)
from router.rulebook.space.box import Box, Budget, Region, Space, TooMuch
from router.rulebook.space.naive import AFTER_CLASSIFY, effect_of
from router.rulebook.space.region import Reading, both, where
from router.rulebook.space.tables import narrowing, row_parts, side_of, table_of
from router.rulebook.table import Row

#: The phases that decide, in the order in which they are asked.
DECIDING = (Phase.GUARDS, Phase.ROUTES, Phase.FALLBACK)
_NO_FACTS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """A rule, or one row of its table, or its question to a person for want of a fact."""

    rule: Rule
    row: Row | None
    #: What the lead gets here.
    effect: Effect
    #: The leads it takes, as far as no earlier step took them; None when it has too many branches.
    region: Region | None
    #: As ``region``, narrowed where that is known to be so: to begin a search with.
    own: Region
    #: Equal for steps that take the same leads, also of two books.
    key: object
    #: It stops leads for which the rule is unknown.
    asks: bool = False
    #: All rows of a long table stand here as one step: what the lead gets depends on the row.
    by_row: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """The steps of some phases, in their order."""

    book: RuleBook
    space: Space
    steps: tuple[Step, ...]

    def before(self, index: int) -> list[Box] | None:
        """Return everything that is taken before a step, None when that cannot be known.

        Args:
            index: Of the step.
        """
        found: list[Box] = []
        for step in self.steps[:index]:
            if step.region is None:
                return None
            found += step.region
        return found


def ladder(book: RuleBook, space: Space, phases: Iterable[Phase] = DECIDING) -> Ladder:
    """Return a book's steps.

    Args:
        book: The book.
        space: All values there are.
        phases: Which parts of it.
    """
    return Ladder(
        book,
        space,
        tuple(
            step
            for phase in phases
            for rule in book.rules.get(phase, ())
            for step in steps_of(rule, book, space)
        ),
    )


def steps_of(
    rule: Rule, book: RuleBook, space: Space, whole: frozenset[str] = frozenset()
) -> Iterator[Step]:
    """Give the steps of one rule.

    Args:
        rule: The rule.
        book: The book it stands in.
        space: All values there are.
        whole: Tables that are taken as one question, however short they are.
    """
    guard = rule.phase is Phase.GUARDS
    reading = Reading(book, space, Budget(), AFTER_CLASSIFY if guard else _NO_FACTS)
    asks = rule.on_unknown is OnUnknown.REVIEW
    key = (guard, key_of(rule.when, book))
    table = table_of(book, rule.table)
    if table is None:
        true = _tried(rule.when, reading)
        yield Step(rule, None, rule.then, true, true or (), key)
        if asks:
            unknown = _tried(rule.when, reading, unknown=True)
            yield Step(rule, None, _asking(rule), unknown, unknown or (), (key, "?"), asks=True)
        return
    parts = row_parts(table, space, guard=guard, whole=table.id in whole)
    side = side_of(table)
    when = _tried(rule.when, reading)
    possible = _tried(rule.when, reading, unknown=True) if asks else ()
    might: list[Box] | None = []
    for part in parts:
        region = _both(when, part.region)
        long = part.row is None
        own = _both(region, narrowing(table, space)) if long else region
        effect = effect_of(rule, part.row)
        cells = side if part.row is None else (side[1], part.row.cells, table.keys)
        yield Step(rule, part.row, effect, region, own or (), (key, cells), by_row=long)
        more = _both(possible, part.possible)
        might = None if might is None or more is None else [*might, *more]
    if asks:
        unknown = None if might is None else tuple(might)
        yield Step(rule, None, _asking(rule), unknown, unknown or (), (key, side, "?"), asks=True)


def _asking(rule: Rule) -> Effect:
    return Effect(review=f"unknown:{rule.id}")


def _tried(condition: Condition, reading: Reading, *, unknown: bool = False) -> Region | None:
    try:
        return where(condition, reading, unknown=unknown)
    except TooMuch:
        return None


def _both(one: Region | None, other: Region) -> Region | None:
    if one is None:
        return None
    try:
        return both((one, other), Budget())
    except TooMuch:
        return None


def key_of(condition: Condition, book: RuleBook) -> object:
    """Return what is equal for conditions that ask the same, wherever they stand.

    Args:
        condition: The condition.
        book: The book, whose lists and calendars count with their content.
    """
    match condition:
        case Comparison():
            content: object = None
            if condition.named in book.lists and "list" in condition.operator:
                content = book.lists[condition.named]
            elif condition.named:
                content = book.calendars.get(condition.named)
            return (condition.fact, condition.operator, condition.want, content)
        case NotOf(part):
            return ("not", key_of(part, book))
        case AllOf(parts):
            return ("all", _keys(parts, book))
        case AnyOf(parts):
            return ("any", _keys(parts, book))


def _keys(parts: Sequence[Condition], book: RuleBook) -> frozenset[object]:
    return frozenset(key_of(part, book) for part in parts)
