"""Who is behind an owner: role, calendar, and the people who are told.

A book may name somebody who has left since a lead was given to them. Then the accountable person
takes their place, and after that the fallback owner; nobody is skipped silently.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from router.errors import Misconfigured
from router.lead.decision import Reroute
from router.lead.model import Lead, Owner
from router.lead.states import OwnerKind
from router.rulebook.model import Calendar, PersonCard, Pool, Queue, RuleBook, SlaPolicy

#: The role of an owner who was named without a pool or a queue.
DEFAULT_ROLE = "sales"


@dataclass(frozen=True, slots=True)
class Found:
    """A person of the roster, and who was looked for before and is no longer on it."""

    card: PersonCard
    #: Ids, in the order in which they were tried.
    left: tuple[str, ...] = ()


def live(book: RuleBook, active: RuleBook, *, tried: bool = False) -> RuleBook:
    """Return a lead's own version with the people of today.

    A lead keeps the rules, lists, targets and ladders that it started with; who works here, and
    when, is what the active version says. A fallback owner or reviewer who left is replaced by
    the active version's. Pools and queues stay as they were and may name people who left.

    Args:
        book: The version that the lead started with.
        active: The version that is active now.
        tried: Whether ``book`` is the canary: people whom it brings along are here, too.

    Returns:
        A book under the digest of ``book``; for asking, never for publishing.
    """
    if book.digest == active.digest:
        return book
    people, taxonomy = active.people, book.taxonomy
    if tried:
        people = {**book.people, **people}
    if not _is_here(people, taxonomy.reviewer):
        taxonomy = replace(taxonomy, reviewer=active.taxonomy.reviewer)
    return replace(
        book,
        people=people,
        # A calendar that only a queue of the old version uses must not be missed.
        calendars={**book.calendars, **active.calendars},
        fallback_owner=book.fallback_owner
        if _is_here(people, book.fallback_owner)
        else active.fallback_owner,
        taxonomy=taxonomy,
    )


def with_pools(book: RuleBook, active: RuleBook) -> RuleBook:
    """Return a version with the pools of the active one, for leads that wait in one of them.

    They wait for people, whoever brings those into the pool; a pool that is no more stays as it
    was.

    Args:
        book: A lead's version, with the people of today.
        active: The version that is active now.
    """
    if book.digest == active.digest:
        return book
    return replace(book, pools={**book.pools, **active.pools})


def _is_here(people: Mapping[str, PersonCard], person: str) -> bool:
    card = people.get(person)
    return card is not None and not card.left


def shared_list(book: RuleBook, owner: Owner) -> Queue | None:
    """Return the queue, sequence or pool that owns, None when a person does.

    A lead that waits in a pool is on a list like any other; the pool's manager is accountable.

    Args:
        book: The rule book.
        owner: A lead's owner.

    Raises:
        Misconfigured: The book has no such queue, sequence or pool.
    """
    if owner.kind is OwnerKind.PERSON:
        return None
    if owner.kind is OwnerKind.POOL and owner.id in book.pools:
        pool = book.pools[owner.id]
        named = pool.calendar or person(book, pool.manager).card.calendar
        return Queue(pool.id, pool.role, pool.manager, named)
    lists = book.queues if owner.kind is OwnerKind.QUEUE else book.sequences
    found = lists.get(owner.id)
    if found is None:
        raise Misconfigured(
            f"The rule book {book.digest} has no {owner.kind} {owner.id!r}, which owns leads. "
            "Bring it back, or reassign its leads."
        )
    return found


def members_of(book: RuleBook, pool: Pool) -> tuple[str, ...]:
    """Return the people whom a pool may choose, those of its groups included, each once.

    Args:
        book: The rule book.
        pool: One of its pools.
    """
    groups = (book.pools[group.pool] for group in pool.groups if group.pool in book.pools)
    return tuple(
        dict.fromkeys(member.person for each in (pool, *groups) for member in each.members)
    )


def home_of(book: RuleBook, pool: Pool, person: str) -> Pool:
    """Return the pool in which a person's leads of a pool count: of a pool of groups, their group.

    Args:
        book: The rule book.
        pool: One of its pools.
        person: Anybody; who is in none of the groups counts in the pool itself.
    """
    groups = (book.pools[group.pool] for group in pool.groups if group.pool in book.pools)
    mine = (each for each in groups if person in {member.person for member in each.members})
    return next(mine, pool)


def shares_of(book: RuleBook, pool: Pool) -> dict[str, float]:
    """Return what each person gets of a pool's leads in the long run, while everybody can.

    By weight, of the lowest tier alone; of a pool of groups, first by the weights of the groups.
    Caps, ramps, open leads, skills and who comes first are left out.

    Args:
        book: The rule book.
        pool: One of its pools.
    """
    found: dict[str, float] = {}
    groups = [group for group in pool.groups if group.pool in book.pools]
    for group in groups:
        part = group.weight / sum(each.weight for each in groups)
        for person, share in shares_of(book, book.pools[group.pool]).items():
            found[person] = found.get(person, 0.0) + part * share
    first = min((member.tier for member in pool.members), default=1)
    lowest = [member for member in pool.members if member.tier == first]
    whole = sum(member.weight for member in lowest)
    return found | {each.person: each.weight / whole for each in lowest if each.weight}


def reached_pools(book: RuleBook, named: Iterable[str]) -> set[str]:
    """Return the pools that get leads of these pools: themselves, groups, and those behind.

    Args:
        book: The rule book.
        named: Ids of pools; those that it does not have are left out.
    """
    found: set[str] = set()
    waiting = [name for name in named if name in book.pools]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            pool = book.pools[name]
            behind = (*pool.overflow, *(group.pool for group in pool.groups))
            waiting += [each for each in behind if each in book.pools]
    return found


def role_of(book: RuleBook, owner: Owner) -> str:
    """Return the role that a packet for this owner is written for.

    Args:
        book: The rule book.
        owner: A lead's owner.

    Raises:
        Misconfigured: The book has no such queue or sequence.
    """
    shared = shared_list(book, owner)
    if shared is not None:
        return shared.role
    pool = book.pools.get(owner.pool)
    return pool.role if pool is not None else DEFAULT_ROLE


def person(book: RuleBook, *ids: str) -> Found:
    """Return the first of these people who is on the roster, or else the fallback owner.

    Args:
        book: The rule book.
        ids: People in the order in which they are wanted; empty ids are passed over.

    Raises:
        Misconfigured: Not even the fallback owner is on the roster.
    """
    left: list[str] = []
    for wanted in (*ids, book.fallback_owner):
        card = book.people.get(wanted)
        if card is not None and (not card.left or wanted == book.fallback_owner):
            return Found(card, tuple(left))
        if wanted:
            left.append(wanted)
    raise Misconfigured(
        f"The rule book {book.digest} names {book.fallback_owner!r} as its fallback owner, who is "
        "not on the roster. Name somebody who is."
    )


def calendar_of(book: RuleBook, owner: Owner) -> Calendar:
    """Return the calendar in whose working time an owner's clocks run.

    Args:
        book: The rule book.
        owner: A lead's owner; one who left counts in the accountable person's calendar.

    Raises:
        Misconfigured: The book lacks the queue, sequence or calendar.
    """
    shared = shared_list(book, owner)
    if shared is not None:
        return calendar(book, shared.calendar)
    return calendar(book, person(book, owner.id, owner.accountable).card.calendar)


def calendar(book: RuleBook, name: str) -> Calendar:
    """Return a calendar of the book.

    Args:
        book: The rule book.
        name: Its id.

    Raises:
        Misconfigured: There is none with that id.
    """
    found = book.calendars.get(name)
    if found is None:
        raise Misconfigured(
            f"The rule book {book.digest} has no calendar {name!r}. Add it to calendars.yaml."
        )
    return found


def policy_of(book: RuleBook, lead: Lead) -> SlaPolicy:
    """Return what is promised to a lead: its import's policy, its own, or the book's default one.

    An import's policy stands before the one that rules give: that one was promised to somebody who
    filled in a form and waits, and thousands of rows would break it.

    Args:
        book: The rule book.
        lead: A lead; a policy that the book no longer has counts as none.

    Raises:
        Misconfigured: The book lacks its default policy.
    """
    policy = (
        book.slas.get(lead.lane_sla) or book.slas.get(lead.sla) or book.slas.get(book.default_sla)
    )
    if policy is None:
        raise Misconfigured(
            f"The rule book {book.digest} has no SLA policy {book.default_sla!r}, its default. "
            "Add it to sla.yaml."
        )
    return policy


def card_of(book: RuleBook, owner: Owner) -> dict[str, str]:
    """Return how a message names an owner: kind, id, name and e-mail address.

    A queue or sequence, and a person who left, has no address of its own: write to the accountable
    person instead.

    Args:
        book: The rule book.
        owner: A lead's owner.
    """
    card = book.people.get(owner.id) if owner.kind is OwnerKind.PERSON else None
    if card is None:
        return {"kind": owner.kind, "id": owner.id, "name": owner.id, "email": ""}
    return {"kind": owner.kind, **address(card)}


def gone(
    book: RuleBook, lead: Lead, previous: Owner, asked: Reroute, *, now_with: Owner | None
) -> dict[str, object]:
    """Return the message to an owner that a lead is no longer theirs, so that no task stays.

    Args:
        book: The rule book.
        lead: The lead; its handoff is still that of the owner before.
        previous: The owner before.
        asked: Why, and who says so.
        now_with: Who has it now; None when nobody does.
    """
    listener = person(book, previous.accountable)
    nobody = {"kind": "", "id": "", "name": "", "email": ""}
    return {
        "lead_id": str(lead.id),
        "handoff_id": str(lead.handoff_id),
        "owner": card_of(book, previous),
        "accountable": address(listener.card),
        "left_roster": listener.left,
        "now_with": card_of(book, now_with) if now_with is not None else nobody,
        "reason": asked.reason,
        "by": asked.by,
        "note": asked.note,
    }


def address(card: PersonCard) -> dict[str, str]:
    """Return how a message names a person: id, name and e-mail address.

    >>> address(PersonCard("ann", "Ann Archer", "ann@northwind.example", "", "office"))
    {'id': 'ann', 'name': 'Ann Archer', 'email': 'ann@northwind.example'}

    Args:
        card: A person of the roster.
    """
    return {"id": card.id, "name": card.name, "email": card.email}
