"""Rules that no lead can meet, and rules that no lead can get to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from router.lead.facts import Facts
from router.rulebook.analysis.codes import found
from router.rulebook.analysis.finding import Finding
from router.rulebook.analysis.ladder import DECIDING, Ladder, Step
from router.rulebook.analysis.search import Answered, Search, before, nothing
from router.rulebook.engine.evaluate import evaluate
from router.rulebook.model import RuleBook
from router.rulebook.rule import AllOf, AnyOf, Condition, Effect, Phase, Place, Rule
from router.rulebook.space.box import Box, Budget, TooMuch
from router.rulebook.space.naive import AFTER_CLASSIFY, answer
from router.rulebook.space.region import Reading, both, where
from router.rulebook.space.shelf import Shelf
from router.rulebook.verdict import Verdict
from router.wording import counted, listed

#: Up to so many rules are tried to be left out when it is said who takes everything before, and
#: that for so many rules; after that superfluous ones may be named.
_NAMED, _NAMED_FOR = 24, 40


#: What is said of a lead that nothing decides.
NOTHING = Verdict(None, Effect())


@dataclass(frozen=True, slots=True)
class _Steps:
    """The steps of one rule, and their places on the ladder."""

    rule: Rule
    first: int
    steps: Sequence[Step]


@dataclass(slots=True)
class _Looked:
    """What was found about the steps of a rule."""

    states: list[Answered]
    #: What took something away from them.
    used: list[Box]


def impossible(rungs: Ladder, total: Budget | None = None) -> Iterator[Finding]:
    """Give the rules whose condition contradicts itself, and the branches that never hold.

    Args:
        rungs: The book's steps, also those of enrich.
        total: What all questions may take together; None for no limit.
    """
    for one in _rules_of(rungs):
        region = [box for step in one.steps if not step.asks for box in step.region or ()]
        unknown = any(step.region is None for step in one.steps)
        if unknown:
            yield found(
                "not-decided",
                one.rule.place,
                f"the condition of '{one.rule.id}' has too many branches to be looked through",
                "Take it apart into several rules, or move its values to a list or a table.",
            )
            continue
        search = Search(rungs.book, rungs.space, show=False, total=total)
        if search.run(tuple(region), nothing).answered is Answered.NONE:
            yield found(
                "impossible",
                one.rule.place,
                f"no lead can meet the condition of '{one.rule.id}': it contradicts itself",
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
                yield found(
                    "impossible-branch",
                    place,
                    f"this branch of '{rule.id}' never holds together with the rest of the rule",
                )
    except TooMuch:
        return


def _parts(condition: Condition) -> Iterator[tuple[Place, Condition]]:
    if isinstance(condition, (AllOf, AnyOf)):
        for part in condition.parts:
            if isinstance(condition, AnyOf):
                yield part.place, part
            yield from _parts(part)


def unreached(rungs: Ladder, total: Budget | None = None) -> Iterator[Finding]:
    """Give the rules that no lead gets to, since earlier ones take every lead they could match.

    Args:
        rungs: The book's steps.
        total: What all questions may take together; None for no limit.
    """
    shelf = Shelf()
    whole = True
    named = 0
    open_ones: list[Rule] = []
    for one in _rules_of(rungs):
        looked = _Looked([], [])
        for number, step in enumerate(one.steps, one.first):
            asked = _Asked(rungs, shelf, number, total, sure=whole)
            looked.states.append(_state(asked, step, looked.used))
            whole = whole and step.region is not None
            shelf.add(step.region or (), number)
        states = zip(one.steps, looked.states, strict=True)
        takes = [state for step, state in states if step.own or step.region is None]
        if takes and all(state is Answered.NONE for state in takes):
            named += 1
            yield _never(rungs, one, shelf, looked.used, fewest=named <= _NAMED_FOR)
        elif Answered.FOUND not in takes and Answered.UNDECIDED in takes:
            open_ones.append(one.rule)
        elif one.rule.table:
            yield from _rows(one, looked.states)
    yield from _not_decided(open_ones, total)


def _not_decided(rules: Sequence[Rule], total: Budget | None) -> Iterator[Finding]:
    """Tell which rules nothing is known of; of a book that is too large in one sentence."""
    if total is not None and total.left <= 0 and len(rules) > 1:
        yield found(
            "not-decided",
            rules[0].place,
            f"the book is too large to look at everything: whether any lead gets to"
            f" '{rules[0].id}' could not be told, nor for {len(rules) - 1} other rules",
            "Move what is alike to tables: they may have many thousand rows.",
        )
        return
    for rule in rules:
        yield found(
            "not-decided",
            rule.place,
            f"it could not be told whether any lead gets to '{rule.id}'",
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    """The question whether a lead gets to a step."""

    rungs: Ladder
    shelf: Shelf
    number: int
    total: Budget | None
    #: Everything that is taken before is known.
    sure: bool


def _state(asked: _Asked, step: Step, used: list[Box]) -> Answered:
    rungs = asked.rungs
    if step.region is not None and not step.own:
        return Answered.NONE
    if _meets_an_example(rungs.book, step):
        return Answered.FOUND
    if step.region is None:
        return Answered.UNDECIDED
    if asked.total is not None and asked.total.left <= 0:
        return Answered.UNDECIDED

    def decides(facts: Facts) -> bool:
        taken = answer(rungs.book, facts)
        return taken.rule is step.rule and (taken.row is step.row or step.by_row)

    search = Search(rungs.book, rungs.space, decides, show=not asked.sure, total=asked.total)
    return search.run(step.own, before(asked.shelf, asked.number), used).answered


def _meets_an_example(book: RuleBook, step: Step) -> bool:
    """Tell whether the rule decides one of its own examples: the shortest way to a yes."""
    leads = [each.facts for each in step.rule.examples if each.matches]
    return any(decided_at(book, facts, step) for facts in leads[:4])


def decided_at(book: RuleBook, facts: Facts, step: Step) -> bool:
    """Tell whether a lead ends at a step.

    Args:
        book: The book.
        facts: The lead.
        step: Of the phases that decide.
    """
    verdict = decided(book, facts)
    decider = verdict.review_rule if step.asks else verdict.rule
    return decider is step.rule and (verdict.row is step.row or step.by_row)


def decided(book: RuleBook, facts: Facts) -> Verdict:
    """Return what decides a lead, by the fast evaluator.

    Args:
        book: The book.
        facts: The lead.
    """
    verdict = NOTHING
    for phase in DECIDING:
        guard = phase is Phase.GUARDS
        known = {k: v for k, v in facts.items() if not guard or k not in AFTER_CLASSIFY}
        verdict = evaluate(book, phase, known)
        if verdict.rule is not None or verdict.review_rule is not None:
            break
    return verdict


def _never(
    rungs: Ladder, one: _Steps, shelf: Shelf, used: Sequence[Box], *, fewest: bool
) -> Finding:
    takers = _takers(rungs, one, shelf, used, fewest=fewest)
    names = [f"'{rule.id}'" for rule in takers]
    first = next((rule for rule in takers if rule.phase is one.rule.phase), None)
    if first is not None:
        advice = f"Move it before '{first.id}' ({first.place}), or remove it."
    else:
        advice = f"Remove it: {listed(names)} stand{'s' if len(names) == 1 else ''} in"
        advice += f" {listed(list(dict.fromkeys(rule.phase for rule in takers)))}, which is asked"
        advice += f" before {one.rule.phase}."
    return found(
        "never-reached",
        one.rule.place,
        f"the rule '{one.rule.id}' is never reached: every lead that it could match is taken"
        f" before, by {listed(names, 8)}",
        advice if takers else "Remove it.",
    )


def _takers(
    rungs: Ladder, one: _Steps, shelf: Shelf, used: Sequence[Box], *, fewest: bool
) -> list[Rule]:
    """Return the earlier rules that together take everything, none of which is superfluous."""
    by_rule, rules = owners_of(rungs, shelf, used)
    needed = [name for name in by_rule if name != one.rule.id]
    region = tuple(box for step in one.steps for box in step.own)
    search = Search(rungs.book, rungs.space, show=False)
    for name in list(reversed(needed))[:_NAMED] if fewest and len(needed) > 1 else ():
        fewer = [box for other in needed if other != name for box in by_rule[other]]
        left = search.run(region, lambda _, boxes=fewer: boxes)  # type: ignore[misc]  # a bound value
        if left.answered is Answered.NONE:
            needed.remove(name)
    return [rules[name] for name in needed]


def owners_of(
    rungs: Ladder, shelf: Shelf, used: Sequence[Box]
) -> tuple[dict[str, list[Box]], dict[str, Rule]]:
    """Return whose boxes some are: boxes and rules by the rule's id, in the order of the book.

    Args:
        rungs: The book's steps.
        shelf: All boxes, by number of the step.
        used: Boxes of the shelf, the very same ones.
    """
    wanted = {id(box) for box in used}
    boxes: dict[str, list[Box]] = {}
    rules: dict[str, Rule] = {}
    for place, box in enumerate(shelf.boxes) if wanted else ():
        if id(box) in wanted:
            rule = rungs.steps[shelf.owners[place]].rule
            rules[rule.id] = rule
            boxes.setdefault(rule.id, []).append(box)
    return boxes, rules


def _rows(one: _Steps, states: Sequence[Answered]) -> Iterator[Finding]:
    never = [
        step.row.line
        for step, state in zip(one.steps, states, strict=True)
        if step.row is not None and state is Answered.NONE
    ]
    if never:
        yield rows_finding(one.rule, never)


def rows_finding(rule: Rule, lines: Sequence[int]) -> Finding:
    """Return what is said of rows that give nothing to anybody.

    Args:
        rule: The rule whose table it is.
        lines: Of the rows, in the table's file.
    """
    several = counted(len(lines), "row") if len(lines) > 1 else "a row"
    verb = "are" if len(lines) > 1 else "is"
    named = listed([str(line) for line in sorted(lines)])
    return found(
        "rows-never-reached",
        rule.place,
        f"{several} of the table '{rule.table}' {verb} never reached by '{rule.id}':"
        f" line{'s' if len(lines) > 1 else ''} {named}",
    )


def _rules_of(rungs: Ladder) -> Iterator[_Steps]:
    numbered = enumerate(rungs.steps)
    for _, group in groupby(numbered, key=lambda each: id(each[1].rule)):
        some = list(group)
        yield _Steps(some[0][1].rule, some[0][0], [step for _, step in some])
