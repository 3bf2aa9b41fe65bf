"""Absences from calendar files, on a real database: taken once, changed, ended, never twice."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest
import typer
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from router.app import App
from router.cli import people
from router.errors import NotFound, Rejected
from router.now import now as read_now
from router.road.drain import Road
from router.road.people import calendar_wants
from router.road.people.absence_ics import Report, Wish, import_absences, read_file
from router.road.people.absences import absences, cancel_absence
from router.road.people.calendar_file import Entry
from router.road.people.calendar_spans import Span, spans
from router.road.people.roster import set_back_now
from router.settings import settings
from router.store.absences import AbsenceRow
from router.store.tx import transaction
from router.web.api import make_api
from router.web.api.edge import FILES
from tests.build import MONDAY, time_stands_at
from tests.ics import TOM, calendar, days, event

_TOM, _PRIYA = "tom-keane", "priya-shah"
_WISH = Wish("tests")
_LONDON = ZoneInfo("Europe/London")


@pytest.fixture(autouse=True)
def monday(app: App) -> Iterator[None]:
    """Stand on a monday morning with everybody there."""
    with time_stands_at(MONDAY):
        with transaction(app.engine) as tx:
            tx.run("DELETE FROM absence")
        yield


@pytest.fixture(scope="module")
def api(road: Road) -> Iterator[TestClient]:
    """Return a caller on this machine, while no key exists."""
    with TestClient(make_api(road, bound_to_loopback=True), base_url="http://127.0.0.1") as client:
        yield client


def taken(app: App, *events: Sequence[str], wish: Wish = _WISH, name: str = "Time off") -> Report:
    """Take a calendar."""
    return import_absences(app, calendar(*events, name=name), wish, read_now())


def counts(report: Report) -> dict[str, int]:
    """Return what was done, without zeros."""
    return {what: many for what, many in report.counts.items() if many}


def those(app: App, person: str = _TOM) -> list[AbsenceRow]:
    """Return a person's absences that are not over."""
    return absences(app, person, read_now())


def test_an_absence_is_taken_once_for_whom_its_address_names(app: App) -> None:
    fair = days("a", "20260309", "20260311", "Vacation in Wales", TOM)
    assert counts(taken(app, fair)) == {"added": 1}
    assert counts(taken(app, fair)) == {"same": 1}
    (row,) = those(app)
    assert row.start == datetime(2026, 3, 9, tzinfo=_LONDON)
    assert row.until == datetime(2026, 3, 11, tzinfo=_LONDON)
    assert (row.reason, row.by) == ("calendar: vacation", "calendar:tests")


def test_nothing_personal_is_kept_unless_it_is_asked_for(app: App) -> None:
    ill = event("sick-1", "20260309T080000Z", "20260309T120000Z", "Sick: knee operation", TOM)
    report = taken(app, ill)
    (row,) = those(app)
    assert row.reason == "calendar"
    assert "knee" not in str(report)
    with transaction(app.engine) as tx:
        rows = tx.rows("SELECT absence::text FROM absence")
    assert not any(word in rows[0][0] for word in ("knee", "Sick", "sick", "Time off"))
    kept = Wish("tests", keep_summary=True)
    assert counts(taken(app, ill, wish=kept)) == {"changed": 1}
    assert those(app)[0].reason == "calendar: Sick: knee operation"


def test_only_what_makes_a_person_unavailable_is_an_absence(app: App) -> None:
    when = ("20260309T080000Z", "20260309T120000Z")
    report = taken(
        app,
        event("a", *when, "Team lunch", TOM),
        event("b", *when, "Vacation of Priya", TOM, "TRANSP:TRANSPARENT"),
        event("c", *when, "Urlaub", TOM, "X-MICROSOFT-CDO-BUSYSTATUS:FREE"),
        event("d", *when, "Dentist", TOM, "X-MICROSOFT-CDO-BUSYSTATUS:OOF"),
        event("e", *when, "Cleaver sharpening", TOM),
        event("f", *when, "Course", TOM, "CATEGORIES:Training,Out of Office"),
        event("g", "20260301T080000Z", "20260301T120000Z", "Leave", TOM),
    )
    assert counts(report) == {"added": 2}
    assert report.no_absence == 5
    reasons = sorted(row.reason for row in those(app))
    assert reasons == ["calendar", "calendar: out of office"]


