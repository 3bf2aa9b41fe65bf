"""The book edited a little, again and again: which edits do its tests not notice?"""

from dataclasses import dataclass, replace

from router.lead.facts import Facts
from router.rulebook.model import Case, Expectation, Rule, RuleBook, Truth
from router.rulebook.outcome import Outcome, decide_all
from router.rulebook.trial.cases import expected, holds, keeps
from router.rulebook.trial.coverage import fires
from router.rulebook.trial.edits import Edit, edited, edits_of
from router.rulebook.trial.flips import World
from router.rulebook.trial.invariants import breaks, try_invariant
from router.rulebook.trial.probes import flipped, probes_near
from router.rulebook.trial.prove import grounds_of
from router.rulebook.trial.result import Mutation, Status, Suggestion, Survivor
from router.rulebook.trial.same import changes_nothing
from router.rulebook.trial.words import expectation_told


@dataclass(frozen=True, slots=True)
class _Bench:
    """What every edit of a book is tried with."""

    world: World
    #: Invariants that hold in the book as it stands; what fails already notices nothing.
    proved: frozenset[str]
    leads: tuple[Facts, ...]
    #: How each rule's condition comes out for each case, made when it is first asked.
    truths: dict[str, tuple[Truth, ...]]
    #: Leads near each rule and what they get today, made when they are first asked for.
    near: dict[str, tuple[tuple[Facts, Expectation], ...]]


def try_edits(world: World, proved: frozenset[str], leads: tuple[Facts, ...]) -> Mutation:
    """Make every edit, one at a time, and run what could notice it.

    Args:
        world: The book; tests of it that fail already are of no use here.
        proved: Names of the invariants that hold.
        leads: What invariants are sampled with that cannot be decided.
    """
    bench = _Bench(world, proved, leads, {}, {})
    edits = noticed = equivalent = 0
    survivors: list[Survivor] = []
    for edit in edits_of(world.book):
        edits += 1
        if _noticed_by_tests(bench, edit):
            noticed += 1
            continue
        changed = edited(world.book, edit)
        lead = _changed_lead(bench, edit, changed)
        if lead is None and changes_nothing(world.book, edit):
            equivalent += 1
            continue
        if _noticed_by_invariants(bench, changed):
            noticed += 1
        else:
            survivors.append(_survivor(bench, edit, changed, lead))
    return Mutation(edits, noticed, equivalent, tuple(survivors))


def _noticed_by_tests(bench: _Bench, edit: Edit) -> bool:
    book = bench.world.book
    old = book.rules[edit.phase][edit.position]
    if not edit.swaps and old.when != edit.rules[0].when:
        for example in old.examples:
            if holds(book, old, example) and not holds(book, edit.rules[0], example):
                return True
    stirred = _stirred_cases(bench, edit, old)
    if not stirred:
        return False
    changed = edited(book, edit)
    return any(
        not keeps(case, decide_all(changed, case.facts))
        and keeps(case, decide_all(book, case.facts))
        for case in stirred
    )


def _stirred_cases(bench: _Bench, edit: Edit, old: Rule) -> list[Case]:
    """Return the cases that could come out otherwise: a rule they touch says something else."""
    cases = bench.world.book.proofs.cases
    before = _truths(bench, old)
    if edit.swaps:
        other = _truths(bench, edit.rules[0])
        pairs = zip(cases, before, other, strict=True)
        return [case for case, one, two in pairs if Truth.FALSE not in (one, two)]
    new = edit.rules[0]
    if new.when == old.when:
        return [case for case, one in zip(cases, before, strict=True) if one is not Truth.FALSE]
    return [
        case
        for case, one in zip(cases, before, strict=True)
        if bench.world.judged(new.when, case.facts) is not one
    ]


def _truths(bench: _Bench, rule: Rule) -> tuple[Truth, ...]:
    found = bench.truths.get(rule.id)
    if found is None:
        cases = bench.world.book.proofs.cases
        found = tuple(bench.world.judged(rule.when, case.facts) for case in cases)
        bench.truths[rule.id] = found
    return found


def _changed_lead(bench: _Bench, edit: Edit, changed: RuleBook) -> Facts | None:
    """Return a lead that gets something else by an edit; None when no sampled one does."""
    near = (each for rule in edit.rules for each in _near(bench, rule))
    found = next((lead for lead, today in near if given(decide_all(changed, lead)) != today), None)
    if found is not None or edit.swaps:
        return found
    # The edited rule has boundaries of its own: a value that it no longer names, for example.
    book, own = bench.world.book, flipped(bench.world, edit.rules[0])
    return next(
        (lead for lead in own if given(decide_all(changed, lead)) != given(decide_all(book, lead))),
        None,
    )


def _near(bench: _Bench, rule: Rule) -> tuple[tuple[Facts, Expectation], ...]:
    """Return leads near a rule of the book, also when it stands edited, and what they get."""
    found = bench.near.get(rule.id)
    if found is None:
        book = bench.world.book
        own = next(each for each in book.rules[rule.phase] if each.id == rule.id)
        leads = probes_near(bench.world, own)
        found = tuple((lead, given(decide_all(book, lead))) for lead in leads)
        bench.near[rule.id] = found
    return found


def given(outcome: Outcome) -> Expectation:
    """Return what a lead gets, whichever rule it was that gave it.

    Args:
        outcome: What a book says of the lead.
    """
    found = expected(outcome)
    return replace(found, rule="", tags=tuple(sorted(found.tags)))


def _noticed_by_invariants(bench: _Bench, changed: RuleBook) -> bool:
    world = replace(bench.world, book=changed)
    held = [each for each in changed.proofs.invariants if each.name in bench.proved]
    if any(breaks(world, invariant, lead) for invariant in held for lead in bench.leads):
        return True
    # A proof takes long, and most edits are noticed without one.
    grounds = grounds_of(changed) if held else None
    return grounds is not None and any(
        try_invariant(world, invariant, (), grounds).status is Status.FAILED for invariant in held
    )


def _survivor(bench: _Bench, edit: Edit, changed: RuleBook, lead: Facts | None) -> Survivor:
    rule = bench.world.book.rules[edit.phase][edit.position]
    if lead is None:
        return Survivor(rule.id, edit.phase, edit.place, edit.what)
    before, after = decide_all(bench.world.book, lead), decide_all(changed, lead)
    test = Suggestion("case", rule.id, lead, expected(before))
    if not edit.swaps:
        matches = fires(bench.world, rule, lead)
        if matches is not fires(bench.world, edit.rules[0], lead):
            # The rule itself says something else of this lead: an example of it will do.
            test = Suggestion("matches" if matches else "misses", rule.id, lead)
    return Survivor(
        rule.id, edit.phase, edit.place, edit.what, test, expectation_told(expected(after))
    )
