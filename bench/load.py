"""The load generator, a process of its own: as cheap as Python allows, for it shares the machine.

``python -m bench.load --port PORT --connections 64`` posts unique bodies over kept connections, one
request under way on each, and prints what came back as JSON. Bounded in time and in number.
"""

import argparse
import asyncio
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle

import orjson
import uvloop

from bench.figures import percentile
from bench.leads import Inquiries
from router.now import ticks

_HOST = "127.0.0.1"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_OK = b"HTTP/1.1 200"


@dataclass(slots=True)
class Round:
    """What was sent and what came back."""

    requests: Iterator[bytes]
    #: Monotonic seconds between which answers count; before, everything warms up.
    begin: float
    end: float
    #: What an answer must hold to count as good.
    expected: bytes
    left: int = 0
    bad: int = 0
    example: bytes = b""
    #: Seconds from request to answer, of those that count.
    took: list[float] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def gone(self) -> None:
        """Note that a connection has ended."""
        self.left -= 1
        if not self.left:
            self.done.set()


class Connection(asyncio.Protocol):
    """One kept connection with one request under way."""

    def __init__(self, of: Round) -> None:
        """Take part in a round.

        Args:
            of: Where requests come from and answers are counted.
        """
        self._round = of
        self._read = b""
        self._sent = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = transport  # type: ignore[assignment]  # a stream's is one that writes
        self._send()

    def data_received(self, data: bytes) -> None:
        """Count an answer once it is whole, and send the next request."""
        read = self._read + data if self._read else data
        head = read.find(b"\r\n\r\n")
        length = _LENGTH.search(read, 0, head) if head >= 0 else None
        if head < 0 or length is None or len(read) < head + 4 + int(length[1]):
            self._read = read
            return
        self._read = b""
        moment = ticks()
        if not read.startswith(_OK) or self._round.expected not in read:
            self._round.bad += 1
            self._round.example = read[:500]
        elif self._round.begin <= moment <= self._round.end:
            self._round.took.append(moment - self._sent)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the round."""
        if exc is not None or self._read:
            self._round.bad += 1
        self._round.gone()

    def _send(self) -> None:
        request = next(self._round.requests, None)
        if request is None or ticks() > self._round.end:
            self._transport.close()
            return
        self._sent = ticks()
        self._transport.write(request)


def requests(count: int, path: str, tag: str, seed: int) -> list[bytes]:
    """Make unique requests ahead of time, so that sending costs nothing but the sending.

    >>> requests(1, "/in/generic", "doc", 1)[0][:25]
    b'POST /in/generic HTTP/1.1'

    Args:
        count: How many.
        path: Where they go.
        tag: Of the inquiries.
        seed: Of the inquiries.
    """
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {_HOST}\r\nContent-Type: application/json\r\n"
        "User-Agent: bench\r\nContent-Length: "
    ).encode()
    bodies = Inquiries(tag, seed).bodies(count)
    return [b"%b%d\r\n\r\n%b" % (head, len(body), body) for body in bodies]


async def play(port: int, connections: int, of: Round) -> None:
    """Play a round to its end.

    Args:
        port: Of the web process on this machine.
        connections: How many at once.
        of: What to send; filled with what came back.
    """
    loop = asyncio.get_running_loop()
    of.left = connections
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(of), _HOST, port)
    await of.done.wait()


def main() -> None:
    """Read the command line, play, print the result as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--warm", type=float, default=1.0, help="seconds before it counts")
    parser.add_argument("--count", type=int, default=100_000, help="most requests")
    parser.add_argument("--path", default="/in/generic")
    parser.add_argument("--tag", default="load")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="send them over and over")
    parser.add_argument("--expect", default="", help="what a good answer holds")
    told = parser.parse_args()
    made = requests(told.count, told.path, told.tag, told.seed)
    begin = ticks() + told.warm
    posts = cycle(made) if told.again else iter(made)
    of = Round(posts, begin, begin + told.seconds, told.expect.encode())
    uvloop.run(play(told.port, told.connections, of))
    seconds = min(ticks(), of.end) - begin
    result = {
        "good": len(of.took),
        "bad": of.bad,
        "example": of.example.decode("latin-1"),
        "seconds": seconds,
        "rate": len(of.took) / seconds,
        "p50": percentile(of.took, 0.5) * 1000 if of.took else 0.0,
        "p99": percentile(of.took, 0.99) * 1000 if of.took else 0.0,
    }
    sys.stdout.write(orjson.dumps(result).decode() + "\n")


if __name__ == "__main__":
    main()
