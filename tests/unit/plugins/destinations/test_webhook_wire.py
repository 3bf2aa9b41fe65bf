"""Sending to servers that misbehave on the wire, and to names that lead elsewhere."""

import socket
import threading
from collections.abc import Callable

import pytest
from pytest_httpserver import HTTPServer

from router.errors import Permanent, Transient
from router.now import ticks
from router.plugins.destinations.webhook import Webhook
from router.plugins.kinds import Message

Play = Callable[[socket.socket, threading.Event], None]
StartServer = Callable[[Play], int]
ReadRequest = Callable[[socket.socket], bytes]

BODY = '{"type":"handoff.offered","name":"Zoë"}'.encode()
KEY = "act_01hq7z.2.crm_task"
MESSAGE = Message(key=KEY, kind="handoff.offered", body=BODY, attempt=1)
#: What holds us does so for so many seconds at least: a send that takes half of it met no deadline.
HELD_S = 30
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def to(port: int) -> Webhook:
    return Webhook("crm", f"http://127.0.0.1:{port}/hooks/t0ken", (), allow_private=True)


def test_headers_that_dribble_cannot_hold_us_past_the_deadline(
    raw_server: StartServer, read_request: ReadRequest
) -> None:
    def play(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000:
            connection.sendall(bytes([letter]))
            over.wait(0.05)

    destination = to(raw_server(play))
    began = ticks()
    with pytest.raises(Transient, match=r"no complete answer within 0\.4 s"):
        destination.send(MESSAGE, 0.4)
    assert 0.35 <= ticks() - began < HELD_S / 2
    destination.close()


def test_a_body_that_dribbles_cannot_hold_us_past_the_deadline(
    raw_server: StartServer, read_request: ReadRequest
) -> None:
    def play(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b"x")
            over.wait(0.05)

    destination = to(raw_server(play))
    began = ticks()
    with pytest.raises(Transient, match="no complete answer"):
        destination.send(MESSAGE, 0.4)
    assert 0.35 <= ticks() - began < HELD_S / 2
    destination.close()


def test_a_server_that_reads_slowly_cannot_hold_us_past_the_deadline(
    raw_server: StartServer,
) -> None:
    def play(connection: socket.socket, over: threading.Event) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        while not over.is_set() and connection.recv(512):
            over.wait(0.05)

    destination = to(raw_server(play))
    began = ticks()
    with pytest.raises(Transient, match="no complete answer"):
        destination.send(Message(KEY, "handoff.offered", b'"' + b"x" * 20_000_000 + b'"', 1), 0.4)
    assert ticks() - began < HELD_S / 2
    destination.close()


def test_a_connection_that_breaks_off_is_tried_again(
    raw_server: StartServer, read_request: ReadRequest
) -> None:
    parts = iter([b"", b"HTTP/1.1 20", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"])

    def play(connection: socket.socket, _over: threading.Event) -> None:
        read_request(connection)
        connection.sendall(next(parts))

    destination = to(raw_server(play))
    for _ in range(3):
        with pytest.raises(Transient, match="the connection failed"):
            destination.send(MESSAGE, 5)
    destination.close()


def test_an_answer_that_is_not_http_is_tried_again(
    raw_server: StartServer, read_request: ReadRequest
) -> None:
    def play(connection: socket.socket, _over: threading.Event) -> None:
        read_request(connection)
        connection.sendall(b"SSH-2.0-OpenSSH_9.0\r\n\r\n")

    destination = to(raw_server(play))
    with pytest.raises(Transient, match="the connection failed"):
        destination.send(MESSAGE, 5)
    destination.close()


def test_nobody_listening_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    destination = to(port)
    with pytest.raises(Transient, match="the connection failed"):
        destination.send(MESSAGE, 5)
    destination.close()


def test_one_connection_serves_many_messages(
    raw_server: StartServer, read_request: ReadRequest
) -> None:
    connections: list[int] = []

    def play(connection: socket.socket, _over: threading.Event) -> None:
        connections.append(1)
        while request := read_request(connection):
            assert request.endswith(BODY)
            connection.sendall(OK)

    destination = to(raw_server(play))
    for _ in range(5):
        assert destination.send(MESSAGE, 5).status == 200
    destination.close()
    assert len(connections) == 1


def test_a_private_address_behind_a_public_name_is_refused(httpserver: HTTPServer) -> None:
    def resolver(_host: str, _port: int) -> tuple[str, ...]:
        return ("127.0.0.1",)

    destination = Webhook(
        "crm", f"http://crm.northwind.example:{httpserver.port}/", (), resolver=resolver
    )
    with pytest.raises(Permanent, match=r"127\.0\.0\.1, which is loopback: not called"):
        destination.send(MESSAGE, 5)
    destination.close()
    assert not httpserver.log


def test_a_name_server_that_changes_its_mind_cannot_redirect_us(
    raw_server: StartServer, read_request: ReadRequest
) -> None:
    requests: list[bytes] = []
    asked: list[str] = []
    dialled: list[tuple[str, int]] = []

    def play(connection: socket.socket, _over: threading.Event) -> None:
        requests.append(read_request(connection))
        connection.sendall(OK)

    port = raw_server(play)

    def resolver(host: str, _port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("8.8.8.8",) if len(asked) == 1 else ("169.254.169.254",)

    def dial(address: str, port_asked: int, timeout_s: float) -> socket.socket:
        dialled.append((address, port_asked))
        return socket.create_connection(("127.0.0.1", port), timeout_s)

    destination = Webhook(
        "crm", "http://crm.northwind.example/hooks", (), resolver=resolver, dial=dial
    )
    assert destination.send(MESSAGE, 5).status == 200
    assert (asked, dialled) == (["crm.northwind.example"], [("8.8.8.8", 80)])
    assert b"\r\nHost: crm.northwind.example\r\n" in requests[0]
    with pytest.raises(Permanent, match="link-local"):
        destination.send(MESSAGE, 5)
    assert len(dialled) == 1
    destination.close()


def test_an_address_that_does_not_listen_gives_way_to_the_next(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hooks/t0ken").respond_with_data("said the CRM")
    dialled: list[str] = []

    def resolver(_host: str, _port: int) -> tuple[str, ...]:
        return ("2606:4700:4700::1111", "8.8.8.8")

    def dial(address: str, port: int, timeout_s: float) -> socket.socket:
        dialled.append(address)
        if ":" in address:
            raise OSError(address)
        return socket.create_connection(("127.0.0.1", port), timeout_s)

    destination = Webhook(
        "crm",
        f"http://crm.northwind.example:{httpserver.port}/hooks/t0ken",
        (),
        resolver=resolver,
        dial=dial,
    )
    assert destination.send(MESSAGE, 5).status == 200
    assert dialled == ["2606:4700:4700::1111", "8.8.8.8"]
    destination.close()


def test_a_slow_name_server_counts_against_the_deadline() -> None:
    over = threading.Event()

    def resolver(_host: str, _port: int) -> tuple[str, ...]:
        over.wait(HELD_S)
        return ()

    destination = Webhook("crm", "http://crm.northwind.example/", (), resolver=resolver)
    began = ticks()
    with pytest.raises(Transient, match="could not be looked up in time"):
        destination.send(MESSAGE, 0.3)
    assert ticks() - began < HELD_S / 2
    over.set()
    destination.close()


def test_encryption_asks_for_the_original_name_and_a_broken_handshake_is_tried_again(
    raw_server: StartServer,
) -> None:
    hellos: list[bytes] = []

    def play(connection: socket.socket, _over: threading.Event) -> None:
        hellos.append(connection.recv(65536))

    port = raw_server(play)

    def resolver(_host: str, _port: int) -> tuple[str, ...]:
        return ("8.8.8.8",)

    def dial(_address: str, _port: int, timeout_s: float) -> socket.socket:
        return socket.create_connection(("127.0.0.1", port), timeout_s)

    destination = Webhook("crm", "https://crm.northwind.example/", (), resolver=resolver, dial=dial)
    with pytest.raises(Transient, match="the connection failed"):
        destination.send(MESSAGE, 5)
    destination.close()
    assert b"crm.northwind.example" in hellos[0]


def test_a_handshake_that_hangs_ends_in_time(raw_server: StartServer) -> None:
    def play(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65536)
        over.wait(HELD_S)

    port = raw_server(play)
    destination = Webhook("crm", f"https://127.0.0.1:{port}/", (), allow_private=True)
    began = ticks()
    with pytest.raises(Transient, match="no complete answer"):
        destination.send(MESSAGE, 0.3)
    assert ticks() - began < HELD_S / 2
    destination.close()
