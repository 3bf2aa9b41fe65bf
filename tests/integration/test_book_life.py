"""A version's life on a real database: published, agreed to, forced, rolled back, and broken."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from router.app import App
from router.embedded.processes import wait_for
from router.errors import BookError, Conflict, NotFound
from router.now import now as read_now
from router.road.versions.publish import Standing, Wish, approve, publish, refuse, roll_back
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import book_from_files
from router.store import books
from router.store.book_log import history
from router.store.proposals import ProposalState
from router.store.tx import transaction
from tests.build import MONDAY, time_stands_at
from tests.versions import (
    OPS,
    REV,
    acts,
    findings,
    follows,
    guarded,
    harmless,
    news,
    proposal,
    written,
)

Run = Callable[..., tuple[int, dict[str, object]]]

_WRONG = """\
- name: a lead of nobody
  lead: {country: GB}
  expect: {reject: spam}
"""


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Stand on a monday morning, so that everybody works and the change window is open."""
    with time_stands_at(MONDAY):
        yield


def test_a_change_that_needs_nobody_is_active_in_every_process_at_once(
    app: App, other: App, base: RuleBook
) -> None:
    assert other.shelf.active().digest == base.digest
    book = harmless(base)
    done = publish(app, book, REV)
    assert (done.standing, done.before) == (Standing.ACTIVE, base.digest)
    assert follows(app, book.digest)
    assert follows(other, book.digest)
    assert acts(app) == [("publish", "ann")]
    ((told,)) = news(app)
    assert (told["act"], told["digest"], told["before"]) == ("publish", book.digest, base.digest)
    assert told["accountable"] == {
        "id": "george-amari",
        "name": "George Amari",
        "email": base.people["george-amari"].email,
    }
    assert publish(app, book, REV).standing is Standing.UNCHANGED


def test_a_changed_guard_waits_for_somebody_other_than_its_author(app: App, base: RuleBook) -> None:
    book = guarded(base)
    done = publish(app, book, REV)
    assert done.standing is Standing.WAITING
    assert done.reasons == ("Guards change (blocked-domain), and each needs a second person.",)
    assert app.shelf.active().digest == base.digest
    with pytest.raises(Conflict, match="ann proposed version"):
        approve(app, book.digest, Wish(" Ann "))
    # Whoever publishes the same version again does not become its author.
    assert publish(app, book, OPS).standing is Standing.WAITING
    with pytest.raises(Conflict, match="cannot agree"):
        approve(app, book.digest, REV)
    assert approve(app, book.digest, OPS).standing is Standing.ACTIVE
    assert follows(app, book.digest)
    assert acts(app) == [("propose", "ann"), ("approve", "ben")]
    assert [told["act"] for told in news(app)] == ["propose", "approve"]
    found = proposal(app, book.digest)
    assert (found.state, found.answered_by) == (ProposalState.APPROVED, "ben")
    with pytest.raises(Conflict, match="approved by ben"):
        approve(app, book.digest, Wish("cat"))


def test_a_refused_version_never_serves(app: App, base: RuleBook) -> None:
    book = guarded(base)
    publish(app, book, REV)
    refuse(app, book.digest, Wish("ben", "too broad"))
    assert proposal(app, book.digest).state is ProposalState.REFUSED
    with pytest.raises(Conflict, match="refused by ben"):
        approve(app, book.digest, Wish("cat"))
    with pytest.raises(NotFound, match="never active"):
        roll_back(app, REV, to=book.digest)
    with pytest.raises(NotFound, match="never proposed"):
        approve(app, base.digest, OPS)
    assert acts(app) == [("propose", "ann"), ("refuse", "ben")]


def test_another_version_overtakes_whatever_waits(app: App, base: RuleBook) -> None:
    book = guarded(base)
    publish(app, book, REV)
    publish(app, harmless(base, "overtaking"), REV)
    assert proposal(app, book.digest).state is ProposalState.OVERTAKEN
    with pytest.raises(Conflict, match="overtaken by ann"):
        approve(app, book.digest, OPS)


def test_outside_its_hours_any_change_waits(app: App, base: RuleBook) -> None:
    with time_stands_at(MONDAY - timedelta(days=1)):
        done = publish(app, harmless(base, "on a sunday"), REV)
    assert done.standing is Standing.WAITING
    assert done.reasons == ("It is outside the hours of 'london', in which books may change.",)


