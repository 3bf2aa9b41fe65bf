"""What the guards of a book do with a lead, before anybody asks who gets it. Pure."""

from dataclasses import dataclass

from router.lead.model import Lead, change
from router.rulebook.model import RuleBook
from router.rulebook.outcome import review_code
from router.stages.classify.decide import guard, needs_suggestion


@dataclass(frozen=True, slots=True)
class Guarded:
    """A lead that has met the guards."""

    lead: Lead
    #: ``reject`` or ``review`` with its code; empty when it goes on.
    aside: str = ""
    #: Nobody knows what it is about, and no guard settles it.
    unknown: bool = False


def guarded(lead: Lead, book: RuleBook) -> Guarded:
    """Ask the guards, as before any classification.

    Args:
        lead: As it was known in the end.
        book: The version it starts with.
    """
    bare = change(lead, classification=None)
    verdict = guard(bare, book)
    if needs_suggestion(verdict):
        return Guarded(lead, unknown=lead.classification is None)
    asks = verdict.review_rule
    kind, target = ("review", review_code(asks)) if asks is not None else verdict.effect.target
    if kind in {"reject", "review"}:
        return Guarded(bare, f"{kind} {target}")
    # A guard that names an owner settles it: no classifier was asked.
    return Guarded(bare)
