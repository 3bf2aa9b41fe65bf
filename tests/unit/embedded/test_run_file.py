"""The run file and the lock of one ``up``."""

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from router.embedded import processes, run_file
from router.errors import Misconfigured

_RUN = run_file.Run(
    database_url="postgresql+psycopg://lead_router:secret@/lead_router?host=%2Frun",
    redis_url="unix:///run/valkey.sock?db=0",
    broker_url="redis+socket:///run/valkey.sock?virtual_host=0",
    http_host="127.0.0.1",
    http_port=8080,
    supervisor=processes.Mark("supervisor", 4_000_000, "boot:1"),
    processes=(processes.Mark("web", 4_000_001, "boot:2"),),
)


def test_what_is_written_is_read_back_and_private(tmp_path: Path) -> None:
    run_file.write(tmp_path, _RUN)
    assert run_file.read(tmp_path) == _RUN
    assert stat.S_IMODE((tmp_path / "run.json").stat().st_mode) == 0o600


def test_no_run_file_reads_as_none_and_forgetting_is_harmless(tmp_path: Path) -> None:
    run_file.forget(tmp_path)
    assert run_file.read(tmp_path) is None


def test_a_damaged_run_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"database_url": 1}', encoding="utf-8")
    with pytest.raises(Misconfigured, match="lead-router down"):
        run_file.read(tmp_path)


def test_a_run_is_live_only_while_exactly_its_supervisor_runs() -> None:
    ours = processes.mark("supervisor", os.getpid())
    assert replace(_RUN, supervisor=ours).is_live()
    reused = processes.Mark("supervisor", os.getpid(), "boot:1")
    assert not replace(_RUN, supervisor=reused).is_live()


def test_a_second_up_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    run_file.write(tmp_path, _RUN)
    with (
        run_file.lock(tmp_path),
        pytest.raises(Misconfigured, match="already runs on"),
        run_file.lock(tmp_path),
    ):
        pass
    with run_file.lock(tmp_path):
        assert (tmp_path / "run.lock").exists()


def test_a_process_with_a_reused_pid_is_never_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        assert not processes.end(processes.Mark("web", bystander.pid, "boot:1"), grace_s=0)
        assert processes.end(processes.mark("web", bystander.pid), grace_s=5)
        assert not processes.is_running(processes.mark("web", bystander.pid))


def test_a_dead_process_has_no_mark_that_matches() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as short:
        short.wait()
    assert not processes.is_running(processes.mark("web", short.pid))
    assert processes.command(short.pid) == ""
