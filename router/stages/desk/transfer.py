"""Decides where the open leads of one person go when others take them over, lead by lead.

People leave, go on leave, or get another territory. Then many leads change hands at once, each as
if somebody had reassigned it: the acceptance begins anew, the promise to the person who asked goes
on, and both owners are told.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from router.errors import Conflict, Rejected
from router.lead.decision import TRANSFERRED, TRANSFERRED_BY_RULES, Decision, Reroute
from router.lead.events import Event, EventKind
from router.lead.model import Lead, Owner, change
from router.lead.states import OWNED, LeadState, OwnerKind
from router.rulebook.model import RuleBook
from router.rulebook.roster import members_of
from router.stages.desk.again import Afresh

_TAKEN = frozenset({LeadState.ACCEPTED, LeadState.CONTACTED})
_ASIDE = frozenset({"reject", "review", "road"})


class Way(StrEnum):
    """How it is found out who takes a lead over."""

    #: One person gets every one of them.
    PERSON = "person"
    #: The people of one pool take turns.
    POOL = "pool"
    #: Each goes back to the pool that it was picked from, or else to the fallback owner.
    POOLS = "pools"
    #: The active rules decide again.
    RULES = "rules"


class Stays(StrEnum):
    """Why a lead stays where it is."""

    #: Its owner has taken it, and keeps what they have taken.
    KEPT = "kept"
    #: The active rules give it to the same person, or to a pool that they are in.
    SAME = "same"
    #: The active rules would refuse it, or ask somebody: that is a person's decision.
    UNDECIDED = "undecided"
    #: Somebody else has it by now.
    MOVED = "moved"
    #: It ended meanwhile.
    CLOSED = "closed"
    #: It waits beside the road: for an answer, or for an operator.
    IN_REVIEW = "in_review"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Transfer:
    """What somebody wants of a person's leads."""

    #: Whose leads go.
    person: str
    way: Way
    #: Id of the person or the pool that gets them; empty for the other ways.
    to: str
    #: Who wants it, and why; both owners are told.
    by: str
    reason: str = ""
    #: Whether the person keeps what they have accepted or spoken about.
    keep_accepted: bool = False


def way_of(*, to: str, to_pool: str, pools: bool, rules: bool) -> tuple[Way, str]:
    """Return which way was asked for, and the person or pool that was named.

    >>> way_of(to="", to_pool="dach", pools=False, rules=False)
    (<Way.POOL: 'pool'>, 'dach')

    Args:
        to: A person; empty for none.
        to_pool: A pool; empty for none.
        pools: Back to the pools that the leads were picked from.
        rules: As the active rules decide.

    Raises:
        Rejected: None of them was said, or more than one.
    """
    said = ((Way.PERSON, to), (Way.POOL, to_pool), (Way.POOLS, pools), (Way.RULES, rules))
    wanted = [way for way, told in said if told]
    if len(wanted) != 1:
        raise Rejected(
            "Say one way in which the leads shall go: to a person, to a pool, back to the pools"
            " that they were picked from, or as the active rules decide.",
            code="which_way",
        )
    return wanted[0], to or to_pool


def absent(book: RuleBook, person: str) -> bool:
    """Return whether somebody left: the active book says so, or does not know them any more.

    Args:
        book: The active version.
        person: A person's id.
    """
    card = book.people.get(person)
    return card is None or card.left


def left_alone(lead: Lead, transfer: Transfer) -> Stays | None:
    """Return why a lead is not touched, whatever the rules say; None when it goes on.

    Args:
        lead: As it stands now; it was the person's when it was found.
        transfer: What is wanted.
    """
    owner = lead.owner
    if lead.state is LeadState.CLOSED:
        return Stays.CLOSED
    if lead.state is LeadState.PARKED:
        return Stays.PARKED
    if lead.state is LeadState.IN_REVIEW:
        return Stays.IN_REVIEW
    if lead.state not in OWNED or owner is None or not _is_of(owner, transfer.person):
        return Stays.MOVED
    return Stays.KEPT if transfer.keep_accepted and lead.state in _TAKEN else None


def settled(transfer: Transfer, afresh: Afresh, book: RuleBook) -> Stays | None:
    """Return why the active rules leave a lead with its owner; None when they send it elsewhere.

    Whoever left keeps nothing.

    Args:
        transfer: What is wanted, by the rules.
        afresh: What the active version does with the lead.
        book: The active version.
    """
    if absent(book, transfer.person):
        return None
    wanted = afresh.wanted
    if wanted.kind in _ASIDE:
        return Stays.UNDECIDED
    if wanted.kind == "pool":
        pool = book.pools.get(wanted.target)
        same = pool is not None and transfer.person in members_of(book, pool)
    else:
        target = book.fallback_owner if wanted.kind == "fallback" else wanted.target
        same = wanted.kind in {"person", "fallback"} and target == transfer.person
    return Stays.SAME if same else None


