"""Who goes offline: what waits for them goes to others, once, when the grace is over."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import orjson
import pytest

from router.app import App
from router.lead.clock import Clock
from router.lead.decision import OWNER_OFFLINE, ClockKind
from router.lead.model import Lead
from router.lead.states import ClockState, LeadState
from router.now import now as read_now
from router.road.act import act
from router.road.drain import Road
from router.road.explain.build import explain
from router.road.people.absences import Said, add_absence, cancel_absence
from router.road.people.offline import AT_ONCE, PUT_OFF, hand_on
from router.road.people.roster import set_back_now
from router.road.ticker.tick import Ticker
from router.rulebook.availability import AbsenceKind
from router.rulebook.model import RuleBook
from router.stages.desk import decide as desk
from router.store.absences import set_away
from router.store.clocks import clocks_of
from router.store.tx import transaction
from tests.build import (
    MONDAY,
    events_of,
    inquiry,
    lead_now,
    messages_of,
    send,
    time_stands_at,
)
from tests.pools import BOTH, FALLBACK, UK, stands, start_even, use, with_pool

_OFF = Said(reason="doctor", kind=AbsenceKind.OFF)
_GRACE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def monday(app: App) -> Iterator[None]:
    """Stand on a monday morning with everybody there and nothing waiting."""
    with time_stands_at(MONDAY):
        with transaction(app.engine) as tx:
            tx.run("DELETE FROM absence")
            tx.run("UPDATE lead SET state = 'closed' WHERE state = 'activated'")
        yield


def owner_of(lead: Lead) -> str:
    """Return the id of the owner; there must be one."""
    assert lead.owner is not None
    return lead.owner.id


def off(app: App, person: str, said: Said = _OFF) -> None:
    """Switch somebody off."""
    add_absence(app, person, said, by=person, now=read_now())


def accept(road: Road, lead: Lead) -> None:
    """Accept a lead as its owner."""
    act(road, lead.id, lambda it: desk.accept(it.lead, "api", it.now, it.clocks, book=it.book))


def acceptance(app: App, lead: Lead) -> Clock:
    """Return the clock that waits for a lead's owner."""
    with transaction(app.engine) as tx:
        return clocks_of(tx, [lead.id])[lead.id][ClockKind.ACCEPTANCE]


def due(app: App) -> list[datetime]:
    """Return when something is still to be handed on."""
    with transaction(app.engine) as tx:
        rows = tx.rows("SELECT reassign_at FROM absence WHERE reassign_at IS NOT NULL")
    return [row[0] for row in rows]


def test_what_waits_for_somebody_offline_goes_to_others_after_the_grace_and_not_before(
    road: Road, app: App
) -> None:
    lead = send(road, inquiry())
    first = owner_of(lead)
    off(app, first)
    with time_stands_at(MONDAY + _GRACE / 2):
        assert hand_on(road, read_now()) == 0
    assert owner_of(lead_now(app, lead.id)) == first
    with time_stands_at(MONDAY + 2 * _GRACE):
        assert hand_on(road, read_now()) == 1
        assert hand_on(road, read_now()) == 0
    moved = lead_now(app, lead.id)
    assert owner_of(moved) != first
    assert moved.passed == ()
    assert moved.state is LeadState.ACTIVATED
    assert acceptance(app, moved).state is ClockState.RUNNING
    assert acceptance(app, moved).started_at > MONDAY + _GRACE
    assert events_of(app, lead.id).count("lead.reassigned") == 1
    assert [kind for kind, _ in messages_of(app, lead.id)].count("handoff.withdrawn") == 1
    assert due(app) == []


def test_both_owners_read_that_the_owner_went_offline_and_when(road: Road, app: App) -> None:
    lead = send(road, inquiry())
    off(app, owner_of(lead))
    with time_stands_at(MONDAY + 2 * _GRACE):
        hand_on(road, read_now())
    with transaction(app.engine) as tx:
        row = tx.row(
            "SELECT body FROM action WHERE lead_id = %s AND kind = 'handoff.withdrawn'", (lead.id,)
        )
        event = tx.row(
            "SELECT data FROM event WHERE lead_id = %s AND kind = 'lead.reassigned'", (lead.id,)
        )
        ended = tx.row("SELECT reason FROM handoff WHERE id = %s", (lead.handoff_id,))
    assert row is not None
    assert event is not None
    said = orjson.loads(row[0])["data"]
    assert (said["reason"], said["note"]) == (OWNER_OFFLINE, "owner went offline at 10:00")
    assert event[0]["reason"] == OWNER_OFFLINE
    (told,) = [each.words for each in explain(app, lead.id).timeline if "offline" in each.words]
    assert told.startswith("its owner went offline, taken from ")
    assert ended == ("owner went offline at 10:00",)


