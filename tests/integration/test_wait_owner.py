"""``?wait=owner`` and readiness: what the public and an orchestrator are told."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import SecretStr

from router.app import App, build_app
from router.now import ticks
from router.road.claim import Claim
from router.road.drain import LOCK_TIMEOUT, Done, Road
from router.settings import Settings
from router.store.deliveries import count_attempt
from router.store.revision import needed_revision, stored_revision
from router.store.tx import transaction
from router.web.health import readiness
from router.web.wait import LATE_S, THREADS, OwnerWait
from tests.build import delivery, inquiry, store

_WITHIN_S = 30.0
#: For callers whose leads hang: long enough for a thread to take each of them in time, also on a
#: machine that has much else to do; who is not taken in time is told so, and nothing hangs.
_GONE_AFTER_S = 4.0


@pytest.fixture
def wait(road: Road) -> Iterator[OwnerWait]:
    """Return what callers wait with."""
    made = OwnerWait(road)
    yield made
    made.close()


def _ask(wait: OwnerWait, app: App, within_s: float = _WITHIN_S, **changes: object) -> object:
    """Store an inquiry and ask who answers it."""
    (delivery_id,) = store(app, delivery(inquiry(**changes)))

    async def ask() -> object:
        return dict(await wait(delivery_id, within_s))

    return asyncio.run(ask())


def test_a_clear_inquiry_is_answered_with_a_person_and_a_booking_link(
    wait: OwnerWait, app: App
) -> None:
    told = _ask(wait, app)
    assert isinstance(told, dict)
    assert told["status"] == "assigned"
    assert told["owner"] in {"Priya Shah", "Tom Keane"}
    assert told["booking_link"].startswith("https://book.northwind.example/")


def test_nobody_is_told_that_they_are_a_customer(wait: OwnerWait, app: App) -> None:
    told = _ask(wait, app, email="bea@fourth-coffee.example", message="The dashboard is empty.")
    assert isinstance(told, dict)
    assert told["owner"] == "The Northwind Analytics team"
    assert "support" not in str(told).lower()
    assert "customer" not in str(told).lower()


def test_what_needs_a_person_first_is_pending(wait: OwnerWait, app: App) -> None:
    told = _ask(wait, app, message="Hello, please see my note from the other day.")
    assert told == {"status": "pending"}


def test_a_caller_without_time_left_is_told_pending_and_the_delivery_waits(
    wait: OwnerWait, app: App
) -> None:
    assert _ask(wait, app, within_s=0) == {"status": "pending"}


def test_a_delivery_that_failed_before_is_left_to_a_worker(wait: OwnerWait, app: App) -> None:
    (delivery_id,) = store(app, delivery(inquiry()))
    with transaction(app.engine) as tx:
        count_attempt(tx, [delivery_id], "failed in a test", 3)

    async def ask() -> object:
        return dict(await wait(delivery_id, 0.1))

    assert asyncio.run(ask()) == {"status": "pending"}


def test_two_callers_at_once_are_both_answered(wait: OwnerWait, app: App) -> None:
    ids = store(app, *(delivery(inquiry()) for _ in range(8)))

    async def ask() -> list[object]:
        told = await asyncio.gather(*(wait(each, _WITHIN_S) for each in ids))
        return [each["status"] for each in told]

    assert asyncio.run(ask()) == ["assigned"] * len(ids)


class Hanging(Road):
    """A runner on which the leads of some deliveries hang until the test is over."""

    def __init__(self, app: App) -> None:
        super().__init__(app)
        self.poison: set[UUID] = set()
        self.let_go = threading.Event()

    def run(self, claim: Claim, *, lock_timeout: timedelta = LOCK_TIMEOUT) -> Done:
        if self.poison.intersection(claim.ids):
            self.let_go.wait()
        return super().run(claim, lock_timeout=lock_timeout)


@pytest.fixture
def hanging(app: App) -> Iterator[Hanging]:
    """Return a runner on which leads can hang; it lets them go when the test is over."""
    road = Hanging(app)
    yield road
    road.let_go.set()


def test_threads_that_hang_are_offered_no_longer_and_end_the_process(
    app: App, hanging: Hanging, caplog: pytest.LogCaptureFixture
) -> None:
    ids = store(app, *(delivery(inquiry()) for _ in range(THREADS + 1)))
    hanging.poison.update(ids[:THREADS])
    ended = asyncio.Event()

    async def ask(wait: OwnerWait) -> tuple[Mapping[str, object], float]:
        callers = [asyncio.create_task(wait(each, _GONE_AFTER_S)) for each in ids[:THREADS]]
        # Their time begins when they are run for the first time.
        await asyncio.sleep(0)
        given_up = asyncio.Event()
        asyncio.get_running_loop().call_later(_GONE_AFTER_S + 0.1 + LATE_S, given_up.set)
        await given_up.wait()
        for caller in callers:
            caller.cancel()
        took = []
        async with asyncio.timeout(_WITHIN_S):
            for _ in range(5):
                asked = ticks()
                said = await wait(ids[-1], _WITHIN_S)
                took.append(ticks() - asked)
            await ended.wait()
        return said, min(took)

    wait = OwnerWait(hanging, hangs_after_s=1.0, end=ended.set)
    try:
        said, took = asyncio.run(ask(wait))
    finally:
        wait.close()
    assert said == {"status": "pending"}
    assert took < LATE_S, "nobody waits for threads that are not coming back"
    named = [line for line in caplog.messages if "owner_wait_hangs" in line]
    assert len(named) == THREADS
    assert all(str(each) in "".join(named) for each in ids[:THREADS])


def test_one_thread_that_hangs_leaves_the_others_to_serve(app: App, hanging: Hanging) -> None:
    ended: list[float] = []
    stuck, clear = store(app, delivery(inquiry()), delivery(inquiry()))
    hanging.poison.add(stuck)

    async def ask(wait: OwnerWait) -> Mapping[str, object]:
        caller = asyncio.create_task(wait(stuck, 0.05))
        waited = asyncio.Event()
        asyncio.get_running_loop().call_later(0.3, waited.set)
        await waited.wait()
        caller.cancel()
        return await wait(clear, _WITHIN_S)

    wait = OwnerWait(hanging, hangs_after_s=0.1, end=lambda: ended.append(ticks()))
    try:
        said = asyncio.run(ask(wait))
    finally:
        wait.close()
    assert said["status"] == "assigned"
    assert ended == []


def test_a_ready_process_says_ok_to_everything(app: App) -> None:
    found = readiness(app)
    assert found.ready, found.checks
    with transaction(app.engine) as tx:
        assert stored_revision(tx) == needed_revision()


def test_a_dead_broker_is_told_and_does_not_make_it_unready(database_url: str) -> None:
    told = Settings(
        database_url=SecretStr(database_url), redis_url=SecretStr("redis://127.0.0.1:1/0")
    )
    deaf = build_app(told)
    try:
        found = readiness(deaf)
    finally:
        deaf.close()
    assert found.ready
    assert "cannot be reached" in found.checks["broker"]


def test_a_dead_database_makes_it_unready(redis_url: str) -> None:
    told = Settings(
        database_url=SecretStr("postgresql://nobody@127.0.0.1:1/none"),
        redis_url=SecretStr(redis_url),
    )
    lost = build_app(told)
    try:
        found = readiness(lost)
    finally:
        lost.close()
    assert not found.ready
    assert "database" in {name for name, word in found.checks.items() if word != "ok"}
