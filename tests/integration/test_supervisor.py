"""The supervisor of `up`, for real: it restarts what dies, stops everything, and is found again."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from router.embedded import down, processes, run_as, run_file
from router.embedded.folders import prepare_home
from router.embedded.servers import Servers, start_servers
from router.embedded.supervise import Pauses, Program, Supervisor
from router.errors import Misconfigured

_ROOT = Path(run_as.__file__).parents[2]
#: Seconds that something may take on a machine that has much else to do.
_PATIENCE_S = 120.0
_SLEEPER = (sys.executable, "-c", "import signal; signal.pause()")
_STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)"


def _quiet(_: str) -> None:
    """Take a progress sentence that no test looks at."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Return a data folder with a space in its path; whatever runs there is stopped."""
    folder = tmp_path / "data folder"
    yield folder
    down.stop_everything(folder, on_progress=_quiet, grace_s=0.2)


@pytest.fixture
def servers(home: Path) -> Servers:
    """Return both servers, running."""
    return start_servers(home, on_progress=_quiet)


def _eventually(condition: Callable[[], bool]) -> None:
    assert processes.wait_for(condition, seconds=_PATIENCE_S)


def test_a_killed_child_is_started_again_with_a_growing_pause(tmp_path: Path) -> None:
    home = prepare_home(tmp_path)
    said: list[str] = []
    seen: list[tuple[processes.Mark, ...]] = []
    supervisor = Supervisor(
        [Program("web", _SLEEPER), Program("worker", _SLEEPER)],
        home=home,
        on_progress=said.append,
        on_change=lambda: seen.append(supervisor.marks()),
        pauses=Pauses(first_s=0.01, most_s=0.05),
    )
    supervisor.start()
    try:
        web, worker = supervisor.marks()
        os.kill(web.pid, signal.SIGKILL)

        def is_back() -> bool:
            supervisor.poll()
            mark = supervisor.status()[0].mark
            return mark is not None and mark != web

        _eventually(is_back)
        status = supervisor.status()
        assert status[0].restarts == 1
        assert status[0].exit_code == -signal.SIGKILL
        assert status[1].mark == worker
        assert "web ended with code -9" in said[0]
        assert seen[-1] == supervisor.marks()
    finally:
        supervisor.stop()
    assert not any(processes.is_running(mark) for mark in seen[-2])
    assert supervisor.marks() == ()


def test_a_stubborn_child_and_its_own_children_are_killed_after_the_grace(tmp_path: Path) -> None:
    home = prepare_home(tmp_path)
    script = f"import subprocess, sys; {_STUBBORN}; subprocess.run({list(_SLEEPER)!r})"
    program = Program("web", (sys.executable, "-c", script), grace_s=0.2)
    supervisor = Supervisor([program], home=home, on_progress=_quiet)
    supervisor.start()
    child = psutil.Process(supervisor.marks()[0].pid)
    _eventually(lambda: len(child.children()) == 1)
    family = [child, *child.children()]
    supervisor.stop()
    assert supervisor.status()[0].exit_code == -signal.SIGKILL
    _eventually(lambda: not any(_runs(member) for member in family))


def _runs(process: psutil.Process) -> bool:
    """Say whether a process is there and no zombie."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_the_supervisor_revives_a_killed_postgres(servers: Servers) -> None:
    said: list[str] = []
    supervisor = Supervisor([], home=servers.home, servers=servers, on_progress=said.append)
    supervisor.start()
    killed = servers.postgres.pid()
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    _eventually(lambda: not servers.postgres.alive())
    supervisor.poll()
    _eventually(servers.postgres.answers)
    assert servers.postgres.pid() != killed
    assert said == ["PostgreSQL died and was started again."]
    supervisor.stop()
    assert not servers.postgres.alive()
    assert not servers.valkey.alive()


_UP = """
import sys
from pathlib import Path
from router.embedded import processes, run_file
from router.embedded.servers import start_servers
from router.embedded.supervise import Program, Supervisor
import os

def note():
    run_file.write(servers.home, run_file.Run(
        servers.database_url, servers.redis_url, servers.broker_url,
        supervisor=processes.mark("supervisor", os.getpid()), processes=supervisor.marks()))
    print("noted", flush=True)

servers = start_servers(Path(sys.argv[1]), on_progress=lambda _: None)
with run_file.lock(servers.home):
    programs = [Program(f"job-{n}", (sys.executable, "-c", code), grace_s=1)
                for n, code in enumerate(sys.argv[2:])]
    supervisor = Supervisor(programs, home=servers.home, servers=servers,
                            on_progress=lambda _: None, on_change=note)
    supervisor.start()
    supervisor.run(tick=(servers.home / "logs" / "looked-after").touch)
print("stopped", flush=True)
"""


@pytest.fixture
def up(home: Path) -> Iterator["subprocess.Popen[str]"]:
    """Return a running supervisor process with a polite and a stubborn child, and servers."""
    polite = "import signal; print('up', flush=True); signal.pause()"
    stubborn = f"{_STUBBORN}\nwhile True: signal.pause()"
    with subprocess.Popen(
        [sys.executable, "-B", "-c", _UP, str(home), polite, stubborn],
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
    ) as process:
        logs = [home / "logs" / f"job-{number}.log" for number in (0, 1)]
        _eventually(lambda: all(log.exists() and "up" in log.read_text() for log in logs))
        # From then on it has written who runs, and hears signals.
        _eventually((home / "logs" / "looked-after").exists)
        yield process
        process.kill()


def test_sigterm_stops_children_and_servers(up: "subprocess.Popen[str]", home: Path) -> None:
    run = run_file.read(home)
    assert run is not None
    assert run.is_live()
    assert {mark.name for mark in run.processes} == {"job-0", "job-1", "postgres", "valkey"}
    up.terminate()
    output, _ = up.communicate(timeout=_PATIENCE_S)
    assert output.endswith("stopped\n")
    assert not any(processes.is_running(mark) for mark in run.processes)


def test_a_second_up_is_refused_while_the_first_runs(
    up: "subprocess.Popen[str]", home: Path
) -> None:
    with (
        pytest.raises(Misconfigured, match=f"process {up.pid}"),
        run_file.lock(home),
    ):
        pytest.fail("the lock was given twice")


def test_down_clears_up_after_a_killed_supervisor(up: "subprocess.Popen[str]", home: Path) -> None:
    run = run_file.read(home)
    assert run is not None
    marks = {mark.name: mark for mark in run.processes}
    with subprocess.Popen(_SLEEPER) as bystander:
        # As if the pid of a child that died long ago were somebody else's by now.
        reused = replace(marks["job-0"], name="old", pid=bystander.pid)
        run_file.write(home, replace(run, processes=(*run.processes, reused)))
        up.kill()
        up.wait()
        _eventually(lambda: not processes.is_running(marks["job-0"]))
        assert processes.is_running(marks["job-1"])
        assert processes.is_running(marks["postgres"])
        stopped = down.stop_everything(home, on_progress=_quiet, grace_s=0.2)
        assert stopped == ("job-1", "valkey", "postgres")
        assert not any(processes.is_running(mark) for mark in marks.values())
        assert run_file.read(home) is None
        assert bystander.poll() is None
        bystander.kill()
    assert down.stop_everything(home, on_progress=_quiet) == ()


def test_servers_left_by_a_killed_supervisor_are_found_again(
    up: "subprocess.Popen[str]", home: Path
) -> None:
    up.kill()
    up.wait()
    assert start_servers(home, on_progress=_quiet).started == ()
