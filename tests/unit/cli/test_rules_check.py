"""``rules check`` on folders bent from the shipped book: what is printed, and how it ends."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from router.cli import output
from router.cli.book import load, shipped
from router.cli.main import app
from router.settings import settings
from tests.versions import bent, written

HIDDEN = """
  - id: german-agencies
    summary: Agencies in Germany.
    steward: sales-ops@northwind.example
    when: {country: DE, tags: agency}
    then: {pool: paid-media}
"""
NIGHT = """
  - id: french-nights
    summary: Whoever writes from France at night.
    steward: sales-ops@northwind.example
    when: {country: FR, received_at: {not_in_calendar: london}}
    then: {pool: uk-and-ireland}
"""


@pytest.fixture(autouse=True)
def _fresh_settings() -> None:
    """Let each test have the settings of its own environment."""
    settings.cache_clear()


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder for a book."""
    return tmp_path_factory.mktemp("book")


def check(*words: str) -> tuple[int, str]:
    """Run the command; return its exit code and what it printed."""
    result = CliRunner().invoke(app, ["rules", "check", *words])
    return result.exit_code, result.stdout


def bent_book(folder: Path, more: str) -> str:
    """Write the shipped book with more routes; return its folder."""
    return written(bent(load(shipped()), "20-routes.yaml", more), folder)


def test_a_sound_book_ends_well_also_when_warnings_count() -> None:
    code, text = check("--strict")
    assert code == output.OK
    assert " is sound: " in text.splitlines()[-1]


def test_an_error_is_shown_with_its_line_and_advice_and_fails(folder: Path) -> None:
    code, text = check(bent_book(folder, HIDDEN))
    assert code == output.FAILED
    lines = text.splitlines()
    assert lines[0].startswith("20-routes.yaml:")
    assert "error: the rule 'german-agencies' is never reached" in lines[0]
    assert lines[1].endswith("|   - id: german-agencies")
    assert lines[2].strip().startswith("Move it before 'dach'")
    assert "is not sound: 1 error" in lines[-1]


def test_a_warning_fails_only_when_it_is_asked_for(folder: Path) -> None:
    book = bent_book(folder, NIGHT)
    code, text = check(book)
    assert code == output.OK
    assert "is sound: 1 warning" in text
    assert check("--strict", book)[0] == output.FAILED


def test_programs_get_every_finding(folder: Path) -> None:
    code, text = check("--json", bent_book(folder, HIDDEN))
    assert code == output.FAILED
    told = orjson.loads(text)
    assert (told["ok"], told["counts"]["error"]) == (False, 1)
    (error,) = (each for each in told["findings"] if each["severity"] == "error")
    assert (error["code"], error["file"]) == ("never-reached", "20-routes.yaml")
    (gap,) = (each for each in told["findings"] if each["code"] == "only-fallback")
    assert gap["example"]


def test_a_book_that_cannot_be_read_fails_with_every_problem(folder: Path) -> None:
    files = dict(load(shipped()).files)
    files["teams.yaml"] = files["teams.yaml"].replace("george-amari:", "george:")
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    code, text = check("--json", str(folder))
    assert code == output.FAILED
    told = orjson.loads(text)
    assert told["ok"] is False
    assert any("unknown person 'george-amari'" in each for each in told["problems"])
