"""What a decision keeps of how the rules came to it."""

from collections.abc import Iterable

from router.lead.facts import PERSONAL, Facts, FactValue
from router.rulebook.engine.evaluate import near_misses, unknown_facts
from router.rulebook.engine.shape import facts_in
from router.rulebook.model import Phase, Row, Rule, RuleBook, Verdict

#: How many near misses are kept.
_NEAR = 5
_DECIDING = (Phase.GUARDS, Phase.ROUTES, Phase.FALLBACK)


def place_of(book: RuleBook, rule: Rule | None, row: Row | None = None) -> dict[str, object]:
    """Return which rule decided, and where it stands; empty texts and 0 for none.

    Args:
        book: The version that decided.
        rule: The rule; None when none did.
        row: The row of its table, if it has one.
    """
    table = book.tables.get(rule.table) if rule is not None and row is not None else None
    return {
        "digest": book.digest,
        "rule": rule.id if rule else "",
        "phase": rule.phase.value if rule else "",
        "file": rule.place.file if rule else "",
        "line": rule.place.line if rule else 0,
        "row_file": table.file if table is not None else "",
        "row_line": row.line if row is not None else 0,
        "steward": rule.steward if rule else "",
    }


def looked_at(book: RuleBook, rule: Rule | None, facts: Facts) -> dict[str, FactValue]:
    """Return the facts that a rule and its table looked at; those that were unknown are absent.

    Args:
        book: Its tables.
        rule: The rule; None for none.
        facts: What was known.
    """
    asked: Iterable[str] = facts_in((rule,), book, whether=True) if rule is not None else ()
    return {name: facts[name] for name in asked if name in facts}


def record(
    book: RuleBook, verdict: Verdict, facts: Facts, upto: Phase
) -> tuple[dict[str, object], dict[str, FactValue]]:
    """Return what is kept of a decision.

    Args:
        book: The version that decided.
        verdict: What the last part of the book that was asked said.
        facts: What was known.
        upto: That part of the book.

    Returns:
        What may be kept for good, with the values that say nothing of a person; and the values
        that do.
    """
    rule = verdict.review_rule or verdict.rule
    values = looked_at(book, rule, facts)
    near: list[str] = []
    unknown: dict[str, None] = {}
    for phase in _DECIDING[: _DECIDING.index(upto) + 1]:
        before = verdict.position if phase is upto else None
        if len(near) < _NEAR:
            near += near_misses(book, phase, facts, _NEAR - len(near), before=before)
        unknown.update(dict.fromkeys(unknown_facts(book, phase, facts)))
    data: dict[str, object] = {
        **place_of(book, rule, verdict.row),
        "values": {name: value for name, value in values.items() if name not in PERSONAL},
        "near_misses": tuple(near),
        "unknown_facts": tuple(unknown),
    }
    return data, {name: value for name, value in values.items() if name in PERSONAL}
