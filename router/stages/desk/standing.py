"""Whether a lead can be spoken for, and who is speaking."""

from router.errors import Conflict, Rejected
from router.lead.model import Lead, Owner
from router.lead.states import LeadState, OwnerKind
from router.rulebook.model import RuleBook

#: The author of what a machine's key says on behalf of people.
MACHINE = "api"

_WORKED = frozenset({LeadState.ACTIVATED, LeadState.ACCEPTED, LeadState.CONTACTED})


def owner_of(lead: Lead) -> Owner:
    """Return the owner of a lead that is being worked.

    Args:
        lead: The lead.

    Raises:
        Conflict: It ended, waits beside the road, or has not reached an owner yet.
    """
    if lead.owner is not None and lead.state in _WORKED:
        return lead.owner
    raise Conflict(f"Lead {lead.id} {_why_not(lead)}")


def _why_not(lead: Lead) -> str:
    match lead.state:
        case LeadState.CLOSED:
            return f"was closed as {lead.outcome}. There is nothing left to do."
        case LeadState.MERGED:
            return f"became part of lead {lead.merged_into}. Look there."
        case LeadState.IN_REVIEW:
            return f"waits for an answer ({lead.reason}). Answer its review item first."
        case LeadState.PARKED | LeadState.REJECTED:
            return f"is {lead.state} ({lead.reason or 'no reason given'}). Replay it first."
        case _:
            return f"is {lead.state} and on its way to an owner. Try again in a moment."


def acting(lead: Lead, owner: Owner, book: RuleBook, by: str, person: str) -> str:
    """Return the person whose act it is, who must be the owner or take it from a shared list.

    Args:
        lead: The lead.
        owner: Its owner.
        book: The rule book, for its roster.
        by: Who speaks: a person's id, or :data:`MACHINE`.
        person: Of whom ``by`` speaks; empty for themselves, and for the owner if a machine speaks.

    Raises:
        Conflict: The lead belongs to another person, who is named.
        Rejected: The roster has no such person, they have left, or nobody is named for a shared
            list.
    """
    owned = owner.kind is OwnerKind.PERSON
    who = person or (by if by != MACHINE else owner.id if owned else "")
    if owned and who == owner.id:
        return who
    if not who:
        raise Rejected(
            f"Lead {lead.id} is in the {owner.kind} {owner.id}. Name the person who takes it.",
            code="person_needed",
        )
    if owner.kind is OwnerKind.POOL:
        raise Conflict(
            f"Lead {lead.id} waits in the pool {owner.id}. Claim it for {named(book, who)} first:"
            f" POST /api/leads/{lead.id}/claim, or `lead-router pools claim {owner.id} {who}` for"
            " the one that is next."
        )
    if owned:
        missed = f" {named(book, who)} declined it or missed it." if who in lead.passed else ""
        raise Conflict(
            f"Lead {lead.id} now belongs to {named(book, owner.id)}.{missed} "
            "Speak to them, or have it reassigned."
        )
    if who not in book.people:
        raise Rejected(
            f"There is no person {who!r} on the roster of the rule book. "
            "GET /api/people lists them.",
            code="unknown_person",
        )
    if book.people[who].left:
        raise Rejected(
            f"{who!r} has left, and takes no lead any more. GET /api/people lists who is there.",
            code="unknown_person",
        )
    return who


def named(book: RuleBook, person: str) -> str:
    """Return a person's name and id; the id alone for who left the roster.

    Args:
        book: The rule book.
        person: A person's id.
    """
    card = book.people.get(person)
    return f"{card.name} ({person})" if card is not None else person
