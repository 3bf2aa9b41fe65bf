"""The processes, for real: up and down, killed children, a dead broker, refused starts."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import orjson
import psutil
import pytest
import redis

from router.cli import post
from router.cli.signing import Proof
from router.embedded import down, processes, run_file
from router.lead.model import Lead
from router.store.arrivals import leads_of_delivery
from router.store.tx import make_engine, transaction

_ROOT = Path(__file__).parents[2]
_PROGRAM = (sys.executable, "-m", "router.cli.main")
#: Seconds that something may take on a machine that has much else to do.
_PATIENCE_S = 240.0

pytestmark = pytest.mark.timeout(600)


def _until(condition: Callable[[], bool], *, what: str) -> None:
    """Wait until something is true, or fail with what was waited for."""
    assert processes.wait_for(condition, seconds=_PATIENCE_S), f"waited in vain: {what}"


@dataclass(slots=True)
class _Place:
    """A data folder on which commands run."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def _environment(self) -> dict[str, str]:
        outer = os.environ  # noqa: TID251 - a child needs PATH and the like
        kept = {name: value for name, value in outer.items() if not name.startswith("LEAD_ROUTER_")}
        return {**kept, "LEAD_ROUTER_HOME": str(self.home), "LEAD_ROUTER_PORT": "0", **self.env}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            (*_PROGRAM, *words),
            cwd=_ROOT,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_S,
        )

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a command and let it run; its words go to a file."""
        with (self.home.parent / f"{words[0]}.out").open("ab") as out:
            begun = subprocess.Popen(
                (*_PROGRAM, *words),
                cwd=_ROOT,
                env=self._environment(),
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self.started.append(begun)
        return begun

    def up(self) -> None:
        """Start everything, and wait until the web process answers."""
        self.start("up")
        _until(self._answers, what="an answer of the web process")

    def _answers(self) -> bool:
        run = run_file.read(self.home)
        return run is not None and run.is_live() and self.get("/livez") is not None

    def get(self, path: str) -> dict[str, object] | None:
        """Return the JSON at a path of the web process; None when it does not answer."""
        sample = post.Place(self.run_now.http_host, self.run_now.http_port)
        return post.get_json(sample, path)

    @property
    def run_now(self) -> run_file.Run:
        """What the running ``up`` wrote."""
        run = run_file.read(self.home)
        assert run is not None
        return run

    def pid(self, name: str) -> int:
        """Return the pid of one of the processes, once it runs."""
        _until(lambda: name in self.pids(), what=f"the process {name}")
        return self.pids()[name]

    def pids(self) -> dict[str, int]:
        """Return the pids of the processes that run now, by name."""
        known = self.run_now.processes
        return {each.name: each.pid for each in known if processes.is_running(each)}

    def send(self) -> str:
        """Post a sample; return its delivery's id."""
        run = self.run_now
        sample = post.read_sample("demo-request")
        place = post.Place(run.http_host, run.http_port)
        return str(post.post(place, sample, Proof())["delivery_id"])

    def lead(self, delivery_id: str) -> Lead:
        """Return the delivery's lead, once it has an owner."""
        engine = make_engine(self.run_now.database_url, size=1)
        found: list[Lead] = []

        def owned() -> bool:
            with transaction(engine) as tx:
                found[:] = leads_of_delivery(tx, UUID(delivery_id))
            return bool(found) and found[0].owner is not None

        try:
            _until(owned, what=f"an owner for delivery {delivery_id}")
        finally:
            engine.dispose()
        return found[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Place]:
    """Return a place of this module's own; whatever runs there is stopped at the end."""
    made = _Place(tmp_path_factory.mktemp("place") / "a home with spaces")
    made.home.mkdir(mode=0o700)
    yield made
    down.stop_everything(made.home, on_progress=lambda _text: None, grace_s=1)
    for each in made.started:
        each.wait(timeout=_PATIENCE_S)


@pytest.fixture
def place(folder: _Place) -> _Place:
    """Return the place with everything up."""
    run = run_file.read(folder.home)
    if run is None or not run.is_live():
        folder.up()
    return folder


def test_a_lead_that_is_posted_gets_an_owner_and_doctor_finds_nothing_wrong(place: _Place) -> None:
    assert place.lead(place.send()).owner is not None
    told = place.run("doctor", "--json")
    assert told.returncode == 0, told.stdout + told.stderr


def test_readiness_names_what_was_looked_at(place: _Place) -> None:
    ready = place.get("/readyz")
    assert ready is not None
    assert ready["checks"] == dict.fromkeys(("database", "migrations", "rule_book", "broker"), "ok")