def test_whose_it_is_must_be_clear(app: App) -> None:
    when = ("20260309", "20260310")
    priya = "ATTENDEE:mailto:Priya.Shah@northwind.example"
    declined = "ATTENDEE;PARTSTAT=DECLINED:mailto:priya.shah@northwind.example"
    organizer = "ORGANIZER:mailto:tom.keane@northwind.example"
    report = taken(
        app,
        days("a", *when, "Leave", TOM, priya),
        days("b", *when, "Leave"),
        days("c", *when, "Leave", "ATTENDEE:mailto:somebody@example.com"),
        days("d", *when, "Leave", TOM, declined),
        days("e", *when, "Leave", organizer),
        days("f", *when, "Leave", organizer, priya),
    )
    assert counts(report) == {"added": 3, "skipped": 3}
    assert (len(those(app)), len(those(app, _PRIYA))) == (2, 1)
    why = [line.why for line in report.lines if line.what == "skipped"]
    assert "several people" in why[0]
    assert "somebody@example.com" not in str(report)
    assert counts(taken(app, days("b", *when, "Leave"), wish=Wish("t", _PRIYA), name="P")) == {
        "added": 1
    }
    with pytest.raises(NotFound):
        taken(app, wish=Wish("t", "nobody"))


def test_what_was_moved_changes_and_what_was_called_off_or_vanished_ends(app: App) -> None:
    stays = days("a", "20260309", "20260310", "Leave", TOM)
    moves = days("b", "20260316", "20260317", "Leave", TOM)
    off = days("c", "20260323", "20260324", "Leave", TOM)
    gone = days("d", "20260330", "20260331", "Leave", TOM)
    assert counts(taken(app, stays, moves, off, gone)) == {"added": 4}
    moved = days("b", "20260317", "20260319", "Leave", TOM, "SEQUENCE:1")
    called = days("c", "20260323", "20260324", "Leave", TOM, "STATUS:CANCELLED")
    report = taken(app, stays, moved, called)
    assert counts(report) == {"same": 1, "changed": 1, "ended": 2}
    assert {line.why for line in report.lines if line.what == "ended"} == {
        "it was called off in the calendar",
        "the calendar has it no more",
    }
    assert [row.start.day for row in those(app)] == [9, 17]
    assert counts(taken(app, stays, moved, off, gone)) == {"same": 2, "changed": 2}
    assert len(those(app)) == 4


def test_another_calendar_and_what_people_said_are_left_alone(app: App) -> None:
    taken(app, days("a", "20260309", "20260310", "Leave", TOM))
    assert counts(taken(app, days("z", "20260316", "20260317", "Leave", TOM), name="Other")) == {
        "added": 1
    }
    nameless = taken(app, days("n", "20260323", "20260324", "Leave", TOM), name="")
    assert counts(nameless) == {"added": 1}
    assert counts(taken(app, name="")) == {}
    assert len(those(app)) == 3
    assert counts(taken(app)) == {"ended": 1}


def test_what_has_begun_is_not_ended_by_vanishing(app: App) -> None:
    long = days("a", "20260301", "20260320", "Leave", TOM)
    assert counts(taken(app, long)) == {"added": 1}
    assert counts(taken(app)) == {}
    assert len(those(app)) == 1
    called = days("a", "20260301", "20260320", "Leave", TOM, "STATUS:CANCELLED")
    assert counts(taken(app, called)) == {"ended": 1}
    assert those(app) == []


def test_what_somebody_ended_by_hand_stays_ended_until_it_is_moved(app: App) -> None:
    running = days("a", "20260301", "20260320", "Leave", TOM)
    coming = days("b", "20260401", "20260402", "Leave", TOM)
    taken(app, running, coming)
    set_back_now(app, _TOM, by=_TOM, now=read_now())
    cancel_absence(app, those(app)[0].id, by=_TOM, now=read_now())
    with time_stands_at(MONDAY + timedelta(minutes=1)):
        report = taken(app, running, coming)
        assert counts(report) == {"skipped": 2}
        assert all(line.why == f"{_TOM} ended it by hand" for line in report.lines)
        later = days("b", "20260408", "20260409", "Leave", TOM)
        assert counts(taken(app, running, later)) == {"changed": 1, "skipped": 1}
        assert [row.start.day for row in those(app)] == [7]


def test_each_turn_of_a_repeated_entry_is_an_absence_of_its_own(app: App) -> None:
    rule = "RRULE:FREQ=WEEKLY;BYDAY=FR;COUNT=4"
    fridays = event("a", "20260306T130000Z", "20260306T170000Z", "Leave", TOM, rule)
    assert counts(taken(app, fridays)) == {"added": 4}
    free = event(
        "a", "20260313T130000Z", "20260313T170000Z", "Leave", TOM,
        "RECURRENCE-ID:20260313T130000Z", "TRANSP:TRANSPARENT",
    )  # fmt: skip
    assert counts(taken(app, fridays, free)) == {"same": 3, "ended": 1}
    assert [row.start.day for row in those(app)] == [6, 20, 27]
    alone = event(
        "a", "20260320T150000Z", "20260320T170000Z", "Leave", TOM, "RECURRENCE-ID:20260320T130000Z"
    )
    assert counts(taken(app, fridays, free, alone)) == {"same": 2, "changed": 1}


