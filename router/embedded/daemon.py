"""One embedded server: start it or find it running, wait until it answers, revive it, stop it."""

import os
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

import structlog

from router.embedded import folders, processes
from router.embedded.run_as import ENVIRONMENT
from router.errors import Misconfigured
from router.now import ticks

_log = structlog.get_logger()
_READY_S = 180.0
_STOP_S = 60.0
_ORPHANS_S = 5.0
_FIRST_WORD_S = 2.0
_NEXT_WORD_S = 10.0

Progress = Callable[[str], None]
"""Takes one sentence about what is happening, for a person who waits."""


class Daemon(ABC):
    """A server that lives on a data folder of ours, perhaps longer than we do."""

    name: str
    """What people call it."""
    short: str
    """Name of its log and lock."""
    stop_signal: signal.Signals
    """What makes it stop quickly and cleanly."""

    def __init__(self, home: Path, on_progress: Progress) -> None:
        """Prepare; nothing is started yet.

        Args:
            home: From ``folders.prepare_home``.
            on_progress: Told what takes long.
        """
        self.home = home
        self.data = home / self.short
        self.sockets = folders.socket_folder(home)
        self._say = on_progress
        self._lock = home / f"{self.short}.lock"
        self._busy_since: float | None = None

    @abstractmethod
    def prepare(self, lock: int) -> None:
        """Make the data folder ready; called only while no process uses it.

        Args:
            lock: The data folder's lock, to be inherited by every program that works on it.
        """

    @abstractmethod
    def command(self) -> tuple[str, ...]:
        """Return the command line that starts the server detached."""

    @abstractmethod
    def answers(self) -> bool:
        """Ask a real question; return whether the server answered it."""

    @abstractmethod
    def pid(self) -> int | None:
        """Return the server's verified process id, None when it cannot be told."""

    def orphans(self) -> tuple[int, ...]:
        """Return processes that a dead server left behind and that keep the data folder busy."""
        return ()

    def start(self) -> bool:
        """Start the server, or attach to ours that runs already; wait until it answers.

        Returns:
            True if it was started, False if it ran already.

        Raises:
            Misconfigured: It does not start; the text says what its log says.
        """
        before = ticks()
        launched = self.launch()
        next_word = _FIRST_WORD_S
        while not self.answers():
            waited = ticks() - before
            if waited > _READY_S:
                raise self._failure(f"has not answered for {_READY_S:.0f} s")
            if not self.alive():
                if launched:
                    raise self._failure("stopped while starting")
                launched = self.launch()
            self._clear_orphans()
            if waited > next_word:
                next_word = waited + _NEXT_WORD_S
                self._say(self._waiting_for(waited))
            processes.pause()
        _log.info("embedded_server_ready", server=self.short)
        return launched

    def launch(self) -> bool:
        """Start the server unless one of ours holds the data folder; do not wait for it.

        Returns:
            Whether it was started.
        """
        lock = folders.try_lock(self._lock)
        if lock is None:
            return False
        try:
            self.prepare(lock)
            log = folders.open_log(self.home, self.short)
            try:
                begun = subprocess.run(  # noqa: S603 - the wheel's program
                    self.command(),
                    check=False,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=ENVIRONMENT,
                    pass_fds=(lock,),
                )
            finally:
                os.close(log)
        finally:
            os.close(lock)
        if begun.returncode != 0:
            raise self._failure("cannot be started")
        return True

    def alive(self) -> bool:
        """Say whether any process of this server runs, whoever started it."""
        return folders.is_locked(self._lock)

    def revive(self) -> bool:
        """Start the server again if it died, without waiting until it answers.

        Returns:
            Whether it had died and was started.

        Raises:
            Misconfigured: It cannot be started now; the text says why.
        """
        if self.alive():
            self._clear_orphans()
            return False
        if not self.launch():
            return False
        _log.warning("embedded_server_revived", server=self.short)
        return True

    def mark(self) -> processes.Mark | None:
        """Return what identifies the running server process; None when it cannot be told."""
        pid = self.pid()
        return None if pid is None else processes.mark(self.short, pid)

    def stop(self) -> None:
        """Stop the server quickly and cleanly, and wait until its last process is gone.

        Raises:
            Misconfigured: It runs, but cannot be identified or stopped from here.
        """
        pid = self.pid()
        if pid is not None:
            processes.tell(pid, self.stop_signal)
        if self._gone(_STOP_S if pid else _ORPHANS_S):
            return
        if pid is not None and pid == self.pid():
            processes.tell(pid, signal.SIGKILL)
        if not self._gone(_ORPHANS_S):
            self._kill_orphans()
        if not self._gone(_ORPHANS_S):
            raise self._failure("runs, but cannot be stopped from here (in another container?)")

    def _gone(self, seconds: float) -> bool:
        """Wait until the last process of the server is gone; return whether it is."""
        return processes.wait_for(lambda: not self.alive(), seconds=seconds)

    def _clear_orphans(self) -> None:
        """Kill what a dead server left behind, once it had its time to leave by itself."""
        if self.pid() is not None:
            self._busy_since = None
        elif self._busy_since is None:
            self._busy_since = ticks()
        elif ticks() - self._busy_since > _ORPHANS_S:
            self._kill_orphans()

    def _kill_orphans(self) -> None:
        """Kill what a dead server left behind; without it they are none of ours."""
        if self.pid() is None:
            for pid in self.orphans():
                processes.tell(pid, signal.SIGKILL)

    def _waiting_for(self, waited: float) -> str:
        """Say why it takes long."""
        return (
            f"{self.name} is not ready yet: after a crash it first recovers its data, which may "
            f"take two minutes ({waited:.0f} s so far)."
        )

    def _failure(self, what: str) -> Misconfigured:
        """Say what went wrong, with the end of the server's log."""
        log = self.home / "logs" / f"{self.short}.log"
        end = folders.tail(log)
        if "No space left on device" in end:
            what = "found the disk full; free some space, then start again"
        return Misconfigured(f"{self.name} {what}. The end of {log}:\n{end}")
