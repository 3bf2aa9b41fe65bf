"""One whole installation on this machine: what ``up`` and ``demo`` start, watch and stop.

Slow to import: commands import it when they run.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import FrameType

from pydantic import SecretStr

from router.app import build_app
from router.bell.celery_app import broker_address
from router.cli.book import prepare
from router.cli.post import Place, get_json
from router.cli.reach import reachable
from router.embedded import folders, processes, run_file
from router.embedded.ports import choose_port
from router.embedded.servers import Servers, start_servers
from router.embedded.supervise import Program, Supervisor
from router.errors import Misconfigured
from router.now import ticks
from router.road.heartbeat import program_version
from router.settings import Settings
from router.web.door import refuse_open_api

#: Longest wait for the web process's first answer, in seconds.
_ANSWERS_S = 60.0
_ASK_S = 0.05
_PROGRAMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("web", ("web",)),
    ("worker-road", ("worker", "--queues", "road")),
    ("worker-deliver", ("worker", "--queues", "deliver")),
    ("ticker", ("ticker",)),
)


class Installation:
    """Servers, database, rule book and the four processes of one data folder."""

    def __init__(
        self,
        settings: Settings,
        *,
        say: Callable[[str], None],
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare; nothing is started yet.

        Args:
            settings: Of this process; addresses that are not set mean the embedded servers.
            say: Gets one sentence about whatever an operator should hear.
            env: Variables for our processes, beside those of this one.
        """
        self._told = settings
        self._say = say
        self._env = dict(env or {})
        self._run = run_file.Run("", "", "")
        self._home = Path()
        self._book = ""
        self._supervisor: Supervisor | None = None
        self._told_to_stop = threading.Event()

    @property
    def settings(self) -> Settings:
        """The settings with the addresses of what runs."""
        return self._told

    @property
    def home(self) -> Path:
        """The data folder's real path."""
        return self._home

    @property
    def address(self) -> tuple[str, int]:
        """Host and port at which the web process is reached from this machine."""
        return reachable(self._run.http_host), self._run.http_port

    @property
    def url(self) -> str:
        """Where the web process answers, as typed into a browser on this machine."""
        host, port = self.address
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    @property
    def stopping(self) -> threading.Event:
        """Set once everything is told to stop."""
        return self._told_to_stop

    def log(self, name: str) -> Path:
        """Return the path of a process's log."""
        return self._home / "logs" / f"{name}.log"

    def run(self, then: Callable[["Installation"], None]) -> None:
        """Start everything, keep it running until SIGTERM or Ctrl-C, then stop everything.

        Call it from the main thread.

        Args:
            then: Called from a thread of its own once the processes are started.

        Raises:
            Misconfigured: A setting, the data folder or the rule book must be corrected first.
            Transient: A server of the operator's own cannot be reached.
        """
        before = signal.signal(signal.SIGTERM, _leave)
        try:
            self._home = folders.prepare_home(self._told.home_path())
            with run_file.lock(self._home):
                self._run_locked(then)
        finally:
            signal.signal(signal.SIGTERM, before)

    def stop(self) -> None:
        """Make ``run`` stop everything and return."""
        self._told_to_stop.set()
        if self._supervisor is not None:
            self._supervisor.ask_to_stop()

    def wait_until_it_answers(self) -> bool:
        """Wait until the web process answers, a minute at most; return whether it does."""
        deadline = ticks() + _ANSWERS_S
        while ticks() < deadline and not self._told_to_stop.wait(_ASK_S):
            if get_json(Place(*self.address), "/livez") is not None:
                return True
        return False

    def facts(self) -> dict[str, object]:
        """Return where everything is, for programs."""
        return {
            "url": self.url,
            "home": str(self._home),
            "logs": str(self._home / "logs"),
            "rule_book": self._book,
            "processes": {each.name: each.pid for each in self._run.processes},
        }

    def status(self) -> str:
        """Return where everything is, for people."""
        return (
            f"\nlead-router is up: {self.url}\n\n"
            f"  post leads to   {self.url}/in/generic\n"
            f"  API and docs    {self.url}/docs\n"
            f"  rule book       version {self._book[:12]}\n"
            f"  data and logs   {self._home}\n\n"
            "`lead-router send --list` shows samples to post, `lead-router doctor` checks"
            " everything.\nStop with Ctrl-C, or `lead-router down` from another terminal.\n"
        )

    def trouble(self) -> str:
        """Return what the web process said last, for people who wait for it."""
        return (
            f"The web process does not answer. The end of {self.log('web')}:\n"
            f"{folders.tail(self.log('web'))}"
        )

    def _run_locked(self, then: Callable[["Installation"], None]) -> None:
        choose_port(self._told.host, self._told.port)  # what cannot be bound is said at once
        servers = self._start_servers()
        try:
            self._prepare_database()
            port = choose_port(self._told.host, self._told.port)
            if port.notice:
                self._say(port.notice)
            self._run = replace(
                self._run,
                http_host=self._told.host,
                http_port=port.number,
                supervisor=processes.mark("supervisor", os.getpid()),
            )
            # Before the first process starts: that is where it looks for the addresses.
            run_file.write(self._home, self._run)
            supervisor = self._supervisor = self._supervise(servers)
        except BaseException:
            run_file.forget(self._home)
            if servers is not None:
                servers.stop()
            raise
        self._watch(supervisor, then)

    def _watch(self, supervisor: Supervisor, then: Callable[["Installation"], None]) -> None:
        telling = threading.Thread(target=then, args=(self,), name="telling", daemon=True)
        try:
            supervisor.start()
            telling.start()
            supervisor.run()
        finally:
            self._told_to_stop.set()
            supervisor.stop()
            run_file.forget(self._home)
            if telling.is_alive():
                telling.join(timeout=5)

    def _start_servers(self) -> Servers | None:
        database, broker = self._told.database_url is None, self._told.redis_url is None
        servers = None
        if database or broker:
            servers = start_servers(
                self._home, on_progress=self._say, database=database, broker=broker
            )
        changed: dict[str, object] = {}
        if servers is not None and database:
            changed["database_url"] = SecretStr(servers.database_url)
        if servers is not None and broker:
            changed["redis_url"] = SecretStr(servers.redis_url)
        self._told = self._told.model_copy(update=changed)
        return servers

    def _prepare_database(self) -> None:
        if self._told.database_url is None or self._told.redis_url is None:
            raise Misconfigured("LEAD_ROUTER_DATABASE_URL and LEAD_ROUTER_REDIS_URL are not set.")
        redis_url = self._told.redis_url.get_secret_value()
        self._run = run_file.Run(
            self._told.database_url.get_secret_value(), redis_url, broker_address(redis_url)
        )
        app = build_app(self._told, pool_size=1)
        try:
            done = prepare(app, by="up", follow=True)
            refuse_open_api(app)
        finally:
            app.close()
        self._book = done.book
        if done.published:
            self._say(done.published)

    def _supervise(self, servers: Servers | None) -> Supervisor:
        env = {
            **self._env,
            "LEAD_ROUTER_HOME": str(self._home),
            "LEAD_ROUTER_HOST": self._run.http_host,
            "LEAD_ROUTER_PORT": str(self._run.http_port),
        }

        def note_pids() -> None:
            self._run = replace(self._run, processes=supervisor.marks())
            run_file.write(self._home, self._run)

        supervisor = Supervisor(
            [Program(name, (*_interpreter(), *words), env) for name, words in _PROGRAMS],
            home=self._home,
            servers=servers,
            on_progress=self._say,
            on_change=note_pids,
        )
        return supervisor


def _interpreter() -> tuple[str, ...]:
    """Return the command line of this program, up to its commands."""
    # Installed, it must not be mistaken for a folder called `router` where the operator stands.
    safe = () if program_version() == "source" else ("-P",)
    return (sys.executable, *safe, "-m", "router.cli.main")


def _leave(number: int, frame: FrameType | None) -> None:
    """End while starting, so that what was started already is stopped."""
    del frame
    sys.exit(128 + number)
