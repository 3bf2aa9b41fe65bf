"""Taking deliveries in: one statement and one commit for a whole batch, awaited without a thread.

The web process acknowledges thousands of deliveries a second from one event loop. A thread that
writes for it would fight it for the interpreter at every answer of the server.
"""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, LiteralString
from uuid import UUID

import psycopg
import sqlalchemy as sa
from psycopg.rows import TupleRow

from router.lead.delivery import NewDelivery, Stored
from router.lead.ids import DeliveryId
from router.lead.states import DeliveryState
from router.now import now as read_now
from router.store.tx import translate

#: Says only what was known before; in binary, where nothing is quoted and nothing is parsed. The
#: same rows may be sent again with the same ids: they are stored once.
_KEPT: Final[LiteralString] = """
    WITH input AS (
        SELECT * FROM unnest(%b::uuid[], %b::text[], %b::text[], %b::bytea[], %b::bytea[],
            %b::bytea[], %b::text[], %b::timestamptz[], %b::timestamptz[])
            AS t(id, book, source, key, body, headers, content_type, received_at, expires_at)
    ), keyed AS (
        INSERT INTO delivery_key AS k (book, source, key, delivery_id, expires_at)
        SELECT book, source, key, id, expires_at FROM input ORDER BY book, source, key
        ON CONFLICT (book, source, key) DO UPDATE SET
            delivery_id = CASE WHEN k.expires_at <= %b THEN EXCLUDED.delivery_id
                               ELSE k.delivery_id END,
            expires_at = CASE WHEN k.expires_at <= %b THEN EXCLUDED.expires_at
                              ELSE k.expires_at END
        RETURNING k.book, k.source, k.key, k.delivery_id
    ), kept AS (
        INSERT INTO delivery (id, book, source, state, received_at, body, headers, content_type)
        SELECT i.id, i.book, i.source, 'received', i.received_at, i.body, i.headers,
            i.content_type
        FROM input i JOIN keyed ON keyed.delivery_id = i.id
        ON CONFLICT (id) DO NOTHING
    )
    SELECT i.id, k.delivery_id FROM keyed k JOIN input i USING (book, source, key)
    WHERE k.delivery_id <> i.id
"""
_REFUSED: Final[LiteralString] = """
    INSERT INTO delivery (id, book, source, state, received_at, body, headers, content_type, reason)
    VALUES (%s, %s, %s, 'refused', %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING
"""

_Connection = psycopg.AsyncConnection[TupleRow]


class Deliveries:
    """Where intake stores requests, over one kept connection. Belongs to one event loop."""

    def __init__(self, url: str) -> None:
        """Prepare; the first batch connects.

        Args:
            url: As for :func:`router.store.tx.make_engine`.
        """
        address = sa.make_url(url).set(drivername="postgresql+psycopg")
        # Word by word: in a URL, libpq and SQLAlchemy write a space in a folder's name differently.
        _, self._address = address.get_dialect()().create_connect_args(address)
        self._kept: _Connection | None = None

    async def insert(self, rows: Sequence[NewDelivery]) -> Sequence[Stored]:
        """Store a batch durably; it is committed when this returns. One batch at a time.

        Args:
            rows: Sorted, each (book, source, key) once.

        Returns:
            For each row, in order, the id under which the delivery is known.

        Raises:
            DataFault: A row cannot be stored; nothing of the batch may be relied on.
            Transient: The database could not do it now; nothing of the batch may be relied on.
        """
        kept = self._kept is not None
        try:
            try:
                known = await self._insert(rows)
            except psycopg.OperationalError:
                await self.close()
                if not kept:
                    raise
                # Perhaps it had died long before: asking it each time would cost every batch.
                known = await self._insert(rows)
        except psycopg.Error as error:
            raise translate(error) from error
        return [_stored(row, known) for row in rows]

    async def close(self) -> None:
        """Give the connection back; a later batch opens another."""
        kept, self._kept = self._kept, None
        if kept is not None:
            with contextlib.suppress(psycopg.Error):
                await kept.close()

    async def _insert(self, rows: Sequence[NewDelivery]) -> Mapping[UUID, UUID]:
        """Return for the rows that were known before the id they are known under."""
        if self._kept is None:
            self._kept = await _connect(self._address)
        received = [row for row in rows if row.state is DeliveryState.RECEIVED]
        known: dict[UUID, UUID] = {}
        if received:
            cursor = await self._kept.execute(_KEPT, _columns(received))
            known.update(await cursor.fetchall())
        if len(received) < len(rows):
            for row in rows:
                if row.state is not DeliveryState.RECEIVED:
                    await self._kept.execute(_REFUSED, _refused(row))
        return known


async def _connect(address: Mapping[str, Any]) -> _Connection:
    return await psycopg.AsyncConnection.connect(
        **address,
        autocommit=True,
        application_name="lead-router",
        connect_timeout=5,
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
    )


def _columns(rows: Sequence[NewDelivery]) -> tuple[object, ...]:
    moment = read_now()
    return (
        [row.id for row in rows],
        [row.book for row in rows],
        [row.source for row in rows],
        [row.dedupe_key for row in rows],
        [row.body for row in rows],
        [row.headers for row in rows],
        [row.content_type for row in rows],
        [row.received_at for row in rows],
        [row.received_at + row.remember for row in rows],
        moment,
        moment,
    )


def _refused(row: NewDelivery) -> tuple[object, ...]:
    return (
        row.id,
        row.book,
        row.source,
        row.received_at,
        row.body,
        row.headers,
        row.content_type,
        row.refused_reason,
    )


def _stored(row: NewDelivery, known: Mapping[UUID, UUID]) -> Stored:
    first = known.get(row.id)
    return Stored(row.id, fresh=True) if first is None else Stored(DeliveryId(first), fresh=False)