def test_a_killed_child_of_the_worker_is_replaced_and_the_worker_stays(place: _Place) -> None:
    worker = psutil.Process(place.pid("worker-road"))
    children = {child.pid for child in worker.children()}
    for pid in children:
        processes.tell(pid, signal.SIGKILL)
    _until(lambda: not children & {each.pid for each in worker.children()}, what="new children")
    assert place.lead(place.send()).owner is not None
    assert place.pid("worker-road") == worker.pid


def test_an_emptied_broker_loses_no_lead(place: _Place) -> None:
    with redis.Redis.from_url(place.run_now.redis_url) as client:
        client.flushall()
    assert place.lead(place.send()).owner is not None


def test_a_killed_broker_is_started_again_and_the_worker_hears_it(place: _Place) -> None:
    worker = place.pid("worker-road")
    processes.tell(place.pid("valkey"), signal.SIGKILL)
    assert place.lead(place.send()).owner is not None

    def back() -> bool:
        ready = place.get("/readyz")
        return ready is not None and "'broker': 'ok'" in str(ready)

    _until(back, what="the broker")
    assert place.lead(place.send()).owner is not None
    assert place.pid("worker-road") == worker


def test_a_killed_web_process_comes_back_on_the_same_port(place: _Place) -> None:
    port, old = place.run_now.http_port, place.pid("web")
    processes.tell(old, signal.SIGKILL)
    _until(lambda: place.pids().get("web", old) != old, what="a new web process")
    _until(lambda: place.get("/livez") is not None, what="an answer")
    assert place.run_now.http_port == port


def test_a_second_up_on_the_same_folder_is_refused_in_one_sentence(place: _Place) -> None:
    told = place.run("up")
    assert told.returncode == 3
    assert "already runs" in told.stderr
    assert "Traceback" not in told.stderr


def test_everything_killed_at_once_comes_up_again_with_its_leads(place: _Place) -> None:
    delivery_id = place.send()
    lead = place.lead(delivery_id)
    known = place.run_now.processes
    for pid in (place.started[-1].pid, *(each.pid for each in known)):
        processes.tell(pid, signal.SIGKILL)
    place.started[-1].wait(timeout=_PATIENCE_S)
    place.up()
    assert place.lead(delivery_id).id == lead.id
    assert place.lead(place.send()).owner is not None
    assert not [each.name for each in known if processes.is_running(each)]


def test_down_stops_everything_and_says_what_it_stopped(place: _Place) -> None:
    known = place.run_now.processes
    told = place.run("down", "--json")
    assert told.returncode == 0, told.stderr
    assert "supervisor" in orjson.loads(told.stdout)["stopped"]
    assert place.started[-1].wait(timeout=_PATIENCE_S) == 0
    assert not [each.name for each in known if processes.is_running(each)]
    assert orjson.loads(place.run("down", "--json").stdout)["stopped"] == []


def test_the_demo_shows_an_owner_for_every_lead_and_leaves_nothing_behind(tmp_path: Path) -> None:
    place = _Place(tmp_path / "demo")
    told = place.run("demo", "--exit")
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.count(" | activated | ") == 7
    assert told.stdout.count(" | in review | ") == 1
    assert told.stdout.count(" | rejected | ") == 1
    assert told.stdout.count("no second lead") == 1
    assert run_file.read(place.home) is None


def test_an_open_address_without_a_key_is_refused_at_start(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    env = {
        "LEAD_ROUTER_DATABASE_URL": database_url,
        "LEAD_ROUTER_REDIS_URL": redis_url,
        "LEAD_ROUTER_HOST": "0.0.0.0",  # noqa: S104 - it must be refused
    }
    told = _Place(tmp_path / "h", env).run("web")
    assert told.returncode == 3
    assert "lead-router keys create" in told.stderr


@pytest.mark.parametrize("words", [("web",), ("worker", "--queues", "deliver")])
def test_a_process_without_addresses_says_what_to_do(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    told = _Place(tmp_path / "h").run(*words)
    assert told.returncode == 3
    assert "Start `lead-router up`, or set both." in told.stderr
    assert "Traceback" not in told.stderr


def test_idle_workers_that_are_told_to_stop_end_soon_and_cleanly(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    env = {"LEAD_ROUTER_DATABASE_URL": database_url, "LEAD_ROUTER_REDIS_URL": redis_url}
    place = _Place(tmp_path / "h", env)
    workers = [place.start("worker", "--queues", queue) for queue in ("road", "deliver")]
    said = tmp_path / "worker.out"
    _until(lambda: said.read_bytes().count(b"worker_ready") == len(workers), what="the workers")
    children = [child for each in workers for child in psutil.Process(each.pid).children()]
    for worker in workers:
        worker.terminate()
    codes = [worker.wait(timeout=_PATIENCE_S) for worker in workers]
    assert codes == [0, 0], said.read_text()
    _until(lambda: not any(child.is_running() for child in children), what="the children's end")