def test_who_comes_back_within_the_grace_keeps_everything(road: Road, app: App) -> None:
    lead = send(road, inquiry())
    first = owner_of(lead)
    off(app, first)
    with time_stands_at(MONDAY + _GRACE / 2):
        set_back_now(app, first, by=first, now=read_now(), kind="off")
    with time_stands_at(MONDAY + 2 * _GRACE):
        assert hand_on(road, read_now()) == 0
    assert owner_of(lead_now(app, lead.id)) == first
    assert due(app) == []


def test_an_absence_that_ended_by_itself_within_the_grace_hands_nothing_on(
    road: Road, app: App
) -> None:
    lead = send(road, inquiry())
    first = owner_of(lead)
    off(app, first, Said(until=MONDAY + _GRACE / 2, reason="coffee", kind=AbsenceKind.OFF))
    with time_stands_at(MONDAY + 2 * _GRACE):
        assert hand_on(road, read_now()) == 0
    assert owner_of(lead_now(app, lead.id)) == first
    assert due(app) == []


def test_what_was_accepted_or_named_stays_with_who_is_offline(road: Road, app: App) -> None:
    taken, named = send(road, inquiry()), send(road, inquiry())
    accept(road, taken)
    first = owner_of(taken)
    act(road, named.id, lambda it: desk.reassign(it.lead, first, "api", "", book=it.book))
    off(app, first)
    with time_stands_at(MONDAY + 2 * _GRACE):
        hand_on(road, read_now())
    assert owner_of(lead_now(app, taken.id)) == first
    assert owner_of(lead_now(app, named.id)) == first


def test_who_is_away_keeps_what_waits_for_them_as_the_book_says(road: Road, app: App) -> None:
    lead = send(road, inquiry())
    first = owner_of(lead)
    off(app, first, Said(reason="holiday"))
    with time_stands_at(MONDAY + 2 * _GRACE):
        assert hand_on(road, read_now()) == 0
    assert owner_of(lead_now(app, lead.id)) == first


