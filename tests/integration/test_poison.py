"""One bad lead costs itself alone: it is tried again, parked, shown, and can be replayed."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from router.lead.ids import LeadId
from router.lead.states import LeadState
from router.pipeline import StageName
from router.road.act import act
from router.road.drain import Road
from router.stages.desk import decide as desk
from router.store.people import key_digest
from router.store.tx import transaction
from tests.build import (
    MONDAY,
    delivery,
    events_of,
    inquiry,
    lead_now,
    leads_of,
    store,
    time_stands_at,
)


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Stand on a monday morning, so that everybody works."""
    with time_stands_at(MONDAY):
        yield


def captured(road: Road, count: int) -> list[LeadId]:
    """Return leads that stand before clean and failed nowhere yet."""
    ids = store(road.app, *(delivery(inquiry()) for _ in range(count)))
    with transaction(road.app.engine) as tx:
        tx.run("UPDATE delivery SET attempts = 1 WHERE id = ANY(%s)", (ids,))
    road.drain(StageName.CAPTURE)
    with transaction(road.app.engine) as tx:
        tx.run("UPDATE lead SET attempts = 0 WHERE delivery_id = ANY(%s)", (ids,))
    leads = [leads_of(road.app, each)[0] for each in ids]
    assert {lead.state for lead in leads} == {LeadState.CAPTURED}
    return [lead.id for lead in leads]


def test_lead_that_a_stage_fails_on_is_parked_and_its_neighbours_are_done(road: Road) -> None:
    poison, *others = captured(road, 5)
    with transaction(road.app.engine) as tx:
        tx.run("UPDATE lead SET digest = 'gone' WHERE id = %s", (poison,))
    road.drain(StageName.CLEAN)
    assert {lead_now(road.app, each).state for each in others} == {LeadState.ACTIVATED}
    for minute in range(1, 4):
        with time_stands_at(MONDAY + timedelta(minutes=minute)):
            road.drain(StageName.CLEAN)
    parked = lead_now(road.app, poison)
    assert (parked.state, parked.resume_at) == (LeadState.PARKED, LeadState.CAPTURED)
    assert "gone was never published" in parked.last_error
    assert events_of(road.app, poison)[-3:] == ["lead.failed", "lead.failed", "lead.parked"]


def test_parked_lead_goes_on_from_where_it_stopped_when_it_is_replayed(road: Road) -> None:
    (lead_id,) = captured(road, 1)
    with transaction(road.app.engine) as tx:
        tx.run(
            "UPDATE lead SET state = 'parked', resume_at = 'captured', due_at = NULL,"
            " attempts = 3 WHERE id = %s",
            (lead_id,),
        )
    act(road, lead_id, lambda it: desk.replay(it.lead, "operator", it.now, book=it.book))
    road.drain(StageName.CLEAN)
    assert lead_now(road.app, lead_id).state is LeadState.ACTIVATED
    assert "lead.replayed" in events_of(road.app, lead_id)


def test_row_that_cannot_be_stored_makes_its_batch_run_one_by_one(road: Road) -> None:
    bodies = [inquiry() for _ in range(5)]
    with transaction(road.app.engine) as tx:
        # A key without its contact: nothing of ours writes that, a broken restore might.
        tx.run(
            "INSERT INTO contact_key (book, key, contact_id) VALUES ('default', %s, %s)",
            (key_digest(f"email:{bodies[2]['email']}"), uuid4()),
        )
    ids = store(road.app, *(delivery(body) for body in bodies))
    for _ in range(6):
        road.drain(StageName.CAPTURE)
        road.drain(StageName.CLEAN)
    states = [[lead.state for lead in leads_of(road.app, each)] for each in ids]
    good = [state for number, state in enumerate(states) if number != 2]
    assert good == [[LeadState.ACTIVATED]] * 4
    with transaction(road.app.engine) as tx:
        row = tx.row("SELECT state, attempts, reason FROM delivery WHERE id = %s", (ids[2],))
    assert row is not None
    assert states[2] == [LeadState.PARKED] or row[0] == "parked"


def test_delivery_whose_source_is_gone_is_parked_with_the_way_out(road: Road) -> None:
    good, bad = store(road.app, delivery(inquiry()), delivery(inquiry(), source="retired"))
    for _ in range(4):
        road.drain(StageName.CAPTURE)
    assert leads_of(road.app, good)[0].state is LeadState.ACTIVATED
    with transaction(road.app.engine) as tx:
        row = tx.row("SELECT state, reason FROM delivery WHERE id = %s", (bad,))
    assert row is not None
    assert row[0] == "parked"
    assert "Put it back and replay the delivery" in row[1]
