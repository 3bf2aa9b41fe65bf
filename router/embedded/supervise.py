"""Keeps our own processes and the embedded servers running, and stops them together."""

import contextlib
import os
import select
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import structlog

from router.embedded import folders, processes
from router.embedded.run_as import launcher
from router.embedded.servers import Servers
from router.errors import Misconfigured
from router.now import ticks

_log = structlog.get_logger()
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_LOOK_S = 0.5


@dataclass(frozen=True, slots=True)
class Program:
    """One process to keep running."""

    name: str
    """What people call it, and the name of its log: ``web``, ``worker-1``."""
    argv: tuple[str, ...]
    """Command line; the first word is an absolute path."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables added to our own environment."""
    grace_s: float = 15.0
    """Seconds it gets to finish its work when asked to stop."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long to wait before a dead process is started again."""

    first_s: float = 0.2
    """After the first death, in seconds; doubles with each further one."""
    most_s: float = 15.0
    """At most, in seconds."""
    stable_s: float = 20.0
    """A process that lived this many seconds starts over with the first pause."""

    def after(self, deaths: int) -> float:
        """Return the pause after so many deaths in a row.

        >>> Pauses(first_s=0.5, most_s=3).after(1), Pauses(first_s=0.5, most_s=3).after(9)
        (0.5, 3)
        """
        return min(self.most_s, self.first_s * 2.0 ** min(deaths - 1, 30))


@dataclass(frozen=True, slots=True)
class Status:
    """How one process is doing."""

    name: str
    """Its name."""
    mark: processes.Mark | None
    """The running process, None while it waits to be started again."""
    restarts: int
    """How often it was started again."""
    exit_code: int | None
    """How it ended last (negative: by that signal); None if it never did."""


