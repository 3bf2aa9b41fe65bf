"""The map with the counts of a real event log, and without a database."""

from collections.abc import Iterator

import orjson
import pytest
from typer.testing import CliRunner

from router.cli.main import app as program
from router.lead.states import LeadState
from router.road import words
from router.road.act import act
from router.road.drain import Road
from router.road.map.chart import chart
from router.road.map.counting import count
from router.rulebook.model import RuleBook
from router.settings import settings
from tests.build import MONDAY, inquiry, send, time_stands_at
from tests.harm import HOUR, WRONG_TURN, nothing_yet, undo, use
from tests.integration.conftest import Run
from tests.versions import bent


@pytest.fixture(autouse=True)
def monday(road: Road) -> Iterator[None]:
    """Stand on a monday morning, without leads."""
    nothing_yet(road.app)
    with time_stands_at(MONDAY):
        yield


def test_edges_carry_what_happened_to_the_leads_of_the_last_days(
    road: Road, starter_book: RuleBook
) -> None:
    with time_stands_at(MONDAY - 24 * 8 * HOUR):
        send(road, inquiry())
    leads = [send(road, inquiry()) for _ in range(3)]
    body = inquiry(country="DE")
    send(road, body)
    merged = send(road, body | {"message": "And one more question about analytics."})
    assert merged.state is LeadState.MERGED
    act(road, leads[0].id, words.touch("api", "call", ""))
    drawn = chart(starter_book, count(road.app, 7))
    ways = {(edge.source, edge.target, edge.label): edge.leads for edge in drawn.edges}
    assert ways["delivery", "capture", "received"] == 5
    assert ways["clean", "merged", "merged"] == 1
    assert ways["route", "activate", "routed"] == 4
    assert ways["activated", "accepted", "accepted"] == 1
    assert ways["accepted", "contacted", "contacted"] == 1
    assert ways["routes", "pool:uk-and-ireland", "uk-and-ireland"] == 3
    assert ways["routes", "pool:dach", "dach"] == 1
    assert ways["route", "guards", "asks"] == 4
    assert drawn.elsewhere == 0


def test_a_lead_that_was_decided_again_is_counted_where_it_came_to(
    road: Road, starter_book: RuleBook
) -> None:
    bad = bent(starter_book, "10-guards.yaml", WRONG_TURN)
    use(road.app, bad)
    send(road, inquiry())
    undo(road, bad, starter_book)
    drawn = chart(starter_book, count(road.app, 7))
    ways = {(edge.source, edge.target, edge.label): edge.leads for edge in drawn.edges}
    assert ways["routes", "pool:uk-and-ireland", "uk-and-ireland"] == 1
    assert ways["activated", "route", "another owner"] == 1
    assert drawn.elsewhere == 1


def test_the_command_draws_the_active_version_with_numbers(
    road: Road, starter_book: RuleBook, run: Run
) -> None:
    send(road, inquiry())
    code, told = run("map", "--days", "2")
    assert code == 0
    assert told["book"] == {"name": starter_book.name, "digest": starter_book.digest}
    assert told["counted"] is not None
    edges = told["edges"]
    assert isinstance(edges, list)
    assert [each["leads"] for each in edges if each["label"] == "uk-and-ireland"] == [1]


def test_without_a_database_the_map_is_drawn_without_numbers(
    monkeypatch: pytest.MonkeyPatch, starter_book: RuleBook, tmp_path: object
) -> None:
    monkeypatch.setenv("LEAD_ROUTER_HOME", str(tmp_path))
    for name in ("LEAD_ROUTER_DATABASE_URL", "LEAD_ROUTER_REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    settings.cache_clear()
    drawn = CliRunner().invoke(program, ["map"])
    told = CliRunner().invoke(program, ["map", "--json"])
    both = CliRunner().invoke(program, ["map", "--json", "--mermaid"])
    settings.cache_clear()
    assert drawn.exit_code == told.exit_code == 0
    assert drawn.stdout.startswith("flowchart LR\n")
    assert "Without numbers" in drawn.stderr
    read = orjson.loads(told.stdout)
    assert (read["book"]["digest"], read["counted"]) == (starter_book.digest, None)
    assert "Without numbers" in read["remarks"][-1]
    assert both.exit_code == 2
