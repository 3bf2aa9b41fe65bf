"""Where the benchmark runs: servers on a temporary data folder, and a database for each part."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import LiteralString

import psycopg
import redis
import sqlalchemy as sa
from psycopg import sql
from psycopg.rows import TupleRow
from pydantic import SecretStr

from router.embedded import down, processes
from router.embedded.ports import choose_port
from router.embedded.servers import Servers, start_servers
from router.now import now
from router.rulebook.reading.load import load_book
from router.settings import Settings
from router.store.books import publish
from router.store.migrate import migrate
from router.store.tx import make_engine, transaction

ROOT = Path(__file__).parents[1]
HOST = "127.0.0.1"
_TEMPLATE = "bench_template"
_READY_S = 30.0
_GRACE_S = 5.0
#: Handoffs are written for one receiver, as in real life; nothing is sent, for no sender runs.
_DESTINATION = '{"crm": {"url": "https://crm.northwind.example/hook"}}'


class BrokenError(Exception):
    """A measurement cannot go on; the text says why."""


@dataclass(slots=True)
class Child:
    """One process that was started here, in a session of its own."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """Make sure that it still runs.

        Raises:
            BrokenError: It ended; the text has the end of its log.
        """
        if self.process.poll() is not None:
            end = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise BrokenError(f"{self.name} ended with code {self.process.returncode}:\n{end}")

    def stop(self) -> None:
        """Ask it to end, insist after a while, and end what it has forked."""
        processes.tell(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_GRACE_S)
        processes.tell(self.process.pid, signal.SIGKILL, group=True)
        self.process.wait(_GRACE_S)


@dataclass(slots=True)
class Place:
    """A database of its own with an empty broker, and the processes that work on them."""

    database_url: str
    redis_url: str
    logs: Path
    children: list[Child] = field(default_factory=list)

    def settings(self) -> Settings:
        """Return the settings of a process of this place that runs in this one."""
        return Settings.model_validate(
            {
                "database_url": SecretStr(self.database_url),
                "redis_url": SecretStr(self.redis_url),
                "destinations": {"crm": {"url": "https://crm.northwind.example/hook"}},
            }
        )

    def connect(self) -> psycopg.Connection[TupleRow]:
        """Open a connection that commits each statement; the caller closes it."""
        return connect(self.database_url)

    def start(self, name: str, *words: str, port: int = 0) -> Child:
        """Start ``python WORDS`` on this place.

        Args:
            name: What it is called; also its log's name.
            words: The command line after the interpreter.
            port: Where it shall serve, if it serves.
        """
        log = self.logs / f"{len(self.children)}-{name}.log"
        told = {
            # Nothing of the caller's environment: a stray variable would change what is measured.
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "LEAD_ROUTER_HOME": str(self.logs.parent / "none"),
            "LEAD_ROUTER_DATABASE_URL": self.database_url,
            "LEAD_ROUTER_REDIS_URL": self.redis_url,
            "LEAD_ROUTER_DESTINATIONS": _DESTINATION,
            "LEAD_ROUTER_PORT": str(port),
        }
        with log.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603 - our own programs
                (sys.executable, *words),
                cwd=ROOT,
                env=told,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        child = Child(name, process, log)
        self.children.append(child)
        return child

    def program(self, *words: str, port: int = 0) -> Child:
        """Start one of lead-router's own commands."""
        return self.start(words[0], "-m", "router.cli.main", *words, port=port)

    def web(self) -> int:
        """Start the web process; return its port once it serves."""
        port = free_port()
        child = self.program("web", port=port)
        wait_for(lambda: _listens(port), f"the web process on port {port}", child)
        return port

    def worker(self) -> Child:
        """Start the worker of the road with two processes; return once both are ready."""
        child = self.program("worker", "--queues", "road", "--concurrency", "2")
        with self.connect() as watch:
            wait_for(lambda: _beats(watch, "worker-road") > 1, "both worker processes", child)
        return child

    def ticker(self) -> Child:
        """Start a ticker; return once it is ready."""
        child = self.program("ticker")
        with self.connect() as watch:
            wait_for(lambda: _beats(watch, "ticker") > 0, "the ticker", child)
        return child

    def stop(self) -> None:
        """End every process of this place."""
        while self.children:
            self.children.pop().stop()


