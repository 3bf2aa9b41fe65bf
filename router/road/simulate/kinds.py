"""Leads as a book itself describes them: those of its examples, cases and tables. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from router.lead.facts import FACTS, Facts, FactType, facts_of
from router.road.simulate.lead import lead_of
from router.rulebook.model import Phase, Pool, Rule, RuleBook, Table
from router.rulebook.outcome import Outcome, decide_all
from router.rulebook.trial.coverage import closing_case
from router.rulebook.trial.flips import world_of
from router.rulebook.trial.probes import row_facts, rules_of, starts, tested

#: Share of leads that nobody in person gets: queues, sequences, refusals and reviews together.
ASIDE = 0.1
#: What a person who is named by a rule counts for, beside one for every member of a pool.
_NAMED = 0.25
#: Rows of a table that are taken for one target, spread over it.
_ROWS = 40
#: A Wednesday on which no office is closed: kinds are told apart by where they go at that time.
_NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Kind:
    """A lead without its moment."""

    facts: Facts
    #: Intents with which it goes where it goes; one of them is drawn.
    intents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """Where leads go, what share of them, and what they may be like."""

    kind: str
    id: str
    weight: float
    kinds: tuple[Kind, ...]


def targets_of(book: RuleBook) -> tuple[Target, ...]:
    """Return everywhere a book sends leads, and of what kind they are.

    A pool counts for as much as its members weigh, since pools are as large as what comes in asks
    for; what nobody in person gets counts for a tenth of all leads.

    Args:
        book: With its examples and cases.
    """
    found: dict[tuple[str, str], list[Kind]] = {}
    decided: set[str] = set()
    for facts in _described(book):
        outcome = _ask(book, facts)
        kind = _kind(book, facts, outcome)
        if kind is not None:
            found.setdefault(outcome.target, []).append(kind)
            decided.add(outcome.rule.id if outcome.rule else "")
    for facts in _made(book, decided):
        outcome = _ask(book, facts)
        kind = _kind(book, facts, outcome)
        if kind is not None:
            found.setdefault(outcome.target, []).append(kind)
    weights = _weights(book, found)
    return tuple(
        Target(*name, weights[name], tuple(kinds))
        for name, kinds in sorted(found.items())
        if weights[name] > 0
    )


def _described(book: RuleBook) -> Iterator[Facts]:
    yield from map(_timeless, tested(book))
    world = world_of(book)
    for rule in rules_of(book):
        table = book.tables.get(rule.table)
        bases = starts(world, rule)[:1] if table is not None else ()
        if table is not None and bases:
            yield from map(_timeless, _rows(table, bases[0]))


def _made(book: RuleBook, decided: set[str]) -> Iterator[Facts]:
    """Make a lead for every rule that the book's own leads do not get to."""
    world = world_of(book)
    phases = (Phase.ROUTES, Phase.FALLBACK)
    bare: Iterable[Rule] = (rule for phase in phases for rule in book.rules.get(phase, ()))
    for rule in bare:
        if rule.id not in decided:
            made = closing_case(world, rule)
            if made is not None:
                yield _timeless(made.facts)


def _rows(table: Table, start: Facts) -> Iterator[Facts]:
    by_target: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    for row in table.rows:
        by_target.setdefault(row.effect.target, []).append(row.cells)
    for cells in by_target.values():
        step = max(len(cells) // _ROWS, 1)
        for each in cells[::step][:_ROWS]:
            yield {**start, **row_facts(table, each)}


def _timeless(facts: Facts) -> Facts:
    return {
        name: value
        for name, value in facts.items()
        if name in FACTS and FACTS[name][0] is not FactType.DATE
    }


def _ask(book: RuleBook, facts: Facts) -> Outcome:
    return decide_all(book, facts_of(lead_of(facts, 1, _NOON, book.digest)))


def _kind(book: RuleBook, facts: Facts, outcome: Outcome) -> Kind | None:
    """Return the kind of these facts, with every intent that leaves it where it goes."""
    said = facts.get("intent")
    if isinstance(said, str):
        return Kind(facts, (said,))
    fit = tuple(
        intent.id
        for intent in book.taxonomy.intents
        if not intent.always_review
        and _ask(book, {**facts, "intent": intent.id}).target == outcome.target
    )
    return Kind(facts, fit) if fit else None


def _weights(
    book: RuleBook, found: Mapping[tuple[str, str], list[Kind]]
) -> dict[tuple[str, str], float]:
    weights = {
        (kind, name): _weight(book, book.pools[name]) if kind == "pool" else _NAMED
        for kind, name in found
        if kind in {"pool", "person", "fallback"}
    }
    aside = [name for name in found if name not in weights]
    owned = sum(weights.values()) or 1.0
    each = owned * ASIDE / (1 - ASIDE) / len(aside) if aside else 0.0
    return weights | dict.fromkeys(aside, each)


def _weight(book: RuleBook, pool: Pool) -> float:
    if pool.groups:
        return sum(_weight(book, book.pools[each.pool]) for each in pool.groups)
    return sum(each.weight for each in pool.members)
