"""One worker process: a Celery worker whose jobs call the road.

The work of the queue ``road`` computes, so it runs in child processes; that of ``deliver`` waits
for others, so it runs in threads. What the jobs work with is made in the process that runs them,
never before a fork: connections and threads do not survive one.
"""

import gc
import logging
import os
import sys
import threading
import warnings
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NoReturn

import structlog
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from celery.signals import (
    setup_logging,
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
    worker_shutdown,
)
from celery.worker import state

from router.app import App, build_app
from router.bell.celery_app import DELIVER_QUEUE, ROAD_QUEUE, make_celery
from router.errors import Misconfigured
from router.now import set_shift
from router.pipeline import StageName
from router.road.deliver import Outbound
from router.road.drain import Road
from router.road.heartbeat import Heartbeat
from router.settings import Settings
from router.worker.tasks import register

log = structlog.get_logger()


class Queue(StrEnum):
    """What a worker process works on."""

    #: The five stages, in child processes.
    ROAD = ROAD_QUEUE
    #: Sending to destinations, in threads.
    DELIVER = DELIVER_QUEUE


@dataclass(frozen=True, slots=True)
class Plan:
    """How the jobs of a queue are run."""

    pool: str
    concurrency: int
    #: Database connections kept by each process.
    connections: int


#: New objects after which the collector looks for cycles.
_GC_AFTER = 50_000

_PLANS = {
    Queue.ROAD: Plan("prefork", 2, 2),
    Queue.DELIVER: Plan("threads", 16, 8),
}


class Crew:
    """What the jobs of one process work with, made at the first job or right after the fork."""

    def __init__(self, settings: Settings, queue: Queue) -> None:
        """Remember how to make it; nothing is opened yet.

        Args:
            settings: With addresses.
            queue: What the process works on.
        """
        self._settings = settings
        self._queue = queue
        self._lock = threading.Lock()
        self._made: _Made | None = None
        #: Whether the worker once heard bells; one that never did cannot work here at all.
        self.was_ready = False

    def hands(self) -> "_Made":
        """Return what works in this process, made once."""
        made = self._made
        if made is None or made.pid != os.getpid():
            with self._lock:
                made = self._made
                if made is None or made.pid != os.getpid():
                    made = self._made = _Made(self._settings, self._queue)
        return made

    def close(self) -> None:
        """Give back what this process opened; for its end."""
        if self._made is not None and self._made.pid == os.getpid():
            self._made.close()


class _Made:
    """App, road and outbound of one process."""

    def __init__(self, settings: Settings, queue: Queue) -> None:
        self.pid = os.getpid()
        self._app: App = build_app(settings, pool_size=_PLANS[queue].connections)
        self._road = Road(self._app)
        self._outbound = Outbound(self._app)
        self._heartbeat = Heartbeat(self._app, f"worker-{queue}")
        self._heartbeat.start()
        # A batch makes many short-lived values and no cycles: looked through less often, a lead
        # costs a tenth less.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_GC_AFTER, 20, 20)

    def drain(self, stage: StageName) -> int:
        """Work on whatever is due before a stage."""
        return self._road.drain(stage)

    def deliver(self, destination: str) -> int:
        """Send whatever is due to a destination."""
        return self._outbound.deliver(destination)

    def close(self) -> None:
        """End the threads and give back the connections."""
        self._heartbeat.stop()
        self._app.close()


def run(settings: Settings, queue: Queue, concurrency: int | None = None) -> int:
    """Work on a queue until SIGTERM; jobs under way are finished first.

    Args:
        settings: With addresses of database and broker.
        queue: Which queue.
        concurrency: Child processes or threads; None for what suits the queue.

    Returns:
        The exit code of the process.

    Raises:
        Misconfigured: An address is not set or cannot be used.
    """
    if settings.redis_url is None or settings.database_url is None:
        raise Misconfigured("A worker needs LEAD_ROUTER_DATABASE_URL and LEAD_ROUTER_REDIS_URL.")
    set_shift(timedelta(seconds=settings.now_shift_s))
    plan = _PLANS[queue]
    limit = settings.ticket_deadline_s + 5
    celery = make_celery(settings.redis_url.get_secret_value(), job_limit_s=limit)
    crew = Crew(settings, queue)
    register(celery, crew.hands)
    _hush()
    receivers = _listen(crew, queue)
    worker = celery.Worker(
        hostname=f"{queue}@{os.uname().nodename}",
        pool_cls=plan.pool,
        concurrency=concurrency or plan.concurrency,
        queues=[queue.value],
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    log.info("worker_starts", queue=queue.value, pool=plan.pool)
    worker.start()
    del receivers  # Celery holds its listeners weakly; these had to live until here
    crew.close()
    if crew.was_ready and not _was_asked():
        _begin_again(queue)
    return int(worker.exitcode or 0)


def _begin_again(queue: Queue) -> NoReturn:
    """Become the same program anew, with the same process id.

    Celery gave up by itself, as it may while a broker comes back. Nothing is lost by that, but
    somebody has to hear the next bell, also where no supervisor watches.
    """
    log.error("worker_begins_again", queue=queue.value)
    sys.stderr.flush()
    os.execv(sys.executable, (sys.executable, *sys.orig_argv[1:]))  # noqa: S606 - our own program


def _was_asked() -> bool:
    """Say whether a signal told the worker to stop."""
    return state.should_stop is not None or state.should_terminate is not None


def _listen(crew: Crew, queue: Queue) -> tuple[object, ...]:
    """Connect to Celery's signals; the caller keeps what is returned as long as they matter."""

    def log_is_ours(**_: object) -> None:
        """Keep Celery from setting logging up: a listener here means that somebody else did."""

    def born(**_: object) -> None:
        crew.hands()

    def dies(**_: object) -> None:
        crew.close()

    def ready(**_: object) -> None:
        if queue is Queue.DELIVER:
            crew.hands()
        crew.was_ready = True
        log.info("worker_ready", queue=queue.value)

    def gone(**_: object) -> None:
        log.info("worker_gone", queue=queue.value)

    setup_logging.connect(log_is_ours)
    worker_process_init.connect(born)
    worker_process_shutdown.connect(dies)
    worker_ready.connect(ready)
    worker_shutdown.connect(gone)
    return (log_is_ours, born, dies, ready, gone)


def _hush() -> None:
    """Leave out what Celery says of every hint, of running as root, and of its next version."""
    for name in ("celery.worker.strategy", "celery.worker.request", "celery.app.trace"):
        logging.root.getChild(name).setLevel(logging.WARNING)
    # It fears pickle in messages; ours are JSON without any data.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    # It recommends to cut jobs short when the broker goes: ours do not need the broker.
    warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)
