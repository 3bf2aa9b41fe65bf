"""``lead-router rules diff``: what it prints, and its exit codes."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import orjson
import pytest
from typer.testing import CliRunner

from router.cli.main import app
from router.settings import settings


@pytest.fixture(autouse=True)
def _fresh_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Let each test have the settings of its own environment, and no database."""
    for name in ("DATABASE_URL", "REDIS_URL", "RULES"):
        monkeypatch.delenv(f"LEAD_ROUTER_{name}", raising=False)
    monkeypatch.setenv("LEAD_ROUTER_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def edit(tmp_path: Path) -> Path:
    """Give a copy of the shipped book, to be edited."""
    return copytree("rules", tmp_path / "edit")


def _diff(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["rules", "diff", *words])
    return result.exit_code, result.stdout, result.stderr


def _change(folder: Path, path: str, old: str, new: str) -> None:
    text = (folder / path).read_text(encoding="utf-8")
    assert old in text
    (folder / path).write_text(text.replace(old, new), encoding="utf-8")


def _hand_over(folder: Path) -> None:
    """Give what Ruby has to the enterprise pool."""
    _change(folder, "20-routes.yaml", "then: {person: ruby-tran}", "then: {pool: enterprise}")


def test_two_folders_that_say_the_same_end_with_zero(edit: Path) -> None:
    _change(edit, "20-routes.yaml", "summary: The United States and Canada.", "summary: Both.")
    code, text, errors = _diff("rules", str(edit))
    assert (code, errors) == (0, "")
    assert text.endswith("\n\nNo lead gets anything else.\n")


def test_what_changes_hands_is_shown_with_a_lead_and_both_traces(edit: Path) -> None:
    _hand_over(edit)
    code, text, errors = _diff("rules", str(edit))
    assert (code, errors) == (1, "")
    assert "\nLEADS CHANGE HANDS\n\nrule asia-pacific changed: 1 way\n" in text
    assert "\n  person ruby-tran -> pool enterprise\n" in text
    assert '     e.g. {"country": "AU"}\n     old: asia-pacific (20-routes.yaml:' in text
    assert "\n          => person ruby-tran, sla standard\n     new: asia-pacific (" in text
    assert "\n          => pool enterprise, sla standard\n" in text
    assert " in which leads change hands.\n" in text


def test_it_says_why_the_other_books_rule_does_not_take_the_lead(edit: Path) -> None:
    for old, new in (
        ("company_size: {gte: 1000}", "company_size: {gte: 500}"),
        ("{company_size: 999}", "{company_size: 499}"),
    ):
        _change(edit, "20-routes.yaml", old, new)
    _, text, _ = _diff("rules", str(edit), "--most", "1")
    assert "          not big-account: company_size is 500 (takes at least 1000)" in text
    assert "\n  and " in text
    assert "ways more; --most writes them out, --json has all:" in text


def test_no_line_is_wider_than_a_terminal(edit: Path) -> None:
    _hand_over(edit)
    _change(edit, "sla.yaml", "acceptance: {target: 15m", "acceptance: {target: 30m")
    _change(edit, "tables/territories.csv", "GB,AB10,uk-north", "GB,AB10,enterprise")
    with (edit / "lists" / "competitors.txt").open("a", encoding="utf-8") as listed:
        listed.write("wide-awake-insights.example\n")
    _, text, _ = _diff("rules", str(edit))
    head, body = text.split("\n\n", 1)
    assert max(map(len, body.splitlines())) <= 80
    assert head.startswith("old  ")
    for part in ("list competitors: 1 entry more", "SLA fast: acceptance: target 15 min -> 30 min"):
        assert part in body
    assert "table territories: 1 row changed, pool uk-north -> pool enterprise" in body


def test_json_has_the_same_for_programs(edit: Path) -> None:
    _hand_over(edit)
    code, text, _ = _diff("rules", str(edit), "--json")
    found = orjson.loads(text)
    assert code == 1
    assert found["same"] is False
    assert found["summary"]["change_hands"] == len(found["change_hands"]) == 2
    way = next(each for each in found["change_hands"] if each["before"]["rule"] == "asia-pacific")
    assert way["cause"] == "rule asia-pacific changed"
    assert way["example"] == {"country": "AU"}
    assert way["after"]["target"] == {"kind": "pool", "name": "enterprise"}
    decided = [each["decided"] for each in way["traces"]["new"] if each["decided"]]
    assert decided[0]["rule"] == "asia-pacific"


def test_a_book_with_problems_cannot_be_compared(edit: Path) -> None:
    _change(edit, "20-routes.yaml", "then: {person: ruby-tran}", "then: {person: nobody}")
    code, text, errors = _diff("rules", str(edit))
    assert (code, text) == (2, "")
    assert "20-routes.yaml:" in errors
    assert "nobody" in errors


@pytest.mark.parametrize("named", ["no-such-folder", "active", "1a2b3c"])
def test_what_is_no_folder_and_cannot_be_looked_up_ends_with_two(named: str) -> None:
    code, text, errors = _diff("rules", named)
    assert (code, text) == (2, "")
    assert errors.startswith("lead-router: ")
