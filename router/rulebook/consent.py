"""When a new version of a book needs a second person: judged by the version that is active."""

from collections.abc import Iterator
from dataclasses import dataclass

from router.rulebook.model import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Phase,
    Publishing,
    Rule,
    RuleBook,
)

#: Names that one sentence lists.
_LISTED = 3


@dataclass(frozen=True, slots=True)
class Change:
    """What a new version would change, as far as it was looked at."""

    #: Ids of the guards that are new, gone, altered or moved.
    guards: tuple[str, ...] = ()
    #: Whether it changes when a second person is needed.
    bars: bool = False
    #: Leads of the past that both versions were asked about; 0 when none could be.
    judged: int = 0
    #: Of those, the ones that would change hands.
    moved: int = 0
    #: Leads of the past, whether they could be asked about or not.
    leads: int = 0
    #: Whether leads of the past were looked at.
    tried: bool = True
    #: Whether now is within the hours in which a version may become active.
    in_window: bool = True


def second_person(policy: Publishing, change: Change) -> tuple[str, ...]:
    """Return why a second person must agree, one sentence each; empty when nobody must.

    >>> second_person(Publishing(approve_over=0.1), Change(judged=200, moved=30))
    ('15.0% of 200 leads would change hands, and more than 10.0% need a second person.',)
    >>> second_person(Publishing(), Change(guards=("spam",), judged=10, moved=10))
    ()

    Args:
        policy: Of the active version, so that nobody lifts a bar in the change that it would hold.
        change: What the new version would change.
    """
    over = policy.approve_over
    reasons = [] if over is None else list(_share(over, change))
    if policy.approve_guards and change.guards:
        reasons.append(f"Guards change ({_some(change.guards)}), and each needs a second person.")
    if policy.window and not change.in_window:
        reasons.append(f"It is outside the hours of {policy.window!r}, in which books may change.")
    if change.bars and (over is not None or policy.approve_guards or policy.window):
        reasons.append("It changes when a second person is needed.")
    return tuple(reasons)


def _share(over: float, change: Change) -> Iterator[str]:
    """Give what is wrong with the share of leads that would change hands."""
    if not change.tried:
        yield (
            "It was not tried on leads of the past, and a change of hands of more than"
            f" {over:.1%} needs a second person."
        )
    elif change.judged and change.moved > over * change.judged:
        share = change.moved / change.judged
        yield (
            f"{share:.1%} of {change.judged} leads would change hands, and more than {over:.1%}"
            " need a second person."
        )
    elif change.leads and not change.judged:
        yield (
            f"None of {change.leads} leads of the past could be judged, and a change of hands of"
            f" more than {over:.1%} needs a second person."
        )


def changed_guards(old: RuleBook, new: RuleBook) -> tuple[str, ...]:
    """Return the ids of the guards that judge otherwise than before, in the order of their ids.

    A guard judges otherwise when its condition, its effect, or a list, calendar or table that it
    asks has changed; its summary, its examples and where it stands in a file do not matter. Guards
    that are only put in another order are all that stand elsewhere now.

    Args:
        old: The version that is active.
        new: The one that shall be.
    """
    before = {rule.id: _form(rule, old) for rule in old.rules[Phase.GUARDS]}
    after = {rule.id: _form(rule, new) for rule in new.rules[Phase.GUARDS]}
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    kept_before = [name for name in before if name not in changed]
    kept_after = [name for name in after if name not in changed]
    moved = {one for one, other in zip(kept_before, kept_after, strict=True) if one != other}
    return tuple(sorted(changed | moved))


def _form(rule: Rule, book: RuleBook) -> tuple[object, ...]:
    """Return everything about a rule that judging a lead depends on."""
    table = book.tables.get(rule.table)
    asked = (table.keys, {(row.cells, row.effect) for row in table.rows}) if table else ()
    return _condition(rule.when, book), rule.then, rule.on_unknown, rule.table, asked


def _condition(condition: Condition, book: RuleBook) -> tuple[object, ...]:
    if isinstance(condition, Comparison):
        name = condition.named
        asked = (book.lists.get(name), book.calendars.get(name)) if name else ()
        return condition.fact, condition.operator, condition.want, name, asked
    if isinstance(condition, AllOf | AnyOf):
        parts = tuple(_condition(part, book) for part in condition.parts)
        return type(condition).__name__, parts
    return "NotOf", _condition(condition.part, book)


def _some(names: tuple[str, ...]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")
