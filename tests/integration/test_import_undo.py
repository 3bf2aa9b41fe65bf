"""An import is undone by its id, on a real database, whatever has become of its rows."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import orjson
import pytest

from router.app import App
from router.errors import NotFound
from router.lead.ids import LeadId
from router.lead.model import Lead
from router.lead.states import IMPORT_UNDONE, DeliveryState, ImportState, LeadState
from router.now import now as read_now
from router.pipeline import StageName
from router.road import words
from router.road.act import act
from router.road.batch import write_batch
from router.road.capture import capture
from router.road.drain import Road
from router.road.imports import bring as road_imports
from router.road.imports import lanes, undo
from router.road.imports.bring import Report, Wish
from router.road.record import Batch
from router.stages.capture.rows import Format
from router.store import import_rows, imports
from router.store.deliveries import claim_received
from router.store.leads import lock_leads
from router.store.tx import transaction
from tests.build import MONDAY, events_of, inquiry, lead_now, messages_of, send, time_stands_at

#: As many as one portion takes.
_FAST = 3_600


@pytest.fixture(autouse=True)
def monday(app: App) -> Iterator[None]:
    """Stand on a monday morning, with no other import under way."""
    with transaction(app.engine) as tx:
        tx.run("DELETE FROM delivery WHERE state = 'waiting'")
        tx.run("DELETE FROM import")
    with time_stands_at(MONDAY):
        yield


def bring(app: App, rows: list[dict[str, object]], name: str = "Fair") -> Report:
    """Import leads."""
    data = b"\n".join(orjson.dumps(row) for row in rows)
    wish = Wish(name, "generic", _FAST, "tests")
    return road_imports.bring(app, data, Format.JSONL, wish)


def let_in(road: Road, import_id: UUID | None, portions: int = 1) -> list[Lead]:
    """Let portions in and drain the road; return the leads, in the order of the file."""
    assert import_id is not None
    for _ in range(portions):
        with transaction(road.app.engine) as tx:
            lanes.let_in(road, tx, read_now() + timedelta(minutes=1))
        while road.drain(StageName.CAPTURE):
            continue
    with transaction(road.app.engine) as tx:
        _, found = import_rows.leads_of_rows(tx, import_id, 0, 1_000)
        locked = lock_leads(tx, found)
        return [locked[lead_id] for lead_id in found]


def undone(road: Road, report: Report, *, dry_run: bool = False) -> undo.Report:
    """Undo an import."""
    assert report.import_id is not None
    wish = undo.Wish(report.import_id, "george-amari", "wrong file", dry_run=dry_run)
    return undo.undo(road, wish)


def counts(app: App, report: Report) -> dict[DeliveryState, int]:
    """Count an import's rows by state."""
    assert report.import_id is not None
    with transaction(app.engine) as tx:
        return import_rows.rows_by_state(tx, report.import_id)


def test_rows_that_wait_never_become_leads_and_may_come_again(app: App, road: Road) -> None:
    rows = [inquiry() for _ in range(4)]
    report = bring(app, rows)
    first = undone(road, report)
    assert (first.withdrawn, first.recalled, first.left) == (4, 0, {})
    assert counts(app, report) == {DeliveryState.WITHDRAWN: 4}
    assert let_in(road, report.import_id) == []
    again = undone(road, report)
    assert (again.withdrawn, again.recalled) == (0, 0)
    assert bring(app, rows).stored == 4


def test_leads_that_nobody_has_taken_are_recalled_and_their_owners_told(
    app: App, road: Road
) -> None:
    rows = [inquiry(id=each) for each in range(3)]
    report = bring(app, rows)
    leads = let_in(road, report.import_id)
    assert [lead.state for lead in leads] == [LeadState.ACTIVATED] * 3
    told = undone(road, report)
    assert (told.withdrawn, told.recalled, told.left, told.failed) == (0, 3, {}, ())
    for lead in leads:
        after = lead_now(app, lead.id)
        assert (after.state, after.reason, after.owner) == (
            LeadState.REJECTED,
            IMPORT_UNDONE,
            None,
        )
        assert events_of(app, lead.id)[-1] == "lead.recalled"
        assert messages_of(app, lead.id) == [
            ("handoff.offered", "withdrawn"),
            ("handoff.withdrawn", "pending"),
        ]
    with transaction(app.engine) as tx:
        ids = [lead.id for lead in leads]
        running = tx.row(
            "SELECT count(*) FROM clock WHERE lead_id = ANY(%s) AND next_at IS NOT NULL", (ids,)
        )
        handoffs = tx.rows("SELECT state, reason FROM handoff WHERE lead_id = ANY(%s)", (ids,))
    assert running == (0,)
    assert handoffs == [("withdrawn", "wrong file")] * 3
    assert bring(app, rows).stored == 3


