"""The broker dies, the database dies: no form is told a falsehood, and everything goes on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from threading import Event
from uuid import UUID

import pytest
import redis

from router.embedded.servers import Servers
from router.now import ticks
from tests.journey import forms, ledger
from tests.journey.crm import Crm
from tests.journey.post import Answer, post
from tests.journey.town import Town, say, until


@pytest.fixture(scope="module")
def place(own_town: Town) -> Town:
    """Return a town whose servers may be killed."""
    own_town.start("web", "road", "deliver", "ticker")
    return own_town


@pytest.fixture(autouse=True)
def revived(place: Town, own_servers: Servers) -> Iterator[None]:
    """Leave both servers running, and everything at rest."""
    yield
    until(place.tended(own_servers.valkey.answers), "the broker answers")
    until(place.tended(own_servers.postgres.answers), "the database answers")
    place.rest(tend=True)


def _posted(town: Town, count: int) -> list[UUID]:
    return [post(town.port, forms.generic()).delivery_id for _ in range(count)]


def _check(town: Town, crm: Crm, ids: list[UUID]) -> None:
    leads = ledger.ended(town.app, ids)
    assert len({lead.id for lead in leads}) == len(ids)
    ledger.check_receiver(town.app, crm, {lead.id for lead in leads})
    ledger.check_chains(town.app)


def test_without_a_broker_forms_are_taken_routed_and_sent(
    place: Town, receiver: Crm, own_servers: Servers
) -> None:
    place.kill_server(own_servers.valkey)
    ids, took = list[UUID](), list[float]()
    for _ in range(30):
        started = ticks()
        ids += _posted(place, 1)
        took.append(ticks() - started)
    usual = median(took)
    place.rest()
    assert not own_servers.valkey.alive()
    say(f"30 forms without a broker, {usual * 1000:.0f} ms each")
    assert usual < 0.5
    _check(place, receiver, ids)


def test_broker_that_comes_back_is_used_again(
    place: Town, receiver: Crm, own_servers: Servers
) -> None:
    place.kill_server(own_servers.valkey)
    _posted(place, 5)
    place.rest()
    own_servers.revive()
    until(own_servers.valkey.answers, "the broker answers")
    # Without tickers only a hint, heard by a worker, moves a lead.
    place.stop("ticker")
    found: list[UUID] = []

    def heard() -> bool:
        found.extend(_posted(place, 1))
        Event().wait(0.2)
        return any(ledger.leads_by_delivery(place.app, found).values())

    until(heard, "the workers hear the bell again")
    place.start("ticker")
    place.rest()
    _check(place, receiver, found)


def test_broker_that_dies_under_load_leaves_no_worker_deaf(
    place: Town, receiver: Crm, own_servers: Servers
) -> None:
    ids: list[UUID] = []
    for _ in range(3):
        stop = Event()
        with ThreadPoolExecutor(3) as senders:
            busy = [senders.submit(_post_until, place, stop) for _ in range(3)]
            Event().wait(0.7)  # every hint that a worker can hold is under way
            place.kill_server(own_servers.valkey)
            Event().wait(1.2)  # none of them can be acknowledged
            own_servers.revive()
            until(own_servers.valkey.answers, "the broker answers")
            stop.set()
            ids += [each for future in busy for each in future.result()]
        until(lambda: not _waiting(place), "the workers hear the bell again")
    place.rest()
    say(f"{len(ids)} forms, the broker died three times")
    _check(place, receiver, ids)


def _waiting(town: Town) -> int:
    """Return how many deliveries and leads wait for a worker."""
    left = ledger.unrest(town.app)
    return left.get("deliveries waiting", 0) + left.get("leads due", 0)


def _post_until(town: Town, stop: Event) -> list[UUID]:
    found = []
    while not stop.wait(0.02):
        found += _posted(town, 1)
    return found


def test_emptied_broker_loses_no_lead(place: Town, receiver: Crm, own_servers: Servers) -> None:
    ids = []
    with redis.Redis.from_url(own_servers.redis_url) as client:
        for _ in range(10):
            ids += _posted(place, 4)
            client.flushall()
    place.rest()
    _check(place, receiver, ids)


def test_dead_database_is_never_a_false_200_and_senders_are_told_when_to_come_back(
    place: Town, receiver: Crm, own_servers: Servers
) -> None:
    before = _posted(place, 5)
    place.kill_server(own_servers.postgres)
    refused: list[Answer] = [post(place.port, forms.generic()) for _ in range(5)]
    assert {answer.status for answer in refused} == {503}
    for answer in refused:
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"] == "application/problem+json"
    own_servers.revive()
    until(own_servers.postgres.answers, "the database answers")
    taken: list[UUID] = []

    def recovered() -> bool:
        answer = post(place.port, forms.generic())
        if answer.status == 200:
            taken.append(answer.delivery_id)
        return answer.status == 200

    until(recovered, "forms are taken again")
    taken += _posted(place, 5)
    place.rest(tend=True)
    _check(place, receiver, before + taken)
