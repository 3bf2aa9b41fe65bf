"""A wrecker: kills whatever there is, at moments that a seed decides."""

import contextlib
import os
import random
import signal
from collections import Counter
from collections.abc import Callable

import redis

from router.embedded.servers import Servers
from router.now import ticks
from tests.journey.town import Town

#: Seconds between two blows: shortest and longest.
_BLOWS_S = (0.3, 1.2)
#: Seconds that a worker is stopped: longer than its leases.
_STOPPED_S = 4.0


class Wrecker:
    """Strikes when asked, if its time has come."""

    def __init__(self, town: Town, servers: Servers, seed: int, rounds: int) -> None:
        """Draw every kind of blow once, in an order of the seed, and then again.

        Args:
            town: Its processes.
            servers: Its servers.
            seed: Decides what is struck and when.
            rounds: How often each thing is struck.
        """
        self._town = town
        self._servers = servers
        self._dice = random.Random(seed)  # noqa: S311 - a wreck that can be repeated
        self._due = ticks() + 1.0
        self._stopped: dict[int, float] = {}
        self._blows: dict[str, Callable[[], bool]] = {
            "web": lambda: self._kill("web"),
            "web-2": lambda: self._kill("web-2"),
            "road worker": lambda: self._kill("road"),
            "road child": self._kill_child,
            "deliver worker": lambda: self._kill("deliver"),
            "ticker": lambda: self._kill("ticker"),
            "broker, emptied": self._kill_broker,
            "database": self._kill_database,
            "deliver worker, stopped past its leases": self._stop,
        }
        self._order = [
            name
            for _ in range(rounds)
            for name in self._dice.sample(sorted(self._blows), len(self._blows))
        ]
        #: How often each thing was struck.
        self.struck: Counter[str] = Counter()

    @property
    def is_done(self) -> bool:
        """Whether everything was struck."""
        return not self._order

    def look(self) -> None:
        """Let go what was stopped long enough, and strike if it is time."""
        for pid, until_s in list(self._stopped.items()):
            if ticks() >= until_s:
                del self._stopped[pid]
                _signal(pid, signal.SIGCONT)
        if self.is_done or ticks() < self._due:
            return
        name = self._order[-1]
        if self._blows[name]():
            self._order.pop()
            self.struck[name] += 1
            self._due = ticks() + self._dice.uniform(*_BLOWS_S)

    def let_go(self) -> None:
        """Let everything go that is still stopped."""
        for pid in self._stopped:
            _signal(pid, signal.SIGCONT)
        self._stopped.clear()

    def _kill(self, name: str) -> bool:
        return self._town.kill(name) > 0

    def _kill_child(self) -> bool:
        children = self._town.children("road")
        if not children:
            return False
        _signal(self._dice.choice(children), signal.SIGKILL)
        return True

    def _kill_broker(self) -> bool:
        pid = self._servers.valkey.pid()
        if pid is None:
            return False
        with (
            contextlib.suppress(redis.RedisError),
            redis.Redis.from_url(self._servers.redis_url, socket_timeout=2) as client,
        ):
            client.flushall()
        _signal(pid, signal.SIGKILL)
        return True

    def _kill_database(self) -> bool:
        pid = self._servers.postgres.pid()
        if pid is None or not self._servers.postgres.answers():
            return False
        _signal(pid, signal.SIGKILL)
        return True

    def _stop(self) -> bool:
        pid = self._town.kill("deliver", signal.SIGSTOP)
        if pid:
            self._stopped[pid] = ticks() + _STOPPED_S
        return pid > 0


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
