"""Absences, through the API and the command line: said, listed, corrected, ended."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

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
from router.road.people.absences import (
    Correction,
    Said,
    absences,
    add_absence,
    cancel_absence,
    correct_absence,
)
from router.road.people.roster import set_back_now, standing
from router.rulebook.availability import AbsenceKind
from router.settings import settings
from router.store.absences import Absent, absent_people
from router.store.tx import transaction
from router.web.api import make_api
from tests.build import MONDAY, inquiry, send, time_stands_at

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_TOM, _JONAS = "tom-keane", "jonas-brandt"


@pytest.fixture(autouse=True)
def reached(
    app: App, database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Stand on a monday morning with everybody there; let commands reach this database."""
    monkeypatch.setenv("LEAD_ROUTER_DATABASE_URL", database_url)
    monkeypatch.setenv("LEAD_ROUTER_REDIS_URL", redis_url)
    settings.cache_clear()
    with time_stands_at(MONDAY):
        with transaction(app.engine) as tx:
            tx.run("DELETE FROM absence")
        yield
    settings.cache_clear()


@pytest.fixture(scope="module")
def api(road: Road) -> Iterator[TestClient]:
    """Return a caller on this machine, while no key exists."""
    with TestClient(make_api(road, bound_to_loopback=True), base_url="http://127.0.0.1") as client:
        yield client


