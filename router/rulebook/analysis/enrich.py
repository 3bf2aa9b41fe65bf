"""Rules of enrich that set the same thing: settings that never count, and those that disagree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from router.lead.facts import Facts
from router.rulebook.analysis.codes import found
from router.rulebook.analysis.finding import Finding
from router.rulebook.analysis.ladder import Ladder, Step
from router.rulebook.analysis.search import Answered, Search, nothing
from router.rulebook.engine.shape import asked_by, comparisons
from router.rulebook.model import RuleBook
from router.rulebook.rule import Rule, Truth
from router.rulebook.space.box import Box, Budget, Region, meet
from router.rulebook.space.naive import answer, fires
from router.rulebook.space.shelf import Shelf
from router.wording import listed

_SETTINGS = ("sla", "priority")
#: Earlier rules that one is compared with, of those that touch it.
_COMPARED = 12


@dataclass(frozen=True, slots=True)
class _Setting:
    """One rule that sets something, and for which leads."""

    rule: Rule
    value: str
    region: Region


def settings(rungs: Ladder, total: Budget) -> Iterator[Finding]:
    """Give the settings that earlier rules of enrich hide, wholly or in part.

    Args:
        rungs: The steps of enrich.
        total: What all questions may take together.
    """
    for name in _SETTINGS:
        some = list(_setting(rungs, name))
        shelf = Shelf()
        for number, one in enumerate(some):
            yield from _compared(rungs, name, (some, number), shelf, total)
            shelf.add(one.region, number)


def _setting(rungs: Ladder, name: str) -> Iterator[_Setting]:
    """Give the rules that set something for every lead they match, in their order."""
    rules: dict[str, list[Step]] = {}
    for step in rungs.steps:
        rules.setdefault(step.rule.id, []).append(step)
    for steps in rules.values():
        values = {getattr(step.effect, name) for step in steps}
        # What depends on the row, or cannot be told, is left alone.
        plain = all(step.region is not None and not step.by_row for step in steps)
        if plain and len(values) == 1 and "" not in values:
            region = tuple(box for step in steps for box in step.region or ())
            yield _Setting(steps[0].rule, values.pop(), region)


def _compared(
    rungs: Ladder,
    name: str,
    at: tuple[Sequence[_Setting], int],
    shelf: Shelf,
    total: Budget,
) -> Iterator[Finding]:
    some, number = at
    one = some[number]

    def earlier(box: Box) -> list[Box]:
        return [shelf.boxes[place] for place in shelf.touching(box)]

    numbers = sorted({shelf.owners[place] for box in one.region for place in shelf.touching(box)})
    others = [some[place] for place in numbers if some[place].value != one.value]
    if not others or total.left <= 0:
        return
    search = Search(rungs.book, rungs.space, show=False, total=total)
    used: list[Box] = []
    if search.run(one.region, earlier, used).answered is Answered.NONE:
        whose = {id(box): shelf.owners[place] for place, box in enumerate(shelf.boxes)}
        names = sorted({whose[id(box)] for box in used})
        yield found(
            "setting-never-counts",
            one.rule.place,
            f"'{one.rule.id}' sets the {name} '{one.value}', which never counts: before it"
            f" {listed([_said(some[each]) for each in names])} set it for every such lead",
        )
        return
    for other in others[:_COMPARED]:
        facts = _disagree(rungs, name, other, one, total)
        if facts is not None:
            yield found(
                "settings-disagree",
                one.rule.place,
                f"'{one.rule.id}' sets the {name} '{one.value}', but {_said(other)} stands first"
                " and wins for leads that both match",
                example=facts,
            )
            return


def _said(setting: _Setting) -> str:
    return f"'{setting.rule.id}' ('{setting.value}')"


def _disagree(
    rungs: Ladder, name: str, first: _Setting, later: _Setting, total: Budget
) -> Facts | None:
    """Find a lead for which two rules disagree, unless the first is the special case."""
    if asked_of(rungs.book, first.rule) > asked_of(rungs.book, later.rule):
        return None
    plain = Search(rungs.book, rungs.space, show=False, total=total)
    if plain.run(first.region, lambda _: later.region).answered is not Answered.FOUND:
        return None

    def wins(facts: Facts) -> bool:
        taken = answer(rungs.book, facts)
        given = getattr(taken, name), getattr(taken, f"{name}_by")
        return taken.owned and given == (first.value, first.rule.id)

    def both(facts: Facts) -> bool:
        truth, _ = fires(later.rule, rungs.book, facts)
        return truth is Truth.TRUE and wins(facts)

    return common(first.region, later.region, Search(rungs.book, rungs.space, both, total=total))


def common(one: Region, other: Region, search: Search) -> Facts | None:
    """Find a lead that lies in two regions and shows what a search confirms.

    Args:
        one: A region.
        other: Another.
        search: Confirms what is found.
    """
    from_both = tuple(
        box for left in one[:_COMPARED] for right in other if (box := meet(left, right)) is not None
    )
    return search.run(from_both[: _COMPARED * 4], nothing).facts


def asked_of(book: RuleBook, rule: Rule) -> frozenset[str]:
    """Return the facts that a rule asks for, with those of its table.

    Args:
        book: The book.
        rule: One of its rules.
    """
    facts = {fact for test in comparisons(rule.when) for fact in (test.fact, *asked_by(test))}
    table = book.tables.get(rule.table)
    keys = {key.fact for key in table.keys} if table is not None else set()
    return frozenset(facts | keys)
