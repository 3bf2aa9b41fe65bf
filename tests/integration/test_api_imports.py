"""Imports by the API and by the command line, on a real database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from router.app import App
from router.cli.main import app as program
from router.errors import LeadRouterError, NotFound
from router.pipeline import StageName
from router.road.drain import Road
from router.road.imports import lanes
from router.settings import settings
from router.store import waiting
from router.store.tx import transaction
from router.web.api import make_api
from tests.build import MONDAY, inquiry, time_stands_at


@pytest.fixture(autouse=True)
def reached(
    app: App, database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Let commands reach this module's database, on a monday morning; no import is under way."""
    with transaction(app.engine) as tx:
        tx.run("DELETE FROM delivery WHERE state = 'waiting'")
        tx.run("DELETE FROM import")
    monkeypatch.setenv("LEAD_ROUTER_DATABASE_URL", database_url)
    monkeypatch.setenv("LEAD_ROUTER_REDIS_URL", redis_url)
    settings.cache_clear()
    with time_stands_at(MONDAY):
        yield
    settings.cache_clear()


@pytest.fixture(scope="module")
def api(road: Road) -> Iterator[TestClient]:
    """Return a caller on this machine, while no key exists."""
    with TestClient(make_api(road, bound_to_loopback=True), base_url="http://127.0.0.1") as client:
        yield client


def file(rows: int) -> bytes:
    """Return a file of leads, one JSON object a line."""
    return b"\n".join(orjson.dumps(inquiry()) for _ in range(rows))


def post(api: TestClient, data: bytes, kind: str = "application/x-ndjson", **asked: object) -> Any:  # noqa: ANN401 - a test reads JSON
    """Bring a file; return what is answered."""
    params = {"source": "generic", "name": uuid4().hex, **asked}
    headers = {"content-type": kind}
    return api.post(
        "/api/imports",
        params={name: str(value) for name, value in params.items()},
        content=data,
        headers=headers,
    )


def typed(*words: object, code: int = 0) -> str:
    """Type a command; return what it prints."""
    result = CliRunner().invoke(program, [str(word) for word in words])
    if isinstance(result.exception, LeadRouterError):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def through(road: Road) -> None:
    """Let what is due in, and take it down the road."""
    with transaction(road.app.engine) as tx:
        lanes.let_in(road, tx, MONDAY.replace(hour=11))
    while road.drain(StageName.CAPTURE):
        continue


def test_a_file_is_brought_watched_paced_and_undone(api: TestClient, road: Road) -> None:
    answer = post(api, file(4), per_hour=240, sla="relaxed", accountable="george-amari")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["stored"], told["accountable"], told["refused"]) == (4, "george-amari", [])
    place = f"/api/imports/{told['import_id']}"
    (listed, *_) = api.get("/api/imports").json()["items"]
    assert (listed["id"], listed["waiting"], listed["state"]) == (told["import_id"], 4, "running")
    assert listed["ends_about"]

    assert api.post(f"{place}/pause", json={}).json()["state"] == "paused"
    assert api.post(f"{place}/resume", json={"by": "ines-okafor"}).json()["state"] == "running"
    assert api.post(f"{place}/pace", json={"per_hour": 480}).json()["per_hour"] == 480
    assert api.post(f"{place}/pace", json={"per_hour": 0}).status_code == 422
    through(road)
    shown = api.get(place).json()
    assert (shown["let_in"], shown["rows_by_state"]) == (2, {"waiting": 2, "captured": 2})
    assert shown["leads_by_state"] == {"activated": 2}
    latest = api.get("/api/leads", params={"limit": 50}).json()["items"]
    mine = [lead for lead in latest if lead["lane"] == told["import_id"]]
    assert [lead["lane_sla"] for lead in mine] == ["relaxed", "relaxed"]
    assert api.get("/api/stats").json()["waiting"]["import_rows_waiting"] >= 2

    dry = api.post(f"{place}/undo", json={"dry_run": True}).json()
    done = api.post(f"{place}/undo", json={"reason": "wrong list"}).json()
    assert (dry["withdrawn"], dry["recalled"]) == (done["withdrawn"], done["recalled"]) == (2, 2)
    assert api.post(f"{place}/pause", json={}).status_code == 409
    assert api.get(place).json()["state"] == "undone"


