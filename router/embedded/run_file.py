"""``HOME/run.json``: how the other commands reach what ``up`` started; and one ``up`` per HOME."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from router.embedded import folders
from router.embedded.processes import Mark, is_running
from router.errors import Misconfigured

_FILE = "run.json"
_LOCK = "run.lock"


@dataclass(frozen=True, slots=True)
class Run:
    """One ``up``: addresses and processes. The addresses hold passwords, so never log them."""

    database_url: str
    """The database, for SQLAlchemy."""
    redis_url: str
    """The broker, for redis-py."""
    broker_url: str
    """The broker, for Celery."""
    http_host: str = ""
    """Address the web process listens on; empty when there is none."""
    http_port: int = 0
    """Port the web process listens on; 0 when there is none."""
    supervisor: Mark | None = None
    """The process that restarts the others."""
    processes: tuple[Mark, ...] = ()
    """Our own processes and the embedded servers."""

    def is_live(self) -> bool:
        """Say whether the supervisor that wrote this still runs."""
        return self.supervisor is not None and is_running(self.supervisor)


def write(home: Path, run: Run) -> None:
    """Write the run file, whole or not at all, readable by us only.

    Args:
        home: The data folder.
        run: What to write; replaces what was there.

    Raises:
        Misconfigured: The disk is full or read-only.
    """
    path = home / _FILE
    with folders.explaining(path):
        text = orjson.dumps(asdict(run), option=orjson.OPT_INDENT_2).decode()
        folders.write_private(path, text + "\n")


def read(home: Path) -> Run | None:
    """Return what the last ``up`` wrote, or None; it may be dead since (``Run.is_live``).

    Args:
        home: The data folder.

    Raises:
        Misconfigured: The file is there but cannot be read.
    """
    path = home / _FILE
    try:
        data = orjson.loads(path.read_bytes())
        return Run(
            database_url=str(data["database_url"]),
            redis_url=str(data["redis_url"]),
            broker_url=str(data["broker_url"]),
            http_host=str(data["http_host"]),
            http_port=int(data["http_port"]),
            supervisor=Mark(**data["supervisor"]) if data["supervisor"] else None,
            processes=tuple(Mark(**each) for each in data["processes"]),
        )
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise folders.explained(path, error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise Misconfigured(
            f"{path} is damaged ({error!r}): run `lead-router down`, delete the file, start again."
        ) from error


def forget(home: Path) -> None:
    """Remove the run file; fine when there is none.

    Args:
        home: The data folder.
    """
    with folders.explaining(home / _FILE):
        (home / _FILE).unlink(missing_ok=True)


@contextlib.contextmanager
def lock(home: Path) -> Iterator[None]:
    """Make sure that only one ``up`` works on a data folder; freed however this process ends.

    Args:
        home: From ``folders.prepare_home``.

    Raises:
        Misconfigured: Another one runs.
    """
    handle = folders.try_lock(home / _LOCK)
    if handle is None:
        run = read(home)
        who = f" (process {run.supervisor.pid})" if run and run.supervisor else ""
        raise Misconfigured(
            f"lead-router already runs on {home}{who}: use it, stop it with `lead-router down`, or "
            "set LEAD_ROUTER_HOME to another folder."
        )
    try:
        yield
    finally:
        os.close(handle)
