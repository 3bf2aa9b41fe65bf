"""Pools: who is next and why, the ledger, claims, and a manager's allowances."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from router.now import now as read_now
from router.road.pools import allowances, claims
from router.road.pools import standing as found
from router.web.api import pooled
from router.web.api.access import Actor, Admin, Reader, TheRoad
from router.web.api.told import LeadTold, lead_told

router = APIRouter(prefix="/api", tags=["pools"])


@router.get("/pools")
def list_pools(road: TheRoad, _caller: Reader) -> pooled.PoolsTold:
    """List the pools of the active rule book, without who is next."""
    items = found.pools(road.app, read_now())
    return pooled.PoolsTold(items=[pooled.PoolTold.of(each) for each in items])


@router.get("/pools/{pool_id}")
def show_pool(
    road: TheRoad, _caller: Reader, pool_id: str, query: Annotated[pooled.PoolQuery, Query()]
) -> pooled.PoolTold:
    """Show who is next and why, what everybody is owed, and why somebody is passed over."""
    return pooled.PoolTold.of(found.pool(road.app, pool_id, read_now(), ahead=query.ahead))


@router.get("/pools/{pool_id}/ledger")
def show_ledger(
    road: TheRoad, _caller: Reader, pool_id: str, query: Annotated[pooled.LedgerQuery, Query()]
) -> pooled.LedgerTold:
    """Show each change of what members are owed or were given, the newest first."""
    rows = found.ledger(
        road.app, pool_id, person=query.person, limit=query.limit, before=query.before
    )
    items = [pooled.LedgerRowTold.of(row) for row in rows]
    return pooled.LedgerTold(items=items, next=rows[-1].id if len(rows) == query.limit else None)


@router.post("/pools/{pool_id}/credit")
def credit(road: TheRoad, caller: Admin, pool_id: str, body: pooled.Credit) -> pooled.PoolTold:
    """Change what a member is owed, with a reason; the others are owed as much less."""
    told = found.adjust(
        road.app,
        pool_id,
        body.person,
        leads=body.leads,
        bank=body.bank,
        by=body.by or caller.name,
        reason=body.reason,
        now=read_now(),
    )
    return pooled.PoolTold.of(told)


@router.post("/pools/{pool_id}/claim")
def claim_next(road: TheRoad, caller: Actor, pool_id: str, body: pooled.ClaimNext) -> LeadTold:
    """Take the lead of the pool that is next in order; it is accepted at once."""
    return lead_told(claims.claim_next(road, pool_id, body.person, caller.name))


@router.get("/allowances")
def list_allowances(road: TheRoad, _caller: Reader) -> pooled.AllowancesTold:
    """List what holds for people, or will, whatever the book says."""
    items = allowances.allowances(road.app, read_now())
    return pooled.AllowancesTold(items=[pooled.AllowanceTold.of(each) for each in items])


@router.post("/allowances")
def allow(road: TheRoad, caller: Admin, body: pooled.Allow) -> pooled.AllowanceTold:
    """Let another weight, another cap, or nothing at all hold for a person until a moment."""
    said = allowances.Said(
        body.person,
        until=body.until,
        pool=body.pool,
        weight=body.weight,
        caps=body.caps,
        off=body.off,
        start=body.start,
        reason=body.reason,
    )
    given = allowances.allow(road.app, said, by=body.by or caller.name, now=read_now())
    return pooled.AllowanceTold.of(allowances.AllowanceTold(given, ""))


@router.delete("/allowances/{allowance_id}")
def end_allowance(road: TheRoad, caller: Admin, allowance_id: UUID) -> pooled.AllowancesTold:
    """Let the book hold again, before an allowance's time is over; the answer is what is left."""
    now = read_now()
    allowances.end(road.app, allowance_id, by=caller.name, now=now)
    items = allowances.allowances(road.app, now)
    return pooled.AllowancesTold(items=[pooled.AllowanceTold.of(each) for each in items])
