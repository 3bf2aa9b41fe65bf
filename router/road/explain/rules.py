"""Which rule decided, on which values, and which ones nearly did. Pure."""

from collections.abc import Collection, Iterator
from datetime import timedelta

from router.lead.facts import Facts, FactValue
from router.road.explain.told import PhaseTold, RuleTold
from router.rulebook.engine.evaluate import collect
from router.rulebook.engine.explain import explain_rule, judge, judge_rule, scan_rows
from router.rulebook.model import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Effect,
    NotOf,
    Operator,
    Phase,
    Row,
    Rule,
    RuleBook,
    Truth,
    Verdict,
)
from router.stages.route.plan import asked_beyond

_O = Operator
_LONGEST = 60
_DECIDING = (Phase.GUARDS, Phase.ROUTES, Phase.FALLBACK)
#: How an operator reads between a fact and what it takes.
_NEEDS = {
    _O.IS: "{}",
    _O.NOT: "anything but {}",
    _O.IN: "one of {}",
    _O.NOT_IN: "none of {}",
    _O.GTE: "at least {}",
    _O.GT: "more than {}",
    _O.LTE: "at most {}",
    _O.LT: "less than {}",
    _O.HAS: "{} among them",
    _O.HAS_ANY: "one of {} among them",
    _O.CONTAINS: "a text with {}",
    _O.STARTS_WITH: "a text that starts with {}",
    _O.ENDS_WITH: "a text that ends with {}",
    _O.MATCHES: "a text that matches {}",
    _O.AFTER: "later than {}",
    _O.BEFORE: "earlier than {}",
    _O.WITHIN_LAST: "at most {} before the lead was received",
    _O.SAME_AS: "the same as {}",
    _O.IN_LIST: "one of the list {}",
    _O.NOT_IN_LIST: "none of the list {}",
    _O.IN_CALENDAR: "the opening hours of {}",
    _O.NOT_IN_CALENDAR: "a time outside the opening hours of {}",
}


def phases(
    book: RuleBook, facts: Facts, approved: Collection[str], *, routed: bool
) -> tuple[PhaseTold, ...]:
    """Tell how the rule book came out, up to the phase that decided, and what was set on top.

    Args:
        book: The version that decided.
        facts: What it judged.
        approved: Codes of reviews that were answered with "continue", and of refusals from which
            a person brought the lead back; those rules hold nothing any more.
        routed: Whether the lead came to the routes. Before that only the guards have spoken;
            after it, a guard that keeps leads aside has let this one pass.
    """
    told: list[PhaseTold] = []
    for phase in _DECIDING if routed else (Phase.GUARDS,):
        verdict = asked_beyond(book, phase, facts, approved)
        let_pass = _let_pass(book, phase, facts, verdict, approved)
        after = None
        for each in let_pass:
            words = _effect(each.then, passed=True)
            told.append(_phase(book, phase, facts, each, words, after=after))
            after = each
        rule, effect = verdict.review_rule or verdict.rule, verdict.effect
        asked = verdict.review_rule
        code = f"unknown:{asked.id}" if asked is not None else effect.review
        passed = bool(code) and code in approved
        open_guards = phase is Phase.GUARDS and (routed or bool(let_pass))
        passed |= open_guards and effect.target[0] in {"reject", "review"}
        words = _effect(effect, passed=passed)
        told.append(_phase(book, phase, facts, rule, words, after=after))
        if rule is not None and not passed and effect.target[0]:
            break
    if routed:
        told.extend(
            _phase(book, Phase.ENRICH, facts, each.rule, _effect(each.effect), misses=False)
            for each in collect(book, Phase.ENRICH, facts)
        )
    return tuple(told)


def _let_pass(
    book: RuleBook, phase: Phase, facts: Facts, verdict: Verdict, approved: Collection[str]
) -> list[Rule]:
    """Return the rules that refuse this lead and do not count, because a person brought it back."""
    return [
        rule
        for rule in book.rules.get(phase, ())[: verdict.position]
        if rule.then.reject in approved and judge_rule(rule, book, facts) is Truth.TRUE
    ]


