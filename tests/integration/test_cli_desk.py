"""The commands that people type about leads, on a real database; exit codes and all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
import typer
from typer.testing import CliRunner

from router.app import App
from router.cli import explain, keys, leads, people, replay, review, tasks
from router.errors import Conflict, NotFound, Rejected
from router.lead.states import DeliveryState, LeadState
from router.pipeline import StageName
from router.road.drain import Road
from router.settings import settings
from router.store.deliveries import mark
from router.store.tx import transaction
from tests.build import MONDAY, delivery, inquiry, lead_now, leads_of, send, store, time_stands_at

_RULES = Path(__file__).parents[2] / "rules"


@pytest.fixture(autouse=True)
def reached(
    app: App, database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Let commands reach this module's database; put settings back afterwards."""
    monkeypatch.setenv("LEAD_ROUTER_DATABASE_URL", database_url)
    monkeypatch.setenv("LEAD_ROUTER_REDIS_URL", redis_url)
    monkeypatch.setenv("LEAD_ROUTER_DESTINATIONS", _destinations(app))
    settings.cache_clear()
    with time_stands_at(MONDAY):
        yield
    settings.cache_clear()


def _destinations(app: App) -> str:
    told = app.settings.destinations
    return orjson.dumps({name: each.model_dump() for name, each in told.items()}).decode()


def program() -> typer.Typer:
    """Return a program of these commands."""
    made = typer.Typer(pretty_exceptions_enable=False)
    for module in (leads, explain, tasks, review, replay, people, keys):
        module.register(made)
    return made


