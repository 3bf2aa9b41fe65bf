"""Telling our own processes from bystanders, and ending only our own.

A pid alone proves nothing: it is used again after a crash or a reboot. A process is known by its
pid together with the moment it started.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from router.now import ticks

_PROC = Path("/proc")
_PAUSE_S = 0.01


@dataclass(frozen=True, slots=True)
class Mark:
    """One process, recognisable even after its pid is used again."""

    name: str
    """What we call it: ``web``, ``worker-1``, ``supervisor``."""
    pid: int
    """Its process id."""
    started: str
    """When it started: an opaque text, equal only for the same process."""


def mark(name: str, pid: int) -> Mark:
    """Return what identifies a running process.

    Args:
        name: What we call it.
        pid: Its process id; when it is gone already, the mark matches nothing.
    """
    return Mark(name, pid, started(pid))


def started(pid: int) -> str:
    """Return an opaque text for the moment a process started; empty when it is gone or dead.

    Args:
        pid: Its process id.
    """
    if not (_PROC / "self/stat").exists():
        return _ps(pid, "lstart")
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
    # The name in parentheses may hold spaces: count from its end (fields 3 and 22 of proc(5)).
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in {"Z", "X"} else f"{boot}:{fields[19]}"


def command(pid: int) -> str:
    """Return a process's command line, words separated by NUL; empty when it is gone.

    Args:
        pid: Its process id.
    """
    if not (_PROC / "self/stat").exists():
        return _ps(pid, "command")
    try:
        return (_PROC / str(pid) / "cmdline").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _ps(pid: int, field: str) -> str:
    """Ask ``ps`` where there is no ``/proc`` (macOS)."""
    answer = subprocess.run(  # noqa: S603 - fixed program, a number as argument
        ["/bin/ps", "-ww", "-o", f"{field}=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip()


def is_running(known: Mark) -> bool:
    """Say whether exactly this process still runs (a zombie does not).

    Args:
        known: From ``mark``, possibly written by a process that is long dead.
    """
    return bool(known.started) and started(known.pid) == known.started


def titled(prefix: str) -> tuple[int, ...]:
    """Return the pids whose command line begins with a text of ours.

    Args:
        prefix: Must be unlike any other program's: it holds a hash of the data folder.
    """
    pids = (int(entry.name) for entry in _PROC.glob("[0-9]*"))
    return tuple(pid for pid in pids if command(pid).startswith(prefix))


def tell(pid: int, number: signal.Signals, *, group: bool = False) -> None:
    """Send a signal; a process that is gone or not ours to signal is left alone.

    Args:
        pid: A process of ours, just verified.
        number: The signal.
        group: Send it to the whole process group that ``pid`` leads.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if group:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)


def end(known: Mark, *, grace_s: float) -> bool:
    """Ask a process of ours to stop, then make it and its group; return whether it ran.

    Args:
        known: The process; a bystander that has its pid by now is left alone.
        grace_s: Seconds between the request and the kill.
    """
    if not is_running(known):
        return False
    leads = _leads_group(known.pid)
    # The request goes to the process alone: its own children must be able to finish their work.
    tell(known.pid, signal.SIGTERM)
    if not wait_for(lambda: not is_running(known), seconds=grace_s):
        tell(known.pid, signal.SIGKILL, group=leads)
        wait_for(lambda: not is_running(known), seconds=5)
    return True


def _leads_group(pid: int) -> bool:
    """Say whether the process has a group of its own, so that we never signal a stranger's."""
    try:
        return os.getpgid(pid) == pid
    except ProcessLookupError:
        return False


def pause() -> None:
    """Wait a moment, before asking again."""
    time.sleep(_PAUSE_S)


def wait_for(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Wait until something is true; return whether it became true in time.

    Args:
        condition: Asked about a hundred times a second.
        seconds: How long to wait at most.
    """
    deadline = ticks() + seconds
    while not condition():
        if ticks() > deadline:
            return False
        pause()
    return True
