"""Group commit: who shares a transaction, and who is told what when it fails."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from router.errors import DataFault, Transient
from router.lead.delivery import NewDelivery, Stored
from router.lead.ids import DeliveryId
from router.lead.states import DeliveryState
from router.web.committer import MAX_BATCH, MAX_BYTES, Committer

AT = datetime(2026, 1, 5, tzinfo=UTC)


def _row(number: int, key: int | None = None, state: DeliveryState | None = None) -> NewDelivery:
    return NewDelivery(
        id=DeliveryId(UUID(int=number)),
        book="default",
        source="html",
        dedupe_key=(number if key is None else key).to_bytes(32, "big"),
        body=b"{}",
        headers=b"{}",
        content_type="application/json",
        received_at=AT,
        state=state or DeliveryState.RECEIVED,
    )


@dataclass
class GatedStore:
    """Lets the first transaction wait until the test opens the gate."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    began: asyncio.Event = field(default_factory=asyncio.Event)
    batches: list[list[int]] = field(default_factory=list)
    bad: frozenset[int] = frozenset()
    error: Exception | None = None

    async def insert(self, rows: Sequence[NewDelivery]) -> Sequence[Stored]:
        self.began.set()
        await self.gate.wait()
        numbers = [row.id.int for row in rows]
        self.batches.append(numbers)
        if self.error is not None:
            raise self.error
        if self.bad & set(numbers):
            raise DataFault("a row cannot be stored")
        return [Stored(row.id, fresh=True) for row in rows]


async def _during_a_commit(
    store: GatedStore, committer: Committer, rows: Sequence[NewDelivery]
) -> list[Stored | BaseException]:
    """Submit rows while another commit is under way; return what each was told."""
    first = asyncio.create_task(committer.submit(_row(9_000)))
    await store.began.wait()
    tasks = [asyncio.create_task(committer.submit(row)) for row in rows]
    await asyncio.sleep(0)
    store.gate.set()
    await asyncio.gather(first, return_exceptions=True)
    return await asyncio.gather(*tasks, return_exceptions=True)


def test_requests_that_arrive_during_a_commit_share_the_next_one_in_key_order() -> None:
    store = GatedStore()
    rings: list[int] = []

    async def scene() -> None:
        committer = Committer(store, rings.append)
        await _during_a_commit(store, committer, [_row(n) for n in (3, 1, 2)])
        await committer.close()

    asyncio.run(scene())
    assert store.batches == [[9_000], [1, 2, 3]]
    assert rings == [1, 3]


def test_the_same_delivery_twice_in_a_batch_gets_the_first_ones_id() -> None:
    store = GatedStore()

    async def scene() -> list[Stored | BaseException]:
        committer = Committer(store, lambda _fresh: None)
        told = await _during_a_commit(store, committer, [_row(1, 7), _row(2, 7)])
        await committer.close()
        return told

    first = DeliveryId(UUID(int=1))
    assert asyncio.run(scene()) == [Stored(first, fresh=True), Stored(first, fresh=False)]
    assert store.batches == [[9_000], [1]]


def test_one_bad_row_costs_only_itself() -> None:
    store = GatedStore(bad=frozenset({5}))
    rings: list[int] = []

    async def scene() -> list[Stored | BaseException]:
        committer = Committer(store, rings.append)
        told = await _during_a_commit(store, committer, [_row(n) for n in range(1, 9)])
        await committer.close()
        return told

    told = asyncio.run(scene())
    assert [isinstance(one, DataFault) for one in told] == [n == 5 for n in range(1, 9)]
    assert sum(rings) == 8


@pytest.mark.parametrize("error", [Transient("gone"), RuntimeError("a bug")])
def test_anything_else_is_transient_for_all_and_is_not_tried_row_by_row(error: Exception) -> None:
    store = GatedStore(error=error)

    async def scene() -> list[Stored | BaseException]:
        committer = Committer(store, lambda _fresh: None)
        told = await _during_a_commit(store, committer, [_row(n) for n in range(1, 5)])
        await committer.close()
        return told

    assert all(isinstance(one, Transient) for one in asyncio.run(scene()))
    assert len(store.batches) == 2


