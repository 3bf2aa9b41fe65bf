"""A whole installation for a journey: processes of our own on a database and a broker."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from threading import Event

import orjson
from pydantic import SecretStr

from router.app import App, build_app
from router.embedded.daemon import Daemon
from router.embedded.folders import prepare_home, tail
from router.embedded.ports import choose_port
from router.embedded.processes import wait_for
from router.embedded.servers import Servers
from router.embedded.supervise import Pauses, Program, Supervisor
from router.road.drain import Road
from router.settings import DestinationSettings, Settings
from router.store.tx import transaction
from tests.journey.crm import Crm
from tests.journey.forms import SECRETS
from tests.journey.ledger import unrest
from tests.journey.post import Answer, Sender, call

ROOT = Path(__file__).parents[2]
#: Seconds that something may take on a machine that has much else to do. Where all is well, nobody
#: waits so long.
_PATIENCE_S = 120.0
#: The same for a process to start: several begin at once, each reading thousands of files.
_START_S = 300.0
_PROGRAM = (sys.executable, "-m", "router.cli.main")
_WORDS: Mapping[str, tuple[str, ...]] = {
    "web": ("web",),
    "road": ("worker", "--queues", "road"),
    "deliver": ("worker", "--queues", "deliver"),
    "ticker": ("ticker",),
}


def say(text: str) -> None:
    """Put a count or a seed beside the test's output: shown when it fails, or with ``-s``."""
    sys.stdout.write(f"{text}\n")


def until(condition: Callable[[], bool], what: str, seconds: float = _PATIENCE_S) -> None:
    """Wait until something is true; fail with what was waited for."""
    assert wait_for(condition, seconds=seconds), f"not within {seconds:g} s: {what}"


