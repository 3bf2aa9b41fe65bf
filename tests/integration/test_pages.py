"""Lists that are turned page by page: whole, in order, and nothing twice, also at equal moments."""

from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

import pytest

from router.app import App
from router.lead.states import ActionState, DeliveryState
from router.road.drain import Road
from router.store import reading, reviews, traffic
from router.store.pages import Place
from router.store.reading import LeadFilter
from router.store.tx import Tx, transaction
from tests.build import MONDAY, inquiry, send, time_stands_at

Turn = Callable[[Tx, Place | None, int], list[Place]]


def deliveries(tx: Tx, after: Place | None, limit: int) -> list[Place]:
    """Turn a page of what came in."""
    rows = traffic.deliveries(tx, "default", source="generic", after=after, limit=limit)
    return [(row.received_at, row.id) for row in rows]


def actions(tx: Tx, after: Place | None, limit: int) -> list[Place]:
    """Turn a page of what goes out."""
    rows = traffic.actions(tx, state=ActionState.PENDING, after=after, limit=limit)
    return [(row.created_at, row.id) for row in rows]


def leads(tx: Tx, after: Place | None, limit: int) -> list[Place]:
    """Turn a page of leads."""
    rows = reading.leads(tx, "default", LeadFilter(since=MONDAY), after=after, limit=limit)
    return [(row.received_at, row.id) for row in rows]


def questions(tx: Tx, after: Place | None, limit: int) -> list[Place]:
    """Turn a page of questions."""
    rows = reviews.reviews(tx, "default", after=after, limit=limit)
    return [(row.due_at, row.id) for row in rows]


@pytest.fixture(scope="module")
def town(road: Road) -> App:
    """Return an installation with leads and questions, some of the same moment."""
    with time_stands_at(MONDAY):
        for _ in range(5):
            send(road, inquiry())
            send(road, inquiry(message="Hello, please see my note from the other day."))
    with transaction(road.app.engine) as tx:
        tx.run("UPDATE delivery SET received_at = date_trunc('minute', received_at)")
        tx.run("UPDATE action SET created_at = date_trunc('minute', created_at)")
        tx.run("UPDATE lead SET received_at = date_trunc('minute', received_at)")
        tx.run("UPDATE review_item SET due_at = date_trunc('minute', due_at)")
    return road.app


def pages(app: App, turn: Turn, size: int) -> Iterator[list[Place]]:
    """Turn every page of a list."""
    after = None
    while True:
        with transaction(app.engine) as tx:
            page = turn(tx, after, size)
        if not page:
            return
        yield page
        after = page[-1]


@pytest.mark.parametrize(
    ("turn", "newest_first"),
    [(deliveries, True), (actions, True), (leads, True), (questions, False)],
)
def test_every_row_stands_on_one_page_in_the_order_of_the_list(
    town: App, turn: Turn, newest_first: bool
) -> None:
    with transaction(town.engine) as tx:
        whole = turn(tx, None, 1_000)
    assert len(whole) >= 5
    assert len({moment for moment, _ in whole}) < len(whole), "some share their moment"
    assert whole == sorted(whole, reverse=newest_first)
    turned = list(pages(town, turn, 2))
    assert [place for page in turned for place in page] == whole
    assert {len(page) for page in turned[:-1]} == {2}


def test_filter_that_asks_nothing_leaves_the_list_whole_and_one_that_fits_none_empties_it(
    town: App,
) -> None:
    with transaction(town.engine) as tx:
        everything = traffic.deliveries(tx, "default", limit=1_000)
        captured = traffic.deliveries(tx, "default", state=DeliveryState.CAPTURED, limit=1_000)
        assert traffic.deliveries(tx, "default", source="nowhere", limit=1_000) == []
        assert traffic.deliveries(tx, "other-book", limit=1_000) == []
        unknown = LeadFilter(email="nobody@example.com")
        assert reading.leads(tx, "default", unknown, after=None, limit=1_000) == []
    assert everything == captured
    assert isinstance(everything[0].received_at, datetime)
    assert isinstance(everything[0].id, UUID)
