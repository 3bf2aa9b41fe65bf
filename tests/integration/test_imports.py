"""Bulk imports on a real database: stored at once, let in at a pace, behind whatever comes live."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import orjson
import pytest

from router.app import App
from router.errors import Conflict, NotFound, Rejected
from router.lead.model import Lead
from router.lead.states import DeliveryState, ImportState, LeadState
from router.now import now as read_now
from router.pipeline import StageName
from router.road.claim import Claim
from router.road.drain import Road
from router.road.imports import bring as road_imports
from router.road.imports import lanes
from router.road.imports.bring import Report, Wish
from router.road.replay import replay_delivery
from router.road.ticker.tick import Ticker
from router.stages.capture.rows import Format
from router.store import import_rows, imports, waiting
from router.store.imports import Import
from router.store.leads import LANE_MALUS, lock_leads
from router.store.tx import transaction
from tests.build import MONDAY, delivery, inquiry, leads_of, send, store, time_stands_at
from tests.pools import use, with_pool

#: One row every five minutes.
_SLOW = 12


@pytest.fixture(autouse=True)
def monday(app: App) -> Iterator[None]:
    """Stand on a monday morning, with nothing waiting."""
    with transaction(app.engine) as tx:
        tx.run("DELETE FROM delivery WHERE state IN ('waiting', 'received')")
        tx.run("DELETE FROM import")
        tx.run("DELETE FROM delivery_key")
    with time_stands_at(MONDAY):
        yield


def wish(name: str = "Fair", **more: object) -> Wish:
    """Return how a file shall be imported."""
    return replace(Wish(name, "generic", _SLOW, "tests"), **more)  # type: ignore[arg-type]  # named as in Wish


def file(rows: int, **changes: object) -> bytes:
    """Return a file of leads, one JSON object a line."""
    return b"\n".join(orjson.dumps(inquiry(id=each, **changes)) for each in range(rows))


def bring(app: App, rows: int = 3, **more: object) -> Report:
    """Import a file."""
    return road_imports.bring(app, file(rows), Format.JSONL, wish(**more))  # type: ignore[arg-type]  # named as in wish


def lane_of(app: App, import_id: UUID | None) -> Import:
    """Return an import as it stands."""
    assert import_id is not None
    with transaction(app.engine) as tx:
        found = imports.read_import(tx, "default", import_id)
    assert found is not None
    return found


def tick(road: Road, moment: datetime) -> None:
    """Let in what is due at a moment."""
    with transaction(road.app.engine) as tx:
        lanes.let_in(road, tx, moment)


def drained(road: Road) -> None:
    """Take whatever waits for capture."""
    while road.drain(StageName.CAPTURE):
        continue


def leads_in(app: App, import_id: UUID | None) -> list[Lead]:
    """Return the leads of an import, in the order of the file."""
    assert import_id is not None
    with transaction(app.engine) as tx:
        _, found = import_rows.leads_of_rows(tx, import_id, 0, 1_000)
        locked = lock_leads(tx, found)
        return [locked[lead_id] for lead_id in found]


def test_rows_wait_where_no_stage_takes_them(app: App, road: Road) -> None:
    report = bring(app, 3)
    assert (report.rows, report.stored, report.known, report.refused) == (3, 3, 0, ())
    assert report.accountable == app.shelf.active().fallback_owner
    drained(road)
    assert leads_in(app, report.import_id) == []
    with transaction(app.engine) as tx:
        depths = waiting.depths(tx, MONDAY)
        assert StageName.CAPTURE.value not in waiting.due_stages(tx, MONDAY)
    assert (depths["import_rows_waiting"], depths["deliveries_waiting"]) == (3, 0)


def test_rows_are_let_in_one_by_one_and_promises_begin_then(app: App, road: Road) -> None:
    report = bring(app, 2)
    lane = lane_of(app, report.import_id)
    assert lane.next_at is not None
    tick(road, lane.next_at)
    tick(road, lane.next_at + timedelta(minutes=4))
    assert lane_of(app, report.import_id).let_in == 1, "the second is not due yet"
    later = lane_of(app, report.import_id).next_at
    assert later is not None
    with time_stands_at(later):
        drained(road)
        tick(road, read_now())
        drained(road)
    done = lane_of(app, report.import_id)
    assert (done.state, done.let_in, done.waiting, done.next_at) == (ImportState.DONE, 2, 0, None)
    first, second = leads_in(app, report.import_id)
    assert second.received_at - first.received_at >= timedelta(minutes=5)
    assert {lead.state for lead in (first, second)} == {LeadState.ACTIVATED}
    assert first.lane == str(report.import_id)


def test_a_ticker_lets_them_in(app: App) -> None:
    report = bring(app, 2)
    ticker = Ticker(app)
    ticker.round()
    ticker.round()
    assert lane_of(app, report.import_id).let_in == 1


def test_an_hour_without_a_ticker_is_not_made_up_for(app: App, road: Road) -> None:
    report = bring(app, 30, per_hour=3_600)
    lane = lane_of(app, report.import_id)
    assert lane.next_at is not None
    late = lane.next_at + timedelta(hours=1)
    for _ in range(5):
        tick(road, late)
    assert lane_of(app, report.import_id).let_in == 15, "one portion"


def test_no_further_rows_come_while_the_road_is_behind(app: App, road: Road) -> None:
    report = bring(app, 5)
    at = MONDAY
    for _ in range(4):
        lane = lane_of(app, report.import_id)
        assert lane.next_at is not None
        at = max(at, lane.next_at)
        tick(road, at)
    assert lane_of(app, report.import_id).let_in == 1, "the first one was never captured"
    drained(road)
    at = lane_of(app, report.import_id).next_at or at
    tick(road, at)
    assert lane_of(app, report.import_id).let_in == 2


def test_two_tickers_let_each_row_in_once(app: App, road: Road) -> None:
    report = bring(app, 8, per_hour=480)
    lane = lane_of(app, report.import_id)
    assert lane.next_at is not None
    moment, ready = lane.next_at, threading.Barrier(4)

    def one() -> None:
        ready.wait()
        tick(road, moment)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lane_of(app, report.import_id).let_in == 2, "one portion of two rows"
    with transaction(app.engine) as tx:
        assert import_rows.rows_by_state(tx, lane.id)[DeliveryState.RECEIVED] == 2


def test_a_ticker_that_dies_before_it_commits_has_let_nothing_in(app: App, road: Road) -> None:
    report = bring(app, 3)
    lane = lane_of(app, report.import_id)
    assert lane.next_at is not None

    moment = lane.next_at

    class Killed(BaseException):
        """Stands for kill -9."""

    def dies() -> None:
        with transaction(app.engine) as tx:
            lanes.let_in(road, tx, moment)
            raise Killed

    with pytest.raises(Killed):
        dies()
    assert lane_of(app, report.import_id) == lane
    tick(road, moment)
    assert lane_of(app, report.import_id).let_in == 1


def test_an_import_that_dies_half_way_has_stored_nothing(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Stands for kill -9."""

    def dies(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(import_rows, "insert_rows", dies)
    data = file(3)
    with pytest.raises(Killed):
        road_imports.bring(app, data, Format.JSONL, wish())
    monkeypatch.undo()
    with transaction(app.engine) as tx:
        assert imports.imports(tx, "default", limit=5) == []
    assert road_imports.bring(app, data, Format.JSONL, wish()).stored == 3


def test_a_live_lead_goes_first_at_capture_and_at_every_later_stage(app: App, road: Road) -> None:
    report = bring(app, 15, per_hour=3_600)
    lane = lane_of(app, report.import_id)
    assert lane.next_at is not None
    tick(road, lane.next_at)
    (live,) = store(app, delivery(inquiry()))
    done = road.run(Claim(StageName.CAPTURE, limit=1))
    assert done.leads[0].delivery_id == live, "the row was let in before"
    drained(road)
    (lead,) = leads_of(app, live)
    with transaction(app.engine) as tx:
        rows = tx.rows(
            "SELECT body->>'lane', rank_at - received_at FROM lead WHERE id = ANY(%s)",
            ([lead.id, leads_in(app, report.import_id)[0].id],),
        )
    rank: dict[str, timedelta] = dict(rows)
    assert rank[str(report.import_id)] - rank[""] == LANE_MALUS


def test_the_policy_of_an_import_stands_before_what_rules_say(app: App, road: Road) -> None:
    report = bring(app, 1, sla="relaxed")
    tick(road, MONDAY + timedelta(minutes=1))
    with time_stands_at(MONDAY + timedelta(minutes=2)):
        drained(road)
    (lead,) = leads_in(app, report.import_id)
    assert lead.sla != "relaxed", "the rules had another one in mind"
    with transaction(app.engine) as tx:
        rows = tx.rows("SELECT target_s FROM clock WHERE lead_id = %s ORDER BY 1", (lead.id,))
    relaxed = app.shelf.active().slas["relaxed"].promises.values()
    assert sorted(row[0] for row in rows) == sorted(
        promise.target.total_seconds() for promise in relaxed
    )


def test_the_same_file_twice_brings_nothing_new(app: App) -> None:
    data = file(3)
    first = road_imports.bring(app, data, Format.JSONL, wish())
    again = road_imports.bring(app, data + b"\n" + file(1), Format.JSONL, wish())
    nothing = road_imports.bring(app, data, Format.JSONL, wish())
    other = road_imports.bring(app, data, Format.JSONL, wish("Another fair"))
    assert (first.stored, first.known) == (3, 0)
    assert (again.stored, again.known) == (1, 3)
    assert (nothing.stored, nothing.known, nothing.import_id) == (0, 3, None)
    assert other.stored == 3


def test_two_fairs_may_number_their_visitors_alike(app: App, road: Road) -> None:
    first, second = bring(app, 1), bring(app, 1, name="Other")
    tick(road, MONDAY + timedelta(minutes=1))
    with time_stands_at(MONDAY + timedelta(minutes=2)):
        drained(road)
    (one,), (other,) = leads_in(app, first.import_id), leads_in(app, second.import_id)
    assert one.id != other.id


def test_rows_that_are_no_leads_are_told_and_keep_no_other_back(app: App) -> None:
    data = b"\n".join(
        [file(1), b"{broken", b"[1]", b'{"shoe size": 44}', file(1), b'{"leads": [{}, {}]}']
    )
    dry = road_imports.bring(app, data, Format.JSONL, wish(dry_run=True))
    with transaction(app.engine) as tx:
        assert imports.imports(tx, "default", limit=5) == []
    done = road_imports.bring(app, data, Format.JSONL, wish())
    assert (dry.stored, done.stored, dry.import_id) == (2, 2, None)
    assert dry.refused == done.refused
    assert [each.line for each in done.refused] == [2, 3, 4, 6]
    assert done.import_id is not None
    with transaction(app.engine) as tx:
        kept = import_rows.refused_rows(tx, done.import_id, 10)
    assert [(row.line, row.why) for row in kept] == [(one.line, one.why) for one in done.refused]


def test_a_spreadsheet_is_read_by_the_mapping_of_its_source(app: App, road: Road) -> None:
    data = (
        "E-Mail;Full name;Company;Country;Booth;submitted_at\r\n"
        "bo.lind@lind-verkstad.example;Bo Lind;Lind Verkstad;SE;B12;2026-02-27T15:00:00Z\r\n"
    ).encode("utf-8-sig")
    report = road_imports.bring(app, data, Format.CSV, wish())
    assert (report.stored, report.unread) == (1, {"Booth": 1})
    tick(road, MONDAY + timedelta(minutes=1))
    with time_stands_at(MONDAY + timedelta(minutes=2)):
        drained(road)
    (lead,) = leads_in(app, report.import_id)
    assert (lead.person.email, lead.person.company) == (
        "bo.lind@lind-verkstad.example",
        "Lind Verkstad",
    )
    assert lead.answers["Booth"] == "B12"
    assert lead.attribution.submitted_at == datetime.fromisoformat("2026-02-27T15:00:00+00:00")
    assert lead.received_at == MONDAY + timedelta(minutes=1), "no promise begins before"


def test_a_wish_that_the_book_does_not_know_is_refused(app: App) -> None:
    for changed in (
        {"sla": "heroic"},
        {"accountable": "nobody"},
        {"calendar": "moon"},
        {"per_hour": 0},
        {"name": " "},
    ):
        with pytest.raises(Rejected):
            bring(app, 1, **changed)


def test_nobody_who_left_answers_for_rows_that_wait(app: App) -> None:
    before = app.shelf.active()
    use(app, with_pool(before, "", cards="priya-shah: left: true"))
    try:
        with pytest.raises(Rejected, match="priya-shah has left"):
            bring(app, 1, accountable="priya-shah")
    finally:
        use(app, before)
    assert bring(app, 1, accountable="priya-shah").accountable == "priya-shah"


def test_an_import_is_held_and_goes_on_at_another_pace(app: App, road: Road) -> None:
    report = bring(app, 4)
    assert report.import_id is not None
    held = lanes.pause(app, report.import_id, "tests")
    assert (held.lane.state, held.ends_about) == (ImportState.PAUSED, None)
    tick(road, MONDAY + timedelta(hours=1))
    assert lane_of(app, report.import_id).let_in == 0
    with time_stands_at(MONDAY + timedelta(hours=2)):
        going = lanes.resume(app, report.import_id, "tests")
        assert going.lane.next_at is not None
        assert going.lane.next_at >= MONDAY + timedelta(hours=2)
        slow = going.ends_about
        fast = lanes.set_pace(app, report.import_id, 240, "tests").ends_about
        assert slow is not None
        assert fast is not None
        assert fast < slow
        tick(road, read_now())
    assert lane_of(app, report.import_id).let_in == 1
    with pytest.raises(Rejected):
        lanes.set_pace(app, report.import_id, 0, "tests")
    with pytest.raises(NotFound):
        lanes.pause(app, UUID(int=7), "tests")


def test_rows_are_let_in_within_the_hours_of_a_calendar(app: App, road: Road) -> None:
    report = bring(app, 2, calendar="london")
    night = MONDAY.replace(hour=23)
    tick(road, night)
    lane = lane_of(app, report.import_id)
    assert lane.let_in == 0
    assert lane.next_at is not None
    assert lane.next_at > night
    tick(road, lane.next_at)
    assert lane_of(app, report.import_id).let_in == 1


def test_a_row_that_waits_is_not_replayed_out_of_turn(app: App, road: Road) -> None:
    report = bring(app, 1)
    with transaction(app.engine) as tx:
        row = tx.row("SELECT id FROM delivery WHERE import_id = %s", (report.import_id,))
    assert row is not None
    with pytest.raises(Conflict, match="waits for its turn"):
        replay_delivery(road, row[0], "tests")


def test_a_live_inquiry_makes_a_lead_of_an_import_live(app: App, road: Road) -> None:
    email = "carla.conti@conti-stampi.example"
    data = orjson.dumps(inquiry(email=email))
    report = road_imports.bring(app, data, Format.JSONL, wish(sla="relaxed"))
    tick(road, MONDAY + timedelta(minutes=1))
    with time_stands_at(MONDAY + timedelta(minutes=2)):
        drained(road)
        merged = send(road, inquiry(email=email, message="Please call me today about a demo."))
    (lead,) = leads_in(app, report.import_id)
    assert (merged.state, merged.merged_into) == (LeadState.MERGED, lead.id)
    assert (lead.lane, lead.lane_sla) == ("", "")