@pytest.mark.usefixtures("base")
def test_nobody_lifts_the_bar_alone(app: App, starter_book: RuleBook) -> None:
    done = publish(app, starter_book, REV)
    assert done.reasons == ("It changes when a second person is needed.",)


def test_an_override_needs_nobody_and_is_loud(app: App, base: RuleBook, run: Run) -> None:
    book = guarded(base)
    publish(app, book, REV)
    done = publish(app, book, Wish("ann", override="leads go to a competitor"))
    assert done.standing is Standing.ACTIVE
    assert follows(app, book.digest)
    assert acts(app)[-1] == ("override", "ann")
    assert news(app)[-1]["act"] == "override"
    assert news(app)[-1]["note"] == "leads go to a competitor"
    assert proposal(app, book.digest).state is ProposalState.OVERTAKEN
    (finding,) = findings(run("doctor")[1], "override")
    assert finding[0] == "WARN"
    assert "leads go to a competitor" in finding[1]


def test_a_version_whose_own_tests_fail_needs_an_override(app: App, base: RuleBook) -> None:
    book = harmless(base, "wrong about itself")
    files = {**book.files, "tests/cases.yaml": _WRONG}
    book = book_from_files(files)
    with pytest.raises(BookError, match="a lead of nobody") as caught:
        publish(app, book, REV)
    assert "tests/cases.yaml:1" in str(caught.value)
    assert acts(app) == []
    done = publish(app, book, Wish("ann", override="the test itself is wrong"))
    assert done.standing is Standing.ACTIVE
    with transaction(app.engine) as tx:
        kept = books.version(tx, book.digest)
        last = history(tx, "default", limit=1)[0]
    assert kept is not None
    assert kept.checks["trials"]["failed"] == 1
    assert "a lead of nobody" in last.data["problems"][0]


def test_what_was_compared_with_another_version_does_not_count(
    app: App, other: App, base: RuleBook
) -> None:
    late = harmless(base, "late")
    with ThreadPoolExecutor(1) as pool:
        with transaction(app.engine) as tx:
            books.lock_book(tx, "default")
            doing = pool.submit(publish, other, late, REV)
            assert wait_for(lambda: _waits_for_a_lock(app), seconds=30)
            books.publish(tx, guarded(base), serve="default", by="cat", note="", now=read_now())
        with pytest.raises(Conflict, match="became active meanwhile"):
            doing.result(timeout=30)
    assert follows(app, guarded(base).digest)


def _waits_for_a_lock(app: App) -> bool:
    with transaction(app.engine) as tx:
        return bool(tx.rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))


def test_the_command_line_publishes_asks_agrees_and_rolls_back(
    base: RuleBook, run: Run, tmp_path: Path
) -> None:
    folder = written(guarded(base), tmp_path)
    code, told = run("rules", "publish", folder, "--by", "ann", "--note", "more junk")
    assert (code, told["standing"], told["changed"]) == (5, "waiting", False)
    version = str(told["version"])
    code, told = run("rules", "status")
    assert (code, told["serving"]) == (0, base.digest)
    assert [each["digest"] for each in told["waiting"]] == [version]  # type: ignore[attr-defined]  # parsed JSON
    code, told = run("rules", "approve", version[:10], "--by", "ben")
    assert (code, told["standing"], told["before"]) == (0, "active", base.digest)
    code, told = run("rules", "rollback", "--by", "ben", "--note", "second thoughts")
    assert (code, told["version"]) == (0, base.digest)
    code, lines = run("rules", "history")
    assert [(each["act"], each["by"]) for each in lines][:3] == [  # type: ignore[index]  # parsed JSON
        ("rollback", "ben"),
        ("approve", "ben"),
        ("propose", "ann"),
    ]


def test_an_old_proposal_is_shown(app: App, base: RuleBook, run: Run) -> None:
    publish(app, guarded(base), REV)
    assert [level for level, _ in findings(run("doctor")[1], "proposal")] == ["OK"]
    with transaction(app.engine) as tx:
        tx.run("UPDATE rulebook_proposal SET asked_at = %s", (MONDAY - timedelta(days=2),))
    ((level, text),) = findings(run("doctor")[1], "proposal")
    assert level == "WARN"
    assert "of ann waits" in text
