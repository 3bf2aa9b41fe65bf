"""What every destination must do, whoever wrote it: the promises of ``Destination.send``."""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer

from router.errors import Permanent, Slow, Transient
from router.now import ticks
from router.plugins import registry
from router.plugins.kinds import Destination, Message, Receipt
from router.settings import DestinationSettings

SECRET = SecretStr("a secret of the contract suite")
MESSAGE = Message(
    key="act_01hq7z.2.crm_task", kind="handoff.offered", body=b'{"lead":"0197"}', attempt=1
)
Make = Callable[[str], Destination]


@pytest.fixture(params=registry.known(registry.DESTINATIONS))
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Make one kind of destination for a URL; it is closed at the end."""
    made: list[Destination] = []

    def make_one(url: str) -> Destination:
        settings = DestinationSettings(
            kind=request.param,
            url=url,
            secret="crm",  # noqa: S106 - a secret's name
            allow_private=True,
        )
        made.append(registry.destination("crm", settings, (SECRET,)))
        return made[-1]

    yield make_one
    for destination in made:
        destination.close()


def test_it_has_the_name_it_was_given(make: Make) -> None:
    assert make("https://crm.northwind.example/").name == "crm"


def test_a_success_gives_a_receipt(make: Make, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("taken", status=201)
    receipt = make(httpserver.url_for("/")).send(MESSAGE, 5)
    assert receipt == Receipt(201, "taken")


def test_a_repeat_sends_the_same_key_and_the_same_bytes(make: Make, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("taken")
    destination = make(httpserver.url_for("/"))
    for attempt in (1, 2):
        destination.send(Message(MESSAGE.key, MESSAGE.kind, MESSAGE.body, attempt), 5)
    first, second = (request for request, _ in httpserver.log)
    assert first.data == second.data == MESSAGE.body
    assert MESSAGE.key in first.headers.values()
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_fault_is_transient(make: Make, httpserver: HTTPServer, status: int) -> None:
    httpserver.expect_request("/").respond_with_data("later", status=status)
    with pytest.raises(Transient):
        make(httpserver.url_for("/")).send(MESSAGE, 5)


def test_being_asked_to_wait_is_slow(make: Make, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(
        "later", status=429, headers={"Retry-After": "7"}
    )
    with pytest.raises(Slow) as slow:
        make(httpserver.url_for("/")).send(MESSAGE, 5)
    assert slow.value.after_s == 7


@pytest.mark.parametrize("status", [302, 400, 401, 404, 410, 422])
def test_a_refusal_is_permanent(make: Make, httpserver: HTTPServer, status: int) -> None:
    httpserver.expect_request("/").respond_with_data("no", status=status)
    with pytest.raises(Permanent):
        make(httpserver.url_for("/")).send(MESSAGE, 5)


def test_nobody_there_is_transient(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Transient):
        make(f"http://127.0.0.1:{port}/").send(MESSAGE, 5)


def test_silence_is_transient_and_ends_by_the_deadline(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        destination = make(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        began = ticks()
        with pytest.raises(Transient):
            destination.send(MESSAGE, 0.3)
        # Without a deadline it would wait for ever.
        assert ticks() - began < 15


def test_no_error_shows_the_secret(make: Make, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("no", status=400)
    with pytest.raises(Permanent) as refused:
        make(httpserver.url_for("/")).send(MESSAGE, 5)
    assert SECRET.get_secret_value() not in str(refused.value)


def test_many_threads_may_send_at_once(make: Make, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("taken")
    destination = make(httpserver.url_for("/"))
    messages = [Message(f"act_{number}", "handoff.offered", b"{}", 1) for number in range(24)]
    with ThreadPoolExecutor(6) as threads:
        receipts = list(threads.map(lambda message: destination.send(message, 10), messages))
    assert {receipt.status for receipt in receipts} == {200}
    assert len(httpserver.log) == len(messages)


def test_closing_twice_is_harmless(make: Make, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("taken")
    destination = make(httpserver.url_for("/"))
    destination.send(MESSAGE, 5)
    destination.close()
    destination.close()