def test_a_spreadsheet_and_a_dry_run(api: TestClient) -> None:
    data = b"email,name\na@archer-mills.example,Ann\n,Nobody,x,y\n"
    told = post(api, data, "text/csv", dry_run=True).json()
    assert (told["import_id"], told["stored"]) == (None, 1)
    assert [row["line"] for row in told["refused"]] == [3]


def test_what_cannot_be_imported_is_told(api: TestClient) -> None:
    assert post(api, b"{}", "application/json").status_code == 415
    assert post(api, file(1), source="nowhere").status_code == 422
    assert post(api, file(1), per_hour=0).status_code == 422
    assert post(api, b"\xff\xfe\x00", "text/csv").status_code == 422
    assert api.get(f"/api/imports/{uuid4()}").status_code == 404
    assert api.post(f"/api/imports/{uuid4()}/undo", json={}).status_code == 404


def test_imports_turn_page_by_page(api: TestClient) -> None:
    wanted = {post(api, file(1)).json()["import_id"] for _ in range(3)}
    seen, cursor = set[str](), ""
    while True:
        page = api.get("/api/imports", params={"limit": 2, "cursor": cursor}).json()
        seen |= {each["id"] for each in page["items"]}
        cursor = page["next"]
        if not cursor:
            break
    assert wanted <= seen


def test_the_same_by_the_command_line(app: App, road: Road, tmp_path: Path) -> None:
    path = tmp_path / "fair-2026.jsonl"
    path.write_bytes(file(3) + b"\nnothing\n")
    dry = typed("import", path, "--source", "generic", "--dry-run", code=1)
    assert "3 of 4 rows would wait" in dry
    assert "Line 4 is no lead" in dry
    path.write_bytes(file(3))
    said = typed("import", path, "--source", "generic", "--per-hour", 480, "--name", "Fair")
    assert "3 of 3 rows wait now" in said
    assert app.shelf.active().fallback_owner in said
    listing = typed("imports")
    assert "Fair" in listing
    (found,) = [
        each for each in orjson.loads(typed("imports", "list", "--json")) if each["name"] == "Fair"
    ]
    assert "paused" in typed("imports", "pause", "Fair")
    assert "running" in typed("imports", "resume", found["id"][:18])
    assert "240" in typed("imports", "pace", "Fair", "--per-hour", 240)
    through(road)
    assert "3: 1 let in, 2 wait" in typed("imports", "show", "Fair")
    latest = orjson.loads(typed("leads", "--limit", 50, "--json"))
    (lead,) = [each for each in latest if each["lane"] == found["id"]]
    assert f"import:      {found['id']}" in typed("show", lead["id"])
    assert f"let in from import {found['id']}" in " ".join(typed("explain", lead["id"]).split())
    assert "2 rows would be withdrawn, 1 lead would" in typed(
        "imports", "undo", "Fair", "--dry-run"
    )
    undone = orjson.loads(typed("imports", "undo", "Fair", "--json"))
    assert (undone["withdrawn"], undone["recalled"], undone["left"]) == (2, 1, {})
    assert "3 of 3 rows" in typed("import", path, "--source", "generic", "--name", "Fair")
    with pytest.raises(NotFound, match="Several"):
        typed("imports", "show", "Fair")
    for nothing in ("nothing", ""):
        with pytest.raises(NotFound):
            typed("imports", "undo", nothing)
    with transaction(app.engine) as tx:
        assert waiting.depths(tx, MONDAY)["import_rows_waiting"] >= 3


def test_the_first_row_comes_when_it_was_said(tmp_path: Path) -> None:
    path = tmp_path / "later.csv"
    path.write_text("email,name\nbo@archer-mills.example,Bo\n")
    said = typed(
        "import", path, "--source", "generic", "--start", "2026-03-03T09:00", "--accountable",
        "jonas-brandt", "--hours", "london", "--sla", "relaxed", "--json",
    )  # fmt: skip
    told = orjson.loads(said)
    assert told["first_at"] == "2026-03-03T09:00:00+00:00", "nobody is let in before London opens"