def typed(*words: object) -> str:
    """Type a command of ``people``; return what it prints."""
    program = typer.Typer(pretty_exceptions_enable=False)
    people.register(program)
    result = CliRunner().invoke(program, ["people", *map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def read(*words: object) -> Any:  # noqa: ANN401 - a test reads JSON
    """Type a command with --json; return what it prints."""
    return orjson.loads(typed(*words, "--json"))


def said(app: App, person: str = _TOM, **what: Any) -> str:  # noqa: ANN401 - parts of an absence
    """Say an absence; return its id."""
    return str(add_absence(app, person, Said(**what), by="tests", now=read_now()).id)


def away(app: App, at: datetime) -> dict[str, Absent]:
    """Return who is away at a moment."""
    with transaction(app.engine) as tx:
        return absent_people(tx, "default", at)


def test_an_absence_to_come_begins_when_it_says(app: App) -> None:
    said(app, start=MONDAY + _DAY, until=MONDAY + 3 * _DAY, reason="fair", cover="priya-shah")
    assert away(app, MONDAY + _HOUR) == {}
    gone = away(app, MONDAY + _DAY)[_TOM]
    assert gone == Absent(MONDAY + 3 * _DAY, "fair", "away", "priya-shah")
    assert away(app, MONDAY + 3 * _DAY) == {}


def test_absences_that_overlap_are_kept_and_the_last_end_counts(app: App) -> None:
    said(app, start=MONDAY + _DAY, until=MONDAY + 5 * _DAY, reason="holiday")
    said(app, start=MONDAY + 2 * _DAY, until=MONDAY + 3 * _DAY, reason="training")
    assert len(absences(app, _TOM, read_now())) == 2
    assert away(app, MONDAY + 2 * _DAY)[_TOM].reason == "holiday"
    said(app, start=MONDAY + 4 * _DAY, reason="parental leave")
    assert away(app, MONDAY + 4 * _DAY)[_TOM] == Absent(None, "parental leave")


def test_saying_it_again_from_now_on_replaces_what_was_said_and_leaves_what_is_to_come(
    app: App,
) -> None:
    said(app, until=MONDAY + _DAY, reason="ill")
    said(app, start=MONDAY + 5 * _DAY, until=MONDAY + 6 * _DAY, reason="fair")
    with time_stands_at(MONDAY + _HOUR):
        said(app, until=MONDAY + 2 * _DAY, reason="still ill")
        found = [(each.reason, each.until) for each in absences(app, _TOM, read_now())]
    assert found == [("still ill", MONDAY + 2 * _DAY), ("fair", MONDAY + 6 * _DAY)]


def test_switching_off_and_on_leaves_a_holiday_alone(app: App) -> None:
    said(app, until=MONDAY + _DAY, reason="holiday")
    said(app, reason="call", kind=AbsenceKind.OFF)
    assert away(app, read_now())[_TOM].kind == "off"
    with time_stands_at(MONDAY + _HOUR):
        found = set_back_now(app, _TOM, by=_TOM, now=read_now(), kind="off")
        assert found.absence is not None
        assert found.absence.reason == "holiday"
        assert set_back_now(app, _TOM, by=_TOM, now=read_now()).available


def test_a_cancelled_absence_never_begins_and_a_running_one_ends(app: App) -> None:
    coming = add_absence(app, _TOM, Said(start=MONDAY + _DAY), by="tests", now=read_now())
    running = add_absence(app, _TOM, Said(reason="ill"), by="tests", now=read_now())
    with time_stands_at(MONDAY + _HOUR):
        gone = cancel_absence(app, coming.id, by="mona", now=read_now())
        ended = cancel_absence(app, running.id, by="mona", now=read_now())
        assert gone.until == gone.start
        assert ended.until is not None
        assert ended.until < MONDAY + 2 * _HOUR
        assert (gone.by, ended.by) == ("mona", "mona")
        assert cancel_absence(app, running.id, by="again", now=read_now()) == ended
    assert away(app, MONDAY + 2 * _DAY) == {}
    assert absences(app, _TOM, MONDAY + 2 * _HOUR) == []
    with pytest.raises(NotFound, match="people absences"):
        cancel_absence(app, coming.id, by="mona", now=read_now(), person=_JONAS)


def test_an_absence_is_corrected_until_it_has_ended(app: App) -> None:
    row = add_absence(app, _TOM, Said(reason="ill"), by="tests", now=read_now())
    better = Correction(until=MONDAY + _DAY, reason="flu", cover="priya-shah")
    found = correct_absence(app, row.id, better, by="mona", now=read_now())
    assert (found.until, found.reason, found.cover) == (MONDAY + _DAY, "flu", "priya-shah")
    assert absences(app, _TOM, read_now()) == [found]
    with pytest.raises(Rejected, match="has passed"):
        correct_absence(app, row.id, Correction(until=MONDAY - _DAY), by="mona", now=read_now())
    with time_stands_at(MONDAY + 2 * _DAY), pytest.raises(Rejected, match="has ended"):
        correct_absence(app, row.id, better, by="mona", now=read_now())


def test_a_correction_of_the_begin_moves_the_grace_with_it(app: App) -> None:
    coming = Said(start=MONDAY + _DAY, kind=AbsenceKind.OFF)
    row = add_absence(app, _TOM, coming, by="tests", now=read_now())
    assert row.reassign_at == MONDAY + _DAY + timedelta(minutes=1)
    later = Correction(start=MONDAY + 2 * _DAY)
    found = correct_absence(app, row.id, later, by="tests", now=read_now())
    assert found.reassign_at == MONDAY + 2 * _DAY + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ({"until": MONDAY - _HOUR}, "until_has_passed"),
        ({"start": MONDAY + 2 * _DAY, "until": MONDAY + _DAY}, "until_before_from"),
        ({"start": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)}, "too_far"),
        ({"until": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)}, "too_far"),
        ({"start": datetime(1, 1, 2, tzinfo=UTC)}, "too_far"),
        ({"cover": _TOM}, "no_cover"),
        ({"cover": "nobody"}, "no_cover"),
    ],
)
def test_what_cannot_be_meant_is_refused(app: App, what: dict[str, Any], code: str) -> None:
    with pytest.raises(Rejected) as caught:
        said(app, **what)
    assert caught.value.code == code
    assert absences(app, _TOM, read_now()) == []


