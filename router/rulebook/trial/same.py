"""Proofs that an edit changes nothing: such an edit is no test's to notice."""

from router.rulebook.model import OnUnknown, Rule, RuleBook
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
            return not both([_stops(rule, reading) for rule in edit.rules], reading.budget)
        return old.then == edit.rules[0].then and _equal(old, edit.rules[0], reading)
    except TooMuch:
        return False


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
