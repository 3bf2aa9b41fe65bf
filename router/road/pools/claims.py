"""Claims: members take leads that wait in their pool, from a list or the next one in order."""

from uuid import UUID

from router.errors import Conflict, NotFound
from router.lead.model import Lead
from router.lead.states import OwnerKind
from router.now import now as read_now
from router.road import words
from router.road.act import act
from router.road.drain import Road
from router.road.pools.standing import known
from router.rulebook.roster import members_of, with_pools
from router.stages.desk.decide import claim as claimed
from router.store.held import held_leads
from router.store.leads import read_lead
from router.store.tx import transaction

#: Leads of a pool that are tried before a claim is given up; others take some at the same time.
_TRIES = 20


def claim(road: Road, lead_id: UUID, person: str, by: str) -> Lead:
    """Take a lead from a queue, a sequence or the pool that it waits in; taking is accepting.

    From a pool only its members take leads, up to their caps. Claimed first, then accepted: if
    this process dies between the two, the lead is theirs and waits for them to accept it.

    Args:
        road: The runner of this process.
        lead_id: The lead.
        person: Who takes it; empty for its owner, who only accepts it.
        by: Who says so.

    Raises:
        NotFound: There is no such lead.
        Conflict: It belongs to somebody, or the person is no member, is away or is full.
        Rejected: The roster has no such person.
        Transient: The database could not do it now.
    """
    with transaction(road.app.engine) as tx:
        lead = read_lead(tx, lead_id)
    waits = lead is not None and lead.owner is not None and lead.owner.kind is OwnerKind.POOL
    if waits and person:
        active = road.app.shelf.active()
        act(
            road,
            lead_id,
            lambda it: claimed(it.lead, person, by, book=with_pools(it.book, active)),
        )
    return act(road, lead_id, words.accept(by, person))


def claim_next(road: Road, pool: str, person: str, by: str) -> Lead:
    """Take the lead of a pool that is next in order: high priority, then the longest wait.

    Leads that they declined or missed are passed over.

    Args:
        road: The runner of this process.
        pool: The pool.
        person: Who takes it; a member.
        by: Who says so.

    Raises:
        NotFound: There is no such pool, or nothing waits in it.
        Conflict: The person is no member, is away or is full.
        Transient: The database could not do it now.
    """
    book = road.app.shelf.active()
    if person not in members_of(book, known(book, pool)):
        raise Conflict(f"{person} is not in the pool {pool}, and cannot take its leads.")
    with transaction(road.app.engine) as tx:
        # What they gave back waits for the others.
        found = held_leads(tx, road.app.settings.book, pool, limit=_TRIES, person=person)
    for each in found:
        try:
            return claim(road, each.id, person, by)
        except Conflict:
            with transaction(road.app.engine) as tx:
                lead = read_lead(tx, each.id)
            if lead is not None and lead.owner is not None and lead.owner.id == pool:
                raise
    raise NotFound(f"Nothing waits in pool {pool} now ({read_now():%H:%M} UTC).")
