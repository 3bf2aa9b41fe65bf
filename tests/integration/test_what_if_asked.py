"""Why not Bob, and what if, as it is asked: over the API and at the command line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import typer
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from router.cli import explain as command
from router.lead.model import Lead
from router.road.drain import Road
from router.settings import settings
from router.web.api import leads, make_api
from tests.build import MONDAY, inquiry, send, time_stands_at

_NOT_RUBY = "Ruby Tran was not looked at: in none of the pools that were asked (uk-and-ireland);"
_COUNTRY = "country AU would give Ruby Tran (rule asia-pacific)"


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str) -> Iterator[None]:
    """Stand on a monday morning; let commands reach this module's database."""
    monkeypatch.setenv("LEAD_ROUTER_DATABASE_URL", database_url)
    monkeypatch.setenv("LEAD_ROUTER_REDIS_URL", redis_url)
    # A machine that has much else to do would not try everything in the usual time.
    monkeypatch.setattr(leads, "WHAT_IF_S", 60.0)
    settings.cache_clear()
    with time_stands_at(MONDAY):
        yield
    settings.cache_clear()


@pytest.fixture
def lead(road: Road) -> Lead:
    """Return a lead that the pool of its country gave to somebody."""
    return send(road, inquiry())


def typed(*words: object, code: int = 0) -> str:
    """Type the command; return what it prints, in one line."""
    program = typer.Typer(pretty_exceptions_enable=False)
    command.register(program)

    @program.callback()
    def others() -> None:
        """Stand for the other commands."""

    result = CliRunner().invoke(program, ["explain", *(str(word) for word in words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def asked(road: Road, lead: Lead, status: int = 200, **params: str) -> Any:  # noqa: ANN401 - a test reads JSON
    """Ask the API to explain a lead."""
    with TestClient(make_api(road, bound_to_loopback=True), base_url="http://127.0.0.1") as api:
        found = api.get(f"/api/leads/{lead.id}/explain", params=params)
    assert found.status_code == status, found.text
    return found.text if params.get("format") == "text" else found.json()


def test_the_command_says_in_one_sentence_why_not_somebody(lead: Lead) -> None:
    said = typed(lead.id, "--person", "Ruby Tran")
    assert said.startswith(_NOT_RUBY)
    assert _COUNTRY in said
    assert "WHAT HAPPENED" not in said
    told = orjson.loads(typed(lead.id, "--person", "ruby-tran", "--json"))
    assert told["why_not"]["words"].startswith(_NOT_RUBY)
    assert told["what_if"]["found"][0]["changes"] == [
        {"kind": "fact", "about": "country", "pool": "", "value": "AU"}
    ]


def test_the_command_says_what_if_only_when_it_is_asked(lead: Lead) -> None:
    assert "WHAT IF" not in typed(lead.id)
    said = typed(lead.id, "--what-if")
    assert "WHAT IF country DE would give Jonas Brandt (rule dach, pool dach)" in said
    assert "WHAT HAPPENED" in said


def test_a_sample_that_was_never_routed_is_not_asked_what_if(tmp_path: Path) -> None:
    file = tmp_path / "sample.json"
    file.write_bytes(orjson.dumps(inquiry()))
    assert "a sample never was" in typed(file, "--what-if", code=2)
    assert "a sample never was" in typed(file, "--person", "ruby-tran", code=2)


def test_the_api_says_both_and_everybody_who_was_looked_at(road: Road, lead: Lead) -> None:
    plain = asked(road, lead)
    assert (plain["why_not"], plain["what_if"]) == (None, None)
    assert {each["pool"] for each in plain["candidates"]} == {"uk-and-ireland"}
    assert {each["owed"] for each in plain["candidates"]} >= {0.5}
    told = asked(road, lead, what_if="true")
    assert told["why_not"] is None
    first = told["what_if"]["found"][0]
    assert (first["owner"], first["rule"], first["pool"]) == ("jonas-brandt", "dach", "dach")
    assert told["what_if"]["asked"] > 10
    one = asked(road, lead, person="ruby-tran")
    assert one["why_not"]["considered"] is False
    assert one["what_if"]["person"] == "ruby-tran"
    assert _COUNTRY in asked(road, lead, person="ruby-tran", format="text")
    assert asked(road, lead, 404, person="bob")["type"].endswith("not_found")