@dataclass(slots=True)
class Town:
    """Processes by name: a kind (web, road, deliver, ticker), with ``-2`` for a second one."""

    home: Path
    database_url: str
    redis_url: str
    crms: Sequence[Crm]
    #: Settings of every process, without the prefix.
    told: Mapping[str, str] = field(default_factory=dict)
    #: Settings of the destinations, beside address and secret.
    limits: Mapping[str, object] = field(default_factory=dict)
    #: Further variables.
    env: Mapping[str, str] = field(default_factory=dict)
    #: Servers of its own, which are started again when they die.
    servers: Servers | None = None
    ports: dict[str, int] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    _keepers: dict[str, Supervisor] = field(default_factory=dict)
    _app: App | None = None
    _road: Road | None = None

    @property
    def app(self) -> App:
        """The parts of a process of this town, in this one."""
        if self._app is None:
            self._app = build_app(
                Settings(
                    database_url=SecretStr(self.database_url),
                    redis_url=SecretStr(self.redis_url),
                    destinations={
                        name: DestinationSettings.model_validate(told)
                        for name, told in self._destinations().items()
                    },
                )
            )
        return self._app

    @property
    def road(self) -> Road:
        """A runner of this town, in this process."""
        if self._road is None:
            self._road = Road(self.app)
        return self._road

    @property
    def port(self) -> int:
        """Where the first web process answers."""
        return next(iter(self.ports.values()))

    def api(self, path: str, body: object = None, *, web: str = "web") -> Answer:
        """Ask the API: GET, or POST where there is a body."""
        if body is None:
            return call(self.ports[web], "GET", f"/api{path}")
        raw, kind = orjson.dumps(body), {"content-type": "application/json"}
        return call(self.ports[web], "POST", f"/api{path}", raw, **kind)

    def sender(self) -> Sender:
        """Return a form tool that posts to every web process."""
        return Sender(list(self.ports.values()), patience_s=_PATIENCE_S)

    def start(self, *names: str, **told: str) -> None:
        """Start processes that do not run yet, and wait until all of them work.

        Args:
            names: What to call them; the part before a dash says what they are.
            told: Settings of these processes alone, without the prefix.
        """
        for name in names:
            if name in self._keepers:
                continue
            keeper = Supervisor(
                [self.program(name, told)],
                home=self.home,
                on_progress=self.said.append,
                pauses=Pauses(first_s=0.1, most_s=1.0),
            )
            keeper.start()
            self._keepers[name] = keeper
        for name in names:
            self.await_ready(name)

    def program(self, name: str, told: Mapping[str, str]) -> Program:
        """Return how a process is started."""
        kind = name.partition("-")[0]
        if kind == "web" and name not in self.ports:
            self.ports[name] = choose_port("127.0.0.1", 0).number
        env = self._variables({"PORT": str(self.ports.get(name, 0)), **told})
        return Program(name, (*_PROGRAM, *_WORDS[kind]), env, grace_s=15.0)

    def cli(self, *words: str) -> str:
        """Run a command of the program in this town; return what it said."""
        done = subprocess.run(
            (*_PROGRAM, *words),
            env={**os.environ, **self._variables({})},  # noqa: TID251 - a process of ours, in our own environment
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _variables(self, told: Mapping[str, str]) -> dict[str, str]:
        chosen = {
            "HOME": str(self.home),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            # Who asks for an owner at once gets one, however busy the machine is.
            "WAIT_S": "20",
            "DESTINATIONS": orjson.dumps(self._destinations()).decode(),
            **{f"SECRET_{source.upper()}": secret for source, secret in SECRETS.items()},
            **{f"SECRET_{each.name.upper()}": each.secret for each in self.crms},
            **self.told,
            **told,
        }
        env = {f"LEAD_ROUTER_{key}": value for key, value in chosen.items()}
        # Whatever the tests are started from, the program is the one of this checkout.
        return env | {"PYTHONPATH": str(ROOT), **self.env}

    def await_ready(self, name: str) -> None:
        """Wait until a process works; one that ends meanwhile is started again, as in a town."""
        answers = self._web_answers if name.startswith("web") else self._works

        def ready() -> bool:
            self._keepers[name].poll()
            return self.pid(name) > 0 and answers(name)

        log = self.home / "logs" / f"{name}.log"
        assert wait_for(ready, seconds=_START_S), f"{name} is not ready: {tail(log, 20)}"

    def pid(self, name: str) -> int:
        """Return a process's id; 0 while it is dead."""
        (status,) = self._keepers[name].status()
        return status.mark.pid if status.mark else 0

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Signal a process alone, without its children; return its id, 0 when it was dead."""
        pid = self.pid(name)
        if pid:
            os.kill(pid, number)
        return pid

    def kill_server(self, server: Daemon) -> None:
        """Kill a server of this town's own, and wait until its last process is gone."""
        pid = server.pid()
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        until(lambda: not server.alive(), f"{server.name} is gone")

    def children(self, name: str) -> list[int]:
        """Return the ids of a process's children."""
        pid = self.pid(name)
        try:
            listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        except OSError:
            return []
        return [int(each) for each in listed.split()]

    def tend(self) -> None:
        """Start again what died, as a supervisor does; never waits."""
        if self.servers is not None:
            self.servers.revive()
        for keeper in self._keepers.values():
            keeper.poll()

    def rest(self, *, tend: bool = False) -> None:
        """Wait until nothing waits any more.

        Args:
            tend: Start again what died meanwhile.
        """
        pause, left = Event(), dict[str, int]()

        def look() -> bool:
            if tend:
                self.tend()
            pause.wait(0.05)
            left.clear()
            left.update(unrest(self.app))
            return not left

        assert wait_for(look, seconds=_PATIENCE_S), f"after {_PATIENCE_S:g} s there are {left}"

    def tended(self, condition: Callable[[], bool]) -> Callable[[], bool]:
        """Return a condition that starts again what died whenever it is asked."""

        def look() -> bool:
            self.tend()
            return condition()

        return look

    def stop(self, *names: str) -> None:
        """Stop processes gently; all of them if none is named."""
        wanted = [self._keepers.pop(name) for name in names or tuple(self._keepers)]
        if wanted:
            with ThreadPoolExecutor(len(wanted)) as threads:
                list(threads.map(Supervisor.stop, wanted))

    def close(self) -> None:
        """Stop everything, and give back what this process opened."""
        self.stop()
        if self._app is not None:
            self._app.close()

    def lines(self, name: str) -> list[str]:
        """Return the lines of a process's log; not one that is still being written."""
        log = (self.home / "logs" / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        return log.split("\n")[:-1]

    def faults(self) -> list[str]:
        """Return the lines of every log that tell of a fault of ours."""
        return [
            f"{path.name}: {line[:2000]}"
            for path in sorted((self.home / "logs").glob("*.log"))
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
            if '"level": "error"' in line
            or '"level": "critical"' in line
            or line.startswith("Traceback")
        ]

    def _destinations(self) -> dict[str, dict[str, object]]:
        return {
            each.name: {
                "url": each.url,
                "secret": each.name,
                "allow_private": True,
                **self.limits,
            }
            for each in self.crms
        }

    def _web_answers(self, name: str) -> bool:
        try:
            return call(self.ports[name], "GET", "/readyz").status == 200
        except (OSError, HTTPException):
            return False

    def _works(self, name: str) -> bool:
        """Return whether a worker or a ticker has said that it works."""
        pid = self.pid(name)
        if name.startswith("ticker"):
            with transaction(self.app.engine) as tx:
                row = tx.row("SELECT 1 FROM process WHERE id LIKE %s", (f"ticker:%:{pid}",))
            return row is not None
        said = [orjson.loads(line) for line in self.lines(name) if '"worker_ready"' in line]
        return any(each["pid"] == pid for each in said)


@contextmanager
def town(made: Town) -> Iterator[Town]:
    """Run a town; everything of it is stopped at the end."""
    prepare_home(made.home)
    try:
        yield made
    finally:
        made.close()
