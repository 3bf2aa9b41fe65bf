"""Where batches, sweeps, ladders and people meet: nobody waits for ever, nothing is overwritten."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest

from router.app import App
from router.errors import Transient
from router.lead.ids import LeadId
from router.lead.states import LeadState
from router.pipeline import StageName
from router.road import capture as capturing
from router.road.drain import Road
from router.road.failure import sweep_tickets
from router.road.ticker.tick import Ticker
from router.store import tickets
from router.store.leads import lock_leads
from router.store.processes import deadlocks
from router.store.roster import lock_pools
from router.store.tx import Tx, transaction
from tests.build import (
    MONDAY,
    delivery,
    events_of,
    inquiry,
    lead_now,
    leads_of,
    send,
    store,
    time_stands_at,
)


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Stand on a monday morning, so that everybody works."""
    with time_stands_at(MONDAY):
        yield


def leave_ticket(tx: Tx, lead_id: LeadId, stage: StageName) -> None:
    """Leave a ticket behind as a worker that died does."""
    tickets.take(
        tx,
        ticket_id=uuid4(),
        stage=stage.value,
        ids=[lead_id],
        backend=2**22,
        worker="gone",
        span=timedelta(hours=1),
    )


def test_later_page_and_second_inquiry_in_one_batch_are_both_kept(road: Road) -> None:
    body = {**inquiry(), "id": uuid4().hex}
    first = send(road, body)
    page = {"id": body["id"], "email": body["email"], "city": "Leeds", "budget": "50k"}
    store(
        road.app,
        delivery(page),
        delivery({**inquiry(email=body["email"]), "message": "Another question about a demo."}),
    )
    for stage in (StageName.CAPTURE, StageName.CLEAN):
        road.drain(stage)
    lead = lead_now(road.app, first.id)
    assert lead.person.city == "Leeds"
    assert lead.answers["budget"] == "50k"
    assert len(lead.touchpoints) == 2
    assert {"lead.updated", "lead.appended"} <= set(events_of(road.app, first.id))


def test_requests_with_many_leads_run_in_parts(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capturing, "_LEADS_AT_ONCE", 20)
    ids = store(road.app, *(delivery({"leads": [inquiry() for _ in range(15)]}) for _ in range(3)))
    while road.drain(StageName.CAPTURE):
        continue
    states = [lead.state for each in ids for lead in leads_of(road.app, each)]
    assert states == [LeadState.ACTIVATED] * 45


def test_lost_ticket_of_a_lead_that_somebody_holds_stops_nobody(road: Road, app: App) -> None:
    held = send(road, inquiry())
    with transaction(app.engine) as tx:
        tx.run("UPDATE lead SET state = 'captured', due_at = %s WHERE id = %s", (MONDAY, held.id))
        leave_ticket(tx, held.id, StageName.CLEAN)
    with transaction(app.engine) as tx:
        lock_leads(tx, [held.id])
        fresh = send(road, inquiry())
        assert fresh.state is LeadState.ACTIVATED
    sweep_tickets(app, road.listeners)
    assert lead_now(app, held.id).attempts == 1
    with transaction(app.engine) as tx:
        assert not tickets.any_held(tx)
        tx.run("UPDATE lead SET state = 'activated', due_at = NULL WHERE id = %s", (held.id,))


def test_step_that_cannot_be_taken_is_put_off_and_the_others_are_taken(
    road: Road, app: App
) -> None:
    broken, well = send(road, inquiry()), send(road, inquiry())
    with transaction(app.engine) as tx:
        tx.run("UPDATE lead SET digest = 'gone' WHERE id = %s", (broken.id,))
    late = MONDAY + timedelta(minutes=13)
    with time_stands_at(late):
        Ticker(app).fire_steps()
        with transaction(app.engine) as tx:
            row = tx.row("SELECT min(next_at) FROM clock WHERE lead_id = %s", (broken.id,))
    assert row is not None
    assert row[0] > late
    assert "sla.warned" in events_of(app, well.id)


def test_lead_written_by_a_newer_version_is_still_read(road: Road, app: App) -> None:
    lead = send(road, inquiry())
    with transaction(app.engine) as tx:
        tx.run(
            "UPDATE lead SET body = jsonb_set(body, '{classification,mood}', '\"glad\"')"
            " WHERE id = %s",
            (lead.id,),
        )
    assert lead_now(app, lead.id).classification == lead.classification


def test_updates_and_second_inquiries_at_once_make_no_deadlock(app: App) -> None:
    road = Road(app)
    people = [{**inquiry(), "id": uuid4().hex} for _ in range(12)]
    for body in people:
        send(road, body)
    for round_ in range(6):
        for body in people:
            store(
                app,
                delivery({**body, "city": f"Town {round_}", "extra": str(round_)}),
                delivery({**inquiry(email=body["email"]), "message": f"Again {round_}: a demo?"}),
            )

    def work() -> None:
        runner = Road(app)
        for _ in range(40):
            with suppress(Transient):
                if not runner.drain(StageName.CAPTURE) + runner.drain(StageName.CLEAN):
                    return

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction(app.engine) as tx:
        tx.rows("SELECT pg_stat_clear_snapshot()")
        assert deadlocks(tx) == 0
        row = tx.row("SELECT count(*) FROM delivery WHERE state = 'received'")
    assert row == (0,)


def test_batches_that_meet_pools_never_seen_before_make_no_deadlock(app: App) -> None:
    rounds, batches = 30, 6
    gate = threading.Barrier(batches)

    def meet(seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311 - choices that can be repeated
        for number in range(rounds):
            pools = [f"new-{number}-{each}" for each in range(5)]
            gate.wait(60)
            for _ in range(2):
                with suppress(Transient), transaction(app.engine) as tx:
                    lock_pools(tx, "default", dice.sample(pools, dice.randint(1, 4)))

    with ThreadPoolExecutor(batches) as crowd:
        list(crowd.map(meet, range(batches)))
    with transaction(app.engine) as tx:
        tx.rows("SELECT pg_stat_clear_snapshot()")
        assert deadlocks(tx) == 0
