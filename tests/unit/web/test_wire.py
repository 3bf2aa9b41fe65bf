"""How answers leave: in one piece, in order, and never later than the connection's end."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from router.web.wire import Gathering


class Socket(asyncio.Transport):
    """Notes what reaches it, in order."""

    def __init__(self) -> None:
        """Start open."""
        super().__init__()
        self.seen: list[bytes | str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Note a piece."""
        self.seen.append(bytes(data))

    def close(self) -> None:
        """Note the end."""
        self.seen.append("closed")

    def abort(self) -> None:
        """Note the sudden end."""
        self.seen.append("aborted")


@dataclass
class Line:
    """A gathering transport, what is behind it, and what the loop would do next."""

    socket: Socket = field(default_factory=Socket)
    soon: list[Callable[[], None]] = field(default_factory=list)
    gathering: Gathering = field(init=False)

    def __post_init__(self) -> None:
        """Put the one before the other."""
        self.gathering = Gathering(self.socket, self.soon.append)

    def turn(self) -> None:
        """Let the loop turn once."""
        due, self.soon[:] = list(self.soon), []
        for function in due:
            function()


@pytest.fixture
def line() -> Line:
    """Return a line on which nothing was written."""
    return Line()


def test_what_is_written_in_one_turn_leaves_in_one_piece(line: Line) -> None:
    line.gathering.write(b"head")
    line.gathering.writelines([b"bo", b"dy"])
    assert line.socket.seen == []
    line.turn()
    line.gathering.write(b"next")
    line.turn()
    assert line.socket.seen == [b"headbody", b"next"]


def test_a_long_answer_is_not_held_back(line: Line) -> None:
    line.gathering.write(b"head")
    line.gathering.write(b"x" * 70_000)
    assert line.socket.seen == [b"head" + b"x" * 70_000]
    line.turn()
    assert len(line.socket.seen) == 1


def test_closing_sends_what_was_written_first(line: Line) -> None:
    line.gathering.write(b"answer")
    line.gathering.close()
    line.turn()
    assert line.socket.seen == [b"answer", "closed"]


def test_an_aborted_connection_sends_nothing_more(line: Line) -> None:
    line.gathering.write(b"answer")
    line.gathering.abort()
    line.turn()
    assert line.socket.seen == ["aborted"]
