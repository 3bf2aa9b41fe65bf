"""The program as a whole: help, exit codes, and how errors are told."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from router.cli import output
from router.cli.bench import measure
from router.cli.book import load, shipped
from router.cli.checks import setting_rows
from router.cli.main import app
from router.errors import BookError, Conflict, NotFound, Rejected, Slow
from router.settings import Settings, settings

_ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _fresh_settings() -> Iterator[None]:
    """Let each test have the settings of its own environment."""
    settings.cache_clear()
    yield
    settings.cache_clear()


def _run(*words: str, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(words), env=env)
    return result.exit_code, result.stdout, result.stderr


def test_help_names_every_exit_code_and_explains_every_command() -> None:
    code, text, _ = _run("--help")
    assert code == output.OK
    told = " ".join(text.partition("Exit codes:")[2].split())
    for number in range(5):
        assert f"{number} " in told
    for command in app.registered_commands:
        assert command.callback is not None
        assert command.callback.__doc__


def test_help_loads_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys; sys.argv = ['lead-router', '--help']\n"
        "from router.cli.main import app\n"
        "heavy = {'sqlalchemy', 'celery', 'fastapi', 'pydantic', 'redis', 'structlog', 'alembic'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=_ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"


def test_errors_stand_for_exit_codes() -> None:
    assert output.exit_code(BookError(("a.yaml:1:1: wrong",))) == output.MISCONFIGURED
    assert output.exit_code(Slow("Later.", after_s=1)) == output.UNREACHABLE
    for error in (NotFound("x"), Conflict("x"), Rejected("x")):
        assert output.exit_code(error) == output.FAILED


def test_the_shipped_book_is_checked_without_a_database() -> None:
    code, text, _ = _run("rules", "check", "--json")
    assert code == output.OK
    assert orjson.loads(text)["version"] == load(shipped()).digest


def test_a_folder_without_a_book_is_told_at_once(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("no-book")
    code, _, said = _run("rules", "check", str(folder))
    assert code == output.FAILED
    assert "holds no book.yaml" in said


def test_the_samples_are_listed() -> None:
    code, text, _ = _run("send", "--list", "--json")
    assert code == output.OK
    assert {each["source"] for each in orjson.loads(text)} == {
        "generic",
        "html",
        "standard",
        "typeform",
    }


def test_settings_are_listed_with_their_origin_and_without_secrets() -> None:
    told = Settings.model_validate({"database_url": "postgresql://me:hidden@db/leads", "port": 1})
    rows = {name: (value, origin) for name, value, origin in setting_rows(told)}
    assert rows["LEAD_ROUTER_DATABASE_URL"] == ("set", "environment")
    assert rows["LEAD_ROUTER_REDIS_URL"] == ("not set", "default")
    assert rows["LEAD_ROUTER_PORT"] == ("1", "environment")
    assert "hidden" not in str(rows)


def test_bench_of_a_checkout_lists_its_options() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "router.cli.main", "bench", "--help"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == output.OK, told.stderr
    assert "--quick" in told.stdout


def test_bench_of_an_installation_says_where_the_measurements_are(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="Clone the repository and run `make bench`"):
        measure(tmp_path, [])
