"""Why a test failed, for people: which rule took the lead by which values, and which did not."""

from collections.abc import Iterator

from router.lead.facts import Facts
from router.rulebook.engine.explain import explain_rule
from router.rulebook.model import Phase, Rule, RuleBook, RuleTrace, Truth
from router.rulebook.outcome import Outcome
from router.rulebook.trial.words import comparisons, shown, told

_MARKS = {Truth.TRUE: "+", Truth.FALSE: "-", Truth.UNKNOWN: "?"}
_SAID = {
    Truth.TRUE: "matches as well, but is asked later",
    Truth.FALSE: "does not match",
    Truth.UNKNOWN: "is neither true nor false, because a fact is unknown",
}


def why(book: RuleBook, facts: Facts, outcome: Outcome, expected: str = "") -> tuple[str, ...]:
    """Tell how a lead came to its outcome, and why not to the expected rule.

    Args:
        book: The book that decided.
        facts: The lead.
        outcome: What :func:`router.rulebook.outcome.decide_all` said of it.
        expected: Id of the rule that should have decided; empty for none in particular.
    """
    lines: list[str] = []
    if outcome.rule is None:
        lines.append("no rule took it")
    else:
        lines += _told(book, outcome.rule, facts, "took it")
        if outcome.row is not None and outcome.rule.table:
            file, line = book.tables[outcome.rule.table].file, outcome.row.line
            written = book.files.get(file, "").splitlines()[line - 1 : line]
            lines.append(f"  row: {file} line {line}{f': {written[0]}' if written else ''}")
    wanted = rule_named(book, expected)
    if wanted is not None and (outcome.rule is None or wanted.id != outcome.rule.id):
        truth = explain_rule(wanted, book, facts).truth
        lines += _told(book, wanted, facts, _SAID[truth])
    return tuple(lines)


def told_rule(book: RuleBook, rule: Rule, facts: Facts) -> tuple[str, ...]:
    """Tell how one rule came out for a lead, comparison by comparison.

    Args:
        book: The book.
        rule: The rule.
        facts: The lead.
    """
    return tuple(_tests(rule, explain_rule(rule, book, facts)))


def rule_named(book: RuleBook, name: str) -> Rule | None:
    """Return the rule with an id; None when there is none.

    Args:
        book: The book.
        name: The id.
    """
    found = (rule for phase in Phase for rule in book.rules.get(phase, ()) if rule.id == name)
    return next(found, None)


def _told(book: RuleBook, rule: Rule, facts: Facts, said: str) -> list[str]:
    return [
        f"{rule.id} ({rule.place.file}:{rule.place.line}) {said}",
        *told_rule(book, rule, facts),
    ]


def _tests(rule: Rule, trace: RuleTrace) -> Iterator[str]:
    # The trace has the comparisons in the order in which they are written, one each.
    for test, came in zip(comparisons(rule.when), trace.tests, strict=False):
        yield (
            f"  {_MARKS[came.truth]} {told(test)}: the lead has {shown(came.actual)}"
            f" (line {test.place.line})"
        )
