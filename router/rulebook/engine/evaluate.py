"""The evaluator: the first rule of a phase that matches, from an index made once a book.

A short phase is simply gone through. A long one is asked through
:mod:`router.rulebook.engine.index`, which leaves the few rules that the lead's values do not rule
out; those are judged exactly, in the order of the book. Both agree with
:mod:`router.rulebook.engine.explain`, which is plain and slow; property tests hold them together.
"""

from collections.abc import Iterable, Iterator
from itertools import islice, takewhile

from router.lead.facts import Facts
from router.rulebook.engine.index import Index
from router.rulebook.engine.operands import with_row
from router.rulebook.engine.phases import UNKNOWN_FACT, Compiled, CompiledPhase, compiled_phase
from router.rulebook.model import Phase, Row, RuleBook, Verdict

__all__ = ["UNKNOWN_FACT", "collect", "evaluate", "near_misses", "unknown_facts"]


def evaluate(book: RuleBook, phase: Phase, facts: Facts, *, start: int = 0) -> Verdict:
    """Return what a phase says: the first rule that matches, in the order of the book.

    A rule fires only when its condition is true, and its table, if it has one, has a row. When
    that is unknown and the rule says ``on_unknown: review``, evaluation stops there:
    ``review_rule`` is that rule, ``rule`` is None and the effect is a review.

    Args:
        book: The book.
        phase: Which part of it.
        facts: What is known: names of :data:`router.lead.facts.FACTS` with values of the declared
            type. An absent name is unknown.
        start: Place in the phase of the first rule that is asked, counted from 0.
    """
    compiled = compiled_phase(book, phase)
    index = compiled.index
    if index is None:
        rules = compiled.plain[start:] if start else compiled.plain
        for test, asks, fired, unknown in rules:
            found = test(facts)
            if found:
                return fired if found is True else _with_row(fired, found)
            if asks and found is None:
                return unknown
        return compiled.nothing
    return _first(compiled, index, facts, start)


def collect(book: RuleBook, phase: Phase, facts: Facts) -> tuple[Verdict, ...]:
    """Return the verdict of every rule of a phase that matches, in the order of the book.

    Used for ``enrich``, where each matching rule adds its settings.

    Args:
        book: The book.
        phase: Which part of it.
        facts: What is known.
    """
    compiled = compiled_phase(book, phase)
    index = compiled.index
    fired_by: list[Verdict] = []
    asked: Iterable[Compiled] = compiled.plain
    if index is not None:
        asked = map(compiled.entry, index.survivors(facts))
    for test, _, fired, _ in asked:
        found = test(facts)
        if found:
            fired_by.append(fired if found is True else _with_row(fired, found))
    return tuple(fired_by)


def near_misses(
    book: RuleBook, phase: Phase, facts: Facts, most: int = 5, *, before: int | None = None
) -> tuple[str, ...]:
    """Return the rules that nearly matched: two or more conditions, of which just one did not hold.

    A rule with a table counts only when the table has a row for the lead.

    Args:
        book: The book.
        phase: Which part of it.
        facts: What is known.
        most: How many at most; those that stand first in the book.
        before: Only rules before this place in the phase, counted from 0; None for all.

    Returns:
        Their ids, in the order of the book.
    """
    compiled = compiled_phase(book, phase)
    index = compiled.index
    end = len(compiled.rules) if before is None else before
    asked: Iterator[int] | tuple[int, ...] = compiled.several
    if index is not None:
        asked = index.nearly(facts, end)
    found = (
        compiled.rules[at].id
        for at in takewhile(end.__gt__, asked)
        if compiled.is_near_miss(at, facts)
    )
    return tuple(islice(found, most))


def unknown_facts(book: RuleBook, phase: Phase, facts: Facts) -> tuple[str, ...]:
    """Return the facts that the rules of a phase ask for and the lead does not have.

    A rule that asks whether a fact is missing has its answer, so that does not count.

    Args:
        book: The book.
        phase: Which part of it.
        facts: What is known.

    Returns:
        Their names, in the order in which the book first asks for them.
    """
    return tuple([name for name in compiled_phase(book, phase).asked if name not in facts])


def _first(compiled: CompiledPhase, index: Index, facts: Facts, start: int) -> Verdict:
    """Ask each branch only for rules that stand before the best one of the branches before it."""
    before, said = len(compiled.rules), compiled.nothing
    known, entries = facts.get, compiled.entries
    for fact, texts, branch in index.branches:
        value = known(fact)
        if texts is None or value.__class__ is not str:
            places = branch.places(facts, before)
        else:
            node = texts.get(value.casefold())
            if node is None:
                continue
            places = node if node.__class__ is tuple else node.places(facts, before)  # type: ignore[union-attr]  # the other of the two
        for place in places:
            if place >= before:
                break
            if place < start:
                continue
            test, asks, fired, unknown = entries[place] or compiled.entry(place)
            found = test(facts)
            if found:
                before, said = place, fired if found is True else _with_row(fired, found)
                break
            if asks and found is None:
                before, said = place, unknown
                break
    return said


def _with_row(fired: Verdict, row: Row) -> Verdict:
    return Verdict(fired.rule, with_row(fired.effect, row), None, fired.position, row)
