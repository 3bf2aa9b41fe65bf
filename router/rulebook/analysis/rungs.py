"""What decides one thing about a lead, first rung first: its target, a setting, a tag."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from router.rulebook.analysis.ladder import DECIDING, Step, steps_of
from router.rulebook.model import RuleBook
from router.rulebook.rule import Phase
from router.rulebook.space.box import Box, Budget, Dimension, Region, Space, TooMuch, uncovered
from router.rulebook.space.naive import ASIDE, FIRST_COUNTS, target_of
from router.rulebook.space.shelf import Shelf
from router.rulebook.space.tables import side_of

#: The outcome of a lead that gets no owner, and so no settings.
NO_OWNER = "no owner"
_BY_ROW = "as the row says"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step, and what it says about the thing in question."""

    step: Step
    outcome: object
    #: Id of the rule that gives it; empty when it is the book's usual one.
    giver: str


class Rungs:
    """All rungs of one book for one thing, laid out for searching."""

    def __init__(self, book: RuleBook, rungs: Sequence[Rung], deciding: int) -> None:
        """Lay the boxes out.

        Args:
            book: The book.
            rungs: First rung first.
            deciding: Where the rungs of rules that decide begin; before them is enrich.
        """
        self.book = book
        self.rungs = rungs
        self.deciding = deciding
        self.shelf = Shelf()
        #: A step's key to the first rung that has it.
        self.first: dict[object, int] = {}
        for number, rung in enumerate(rungs):
            self.shelf.add(rung.step.region or (), number)
            self.first.setdefault(rung.step.key, number)

    def covers(self, box: Box, first: int, end: int) -> list[Box]:
        """Return the boxes of some rungs that may touch a box.

        Args:
            box: The box.
            first: The first of the rungs.
            end: The rung behind the last one.
        """
        shelf = self.shelf
        found = shelf.touching(box, end)
        return [shelf.boxes[place] for place in found if shelf.owners[place] >= first]

    def aside(self, box: Box) -> list[Box]:
        """Return where rules that give no owner could take a lead, as far as it touches a box.

        Args:
            box: The box.
        """
        shelf = self.shelf
        return [
            shelf.boxes[place]
            for place in shelf.touching(box)
            if self.rungs[shelf.owners[place]].outcome == NO_OWNER
        ]


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a book, deciding ones and those of enrich."""

    book: RuleBook
    deciding: tuple[Step, ...]
    enrich: tuple[Step, ...]


def steps(
    book: RuleBook,
    space: Space,
    shared: Mapping[Dimension, Dimension],
    whole: frozenset[str] = frozenset(),
) -> Steps:
    """Return a book's steps for a comparison with another book.

    Args:
        book: The book.
        space: All values there are.
        shared: Questions about long tables that count as the same one in both books.
        whole: Tables that are taken as one question.
    """
    found = [
        _shared(step, shared)
        for phase in DECIDING
        for rule in book.rules.get(phase, ())
        for step in steps_of(rule, book, space, whole)
        if phase is not Phase.GUARDS or step.effect.target[0]
    ]
    enrich = [
        [_shared(step, shared) for step in steps_of(rule, book, space, whole)]
        for rule in book.rules.get(Phase.ENRICH, ())
    ]
    ordered = enrich if FIRST_COUNTS else reversed(enrich)
    return Steps(book, tuple(found), tuple(step for each in ordered for step in each))


def _shared(step: Step, shared: Mapping[Dimension, Dimension]) -> Step:
    if not step.by_row or not shared:
        return step
    side = next((name for name in _sides(step) if name in shared), None)
    if side is None:
        return step
    key = (step.key[0], shared[side]) if isinstance(step.key, tuple) else step.key
    return replace(
        step,
        region=None if step.region is None else _renamed(step.region, shared),
        own=_renamed(step.own, shared),
        key=key,
    )


def _sides(step: Step) -> list[Dimension]:
    return [name for box in (step.region or ())[:1] for name in box]


def _renamed(region: Region, shared: Mapping[Dimension, Dimension]) -> Region:
    return tuple({shared.get(name, name): each for name, each in box.items()} for box in region)


def target_rungs(found: Steps) -> list[Rung]:
    """Return what decides where a lead goes.

    Args:
        found: Of the book.
    """
    return [
        Rung(step, _of_row(step) if step.by_row else target_of(step.effect), step.rule.id)
        for step in found.deciding
    ]


def _of_row(step: Step) -> object:
    return (_BY_ROW, step.rule.table, step.rule.then)


def setting_rungs(found: Steps, name: str, space: Space) -> tuple[list[Rung], list[Rung]]:
    """Return what decides a setting of leads that get an owner: rules of enrich, and the others.

    Args:
        found: Of the book.
        name: ``sla`` or ``priority``.
        space: All values there are.
    """
    usual = found.book.default_sla if name == "sla" else ""
    over = [
        Rung(step, _of_row(step) if step.by_row else getattr(step.effect, name), step.rule.id)
        for step in _saying(found, space, lambda step: _sets(step, found.book, name))
    ]
    rest = []
    for step in found.deciding:
        said = getattr(step.effect, name)
        if step.effect.target[0] in ASIDE:
            rest.append(Rung(step, NO_OWNER, step.rule.id))
        elif step.by_row and _rows_say(step, found.book, name):
            rest.append(Rung(step, _of_row(step), step.rule.id))
        else:
            rest.append(Rung(step, said or usual, step.rule.id if said else ""))
    return over, rest


def _rows_say(step: Step, book: RuleBook, name: str) -> bool:
    return any(getattr(row.effect, name) for row in book.tables[step.rule.table].rows)


def tag_rungs(found: Steps, tag: str, space: Space) -> tuple[list[Rung], list[Rung]]:
    """Return what decides whether leads that get an owner have a tag, as for settings.

    Args:
        found: Of the book.
        tag: The tag.
        space: All values there are.
    """
    over = [
        Rung(step, tag, step.rule.id)
        for step in _saying(found, space, lambda step: tag in _tags_of_step(step, found.book))
    ]
    rest = []
    for step in found.deciding:
        has = tag in step.effect.tags
        if step.effect.target[0] in ASIDE:
            rest.append(Rung(step, NO_OWNER, step.rule.id))
        elif not has and step.by_row and _in_rows(step, found.book, tag):
            rest.append(Rung(step, _of_row(step), step.rule.id))
        else:
            rest.append(Rung(step, tag if has else "", step.rule.id if has else ""))
    return over, rest


def _in_rows(step: Step, book: RuleBook, tag: str) -> bool:
    return any(tag in row.effect.tags for row in book.tables[step.rule.table].rows)


def carried_rungs(found: Steps) -> list[Rung]:
    """Return which tags the rules that decide give, as far as the lead gets an owner.

    Args:
        found: Of the book.
    """
    rungs = []
    for step in found.deciding:
        outcome: object = frozenset(step.effect.tags)
        if step.effect.target[0] in ASIDE:
            outcome = NO_OWNER
        elif step.by_row and any(
            row.effect.tags for row in found.book.tables[step.rule.table].rows
        ):
            outcome = _of_row(step)
        rungs.append(Rung(step, outcome, step.rule.id))
    return rungs


def enriched_tags(found: Steps) -> dict[str, list[object]]:
    """Return every tag that the rules of enrich give, with the keys of the steps that do.

    Args:
        found: Of the book.
    """
    tags: dict[str, list[object]] = {}
    for step in found.enrich:
        # Which lead a row is for depends on the rows that win over it.
        rows = side_of(found.book.tables[step.rule.table]) if step.row is not None else ""
        for tag in _tags_of_step(step, found.book):
            tags.setdefault(tag, []).append((step.key, rows))
    return tags


def tags_by_rule(found: Steps) -> dict[str, set[str]]:
    """Return the tags that each rule that decides may give, by its id.

    Args:
        found: Of the book.
    """
    tags: dict[str, set[str]] = {}
    for step in found.deciding:
        tags.setdefault(step.rule.id, set()).update(_tags_of_step(step, found.book))
    return tags


def _tags_of_step(step: Step, book: RuleBook) -> set[str]:
    said = set(step.effect.tags)
    if step.by_row:
        said.update(tag for row in book.tables[step.rule.table].rows for tag in row.effect.tags)
    return said


def _saying(found: Steps, space: Space, says: Callable[[Step], bool]) -> Iterator[Step]:
    """Give the steps of enrich that set something, each less the rows that win over it."""
    silent: list[Box] = []
    rule = ""
    for step in found.enrich:
        if step.rule.id != rule:
            rule, silent = step.rule.id, []
        if says(step):
            yield _less(step, silent, space) if silent else step
        elif step.row is not None:
            silent += step.region or ()


def _sets(step: Step, book: RuleBook, name: str) -> bool:
    return bool(getattr(step.effect, name)) or (step.by_row and _rows_say(step, book, name))


def _less(step: Step, silent: list[Box], space: Space) -> Step:
    try:
        budget = Budget()
        left = tuple(
            part for box in step.region or () for part in uncovered(box, silent, space, budget)
        )
    except TooMuch:
        return replace(step, region=None)
    return replace(step, region=left, own=left, key=(step.key, "less", len(silent), id(silent)))
