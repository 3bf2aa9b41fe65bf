"""``web``, ``worker`` and ``ticker``: one process each, to run under any supervisor."""

import signal
import threading
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from router.settings import Settings


class Queues(StrEnum):
    """What a worker works on."""

    ROAD = "road"
    DELIVER = "deliver"


def register(app: typer.Typer) -> None:
    """Put the commands on the program.

    Args:
        app: The program.
    """
    app.command()(web)
    app.command()(worker)
    app.command()(ticker)


def web() -> None:
    """Run the web process: intake, API and health checks."""
    told = _start("web")

    from router.web.app import serve  # noqa: PLC0415 - slow to import; --help does without

    serve(told)


def worker(
    queues: Annotated[
        Queues, typer.Option(help="road: the five stages. deliver: sending to destinations.")
    ] = Queues.ROAD,
    concurrency: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Child processes (road: 2) or threads (deliver: 16)."),
    ] = None,
) -> None:
    """Run a worker. An installation needs one for each queue; `up` starts both."""
    told = _start(f"worker-{queues}")

    from router.worker.process import Queue, run  # noqa: PLC0415 - slow to import; --help does without

    raise typer.Exit(run(told, Queue(queues.value), concurrency))


def ticker() -> None:
    """Run a ticker: clock steps, and work nobody rang for.

    Any number may run; none leads.
    """
    told = _start("ticker")

    from router.app import build_app  # noqa: PLC0415 - slow to import; --help does without
    from router.now import set_shift  # noqa: PLC0415 - slow to import; --help does without
    from router.road.heartbeat import Heartbeat  # noqa: PLC0415 - slow to import; --help does without
    from router.road.ticker.tick import Ticker  # noqa: PLC0415 - slow to import; --help does without

    set_shift(timedelta(seconds=told.now_shift_s))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    app = build_app(told, pool_size=2)
    heartbeat = Heartbeat(app, "ticker")
    heartbeat.start()
    try:
        Ticker(app).run(stop)
    finally:
        heartbeat.stop()
        app.close()


def _start(process: str) -> "Settings":
    """Set logging up, and return the settings with the addresses filled in."""
    from router.cli.reach import reached  # noqa: PLC0415 - slow to import; --help does without
    from router.settings import settings  # noqa: PLC0415 - slow to import; --help does without
    from router.watch import log  # noqa: PLC0415 - slow to import; --help does without

    log.configure(process, settings().log_json)
    return reached()
