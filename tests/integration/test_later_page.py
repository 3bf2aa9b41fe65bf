"""A later page of a form reaches the lead that is worked on, and its owner."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from router.lead.states import LeadState
from router.pipeline import StageName
from router.road.drain import Road
from tests.build import (
    MONDAY,
    delivery,
    inquiry,
    lead_now,
    messages_of,
    send,
    store,
    time_stands_at,
)


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Stand on a monday morning, so that everybody works."""
    with time_stands_at(MONDAY):
        yield


def later_page(road: Road, **values: object) -> None:
    """Send another page of a form, and let the road take it."""
    store(road.app, delivery(values))
    for stage in (StageName.CAPTURE, StageName.CLEAN):
        road.drain(stage)


def test_later_page_is_normalized_and_its_owner_is_told(road: Road) -> None:
    body = {**inquiry(), "id": uuid4().hex}
    lead = send(road, body)
    later_page(road, id=body["id"], phone="020 7946 0018", city="Leeds")
    grown = lead_now(road.app, lead.id)
    assert (grown.person.phone_e164, grown.person.city) == ("+442079460018", "Leeds")
    assert [kind for kind, _ in messages_of(road.app, lead.id)] == [
        "handoff.offered",
        "lead.updated",
    ]


def test_later_page_of_a_merged_inquiry_reaches_the_open_lead(road: Road) -> None:
    first = send(road, inquiry())
    second = {**inquiry(email=first.person.email), "id": uuid4().hex, "message": "A second demo?"}
    merged = send(road, second)
    assert merged.state is LeadState.MERGED
    later_page(road, id=second["id"], city="Leeds", budget="50k")
    grown = lead_now(road.app, first.id)
    assert (grown.person.city, grown.answers["budget"]) == ("Leeds", "50k")
