"""``python -m tests.hands``: a worker process that takes deliveries down the road when it is told.

It says ``ready``. With each line it reads it waits until it goes by the version of that digest,
takes deliveries until none wait, and says how many it took. Where the line ends with ``once`` it
takes one batch.
"""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO

from pydantic import SecretStr

from router.app import App, build_app
from router.embedded.processes import wait_for
from router.errors import Transient
from router.now import set_shift, ticks
from router.pipeline import StageName
from router.road.claim import Claim
from router.road.drain import Road
from router.settings import settings
from router.store.tx import transaction
from router.watch.log import configure

_ROOT = Path(__file__).parents[1]
_PATIENCE_S = 240.0
_ONCE = "once"


@dataclass(frozen=True, slots=True)
class Hand:
    """A worker process."""

    process: subprocess.Popen[str]

    def begin(self, digest: str, *, once: bool = False) -> None:
        """Let it work, by this version of the rule book.

        Args:
            digest: The version.
            once: Take one batch, and not all that waits.
        """
        pipe = _end(self.process.stdin)
        pipe.write(f"{digest} {_ONCE}\n" if once else f"{digest}\n")
        pipe.flush()

    def taken(self) -> int:
        """Wait until nothing is left, and return how many deliveries it took."""
        return int(_end(self.process.stdout).readline())

    def kill(self) -> None:
        """End it without a word."""
        self.process.kill()
        self.process.wait()


@contextmanager
def hands(count: int, app: App, *, batch: int, shift: timedelta) -> Iterator[list[Hand]]:
    """Start so many worker processes, each ready to begin; none of them outlives the block.

    Args:
        count: How many.
        app: Says where its database and broker are.
        batch: Most deliveries that they take at once.
        shift: How far their time is moved.
    """
    told = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(_ROOT),
        "LEAD_ROUTER_DATABASE_URL": _said(app.settings.database_url),
        "LEAD_ROUTER_REDIS_URL": _said(app.settings.redis_url),
        "LEAD_ROUTER_BATCH": str(batch),
        "LEAD_ROUTER_NOW_SHIFT_S": str(shift.total_seconds()),
    }
    words = (sys.executable, "-m", "tests.hands")
    pipe = subprocess.PIPE
    made = [
        Hand(subprocess.Popen(words, cwd=_ROOT, env=told, stdin=pipe, stdout=pipe, text=True))
        for _ in range(count)
    ]
    try:
        for each in made:
            assert _end(each.process.stdout).readline() == "ready\n"
        yield made
    finally:
        for each in made:
            with each.process:
                each.process.kill()


def work() -> None:
    """Take deliveries whenever a line comes in, until the other end is closed."""
    told = settings()
    set_shift(timedelta(seconds=told.now_shift_s))
    app = build_app(told)
    road = Road(app)
    _say("ready")
    for line in sys.stdin:
        digest, _, once = line.strip().partition(" ")
        if not wait_for(lambda: app.shelf.active().digest == digest, seconds=_PATIENCE_S):  # noqa: B023 - asked at once
            raise SystemExit("This process does not go by the version it was told.")
        _say(str(_once(road) if once else _clear(road)))


def _once(road: Road) -> int:
    """Take one batch, as soon as there is one to be had; return how many were taken."""
    claim, started = Claim(StageName.CAPTURE, limit=road.app.settings.batch), ticks()
    while ticks() - started < _PATIENCE_S:
        with suppress(Transient):
            if taken := road.run(claim).taken:
                return taken
    return 0


def _clear(road: Road) -> int:
    """Take deliveries until none wait; return how many were taken."""
    taken, started = 0, ticks()
    while ticks() - started < _PATIENCE_S:
        try:
            took = road.drain(StageName.CAPTURE)
            # What was on board of a worker that was killed is tried alone, and stage by stage.
            for stage in (StageName.CLEAN, StageName.CLASSIFY, StageName.ROUTE, StageName.ACTIVATE):
                road.drain(stage)
        except Transient:
            continue
        taken += took
        if not took and not _waiting(road.app):
            break
    return taken


def _waiting(app: App) -> bool:
    with transaction(app.engine) as tx:
        return tx.row("SELECT 1 FROM delivery WHERE state = 'received' LIMIT 1") is not None


def _said(secret: SecretStr | None) -> str:
    assert secret is not None
    return secret.get_secret_value()


def _end(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    configure(f"hands-{os.getpid()}", json_lines=False, level=logging.ERROR)
    work()
