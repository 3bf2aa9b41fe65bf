"""What leaves: leased, sent in order, settled by the holder of the fence alone."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from router.app import App, build_app
from router.lead.model import Lead
from router.now import now as read_now
from router.now import ticks
from router.road.act import act
from router.road.deliver import Outbound
from router.road.drain import Road
from router.road.replay import replay_action
from router.settings import DestinationSettings, Settings
from router.stages.desk import decide as desk
from router.store import actions, traffic
from router.store.pacing import Pace, allowed, refund, spend
from router.store.processes import database_now
from router.store.tx import transaction
from router.store.writes import Into, Writes, action_row, flush
from tests.build import events_of, inquiry, messages_of, send, time_stands_at


class Peer:
    """A destination that answers as it is told and keeps what it was sent."""

    def __init__(self, server: HTTPServer) -> None:
        self.seen: list[tuple[str, bytes]] = []
        self.answer = Response(status=200)
        server.expect_request("/hook").respond_with_handler(self._take)
        self.url = server.url_for("/hook")

    def _take(self, request: Request) -> Response:
        self.seen.append((request.headers["webhook-id"], request.get_data()))
        return self.answer


@pytest.fixture
def peer(httpserver: HTTPServer) -> Peer:
    """Return a destination that listens."""
    return Peer(httpserver)


@pytest.fixture
def town(database_url: str, redis_url: str, peer: Peer) -> Iterator[App]:
    """Return a process's parts whose only destination is the peer."""
    settings = Settings(
        database_url=SecretStr(database_url),
        redis_url=SecretStr(redis_url),
        deliver_attempts=3,
        destinations={"crm": DestinationSettings(url=peer.url, allow_private=True, in_flight=2)},
    )
    made = build_app(settings)
    with transaction(made.engine) as tx:
        tx.run("UPDATE action SET state = 'withdrawn' WHERE state IN ('pending', 'sending')")
    yield made
    made.close()


def offered(town: App) -> Lead:
    """Return a lead whose handoff waits to be sent."""
    return send(Road(town), inquiry())


def decline(town: App, lead: Lead) -> Lead:
    """Decline a lead as its owner."""
    person = lead.owner.id if lead.owner else ""
    return act(
        Road(town), lead.id, lambda it: desk.decline(it.lead, person, "full", it.now, book=it.book)
    )


def test_handoff_is_sent_once_with_its_receipt_in_the_lead_s_events(town: App, peer: Peer) -> None:
    lead = offered(town)
    assert Outbound(town).deliver("crm") == 1
    assert Outbound(town).deliver("crm") == 0
    assert len(peer.seen) == 1
    assert messages_of(town, lead.id) == [("handoff.offered", "sent")]
    assert events_of(town, lead.id)[-1] == "action.sent"


def test_messages_of_a_lead_leave_in_their_order(town: App, peer: Peer) -> None:
    lead = offered(town)
    outbound = Outbound(town)
    outbound.deliver("crm")
    decline(town, lead)
    while outbound.deliver("crm"):
        continue
    assert [kind for kind, _ in messages_of(town, lead.id)] == [
        "handoff.offered",
        "handoff.offered",
        "handoff.withdrawn",
    ]
    keys = [key for key, _ in peer.seen]
    assert len(keys) == len(set(keys)) == 3


def test_offer_that_was_overtaken_is_withdrawn_unsent(town: App, peer: Peer) -> None:
    lead = offered(town)
    decline(town, lead)
    while Outbound(town).deliver("crm"):
        continue
    states = messages_of(town, lead.id)
    assert states[0] == ("handoff.offered", "withdrawn")
    assert len(peer.seen) == 2


def test_refused_for_now_is_tried_again_with_the_same_key_and_body(town: App, peer: Peer) -> None:
    lead = offered(town)
    peer.answer = Response(status=503, headers={"Retry-After": "7"})
    Outbound(town).deliver("crm")
    assert messages_of(town, lead.id) == [("handoff.offered", "pending")]
    peer.answer = Response(status=200)
    with time_stands_at(read_now() + timedelta(seconds=8)):
        Outbound(town).deliver("crm")
    assert messages_of(town, lead.id) == [("handoff.offered", "sent")]
    assert peer.seen[0] == peer.seen[1]


def test_attempts_spent_park_it_and_a_replay_sends_the_same_key(town: App, peer: Peer) -> None:
    lead = offered(town)
    peer.answer = Response(status=500)
    for minute in range(3):
        with time_stands_at(read_now() + timedelta(minutes=10 * minute)):
            Outbound(town).deliver("crm")
    assert messages_of(town, lead.id) == [("handoff.offered", "parked")]
    assert events_of(town, lead.id)[-1] == "action.parked"
    peer.answer = Response(status=200)
    with transaction(town.engine) as tx:
        row = tx.row("SELECT id FROM action WHERE lead_id = %s", (lead.id,))
        assert row is not None
        assert actions.replay(tx, row[0], read_now())
    Outbound(town).deliver("crm")
    assert messages_of(town, lead.id) == [("handoff.offered", "sent")]
    assert len({key for key, _ in peer.seen}) == 1


def test_refused_for_good_is_parked_at_once(town: App, peer: Peer) -> None:
    lead = offered(town)
    peer.answer = Response(status=410)
    Outbound(town).deliver("crm")
    assert messages_of(town, lead.id) == [("handoff.offered", "parked")]
    assert len(peer.seen) == 1


