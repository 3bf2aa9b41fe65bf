"""Proofs that an edit changes nothing: such an edit is no test's to notice."""

from router.rulebook.model import OnUnknown, Phase, Rule, RuleBook
from router.rulebook.space.box import Budget, Region, TooMuch, space_of, uncovered
from router.rulebook.space.region import Reading, both, where
from router.rulebook.trial.edits import Edit

#: Boxes that one proof may take; what takes more is not proved.
_BUDGET = 4_000


def changes_nothing(book: RuleBook, edit: Edit) -> bool:
    """Return whether it is proved that the edited rules say the same of every lead as before.

    Args:
        book: The book that the edit was made for.
        edit: The edit.

    Returns:
        False also when it could not be proved.
    """
    old = book.rules[edit.phase][edit.position]
    reading = Reading(book, space_of(book), Budget(_BUDGET))
    try:
        if edit.swaps:
            one, other = edit.rules
            return _agree(one, other) or not both(
                (_stops(one, reading), _stops(other, reading)), reading.budget
            )
        return old.then == edit.rules[0].then and _equal(old, edit.rules[0], reading)
    except TooMuch:
        return False


def _agree(one: Rule, other: Rule) -> bool:
    """Tell whether a lead that both rules take gets the same from either, in any order."""
    if one.phase is Phase.ENRICH:
        pairs = ((one.then.sla, other.then.sla), (one.then.priority, other.then.priority))
        plain = not one.table and not other.table
        return plain and all(not a or not b or a == b for a, b in pairs)
    asks = OnUnknown.REVIEW in (one.on_unknown, other.on_unknown)
    return not asks and (one.then, one.table) == (other.then, other.table)


def _equal(old: Rule, new: Rule, reading: Reading) -> bool:
    fires = where(old.when, reading), where(new.when, reading)
    stops = _stops(old, reading), _stops(new, reading)
    return all(
        _inside(one, other, reading) and _inside(other, one, reading)
        for one, other in (fires, stops)
    )


def _inside(one: Region, other: Region, reading: Reading) -> bool:
    return not any(
        True for box in one for _ in uncovered(box, other, reading.space, reading.budget)
    )


def _stops(rule: Rule, reading: Reading) -> Region:
    """Return where a phase goes no further than a rule: it fires, or asks for a person."""
    return where(rule.when, reading, unknown=rule.on_unknown is OnUnknown.REVIEW)
