"""Examples and cases: leads whose fate the book itself foretells."""

from collections.abc import Iterator

from router.rulebook.engine.explain import explain_rule, judge_rule
from router.rulebook.model import Case, Effect, Example, Expectation, Phase, Rule, RuleBook, Truth
from router.rulebook.outcome import Outcome, decide_all
from router.rulebook.trial.result import Difference, Kind, Status, Trial
from router.rulebook.trial.why import told_rule, why
from router.rulebook.trial.words import shown, target_told, written

_CAME = {Truth.TRUE: "matches", Truth.FALSE: "misses", Truth.UNKNOWN: "is unknown"}
#: What a target's name is when any will do.
ANY = "*"


def try_examples(book: RuleBook) -> Iterator[Trial]:
    """Try every example of every rule; it concerns its own rule alone, whatever stands before.

    Args:
        book: The book.
    """
    for phase in Phase:
        for rule in book.rules.get(phase, ()):
            for example in rule.examples:
                yield _example(book, rule, example)


def try_cases(book: RuleBook) -> Iterator[Trial]:
    """Decide the lead of every case by the whole book, and compare.

    Args:
        book: The book with its proofs.
    """
    for case in book.proofs.cases:
        outcome = decide_all(book, case.facts)
        found = differences(case.expect, outcome)
        yield Trial(
            Kind.CASE,
            case.name,
            case.place,
            Status.FAILED if found else Status.PASSED,
            found,
            case.facts,
            why(book, case.facts, outcome, case.expect.rule) if found else (),
        )


def holds(book: RuleBook, rule: Rule, example: Example) -> bool:
    """Return whether an example of a rule comes out as it says.

    Args:
        book: The book.
        rule: The rule, as it stands or edited.
        example: One of its examples.
    """
    return (judge_rule(rule, book, example.facts) is Truth.TRUE) is example.matches


def keeps(case: Case, outcome: Outcome) -> bool:
    """Return whether an outcome is what a case expects.

    Args:
        case: The case.
        outcome: What the book, or an edited one, says of its lead.
    """
    return not differences(case.expect, outcome)


def differences(expect: Expectation, outcome: Outcome) -> tuple[Difference, ...]:
    """Return everything in which an outcome is not as expected.

    Args:
        expect: What is expected; what it leaves empty is not compared.
        outcome: What came.
    """
    rule, effect = outcome.rule.id if outcome.rule else "", outcome.effect
    found: list[Difference] = []
    if expect.rule and expect.rule != rule:
        found.append(Difference("rule", expect.rule, rule or "none"))
    if expect.target[0] and not is_target(outcome.target, expect.target):
        wanted = target_told(expect.target)
        found.append(Difference("target", wanted, target_told(outcome.target)))
    if rule in expect.misses:
        found.append(Difference("rule", f"not {rule}", rule))
    found += _settings(expect, effect)
    return tuple(found)


def expected(outcome: Outcome) -> Expectation:
    """Return the expectation that an outcome meets, to make a case of it.

    Args:
        outcome: What a book says of a lead.
    """
    effect = outcome.effect
    owned = outcome.target[0] not in {"reject", "review"}
    return Expectation(
        rule=outcome.rule.id if outcome.rule else "",
        target=outcome.target,
        sla=effect.sla if owned else "",
        priority=effect.priority if owned else "",
        tags=effect.tags if owned else (),
    )


def is_target(target: tuple[str, str], wanted: tuple[str, str]) -> bool:
    """Return whether a target is the wanted one, whose name ``*`` is any of its kind.

    >>> is_target(("pool", "dach"), ("pool", "*")), is_target(("queue", "dach"), ("pool", "dach"))
    (True, False)

    Args:
        target: Kind and name that a lead got.
        wanted: Kind and name.
    """
    return target[0] == wanted[0] and wanted[1] in (ANY, target[1])


def _settings(expect: Expectation, effect: Effect) -> Iterator[Difference]:
    for what in ("sla", "priority"):
        wanted: str = getattr(expect, what)
        got: str = getattr(effect, what)
        if wanted and wanted != got:
            yield Difference(what, wanted, got or "none")
    folded = {tag.casefold() for tag in effect.tags}
    if any(tag.casefold() not in folded for tag in expect.tags):
        yield Difference("tags", shown(expect.tags), shown(effect.tags))


def _example(book: RuleBook, rule: Rule, example: Example) -> Trial:
    wanted = "matches" if example.matches else "misses"
    name = f"{rule.id} {wanted} {written(example.facts)}"
    trace = explain_rule(rule, book, example.facts)
    if (trace.truth is Truth.TRUE) is example.matches:
        return Trial(Kind.EXAMPLE, name, example.place, Status.PASSED, facts=example.facts)
    return Trial(
        Kind.EXAMPLE,
        name,
        example.place,
        Status.FAILED,
        (Difference("match", wanted, _CAME[trace.truth]),),
        example.facts,
        told_rule(book, rule, example.facts),
    )
