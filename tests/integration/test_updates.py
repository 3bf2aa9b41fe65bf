"""What changes while a lead is on its way: its people, somebody's mind, and a form's next page."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from router.app import App
from router.embedded.processes import wait_for
from router.errors import Rejected
from router.lead.model import Lead
from router.lead.states import LeadState
from router.now import now
from router.pipeline import StageName
from router.road import words
from router.road.act import act
from router.road.drain import Road
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import book_from_files
from router.store.books import publish
from router.store.tx import transaction
from tests.build import MONDAY, events_of, inquiry, lead_now, send, time_stands_at

_CARD = """  tom-keane:
    name: Tom Keane
    email: tom.keane@northwind.example
    manager: george-amari
    calendar: london
    booking_link: https://book.northwind.example/tom-keane
"""


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Stand on a monday morning, so that everybody works."""
    with time_stands_at(MONDAY):
        yield


@contextmanager
def tom_left(app: App, book: RuleBook) -> Iterator[None]:
    """Publish the book without Tom Keane; afterwards it is the old one again."""
    teams = book.files["teams.yaml"]
    for old, new in (
        (_CARD, ""),
        ("[priya-shah, tom-keane]", "[priya-shah]"),
        ("      - {person: tom-keane, weight: 2}\n", ""),
        ("accountable: tom-keane", "accountable: george-amari"),
    ):
        assert old in teams
        teams = teams.replace(old, new)
    _publish(app, book_from_files({**book.files, "teams.yaml": teams}))
    try:
        yield
    finally:
        _publish(app, book)


def _publish(app: App, book: RuleBook) -> None:
    with transaction(app.engine) as tx:
        publish(tx, book, serve="default", by="tests", note="", now=now())
    assert wait_for(lambda: app.shelf.active().digest == book.digest, seconds=30)


def owner_of(lead: Lead) -> str:
    """Return the id of the owner; there must be one."""
    assert lead.owner is not None
    return lead.owner.id


def test_lead_of_an_older_book_never_goes_to_somebody_who_has_left(
    road: Road, starter_book: RuleBook
) -> None:
    lead = send(road, inquiry())
    if owner_of(lead) == "tom-keane":
        lead = act(road, lead.id, words.reassign("ops", "priya-shah", "as the test wants it"))
    assert owner_of(lead) == "priya-shah"
    with tom_left(road.app, starter_book):
        lead = act(road, lead.id, words.decline("priya-shah", "not my field"))
    assert owner_of(lead) == starter_book.fallback_owner
    assert lead.digest == starter_book.digest
    with transaction(road.app.engine) as tx:
        row = tx.row(
            "SELECT data FROM event WHERE lead_id = %s AND kind = 'lead.reassigned'"
            " ORDER BY seq DESC LIMIT 1",
            (lead.id,),
        )
    assert row is not None
    why = {each["person"]: each["why"] for each in row[0]["candidates"]}
    assert why.get("tom-keane", "left the roster") == "left the roster"


def test_nobody_can_give_a_lead_to_somebody_who_has_left(
    road: Road, starter_book: RuleBook
) -> None:
    lead = send(road, inquiry(country="DE"))
    with tom_left(road.app, starter_book), pytest.raises(Rejected, match="tom-keane") as refused:
        act(road, lead.id, words.reassign("ops", "tom-keane", ""))
    assert refused.value.code == "unknown_person"
    assert owner_of(lead_now(road.app, lead.id)) == owner_of(lead)


def test_rejected_lead_that_is_restored_goes_to_who_would_have_had_it(road: Road) -> None:
    message = "We offer web design services and backlinks to rank your website. Guest post?"
    lead = send(road, inquiry(message=message))
    assert (lead.state, lead.reason) == (LeadState.REJECTED, "solicitation")
    act(road, lead.id, words.replay("ops"))
    while road.drain(StageName.ROUTE):
        continue
    back = lead_now(road.app, lead.id)
    assert (back.state, back.rule) == (LeadState.ACTIVATED, "uk-and-ireland")
    assert events_of(road.app, lead.id).count("lead.rejected") == 1
