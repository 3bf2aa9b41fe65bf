"""The embedded servers and the supervisor, for real: killed, restarted, found again."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from celery import Celery
from sqlalchemy import create_engine, text

from router.embedded import binaries, down, launch, processes, run_as
from router.embedded.folders import prepare_home
from router.embedded.postgres import Postgres
from router.embedded.servers import Servers, start_servers
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


def _sql(servers: Servers, statement: str) -> list[tuple[object, ...]]:
    """Run one statement, committed; return its rows."""
    engine = create_engine(servers.database_url)
    try:
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        engine.dispose()


def _kill(server: Servers, short: str) -> int:
    """Kill -9 one of our servers, wait until its last process is gone, return its pid."""
    daemon = server.postgres if short == "postgres" else server.valkey
    pid = daemon.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert processes.wait_for(lambda: not daemon.alive(), seconds=_PATIENCE_S)
    return pid


def test_both_servers_answer_durably_and_only_on_private_sockets(servers: Servers) -> None:
    rows = _sql(
        servers,
        "SELECT current_user, current_database(), current_setting('fsync'),"
        " current_setting('synchronous_commit'), current_setting('full_page_writes'),"
        " current_setting('listen_addresses'), current_setting('max_connections'),"
        " (SELECT datlocale FROM pg_database WHERE datname = current_database())",
    )
    assert rows == [("lead_router", "lead_router", "on", "on", "on", "", "100", "C.UTF-8")]
    assert servers.postgres.sockets.stat().st_mode & 0o777 == 0o700
    for mark in servers.marks():
        listening = psutil.Process(mark.pid).net_connections(kind="inet")
        assert not listening
    with redis.Redis.from_url(servers.redis_url) as client:
        settings = client.config_get("appendonly", "appendfsync", "maxmemory-policy", "save")
    assert settings == {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "save": "",
    }


def test_celery_reaches_the_broker_by_its_own_spelling(servers: Servers) -> None:
    app = Celery("probe", broker=servers.broker_url)
    with app.connection_for_write() as connection:
        queue = connection.SimpleQueue("probe")
        queue.put({"hint": 1})
        assert queue.get(timeout=30).payload == {"hint": 1}
        queue.close()


def test_the_password_is_really_asked_for(servers: Servers) -> None:
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(
            host=str(servers.postgres.sockets),
            port=5432,
            user="lead_router",
            password="wrong",  # noqa: S106 - wrong on purpose
            dbname="lead_router",
        )


def test_a_second_start_attaches_to_the_running_servers(servers: Servers, home: Path) -> None:
    again = start_servers(home, on_progress=_quiet)
    assert servers.started == ("PostgreSQL", "Valkey")
    assert again.started == ()
    assert again.marks() == servers.marks()
    assert again.database_url == servers.database_url


def test_only_the_wanted_server_is_started(home: Path) -> None:
    started = start_servers(home, on_progress=_quiet, database=False)
    assert started.started == ("Valkey",)
    assert started.database_url == ""
    assert not (home / "postgres").exists()
    started.stop()
    assert not started.valkey.alive()


def test_two_starts_at_once_make_one_pair_of_servers(home: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        starts = [pool.submit(start_servers, home, on_progress=_quiet) for _ in range(2)]
        first, second = (start.result(timeout=_PATIENCE_S) for start in starts)
    assert first.marks() == second.marks()
    assert sorted(first.started + second.started) == ["PostgreSQL", "Valkey"]


def test_data_survives_kill_9_of_postgres_and_addresses_stay(servers: Servers) -> None:
    _sql(servers, "CREATE TABLE kept (id int)")
    _sql(servers, "INSERT INTO kept SELECT generate_series(1, 1000)")
    _kill(servers, "postgres")
    assert servers.revive() == ("PostgreSQL",)
    servers.postgres.start()
    assert _sql(servers, "SELECT count(*) FROM kept") == [(1000,)]


def test_what_valkey_was_told_survives_its_kill_9(servers: Servers, home: Path) -> None:
    with redis.Redis.from_url(servers.redis_url) as client:
        client.set("hint", "7")
        # It is asked to write every second: wait until it did.
        assert client.waitaof(1, 0, int(_PATIENCE_S * 1000))[0] == 1
    _kill(servers, "valkey")
    again = start_servers(home, on_progress=_quiet)
    assert again.started == ("Valkey",)
    with redis.Redis.from_url(again.redis_url) as client:
        assert client.get("hint") == b"7"


def test_a_stale_pid_file_harms_no_bystander(servers: Servers, home: Path) -> None:
    pid_file = servers.postgres.data / "postmaster.pid"
    stale = pid_file.read_text(encoding="utf-8").splitlines()
    killed = _kill(servers, "postgres")
    _kill(servers, "valkey")
    with subprocess.Popen([*_SLEEPER, "/postgres", "-D", "/elsewhere"]) as bystander:
        assert int(stale[0]) == killed
        pid_file.write_text("\n".join([str(bystander.pid), *stale[1:], ""]), encoding="utf-8")
        (servers.valkey.data / "valkey.pid").write_text(f"{bystander.pid}\n", encoding="ascii")
        assert servers.postgres.pid() is None
        assert servers.valkey.pid() is None
        again = start_servers(home, on_progress=_quiet)
        assert again.started == ("PostgreSQL", "Valkey")
        again.stop()
        assert bystander.poll() is None
        bystander.kill()


def test_every_permitted_way_to_run_postgres_keeps_the_data(tmp_path: Path) -> None:
    home = prepare_home(tmp_path / "home")
    program = binaries.postgres_programs() / "postgres"
    permitted = [way for way in run_as.ways() if not run_as.objection(way, program, home)]
    assert permitted
    for number, way in enumerate((*permitted, permitted[0])):
        postgres = Postgres(home, _quiet, run_as=way)
        postgres.start()
        try:
            engine = create_engine(postgres.url)
            with engine.begin() as connection:
                connection.execute(text("CREATE TABLE IF NOT EXISTS kept (id int)"))
                connection.execute(text("INSERT INTO kept VALUES (1)"))
                found = connection.execute(text("SELECT count(*) FROM kept")).scalar_one()
            engine.dispose()
        finally:
            postgres.stop()
        assert found == number + 1
        assert not postgres.alive()


def test_an_ordinary_user_gets_servers_below_a_very_long_path(tmp_path: Path) -> None:
    home = tmp_path / ("long and spaced " * 10) / "home"
    home.parent.mkdir()
    script = (
        "import os, sys; from pathlib import Path\n"
        "from router.embedded.servers import start_servers\n"
        "s = start_servers(Path(sys.argv[1]), on_progress=print)\n"
        "folder = s.postgres.sockets\n"
        "assert os.geteuid() != 0 and len(sys.argv[1]) > 107\n"
        "assert folder.stat().st_mode & 0o777 == 0o700\n"
        "assert Path(sys.argv[1]) not in folder.parents\n"
        "s.stop()\n"
        "print('left:', s.postgres.alive(), folder.exists())\n"
    )
    command = [sys.executable, "-B", "-c", script, str(home)]
    if os.geteuid() == 0:
        for folder in (home.parent, *list(home.parents)[1:4]):
            if folder.stat().st_uid == 0 and folder.is_relative_to(tmp_path):
                os.chown(folder, 65534, 65534)
        # The launcher's way of becoming somebody, as the interpreter itself may lie below /root.
        options = ["--drop", "65534:65534", "--"]
        command = [sys.executable, "-I", "-S", launch.__file__, *options, *command]
    answer = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=_ROOT, timeout=_PATIENCE_S
    )
    assert "left: False False" in answer.stdout, answer.stderr


def test_missing_wheels_are_said_with_the_command_that_installs_them() -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from router.embedded import binaries\n"
        "try: binaries.postgres_programs()\n"
        "except Exception as error: print(error)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", script, str(_ROOT)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "pip install 'lead-router[demo]'" in answer.stdout


def test_a_data_folder_of_an_unknown_version_is_refused_in_words() -> None:
    with pytest.raises(Misconfigured, match="made by PostgreSQL 99"):
        binaries.postgres_programs("99")


def test_a_lost_password_is_said_in_words(servers: Servers, home: Path) -> None:
    (servers.home / "run-secret").write_text("another\n", encoding="ascii")
    with pytest.raises(Misconfigured, match="put the old file back"):
        start_servers(home, on_progress=_quiet)
