"""The difference of two rule books as data, and why each of them decides as it does."""

from collections.abc import Mapping
from dataclasses import asdict

from router.lead.facts import Facts
from router.road.explain.rules import failed, phases
from router.road.explain.told import PhaseTold
from router.rulebook.analysis.cause import Causes
from router.rulebook.analysis.difference import Change, Difference, Way, summary, ways
from router.rulebook.engine.explain import judge_rule
from router.rulebook.model import Phase, RuleBook, Truth
from router.rulebook.space.naive import Answer

LATER = "would take it too, but stands later"


def data(found: Difference, books: tuple[RuleBook, RuleBook], traced: int) -> dict[str, object]:
    """Return a difference as plain values for ``--json``.

    Args:
        found: The difference.
        books: The old and the new book.
        traced: How many ways of changing hands, and of getting other terms, come with traces.
    """
    others = [each for each in found.changes if each.what != "target"]
    causes = Causes(*books)
    return {
        "same": found.is_none,
        "old": {"name": books[0].name, "version": books[0].digest},
        "new": {"name": books[1].name, "version": books[1].digest},
        "summary": summary(found),
        "change_hands": [
            {"cause": causes.of(each), **_way(each, books, traced=number < traced)}
            for number, each in enumerate(ways(found))
        ],
        "other_terms": [
            _change(each, books, traced=number < traced) for number, each in enumerate(others)
        ],
        "rows": [_plain(each) for each in found.rows],
        "lists": [_plain(each) for each in found.lists],
        "others": [asdict(each) for each in found.data],
        "undecided": found.undecided,
    }


def traces(
    books: tuple[RuleBook, RuleBook], facts: Facts, answers: tuple[Answer, Answer]
) -> tuple[list[PhaseTold], list[PhaseTold]]:
    """Tell why each book decides so about a lead, phase by phase.

    Args:
        books: The old and the new book.
        facts: The lead.
        answers: What both say.
    """
    return _trace(books[0], facts, answers[0]), _trace(books[1], facts, answers[1])


def _trace(book: RuleBook, facts: Facts, found: Answer) -> list[PhaseTold]:
    held = not found.owned and found.rule is not None and found.rule.phase is Phase.GUARDS
    told = phases(book, facts, (), routed=not held)
    # A lead that is set aside gets no settings on top.
    return [each for each in told if found.owned or each.phase != Phase.ENRICH.value]


def why_not(book: RuleBook, rule_id: str, found: Answer, facts: Facts) -> str:
    """Tell why a rule that decides in the other book does not decide in this one.

    Args:
        book: This book.
        rule_id: The rule; empty for none.
        found: What this book says of the lead.
        facts: The lead.

    Returns:
        One sentence without its end; empty when the rule decides here too.
    """
    if not rule_id or rule_id == found.rule_id:
        return ""
    rule = next((each for some in book.rules.values() for each in some if each.id == rule_id), None)
    if rule is None:
        return f"{rule_id} is not in this book"
    truth = judge_rule(rule, book, facts)
    if truth is Truth.TRUE:
        return f"{rule_id} {LATER}"
    tests = "; ".join(failed(rule.when, book, facts)) or f"table {rule.table} has no row for it"
    return f"not {rule_id}: {tests}"


def _way(way: Way, books: tuple[RuleBook, RuleBook], *, traced: bool) -> dict[str, object]:
    shown = _lead(way.example, (way.before, way.after), books, traced=traced)
    rows = None if way.rows is None else {"table": way.rows.table, "rows": way.rows.rows}
    return {"old": way.old, "new": way.new, "rows": rows, **shown}


def _change(each: Change, books: tuple[RuleBook, RuleBook], *, traced: bool) -> dict[str, object]:
    shown = _lead(each.example, (each.before, each.after), books, traced=traced)
    by = {"old_rule": each.old_rule, "new_rule": each.new_rule}
    said = {"what": each.what, "old": each.old, "new": each.new}
    return {**said, **by, "changes_hands": each.moves, **shown}


def _lead(
    facts: Facts,
    answers: tuple[Answer, Answer],
    books: tuple[RuleBook, RuleBook],
    *,
    traced: bool,
) -> dict[str, object]:
    said: dict[str, object] = {
        "example": facts,
        "before": _answer(answers[0]),
        "after": _answer(answers[1]),
    }
    if not traced:
        return said
    old, new = traces(books, facts, answers)
    beside = {
        "old": why_not(books[0], answers[1].rule_id, answers[0], facts),
        "new": why_not(books[1], answers[0].rule_id, answers[1], facts),
    }
    return {**said, "traces": {"old": old, "new": new}, "why_not": beside}


def _plain(each: object) -> Mapping[str, object]:
    names = getattr(each, "__slots__", ())
    values = {name: getattr(each, name) for name in names}
    return {
        name: _answer(value) if isinstance(value, Answer) else value
        for name, value in values.items()
    }


def _answer(found: Answer) -> dict[str, object]:
    return {
        "rule": found.rule_id,
        "place": str(found.rule.place) if found.rule is not None else "",
        "row": found.row.line if found.row is not None else None,
        "target": {"kind": found.target[0], "name": found.target[1]},
        "sla": found.sla,
        "priority": found.priority,
        "tags": sorted(found.tags),
    }
