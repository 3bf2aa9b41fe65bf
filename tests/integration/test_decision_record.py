"""What a decision keeps of how the rules came to it."""

from collections.abc import Iterator, Mapping

import pytest

from router.app import App
from router.lead.ids import LeadId
from router.road.drain import Road
from router.road.explain.build import explain
from router.road.explain.text import tell
from router.store.tx import transaction
from tests.build import MONDAY, inquiry, send, time_stands_at


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Stand on a monday morning, so that everybody works."""
    with time_stands_at(MONDAY):
        yield


def said(app: App, lead_id: LeadId, kind: str) -> Mapping[str, object]:
    """Return the data of a lead's event."""
    with transaction(app.engine) as tx:
        row = tx.row("SELECT data FROM event WHERE lead_id = %s AND kind = %s", (lead_id, kind))
    assert row is not None
    found: Mapping[str, object] = row[0]
    return found


def test_a_routed_lead_keeps_the_rule_its_row_and_how_long_it_took(road: Road) -> None:
    book = road.app.shelf.active()
    lead = send(road, inquiry(email="ann@aldermoor-insurance.example", country="GB"))
    data = said(road.app, lead.id, "lead.routed")
    rule = next(rule for phase in book.rules.values() for rule in phase if rule.id == data["rule"])
    assert rule.id == "named-accounts"
    assert (data["digest"], data["phase"]) == (book.digest, "routes")
    assert (data["file"], data["line"]) == (rule.place.file, rule.place.line)
    table = book.tables["named_accounts"]
    row = next(row for row in table.rows if row.cells[0] == "aldermoor-insurance.example")
    assert (data["row_file"], data["row_line"]) == (table.file, row.line)
    assert data["values"] == {"country": "GB"}
    assert isinstance(data["near_misses"], list)
    assert isinstance(data["unknown_facts"], list)
    assert "company_size" in data["unknown_facts"]
    assert isinstance(data["thought_us"], int)
    assert 0 < data["thought_us"] < 10_000_000
    told = " ".join(tell(explain(road.app, lead.id)).split())
    assert f"{table.file} has it in line {row.line}" in told


def test_a_rejected_lead_keeps_the_same(road: Road) -> None:
    lead = send(road, inquiry(honeypot="https://win-a-prize.example"))
    data = said(road.app, lead.id, "lead.rejected")
    assert (data["rule"], data["phase"], data["row_line"]) == ("spam-honeypot", "guards", 0)
    assert {"digest", "file", "line", "values", "near_misses", "unknown_facts"} <= data.keys()
    assert isinstance(data["thought_us"], int)