class Site:
    """The servers of this benchmark."""

    def __init__(self, home: Path, servers: Servers) -> None:
        """Prepare the database that every place starts from.

        Args:
            home: The temporary data folder.
            servers: PostgreSQL and Valkey, running.
        """
        self.home = home
        self.servers = servers
        self._number = 0
        self._run("CREATE DATABASE {}", _TEMPLATE)
        engine = make_engine(self._address(_TEMPLATE), size=1)
        try:
            migrate(engine)
            book = load_book(ROOT / "rules")
            with transaction(engine) as tx:
                publish(tx, book, serve="default", by="bench", note="benchmark", now=now())
        finally:
            engine.dispose()

    @contextlib.contextmanager
    def place(self) -> Iterator[Place]:
        """Give a new database and an empty broker; their processes end with the block."""
        self._number += 1
        name = f"bench_{self._number}"
        logs = self.home / "bench-logs" / name
        logs.mkdir(parents=True)
        with redis.Redis.from_url(self.servers.redis_url) as broker:
            broker.flushall()
        # Copying files ends with a checkpoint: what earlier runs wrote is not flushed at our cost.
        self._run("CREATE DATABASE {} TEMPLATE bench_template STRATEGY file_copy", name)
        made = Place(self._address(name), self.servers.redis_url, logs)
        try:
            yield made
        finally:
            made.stop()
            # Without FORCE, which fails where an autovacuum runs; what stays goes with the folder.
            with contextlib.suppress(psycopg.errors.ObjectInUse):
                self._run("DROP DATABASE {}", name)

    def roots(self) -> list[int]:
        """Return the processes under which everything of this benchmark runs."""
        return [os.getpid(), *(mark.pid for mark in self.servers.marks())]

    def _address(self, database: str) -> str:
        url = sa.make_url(self.servers.database_url).set(database=database)
        return url.render_as_string(hide_password=False)

    def _run(self, statement: LiteralString, name: str) -> None:
        with connect(self.servers.database_url) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


@contextlib.contextmanager
def site(say: Callable[[str], None]) -> Iterator[Site]:
    """Start servers on a temporary data folder; stop and remove them at the end.

    Args:
        say: Told what takes long.
    """
    home = Path(tempfile.mkdtemp(prefix="lead-router-bench-"))
    try:
        yield Site(home, start_servers(home, on_progress=say))
    finally:
        down.stop_everything(home, on_progress=lambda _: None, grace_s=1.0)
        shutil.rmtree(home, ignore_errors=True)


def connect(url: str) -> psycopg.Connection[TupleRow]:
    """Open a connection that commits each statement."""
    plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def free_port() -> int:
    """Return a port of this machine that is free now."""
    return choose_port(HOST, 0).number


def wait_for(
    condition: Callable[[], bool], what: str, *children: Child, seconds: float = _READY_S
) -> None:
    """Wait until something is true.

    Args:
        condition: Asked about a hundred times a second.
        what: What is waited for.
        children: Processes without which it will never be true.
        seconds: How long to wait at most.

    Raises:
        BrokenError: It did not become true in time, or a process ended.
    """

    def true_or_broken() -> bool:
        for child in children:
            child.check()
        return condition()

    if not processes.wait_for(true_or_broken, seconds=seconds):
        raise BrokenError(f"Waited {seconds:g} s for {what}.")


def takes_connections(port: int) -> bool:
    """Say whether anything listens on a port of this machine."""
    try:
        with socket.create_connection((HOST, port), timeout=2):
            return True
    except OSError:
        return False


def _listens(port: int) -> bool:
    """Say whether the web process serves and has read its book."""
    try:
        asked = http.client.HTTPConnection(HOST, port, timeout=2)
        asked.request("GET", "/readyz")
        return asked.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False


def _beats(watch: psycopg.Connection[TupleRow], kind: str) -> int:
    """Count the processes of a kind that have given a sign of life."""
    row = watch.execute("SELECT count(*) FROM process WHERE kind = %s", (kind,)).fetchone()
    return int(row[0]) if row else 0
