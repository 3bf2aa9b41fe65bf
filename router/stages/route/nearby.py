"""Which other facts may send a lead elsewhere: values that the book's own rules speak of. Pure.

What is proposed may lead anywhere, also back: whoever takes it must decide the lead with it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from router.lead.facts import FACTS, Facts, FactType, FactValue
from router.rulebook.engine.evaluate import near_misses
from router.rulebook.engine.operands import cell, texts
from router.rulebook.model import Effect, Phase, Row, Rule, RuleBook, Table
from router.rulebook.trial.flips import World, making, world_of
from router.rulebook.trial.words import comparisons

#: Parts of the book that say who gets a lead, in the order in which they are asked.
_DECIDING = (Phase.GUARDS, Phase.ROUTES, Phase.FALLBACK)
#: Near misses that are asked first, of each part; rows that are proposed of one table.
_NEAR, _ROWS = 40, 20
_TEXTS = frozenset({FactType.TEXT, FactType.CODE})
_CAPITALS = frozenset({"country", "postcode"})

#: What becomes otherwise: name to value, None for a fact that is unknown then.
Facets = Mapping[str, FactValue | None]


def nearby(
    book: RuleBook,
    facts: Facts,
    decided: str,
    *,
    most: int,
    wanted: Callable[[Effect], bool] | None = None,
) -> Iterator[Facets]:
    """Yield changes of facts after which another rule may decide, each once.

    Near misses come first, then what keeps the deciding rule from matching, then all other rules
    in the order of the book. After each rule comes an empty change, so that whoever takes them can
    stop in time.

    Args:
        book: The version that decides.
        facts: Of the lead.
        decided: Id of the rule that decided; empty for none.
        most: Facts that may change at once.
        wanted: Rules whose effect this is true of come before the others, and only their rows are
            proposed; None for no such wish.
    """
    world = world_of(book)
    seen: set[tuple[tuple[str, str], ...]] = set()
    for rule in _in_order(book, facts, wanted):
        for found in _of_rule(world, rule, facts, negated=rule.id == decided, wanted=wanted):
            key = tuple(sorted((name, repr(value)) for name, value in found.items()))
            if 0 < len(found) <= most and key not in seen:
                seen.add(key)
                yield found
        yield {}


def _in_order(
    book: RuleBook, facts: Facts, wanted: Callable[[Effect], bool] | None
) -> Iterable[Rule]:
    rules = {rule.id: rule for phase in _DECIDING for rule in book.rules.get(phase, ())}
    near = [
        rules[name]
        for phase in _DECIDING
        for name in near_misses(book, phase, facts, _NEAR)
        if name in rules
    ]
    found = list(dict.fromkeys((*(rule.id for rule in near), *rules)))
    if wanted is not None:
        found.sort(key=lambda name: not _leads_to(rules[name], book, wanted))
    return [rules[name] for name in found]


def _leads_to(rule: Rule, book: RuleBook, wanted: Callable[[Effect], bool]) -> bool:
    table = book.tables.get(rule.table)
    rows = table.rows if table is not None else ()
    return wanted(rule.then) or any(wanted(row.effect) for row in rows)


def _of_rule(
    world: World,
    rule: Rule,
    facts: Facts,
    *,
    negated: bool,
    wanted: Callable[[Effect], bool] | None,
) -> Iterator[Facets]:
    if negated:
        for each in making(world, rule.when, facts, wanted=False):
            yield from _sensible(world, rule, facts, each)
    found = making(world, rule.when, facts, wanted=True)
    table = world.book.tables.get(rule.table)
    if table is None:
        for each in found:
            yield from _sensible(world, rule, facts, each)
        return
    # A table is long: it is gone through once, for the lead that has to change the least.
    for nearest in found[:1]:
        for row in _rows(table, rule, nearest, wanted):
            yield from _sensible(world, rule, facts, row, table)


def _rows(
    table: Table, rule: Rule, facts: Facts, wanted: Callable[[Effect], bool] | None
) -> Iterator[Facts]:
    """Yield facts that fit a row of which at most one value is not the lead's, a row a target."""
    targets: set[tuple[str, str]] = set()
    for row in table.rows:
        # Where a row names nobody the rule does, for all such rows alike.
        effect = row.effect if row.effect.target[0] else rule.then
        if effect.target in targets or (wanted is not None and not wanted(effect)):
            continue
        missing = _missing(table, row, facts)
        if len(missing) > 1 or any(FACTS[name][0] not in _TEXTS for name in missing):
            continue
        targets.add(effect.target)
        yield {**facts, **missing}
        if len(targets) >= _ROWS:
            return


def _missing(table: Table, row: Row, facts: Facts) -> dict[str, FactValue]:
    """Return the values that a lead lacks in order to fit a row."""
    found: dict[str, FactValue] = {}
    for key, want in zip(table.keys, row.cells, strict=True):
        there = cell(facts.get(key.fact))
        fits = there is not None and (there.startswith(want) if key.prefix else there == want)
        if want and not fits:
            # The book compares without regard to case; a reader expects capitals.
            found[key.fact] = want.upper() if key.fact in _CAPITALS else want
    return found


def _sensible(
    world: World, rule: Rule, before: Facts, after: Facts, table: Table | None = None
) -> Iterator[Facets]:
    """Yield what changed, if the book names every new text: none of them is made up."""
    found: dict[str, FactValue | None] = {
        name: after.get(name) for name in {**before, **after} if before.get(name) != after.get(name)
    }
    keys = {key.fact for key in table.keys} if table is not None else set()
    if all(name in keys or _named(world, rule, name, value) for name, value in found.items()):
        yield found


def _named(world: World, rule: Rule, fact: str, value: FactValue | None) -> bool:
    if isinstance(value, tuple):
        return all(_named(world, rule, fact, item) for item in value[-1:]) and "other" not in value
    if not isinstance(value, str):
        return value is None or isinstance(value, (bool, int, float, datetime))
    folded = value.casefold()
    spoken = {str(each).casefold() for each in world.values.get(fact, ())}
    spoken |= {
        text.casefold()
        for test in comparisons(rule.when)
        if test.fact == fact
        for text in (*texts(test.want), *world.book.lists.get(test.named, ()))
    }
    return folded in spoken
