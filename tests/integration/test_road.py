"""The road on a real database: one lead from its delivery to its owner, and whoever acts on it."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from router.app import App
from router.embedded.processes import wait_for
from router.errors import Conflict, DataFault
from router.lead.clock import Clock
from router.lead.decision import ClockKind
from router.lead.events import canonical, chain
from router.lead.model import Lead
from router.lead.states import ClockState, LeadState
from router.pipeline import StageName
from router.road.act import act
from router.road.drain import Road
from router.road.failure import sweep_tickets
from router.road.ticker.tick import Ticker
from router.stages.desk import decide as desk
from router.store import tickets
from router.store.absences import set_away, set_back
from router.store.clocks import clocks_of
from router.store.roster import assigned_counts
from router.store.tx import transaction
from tests.build import (
    MONDAY,
    delivery,
    events_of,
    inquiry,
    lead_now,
    leads_of,
    messages_of,
    send,
    store,
    time_stands_at,
)

ON_THE_ROAD = [
    "lead.captured",
    "lead.cleaned",
    "lead.classified",
    "lead.routed",
    "lead.activated",
    "sla.started",
]


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Stand on a monday morning, so that everybody works."""
    with time_stands_at(MONDAY):
        yield


def clocks(app: App, lead: Lead) -> dict[ClockKind, Clock]:
    """Return a lead's clocks."""
    with transaction(app.engine) as tx:
        return clocks_of(tx, [lead.id]).get(lead.id, {})


def owner_of(lead: Lead) -> str:
    """Return the id of the owner; there must be one."""
    assert lead.owner is not None
    return lead.owner.id


def accept(road: Road, lead: Lead, person: str = "") -> Lead:
    """Accept a lead as its owner."""
    return act(
        road,
        lead.id,
        lambda it: desk.accept(
            it.lead, person or "api", it.now, it.clocks, book=it.book, person=person
        ),
    )


def decline(road: Road, lead: Lead) -> Lead:
    """Decline a lead as its owner."""
    person = owner_of(lead)
    return act(
        road,
        lead.id,
        lambda it: desk.decline(it.lead, person, "not my field", it.now, book=it.book),
    )


def test_a_delivery_becomes_a_lead_with_a_named_owner_in_one_transaction(road: Road) -> None:
    lead = send(road, inquiry())
    assert lead.state is LeadState.ACTIVATED
    assert owner_of(lead) in {"priya-shah", "tom-keane", "george-amari"}
    assert lead.rule == "uk-and-ireland"
    assert events_of(road.app, lead.id) == ON_THE_ROAD
    assert messages_of(road.app, lead.id) == [("handoff.offered", "pending")]
    assert set(clocks(road.app, lead)) == {ClockKind.ACCEPTANCE, ClockKind.FIRST_TOUCH}


def test_every_event_is_tied_to_the_one_before_it(road: Road) -> None:
    lead = send(road, inquiry())
    with transaction(road.app.engine) as tx:
        rows = tx.rows(
            "SELECT kind, data, personal, hash FROM event WHERE lead_id = %s ORDER BY seq",
            (lead.id,),
        )
    head = b""
    for kind, data, personal, written in rows:
        head = chain(head, kind, canonical(data), canonical(personal))
        assert head == bytes(written)
    assert head == lead.head


