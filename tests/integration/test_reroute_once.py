"""A bad version's harm is undone once, whatever comes between, and nobody's work with it."""

import threading
from collections import Counter

import pytest

from router.errors import Conflict
from router.lead.decision import ClockKind
from router.lead.model import Lead
from router.lead.states import ClockState, LeadState
from router.road import words
from router.road.act import act
from router.road.drain import Road
from router.road.versions.reroute import reroute
from router.rulebook.model import RuleBook
from tests.build import MONDAY, events_of, inquiry, lead_now, send, time_stands_at
from tests.harm import (
    HOUR,
    Killed,
    Trap,
    clocks,
    given,
    pool_of,
    state_of,
    undo,
    use,
    wish,
    withdrawn,
)
from tests.integration.conftest import Run

pytestmark = pytest.mark.usefixtures("empty_monday")


def test_a_preview_of_twenty_wrong_turns_changes_nothing(
    road: Road, bad: RuleBook, starter_book: RuleBook
) -> None:
    leads = [send(road, inquiry()) for _ in range(20)]
    assert {pool_of(lead) for lead in leads} == {"dach"}
    use(road.app, starter_book)
    before = state_of(road.app)
    report = reroute(road, wish(bad, dry_run=True))
    assert state_of(road.app) == before
    (line,) = report.lines
    assert (line.before, line.after, line.leads) == ("pool dach", "pool uk-and-ireland", 20)
    assert (line.old_rule, line.new_rule) == ("wrong-turn", "uk-and-ireland")
    assert set(line.examples) <= {str(lead.id) for lead in leads}
    assert (report.changed, report.same, report.left) == (20, 0, {})


def test_a_second_run_does_nothing_more(road: Road, bad: RuleBook, starter_book: RuleBook) -> None:
    for _ in range(3):
        send(road, inquiry())
    assert undo(road, bad, starter_book).changed == 3
    before = state_of(road.app)
    report = reroute(road, wish(bad))
    assert (report.leads, report.changed) == (0, 0)
    assert state_of(road.app) == before


def test_a_run_that_is_killed_in_the_middle_is_finished_by_the_next_one(
    road: Road, bad: RuleBook, starter_book: RuleBook
) -> None:
    leads = [send(road, inquiry()) for _ in range(30)]
    use(road.app, starter_book)
    dying = Road(road.app)
    dying.listeners = Trap(dying, 25)
    with pytest.raises(Killed):
        reroute(dying, wish(bad))
    done = [lead_now(road.app, lead.id).digest == starter_book.digest for lead in leads]
    assert sum(done) == 20
    assert reroute(road, wish(bad)).changed == 10
    for lead in leads:
        happened = Counter(events_of(road.app, lead.id))
        assert (happened["lead.moved"], happened["lead.reassigned"]) == (1, 1)
        assert len(withdrawn(road.app, lead)) == 1
    assert set(given(road.app, "dach").values()) == {(0, 0)}
    assert sum(many for _, many in given(road.app, "uk-and-ireland").values()) == 30


def test_two_runs_at_once_beside_people_decide_each_lead_once(
    road: Road, bad: RuleBook, starter_book: RuleBook
) -> None:
    leads = [send(road, inquiry()) for _ in range(24)]
    use(road.app, starter_book)
    gate = threading.Barrier(3)
    accepted: list[Lead] = []

    def run() -> None:
        gate.wait()
        reroute(Road(road.app), wish(bad))

    def accept() -> None:
        gate.wait()
        accepted.extend(act(road, lead.id, words.accept("api")) for lead in leads[::4])

    threads = [threading.Thread(target=each) for each in (run, run, accept)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(accepted) == 6
    for lead in leads:
        happened = Counter(events_of(road.app, lead.id))
        assert happened["lead.moved"] == happened["lead.reassigned"] <= 1
        if lead_now(road.app, lead.id).state is LeadState.ACTIVATED:
            assert happened["lead.moved"] == 1
    at_uk = sum(many for _, many in given(road.app, "uk-and-ireland").values())
    at_dach = sum(many for _, many in given(road.app, "dach").values())
    assert at_uk + at_dach == len(leads)


def test_what_people_have_taken_worked_on_or_placed_is_left_alone(
    road: Road, bad: RuleBook, starter_book: RuleBook
) -> None:
    accepted, touched, closed, placed = (send(road, inquiry()) for _ in range(4))
    act(road, accepted.id, words.accept("api"))
    act(road, touched.id, words.touch("api", "call", ""))
    act(road, closed.id, words.close("api", "converted"))
    act(road, placed.id, words.reassign("api", "noah-fischer", "I know them"))
    use(road.app, starter_book)
    before = state_of(road.app)
    report = reroute(road, wish(bad))
    assert state_of(road.app) == before
    assert report.left == {"accepted": 1, "touched": 1, "closed": 1, "by_person": 1}
    report = reroute(road, wish(bad, accepted=True))
    assert report.changed == 2
    assert report.left == {"closed": 1, "by_person": 1}
    assert pool_of(lead_now(road.app, accepted.id)) == "uk-and-ireland"
    assert clocks(road.app, accepted)[ClockKind.FIRST_TOUCH].state is ClockState.RUNNING
    # Somebody has spoken to them: that promise was kept.
    assert clocks(road.app, touched)[ClockKind.FIRST_TOUCH].state is ClockState.MET


def test_only_what_was_decided_in_the_given_time_is_undone(
    road: Road, bad: RuleBook, starter_book: RuleBook
) -> None:
    early = send(road, inquiry())
    with time_stands_at(MONDAY + HOUR):
        late = send(road, inquiry())
        report = undo(road, bad, starter_book, since=MONDAY + HOUR / 2)
        assert report.leads == 1
        assert pool_of(lead_now(road.app, late.id)) == "uk-and-ireland"
        assert pool_of(lead_now(road.app, early.id)) == "dach"
        report = reroute(road, wish(bad, until=MONDAY + HOUR / 2))
        assert report.leads == 1
    assert pool_of(lead_now(road.app, early.id)) == "uk-and-ireland"


def test_the_active_version_is_not_undone(road: Road, bad: RuleBook) -> None:
    with pytest.raises(Conflict, match="is the active one"):
        reroute(road, wish(bad))


def test_the_command_previews_does_it_and_tells_the_books_owner(
    road: Road, bad: RuleBook, starter_book: RuleBook, run: Run
) -> None:
    lead = send(road, inquiry())
    use(road.app, starter_book)
    typed = (
        "rules",
        "reroute",
        "--digest",
        bad.digest[:12],
        "--since",
        "2h",
        "--by",
        "george-amari",
    )
    code, told = run(*typed, "--dry-run")
    assert (code, told["changed"], told["dry_run"]) == (0, 1, True)
    assert pool_of(lead_now(road.app, lead.id)) == "dach"
    code, told = run(*typed, "--reason", "the wrong turn")
    assert (code, told["changed"], told["failed"]) == (0, 1, [])
    assert pool_of(lead_now(road.app, lead.id)) == "uk-and-ireland"
    code, told = run(*typed)
    assert (code, told["leads"], told["changed"]) == (0, 0, 0)
    _, lines = run("rules", "history")
    assert (lines[0]["act"], lines[0]["note"]) == ("reroute", "the wrong turn")  # type: ignore[index]  # parsed JSON
