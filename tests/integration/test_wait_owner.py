"""``?wait=owner`` and readiness: what the public and an orchestrator are told."""

import asyncio
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from router.app import App, build_app
from router.road.drain import Road
from router.settings import Settings
from router.store.deliveries import count_attempt
from router.store.revision import needed_revision, stored_revision
from router.store.tx import transaction
from router.web.health import readiness
from router.web.wait import OwnerWait
from tests.build import delivery, inquiry, store

_WITHIN_S = 5.0


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
