"""``lead-router rules test``: what it prints, and its exit codes."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from router.cli import output
from router.cli.main import app
from router.rulebook.model import RuleBook
from router.settings import settings


@pytest.fixture(autouse=True)
def _fresh_settings() -> Iterator[None]:
    """Let each test have the settings of its own environment."""
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def folder(tmp_path: Path, book: RuleBook) -> Path:
    """Give the book in a folder of its own."""
    for path, text in book.files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


def _test(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["rules", "test", *words])
    return result.exit_code, result.stdout, result.stderr


def _change(folder: Path, path: str, old: str, new: str) -> None:
    text = (folder / path).read_text(encoding="utf-8")
    assert old in text
    (folder / path).write_text(text.replace(old, new), encoding="utf-8")


def test_tests_that_pass_are_a_row_of_dots_and_a_sum(folder: Path) -> None:
    code, text, errors = _test(str(folder))
    assert code == output.OK
    assert errors == ""
    assert "\n...." in text
    assert text.endswith(": 9 examples, 4 cases, 2 invariants\n")


def test_a_failed_case_is_told_and_ends_the_program_with_1(folder: Path) -> None:
    _change(folder, "tests/cases.yaml", "pool: desk, not: [big]", "person: bob")
    code, text, errors = _test(str(folder))
    assert code == output.FAILED
    assert errors == ""
    assert "FAILED case 'nordic' (tests/cases.yaml:5:" in text
    assert "expected person bob, got pool desk" in text
    assert "1 failed, " in text.splitlines()[-2]
    assert text.endswith("Correct the rule, or the test if the change is meant.\n")


def test_too_little_coverage_ends_the_program_with_1(folder: Path) -> None:
    _change(folder, "20-routes.yaml", "country: [NO, SE]}\n", "country: [NO, SE], city: Oslo}\n")
    _change(folder, "20-routes.yaml", "{country: NO}, {country: SE}", "{country: NO, city: Oslo}")
    for proofs in ("cases", "invariants"):
        (folder / "tests" / f"{proofs}.yaml").unlink()
    code, told, _ = _test(str(folder), "--least-conditions", "100")
    assert code == output.FAILED
    assert "nordic: 'city is oslo' is never false" in told
    assert "too few conditions are covered" in told
    assert _test(str(folder), "--least-conditions", "50")[0] == output.OK


def test_edits_that_nobody_notices_are_listed_on_request(folder: Path) -> None:
    (folder / "tests" / "cases.yaml").unlink()
    code, text, _ = _test(str(folder), "--mutants")
    assert code == output.OK
    assert "big: sla standard instead of quick" in text
    assert "expect: {rule: big, person: ann, sla: quick}" in text
    code, text, _ = _test(str(folder), "--least-mutants", "100")
    assert code == output.FAILED
    assert text.endswith("; too few edits are noticed\n")


def test_programs_get_json_with_every_test_and_gap(folder: Path) -> None:
    _change(folder, "tests/cases.yaml", "pool: desk, not: [big]", "person: bob")
    code, text, errors = _test(str(folder), "--json")
    assert code == output.FAILED
    assert errors == ""
    found = orjson.loads(text)
    assert found["ok"] is False
    (failed,) = [each for each in found["tests"] if each["status"] == "failed"]
    assert failed["differences"] == [
        {"what": "target", "expected": "person bob", "got": "pool desk"}
    ]
    assert failed["place"] == {"file": "tests/cases.yaml", "line": 5, "column": 3}
    assert found["mutants"] is None
    assert found["shares"] == {"rules": 100, "conditions": 100, "mutants": None}


def test_a_book_that_cannot_be_read_is_no_failed_test(folder: Path) -> None:
    (folder / "book.yaml").unlink()
    result = CliRunner().invoke(app, ["rules", "test", str(folder)])
    assert output.exit_code(result.exception) == output.MISCONFIGURED  # type: ignore[arg-type]  # a BookError
