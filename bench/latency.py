"""How long it takes from a form's POST to a committed owner, at a steady pace.

Open loop: requests leave on schedule whatever the answers do. An observer asks the database once a
millisecond, on a connection of its own, which of them have an owner by now. The moment of a commit
lies between the last look that did not see it and the one that did: the middle counts.
"""

import asyncio
import threading
from dataclasses import dataclass, field
from typing import LiteralString

import psycopg
import uvloop
from psycopg.rows import TupleRow

from bench.figures import percentile
from bench.leads import Inquiries
from bench.site import HOST, BrokenError, Site
from router.now import ticks

PACE = 50
"""Requests a second."""
_LOOK_S = 0.001
_HEAD = b"HTTP/1.1 "
_WARM_S = 3.0
_LATE_S = 5.0
_SETTLED: LiteralString = (
    "SELECT item_key, owner_id FROM lead WHERE book = 'default' AND source = 'generic'"
    " AND item_key = ANY(%s) AND due_at IS NULL"
)


@dataclass(slots=True)
class Journey:
    """One inquiry on its way; monotonic seconds."""

    sent: float
    answered: float = 0.0
    #: Between these two its owner was committed; 0 until it was seen.
    after: float = 0.0
    before: float = 0.0
    #: Whether it found an owner; what a person must look at, or what was merged, has none.
    owned: bool = False


@dataclass(slots=True)
class Watch:
    """What is under way, shared by the sender and the observer."""

    journeys: dict[str, Journey] = field(default_factory=dict)
    under_way: set[str] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)
    failure: Exception | None = None

    def observe(self, connection: psycopg.Connection[TupleRow]) -> None:
        """Look once a millisecond until it is over; for a thread of its own."""
        last = ticks()
        try:
            while not self.over.wait(_LOOK_S):
                begun = ticks()
                wanted = list(self.under_way)
                rows = connection.execute(_SETTLED, (wanted,)).fetchall() if wanted else ()
                seen = ticks()
                for name, owner in rows:
                    journey = self.journeys[name]
                    journey.after, journey.before = max(last, journey.sent), seen
                    journey.owned = owner is not None
                    self.under_way.discard(name)
                last = begun
        except psycopg.Error as error:
            self.failure = error


class _Post(asyncio.Protocol):
    """A kept connection; answers come back in the order of the requests."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._names: list[str] = []
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a stream's is one that writes

    def send(self, name: str, request: bytes) -> None:
        self._names.append(name)
        self._watch.journeys[name] = Journey(ticks())
        self._watch.under_way.add(name)
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        # A body may come apart from its head, and two answers together: heads are counted.
        for answer in data.split(_HEAD)[1:]:
            if not answer.startswith(b"200 "):
                self._watch.failure = BrokenError(f"Intake answered {answer[:300]!r}")
            self._watch.journeys[self._names.pop(0)].answered = ticks()


async def _send(port: int, watch: Watch, seconds: float) -> None:
    """Send on schedule, on connections that take turns."""
    loop = asyncio.get_running_loop()
    posts = [(await loop.create_connection(lambda: _Post(watch), HOST, port))[1] for _ in range(16)]
    count = int((seconds + _WARM_S) * PACE)
    begun = loop.time() + 0.1
    for number, (name, body) in enumerate(Inquiries("pace").ids(count)):
        head = f"POST /in/generic HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
        request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        await asyncio.sleep(max(0.0, begun + number / PACE - loop.time()))
        posts[number % len(posts)].send(name, request)
    deadline = loop.time() + _LATE_S
    # The observer is a thread: it cannot set an event of this loop.
    while watch.under_way and loop.time() < deadline and watch.failure is None:  # noqa: ASYNC110 - as said
        await asyncio.sleep(0.01)


def post_to_owner(site: Site, seconds: float) -> dict[str, float]:
    """Measure with the real web, worker and ticker processes.

    Args:
        site: Where.
        seconds: How long, after some seconds of warming up.

    Raises:
        BrokenError: A request failed, or a lead was not settled in time.
    """
    watch = Watch()
    with site.place() as place:
        place.worker()
        place.ticker()
        port = place.web()
        with place.connect() as connection:
            observer = threading.Thread(target=watch.observe, args=(connection,))
            observer.start()
            try:
                uvloop.run(_send(port, watch, seconds))
            finally:
                watch.over.set()
                observer.join()
    if watch.failure is not None:
        raise BrokenError(f"The pace could not be kept: {watch.failure}")
    if watch.under_way:
        raise BrokenError(f"{len(watch.under_way)} leads were not settled after {_LATE_S:g} s.")
    return _figures(list(watch.journeys.values())[int(_WARM_S * PACE) :])


def _figures(journeys: list[Journey]) -> dict[str, float]:
    owned = [each for each in journeys if each.owned]
    took = [((each.after + each.before) / 2 - each.sent) * 1000 for each in owned]
    return {
        "owner_p50": percentile(took, 0.5),
        "owner_p99": percentile(took, 0.99),
        "owner_ack_p50": percentile([(e.answered - e.sent) * 1000 for e in journeys], 0.5),
        "owner_look": percentile([(e.before - e.after) * 1000 for e in owned], 0.5),
        "owner_share": 100 * len(owned) / len(journeys),
    }