def test_several_tickers_hand_each_lead_on_once(road: Road, app: App) -> None:
    leads = [send(road, inquiry()) for _ in range(30)]
    first = owner_of(leads[0])
    mine = [lead for lead in leads if owner_of(lead) == first]
    assert mine
    off(app, first)
    with time_stands_at(read_now() + 2 * _GRACE):
        ready = threading.Barrier(4)

        def fire() -> None:
            ready.wait()
            for _ in range(3):
                hand_on(road, read_now())

        threads = [threading.Thread(target=fire) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for lead in mine:
        assert owner_of(lead_now(app, lead.id)) != first
        assert events_of(app, lead.id).count("lead.reassigned") == 1
    for lead in leads:
        if lead not in mine:
            assert events_of(app, lead.id).count("lead.reassigned") == 0
    assert due(app) == []


def test_with_everybody_else_away_it_goes_to_the_fallback_owner(road: Road, app: App) -> None:
    lead = send(road, inquiry())
    book = app.shelf.active()
    assert lead.owner is not None
    for person in book.people:
        off(app, person, Said(reason="party") if person != owner_of(lead) else _OFF)
    with time_stands_at(MONDAY + 2 * _GRACE):
        hand_on(road, read_now())
    assert owner_of(lead_now(app, lead.id)) == book.fallback_owner


def test_a_lead_that_cannot_be_decided_stays_is_tried_again_and_keeps_no_other_waiting(
    road: Road, app: App
) -> None:
    leads = [send(road, inquiry()) for _ in range(6)]
    first = owner_of(leads[0])
    bad, good = [lead for lead in leads if owner_of(lead) == first][:2]
    with transaction(app.engine) as tx:
        tx.run("UPDATE lead SET digest = 'gone' WHERE id = %s", (bad.id,))
    off(app, first)
    with time_stands_at(MONDAY + 2 * _GRACE):
        began = read_now()
        hand_on(road, began)
        (again,) = due(app)
        assert began + PUT_OFF <= again <= read_now() + PUT_OFF
    assert owner_of(lead_now(app, good.id)) != first
    assert owner_of(lead_now(app, bad.id)) == first
    with transaction(app.engine) as tx:
        tx.run("UPDATE lead SET digest = %s WHERE id = %s", (bad.digest, bad.id))
    with time_stands_at(MONDAY + 2 * _GRACE + 2 * PUT_OFF):
        hand_on(road, read_now())
    assert owner_of(lead_now(app, bad.id)) != first
    assert due(app) == []


def test_the_ticker_does_it_by_itself(road: Road, app: App) -> None:
    lead = send(road, inquiry())
    first = owner_of(lead)
    off(app, first)
    with time_stands_at(MONDAY + 2 * _GRACE):
        Ticker(app).round()
    assert owner_of(lead_now(app, lead.id)) != first


def test_an_absence_that_is_cancelled_before_the_grace_is_over_hands_nothing_on(
    road: Road, app: App
) -> None:
    lead = send(road, inquiry())
    first = owner_of(lead)
    row = add_absence(app, first, _OFF, by="api", now=read_now())
    cancel_absence(app, row.id, by="api", now=read_now())
    with time_stands_at(MONDAY + 2 * _GRACE):
        assert hand_on(road, read_now()) == 0
    assert owner_of(lead_now(app, lead.id)) == first


def test_where_the_book_says_so_what_waits_for_who_is_away_goes_to_others_too(
    road: Road, app: App
) -> None:
    lead = send(road, inquiry())
    first = owner_of(lead)
    with transaction(app.engine) as tx:
        set_away(
            tx,
            book="default",
            person=first,
            until=None,
            reason="holiday",
            by="tests",
            now=MONDAY - timedelta(days=1),
            start=MONDAY,
            reassign_at=MONDAY + _GRACE,
        )
    with time_stands_at(MONDAY + 2 * _GRACE):
        assert hand_on(road, read_now()) == 1
    moved = lead_now(app, lead.id)
    assert owner_of(moved) != first
    with transaction(app.engine) as tx:
        rows = tx.rows("SELECT reason FROM handoff WHERE id = %s", (lead.handoff_id,))
    assert rows == [("owner went away at 10:00",)]


def test_more_leads_than_fit_in_one_page_all_go(road: Road, app: App) -> None:
    leads = [send(road, inquiry()) for _ in range(2 * AT_ONCE + 6)]
    first = owner_of(leads[0])
    off(app, first)
    with time_stands_at(read_now() + 2 * _GRACE):
        moved = hand_on(road, read_now())
    assert moved == sum(owner_of(lead) == first for lead in leads)
    assert all(owner_of(lead_now(app, lead.id)) != first for lead in leads)
    assert due(app) == []


@pytest.mark.parametrize(("terms", "turns"), [("", 1), ("credit_back: [owner_offline]", 0)])
def test_what_is_handed_on_was_a_turn_unless_the_pool_says_otherwise(
    road: Road, starter_book: RuleBook, terms: str, turns: int
) -> None:
    start_even(road.app)
    use(road.app, with_pool(starter_book, terms))
    lead = send(road, inquiry())
    first = owner_of(lead)
    off(road.app, first)
    with time_stands_at(MONDAY + 2 * _GRACE):
        assert hand_on(road, read_now()) == 1
    (second,) = {*BOTH} - {first}
    rows = stands(road.app)
    assert {person: row.assigned for person, row in rows.items()} == {first: turns, second: 1}
    assert sum(row.credit for row in rows.values()) == 0


def test_a_lead_that_nobody_else_can_take_stays_and_is_not_counted_again(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    start_even(app)
    book = use(app, with_pool(starter_book, "", members=f"members: [{FALLBACK}]"))
    lead = send(road, inquiry())
    assert lead.owner is not None
    assert (lead.owner.id, lead.owner.pool) == (FALLBACK, UK)
    for person in book.people:
        off(app, person, _OFF if person == FALLBACK else Said(reason="party"))
    for minute in (2, 4):
        with time_stands_at(MONDAY + minute * _GRACE):
            began = read_now()
            assert hand_on(road, began) == 0
            (again,) = due(app)
            assert began + PUT_OFF <= again <= read_now() + PUT_OFF
    assert lead_now(app, lead.id) == lead
    with transaction(app.engine) as tx:
        given = tx.rows("SELECT person_id FROM ledger WHERE given <> 0")
    assert given == [(FALLBACK,)]
