"""Sending over real sockets: what each answer means, and what happens when none comes."""

import base64
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import standardwebhooks
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from router.errors import Misconfigured, Permanent, Slow, Transient
from router.now import unshifted
from router.plugins.destinations.webhook import ANSWER_BYTES, DETAIL_BYTES, Webhook
from router.plugins.kinds import Message

Play = Callable[[socket.socket, threading.Event], None]
StartServer = Callable[[Play], int]
ReadRequest = Callable[[socket.socket], bytes]

BODY = '{"type":"handoff.offered","name":"Zoë"}'.encode()
KEY = "act_01hq7z.2.crm_task"
MESSAGE = Message(key=KEY, kind="handoff.offered", body=BODY, attempt=1)
FIRST = SecretStr("whsec_" + base64.b64encode(b"first secret of the crm").decode())
SECOND = SecretStr("plain text as a secret")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def to(port: int, path: str = "/hooks/t0ken", *secrets: SecretStr) -> Webhook:
    return Webhook("crm", f"http://127.0.0.1:{port}{path}", secrets, allow_private=True)


@pytest.fixture
def webhook(httpserver: HTTPServer) -> Iterator[Webhook]:
    destination = to(httpserver.port, "/hooks/t0ken", FIRST, SECOND)
    yield destination
    destination.close()


def answers(httpserver: HTTPServer, status: int, headers: dict[str, str] | None = None) -> None:
    httpserver.expect_request("/hooks/t0ken").respond_with_data(
        "said the CRM", status=status, headers=headers
    )


def sent(httpserver: HTTPServer) -> Request:
    return httpserver.log[-1][0]


def test_a_message_arrives_as_it_is_with_its_key(httpserver: HTTPServer, webhook: Webhook) -> None:
    answers(httpserver, 200)
    receipt = webhook.send(MESSAGE, 5)
    assert (receipt.status, receipt.detail) == (200, "said the CRM")
    request = sent(httpserver)
    assert (request.method, request.data) == ("POST", BODY)
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Idempotency-Key"] == KEY
    assert request.headers["webhook-id"] == KEY
    assert request.headers["User-Agent"].startswith("lead-router")
    assert request.headers["Host"] == f"127.0.0.1:{httpserver.port}"


@pytest.mark.parametrize(
    "known", [FIRST.get_secret_value(), SECOND.get_secret_value().encode()], ids=["first", "second"]
)
def test_a_receiver_that_knows_either_secret_can_verify(
    httpserver: HTTPServer, webhook: Webhook, known: str | bytes
) -> None:
    answers(httpserver, 204)
    webhook.send(MESSAGE, 5)
    request = sent(httpserver)
    assert len(request.headers["webhook-signature"].split()) == 2
    verified = standardwebhooks.Webhook(known).verify(request.data, dict(request.headers))
    assert verified == {"type": "handoff.offered", "name": "Zoë"}


def test_a_receiver_with_another_secret_cannot_verify(
    httpserver: HTTPServer, webhook: Webhook
) -> None:
    answers(httpserver, 200)
    webhook.send(MESSAGE, 5)
    request = sent(httpserver)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(b"another").verify(request.data, dict(request.headers))


def test_without_a_secret_a_message_goes_unsigned(httpserver: HTTPServer) -> None:
    answers(httpserver, 200)
    destination = to(httpserver.port)
    destination.send(MESSAGE, 5)
    destination.close()
    assert "webhook-signature" not in sent(httpserver).headers


def test_a_proxy_in_the_environment_is_ignored(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    answers(httpserver, 200)
    destination = to(httpserver.port)
    assert destination.send(MESSAGE, 5).status == 200
    destination.close()


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_a_passing_fault_is_tried_again(
    httpserver: HTTPServer, webhook: Webhook, status: int
) -> None:
    answers(httpserver, status)
    with pytest.raises(Transient, match=f"{KEY} to crm .*answered {status}") as failed:
        webhook.send(MESSAGE, 5)
    assert not isinstance(failed.value, Slow)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 422])
def test_a_refusal_is_final_and_quotes_the_answer(
    httpserver: HTTPServer, webhook: Webhook, status: int
) -> None:
    answers(httpserver, status)
    with pytest.raises(Permanent, match=rf"answered {status}.*\(said the CRM\)"):
        webhook.send(MESSAGE, 5)


@pytest.mark.parametrize(("asked", "after_s"), [("30", 30), ("0", 1), ("86400", 3600)])
@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_after_in_seconds_is_kept_within_an_hour(
    httpserver: HTTPServer, webhook: Webhook, status: int, asked: str, after_s: float
) -> None:
    answers(httpserver, status, {"Retry-After": asked})
    with pytest.raises(Slow) as slow:
        webhook.send(MESSAGE, 5)
    assert slow.value.after_s == after_s


