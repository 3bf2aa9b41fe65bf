"""Why not Bob: what is to be said of one person, in one sentence. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from router.lead.facts import Facts
from router.road.explain.considered import BEFORE, in_zone
from router.road.explain.rules import failed
from router.road.explain.told import Candidate, Explanation, WhyNot
from router.rulebook.engine.explain import judge_rule
from router.rulebook.model import Phase, Rule, RuleBook, Truth
from router.stages.route.otherwise import pools_with

_DECIDING = (Phase.GUARDS, Phase.ROUTES, Phase.FALLBACK)
#: Rules that are named to somebody who was not looked at.
_RULES = 2


def why_not(
    found: Explanation,
    who: str,
    book: RuleBook | None,
    facts: Facts,
    at: datetime | None,
) -> WhyNot:
    """Say in one sentence whether somebody was looked at, and why they did or did not get it.

    Args:
        found: The explanation of the lead.
        who: Id of the person.
        book: The version that decided, with the people of then; None when it cannot be read.
        facts: What it judged; empty where they were erased.
        at: When it was decided.
    """
    card = book.people.get(who) if book is not None else None
    name = card.name if card is not None else who
    mine = [each for each in found.candidates if each.person == who and not each.group]
    owner = found.owner
    if owner is not None and owner.kind == "person" and owner.id == who:
        words = f"{name} has it: {in_zone(owner.why, ZoneInfo(found.zone), at)}"
        return WhyNot(who, name, bool(mine), has_it=True, words=words.rstrip(".") + ".")
    told = [_told(each, ZoneInfo(found.zone), at) for each in mine]
    if told:
        words = f"{name} was looked at {', then '.join(told)}."
    else:
        words = f"{name} was not looked at: {_outside(found, who, book, facts)}."
    return WhyNot(who, name, bool(mine), has_it=False, words=words)


def _told(each: Candidate, zone: ZoneInfo, at: datetime | None) -> str:
    where = f"in pool {each.pool}" if each.pool else BEFORE
    how = "chosen" if each.chosen else "passed over"
    return f"{where} and {how}: {in_zone(each.why, zone, at)}"


def _outside(found: Explanation, who: str, book: RuleBook | None, facts: Facts) -> str:
    """Say why somebody was not even looked at."""
    if book is None:
        return "the rule book that decided cannot be read any more"
    if who not in book.people:
        return "nobody of that name is on the roster of the rule book that decided"
    asked = list(dict.fromkeys(each.pool for each in found.candidates if each.pool))
    pools = pools_with(book, who)
    for each in found.candidates:
        if each.group and each.person in pools:
            return f"their group {each.person} was passed over in pool {each.pool}: {each.why}"
    if pools.intersection(asked):
        return f"it was given before pool {asked[0]} came to them"
    first = "no pool was asked"
    if asked:
        first = f"in none of the pools that were asked ({', '.join(asked)})"
    return f"{first}{_rules(found, who, book, facts)}"


def _rules(found: Explanation, who: str, book: RuleBook, facts: Facts) -> str:
    pools = pools_with(book, who)
    rules = [rule for phase in _DECIDING for rule in book.rules.get(phase, ())]
    theirs = [rule for rule in rules if _gives_to(rule, who, pools, book)]
    if not theirs:
        return ", and no rule of the book leads to them"
    if not facts:
        names = ", ".join(rule.id for rule in theirs[:_RULES])
        return f"; rules that lead to them are {names}, and the facts were erased"
    return f"; {'; '.join(_had_to(theirs, rules, found, book, facts))}"


def _had_to(
    theirs: Sequence[Rule],
    rules: Sequence[Rule],
    found: Explanation,
    book: RuleBook,
    facts: Facts,
) -> Iterator[str]:
    """Say of the nearest rules that lead to somebody what would have had to be otherwise."""
    decided = next((rule for rule in rules if found.owner and rule.id == found.owner.rule), None)
    misses = [(tuple(failed(rule.when, book, facts)), rule) for rule in theirs]
    for missing, rule in sorted(misses, key=lambda each: len(each[0]))[:_RULES]:
        where = _target(rule)
        if missing:
            yield f"rule {rule.id} ({where}) would have had to match, but {' and '.join(missing)}"
        elif judge_rule(rule, book, facts) is not Truth.TRUE:
            yield f"rule {rule.id} ({where}) has no row for them that fits this lead"
        elif decided is not None and rules.index(decided) < rules.index(rule):
            yield f"rule {rule.id} ({where}) matches too, but {decided.id} stands before it"
        else:
            yield f"rule {rule.id} ({where}) leads elsewhere with this lead"


def _gives_to(rule: Rule, who: str, pools: Iterable[str], book: RuleBook) -> bool:
    table = book.tables.get(rule.table)
    effects = [rule.then, *(row.effect for row in (table.rows if table is not None else ()))]
    return any(each.person == who or each.pool in pools for each in effects)


def _target(rule: Rule) -> str:
    kind, target = rule.then.target
    return f"{kind} {target}" if kind else f"table {rule.table}"