def test_a_full_backlog_sends_further_requests_away() -> None:
    store = GatedStore()

    async def scene() -> list[Stored | BaseException]:
        committer = Committer(store, lambda _fresh: None, backlog=3)
        told = await _during_a_commit(store, committer, [_row(n) for n in range(1, 5)])
        assert committer.waiting == 0
        await committer.close()
        return told

    told = asyncio.run(scene())
    assert [isinstance(one, Stored) for one in told] == [True, True, False, False]
    assert all(isinstance(one, Transient) for one in told[2:])


def test_a_batch_has_a_largest_size() -> None:
    store = GatedStore()

    async def scene() -> None:
        committer = Committer(store, lambda _fresh: None)
        await _during_a_commit(store, committer, [_row(n) for n in range(MAX_BATCH + 10)])
        await committer.close()

    asyncio.run(scene())
    assert [len(batch) for batch in store.batches] == [1, MAX_BATCH, 10]


def test_a_batch_of_large_bodies_is_full_sooner() -> None:
    store = GatedStore()
    large = [replace(_row(n), body=b"x" * (MAX_BYTES // 2)) for n in range(3)]

    async def scene() -> None:
        committer = Committer(store, lambda _fresh: None)
        await _during_a_commit(store, committer, large)
        await committer.close()

    asyncio.run(scene())
    assert [len(batch) for batch in store.batches] == [1, 2, 1]


def test_closing_gives_up_on_a_store_that_hangs_and_says_so_to_the_sender() -> None:
    store = GatedStore()

    async def scene() -> None:
        committer = Committer(store, lambda _fresh: None)
        waiting = asyncio.create_task(committer.submit(_row(1)))
        await store.began.wait()
        await committer.close(deadline_s=0.01)
        with pytest.raises(Transient, match="cut off"):
            await waiting

    asyncio.run(scene())
    assert not store.batches


def test_closing_finishes_what_waits_and_takes_no_more() -> None:
    store = GatedStore()

    async def scene() -> Stored:
        committer = Committer(store, lambda _fresh: None)
        waiting = asyncio.create_task(committer.submit(_row(1)))
        await store.began.wait()
        closing = asyncio.create_task(committer.close())
        await asyncio.sleep(0)
        with pytest.raises(Transient, match="shutting down"):
            await committer.submit(_row(2))
        store.gate.set()
        await closing
        return await waiting

    assert asyncio.run(scene()).fresh


def test_a_caller_that_hung_up_does_not_disturb_the_others() -> None:
    store = GatedStore()

    async def scene() -> Stored:
        committer = Committer(store, lambda _fresh: None)
        first, second = (asyncio.create_task(committer.submit(_row(n))) for n in (1, 2))
        await store.began.wait()
        first.cancel()
        store.gate.set()
        stored = await second
        await committer.close()
        return stored

    assert asyncio.run(scene()).fresh


@pytest.mark.parametrize(
    ("on_commit", "state", "rung"),
    [("list", DeliveryState.REFUSED, 0), ("broken", DeliveryState.RECEIVED, 0)],
)
def test_only_what_can_become_a_lead_rings_and_a_broken_bell_harms_nobody(
    on_commit: str, state: DeliveryState, rung: int
) -> None:
    store = GatedStore()
    rings: list[int] = []
    store.gate.set()

    def broken(_fresh: int) -> None:
        raise ConnectionError

    bell: Callable[[int], None] = rings.append if on_commit == "list" else broken

    async def scene() -> Stored:
        committer = Committer(store, bell)
        stored = await committer.submit(_row(1, state=state))
        await committer.close()
        return stored

    assert asyncio.run(scene()).fresh
    assert len(rings) == rung