def place(lead: Lead, transfer: Transfer, book: RuleBook, afresh: Afresh | None = None) -> str:
    """Return where a lead would go, for people; of a pool nobody is picked yet.

    Args:
        lead: One that goes.
        transfer: What is wanted.
        book: The active version.
        afresh: What that version does with it, when the rules decide.
    """
    fallback = f"fallback owner {book.fallback_owner}"
    pool = lead.owner.pool if lead.owner is not None else ""
    match transfer.way:
        case Way.PERSON | Way.POOL:
            return f"{transfer.way} {transfer.to}"
        case Way.POOLS:
            return f"pool {pool}" if pool else fallback
        case Way.RULES:
            wanted = afresh.wanted if afresh is not None else None
            if wanted is None or wanted.kind in {*_ASIDE, "fallback"}:
                return fallback
            if wanted.place == ("person", transfer.person):
                return fallback
            return f"{wanted.kind} {wanted.target}"


def decide(
    lead: Lead, transfer: Transfer, book: RuleBook, afresh: Afresh | None = None
) -> Decision:
    """Ask that somebody else gets a lead; the person whose leads go is never picked for it.

    A lead that the active rules decide, or that goes to a pool as it is today, goes by the active
    version from then on.

    Args:
        lead: The lead, locked; one that goes.
        transfer: What is wanted.
        book: The active version.
        afresh: What that version does with the lead, when the rules decide.
    """
    owner = lead.owner
    if transfer.way is Way.PERSON or owner is None:
        return Decision(lead, reroute=_reroute(transfer, to=transfer.to))
    if transfer.way is Way.POOL:
        # A reroute keeps the pool of the owner before: here it is another one.
        asked = change(lead, owner=replace(owner, pool=transfer.to), digest=book.digest)
        moved = _moved(lead, transfer, book.digest, f"transferred, for pool {transfer.to}")
        return Decision(asked, events=moved, reroute=_reroute(transfer))
    if transfer.way is Way.POOLS or afresh is None:
        return Decision(lead, reroute=_reroute(transfer, fallback=not owner.pool))
    aside = afresh.wanted.kind in _ASIDE
    fresh = lead if aside else afresh.lead
    # Without a pool to go back to, the rules decide who is asked.
    asked = change(
        fresh, state=lead.state, owner=replace(owner, pool=""), digest=book.digest, resume_at=None
    )
    where = place(lead, transfer, book, afresh)
    moved = _moved(lead, transfer, book.digest, f"decided again, for {where}")
    return Decision(
        asked,
        events=(*moved, *(() if aside else afresh.events)),
        reroute=_reroute(transfer, fallback=aside),
    )


def check(lead: Lead, transfer: Transfer) -> None:
    """Refuse that a lead comes back to the person whose leads go.

    Args:
        lead: As it stands after a new owner was found.
        transfer: What was wanted.

    Raises:
        Conflict: It would; nothing may be written of it.
    """
    if lead.owner is not None and _is_of(lead.owner, transfer.person):
        raise Conflict(
            f"Lead {lead.id} would go back to {transfer.person}: nobody else can take it. "
            "Name who shall have it: `lead-router people transfer --to`."
        )


def _is_of(owner: Owner, person: str) -> bool:
    return owner.kind is OwnerKind.PERSON and owner.id == person


def _reroute(transfer: Transfer, *, to: str = "", fallback: bool = False) -> Reroute:
    return Reroute(
        TRANSFERRED_BY_RULES if transfer.way is Way.RULES else TRANSFERRED,
        transfer.by,
        to=to,
        fallback=fallback,
        note=transfer.reason,
        never=(transfer.person,),
    )


def _moved(lead: Lead, transfer: Transfer, digest: str, effect: str) -> tuple[Event, ...]:
    """Write that a lead goes by another version; nothing when it does so already."""
    if lead.digest == digest:
        return ()
    data = {
        "from": lead.digest,
        "digest": digest,
        "by": transfer.by,
        "state": lead.state,
        "changed": True,
        "effect": effect,
    }
    personal = {"reason": transfer.reason}
    return (Event(EventKind.LEAD_MOVED, data, personal, actor=transfer.by),)
