"""Leads to try a book on: what its tests name, and what lies at either side of its boundaries.

They are made from the book alone, in a fixed order, so that two runs try the same leads.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from router.lead.facts import Facts, FactValue
from router.rulebook.model import Phase, Rule, RuleBook, Table, Truth
from router.rulebook.trial.flips import World, making
from router.rulebook.trial.words import comparisons

#: Leads that are tried of one book, and near one rule.
MOST = 4_000
MOST_NEAR = 400
#: Rows that are tried of one table, spread over it.
_ROWS = 40
#: Leads that each flip of a comparison starts from.
_STARTS = 4


def probes(world: World) -> tuple[Facts, ...]:
    """Return leads for the whole book, without repeats.

    Args:
        world: The book.
    """
    rules = rules_of(world.book)
    near = (lead for rule in rules for lead in islice(flipped(world, rule), MOST // len(rules) + 1))
    found = (*tested(world.book), {}, *_promised(world), *_rows(world), *near)
    return _once(found, MOST)


def probes_near(world: World, rule: Rule) -> tuple[Facts, ...]:
    """Return leads around the boundaries of one rule, alone and together with each other rule.

    Args:
        world: The book.
        rule: One of its rules.
    """
    own = starts(world, rule)[:2]
    others = [each for each in rules_of(world.book) if each.id != rule.id]
    meeting = (
        lead
        for other in others
        for start in starts(world, other)[:1]
        for mine in own
        for lead in ({**start, **mine}, {**mine, **start})
    )
    return _once((*flipped(world, rule), *tested(world.book), *meeting), MOST_NEAR)


def starts(world: World, rule: Rule) -> tuple[Facts, ...]:
    """Return leads that a rule matches: its examples, or else some that are made for it.

    Args:
        world: The book.
        rule: One of its rules.
    """
    shown = [each.facts for each in rule.examples if each.matches]
    named = world.foretold.get(rule.id, ())
    found = [
        facts for facts in (*shown, *named) if world.judged(rule.when, facts) is Truth.TRUE
    ] or list(making(world, rule.when, {}, wanted=True))
    rows = world.book.tables[rule.table].rows[:1] if rule.table in world.book.tables else ()
    if rows and not shown:
        cells = row_facts(world.book.tables[rule.table], rows[0].cells)
        found = [{**facts, **cells} for facts in found]
    return tuple(found[:_STARTS])


def tested(book: RuleBook) -> Iterator[Facts]:
    """Give the leads that the book's own examples and cases name.

    Args:
        book: The book.
    """
    yield from (example.facts for rule in rules_of(book) for example in rule.examples)
    yield from (case.facts for case in book.proofs.cases)


def rules_of(book: RuleBook) -> tuple[Rule, ...]:
    """Return all rules in the order of the book.

    Args:
        book: The book.
    """
    return tuple(rule for phase in Phase for rule in book.rules.get(phase, ()))


def row_facts(table: Table, cells: Iterable[str]) -> Facts:
    """Return a lead that a table's row fits.

    Args:
        table: The table.
        cells: The row's cells; an empty one asks for nothing.
    """
    # A prefix alone would be no whole value: what follows it makes it one, and the space keeps it
    # from being the longer prefix of another row.
    pairs = zip(table.keys, cells, strict=True)
    return {key.fact: f"{cell} 1" if key.prefix else cell for key, cell in pairs if cell}


def flipped(world: World, rule: Rule) -> Iterator[Facts]:
    """Give leads at both sides of every comparison of a rule.

    Args:
        world: The book.
        rule: One of its rules, as it stands or edited.
    """
    for start in starts(world, rule):
        yield start
        for test in comparisons(rule.when):
            for wanted in (True, False):
                yield from making(world, test, start, wanted=wanted)
            # A fact that nobody gave is a third way to come out.
            yield {name: value for name, value in start.items() if name != test.fact}


def _promised(world: World) -> Iterator[Facts]:
    """Give leads that an invariant speaks of, made from those that each rule takes."""
    rules = rules_of(world.book)
    invariants = world.book.proofs.invariants
    for invariant in invariants[: MOST // (2 * len(rules) + 1)]:
        for start in ({}, *(lead for rule in rules for lead in starts(world, rule)[:1])):
            yield from making(world, invariant.when, start, wanted=True)[:2]


def _rows(world: World) -> Iterator[Facts]:
    for rule in rules_of(world.book):
        table = world.book.tables.get(rule.table)
        if table is None:
            continue
        step = max(1, len(table.rows) // _ROWS)
        for start in starts(world, rule)[:1]:
            for row in table.rows[::step]:
                yield {**start, **row_facts(table, row.cells)}


def _once(leads: Iterable[Facts], most: int) -> tuple[Facts, ...]:
    seen: dict[tuple[tuple[str, FactValue], ...], Facts] = {}
    for lead in leads:
        seen.setdefault(tuple(sorted(lead.items(), key=lambda pair: pair[0])), lead)
        if len(seen) >= most:
            break
    return tuple(seen.values())
