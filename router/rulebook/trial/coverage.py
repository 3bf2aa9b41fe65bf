"""What the tests of a book look at, and which test would close each gap."""

from collections.abc import Iterator
from itertools import count

from router.lead.facts import Facts
from router.rulebook.model import Comparison, Phase, Rule, RuleBook, Truth
from router.rulebook.outcome import Outcome, decide_all
from router.rulebook.trial.cases import expected
from router.rulebook.trial.flips import World, making
from router.rulebook.trial.probes import rules_of, starts, tested
from router.rulebook.trial.result import Coverage, Gap, Suggestion
from router.rulebook.trial.words import comparisons, told

#: Gaps for which a test is looked for; a book with more of them needs no list but an afternoon.
_SUGGESTED = 200
#: How often a lead is led past a rule that takes it before the one it is meant for.
_DETOURS = 12
#: A comparison of a rule, and one way in which it can come out.
_Way = tuple[Rule, Comparison, bool]
_BOTH = frozenset({Truth.TRUE, Truth.FALSE})


def cover(world: World) -> Coverage:
    """Measure what the examples and cases look at.

    Args:
        world: The book.
    """
    book = world.book
    outcomes = [decide_all(book, facts) for facts in tested(book)]
    decided = {rule for outcome in outcomes for rule in rules_behind(outcome)}
    rules = rules_of(book)
    budget = count()
    unseen = [rule for rule in rules if rule.id not in decided]
    ways = list(_unseen_ways(world, rules))
    rows = {(o.rule.table, o.row.line) for o in outcomes if o.row is not None and o.rule}
    whole = 2 * sum(len(comparisons(rule.when)) for rule in rules)
    return Coverage(
        rules=len(rules),
        rules_seen=len(rules) - len(unseen),
        conditions=whole,
        conditions_seen=whole - len(ways),
        rows=sum(len(table.rows) for table in book.tables.values()),
        rows_seen=len(rows),
        rule_gaps=tuple(_rule_gap(world, rule, budget) for rule in unseen),
        condition_gaps=tuple(_way_gap(world, way, budget) for way in ways),
    )


def closing_case(world: World, rule: Rule) -> Suggestion | None:
    """Find a lead that a rule decides in the whole book.

    Args:
        world: The book.
        rule: One of its rules; one of enrich need only match.
    """
    for start in starts(world, rule):
        lead = start
        for _ in range(_DETOURS):
            outcome = decide_all(world.book, lead)
            if rule.id in rules_behind(outcome):
                return Suggestion("case", rule.id, lead, expected(outcome))
            past = _led_past(world, rule, outcome, lead)
            if past is None:
                break
            lead = past
    return None


def closing_example(
    world: World, rule: Rule, test: Comparison, *, wanted: bool
) -> Suggestion | None:
    """Find a lead near the rule's examples for which one comparison comes out as wanted.

    Args:
        world: The book.
        rule: One of its rules.
        test: One comparison of the rule.
        wanted: How it is to come out.
    """
    for start in (*starts(world, rule), {}):
        for lead in making(world, test, start, wanted=wanted):
            matches = fires(world, rule, lead)
            return Suggestion("matches" if matches else "misses", rule.id, lead)
    return None


def rules_behind(outcome: Outcome) -> tuple[str, ...]:
    """Return the ids of the rules that made an outcome what it is: who decided, and settings.

    Args:
        outcome: What a book says of a lead.
    """
    return (outcome.rule.id, *outcome.enriched) if outcome.rule else outcome.enriched


def fires(world: World, rule: Rule, facts: Facts) -> bool:
    """Return whether a rule matches a lead when it is asked alone.

    Args:
        world: The book.
        rule: One of its rules.
        facts: The lead.
    """
    return world.truth(rule, facts) is Truth.TRUE


def _unseen_ways(world: World, rules: tuple[Rule, ...]) -> Iterator[_Way]:
    """Give every way that a comparison was not seen to come out."""
    order = {rule.id: place for place, rule in enumerate(rules)}
    reached = [
        (case.facts, _depth(world.book, case.facts, order)) for case in world.book.proofs.cases
    ]
    for rule in rules:
        tests = comparisons(rule.when)
        seen: list[set[Truth]] = [set() for _ in tests]
        _look(world, tests, seen, (example.facts for example in rule.examples))
        if not all(each >= _BOTH for each in seen):
            place = order[rule.id]
            late = rule.phase is Phase.ENRICH
            _look(world, tests, seen, (lead for lead, depth in reached if late or depth >= place))
        for test, found in zip(tests, seen, strict=True):
            for truth, wanted in ((Truth.TRUE, True), (Truth.FALSE, False)):
                if truth not in found:
                    yield rule, test, wanted


def _look(
    world: World, tests: tuple[Comparison, ...], seen: list[set[Truth]], leads: Iterator[Facts]
) -> None:
    for lead in leads:
        for test, found in zip(tests, seen, strict=True):
            if not found >= _BOTH:
                found.add(world.judged(test, lead))


def _depth(book: RuleBook, facts: Facts, order: dict[str, int]) -> int:
    """Return the place of the rule that decides a lead: those after it were never asked."""
    rule = decide_all(book, facts).rule
    return len(order) if rule is None else order[rule.id]


def _led_past(world: World, rule: Rule, outcome: Outcome, lead: Facts) -> Facts | None:
    """Return the lead changed so that the rule that took it no longer does, but ours still may."""
    if outcome.rule is None:
        return None
    past = making(world, outcome.rule.when, lead, wanted=False)
    return next((each for each in past if fires(world, rule, each)), None)


def _rule_gap(world: World, rule: Rule, budget: "count[int]") -> Gap:
    found = closing_case(world, rule) if next(budget) < _SUGGESTED else None
    return Gap(rule.id, rule.place, "decides no lead of an example or case", found)


def _way_gap(world: World, way: _Way, budget: "count[int]") -> Gap:
    rule, test, wanted = way
    found = closing_example(world, rule, test, wanted=wanted) if next(budget) < _SUGGESTED else None
    said = f"'{told(test)}' is never {'true' if wanted else 'false'}"
    return Gap(rule.id, test.place, said, found)
