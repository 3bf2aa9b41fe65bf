"""Release: leads that wait in their pools go to whoever can take them, the longest wait first.

It is done when somebody may be able to take them: a person is back, has closed a lead, got another
cap, or a shift begins. Each of these leaves a note or a moment in the database, and any ticker that
finds it looks at the pool. Leads are locked before pools, as everywhere, a few at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import structlog

from router.errors import Transient
from router.lead.decision import RELEASED, Decision, Reroute
from router.lead.ids import LeadId
from router.now import now as read_now
from router.road.act import find_owners
from router.road.batch import write_batch
from router.road.drain import LOCK_TIMEOUT, Road
from router.road.pages import together
from router.road.record import LOOK_AGAIN, Batch, record, waits
from router.rulebook.model import HandOut
from router.rulebook.roster import members_of
from router.stages.route.owner import NEVER
from router.store.held import (
    HeldLead,
    forget_held,
    forget_wakes,
    held_leads,
    notes,
    pools_due,
    pools_woken,
    put_off,
    waiting_in,
)
from router.store.leads import lock_leads
from router.store.tx import transaction

log = structlog.get_logger()

#: Leads looked at in one transaction; few, for others wait for their pool.
_AT_ONCE = 20
#: Most leads of one pool looked at in one round of the ticker; the others are due in the next one.
_MOST = 200


@dataclass(slots=True)
class _Look:
    """One look at what waits in a pool."""

    #: Leads that found an owner.
    released: int = 0
    #: By version: until when nobody of the pool can take any of its leads.
    shut: dict[str, datetime] = field(default_factory=dict)
    seen: set[LeadId] = field(default_factory=set)
    #: Leads that somebody else held, to be looked at in the next round.
    missed: list[LeadId] = field(default_factory=list)


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
        followed, now = notes(tx, serve), read_now()
        woken, due = pools_woken(tx, serve, followed), pools_due(tx, serve, now)
        waiting = waiting_in(tx, serve) if followed or due else {}
    if followed:
        # Who comes first in a pool need not be a member of it.
        pools = road.app.shelf.active().pools
        woken |= {name for name in waiting if name in pools and pools[name].first}
    released, fault = 0, None
    for name in sorted((woken | due) & waiting.keys()):
        try:
            many = waiting[name].leads
            released += _of_pool(road, name, many, due_at=None if name in woken else now)
        except Transient as error:
            # What keeps one pool must not keep the others.
            fault = error
    if fault is not None:
        raise fault
    if followed:
        with transaction(road.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
            forget_wakes(tx, followed)
    return released


def _of_pool(road: Road, name: str, leads: int, *, due_at: datetime | None) -> int:
    """Release what can be released of one pool, in the order of waiting.

    Once a lead shows that nobody of the pool can take any lead, no other lead of its version is
    looked at; one that only its own wishes keep from everybody hides none of those behind it.
    """
    book = road.app.shelf.active()
    pool = book.pools.get(name)
    with transaction(road.app.engine) as tx:
        found = held_leads(tx, road.app.settings.book, name, due_at=due_at)
    if pool is not None and pool.hand_out is HandOut.PULL:
        never = read_now() + NEVER
        _put_off(road, found, _Look(shut=dict.fromkeys({each.digest for each in found}, never)))
        return 0
    wave = leads > (len(members_of(book, pool)) if pool is not None else 1)
    look = _Look()
    for page in _pages(found, look):
        _page(road, name, page, look, wave=wave)
    _put_off(road, found, look)
    if look.released:
        left = leads - look.released
        log.info("waiting_leads_released", pool=name, leads=look.released, waiting=left)
    return look.released


def _pages(found: Sequence[HeldLead], look: _Look) -> Iterator[list[LeadId]]:
    """Yield the leads to look at, a few at a time; what a look has shown counts for the next."""
    page: list[LeadId] = []
    for each in found:
        if each.digest in look.shut:
            continue
        if len(look.seen) == _MOST:
            break
        look.seen.add(each.id)
        page.append(each.id)
        if len(page) == _AT_ONCE:
            yield page
            page = []
    if page:
        yield page


def _put_off(road: Road, found: Sequence[HeldLead], look: _Look) -> None:
    """Say when the leads are looked at that were not."""
    now = read_now()
    later: dict[datetime, list[LeadId]] = {now: list(look.missed)}
    for each in found:
        # Those that nothing is known of are due, in the next round; the others are not any more.
        moment, due = look.shut.get(each.digest, now), each.look_at <= now
        if each.id not in look.seen and due == (each.digest in look.shut):
            later.setdefault(moment, []).append(each.id)
    with transaction(road.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
        for moment, leads in later.items():
            if leads:
                put_off(tx, leads, moment)


def _page(road: Road, pool: str, ids: Sequence[LeadId], look: _Look, *, wave: bool) -> None:
    """Release some leads; one on which something fails is looked at again later."""

    def fail(lead_id: LeadId, error: Exception) -> None:
        log.error("lead_not_released", lead_id=str(lead_id), pool=pool, exc_info=error)
        with transaction(road.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
            put_off(tx, [lead_id], read_now() + LOOK_AGAIN)

    act = partial(_release, road, pool, look, wave=wave)
    together(ids, act, fail, through=(Transient,))


def _release(road: Road, pool: str, look: _Look, ids: Sequence[LeadId], *, wave: bool) -> None:
    now = read_now()
    batch = Batch(now, road.listeners)
    asked = Reroute(RELEASED, "ticker", wave=wave)
    with transaction(road.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
        leads = lock_leads(tx, ids, skip_locked=True)
        # In the order of waiting, which is not that of their locks.
        for lead in [leads[each] for each in ids if each in leads]:
            # Somebody may have taken it since it was found.
            if waits(lead) and lead.owner is not None and lead.owner.id == pool:
                record(batch, batch.take(lead), Decision(lead, reroute=asked))
        find_owners(road, tx, batch)
        for work in batch.works.values():
            if work.failed is not None:
                raise work.failed
        writes = write_batch(tx, batch)
        forget_held(tx, [lead.id for lead in leads.values() if not waits(lead)])
    road.ring_for(batch.works.values(), writes, now)
    look.missed += [each for each in ids if each not in leads]
    for work in batch.works.values():
        if not waits(work.lead):
            look.released += 1
        elif work.hold is not None and not work.hold.own:
            look.shut.setdefault(work.lead.digest, work.hold.look_at or now + LOOK_AGAIN)
