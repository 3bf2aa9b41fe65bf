"""Both embedded servers at once: the one call that ``up``, ``demo``, ``bench`` and tests make."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from router.embedded.daemon import Daemon
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
    """For SQLAlchemy with psycopg; it holds the password, so never log it. Empty if not wanted."""
    redis_url: str
    """For redis-py. Empty if not wanted."""
    broker_url: str
    """For Celery. Empty if not wanted."""
    started: tuple[str, ...]
    """Which servers this call started; the others ran already."""
    postgres: Postgres
    """The PostgreSQL process."""
    valkey: Valkey
    """The Valkey process."""
    wanted: tuple[Daemon, ...]
    """Those of the two that were asked for; the other was not touched."""

    def revive(self) -> tuple[str, ...]:
        """Start again what died, without waiting; return the names. Addresses stay the same."""
        return tuple(server.name for server in self.wanted if server.revive())

    def marks(self) -> tuple[Mark, ...]:
        """Return what identifies the server processes, for the run file."""
        found = (server.mark() for server in self.wanted)
        return tuple(mark for mark in found if mark is not None)

    def stop(self) -> None:
        """Stop them, also those that ran before; return when the last process is gone.

        The addresses are void afterwards: to start again, call ``start_servers`` again.
        """
        with ExitStack() as stack:
            stack.callback(self._forget_sockets)
            for server in self.wanted:
                stack.callback(server.stop)

    def _forget_sockets(self) -> None:
        """Remove a sockets' folder outside HOME unless the other server still listens there."""
        if not (self.postgres.alive() or self.valkey.alive()):
            forget_sockets(self.home)


def start_servers(
    home: Path,
    *,
    on_progress: Callable[[str], None],
    database: bool = True,
    broker: bool = True,
) -> Servers:
    """Start both servers on a data folder, or attach to those that run there already.

    They outlive this process unless ``Servers.stop`` is called, and the next call finds them.

    Args:
        home: The data folder, made if needed; spaces and any length are fine.
        on_progress: Gets one sentence whenever something takes long, e.g. recovery after a crash.
        database: Whether PostgreSQL is wanted; False when the operator has a server of their own.
        broker: Whether Valkey is wanted.

    Returns:
        The servers, answering.

    Raises:
        Misconfigured: Wheels are missing, the folder is not usable, or a server does not start.
    """
    home = prepare_home(home)
    postgres, valkey = Postgres(home, on_progress), Valkey(home, on_progress)
    choice: tuple[tuple[Daemon, bool], ...] = ((postgres, database), (valkey, broker))
    wanted = tuple(server for server, asked in choice if asked)
    # All are under way before we wait for the first one.
    launched = {server.name: server.launch() for server in reversed(wanted)}
    late = {server.name: server.start() for server in wanted}
    return Servers(
        home=home,
        database_url=postgres.url if database else "",
        redis_url=valkey.url if broker else "",
        broker_url=valkey.broker_url if broker else "",
        started=tuple(name for name in late if launched[name] or late[name]),
        postgres=postgres,
        valkey=valkey,
        wanted=wanted,
    )
