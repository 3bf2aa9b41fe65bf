"""Things that tests make: deliveries of fictitious people, and a time that stands still."""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import orjson

from router.app import App
from router.lead.delivery import NewDelivery, Stored
from router.lead.ids import DeliveryId, LeadId, timed_id
from router.lead.model import Lead
from router.now import now as read_now
from router.now import set_shift, unshifted
from router.pipeline import StageName
from router.road.drain import Road
from router.store.leads import lock_leads
from router.store.tx import transaction

#: A monday within everybody's working hours in London.
MONDAY = datetime.fromisoformat("2026-03-02T10:00:00+00:00")

#: An inquiry that the starter book gives to the pool uk-and-ireland without asking anybody.
CLEAR: Mapping[str, object] = {
    "name": "Ann Archer",
    "country": "GB",
    "company": "Archer Mills Ltd",
    "message": "Could you show us a demo of your analytics product? We would like to see a demo.",
}


#: How far time is moved by the blocks that are open, the innermost last.
_shifts = [timedelta(0)]


@contextmanager
def time_stands_at(moment: datetime) -> Iterator[None]:
    """Move this process's time so that it is ``moment`` now; it still runs.

    After a block within another one the outer block's time goes on, never the machine's own.
    """
    _shifts.append(moment - unshifted())
    set_shift(_shifts[-1])
    try:
        yield
    finally:
        _shifts.pop()
        set_shift(_shifts[-1])


def inquiry(**changes: object) -> dict[str, object]:
    """Return a clear inquiry of somebody nobody knows yet."""
    return {**CLEAR, "email": f"ann.{uuid4().hex[:12]}@archer-mills.example", **changes}


def delivery(body: Mapping[str, object], source: str = "generic", key: str = "") -> NewDelivery:
    """Return a delivery as intake would store it."""
    raw, at = orjson.dumps(body), read_now()
    digest = hashlib.sha256(key.encode() if key else raw).digest()
    return NewDelivery(
        id=DeliveryId(timed_id(at, source, digest.hex(), uuid4())),
        book="default",
        source=source,
        dedupe_key=digest,
        body=raw,
        headers=b"{}",
        content_type="application/json",
        received_at=at,
    )


def store(app: App, *deliveries: NewDelivery) -> list[DeliveryId]:
    """Store deliveries as intake does; return the ids they are known by."""
    rows = sorted(deliveries, key=lambda each: (each.source, each.dedupe_key))
    stored = asyncio.run(_insert(app, rows))
    known = {row.id: each.delivery_id for row, each in zip(rows, stored, strict=True)}
    return [known[each.id] for each in deliveries]


async def _insert(app: App, rows: Sequence[NewDelivery]) -> Sequence[Stored]:
    deliveries = app.deliveries()
    try:
        return await deliveries.insert(rows)
    finally:
        await deliveries.close()


def send(road: Road, body: Mapping[str, object], source: str = "generic") -> Lead:
    """Store an inquiry, drain the road, and return its first lead as it stands."""
    (delivery_id,) = store(road.app, delivery(body, source))
    while road.drain(StageName.CAPTURE):
        continue
    return leads_of(road.app, delivery_id)[0]


def leads_of(app: App, delivery_id: UUID) -> list[Lead]:
    """Return the leads that a delivery made, in no order."""
    with transaction(app.engine) as tx:
        rows = tx.rows("SELECT id FROM lead WHERE delivery_id = %s", (delivery_id,))
        return list(lock_leads(tx, [row[0] for row in rows]).values())


def lead_now(app: App, lead_id: LeadId) -> Lead:
    """Return a lead as it stands in the database."""
    with transaction(app.engine) as tx:
        return lock_leads(tx, [lead_id])[lead_id]


def events_of(app: App, lead_id: LeadId) -> list[str]:
    """Return the kinds of a lead's events, in order."""
    with transaction(app.engine) as tx:
        rows = tx.rows("SELECT kind FROM event WHERE lead_id = %s ORDER BY seq", (lead_id,))
    return [row[0] for row in rows]


def messages_of(app: App, lead_id: LeadId) -> list[tuple[str, str]]:
    """Return what was written to be sent about a lead, in order: message type and state."""
    with transaction(app.engine) as tx:
        rows = tx.rows(
            "SELECT kind, state FROM action WHERE lead_id = %s ORDER BY number", (lead_id,)
        )
    return [(row[0], row[1]) for row in rows]
