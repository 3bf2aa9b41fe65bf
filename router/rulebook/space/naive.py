"""The one place where regions meet the reference evaluator: what is claimed is confirmed here."""

from dataclasses import dataclass

from router.lead.facts import Facts
from router.rulebook.engine.explain import judge, scan_rows
from router.rulebook.engine.lookup import find_row
from router.rulebook.engine.operands import pattern, raw, with_row
from router.rulebook.model import RuleBook
from router.rulebook.rule import Condition, Effect, OnUnknown, Phase, Rule, Truth
from router.rulebook.table import Row, Table

#: What only a classification tells. Guards are judged before it.
AFTER_CLASSIFY = frozenset({"intent", "urgency", "service_interest", "confidence", "risk_flags"})
#: Targets that give a lead no owner.
ASIDE = frozenset({"reject", "review"})
#: Of several rules of enrich that set the same thing the first one counts, not the last.
FIRST_COUNTS = True
#: Longer tables are looked up through their index, which tests hold to be the same.
_SCANNED = 2_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a whole book says of a lead, found plainly and slowly."""

    #: The rule that decides; None when not even the fallback has one for it.
    rule: Rule | None
    #: Its row, when it is a rule with a table.
    row: Row | None
    #: Kind and name; ("review", "unknown:<rule>") when a rule asks a person for want of a fact;
    #: ("fallback", "") for the fallback owner.
    target: tuple[str, str]
    sla: str = ""
    priority: str = ""
    tags: frozenset[str] = frozenset()
    #: Which rule gave the SLA, and which the priority; empty when it is the book's usual one.
    sla_by: str = ""
    priority_by: str = ""

    @property
    def rule_id(self) -> str:
        """Return the id of the rule that decides; empty when none does."""
        return self.rule.id if self.rule is not None else ""

    @property
    def place(self) -> str:
        """Return where the lead goes, in words."""
        kind, name = self.target
        return f"{kind} {name}" if name else "the fallback owner"

    @property
    def owned(self) -> bool:
        """Return whether the lead gets an owner."""
        return self.target[0] not in ASIDE


def truth_of(condition: Condition, book: RuleBook, facts: Facts) -> Truth:
    """Judge a condition plainly and slowly.

    Args:
        condition: The condition.
        book: The book, for its lists and calendars.
        facts: What is known.
    """
    return judge(condition, book, facts)


def row_of(table: Table, facts: Facts) -> tuple[Truth, Row | None]:
    """Look a lead up in a table, row by row as long as it is not too long for that.

    Args:
        table: The table.
        facts: What is known.

    Returns:
        TRUE and the most specific row that fits; FALSE when none does; UNKNOWN when none does
        but one might, were a fact not missing.
    """
    # A hundred thousand rows take too long for each of hundreds of leads.
    found = scan_rows(table, facts) if len(table.rows) <= _SCANNED else find_row(table, facts)
    if isinstance(found, Row):
        return Truth.TRUE, found
    return (Truth.FALSE if found is None else Truth.UNKNOWN), None


def specificity(table: Table, row: Row) -> tuple[int, tuple[bool, ...], tuple[int, ...]]:
    """Return how specific a row is; of two that fit the one with the greater answer counts.

    Args:
        table: The table.
        row: One of its rows.
    """
    filled = tuple(bool(cell) for cell in row.cells)
    lengths = tuple(
        len(cell) for key, cell in zip(table.keys, row.cells, strict=True) if key.prefix
    )
    return sum(filled), filled, lengths


def fires(rule: Rule, book: RuleBook, facts: Facts) -> tuple[Truth, Row | None]:
    """Tell whether a rule takes a lead, and with which row of its table.

    Args:
        rule: The rule.
        book: The book it stands in.
        facts: What is known; of the classification nothing is known to a guard.
    """
    if rule.phase is Phase.GUARDS:
        facts = {name: value for name, value in facts.items() if name not in AFTER_CLASSIFY}
    found = truth_of(rule.when, book, facts)
    if not rule.table or found is Truth.FALSE:
        return found, None
    fits, row = row_of(book.tables[rule.table], facts)
    if Truth.FALSE in (found, fits):
        return Truth.FALSE, None
    if Truth.UNKNOWN in (found, fits):
        return Truth.UNKNOWN, None
    return Truth.TRUE, row


def effect_of(rule: Rule, row: Row | None) -> Effect:
    """Return what a rule does, its row having the last word.

    Args:
        rule: The rule.
        row: The row that fits, if it has a table.
    """
    return rule.then if row is None else with_row(rule.then, row)


def target_of(effect: Effect) -> tuple[str, str]:
    """Return where a lead goes by a rule; the fallback owner when the rule names nobody.

    Args:
        effect: Of the rule, with its row.
    """
    return effect.target if effect.target[0] else ("fallback", "")


def answer(book: RuleBook, facts: Facts) -> Answer:
    """Ask a whole book about a fresh lead: guards, routes, fallback, then the settings on top.

    Args:
        book: The book.
        facts: What is known.
    """
    rule, row, effect = _decided(book, facts)
    if effect.target[0] in ASIDE:
        return Answer(rule, row, effect.target)
    own = facts.get("tags", ())
    tags = set(own if isinstance(own, tuple) else ()) | set(effect.tags)
    given = rule.id if rule is not None else ""
    said = {
        "sla": (effect.sla or book.default_sla, given if effect.sla else ""),
        "priority": (
            effect.priority or str(facts.get("priority", "")),
            given if effect.priority else "",
        ),
    }
    rules = book.rules.get(Phase.ENRICH, ())
    for other in reversed(rules) if FIRST_COUNTS else rules:
        truth, line = fires(other, book, facts)
        if truth is Truth.TRUE:
            more = effect_of(other, line)
            tags |= set(more.tags)
            said |= {name: (getattr(more, name), other.id) for name in said if getattr(more, name)}
    (sla, sla_by), (priority, priority_by) = said["sla"], said["priority"]
    return Answer(rule, row, target_of(effect), sla, priority, frozenset(tags), sla_by, priority_by)


def _decided(book: RuleBook, facts: Facts) -> tuple[Rule | None, Row | None, Effect]:
    for phase in (Phase.GUARDS, Phase.ROUTES, Phase.FALLBACK):
        for rule in book.rules.get(phase, ()):
            truth, row = fires(rule, book, facts)
            effect = effect_of(rule, row)
            if truth is Truth.UNKNOWN and rule.on_unknown is OnUnknown.REVIEW:
                return rule, None, Effect(review=f"unknown:{rule.id}")
            if truth is not Truth.TRUE:
                continue
            if phase is Phase.GUARDS and not effect.target[0]:
                # A guard without a target stops the guards and leaves the lead to the routes.
                break
            return rule, row, effect
    return None, None, Effect()


def matches(written: str, text: str) -> bool:
    """Tell whether a pattern is found in a text; case does not count.

    >>> matches("^pa(id|y)$", "Paid")
    True

    Args:
        written: Of RE2.
        text: As a lead would have it.
    """
    return pattern(written).search(raw(text)) is not None