def describe(condition: Condition, facts: Facts) -> str:
    """Say what a condition compares: the value there is, and what it takes.

    >>> from router.rulebook.model import Place
    >>> test = Comparison("company_size", Operator.GTE, 1000, Place("20-routes.yaml", 4))
    >>> describe(test, {"company_size": 40})
    'company_size is 40 (takes at least 1000)'
    >>> describe(NotOf(test, test.place), {})
    'not: company_size is unknown (takes at least 1000)'

    Args:
        condition: Of a rule.
        facts: What is known.
    """
    match condition:
        case Comparison():
            return _compared(condition, facts)
        case NotOf(part=part):
            return f"not: {describe(part, facts)}"
        case AllOf(parts=parts):
            return " and ".join(describe(part, facts) for part in parts) or "no condition"
        case AnyOf(parts=parts):
            return " or ".join(
                f"({describe(part, facts)})" if isinstance(part, AllOf) else describe(part, facts)
                for part in parts
            )


def held(condition: Condition, book: RuleBook, facts: Facts) -> Iterator[str]:
    """Tell the comparisons that made a condition true; of alternatives only the true ones.

    Args:
        condition: Of a rule that matched.
        book: Its lists.
        facts: What is known.
    """
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from held(part, book, facts)
    elif isinstance(condition, AnyOf):
        for part in condition.parts:
            if judge(part, book, facts) is Truth.TRUE:
                yield from held(part, book, facts)
    else:
        yield describe(condition, facts)


def failed(condition: Condition, book: RuleBook, facts: Facts) -> Iterator[str]:
    """Tell the parts of a condition that did not hold.

    Args:
        condition: Of a rule that did not match.
        book: Its lists.
        facts: What is known.
    """
    for part in condition.parts if isinstance(condition, AllOf) else (condition,):
        if judge(part, book, facts) is not Truth.TRUE:
            yield describe(part, facts)


def _phase(  # noqa: PLR0913 - private: everything that is told of a phase
    book: RuleBook,
    phase: Phase,
    facts: Facts,
    rule: Rule | None,
    effect: str,
    *,
    misses: bool = True,
    after: Rule | None = None,
) -> PhaseTold:
    rules = book.rules.get(phase, ())
    if after is not None:
        rules = rules[rules.index(after) + 1 :]
    looked_at = rules[: rules.index(rule) + 1] if rule is not None else rules
    near = [
        _told(each, tuple(failed(each.when, book, facts)))
        for each in looked_at
        if misses and each is not rule and explain_rule(each, book, facts).near_miss
    ]
    decided = None
    if rule is not None:
        unknown = judge(rule.when, book, facts) is not Truth.TRUE
        tests = failed(rule.when, book, facts) if unknown else held(rule.when, book, facts)
        decided = _told(rule, (*tests, *_row(rule, book, facts)))
    return PhaseTold(
        phase=phase.value,
        decided=decided,
        effect=effect if rule is not None else "",
        near_misses=tuple(near),
        judged=len(looked_at),
    )


def _row(rule: Rule, book: RuleBook, facts: Facts) -> Iterator[str]:
    """Tell the row of a rule's table, if it has one."""
    table = book.tables.get(rule.table)
    if table is None:
        return
    row = scan_rows(table, facts)
    if isinstance(row, Row):
        yield f"{table.file} has it in line {row.line}"
    else:
        yield f"{table.file} has no row" if row is None else f"nobody knows the row of {table.file}"


def _told(rule: Rule, tests: tuple[str, ...]) -> RuleTold:
    return RuleTold(
        rule=rule.id,
        summary=rule.summary,
        steward=rule.steward,
        place=f"{rule.place.file}:{rule.place.line}",
        tests=tests,
    )


def _effect(effect: Effect, *, passed: bool = False) -> str:
    kind, name = effect.target
    words = [f"{kind} {name}"] if kind else []
    words += [
        f"{name} {value}"
        for name, value in (("sla", effect.sla), ("priority", effect.priority))
        if value
    ]
    if effect.tags:
        words.append(f"tags {', '.join(effect.tags)}")
    told = ", ".join(words)
    return f"{told} (a person let it pass)" if passed else told


def _compared(test: Comparison, facts: Facts) -> str:
    actual = facts.get(test.fact)
    said = f"{test.fact} is {_written(actual)}"
    if test.operator is _O.IS and _same(actual, test.want):
        return said
    return f"{said} (takes {_takes(test)})"


def _takes(test: Comparison) -> str:
    want = test.want
    if test.operator is _O.MISSING:
        return "nothing" if want is True else "any value"
    if test.operator is _O.WITHIN_LAST:
        want = str(timedelta(seconds=float(str(want))))
    return _NEEDS[test.operator].format(test.named or _written(want))


def _same(actual: FactValue | None, want: FactValue) -> bool:
    if isinstance(actual, str) and isinstance(want, str):
        return actual.casefold() == want.casefold()
    return actual == want


def _written(value: FactValue | None) -> str:
    if value is None or value == ():
        return "unknown" if value is None else "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
