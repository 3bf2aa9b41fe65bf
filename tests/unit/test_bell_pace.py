"""Hints keep a pace, but a lead that comes alone does not wait for the one before it."""

import threading
from typing import cast

from celery import Celery

from router.bell.publisher import AHEAD, COALESCE_S, Bell
from router.now import ticks


class _Broker:
    """Remembers the hints that were sent, and when."""

    def __init__(self) -> None:
        self.sent: list[float] = []
        self.names: set[str] = set()
        self.change = threading.Condition()

    def send_task(self, name: str, **_options: object) -> None:
        with self.change:
            self.sent.append(ticks())
            self.names.add(name)
            self.change.notify()

    def has(self, count: int) -> bool:
        """Wait until so many hints were sent."""
        with self.change:
            return self.change.wait_for(lambda: len(self.sent) >= count, timeout=5.0)


def test_a_flood_of_rings_sends_no_more_hints_than_the_pace_allows() -> None:
    broker = _Broker()
    bell = Bell(cast("Celery", broker))
    begun = ticks()
    while len(broker.sent) < AHEAD + 10:
        bell.ring("capture")
    bell.close()
    spent = broker.sent[-1] - begun
    assert len(broker.sent) <= AHEAD + spent / COALESCE_S + 1


def test_each_of_a_few_rings_in_a_row_is_heard() -> None:
    broker = _Broker()
    bell = Bell(cast("Celery", broker))
    for count in range(1, AHEAD + 1):
        bell.ring("capture")
        assert broker.has(count)
    bell.close()
    assert len(broker.sent) == AHEAD
    assert broker.names == {"capture"}


def test_a_ring_while_the_pace_is_used_up_is_sent_later_and_not_forgotten() -> None:
    broker = _Broker()
    bell = Bell(cast("Celery", broker))
    begun = ticks()
    for count in range(1, AHEAD + 3):
        bell.ring("capture")
        assert broker.has(count)
    bell.close()
    assert broker.sent[-1] - begun >= 2 * COALESCE_S
