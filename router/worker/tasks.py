"""The jobs: each is one call of the road. A job carries no data and keeps no result."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, Protocol

import structlog
from celery import Celery

from router.errors import Misconfigured, Transient
from router.pipeline import StageName
from router.watch.log import bind, clear

P = ParamSpec("P")

log = structlog.get_logger()


class Hands(Protocol):
    """What works in one process; made after a fork, never before."""

    def drain(self, stage: StageName) -> int:
        """Work on whatever is due before a stage."""
        ...

    def deliver(self, destination: str) -> int:
        """Send whatever is due to a destination."""
        ...


def register(celery: Celery, hands: Callable[[], Hands]) -> None:
    """Put the five stages and ``deliver`` on a Celery app, named as the bells are.

    Args:
        celery: The process's Celery app.
        hands: Returns what works in the calling process.
    """

    def capture() -> None:
        hands().drain(StageName.CAPTURE)

    def clean() -> None:
        hands().drain(StageName.CLEAN)

    def classify() -> None:
        hands().drain(StageName.CLASSIFY)

    def route() -> None:
        hands().drain(StageName.ROUTE)

    def activate() -> None:
        hands().drain(StageName.ACTIVATE)

    def deliver(destination: str) -> None:
        hands().deliver(destination)

    for job in (capture, clean, classify, route, activate, deliver):
        celery.task(_edge(job), name=job.__name__)


def _edge(job: Callable[P, None]) -> Callable[P, None]:
    """Return a job that logs what cannot be done now, and leaves it to the ticker's next ring."""

    @wraps(job)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        bind(job=job.__name__)
        try:
            job(*args, **kwargs)
        except (Transient, Misconfigured) as error:
            log.warning("job_put_off", error=str(error))
        finally:
            clear()

    return run
