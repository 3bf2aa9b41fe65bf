"""Leads that really took the road, replayed through another version of the book."""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from router.app import App
from router.errors import BookError, NotFound
from router.lead.model import Lead
from router.lead.states import LeadState
from router.now import now as read_now
from router.road.drain import Road
from router.road.versions.backtest import Report, backtest, last_days
from router.road.versions.past import HELD, MERGED, NO_FACTS, Second
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import book_from_files
from router.store.judged import Part
from router.store.tx import transaction
from tests.build import MONDAY, inquiry, send, time_stands_at
from tests.versions import follows, without_norway, written

Run = Callable[..., tuple[int, dict[str, object]]]


@pytest.fixture(autouse=True, scope="module")
def past(road: Road) -> Iterator[list[Lead]]:
    """Let leads of every fate take the road: owned, refused, joined to another, held."""
    with time_stands_at(MONDAY):
        assert follows(road.app, road.app.shelf.active().digest)
        same = inquiry()
        yield [
            *(send(road, inquiry(country="NO")) for _ in range(5)),
            send(road, same),
            send(road, {**same, "message": "Did you get my message? A demo would be nice."}),
            send(road, inquiry(_gotcha="https://win-a-prize.example")),
            send(road, inquiry(message="Hello there")),
        ]


def tried(app: App, new: RuleBook, *, most: int | None = None) -> Report:
    """Backtest a version against the active one, over everything that was sent."""
    window = last_days(1, read_now() + timedelta(minutes=1), "default", most=most)
    return backtest(app, app.shelf.active(), new, window)


def test_every_lead_is_judged_or_counted_with_the_reason(app: App, past: list[Lead]) -> None:
    states = [lead.state for lead in past]
    assert states.count(LeadState.MERGED) == 1
    assert states.count(LeadState.REJECTED) == 1
    found = tried(app, app.shelf.active()).found
    assert found.leads == len(past)
    assert (found.moved, found.altered) == (0, 0)
    # What the classifier could not settle was not yet decided by any rule.
    assert found.not_judged == {HELD: 1, MERGED: 1}


def test_a_lead_whose_facts_were_erased_is_not_judged(app: App, past: list[Lead]) -> None:
    lead = past[0].id
    with transaction(app.engine) as tx:
        kept = tx.rows("SELECT seq, personal::text FROM event WHERE lead_id = %s", (lead,))
        tx.run("UPDATE event SET personal = '{}' WHERE lead_id = %s", (lead,))
    try:
        assert tried(app, app.shelf.active()).found.not_judged[NO_FACTS] == 1
    finally:
        with transaction(app.engine) as tx:
            for seq, personal in kept:
                tx.run(
                    "UPDATE event SET personal = %s::json WHERE lead_id = %s AND seq = %s",
                    (personal, lead, seq),
                )


def test_leads_that_would_change_hands_are_found_with_examples(app: App, past: list[Lead]) -> None:
    report = tried(app, without_norway(app.shelf.active()))
    (shift,) = report.found.shifts
    assert (shift.leads, report.found.moved) == (5, 5)
    assert (shift.new.rule, shift.new.words) == ("no-norway", "reject blocked")
    assert shift.old.kind == "pool"
    assert set(shift.examples) < {str(lead.id) for lead in past[:5]}


def test_what_a_guard_refused_is_judged_too(app: App, past: list[Lead]) -> None:
    (spam,) = (each for each in past if each.state is LeadState.REJECTED)
    guards = "10-guards.yaml"
    files = app.shelf.active().files.items()
    new = book_from_files(
        {path: text for path, text in files if path != guards and not path.startswith("tests/")}
    )
    (shift,) = tried(app, new).found.shifts
    assert shift.old.words == f"reject {spam.reason}"
    assert (shift.new.words, shift.examples) == ("goes on", (str(spam.id),))