def test_pools_get_the_turns_back_that_an_undone_import_took(app: App, road: Road) -> None:
    def owed() -> list[tuple[object, ...]]:
        with transaction(app.engine) as tx:
            return tx.rows(
                "SELECT pool_id, person_id, credit, assigned FROM pool_member ORDER BY 1, 2"
            )

    send(road, inquiry())
    before = owed()
    report = bring(app, [inquiry() for _ in range(5)])
    let_in(road, report.import_id)
    assert owed() != before
    assert undone(road, report).given_back == 5
    assert owed() == before


@pytest.mark.parametrize("why", ["accepted", "touched", "closed"])
def test_what_somebody_has_taken_is_left_alone_and_listed(app: App, road: Road, why: str) -> None:
    report = bring(app, [inquiry() for _ in range(2)])
    taken, other = let_in(road, report.import_id)
    assert taken.owner is not None
    said = {
        "accepted": words.accept(taken.owner.id),
        "touched": words.touch(taken.owner.id, "call", "spoke"),
        "closed": words.close(taken.owner.id, "converted"),
    }
    kept = act(road, taken.id, said[why])
    dry = undone(road, report, dry_run=True)
    done = undone(road, report)
    assert dry.left == done.left == {why: (taken.id,)}
    assert (dry.recalled, done.recalled) == (1, 1)
    assert lead_now(app, taken.id) == kept
    assert lead_now(app, other.id).reason == IMPORT_UNDONE


def test_a_dry_run_changes_nothing(app: App, road: Road) -> None:
    report = bring(app, [inquiry() for _ in range(20)])
    leads = let_in(road, report.import_id)
    told = undone(road, report, dry_run=True)
    assert (told.dry_run, told.withdrawn, told.recalled) == (True, 5, 15)
    assert [lead_now(app, lead.id) for lead in leads] == leads
    assert counts(app, report)[DeliveryState.WAITING] == 5
    with transaction(app.engine) as tx:
        assert report.import_id is not None
        lane = imports.read_import(tx, "default", report.import_id)
    assert lane is not None
    assert lane.state is ImportState.RUNNING


def test_an_inquiry_that_came_otherwise_keeps_its_lead(app: App, road: Road) -> None:
    email = "dora.dahl@dahl-vind.example"
    report = bring(app, [inquiry(email=email), inquiry()])
    joined, _ = let_in(road, report.import_id)
    live = send(road, inquiry(email=email, message="Please call me today about a demo."))
    assert live.merged_into == joined.id
    told = undone(road, report)
    assert (told.recalled, told.left) == (1, {"joined": (joined.id,)})
    assert lead_now(app, joined.id).state is LeadState.ACTIVATED


def test_an_inquiry_of_another_import_keeps_its_lead_too(app: App, road: Road) -> None:
    email = "eva.ek@ek-papper.example"
    first = bring(app, [inquiry(email=email)])
    (lead,) = let_in(road, first.import_id)
    second = bring(app, [inquiry(email=email, message="We met at your other stand.")], "Other")
    (merged,) = let_in(road, second.import_id)
    assert merged.merged_into == lead.id
    assert undone(road, first).left == {"joined": (lead.id,)}
    assert undone(road, second).left == {"merged": (merged.id,)}


def test_rows_of_one_person_are_undone_together(app: App, road: Road) -> None:
    email = "finn.falk@falk-bygg.example"
    rows = [inquiry(email=email), inquiry(email=email, message="A second badge scan, for a demo.")]
    report = bring(app, rows)
    lead, merged = let_in(road, report.import_id)
    assert merged.merged_into == lead.id
    told = undone(road, report)
    assert (told.recalled, told.left) == (1, {})
    assert bring(app, rows).stored == 2


