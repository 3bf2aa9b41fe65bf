"""How many leads two worker processes take through all stages a second."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import timedelta
from threading import Thread
from typing import LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from bench.leads import Inquiries
from bench.site import BrokenError, Child, Place, Site
from router.app import App, build_app
from router.embedded import processes
from router.lead.delivery import NewDelivery
from router.lead.ids import DeliveryId, timed_id
from router.now import now, ticks
from router.pipeline import StageName

_HEADERS = b'{"host":"127.0.0.1","user-agent":"bench","content-type":"application/json"}'
#: Leads that the workers take before it counts: code and number tables are loaded by them.
_WARM = 600
_PATIENCE_S = 120.0
_LEFT: LiteralString = "SELECT 1 FROM delivery WHERE state = 'received' LIMIT 1"
_STATES: LiteralString = "SELECT state, count(*) FROM lead GROUP BY state"
#: What one lead has written, table by table, and in which column it is named there.
_TABLES: tuple[LiteralString, ...] = (
    "contact_key", "contact", "handoff", "clock", "review_item", "action", "event", "lead",
)  # fmt: skip
#: Tables that name a row by another column than ``lead_id``, and whether it is a person's.
_KEYS: dict[str, tuple[LiteralString, bool]] = {
    "contact_key": ("contact_id", True),
    "contact": ("id", True),
    "lead": ("id", False),
}


def preload(app: App, inquiries: Inquiries, count: int) -> None:
    """Store deliveries as intake does, all in one commit, and ring for nobody.

    Args:
        app: Of this process.
        inquiries: What was posted.
        count: How many.
    """
    moment = now() - timedelta(milliseconds=count)
    rows = []
    for number, (name, body) in enumerate(inquiries.ids(count)):
        at = moment + timedelta(milliseconds=number)
        rows.append(
            NewDelivery(
                id=DeliveryId(timed_id(at, "bench", name)),
                book="default",
                source="generic",
                dedupe_key=hashlib.sha256(body).digest(),
                body=body,
                headers=_HEADERS,
                content_type="application/json",
                received_at=at,
            )
        )
    asyncio.run(_insert(app, rows))


async def _insert(app: App, rows: Sequence[NewDelivery]) -> None:
    deliveries = app.deliveries()
    try:
        await deliveries.insert(rows)
    finally:
        await deliveries.close()


def drained(site: Site, count: int) -> dict[str, float]:
    """Measure the drain, then the same rows by bare COPY.

    The worker runs and is warm; then the backlog appears in one commit and both its processes are
    rung, as the web process would. The time ends when an observer sees the last one committed.

    Args:
        site: Where.
        count: Deliveries of the backlog.

    Raises:
        BrokenError: A lead did not come through.
    """
    with site.place() as place:
        app = build_app(place.settings())
        try:
            inquiries = Inquiries("drain")
            worker = place.worker()
            with place.connect() as watch:
                preload(app, inquiries, _WARM)
                _run(app, watch, worker)
                preload(app, inquiries, count)
                seconds = _run(app, watch, worker)
                _account_for(watch, _WARM + count)
        finally:
            app.close()
        place.stop()
        with site.place() as bare:
            copied = same_rows(place, bare)
    return {"drain": count / seconds, "pg_same_rows": copied}


def _run(app: App, watch: psycopg.Connection[TupleRow], worker: Child) -> float:
    """Ring both processes and return the seconds until nothing waits any more."""
    started = ticks()
    app.bell.ring(StageName.CAPTURE.value)
    rings = 1
    while watch.execute(_LEFT).fetchone():
        worker.check()
        if ticks() - started > _PATIENCE_S:
            raise BrokenError(f"The backlog was not drained within {_PATIENCE_S:g} s.")
        processes.pause()
        if rings < 4:  # noqa: PLR2004 - a bell rings once in 20 ms: each process is sure to hear it
            app.bell.ring(StageName.CAPTURE.value)
            rings += 1
    return ticks() - started


def _account_for(watch: psycopg.Connection[TupleRow], count: int) -> None:
    """Make sure that every lead left the road, and that what stands beside it is meant to."""
    found = {str(row[0]): int(row[1]) for row in watch.execute(_STATES).fetchall()}
    beside = {"activated", "in_review", "rejected", "merged"}
    if sum(found.values()) != count or set(found) - beside:
        raise BrokenError(f"Of {count} deliveries came leads in these states: {found}.")
    if found.get("activated", 0) < count / 2:
        raise BrokenError(f"Too few leads found an owner: {found}.")


def same_rows(source: Place, target: Place) -> float:
    """Write what the leads of one place have written to another, by COPY, in batches of 100.

    Two connections take turns as fast as the server answers; nothing is thought in between.

    Args:
        source: Drained; its processes are stopped.
        target: Empty.

    Returns:
        Leads a second.
    """
    with source.connect() as reader:
        leads = _ids(reader, "SELECT id FROM lead ORDER BY id")
        people = _ids(reader, "SELECT id FROM contact ORDER BY id")
        number = max(1, len(leads) // 100)
        packed = [_pack(reader, leads[at::number], people[at::number]) for at in range(number)]
    writers = [target.connect() for _ in range(2)]
    try:
        started = ticks()
        threads = [
            Thread(target=_write, args=(writer, packed[turn::2]))
            for turn, writer in enumerate(writers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(leads) / (ticks() - started)
    finally:
        for writer in writers:
            writer.close()


def _ids(reader: psycopg.Connection[TupleRow], query: LiteralString) -> list[UUID]:
    return [row[0] for row in reader.execute(query).fetchall()]


def _pack(
    reader: psycopg.Connection[TupleRow], leads: Sequence[UUID], people: Sequence[UUID]
) -> list[bytes]:
    """Return what a batch has written, table by table, as COPY wants it."""
    packed = []
    for table in _TABLES:
        key, ids = _KEYS.get(table, ("lead_id", False))
        chosen: LiteralString = "SELECT * FROM " + table + " WHERE " + key  # noqa: S608 - constants of this module
        query: LiteralString = "COPY (" + chosen + " = ANY(%s)) TO STDOUT"
        wanted = list(people if ids else leads)
        with reader.cursor() as cursor, cursor.copy(query, (wanted,)) as stream:
            packed.append(b"".join(bytes(part) for part in stream))
    return packed


def _write(writer: psycopg.Connection[TupleRow], batches: Sequence[Sequence[bytes]]) -> None:
    """Write batches, each in one transaction."""
    for batch in batches:
        with writer.transaction(), writer.cursor() as cursor:
            for table, rows in zip(_TABLES, batch, strict=True):
                if rows:
                    query: LiteralString = "COPY " + table + " FROM STDIN"
                    with cursor.copy(query) as stream:
                        stream.write(rows)