def test_only_the_newest_leads_are_taken_when_so_told(app: App, past: list[Lead]) -> None:
    report = tried(app, app.shelf.active(), most=3)
    assert (report.received, report.found.leads) == (len(past), 3)


@pytest.fixture
def crowd(app: App, past: list[Lead]) -> Iterator[int]:
    """Put 2,500 leads beside the others that nobody has decided; return how many there are."""
    with transaction(app.engine) as tx:
        tx.run(
            "INSERT INTO lead (id, book, source, item_key, delivery_id, state, received_at,"
            " rank_at, digest, version, head, body) SELECT gen_random_uuid(), book, source,"
            " 'copy-' || n, delivery_id, 'captured', received_at, rank_at, digest, 0, head, body"
            " FROM lead CROSS JOIN generate_series(1, 2500) AS n WHERE id = %s",
            (past[0].id,),
        )
    yield len(past) + 2500
    with transaction(app.engine) as tx:
        tx.run("DELETE FROM lead WHERE starts_with(item_key, 'copy-')")


def test_many_leads_are_read_without_an_open_transaction(app: App, crowd: int) -> None:
    seen: list[tuple[int, int]] = []

    def progress(done: int, whole: int) -> None:
        seen.append((done, whole))
        # Waits for what is being read, and for ever if a transaction stays open.
        with transaction(app.engine, lock_timeout=timedelta(seconds=30)) as tx:
            tx.run("LOCK TABLE lead, event IN ACCESS EXCLUSIVE MODE")

    book = app.shelf.active()
    window = last_days(1, read_now() + timedelta(minutes=1), "default")
    report = backtest(app, book, book, window, progress)
    assert report.found.not_judged["not decided yet"] == 2500
    assert report.found.leads == report.received == crowd
    assert seen == [(done, crowd) for done in (0, 1000, 2000, crowd)]


def test_two_processes_find_what_one_finds(app: App, crowd: int) -> None:
    old, new = app.shelf.active(), without_norway(app.shelf.active())
    window = last_days(1, read_now() + timedelta(minutes=1), "default")
    alone = backtest(app, old, new, window, worth=None).found
    seen: list[int] = []
    together = backtest(app, old, new, window, lambda done, _: seen.append(done), worth=1).found
    assert seen[-1] == crowd
    assert (together.judged, together.moved, together.not_judged, together.targets) == (
        alone.judged,
        alone.moved,
        alone.not_judged,
        alone.targets,
    )


def test_a_second_process_that_dies_gives_its_parts_back(app: App) -> None:
    book, now = app.shelf.active(), read_now()
    part = Part("default", (now, UUID(int=0)), (now - timedelta(days=1), UUID(int=0)))
    waiting = deque([part, part])
    dying = Second("postgresql://nobody@127.0.0.1:1/none", book, book)
    try:
        with pytest.raises((EOFError, OSError)):
            dying.feed(waiting, patiently=True)
        assert not waiting
        assert dying.give_up() == [part, part]
    finally:
        dying.close()


def test_the_command_line_judges_a_folder_and_fails_over_a_threshold(
    app: App, run: Run, tmp_path: Path
) -> None:
    folder = written(without_norway(app.shelf.active()), tmp_path)
    code, told = run("rules", "backtest", folder, "--days", "1", "--fail-over", "90")
    assert (code, told["ok"], told["change_hands"], told["judged"]) == (0, True, 5, 7)
    code, told = run("rules", "backtest", folder, "--days", "1", "--fail-over", "70")
    assert (code, told["ok"], told["change_hands_percent"]) == (1, False, 71.43)
    with pytest.raises(BookError, match="not a rule book's folder"):
        run("rules", "backtest", str(tmp_path / "nowhere"))
    with pytest.raises(NotFound, match="no version"):
        run("rules", "backtest", "fade")
    code, told = run("rules", "backtest", app.shelf.active().digest[:10], "--days", "1")
    assert (code, told["change_hands"]) == (0, 0)
