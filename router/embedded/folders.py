"""The data folder: who owns it, what is in it, and where the sockets are.

Everything lies inside HOME, except the sockets' folder when HOME's path is too long for a socket.
"""

import contextlib
import errno
import fcntl
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from router.errors import Misconfigured

SOCKET_PATH_BYTES = 107
"""Longest path of a Unix socket that every supported system takes."""
LOG_BYTES = 10_000_000
"""Size at which a log is set aside when its process starts."""
_LONGEST_SOCKET = ".s.PGSQL.5432.lock"
_NEEDED_BYTES = 200_000_000
_PRIVATE = 0o700
_SECRET = "run-secret"  # noqa: S105 - a file's name
_WHY = {
    errno.EROFS: "the disk is mounted read-only. Choose another folder with LEAD_ROUTER_HOME.",
    errno.ENOSPC: "the disk is full. Free some space, then start again.",
    errno.EDQUOT: "the disk quota is used up. Free some space, then start again.",
    errno.EACCES: "you may not write there. Choose another folder with LEAD_ROUTER_HOME.",
    errno.EPERM: "you may not write there. Choose another folder with LEAD_ROUTER_HOME.",
    errno.ENOTDIR: "a part of that path is a file. Choose another folder with LEAD_ROUTER_HOME.",
    errno.EEXIST: "there is a file of that name. Choose another folder with LEAD_ROUTER_HOME.",
    errno.ENAMETOOLONG: "the path is too long. Choose another folder with LEAD_ROUTER_HOME.",
}


def explained(path: Path, error: OSError) -> Misconfigured:
    """Return a clear sentence for a file problem.

    Args:
        path: What could not be used.
        error: What the system said.
    """
    why = _WHY.get(error.errno or 0, f"{error.strerror}.")
    return Misconfigured(f"The data folder {path} cannot be used: {why}")


@contextlib.contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Turn any file problem inside the block into a clear sentence about ``path``."""
    try:
        yield
    except OSError as error:
        raise explained(path, error) from error


def prepare_home(home: Path) -> Path:
    """Create the data folder if needed and return its real path.

    Args:
        home: As given by the operator; symbolic links are followed.

    Raises:
        Misconfigured: It belongs to somebody else, cannot be written, or the disk is full.
    """
    home = home.expanduser().absolute()
    with explaining(home):
        home.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        home = home.resolve()
        owner = home.stat().st_uid
        if owner != os.geteuid():
            raise Misconfigured(
                f"The data folder {home} belongs to user id {owner}, you are {os.geteuid()}: "
                "start as that user, or set LEAD_ROUTER_HOME to a folder of your own."
            )
        (home / "logs").mkdir(mode=_PRIVATE, exist_ok=True)
        disk = os.statvfs(home)
        if disk.f_bavail * disk.f_frsize < _NEEDED_BYTES and not (home / "postgres").exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with tempfile.TemporaryFile(dir=home) as probe:
            probe.write(b"probe")
    return home


def socket_folder(home: Path) -> Path:
    """Return the private folder for the sockets, created if needed; the same one every time.

    Inside HOME where the path is short enough, else a new folder below the system's folder for
    temporary files, remembered in HOME. Nobody but us can enter it.

    Args:
        home: From ``prepare_home``.

    Raises:
        Misconfigured: No private folder can be made.
    """
    folder = home / "sockets"
    if len(os.fsencode(folder / _LONGEST_SOCKET)) <= SOCKET_PATH_BYTES:
        with explaining(folder):
            folder.mkdir(mode=_PRIVATE, exist_ok=True)
            if not _is_private(folder):
                folder.chmod(_PRIVATE)
        return folder
    note = home / "socket-folder"
    with explaining(note):
        if note.exists():
            known = Path(note.read_text(encoding="utf-8").rstrip("\n"))
            if _is_private(known):
                return known
        note.unlink(missing_ok=True)
        made = Path(tempfile.mkdtemp(prefix="lead-router-"))
        if len(os.fsencode(made / _LONGEST_SOCKET)) > SOCKET_PATH_BYTES:
            made.rmdir()
            raise Misconfigured(
                f"The paths of {home} and of the folder for temporary files are both too long for "
                "a socket: set LEAD_ROUTER_HOME or TMPDIR to a shorter path."
            )
        if not write_once(note, f"{made}\n"):
            made.rmdir()
            made = Path(note.read_text(encoding="utf-8").rstrip("\n"))
    return made


def forget_sockets(home: Path) -> None:
    """Remove a sockets' folder outside HOME; call it only when nothing listens there any more.

    Args:
        home: From ``prepare_home``.
    """
    note = home / "socket-folder"
    if note.exists():
        known = Path(note.read_text(encoding="utf-8").rstrip("\n"))
        if _is_private(known):
            shutil.rmtree(known, ignore_errors=True)
        note.unlink()


def _is_private(folder: Path) -> bool:
    """Say whether a folder is a real one, ours, and closed to everybody else."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    ours = found.st_uid == os.geteuid() and stat.S_ISDIR(found.st_mode)
    return ours and stat.S_IMODE(found.st_mode) == _PRIVATE


def database_password(home: Path) -> str:
    """Return the embedded database's password, made at the first call and kept in HOME.

    Args:
        home: From ``prepare_home``.
    """
    path = secret_file(home)
    with explaining(path):
        if not path.exists():
            write_once(path, secrets.token_urlsafe(24) + "\n")
        return path.read_text(encoding="ascii").strip()


def secret_file(home: Path) -> Path:
    """Return the path of the file whose first line is the database's password."""
    return home / _SECRET


def write_private(path: Path, text: str) -> None:
    """Write a file that only we can read, whole or not at all.

    Args:
        path: The file; an older one is replaced.
        text: Its new content.
    """
    with _complete(path, text) as temporary:
        temporary.replace(path)


def write_once(path: Path, text: str) -> bool:
    """Write a file that only we can read, unless somebody wrote it first.

    Args:
        path: The file; an older one stays as it is.
        text: Its content.

    Returns:
        Whether it was written.
    """
    with _complete(path, text) as temporary:
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            return False
        return True


@contextlib.contextmanager
def _complete(path: Path, text: str) -> Iterator[Path]:
    """Write a private file beside ``path``, safe on the disk; it is gone after the block."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def open_log(home: Path, name: str) -> int:
    """Open a process's log to append to, setting a long one aside first; return the descriptor.

    Args:
        home: From ``prepare_home``.
        name: The process; the file is ``HOME/logs/NAME.log``, the older part ``NAME.log.1``.
    """
    path = home / "logs" / f"{name}.log"
    with explaining(path):
        if path.exists() and path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def tail(path: Path, lines: int = 5) -> str:
    """Return the last lines of a log, to show with an error; empty when there is none.

    Args:
        path: The log.
        lines: How many lines at most.
    """
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 4096))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def try_lock(path: Path) -> int | None:
    """Take a lock that lives as long as anybody holds the returned descriptor open.

    A server that inherits the descriptor holds the lock until its very last process is gone,
    however it died. That, and not a pid in a file, says whether a server of ours still runs.

    Args:
        path: The lock file, created if needed.

    Returns:
        The descriptor, or None when somebody holds the lock.
    """
    with explaining(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
    return handle


def is_locked(path: Path) -> bool:
    """Say whether somebody holds a lock of ``try_lock``; asking disturbs nobody who asks too.

    Args:
        path: The lock file.
    """
    with explaining(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
    return False
