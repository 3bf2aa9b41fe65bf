"""What only the whole book can tell: names that must exist, examples, rules never reached."""

from collections.abc import Iterator

from router.errors import Misconfigured
from router.rulebook.engine.explain import judge
from router.rulebook.engine.lookup import find_row
from router.rulebook.model import (
    AllOf,
    Calendar,
    Comparison,
    Condition,
    Example,
    NotOf,
    Operator,
    Phase,
    Place,
    Row,
    Rule,
    RuleBook,
    Table,
    Truth,
)
from router.rulebook.reading.conditions import AFTER_CLASSIFY
from router.rulebook.reading.problems import Problems
from router.rulebook.reading.reader import Reader
from router.rulebook.reading.rules import OWNERS, TARGETS
from router.rulebook.reading.tables import without_target
from router.rulebook.worktime import work_time

_CALENDAR = (Operator.IN_CALENDAR, Operator.NOT_IN_CALENDAR)
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
    "table": "tables/<name>.yaml and .csv",
    "rule": "a rule file",
    "reject": "the effect of a rule",
    "review": "the effect of a rule",
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


def check_rules(book: RuleBook, problems: Problems) -> None:
    """Note examples that come out otherwise, and rules that can never be reached.

    Args:
        book: The book, with the rules that could be read.
        problems: Takes what is wrong.
    """
    for phase, found in book.rules.items():
        for rule in found:
            if rule.examples and _is_whole(rule, book):
                _check_examples(rule, book, problems)
        if phase is not Phase.ENRICH:
            _check_reach(found, problems)


def check_tables(book: RuleBook, problems: Problems) -> None:
    """Note rules whose table does not fit their phase, or leaves a lead without a target.

    Args:
        book: The book, with the rules and tables that could be read.
        problems: Takes what is wrong.
    """
    for phase, found in book.rules.items():
        for rule in found:
            table = book.tables.get(rule.table)
            if table is not None and table.keys:
                _check_fit(rule, phase, table, problems)


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
    elif not _takes_all(rules[-1]):
        problems.add(
            rules[-1].place,
            f"the last rule of fallback, '{rules[-1].id}', must have no condition and no table",
            advice="Write when: {} and a 'then', so that every lead finds an owner.",
        )


def _check_fit(rule: Rule, phase: Phase, table: Table, problems: Problems) -> None:
    targets = [name for name in table.outputs if name in TARGETS]
    late = [key.fact for key in table.keys if key.fact in AFTER_CLASSIFY]
    if phase is Phase.GUARDS and late:
        problems.add(
            rule.place,
            f"the table '{table.id}' asks for '{late[0]}', which is not known yet in guards",
        )
    if phase is Phase.ENRICH and targets:
        problems.add(
            rule.place,
            f"a rule of enrich gives settings, but the table '{table.id}' gives a {targets[0]}",
        )
    if phase is Phase.FALLBACK and not OWNERS.issuperset(targets):
        problems.add(
            rule.place,
            f"a rule of fallback must give an owner, but the table '{table.id}' may not",
        )
    if phase is Phase.ENRICH or rule.then.target[0]:
        return
    if not targets:
        problems.add(
            rule.place,
            f"neither the rule '{rule.id}' nor its table '{table.id}' names a target",
            advice=f"Add 'then', or an output: {', '.join(TARGETS)}.",
        )
    for row in without_target(table) if targets else ():
        problems.add(
            Place(table.file, row.line),
            f"this row names no target, and the rule '{rule.id}' neither",
        )


def _check_examples(rule: Rule, book: RuleBook, problems: Problems) -> None:
    for example in rule.examples:
        truth = _came_out(rule, book, example)
        if (truth is Truth.TRUE) is not example.matches:
            said = "should match" if example.matches else "should miss"
            came = {Truth.TRUE: "matches", Truth.FALSE: "misses"}.get(truth, "is unknown")
            problems.add(example.place, f"this example of '{rule.id}' {said}, but {came}")


def _came_out(rule: Rule, book: RuleBook, example: Example) -> Truth:
    truth = judge(rule.when, book, example.facts)
    if not rule.table or truth is Truth.FALSE:
        return truth
    row = find_row(book.tables[rule.table], example.facts)
    if isinstance(row, Row):
        return truth
    return row or Truth.FALSE


def _check_reach(rules: tuple[Rule, ...], problems: Problems) -> None:
    taker = next((rule for rule in rules if _takes_all(rule)), None)
    if taker is None:
        return
    for rule in rules[rules.index(taker) + 1 :]:
        problems.add(
            rule.place,
            f"the rule '{rule.id}' is never reached: '{taker.id}' takes every lead",
            advice=f"Move it before {taker.place}.",
        )


def _takes_all(rule: Rule) -> bool:
    # A table takes only the leads that one of its rows fits.
    return isinstance(rule.when, AllOf) and not rule.when.parts and not rule.table


def _is_whole(rule: Rule, book: RuleBook) -> bool:
    """Tell whether all that a rule's condition names could be read."""
    return (not rule.table or rule.table in book.tables) and all(
        _is_sound(book.calendars.get(test.named))
        if test.operator in _CALENDAR
        else test.named in book.lists
        for test in _named_tests(rule.when)
    )


def _is_sound(calendar: Calendar | None) -> bool:
    """Tell whether a calendar can be asked; what is wrong with it was said where it stands."""
    try:
        return calendar is not None and work_time(calendar) is not None
    except Misconfigured:
        return False


def _named_tests(condition: Condition) -> Iterator[Comparison]:
    match condition:
        case Comparison():
            if condition.named:
                yield condition
        case NotOf(part):
            yield from _named_tests(part)
        case _:
            for part in condition.parts:
                yield from _named_tests(part)
