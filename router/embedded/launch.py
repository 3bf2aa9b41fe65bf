"""Becomes another program, after changing who runs it and when it has to go.

A script of its own, run as ``python -I -S launch.py OPTIONS -- PROGRAM ARGUMENTS``: changing the
user between fork and exec of a process with threads can deadlock, and this cannot. It needs the
standard library only. It ends with code 126 and one sentence when the change is not permitted.

Options:
    ``--cwd FOLDER``: start there, entered as the new user.
    ``--detach yes``: return at once with code 0 while the program runs on as nobody's child, in a
    session of its own.
    ``--die-with PID``: get SIGTERM when the starter, process PID, dies (only Linux can do that).
    ``--map UID:GID``: in a user namespace of its own, show our own user as UID:GID. Files keep
    their owner, nothing is chowned; the program cannot do more than we can.
    ``--drop UID:GID``: really become UID:GID, keeping nothing of root but the permission to pass
    through folders (so that a data folder below ``/root`` can be reached).
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

NOT_PERMITTED = 126
_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE = 1


def _check(result: int, what: str) -> None:
    """Turn a C library's failure into an OSError that names what was tried."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _map(libc: ctypes.CDLL, uid: int, gid: int) -> None:
    """Enter a user namespace in which we are ``uid`` and everything we own stays ours."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    _check(libc.unshare(_CLONE_NEWUSER), "unshare(CLONE_NEWUSER)")
    own = Path("/proc/self")
    (own / "setgroups").write_text("deny", encoding="ascii")
    (own / "gid_map").write_text(f"{gid} {outer_gid} 1", encoding="ascii")
    (own / "uid_map").write_text(f"{uid} {outer_uid} 1", encoding="ascii")


def _drop(libc: ctypes.CDLL, uid: int, gid: int) -> None:
    """Become ``uid`` for good, keeping only the permission to pass through folders."""
    linux = sys.platform == "linux"
    if linux:
        _check(libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0), "prctl(PR_SET_KEEPCAPS)")
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if linux:
        header = (ctypes.c_uint32 * 2)(_CAP_VERSION_3, 0)
        bit = 1 << _CAP_DAC_OVERRIDE
        sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
        _check(libc.capset(header, sets), "capset")
        raised = libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)
        _check(raised, "prctl(PR_CAP_AMBIENT_RAISE)")


def _die_with(libc: ctypes.CDLL, starter: int) -> None:
    """Ask for SIGTERM at the starter's death; leave at once if it is dead already."""
    if sys.platform == "linux":
        _check(libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0), "PR_SET_PDEATHSIG")
    if os.getppid() != starter:
        sys.exit(NOT_PERMITTED)


def _detach() -> None:
    """Go on as a process that no terminal and no starter waits for."""
    if os.fork():
        os._exit(0)
    os.setsid()


def _pair(text: str) -> tuple[int, int]:
    """Read ``UID:GID``."""
    uid, gid = text.split(":")
    return int(uid), int(gid)


def main(arguments: list[str]) -> None:
    """Apply the options, then become the program.

    Args:
        arguments: As in the module's text, without the interpreter and this script.

    Raises:
        OSError: The change is not permitted here, or the program cannot be run.
    """
    split = arguments.index("--")
    options, program = arguments[:split], arguments[split + 1 :]
    chosen = dict(zip(options[::2], options[1::2], strict=True))
    libc = ctypes.CDLL(None, use_errno=True)
    if "--map" in chosen:
        _map(libc, *_pair(chosen["--map"]))
    if "--drop" in chosen:
        _drop(libc, *_pair(chosen["--drop"]))
    if "--cwd" in chosen:
        os.chdir(chosen["--cwd"])
    if "--detach" in chosen:
        _detach()
    if "--die-with" in chosen:  # after a change of user: that change forgets the wish
        _die_with(libc, int(chosen["--die-with"]))
    os.execv(program[0], program)  # noqa: S606 - to become it is the purpose


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as problem:
        sys.stderr.write(f"cannot start the program: {problem}\n")
        sys.exit(NOT_PERMITTED)
