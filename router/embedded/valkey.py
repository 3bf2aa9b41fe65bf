"""The embedded Valkey: carries hints only, yet keeps them over a restart; one Unix socket."""

import signal
from pathlib import Path
from urllib.parse import quote

import redis
from redis.exceptions import RedisError

from router.embedded import binaries, folders, processes
from router.embedded.daemon import Daemon, Progress
from router.embedded.run_as import RunAs

_SOCKET = "valkey.sock"
_CONNECT_S = 5.0


class Valkey(Daemon):
    """Valkey on ``HOME/valkey``."""

    name = "Valkey"
    short = "valkey"
    stop_signal = signal.SIGTERM

    def __init__(self, home: Path, on_progress: Progress) -> None:
        """Prepare; nothing is started yet.

        Args:
            home: From ``folders.prepare_home``.
            on_progress: Told what takes long.
        """
        super().__init__(home, on_progress)
        self._socket = self.sockets / _SOCKET

    @property
    def url(self) -> str:
        """The address for redis-py."""
        return f"unix://{quote(str(self._socket))}?db=0"

    @property
    def broker_url(self) -> str:
        """The address for Celery; kombu spells a socket differently from redis-py."""
        return f"redis+socket://{quote(str(self._socket))}?virtual_host=0"

    def prepare(self, lock: int) -> None:
        """Make the data folder."""
        del lock
        with folders.explaining(self.data):
            self.data.mkdir(mode=0o700, exist_ok=True)

    def command(self) -> tuple[str, ...]:
        """Return the command line that starts the server detached."""
        chosen = {
            "dir": str(self.data),
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "pidfile": str(self.data / "valkey.pid"),
            "daemonize": "no",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "save": "",
        }
        options = [word for key, value in chosen.items() for word in (f"--{key}", value)]
        return RunAs().command(self.data, binaries.valkey_program(), *options, detach=True)

    def answers(self) -> bool:
        """Send PING; a server that still loads its data answers no."""
        client = redis.Redis.from_url(self.url, socket_timeout=_CONNECT_S)
        try:
            return bool(client.ping())
        except (RedisError, OSError):
            return False
        finally:
            client.close()

    def pid(self) -> int | None:
        """Return the server's process id, only if it is a Valkey on our data folder."""
        try:
            pid = int((self.data / "valkey.pid").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None
        # A running Valkey rewrites its command line to `PROGRAM unixsocket:PATH`.
        words = processes.command(pid).replace("\0", " ")
        return pid if "valkey-server" in words and str(self._socket) in words else None
