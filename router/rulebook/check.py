"""What only the whole book can tell: names that must exist, examples, rules never reached."""

from collections.abc import Mapping

from router.rulebook.explain import judge
from router.rulebook.model import AllOf, Comparison, Condition, NotOf, Phase, Place, Rule, Truth
from router.rulebook.problems import Problems
from router.rulebook.read import Reader

_WHERE = {
    "person": "people of teams.yaml",
    "pool": "pools of teams.yaml",
    "queue": "queues of teams.yaml",
    "sequence": "sequences of teams.yaml",
    "sla": "policies of sla.yaml",
    "calendar": "calendars.yaml",
    "role": "handoffs.yaml",
    "intent": "intents of intents.yaml",
    "service": "services of intents.yaml",
    "list": "lists/<name>.txt",
    "source": "sources/<name>.yaml",
}


def check_references(reader: Reader) -> None:
    """Note every name that is used but not declared.

    A kind that could not be read at all is left out: its own problem is already noted.

    Args:
        reader: What was declared and referred to; takes the problems.
    """
    for reference in reader.references:
        known = reader.names.get(reference.kind)
        if known is None or reference.name in known:
            continue
        if known:
            reader.problems.unknown(reference.place, reference.kind, reference.name, known)
        else:
            reader.problems.add(
                reference.place,
                f"unknown {reference.kind} '{reference.name}'",
                advice=f"Declare it in {_WHERE[reference.kind]}.",
            )


def check_rules(
    rules: Mapping[Phase, tuple[Rule, ...]],
    lists: Mapping[str, frozenset[str]],
    problems: Problems,
) -> None:
    """Note examples that come out otherwise, and rules that can never be reached.

    Args:
        rules: The rules that could be read.
        lists: The book's lists.
        problems: Takes what is wrong.
    """
    for phase, found in rules.items():
        for rule in found:
            if _lists_of(rule.when) <= lists.keys():
                _check_examples(rule, lists, problems)
        if phase is not Phase.ENRICH:
            _check_reach(found, problems)


def check_fallback(rules: tuple[Rule, ...], problems: Problems) -> None:
    """Note a fallback that could leave a lead without an owner.

    Args:
        rules: The rules of the phase ``fallback``, which were all readable.
        problems: Takes what is wrong.
    """
    if not rules:
        problems.add(
            Place("90-fallback.yaml", 1),
            "the phase fallback has no rule",
            advice="Its last rule has no condition (when: {}) and names who owns what is left.",
        )
    elif not _always(rules[-1].when):
        problems.add(
            rules[-1].place,
            f"the last rule of fallback, '{rules[-1].id}', must have no condition",
            advice="Write when: {} so that every lead finds an owner.",
        )


def _check_examples(rule: Rule, lists: Mapping[str, frozenset[str]], problems: Problems) -> None:
    for example in rule.examples:
        truth = judge(rule.when, lists, example.facts)
        if (truth is Truth.TRUE) is not example.matches:
            said = "should match" if example.matches else "should miss"
            came = {Truth.TRUE: "matches", Truth.FALSE: "misses"}.get(truth, "is unknown")
            problems.add(example.place, f"this example of '{rule.id}' {said}, but {came}")


def _check_reach(rules: tuple[Rule, ...], problems: Problems) -> None:
    taker = next((rule for rule in rules if _always(rule.when)), None)
    if taker is None:
        return
    for rule in rules[rules.index(taker) + 1 :]:
        problems.add(
            rule.place,
            f"the rule '{rule.id}' is never reached: '{taker.id}' takes every lead",
            advice=f"Move it before {taker.place}.",
        )


def _always(condition: Condition) -> bool:
    return isinstance(condition, AllOf) and not condition.parts


def _lists_of(condition: Condition) -> set[str]:
    match condition:
        case Comparison():
            return {condition.named} - {""}
        case NotOf(part):
            return _lists_of(part)
        case _:
            return set().union(*(_lists_of(part) for part in condition.parts))
