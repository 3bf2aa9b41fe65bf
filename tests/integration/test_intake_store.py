"""Where intake stores: what was known before, and what a lost connection costs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from router.app import App
from router.errors import DataFault
from router.lead.delivery import NewDelivery, Stored
from router.now import now as read_now
from router.store.intake import Deliveries
from router.store.tx import transaction
from tests.build import delivery, time_stands_at


@asynccontextmanager
async def _deliveries(app: App) -> AsyncIterator[Deliveries]:
    made = app.deliveries()
    try:
        yield made
    finally:
        await made.close()


async def _told(app: App, *batches: Sequence[NewDelivery]) -> list[Sequence[Stored]]:
    """Store batches one after the other over one connection."""
    async with _deliveries(app) as deliveries:
        return [await deliveries.insert(batch) for batch in batches]


def _kept(app: App, row: NewDelivery) -> int:
    with transaction(app.engine) as tx:
        return len(tx.rows("SELECT 1 FROM delivery WHERE id = %s", (row.id,)))


def _cut_every_connection(app: App) -> None:
    with transaction(app.engine) as tx:
        tx.run(
            # The server's own vacuum may be at work here, which only the superuser may end.
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND usename = current_user"
        )


def test_what_was_known_before_is_told_under_its_first_id(app: App) -> None:
    first, again, other = (delivery({"n": n}, key=key) for n, key in enumerate(("a", "a", "b")))
    batch = sorted([again, other], key=lambda row: row.dedupe_key)
    _, told = asyncio.run(_told(app, [first], batch))
    assert dict(zip((row.id for row in batch), told, strict=True)) == {
        again.id: Stored(first.id, fresh=False),
        other.id: Stored(other.id, fresh=True),
    }
    assert not _kept(app, again)


def test_a_key_whose_time_is_over_names_a_new_delivery(app: App) -> None:
    first, later = delivery({"n": 1}, key="over"), delivery({"n": 2}, key="over")
    asyncio.run(_told(app, [first]))
    with time_stands_at(read_now() + first.remember + timedelta(minutes=1)):
        assert asyncio.run(_told(app, [later])) == [[Stored(later.id, fresh=True)]]


def test_the_same_batch_again_is_stored_once_and_told_the_same(app: App) -> None:
    row = delivery({"n": 1}, key="twice")
    first, second = asyncio.run(_told(app, [row], [row]))
    assert first == second == [Stored(row.id, fresh=True)]
    assert _kept(app, row) == 1


def test_a_connection_that_was_cut_between_two_batches_is_replaced_unnoticed(app: App) -> None:
    before, after = delivery({"n": 1}, key="before"), delivery({"n": 2}, key="after")

    async def scene() -> Sequence[Stored]:
        async with _deliveries(app) as deliveries:
            await deliveries.insert([before])
            await asyncio.to_thread(_cut_every_connection, app)
            return await deliveries.insert([after])

    assert asyncio.run(scene()) == [Stored(after.id, fresh=True)]


def test_after_a_row_that_cannot_be_stored_the_connection_still_serves(app: App) -> None:
    bad = delivery({"n": 1}, source="nul\0", key="bad")
    good = delivery({"n": 2}, key="good")

    async def scene() -> Sequence[Stored]:
        async with _deliveries(app) as deliveries:
            with pytest.raises(DataFault):
                await deliveries.insert([bad])
            return await deliveries.insert([good])

    assert asyncio.run(scene()) == [Stored(good.id, fresh=True)]
