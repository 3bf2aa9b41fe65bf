"""Release: leads that wait in their pools go to whoever can take them, the longest wait first.

It is done when somebody may be able to take them: a person is back, has closed a lead, got another
cap, or a shift begins. Each of these leaves a note or a moment in the database, and any ticker that
finds it looks at the pool. Leads are locked before pools, as everywhere, a few at a time.
"""

import structlog

from router.errors import Transient
from router.lead.decision import Decision, Reroute
from router.lead.ids import LeadId
from router.lead.states import OwnerKind
from router.now import now as read_now
from router.road.act import find_owners
from router.road.batch import write_batch
from router.road.drain import LOCK_TIMEOUT, Road
from router.road.record import LOOK_AGAIN, Batch, record
from router.rulebook.model import HandOut
from router.rulebook.roster import members_of
from router.store.held import (
    forget_wakes,
    held_leads,
    last_wake,
    pools_to_release,
    put_off,
    waiting_in,
)
from router.store.leads import lock_leads
from router.store.tx import transaction

log = structlog.get_logger()

#: Why a lead that waited changes hands, as a stable code.
RELEASED = "released"
#: Leads looked at in one transaction; few, for others wait for their pool.
_AT_ONCE = 20
#: Most such transactions for one pool in one round of the ticker.
_PAGES = 50


def release(road: Road) -> int:
    """Give leads that wait to whoever can take them now.

    Args:
        road: The runner of this process.

    Returns:
        How many leads found an owner.

    Raises:
        Transient: The database could not do it now; what was done stays.
    """
    serve = road.app.settings.book
    with transaction(road.app.engine) as tx:
        upto = last_wake(tx)
        pools = pools_to_release(tx, serve, upto, read_now())
        waiting = waiting_in(tx, serve) if pools else {}
    released = sum(_of_pool(road, pool, waiting[pool].leads) for pool in pools if pool in waiting)
    if upto:
        # What was noted meanwhile has a higher number and is followed in the next round.
        with transaction(road.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
            forget_wakes(tx, serve, upto)
    return released


def _of_pool(road: Road, name: str, leads: int) -> int:
    """Release what can be released of one pool; stop at the first page of which nothing can."""
    pool = road.app.shelf.active().pools.get(name)
    if pool is not None and pool.hand_out is HandOut.PULL:
        return 0
    members = len(members_of(road.app.shelf.active(), pool)) if pool is not None else 1
    released = skip = 0
    for _ in range(_PAGES):
        with transaction(road.app.engine) as tx:
            ids = held_leads(tx, road.app.settings.book, name, skip=skip, limit=_AT_ONCE)
        if not ids:
            break
        found = _page(road, name, ids, wave=leads > members)
        released += found
        skip += len(ids) - found
        if not found:
            break
    if released:
        log.info("waiting_leads_released", pool=name, leads=released, waiting=leads - released)
    return released


def _page(road: Road, pool: str, ids: list[LeadId], *, wave: bool) -> int:
    """Release some leads together; when something fails on one of them, each for itself."""
    try:
        return _together(road, pool, ids, wave=wave)
    except Transient:
        raise
    except Exception as error:  # the edge: one lead must not keep the others waiting
        if len(ids) > 1:
            return sum(_page(road, pool, [each], wave=wave) for each in ids)
        log.error("lead_not_released", lead_id=str(ids[0]), pool=pool, exc_info=error)  # noqa: TRY400 - with the cause, where a stage failed
        with transaction(road.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
            put_off(tx, ids, read_now() + LOOK_AGAIN)
        return 0


def _together(road: Road, pool: str, ids: list[LeadId], *, wave: bool) -> int:
    now = read_now()
    batch = Batch(now, road.listeners)
    asked = Reroute(RELEASED, "ticker", wave=wave)
    with transaction(road.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
        for lead in lock_leads(tx, ids, skip_locked=True).values():
            owner = lead.owner
            # Somebody may have taken it since it was found.
            if owner is not None and owner.kind is OwnerKind.POOL and owner.id == pool:
                record(batch, batch.take(lead), Decision(lead, reroute=asked))
        find_owners(road, tx, batch)
        for work in batch.works.values():
            if work.failed is not None:
                raise work.failed
        writes = write_batch(tx, batch)
    road.ring_for(batch.works.values(), writes, now)
    return sum(
        work.lead.owner is not None and work.lead.owner.kind is not OwnerKind.POOL
        for work in batch.works.values()
    )