def test_a_retry_after_as_a_date_counts_from_now(httpserver: HTTPServer, webhook: Webhook) -> None:
    at = (unshifted() + timedelta(minutes=2)).astimezone(UTC)
    answers(httpserver, 429, {"Retry-After": format_datetime(at, usegmt=True)})
    with pytest.raises(Slow) as slow:
        webhook.send(MESSAGE, 5)
    assert 110 <= slow.value.after_s <= 120


def test_a_retry_after_long_past_still_waits_a_second(
    httpserver: HTTPServer, webhook: Webhook
) -> None:
    past = format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)
    answers(httpserver, 503, {"Retry-After": past})
    with pytest.raises(Slow) as slow:
        webhook.send(MESSAGE, 5)
    assert slow.value.after_s == 1


def test_an_unreadable_retry_after_leaves_the_pause_to_us(
    httpserver: HTTPServer, webhook: Webhook
) -> None:
    answers(httpserver, 429, {"Retry-After": "soon"})
    with pytest.raises(Transient) as failed:
        webhook.send(MESSAGE, 5)
    assert not isinstance(failed.value, Slow)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_not_followed(
    httpserver: HTTPServer, webhook: Webhook, status: int
) -> None:
    answers(httpserver, status, {"Location": httpserver.url_for("/elsewhere")})
    with pytest.raises(Permanent, match="redirect, which is never followed"):
        webhook.send(MESSAGE, 5)
    assert [request.path for request, _ in httpserver.log] == ["/hooks/t0ken"]


def test_a_huge_answer_is_cut_and_only_its_start_is_kept(
    raw_server: StartServer, read_request: ReadRequest
) -> None:
    took: queue.SimpleQueue[int] = queue.SimpleQueue()

    def play(connection: socket.socket, _over: threading.Event) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        count = 0
        try:
            while count < 1_000_000_000:
                count += connection.send(b"x" * 65536)
        finally:
            took.put(count)

    destination = to(raw_server(play))
    receipt = destination.send(MESSAGE, 5)
    destination.close()
    assert receipt.detail == "x" * DETAIL_BYTES
    # What the kernel's buffers held is beyond our reach, the rest of the gigabyte is not.
    assert ANSWER_BYTES <= took.get(timeout=5) < 50_000_000


def test_an_answer_is_cleaned_before_it_is_kept(httpserver: HTTPServer, webhook: Webhook) -> None:
    foreign = "ok\x00\r\n\x1b[31m\u202edone\u2028 \ud7ff".encode() + b"\xff\xfe"
    httpserver.expect_request("/hooks/t0ken").respond_with_data(foreign)
    assert webhook.send(MESSAGE, 5).detail == "ok [31m done"


def test_many_threads_may_send_at_once(httpserver: HTTPServer, webhook: Webhook) -> None:
    def echo(request: Request) -> Response:
        return Response(request.headers["webhook-id"])

    httpserver.expect_request("/hooks/t0ken").respond_with_handler(echo)
    messages = [Message(f"act_{number}", "handoff.offered", BODY, 1) for number in range(60)]
    with ThreadPoolExecutor(8) as threads:
        receipts = list(threads.map(lambda message: webhook.send(message, 10), messages))
    assert [receipt.detail for receipt in receipts] == [message.key for message in messages]


@pytest.mark.parametrize(
    "url", ["ftp://crm.northwind.example/", "https://user:hunter2@crm.northwind.example/", "crm"]
)
def test_an_address_that_cannot_be_used_is_said_at_once(url: str) -> None:
    with pytest.raises(Misconfigured, match="Destination crm: The address") as wrong:
        Webhook("crm", url, ())
    assert "hunter2" not in str(wrong.value)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_hunter2!!", "whsec_hunter2é"])
def test_a_secret_that_cannot_be_used_is_said_without_repeating_it(secret: str) -> None:
    with pytest.raises(Misconfigured, match="Destination crm: a secret cannot be used") as wrong:
        Webhook("crm", "https://crm.northwind.example/", (SecretStr(secret),))
    assert "hunter2" not in str(wrong.value)
    assert wrong.value.__cause__ is None


@pytest.mark.parametrize(
    "message",
    [
        Message("key with a\r\nnewline", "handoff.offered", BODY, 1),
        Message("clé", "handoff.offered", BODY, 1),
        Message(KEY, "handoff.offered", b"\xff", 1),
    ],
    ids=["newline", "not ascii", "not utf-8"],
)
def test_what_cannot_be_sent_is_refused(webhook: Webhook, message: Message) -> None:
    with pytest.raises(Permanent):
        webhook.send(message, 5)


@pytest.mark.parametrize("status", [302, 404, 429, 500])
def test_no_error_shows_a_secret_or_the_path(
    httpserver: HTTPServer, webhook: Webhook, status: int
) -> None:
    answers(
        httpserver, status, {"Location": "https://elsewhere.example/s3cret", "Retry-After": "5"}
    )
    with pytest.raises((Transient, Permanent)) as failed:
        webhook.send(MESSAGE, 5)
    text = str(failed.value)
    assert "t0ken" not in text
    assert "s3cret" not in text
    assert "secret" not in text
    assert "whsec_" not in text
