"""Destinations that fail in every way: nothing is lost, nothing is doubled, nobody else waits."""

import socket
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from uuid import UUID

import pytest

from router.lead.ids import LeadId
from tests.build import events_of
from tests.journey import forms, ledger
from tests.journey.conftest import Build
from tests.journey.crm import Call, Crm, Reply, crm
from tests.journey.post import post
from tests.journey.town import Town, say, until

#: Seconds that a call may take: more than a machine that has much else to do keeps one waiting, for
#: a call that is given up comes twice.
_TIMEOUT_S = 4.0


@pytest.fixture(scope="module")
def receiver() -> Iterator[Crm]:
    """Return a CRM of this module alone: every call that it gets is counted."""
    with crm() as made:
        yield made


@pytest.fixture(scope="module")
def healthy() -> Iterator[Crm]:
    """Return a destination that always answers."""
    with crm("desk", "a-secret-of-the-desk") as made:
        yield made


@pytest.fixture(scope="module")
def place(build: Build, receiver: Crm, healthy: Crm) -> Town:
    """Return a town with two destinations."""
    made = build(
        receiver,
        healthy,
        told={"RETRY_BASE_S": "0.2", "LEASE_S": str(4 * _TIMEOUT_S)},
        limits={"timeout_s": _TIMEOUT_S},
    )
    made.start("web", "road", "deliver", "ticker")
    return made


@pytest.fixture(autouse=True)
def well_again(receiver: Crm) -> Iterator[None]:
    """Let every test begin and end with a CRM that answers."""
    receiver.forget()
    yield
    receiver.recover()


def test_the_receiver_takes_no_half_of_a_message(healthy: Crm) -> None:
    port = int(healthy.url.split(":")[2].split("/")[0])
    with socket.create_connection(("127.0.0.1", port)) as caller:
        head = (
            b"POST /hook HTTP/1.1\r\nhost: crm\r\nwebhook-id: half\r\ncontent-length: 100\r\n\r\n"
        )
        caller.sendall(head + b'{"type": ')
    until(lambda: healthy.torn == 1, "the cut call is noticed")
    assert "half" not in healthy.bodies()


def _leads(town: Town, count: int) -> list[UUID]:
    """Post inquiries that get their owner at once; return the leads."""
    answers = [post(town.port, forms.generic(wait=True)) for _ in range(count)]
    return [UUID(answer.said["lead_id"]) for answer in answers]


def _refuse_first(receiver: Crm, times: int, reply: Reply) -> None:
    """Make the CRM answer so to the first calls of each key."""
    seen: Counter[str] = Counter()

    def answer(call: Call) -> Reply:
        seen[call.key] += 1
        return reply if seen[call.key] <= times else Reply()

    receiver.reply = answer


def test_destination_that_hangs_gets_everything_later_and_delays_no_other(
    place: Town, receiver: Crm, healthy: Crm
) -> None:
    receiver.hang()
    leads = _leads(place, 60)
    until(lambda: {call.lead_id for call in healthy.taken} >= set(leads), "the healthy one has all")
    late = sorted(call.late_s for call in healthy.taken if call.lead_id in set(leads))
    until(lambda: len(receiver.calls) >= 8, "the sick one was tried")
    assert receiver.taken == []
    receiver.recover()
    place.rest()
    taken = Counter(call.key for call in receiver.taken)
    repeated = len(receiver.calls) - len(taken)
    p95 = late[int(len(late) * 0.95)]
    say(f"healthy p95 {p95:.2f} s; the sick one was called {repeated} times more")
    # Whoever waited for one call to the sick one waited longer.
    assert p95 < _TIMEOUT_S
    assert len(taken) == len(leads)
    assert set(taken.values()) == {1}
    ledger.check_receiver(place.app, receiver, leads)
    ledger.check_receiver(place.app, healthy, leads)


@pytest.mark.parametrize("reply", [Reply(500), Reply(503), Reply(close=True)], ids=str)
def test_passing_fault_is_tried_again_with_the_same_key_and_bytes(
    place: Town, receiver: Crm, reply: Reply
) -> None:
    _refuse_first(receiver, 2, reply)
    leads = _leads(place, 3)
    until(lambda: len(receiver.taken) == 3, "all arrived")
    assert Counter(call.lead_id for call in receiver.calls) == dict.fromkeys(leads, 3)
    assert all(len(bodies) == 1 for bodies in receiver.bodies().values())
    assert len(receiver.bodies()) == 3


def test_destination_that_asks_to_wait_is_left_alone_for_as_long(
    place: Town, receiver: Crm
) -> None:
    _refuse_first(receiver, 1, Reply(429, {"retry-after": "2"}))
    _leads(place, 1)
    until(lambda: len(receiver.taken) == 1, "it arrived")
    (pause,) = [second.at - first.at for first, second in pairwise(receiver.calls)]
    assert pause.total_seconds() > 1.9


def test_refused_message_is_parked_shown_and_replayed_under_its_key(
    place: Town, receiver: Crm
) -> None:
    receiver.reply = lambda _call: Reply(422)
    (lead_id,) = _leads(place, 1)
    until(lambda: bool(receiver.calls), "it was tried")
    ends = {"action.parked", "action.sent"}
    until(lambda: ends <= set(events_of(place.app, LeadId(lead_id))), "one is parked, one sent")
    (parked,) = place.api("/actions?state=parked").said["items"]
    assert (parked["lead_id"], parked["attempts"]) == (str(lead_id), 1)
    assert "answered 422" in parked["last_error"]
    action_id = parked["id"]
    assert len(receiver.calls) == 1
    receiver.recover()
    replayed = place.api(f"/actions/{action_id}/replay", {})
    assert (replayed.status, replayed.said["state"]) == (200, "pending")
    until(lambda: len(receiver.taken) == 1, "it arrived")
    first, second = receiver.calls
    assert (first.key, first.body) == (second.key, second.body)
    place.rest()
    told = events_of(place.app, LeadId(lead_id))
    assert told[-2:] == ["action.replayed", "action.sent"]


def test_stopped_outbound_holds_everything_until_it_is_started(
    place: Town, receiver: Crm, healthy: Crm
) -> None:
    healthy.forget()
    said = place.cli("outbound", "stop")
    assert "Nothing leaves any more" in said
    leads = _leads(place, 10)
    assert len(set(leads)) == 10
    said = place.cli("outbound", "stop")
    assert "(20 actions wait)" in said
    assert receiver.calls == healthy.calls == []
    place.cli("outbound", "start")
    place.rest()
    assert Counter(call.lead_id for call in receiver.taken) == dict.fromkeys(leads, 1)
    assert Counter(call.lead_id for call in healthy.taken) == dict.fromkeys(leads, 1)
    ledger.check_chains(place.app)
    assert place.faults() == []
