"""Ring a bell without waiting for it: a thread of its own sends the hints, coalesced."""

import threading
from collections.abc import Iterable

import structlog
from celery import Celery

from router.bell.celery_app import HINT_EXPIRES_S
from router.now import ticks
from router.pipeline import DELIVER

log = structlog.get_logger()

#: Time between two hints for the same bell from one process in the long run, in seconds.
COALESCE_S = 0.015
#: Hints that may go out ahead of that pace: a lead that comes alone shall not wait for the one
#: before it, while a flood still costs no more hints than the pace allows.
AHEAD = 3


class Bell:
    """Sends hints from a background thread; ringing never blocks and never fails.

    Made per process, and its thread starts with the first ring: a thread does not survive a fork.
    """

    def __init__(self, celery: Celery) -> None:
        """Prepare a bell on this broker.

        Args:
            celery: The process's Celery app.
        """
        self._celery = celery
        self._wanted: set[str] = set()
        #: When the next hint for a bell would be in step with the pace.
        self._in_step: dict[str, float] = {}
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._deaf = False

    @property
    def deaf(self) -> bool:
        """Return whether the last hint could not be sent: the broker cannot be reached."""
        return self._deaf

    def ring(self, *names: str) -> None:
        """Say that there is work for these bells: a stage's name, or ``deliver:<destination>``."""
        with self._change:
            self._wanted.update(names)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
                self._thread.start()
            self._change.notify()

    def ring_destinations(self, names: Iterable[str]) -> None:
        """Say that there is something to send to these destinations."""
        self.ring(*(f"{DELIVER}:{name}" for name in names))

    def close(self) -> None:
        """Send what is waiting, then end the thread."""
        with self._change:
            self._closing = True
            self._change.notify()
            thread = self._thread
        if thread is not None:
            thread.join(timeout=3)

    def _run(self) -> None:
        while True:
            with self._change:
                while not (ready := self._ready()):
                    if self._closing and not self._wanted:
                        return
                    self._change.wait(timeout=self._pause())
                self._wanted.difference_update(ready)
            for name in ready:
                self._send(name)

    def _ready(self) -> list[str]:
        moment = ticks()
        return [name for name in self._wanted if self._closing or self._free_at(name) <= moment]

    def _pause(self) -> float | None:
        if not self._wanted:
            return None
        next_at = min(map(self._free_at, self._wanted))
        return max(next_at - ticks(), 0.001)

    def _free_at(self, name: str) -> float:
        return self._in_step.get(name, 0.0) - (AHEAD - 1) * COALESCE_S

    def _send(self, name: str) -> None:
        self._in_step[name] = max(self._in_step.get(name, 0.0), ticks()) + COALESCE_S
        task, _, destination = name.partition(":")
        try:
            self._celery.send_task(
                task,
                args=[destination] if destination else [],
                retry=False,
                expires=HINT_EXPIRES_S,
                ignore_result=True,
            )
        except Exception as error:  # noqa: BLE001 - kombu raises many kinds; a hint may be lost
            if not self._deaf:
                log.warning("bell_is_deaf", bell=name, error=type(error).__name__)
            self._deaf = True
        else:
            if self._deaf:
                log.info("bell_rings_again", bell=name)
            self._deaf = False