def test_twenty_copies_of_a_delivery_make_one_lead_and_one_answer(road: Road) -> None:
    body = inquiry()
    answers: list[object] = []
    gate = threading.Barrier(20)

    def post() -> None:
        gate.wait()
        answers.extend(store(road.app, delivery(body)))

    threads = [threading.Thread(target=post) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    road.drain(StageName.CAPTURE)
    assert len(set(answers)) == 1
    with transaction(road.app.engine) as tx:
        rows = tx.rows(
            "SELECT count(*) FROM lead WHERE body->'person'->>'email' = %s", (body["email"],)
        )
    assert rows[0][0] == 1


def test_two_forms_of_one_person_at_the_same_instant_are_one_person(app: App) -> None:
    for _ in range(10):
        body = inquiry()
        first, second = delivery(body), delivery({**body, "message": "And a demo of the rest?"})
        store(app, first, second)
        gate = threading.Barrier(2)

        def work(gate: threading.Barrier = gate) -> None:
            runner = Road(app)
            runner.app.settings.batch = 1
            gate.wait()
            while runner.drain(StageName.CAPTURE):
                continue

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        leads = [*leads_of(app, first.id), *leads_of(app, second.id)]
        assert sorted(lead.state for lead in leads) == [LeadState.ACTIVATED, LeadState.MERGED]
        assert len({lead.contact_id for lead in leads}) == 1
    app.settings.batch = 100


def test_second_inquiry_joins_the_open_lead_and_starts_no_second_clock(road: Road) -> None:
    body = inquiry()
    first = send(road, body)
    before = clocks(road.app, first)
    second = send(road, {**body, "message": "One more thing: does it export to CSV?"})
    assert (second.state, second.merged_into) == (LeadState.MERGED, first.id)
    joined = lead_now(road.app, first.id)
    assert [point.message for point in joined.touchpoints][-1].startswith("One more thing")
    assert clocks(road.app, first) == before
    assert clocks(road.app, second) == {}
    assert [kind for kind, _ in messages_of(road.app, first.id)] == [
        "handoff.offered",
        "lead.appended",
    ]


def test_two_inquiries_of_one_person_in_one_batch_make_one_open_lead(road: Road) -> None:
    body = inquiry()
    ids = store(road.app, delivery(body), delivery({**body, "message": "And a second demo?"}))
    road.drain(StageName.CAPTURE)
    states = {leads_of(road.app, each)[0].state for each in ids}
    assert states == {LeadState.ACTIVATED, LeadState.MERGED}


def test_leads_of_a_pool_are_shared_by_weight(road: Road, app: App) -> None:
    pool = app.shelf.active().pools["uk-and-ireland"]
    turns = sum(member.weight for member in pool.members)
    owners = [owner_of(send(road, inquiry())) for _ in range(3 * turns)]
    for member in pool.members:
        assert owners.count(member.person) == pytest.approx(3 * member.weight, abs=1)


def test_declined_lead_goes_to_somebody_else_in_the_same_transaction(road: Road) -> None:
    lead = send(road, inquiry())
    other = decline(road, lead)
    assert other.state is LeadState.ACTIVATED
    assert owner_of(other) != owner_of(lead)
    assert owner_of(lead) in other.passed
    with transaction(road.app.engine) as tx:
        states = tx.rows(
            "SELECT state FROM handoff WHERE lead_id = %s ORDER BY offered_at, state", (lead.id,)
        )
    assert sorted(row[0] for row in states) == ["declined", "offered"]


def test_lead_that_everybody_declines_reaches_the_fallback_owner(road: Road, app: App) -> None:
    lead = send(road, inquiry())
    seen = {owner_of(lead)}
    for _ in app.shelf.active().pools["uk-and-ireland"].members:
        lead = decline(road, lead)
        seen.add(owner_of(lead))
    assert owner_of(lead) == app.shelf.active().fallback_owner
    assert {member.person for member in app.shelf.active().pools["uk-and-ireland"].members} <= seen


def test_accepting_stops_only_the_acceptance_clock(road: Road) -> None:
    lead = send(road, inquiry())
    accepted = accept(road, lead)
    running = clocks(road.app, lead)
    assert accepted.state is LeadState.ACCEPTED
    assert running[ClockKind.ACCEPTANCE].state is ClockState.MET
    assert running[ClockKind.FIRST_TOUCH].state is ClockState.RUNNING


def test_accepting_after_a_reassignment_names_the_new_owner(road: Road) -> None:
    lead = send(road, inquiry())
    old = owner_of(lead)
    new = owner_of(decline(road, lead))
    with pytest.raises(Conflict, match=new):
        accept(road, lead, old)


def test_absent_people_are_passed_over_with_the_reason(road: Road, app: App) -> None:
    people = [member.person for member in app.shelf.active().pools["dach"].members]
    for person in people[1:]:
        with transaction(app.engine) as tx:
            set_away(
                tx, book="default", person=person, until=None, reason="leave", by="t", now=MONDAY
            )
    lead = send(road, inquiry(country="DE"))
    assert owner_of(lead) == people[0]
    for person in people[1:]:
        with transaction(app.engine) as tx:
            set_back(tx, book="default", person=person, now=MONDAY + timedelta(minutes=5))
    with transaction(app.engine) as tx:
        row = tx.row(
            "SELECT data FROM event WHERE lead_id = %s AND kind = 'lead.routed'", (lead.id,)
        )
    assert row is not None
    why = {each["person"]: each["why"] for each in row[0]["candidates"]}
    assert [why[person] for person in people[1:]] == ["away until further notice"] * len(people[1:])


def test_with_everybody_away_the_fallback_owner_gets_it_and_is_told_why(road: Road) -> None:
    members = road.app.shelf.active().pools["north-america"].members
    with transaction(road.app.engine) as tx:
        for member in members:
            set_away(
                tx,
                book="default",
                person=member.person,
                until=MONDAY + timedelta(hours=1),
                reason="offsite",
                by="t",
                now=MONDAY - timedelta(hours=1),
            )
    lead = send(road, inquiry(country="US"))
    assert owner_of(lead) == road.app.shelf.active().fallback_owner
    assert "Nobody in pool north-america" in lead.why


def test_friday_night_lead_is_due_monday_morning(road: Road) -> None:
    with time_stands_at(datetime.fromisoformat("2026-03-06T22:15:00+00:00")):
        lead = send(road, inquiry())
    assert owner_of(lead)
    due = clocks(road.app, lead)[ClockKind.ACCEPTANCE].respond_by
    assert due == datetime.fromisoformat("2026-03-09T09:15:00+00:00")


def test_unanswered_lead_is_warned_escalated_and_reassigned_in_working_time(road: Road) -> None:
    ticker = Ticker(road.app)
    lead = send(road, inquiry())
    first = owner_of(lead)
    told = []
    for minutes in (13, 16, 23):
        with time_stands_at(MONDAY + timedelta(minutes=minutes)):
            ticker.fire_steps()
            told.append(messages_of(road.app, lead.id)[-1][0])
    moved = lead_now(road.app, lead.id)
    assert told[:2] == ["sla.warned", "sla.escalated"]
    assert owner_of(moved) != first
    assert first in moved.passed
    assert clocks(road.app, moved)[ClockKind.ACCEPTANCE].state is ClockState.RUNNING
    assert "sla.breached" in events_of(road.app, lead.id)


def test_nobody_acts_for_days_and_the_accountable_person_hears_each_working_day(road: Road) -> None:
    ticker = Ticker(road.app)
    lead = send(road, inquiry())
    for day in range(1, 6):
        with time_stands_at(MONDAY + timedelta(days=day, hours=6)):
            ticker.fire_steps()
    moved = lead_now(road.app, lead.id)
    assert owner_of(moved) == road.app.shelf.active().fallback_owner
    before = len(messages_of(road.app, lead.id))
    with time_stands_at(MONDAY + timedelta(days=8, hours=6)):
        ticker.fire_steps()
    assert messages_of(road.app, lead.id)[before:]
    assert all(
        clock.next_at is not None for clock in clocks(road.app, moved).values() if clock.running
    )


def test_lost_ticket_counts_an_attempt_and_the_lead_goes_alone(road: Road, app: App) -> None:
    (delivery_id,) = store(app, delivery(inquiry()))
    with transaction(app.engine) as tx:
        tickets.take(
            tx,
            ticket_id=delivery_id,
            stage="capture",
            ids=[delivery_id],
            backend=2**22,
            worker="gone",
            span=timedelta(hours=1),
        )
    assert sweep_tickets(app, road.listeners) == 1
    with transaction(app.engine) as tx:
        row = tx.row("SELECT attempts FROM delivery WHERE id = %s", (delivery_id,))
    assert row == (1,)
    road.drain(StageName.CAPTURE)
    (lead,) = leads_of(app, delivery_id)
    assert (lead.state, lead.attempts) == (LeadState.CAPTURED, 1)
    for stage in (StageName.CLEAN, StageName.CLASSIFY, StageName.ROUTE, StageName.ACTIVATE):
        road.drain(stage)
    (lead,) = leads_of(app, delivery_id)
    assert (lead.state, lead.attempts) == (LeadState.ACTIVATED, 0)


def test_database_refuses_a_routed_lead_without_an_owner(road: Road) -> None:
    lead = send(road, inquiry())
    with (
        pytest.raises(DataFault, match="routed_lead_has_an_owner"),
        transaction(road.app.engine) as tx,
    ):
        tx.run("UPDATE lead SET owner_id = NULL WHERE id = %s", (lead.id,))


def test_ticker_does_the_work_when_every_worker_is_deaf(app: App) -> None:
    (delivery_id,) = store(app, delivery(inquiry()))
    stop = threading.Event()
    ticker = threading.Thread(target=Ticker(app).run, args=(stop,))
    ticker.start()
    try:
        assert wait_for(lambda: bool(leads_of(app, delivery_id)), seconds=60)
    finally:
        stop.set()
        ticker.join()
    assert leads_of(app, delivery_id)[0].state is LeadState.ACTIVATED


def test_pool_owes_nothing_for_a_reassignment_that_failed(road: Road, app: App) -> None:
    kept, poison = send(road, inquiry()), send(road, inquiry())
    with transaction(app.engine) as tx:
        # No packet can be made of it; nothing of ours writes that, a broken restore might.
        tx.run(
            "UPDATE lead SET body = jsonb_set(jsonb_set(body, '{missing}', '[7]'),"
            " '{person,company}', '\"\"') WHERE id = %s",
            (poison.id,),
        )
        tx.run("DELETE FROM clock WHERE lead_id <> ALL(%s)", ([kept.id, poison.id],))
        before = assigned_counts(tx, "default")
    with time_stands_at(MONDAY + timedelta(minutes=31)):
        Ticker(app).fire_steps()
    with transaction(app.engine) as tx:
        after = assigned_counts(tx, "default")
    owner = owner_of(lead_now(app, kept.id))
    assert owner != owner_of(kept)
    assert lead_now(app, poison.id).owner == poison.owner
    given = [key for key, row in after.items() for _ in range(before[key].assigned, row.assigned)]
    assert given == [("uk-and-ireland", owner)]
    assert sum(row.credit for row in after.values()) == 0