def test_the_api_adds_lists_corrects_and_ends_absences(api: TestClient) -> None:
    path = f"/api/people/{_TOM}/absences"
    body = {"from": "2026-03-05T09:00:00+01:00", "until": "2026-03-06T09:00:00Z", "reason": "fair"}
    made = api.post(path, json=body | {"by": "mona"}).json()
    assert (made["from"], made["person"], made["kind"]) == ("2026-03-05T08:00:00Z", _TOM, "away")
    assert api.get(path).json()["items"] == [made]
    changed = api.patch(f"{path}/{made['id']}", json={"cover": "priya-shah"}).json()
    assert (changed["cover"], changed["reason"]) == ("priya-shah", "fair")
    other = api.delete(f"/api/people/{_JONAS}/absences/{made['id']}")
    assert other.status_code == 404
    gone = api.delete(f"{path}/{made['id']}").json()
    assert gone["until"] == gone["from"]
    assert api.get(path).json()["items"] == []
    naive = api.post(path, json={"until": "2026-03-06T09:00:00"})
    assert naive.status_code == 422
    assert api.get("/api/people/nobody/absences").status_code == 404


def test_the_api_switches_somebody_off_with_a_reason_and_on_again(api: TestClient) -> None:
    path = f"/api/people/{_TOM}/availability"
    off = {"available": False, "kind": "off", "reason": "doctor", "cover": "priya-shah"}
    found = api.post(path, json=off).json()
    assert (found["available"], found["absence"]) == (
        False,
        {"until": None, "reason": "doctor", "kind": "off", "cover": "priya-shah"},
    )
    assert api.post(path, json={"available": True, "kind": "off"}).json()["available"]
    later = {"available": False, "from": "2026-03-09T08:00:00Z", "until": "2026-03-10T08:00:00Z"}
    assert api.post(path, json=later).json()["available"]
    (coming,) = api.get(f"/api/people/{_TOM}/absences").json()["items"]
    assert coming["from"] == "2026-03-09T08:00:00Z"


def test_commands_say_list_correct_and_cancel_by_the_clock_on_the_persons_wall() -> None:
    told = typed("away", _JONAS, "--from", "2026-03-29T01:00", "--until", "2026-03-30")
    # Berlin leaves winter time that night: the begin is an hour, the end two hours ahead of UTC.
    assert "from 2026-03-29 00:00Z until 2026-03-29 22:00Z" in told
    (row,) = read("absences", _JONAS)
    assert row["person"] == _JONAS
    told = typed("correct", row["id"], "--until", "2026-03-31", "--reason", "fair")
    assert "until 2026-03-30 22:00Z" in told
    assert "fair" in typed("absences")
    assert "cancelled" in typed("cancel", row["id"])
    assert read("absences") == []
    with pytest.raises(NotFound):
        typed("absences", "nobody")


def test_a_person_switches_off_and_on_by_command(app: App) -> None:
    told = typed("off", _TOM, "--reason", "doctor", "--until", "2026-03-02T12:00")
    assert "takes no leads until 2026-03-02 12:00Z" in told
    assert "accepted by 2026-03-02 10:01Z goes to others" in told
    assert "off until 2026-03-02 12:00Z (doctor)" in typed("list")
    assert "takes leads again" in typed("on", _TOM)
    typed("away", _TOM, "--reason", "holiday")
    typed("off", _TOM, "--reason", "call")
    assert "still away until further notice" in typed("on", _TOM)
    assert not standing(app, _TOM, read_now()).available
    assert "takes leads again" in typed("back", _TOM)


def test_what_is_meant_for_somebody_away_goes_to_their_cover_and_comes_back_with_them(
    app: App, road: Road
) -> None:
    named = {"email": "buyer@brightwell-foods.example", "country": "DE", "intent": "pricing"}
    lena = "lena-vogt"
    said(app, lena, until=MONDAY + _DAY, reason="fair", cover=_JONAS)
    lead = send(road, inquiry(**named))
    assert lead.owner is not None
    assert lead.owner.id == _JONAS
    assert "covers for" in lead.why
    assert lena in lead.why
    set_back_now(app, lena, by=lena, now=read_now())
    other = send(road, inquiry(**named | {"email": "chef@brightwell-foods.example"}))
    assert other.owner is not None
    assert other.owner.id == lena
