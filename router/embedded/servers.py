"""Both embedded servers at once: the one call that ``up``, ``demo``, ``bench`` and tests make."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from router.embedded.folders import forget_sockets, prepare_home
from router.embedded.postgres import Postgres
from router.embedded.processes import Mark
from router.embedded.valkey import Valkey


@dataclass(frozen=True, slots=True)
class Servers:
    """PostgreSQL and Valkey, running, and how to reach them."""

    home: Path
    """The data folder's real path."""
    database_url: str
    """For SQLAlchemy with psycopg; it holds the password, so never log it."""
    redis_url: str
    """For redis-py."""
    broker_url: str
    """For Celery."""
    started: tuple[str, ...]
    """Which servers this call started; the others ran already."""
    postgres: Postgres
    """The PostgreSQL process."""
    valkey: Valkey
    """The Valkey process."""

    def revive(self) -> tuple[str, ...]:
        """Start again what died, without waiting; return the names. Addresses stay the same."""
        both = (self.postgres, self.valkey)
        return tuple(server.name for server in both if server.revive())

    def marks(self) -> tuple[Mark, ...]:
        """Return what identifies the server processes, for the run file."""
        found = (self.postgres.mark(), self.valkey.mark())
        return tuple(mark for mark in found if mark is not None)

    def stop(self) -> None:
        """Stop both, also those that ran before; returns when the last process is gone.

        The addresses are void afterwards: to start again, call ``start_servers`` again.
        """
        try:
            self.valkey.stop()
        finally:
            self.postgres.stop()
        forget_sockets(self.home)


def start_servers(home: Path, *, on_progress: Callable[[str], None]) -> Servers:
    """Start both servers on a data folder, or attach to those that run there already.

    They outlive this process unless ``Servers.stop`` is called, and the next call finds them.

    Args:
        home: The data folder, made if needed; spaces and any length are fine.
        on_progress: Gets one sentence whenever something takes long, e.g. recovery after a crash.

    Returns:
        The servers, both answering.

    Raises:
        Misconfigured: Wheels are missing, the folder is not usable, or a server does not start.
    """
    home = prepare_home(home)
    postgres, valkey = Postgres(home, on_progress), Valkey(home, on_progress)
    launched = {server.name: server.launch() for server in (valkey, postgres)}
    # Both are under way now; waiting for one lets the other get ready, too.
    late = {server.name: server.start() for server in (postgres, valkey)}
    return Servers(
        home=home,
        database_url=postgres.url,
        redis_url=valkey.url,
        broker_url=valkey.broker_url,
        started=tuple(name for name in late if launched[name] or late[name]),
        postgres=postgres,
        valkey=valkey,
    )