def typed(*words: object, code: int = 0, given: bytes | None = None) -> str:
    """Type a command; return what it prints."""
    result = CliRunner().invoke(program(), [str(word) for word in words], input=given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def read(*words: object) -> Any:  # noqa: ANN401 - a test reads JSON
    """Type a command with --json; return what it prints."""
    return orjson.loads(typed(*words, "--json"))


def test_leads_are_listed_and_one_is_shown_by_its_first_characters(road: Road) -> None:
    lead = send(road, inquiry(company="Harbour Lights Ltd"))
    listing = typed("leads", "--state", "activated", "--limit", "5")
    assert str(lead.id)[:18] in listing
    assert "Harbour Lights Ltd" in listing
    (found,) = read("leads", "--email", lead.person.email)
    assert found["id"] == str(lead.id)
    assert f"lead:        {lead.id}" in typed("show", str(lead.id)[:18])
    assert read("show", lead.id)["owner"]["id"] == found["owner"]["id"]
    assert typed("leads", "--source", "tally").strip() == "There is no such lead."
    typed("leads", "--state", "lost", code=2)
    send(road, inquiry())
    with pytest.raises(NotFound, match="Several leads"):
        typed("show", str(lead.id)[0])
    with pytest.raises(NotFound):
        typed("show", uuid4())


def test_a_task_is_seen_accepted_touched_and_closed(road: Road) -> None:
    lead = send(road, inquiry(country="AU", company="Reef Works"))
    assert "Ann Archer, Reef Works: demo" in typed("tasks", "--person", "ruby-tran")
    assert lead.id.hex[:6] in read("tasks")[0]["lead_id"].replace("-", "")
    with pytest.raises(Conflict, match="ruby-tran"):
        typed("accept", lead.id, "--person", "tom-keane")
    assert "is accepted" in typed("accept", lead.id)
    assert "is contacted" in typed("touch", lead.id, "--channel", "email")
    with pytest.raises(Rejected, match="no outcome"):
        typed("close", lead.id, "forgotten")
    assert read("close", lead.id, "converted")["outcome"] == "converted"
    assert typed("tasks", "--person", "nobody").strip() == "There is nothing to do."


def test_a_lead_is_declined_and_then_given_to_a_person(road: Road) -> None:
    lead = send(road, inquiry())
    assert lead.owner is not None
    after = read("decline", lead.id, "--reason", "away")
    assert after["passed"] == [lead.owner.id]
    said = typed("reassign", lead.id, "ruby-tran", "--by", "george-amari")
    assert "its owner is person ruby-tran" in said


def test_a_question_is_listed_and_answered(road: Road) -> None:
    lead = send(road, inquiry(message="Hello there."))
    (item,) = [each for each in read("review", "list") if each["lead_id"] == str(lead.id)]
    assert item["id"] in typed("review")
    assert "is classified" in typed("review", "answer", item["id"], "pricing", "--by", "tom-keane")
    with pytest.raises(Conflict, match="tom-keane"):
        typed("review", "answer", item["id"], "pricing", "--by", "tom-keane")
    typed("review", "answer", item["id"], "pricing", code=2)
    with pytest.raises(NotFound):
        typed("review", "answer", "7", "pricing", "--by", "tom-keane")


def test_leads_and_deliveries_are_replayed(road: Road) -> None:
    lead = send(road, inquiry(honeypot="x"))
    assert "is classified" in typed("replay", "lead", lead.id)
    road.drain(StageName.ROUTE)
    assert lead_now(road.app, lead.id).state is LeadState.ACTIVATED

    (parked,) = store(road.app, delivery(inquiry()))
    with transaction(road.app.engine) as tx:
        mark(tx, [(parked, DeliveryState.PARKED, "no such source")])
    assert "waits for capture" in typed("replay", "delivery", parked)
    road.drain(StageName.CAPTURE)
    assert len(leads_of(road.app, parked)) == 1
    with pytest.raises(NotFound):
        typed("replay", "action", uuid4())


def test_a_person_goes_away_by_the_clock_on_their_own_wall_and_comes_back() -> None:
    said = typed("people", "away", "jonas-brandt", "--until", "2026-03-04", "--reason", "fair")
    assert "until 2026-03-03 23:00Z" in said
    assert "away until 2026-03-03 23:00Z (fair)" in typed("people")
    assert "takes leads again" in typed("people", "back", "jonas-brandt")
    (jonas,) = [each for each in read("people", "list") if each["id"] == "jonas-brandt"]
    assert jonas["absence"] is None
    with pytest.raises(NotFound):
        typed("people", "back", "nobody")
    with pytest.raises(Rejected, match="no moment"):
        typed("people", "away", "jonas-brandt", "--until", "tomorrow")


def test_a_lead_is_explained_and_held_to_what_was_expected(road: Road) -> None:
    lead = send(road, inquiry(form_kind="partner"))
    text = typed("explain", str(lead.id)[:18], "--expect", "queue=partner-desk")
    assert "guards: partner-form" in text
    wrong = typed("explain", lead.id, "--expect", "owner=tom-keane", code=1)
    assert "Expected owner=tom-keane, but it is none." in wrong
    typed("explain", lead.id, "--expect", "colour=red", code=2)
    assert read("explain", lead.id)["lead_id"] == str(lead.id)


def test_a_sample_is_explained_beside_real_people_and_nothing_is_written(
    road: Road, tmp_path: Path
) -> None:
    known = send(road, inquiry())
    file = tmp_path / "sample.json"
    file.write_bytes(orjson.dumps(inquiry(email=known.person.email)))
    assert "Nothing was written." in typed("explain", file, "--expect", "state=merged")

    form = b"name=Ann&email=ann%40example.com&country=DE&message=Show+us+a+demo+please"
    found = typed("explain", "-", "--expect", "pool=dach", "--expect", "rule=dach", given=form)
    assert "Sample, never sent: Ann" in found
    assert typed("explain", "partner-form", "--expect", "queue=partner-desk")
    with transaction(road.app.engine) as tx:
        row = tx.row("SELECT count(*) FROM lead WHERE strpos(body::text, 'ann@example.com') > 0")
    assert row == (0,)


def test_a_sample_is_explained_without_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEAD_ROUTER_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    settings.cache_clear()
    file = tmp_path / "sample.json"
    file.write_bytes(orjson.dumps(inquiry(country="NO")))
    said = typed("explain", file, "--expect", "rule=nordics")
    assert "No database" in said
    assert "No database" not in typed(
        "explain", file, "--rules", _RULES, "--expect", "rule=nordics"
    )
    with pytest.raises(Rejected, match="makes no lead"):
        typed("explain", "-", "--rules", _RULES, given=b"{}")


def test_a_key_is_shown_once_listed_and_revoked() -> None:
    assert "open to this machine only" in typed("keys", "list")
    made = read("keys", "create", "CRM", "--scope", "act", "--days", "90")
    assert made["key"].startswith(f"lr_live_{made['id']}_")
    listing = typed("keys", "list")
    assert made["id"] in listing
    assert made["key"] not in listing
    assert "opens nothing" in typed("keys", "revoke", made["id"])
    assert [key["usable"] for key in read("keys", "list")] == [False]
    with pytest.raises(NotFound):
        typed("keys", "revoke", made["id"])
    typed("keys", "create", "CRM", "--scope", "everything", code=2)
    assert "only time" in typed("keys", "create", "second")