@dataclass(slots=True)
class _Child:
    """What the supervisor remembers about one program."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    mark: processes.Mark | None = None
    since: float = 0.0
    due: float = 0.0
    deaths: int = 0
    restarts: int = 0
    exit_code: int | None = None


class Supervisor:
    """Starts programs, starts again what dies, stops all.

    Use it from the main thread: on Linux a child gets SIGTERM when the thread that started it ends,
    so that nothing of ours survives a supervisor that was killed.
    """

    def __init__(  # noqa: PLR0913 - all but one by keyword
        self,
        programs: Sequence[Program],
        *,
        home: Path,
        servers: Servers | None = None,
        on_progress: Callable[[str], None],
        on_change: Callable[[], None] = lambda: None,
        pauses: Pauses | None = None,
    ) -> None:
        """Prepare; nothing is started yet.

        Args:
            programs: What to keep running, in the order of starting.
            home: The data folder; logs go to ``HOME/logs/NAME.log``.
            servers: Embedded servers to revive when they die; ``stop`` stops them, too.
            on_progress: Gets one sentence about every death.
            on_change: Called whenever a pid changed; write the run file there, from ``marks``.
            pauses: How long to wait before a restart.
        """
        self._children = [_Child(program) for program in programs]
        self._home = home
        self._servers = servers
        self._say = on_progress
        self._changed = on_change
        self._pauses = pauses or Pauses()
        self._asked = 0
        self._servers_deaths = 0
        self._servers_due = 0.0

    def start(self) -> None:
        """Start every program once.

        Raises:
            Misconfigured: A log cannot be written.
        """
        for child in self._children:
            self._launch(child)
        self._changed()

    def poll(self) -> None:
        """Look once: start again what died and whose pause is over. Never waits."""
        now = ticks()
        changed = self._revive_servers(now)
        for child in self._children:
            if child.process is not None and _is_over(child.process):
                self._bury(child, child.process, now)
                changed = True
            if child.process is None and now >= child.due and not self._asked:
                child.restarts += 1
                self._launch_or_wait(child, now)
                changed = True
        if changed:
            self._changed()

    def run(self, *, tick: Callable[[], None] = lambda: None) -> None:
        """Keep everything running until SIGTERM, SIGINT, SIGHUP or ``ask_to_stop``; then stop all.

        Args:
            tick: Called about twice a second, for the caller's own quick work.
        """
        with _woken_by_signals(self._on_signal) as bell:
            try:
                while not self._asked:
                    self.poll()
                    tick()
                    select.select([bell], [], [], self._next_look())
                    with contextlib.suppress(BlockingIOError):
                        bell.recv(4096)
            finally:
                self.stop()

    def ask_to_stop(self) -> None:
        """Make ``run`` return soon; a second call cuts the grace short."""
        self._asked += 1

    def stop(self) -> None:
        """Stop every program (request, grace, kill of its whole group), then the servers."""
        asked = self._asked = max(1, self._asked)
        for child in self._children:
            if child.process is not None:
                child.process.terminate()
        began = ticks()
        for child in self._children:
            if child.process is not None:
                left = child.program.grace_s - (ticks() - began)
                self._await_end(child.process, asked, left)
                child.exit_code = _lay_to_rest(child.process)
                child.process = child.mark = None
        if self._servers is not None:
            self._servers.stop()
        self._changed()

    def status(self) -> tuple[Status, ...]:
        """Return how each program is doing, in the order of starting."""
        return tuple(
            Status(child.program.name, child.mark, child.restarts, child.exit_code)
            for child in self._children
        )

    def marks(self) -> tuple[processes.Mark, ...]:
        """Return what identifies every process that runs now, servers included."""
        own = tuple(child.mark for child in self._children if child.mark is not None)
        return own if self._servers is None else own + self._servers.marks()

    def _launch(self, child: _Child) -> None:
        """Start a program in a group of its own, with its output in its log."""
        program = child.program
        log = folders.open_log(self._home, program.name)
        try:
            child.process = subprocess.Popen(  # noqa: S603 - the caller's own programs
                (*launcher("--die-with", str(os.getpid())), "--", *program.argv),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **program.env},  # noqa: TID251 - passed on, not read
                start_new_session=True,
            )
        finally:
            os.close(log)
        child.mark = processes.mark(program.name, child.process.pid)
        child.since = ticks()

    def _launch_or_wait(self, child: _Child, now: float) -> None:
        """Start a program again; where that fails (a full disk), say so and try later."""
        try:
            self._launch(child)
        except (Misconfigured, OSError) as error:
            child.deaths += 1
            child.due = now + self._pauses.after(child.deaths)
            self._say(f"{child.program.name} cannot be started: {error}")

    def _await_end(self, process: subprocess.Popen[bytes], asked: int, seconds: float) -> None:
        """Wait until a process ended, or somebody insists, or the time is up."""
        processes.wait_for(lambda: _is_over(process) or self._asked > asked, seconds=seconds)

    def _bury(self, child: _Child, process: subprocess.Popen[bytes], now: float) -> None:
        """Note a death, end what the dead process left in its group, plan the restart."""
        program = child.program
        child.deaths = 1 if now - child.since >= self._pauses.stable_s else child.deaths + 1
        pause = self._pauses.after(child.deaths)
        child.exit_code, child.due = _lay_to_rest(process), now + pause
        child.process = child.mark = None
        _log.warning("process_died", process=program.name, exit_code=child.exit_code)
        self._say(
            f"{program.name} ended with code {child.exit_code}: starting it again in "
            f"{pause:.1f} s. Its log is {self._home / 'logs' / program.name}.log."
        )

    def _revive_servers(self, now: float) -> bool:
        """Start embedded servers that died; return whether any did."""
        if self._servers is None or self._asked or now < self._servers_due:
            return False
        try:
            revived = self._servers.revive()
        except (Misconfigured, OSError) as error:
            self._servers_deaths += 1
            self._say(f"An embedded server cannot be started: {error}")
            self._servers_due = now + self._pauses.after(self._servers_deaths)
            return False
        if revived:
            self._servers_deaths += 1
            self._servers_due = now + self._pauses.after(self._servers_deaths)
            self._say(f"{' and '.join(revived)} died and was started again.")
        elif now - self._servers_due >= self._pauses.stable_s:
            self._servers_deaths = 0
        return bool(revived)

    def _next_look(self) -> float:
        """Return how long to sleep: until a restart is due, at most half a second."""
        waits = [child.due - ticks() for child in self._children if child.process is None]
        return max(0.0, min([_LOOK_S, *waits]))

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """Note a request to stop; a death only wakes the loop."""
        del frame
        if number in _STOP_SIGNALS:
            self.ask_to_stop()


def _is_over(process: subprocess.Popen[bytes]) -> bool:
    """Say whether a child ended, without freeing its pid where the system can do that."""
    if not hasattr(os, "waitid"):
        return process.poll() is not None
    if process.returncode is not None:
        return True
    options = os.WEXITED | os.WNOHANG | os.WNOWAIT
    try:
        return os.waitid(os.P_PID, process.pid, options) is not None
    except ChildProcessError:
        return True


def _lay_to_rest(process: subprocess.Popen[bytes]) -> int:
    """Kill a child and what is left of its group while nobody else can have its pid yet."""
    if process.returncode is None:
        processes.tell(process.pid, signal.SIGKILL, group=True)
    return process.wait()


@contextlib.contextmanager
def _woken_by_signals(
    handler: Callable[[int, FrameType | None], None],
) -> Iterator[socket.socket]:
    """Handle the stop signals and SIGCHLD; yield a socket that a signal makes readable."""
    reading, writing = socket.socketpair()
    for end in (reading, writing):
        end.settimeout(0)
    before = {number: signal.signal(number, handler) for number in (*_STOP_SIGNALS, signal.SIGCHLD)}
    wakeup = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    try:
        yield reading
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, old in before.items():
            signal.signal(number, old)
        reading.close()
        writing.close()
