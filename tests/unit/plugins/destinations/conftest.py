"""Servers that misbehave on the wire, each in a thread of its own."""

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

Play = Callable[[socket.socket, threading.Event], None]


def _read_request(connection: socket.socket) -> bytes:
    """Read one whole request; empty when the other side has closed."""
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
        head, separator, body = received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if separator and len(body) >= int(length[1] if length else 0):
            break
    return received


@pytest.fixture
def read_request() -> Callable[[socket.socket], bytes]:
    return _read_request


@pytest.fixture
def raw_server() -> Iterator[Callable[[Play], int]]:
    """Start a server that plays a part on each connection; gives its port on 127.0.0.1."""
    over = threading.Event()
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(listener: socket.socket, play: Play) -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                play(connection, over)

    def start(play: Play) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=serve, args=(listener, play), daemon=True)
        thread.start()
        listeners.append(listener)
        threads.append(thread)
        return int(listener.getsockname()[1])

    yield start
    over.set()
    for listener in listeners:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(5)
