"""``simulate`` on the starter book: no database, the same text for the same seed, what changes."""

import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import orjson
import pytest
from typer.testing import CliRunner

from router.cli.main import app
from router.cli.output import OK, USAGE

_ROOT = Path(__file__).parents[3]
_SMALL = ("simulate", str(_ROOT / "rules"), "--leads", "150", "--days", "7")
_AWAY = ("--away", "tom-keane:2026-03-03:2026-03-06")


def _run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "80"})
    return result.exit_code, result.stdout, result.stderr


def _data(*words: str) -> dict[str, Any]:
    code, text, _ = _run(*_SMALL, *words, "--json")
    assert code == OK
    found: dict[str, Any] = orjson.loads(text)
    return found


def test_a_week_is_played_without_a_database() -> None:
    code, text, _ = _run(*_SMALL)
    assert code == OK
    assert "150 made-up leads in 7 days" in text
    assert "pool uk-and-ireland: " in text
    assert "Not played:" in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_same_seed_gives_the_same_bytes_in_every_process() -> None:
    words = (sys.executable, "-m", "router.cli.main", *_SMALL, *_AWAY, "--seed", "7", "--json")
    texts = {
        subprocess.run(
            words,
            cwd=_ROOT,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


def test_every_lead_is_accounted_for() -> None:
    after = _data()["after"]
    first = after["given"] - sum(after["moved"].values())
    assert after["leads"] == 150
    assert first + sum(after["aside"].values()) + after["unknown"] == 150
    assert sum(pool["leads"] for pool in after["pools"]) == after["given"]
    for pool in after["pools"]:
        assert sum(each["leads"] for each in pool["members"]) == pool["leads"]


def test_changes_stand_beside_the_same_leads_without_them() -> None:
    found = _data(
        *_AWAY, "--join", "eve-nash:uk-and-ireland:2", "--weight", "uk-south:owen-price:3"
    )
    assert found["changes"] == [
        "away tom-keane:2026-03-03:2026-03-06",
        "join eve-nash:uk-and-ireland:2",
        "weight uk-south:owen-price:3",
    ]
    before, after = _people(found["before"]), _people(found["after"])
    assert ("uk-and-ireland", "eve-nash") not in before
    assert after["uk-and-ireland", "eve-nash"]["leads"] > 0
    assert after["paid-media", "tom-keane"]["away_h"] == 25.5
    assert before["paid-media", "tom-keane"]["away_h"] == 0
    code, text, _ = _run(*_SMALL, *_AWAY)
    assert code == OK
    table = text.partition("WHAT CHANGES")[2].splitlines()
    assert "tom-keane" in table[3] + table[4]
    assert " > " in table[3]


def test_somebody_who_joins_may_be_away_as_well() -> None:
    joins = ("--join", "eve-nash:uk-and-ireland:2")
    found = _data(*joins, "--away", "eve-nash:2026-03-03:2026-03-06")
    assert _people(found["after"])["uk-and-ireland", "eve-nash"]["away_h"] == 25.5


def test_somebody_who_leaves_has_nothing_from_then_on() -> None:
    found = _data("--leave", "tom-keane", "--no-compare")
    assert "before" not in found
    assert _people(found["after"])["uk-and-ireland", "tom-keane"]["leads"] == 0


def test_a_picture_is_drawn(tmp_path: Path) -> None:
    file = tmp_path / "month.svg"
    assert _run(*_SMALL, *_AWAY, "--svg", str(file))[0] == OK
    root = ET.parse(file).getroot()  # noqa: S314 - our own file
    assert root.tag.endswith("svg")


@pytest.mark.parametrize(
    "words",
    [
        ("--away", "tom-keane"),
        ("--away", "nobody:2026-03-03:2026-03-06"),
        ("--away", "tom-keane:2026-03-06:2026-03-03"),
        ("--join", "eve-nash:nowhere:1"),
        ("--join", "eve-nash:dach:many"),
        ("--join", "eve-nash:dach:1", "--ramp", "4"),
        ("--leave", "tom-keane:tomorrow"),
        ("--weight", "dach:jonas-brandt:101"),
        ("--answer", "soon"),
        ("--decline", "200%"),
        ("--start", "monday"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_option(words: tuple[str, ...]) -> None:
    code, _, told = _run(*_SMALL, *words)
    assert code == USAGE
    assert words[0] in told or words[-2] in told


def _people(found: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (pool["pool"], each["person"]): each for pool in found["pools"] for each in pool["members"]
    }
