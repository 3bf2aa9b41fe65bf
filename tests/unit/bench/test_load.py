"""The load generator: what it counts as an answer."""

import asyncio
from itertools import repeat

from bench.load import Connection, Round
from router.now import ticks

_GOOD = b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"delivery_id":1}'


class _Wire(asyncio.Transport):
    """Takes what is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.closed = True


def _started(seconds: float = 60) -> tuple[Round, Connection, _Wire]:
    now = ticks()
    of = Round(repeat(b"POST"), now, now + seconds, b"delivery_id", left=1)
    connection, wire = Connection(of), _Wire()
    connection.connection_made(wire)
    return of, connection, wire


def test_an_answer_counts_once_it_is_whole_and_the_next_request_goes_out() -> None:
    of, connection, wire = _started()
    connection.data_received(_GOOD[:30])
    assert (len(of.took), len(wire.sent)) == (0, 1)
    connection.data_received(_GOOD[30:])
    assert (len(of.took), of.bad, len(wire.sent)) == (1, 0, 2)


def test_any_other_answer_is_bad() -> None:
    for answer in (
        b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    ):
        of, connection, _ = _started()
        connection.data_received(answer)
        assert (len(of.took), of.bad) == (0, 1)


def test_answers_while_it_warms_up_do_not_count() -> None:
    of, connection, _ = _started()
    of.begin += 30
    connection.data_received(_GOOD)
    assert (len(of.took), of.bad) == (0, 0)


def test_it_stops_when_the_time_is_up() -> None:
    of, connection, wire = _started(seconds=-1)
    assert (wire.sent, wire.closed) == ([], True)
    connection.connection_lost(None)
    assert of.done.is_set()