def test_lease_that_ran_out_is_taken_over_and_the_late_receipt_writes_nothing(town: App) -> None:
    lead = offered(town)
    now = read_now()
    over, long = timedelta(0), timedelta(minutes=1)
    with transaction(town.engine) as tx:
        (slow,) = actions.lease_actions(tx, "crm", now=now, lease=over, in_flight=2, most=1)
    with transaction(town.engine) as tx:
        (fast,) = actions.lease_actions(tx, "crm", now=now, lease=long, in_flight=2, most=1)
        assert (fast.key, fast.body, fast.fence) == (slow.key, slow.body, slow.fence + 1)
    with transaction(town.engine) as tx:
        assert actions.lease_actions(tx, "crm", now=now, lease=long, in_flight=2, most=1) == []
    with transaction(town.engine) as tx:
        assert not actions.finish(tx, slow, status=200, detail="", now=now)
        assert actions.finish(tx, fast, status=200, detail="", now=now)
    assert messages_of(town, lead.id) == [("handoff.offered", "sent")]


def test_no_more_calls_are_under_way_than_the_destination_allows(town: App) -> None:
    for _ in range(5):
        offered(town)
    now, long = read_now(), timedelta(minutes=1)
    with transaction(town.engine) as tx:
        held = actions.lease_actions(tx, "crm", now=now, lease=long, in_flight=2, most=8)
    assert len(held) == 2
    with transaction(town.engine) as tx:
        assert actions.lease_actions(tx, "crm", now=now, lease=long, in_flight=2, most=8) == []


def test_outbound_stop_holds_everything_and_start_lets_it_go(town: App, peer: Peer) -> None:
    lead = offered(town)
    with transaction(town.engine) as tx:
        actions.hold_outbound(tx, hold=True, by="operator", now=read_now())
    assert Outbound(town).deliver("crm") == 0
    assert peer.seen == []
    with transaction(town.engine) as tx:
        actions.hold_outbound(tx, hold=False, by="operator", now=read_now())
    Outbound(town).deliver("crm")
    assert messages_of(town, lead.id) == [("handoff.offered", "sent")]


@pytest.fixture
def paced(town: App, peer: Peer) -> Iterator[App]:
    """Return the same parts, where the peer allows five calls a second and three at once."""
    told = DestinationSettings(url=peer.url, allow_private=True, per_second=5, burst=3)
    settings = town.settings.model_copy(update={"destinations": {"crm": told}})
    made = build_app(settings)
    with transaction(made.engine) as tx:
        tx.run("DELETE FROM pace")
    yield made
    made.close()


def test_calls_a_second_are_limited_over_all_workers(paced: App, peer: Peer) -> None:
    for _ in range(12):
        offered(paced)
    workers = [Outbound(paced), Outbound(paced), Outbound(paced)]
    started = ticks()
    # Beyond the burst, for a machine that has much else to do may be slow to come to more.
    while ticks() - started < 1.0 or len(peer.seen) <= 3:
        for worker in workers:
            worker.deliver("crm")
    took = ticks() - started
    assert 3 < len(peer.seen) <= 3 + 5 * took
    assert len({key for key, _ in peer.seen}) == len(peer.seen)


def test_job_that_finds_no_call_left_ends_at_once_and_its_action_waits_unharmed(
    paced: App, peer: Peer
) -> None:
    lead = [offered(paced) for _ in range(4)][-1]
    outbound = Outbound(paced)
    with transaction(paced.engine) as tx:
        spend(tx, "crm", Pace(5, 3), 3 + 5 * 60, database_now(tx))
    took = []
    for _ in range(5):
        started = ticks()
        assert outbound.deliver("crm") == 0
        took.append(ticks() - started)
    # A machine that has much else to do is slow now and then; a job that waits always is.
    assert min(took) < 1.0
    assert peer.seen == []
    assert messages_of(paced, lead.id) == [("handoff.offered", "pending")]


def test_calls_that_were_counted_and_not_made_are_given_back(paced: App, peer: Peer) -> None:
    for _ in range(3):
        offered(paced)
    pace = Pace(0.01, 3)
    with transaction(paced.engine) as tx:
        claimed = actions.lease_actions(
            tx, "crm", now=read_now(), lease=timedelta(minutes=1), in_flight=8, most=8, pace=pace
        )
        assert len(claimed) == 3
        assert allowed(tx, "crm", pace, database_now(tx)) == 0
        for leased in claimed:
            actions.unsent(tx, leased, now=read_now())
        refund(tx, "crm", pace, len(claimed))
        assert allowed(tx, "crm", pace, database_now(tx)) == 3
    assert peer.seen == []


def test_message_of_no_lead_waits_for_nobody_and_holds_nobody_up(town: App, peer: Peer) -> None:
    now, lead = read_now(), offered(town)
    with transaction(town.engine) as tx:
        for number in range(2):
            row = action_row(
                action_id=uuid4(),
                lead_id=None,
                seq=0,
                kind="book.changed",
                destination="crm",
                key=f"book.{number}.crm",
                body=b"{}",
                now=now - timedelta(minutes=1),
            )
            writes = Writes()
            writes.put(Into.ACTION, row)
            flush(tx, writes)
    with transaction(town.engine) as tx:
        held = actions.lease_actions(
            tx, "crm", now=read_now(), lease=timedelta(seconds=30), in_flight=2, most=1
        )
        assert [each.lead_id for each in held] == [None]
    # One of them is under way: neither its sister nor the lead's own message waits for it.
    while Outbound(town).deliver("crm"):
        continue
    assert messages_of(town, lead.id) == [("handoff.offered", "sent")]
    assert {key for key, _ in peer.seen} >= {"book.1.crm"}
    with transaction(town.engine) as tx:
        assert actions.park(tx, held[0], error="asked by the test", now=read_now())
        parked = traffic.action(tx, held[0].id)
    assert parked is not None
    assert (parked.lead_id, parked.state) == (None, "parked")
    replay_action(Road(town), held[0].id, "ops")
    Outbound(town).deliver("crm")
    assert "book.0.crm" in {key for key, _ in peer.seen}