def test_a_run_that_is_killed_is_simply_run_again(
    app: App, road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo, "_LEADS", 2)
    report = bring(app, [inquiry() for _ in range(20)])
    leads = let_in(road, report.import_id)

    class Killed(BaseException):
        """Stands for kill -9."""

    def dies(_done: int, _whole: int) -> None:
        raise Killed

    assert report.import_id is not None
    with pytest.raises(Killed):
        undo.undo(road, undo.Wish(report.import_id, "tests"), dies)
    assert sum(lead_now(app, lead.id).reason == IMPORT_UNDONE for lead in leads) == 2
    assert let_in(road, report.import_id, portions=2)[2:] == leads[2:], "nothing comes after it"
    told = undone(road, report)
    assert (told.withdrawn, told.recalled, told.given_back) == (0, 13, 13)
    assert {lead_now(app, lead.id).reason for lead in leads} == {IMPORT_UNDONE}


def test_a_recalled_lead_can_be_replayed(app: App, road: Road) -> None:
    report = bring(app, [inquiry()])
    (lead,) = let_in(road, report.import_id)
    undone(road, report)
    act(road, lead.id, words.replay("george-amari"))
    while road.drain(StageName.ROUTE):
        continue
    assert lead_now(app, lead.id).state is LeadState.ACTIVATED


def test_leads_in_review_and_parked_ones_are_recalled(app: App, road: Road) -> None:
    unclear = inquiry(message="?", company="", country="")
    report = bring(app, [unclear, inquiry()])
    asked, parked = let_in(road, report.import_id)
    with transaction(app.engine) as tx:
        tx.run("UPDATE lead SET state = 'parked' WHERE id = %s", (parked.id,))
    assert undone(road, report).recalled == 2
    for lead in (asked, parked):
        assert lead_now(app, LeadId(lead.id)).reason == IMPORT_UNDONE
    with transaction(app.engine) as tx:
        still_open = tx.row(
            "SELECT count(*) FROM review_item WHERE lead_id = %s AND state = 'open' AND blocking",
            (asked.id,),
        )
    assert still_open == (0,)


def test_an_import_that_is_not_there_is_told(road: Road) -> None:
    with pytest.raises(NotFound):
        undo.undo(road, undo.Wish(UUID(int=7), "tests"))


def test_one_lead_that_cannot_be_recalled_keeps_no_other_back(app: App, road: Road) -> None:
    report = bring(app, [inquiry() for _ in range(3)])
    broken, *others = let_in(road, report.import_id)
    with transaction(app.engine) as tx:
        tx.run("UPDATE lead SET body = body - 'person' WHERE id = %s", (broken.id,))
    told = undone(road, report)
    assert [lead_id for lead_id, _ in told.failed] == [str(broken.id)]
    assert {lead_now(app, lead.id).reason for lead in others} == {IMPORT_UNDONE}
    with transaction(app.engine) as tx:
        tx.run("DELETE FROM lead WHERE id = %s", (broken.id,))


def test_a_row_that_a_worker_reads_just_now_becomes_a_lead_and_is_recalled(
    app: App, road: Road
) -> None:
    report = bring(app, [inquiry()])
    assert report.import_id is not None
    with transaction(app.engine) as tx:
        lanes.let_in(road, tx, read_now() + timedelta(minutes=1))
    begun, done = threading.Event(), list[undo.Report]()

    def undoes() -> None:
        begun.set()
        done.append(undone(road, report))

    with transaction(app.engine) as tx:
        (mine,) = claim_received(tx, 10)
        other = threading.Thread(target=undoes)
        other.start()
        assert begun.wait(30)
        # What the worker holds is waited for, and then it is no row any more but a lead.
        batch = Batch(read_now(), road.listeners)
        capture(app, tx, batch, [mine], road.stages.beside)
        write_batch(tx, batch)
    other.join(60)
    (told,) = done
    assert (told.withdrawn, told.recalled, told.failed) == (0, 1, ())
