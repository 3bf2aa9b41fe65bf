"""A process's sign of life in the database: what ``doctor`` and the operator see of it."""

import os
import socket
import threading
from importlib.metadata import PackageNotFoundError, version

import structlog

from router.app import App
from router.errors import LeadRouterError
from router.now import unshifted
from router.store.processes import beat
from router.store.tx import transaction

log = structlog.get_logger()

#: Seconds between two signs of life.
BEAT_S = 10.0
#: Seconds of silence after which a process counts as gone: three signs were missed.
SILENT_S = 3 * BEAT_S + 5


class Heartbeat:
    """Beats from a thread of its own until the process ends.

    Made after any fork: a thread does not survive one.
    """

    def __init__(self, app: App, kind: str) -> None:
        """Prepare; nothing is written yet.

        Args:
            app: Of this process.
            kind: What the process is: ``web``, ``worker-road``, ``worker-deliver``, ``ticker``.
        """
        self._app = app
        self._kind = kind
        self._id = f"{kind}:{socket.gethostname()}:{os.getpid()}"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; the last sign of life stays and grows old."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)

    def _run(self) -> None:
        while True:
            try:
                with transaction(self._app.engine) as tx:
                    beat(
                        tx,
                        process=self._id,
                        kind=self._kind,
                        version=program_version(),
                        now=unshifted(),
                    )
            except LeadRouterError as error:
                log.warning("heartbeat_missed", kind=self._kind, error=str(error))
            if self._stop.wait(BEAT_S):
                return


def program_version() -> str:
    """Return the installed version of lead-router; ``source`` when it runs from a checkout."""
    try:
        return version("lead-router")
    except PackageNotFoundError:
        return "source"
