"""Rules that no lead can meet, and rules that no lead can get to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from router.lead.facts import Facts
from router.rulebook.analysis.finding import Finding, Severity, listed
from router.rulebook.analysis.ladder import DECIDING, Ladder, Step
from router.rulebook.analysis.search import Answered, Search, before, nothing
from router.rulebook.evaluate import evaluate
from router.rulebook.model import RuleBook
from router.rulebook.rule import AllOf, AnyOf, Condition, Phase, Place, Rule
from router.rulebook.space.box import Box, Budget, TooMuch
from router.rulebook.space.naive import AFTER_CLASSIFY, answer
from router.rulebook.space.region import Reading, both, where
from router.rulebook.space.shelf import Shelf

#: Up to so many rules are tried to be left out when it is said who takes everything before.
_NAMED = 24


@dataclass(frozen=True, slots=True)
class _Steps:
    """The steps of one rule, and their places on the ladder."""

    rule: Rule
    first: int
    steps: Sequence[Step]


def impossible(rungs: Ladder) -> Iterator[Finding]:
    """Give the rules whose condition contradicts itself, and the branches that never hold.

    Args:
        rungs: The book's steps, also those of enrich.
    """
    for one in _rules_of(rungs):
        region = [box for step in one.steps if not step.asks for box in step.region or ()]
        unknown = any(step.region is None for step in one.steps)
        if unknown:
            yield Finding(
                "not-decided",
                Severity.UNDECIDED,
                one.rule.place,
                f"the condition of '{one.rule.id}' has too many branches to be looked through",
                "Take it apart into several rules, or move its values to a list or a table.",
            )
            continue
        search = Search(rungs.book, rungs.space, show=False)
        if search.run(tuple(region), nothing).answered is Answered.NONE:
            yield Finding(
                "impossible",
                Severity.ERROR,
                one.rule.place,
                f"no lead can meet the condition of '{one.rule.id}': it contradicts itself",
                "Compare its parts with one another; parts side by side must all hold.",
            )
        else:
            yield from _branches(one.rule, rungs)


def _branches(rule: Rule, rungs: Ladder) -> Iterator[Finding]:
    """Give the branches of ``any`` that never hold together with the rest of the rule."""
    hidden = AFTER_CLASSIFY if rule.phase is Phase.GUARDS else frozenset[str]()
    reading = Reading(rungs.book, rungs.space, Budget(), hidden)
    try:
        for place, part in _parts(rule.when):
            if not both((where(part, reading), where(rule.when, reading)), reading.budget):
                yield Finding(
                    "impossible-branch",
                    Severity.WARNING,
                    place,
                    f"this branch of '{rule.id}' never holds together with the rest of the rule",
                    "Remove it, or correct what contradicts it.",
                )
    except TooMuch:
        return


def _parts(condition: Condition) -> Iterator[tuple[Place, Condition]]:
    if isinstance(condition, (AllOf, AnyOf)):
        for part in condition.parts:
            if isinstance(condition, AnyOf):
                yield part.place, part
            yield from _parts(part)


def unreached(rungs: Ladder) -> Iterator[Finding]:
    """Give the rules that no lead gets to, since earlier ones take every lead they could match.

    Args:
        rungs: The book's steps.
    """
    shelf = Shelf()
    whole = True
    for one in _rules_of(rungs):
        states = []
        for number, step in enumerate(one.steps, one.first):
            states.append(_state(rungs, step, number, shelf, sure=whole))
            whole = whole and step.region is not None
            shelf.add(step.region or (), number)
        takes = [
            state for step, state in zip(one.steps, states, strict=True) if step.own or not whole
        ]
        if takes and all(state is Answered.NONE for state in takes):
            yield _never(rungs, one, shelf)
        elif Answered.FOUND not in takes and Answered.UNDECIDED in takes:
            yield Finding(
                "not-decided",
                Severity.UNDECIDED,
                one.rule.place,
                f"it could not be told whether any lead gets to '{one.rule.id}'",
                "Give it an example that matches and a test case that expects it.",
            )
        elif one.rule.table:
            yield from _rows(one, states)


def _state(rungs: Ladder, step: Step, number: int, shelf: Shelf, *, sure: bool) -> Answered:
    if not step.own:
        return Answered.NONE if sure else Answered.UNDECIDED
    if _meets_an_example(rungs.book, step):
        return Answered.FOUND

    def decides(facts: Facts) -> bool:
        found = answer(rungs.book, facts)
        return found.rule is step.rule and (found.row is step.row or step.by_row)

    search = Search(rungs.book, rungs.space, decides, show=not sure)
    return search.run(step.own, before(shelf, number)).answered


def _meets_an_example(book: RuleBook, step: Step) -> bool:
    """Tell whether the rule decides one of its own examples: the shortest way to a yes."""
    leads = [each.facts for each in step.rule.examples if each.matches]
    return any(_decided_at(book, facts, step) for facts in leads[:4])


def _decided_at(book: RuleBook, facts: Facts, step: Step) -> bool:
    for phase in DECIDING:
        guard = phase is Phase.GUARDS
        known = {k: v for k, v in facts.items() if not guard or k not in AFTER_CLASSIFY}
        found = evaluate(book, phase, known)
        if found.rule is not None or found.review_rule is not None:
            decider = found.review_rule if step.asks else found.rule
            return decider is step.rule and (found.row is step.row or step.by_row)
    return False


def _never(rungs: Ladder, one: _Steps, shelf: Shelf) -> Finding:
    takers = [rule.id for rule in _takers(rungs, one, shelf)]
    where_to = rungs.book.rules[one.rule.phase]
    first = next((rule for rule in where_to if rule.id in takers), None)
    return Finding(
        "never-reached",
        Severity.ERROR,
        one.rule.place,
        f"the rule '{one.rule.id}' is never reached: every lead that it could match is taken"
        f" before, by {listed([repr(name) for name in takers], 8)}",
        f"Move it before '{first.id}' ({first.place}), or remove it." if first else "Remove it.",
    )


def _takers(rungs: Ladder, one: _Steps, shelf: Shelf) -> list[Rule]:
    """Return the earlier rules that together take everything, none of which is superfluous."""
    used: list[Box] = []
    for number, step in enumerate(one.steps, one.first):
        search = Search(rungs.book, rungs.space, show=False)
        search.run(step.own, before(shelf, number), used)
    boxes = {id(box): box for box in used}
    by_rule: dict[str, list[Box]] = {}
    rules: dict[str, Rule] = {}
    for place, box in enumerate(shelf.boxes):
        if id(box) in boxes:
            rule = rungs.steps[shelf.owners[place]].rule
            rules[rule.id] = rule
            by_rule.setdefault(rule.id, []).append(box)
    needed = [name for name in by_rule if name != one.rule.id]
    region = tuple(box for step in one.steps for box in step.own)
    for name in list(reversed(needed))[:_NAMED] if len(needed) > 1 else ():
        fewer = [box for other in needed if other != name for box in by_rule[other]]
        found = search.run(region, lambda _, boxes=fewer: boxes)  # type: ignore[misc]  # a bound value
        if found.answered is Answered.NONE:
            needed.remove(name)
    return [rules[name] for name in needed]


def _rows(one: _Steps, states: Sequence[Answered]) -> Iterator[Finding]:
    never = [
        step.row.line
        for step, state in zip(one.steps, states, strict=True)
        if step.row is not None and state is Answered.NONE
    ]
    if never:
        lines = listed([str(line) for line in sorted(never)])
        yield Finding(
            "rows-never-reached",
            Severity.WARNING,
            one.rule.place,
            f"{len(never)} rows of the table '{one.rule.table}' are never reached by"
            f" '{one.rule.id}': lines {lines}",
            "Earlier rules, or the rule's own condition, leave no lead for them.",
        )


def _rules_of(rungs: Ladder) -> Iterator[_Steps]:
    numbered = enumerate(rungs.steps)
    for _, group in groupby(numbered, key=lambda each: id(each[1].rule)):
        some = list(group)
        yield _Steps(some[0][1].rule, some[0][0], [step for _, step in some])