def test_an_entry_that_is_broken_for_a_while_keeps_what_it_gave(app: App) -> None:
    fine = days("a", "20260309", "20260310", "Leave", TOM)
    taken(app, fine)
    broken = event("a", "2026BROKEN", "", "Leave", TOM)
    assert counts(taken(app, broken)) == {"skipped": 1}
    assert len(those(app)) == 1


def test_a_dry_run_tells_all_and_writes_nothing(app: App) -> None:
    wish = Wish("tests", dry_run=True)
    fine = days("a", "20260309", "20260310", "Leave", TOM)
    assert counts(taken(app, fine, wish=wish)) == {"added": 1}
    assert those(app) == []
    taken(app, fine)
    moved = days("a", "20260310", "20260311", "Leave", TOM)
    assert counts(taken(app, moved, wish=wish)) == {"changed": 1}
    assert counts(taken(app, wish=wish)) == {"ended": 1}
    assert [row.start.day for row in those(app)] == [9]


def test_times_that_no_database_could_hold_are_skipped(app: App) -> None:
    far = days("a", "99991230", "99991231", "Leave", TOM)
    assert "ten years ahead" in taken(app, far).lines[0].why
    assert those(app) == []


def test_the_api_takes_a_calendar_file(api: TestClient, app: App) -> None:
    path, kind = "/api/people/absences/ics", {"content-type": "text/calendar; charset=utf-8"}
    raw = calendar(days("a", "20260309", "20260310", "Leave", TOM), event("", "20260305", ""))
    said = api.post(path, content=raw, headers=kind, params={"dry_run": "true"}).json()
    assert (said["dry_run"], said["counts"]["added"], those(app)) == (True, 1, [])
    said = api.post(path, content=raw, headers=kind, params={"by": "mona"}).json()
    assert said["counts"] == {"added": 1, "changed": 0, "same": 0, "ended": 0, "skipped": 1}
    assert those(app)[0].by == "calendar:mona"
    assert api.post(path, content=raw, headers={"content-type": "text/plain"}).status_code == 415
    assert api.post(path, content=b"hello", headers=kind).status_code == 422
    large = b"x" * (FILES[path][2] + 1)
    assert api.post(path, content=large, headers=kind).status_code == 413


def test_a_command_takes_a_calendar_file(
    database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LEAD_ROUTER_DATABASE_URL", database_url)
    monkeypatch.setenv("LEAD_ROUTER_REDIS_URL", redis_url)
    settings.cache_clear()
    file = tmp_path / "time-off.ics"
    file.write_bytes(calendar(days("a", "20260309", "20260310", "Holidays!"), name=""))
    program = typer.Typer(pretty_exceptions_enable=False)
    people.register(program)
    words = ["people", "import-absences", str(file), "--person", _TOM]
    said = CliRunner().invoke(program, [*words, "--dry-run"])
    assert "Nothing was written; it would be: 1 added" in said.output
    said = CliRunner().invoke(program, words)
    assert "1 added; 0 entries are no absences" in said.output
    assert "has no name" in said.output
    told = orjson.loads(CliRunner().invoke(program, [*words, "--json"]).stdout)
    assert [line["what"] for line in told["lines"]] == ["same"]
    settings.cache_clear()
    with pytest.raises(Rejected, match="cannot be read"):
        read_file(tmp_path / "nothing.ics")


def test_a_calendar_with_too_many_absences_is_refused_as_soon_as_they_are_too_many(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = list[int]()

    def counted(
        entry: Entry, zone: tzinfo, now: datetime, instead: Mapping[str, Entry]
    ) -> list[Span]:
        looked.append(entry.number)
        return spans(entry, zone, now, instead)

    monkeypatch.setattr(calendar_wants, "MAX_ABSENCES", 5)
    monkeypatch.setattr(calendar_wants, "spans", counted)
    daily = "RRULE:FREQ=DAILY;COUNT=4"
    when = ("20260309", "20260310", "Vacation", TOM, daily)
    with pytest.raises(Rejected, match="more than 5 absences") as told:
        taken(app, *(days(uid, *when) for uid in "abcd"))
    assert told.value.code == "too_many_absences"
    assert looked == [1, 2]
    assert those(app) == []
