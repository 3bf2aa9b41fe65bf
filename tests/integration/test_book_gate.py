"""The gate before a version: what it measures, when it asks a second person, and what it keeps."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from router.app import App
from router.errors import BookError
from router.lead.model import Lead
from router.now import now as read_now
from router.road.drain import Road
from router.road.versions.publish import Standing, Wish, approve, publish, roll_back
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import book_from_files
from router.store import books
from router.store.book_log import history
from router.store.tx import transaction
from tests.build import MONDAY, inquiry, send, time_stands_at
from tests.versions import OPS, REV, acts, barred, bent, follows, harmless, without_norway, written

Run = Callable[..., tuple[int, dict[str, object]]]

#: A tenth of the leads may change hands without a second person.
_BARS = "\npublishing: {approve_over: 0.1, owner: george-amari}\n"
#: Below a guard that refuses all of Norway.
_HIDDEN = """\
  - id: no-oslo
    summary: Never asked.
    steward: revops@northwind.example
    when: {country: NO, city: Oslo}
    then: {reject: blocked}
    examples: {matches: [{country: "NO", city: Oslo}], misses: [{country: GB}]}
"""
_WRONG = """\
- name: a lead of nobody
  lead: {country: GB}
  expect: {reject: spam}
"""


@pytest.fixture(autouse=True, scope="module")
def past(road: Road) -> Iterator[list[Lead]]:
    """Let three leads take the road: one in three from Norway."""
    with time_stands_at(MONDAY):
        assert follows(road.app, road.app.shelf.active().digest)
        yield [send(road, inquiry(country=country)) for country in ("NO", "GB", "GB")]


@pytest.fixture
def bars(app: App, starter_book: RuleBook) -> RuleBook:
    """Make a version active that limits how many leads may change hands; nothing waits."""
    book = barred(starter_book, _BARS)
    with transaction(app.engine) as tx:
        tx.run("DELETE FROM rulebook_proposal")
        tx.run("DELETE FROM rulebook_log")
        tx.run("DELETE FROM rulebook_alias")
        books.publish(tx, book, serve="default", by="tests", note="base", now=read_now())
    assert follows(app, book.digest)
    return book


def checks(app: App, digest: str) -> dict[str, Any]:
    """Return what was stored of the checks of a version."""
    with transaction(app.engine) as tx:
        found = books.version(tx, digest)
    assert found is not None
    return dict(found.checks)


def test_a_version_that_moves_nobody_needs_nobody(app: App, bars: RuleBook) -> None:
    book = harmless(bars)
    done = publish(app, book, REV)
    assert (done.standing, done.reasons) == (Standing.ACTIVE, ())
    kept = checks(app, book.digest)
    assert kept["trials"]["failed"] == 0
    assert (kept["backtest"]["judged"], kept["backtest"]["change_hands"]) == (3, 0)
    assert (kept["difference"]["same"], kept["difference"]["change_hands"]) == (True, 0)


def test_too_many_leads_in_other_hands_need_a_second_person(
    app: App, other: App, bars: RuleBook, past: list[Lead]
) -> None:
    book = without_norway(bars)
    done = publish(app, book, REV)
    assert done.standing is Standing.WAITING
    assert done.reasons == (
        "33.3% of 3 leads would change hands, and more than 10.0% need a second person.",
    )
    kept = checks(app, book.digest)
    assert kept["guards"] == ["no-norway"]
    assert kept["difference"]["moves"]
    assert "no-norway" in kept["difference"]["examples"][0]
    (change,) = kept["backtest"]["handovers"]
    assert (change["new"], change["examples"]) == ("reject blocked", [str(past[0].id)])
    assert approve(app, book.digest, OPS).standing is Standing.ACTIVE
    assert follows(other, book.digest)
    roll_back(app, OPS)
    assert follows(other, bars.digest)


def test_a_version_that_was_not_tried_on_leads_needs_a_second_person(
    app: App, bars: RuleBook
) -> None:
    book = harmless(bars, "untried")
    done = publish(app, book, Wish("ann", past=False))
    assert done.standing is Standing.WAITING
    assert "was not tried on leads of the past" in done.reasons[0]
    assert checks(app, book.digest)["backtest"] == {"skipped": True}
    # Tried after all, the same version needs nobody.
    assert publish(app, book, REV).standing is Standing.ACTIVE


def test_an_override_keeps_what_it_went_over(app: App, bars: RuleBook) -> None:
    book = without_norway(bars)
    done = publish(app, book, Wish("ann", override="Norway is closed by law from today"))
    assert done.standing is Standing.ACTIVE
    with transaction(app.engine) as tx:
        (last,) = history(tx, "default", limit=1)
    assert (last.act.value, last.note) == ("override", "Norway is closed by law from today")
    assert last.data["reasons"] == list(done.reasons)
    assert checks(app, book.digest)["backtest"]["change_hands"] == 1


def test_what_forbids_a_version_is_found_before_leads_are_tried(app: App, bars: RuleBook) -> None:
    files = {**harmless(bars, "wrong").files, "tests/cases.yaml": _WRONG}
    seen: list[str] = []
    with pytest.raises(BookError, match="a lead of nobody"):
        publish(app, book_from_files(files), REV, watch=lambda what, _, __: seen.append(what))
    assert seen == ["looking for mistakes", "running its own tests"]
    assert acts(app) == []


def test_a_rule_that_no_lead_ever_gets_to_forbids_a_version(app: App, bars: RuleBook) -> None:
    hidden = bent(without_norway(bars), "10-guards.yaml", _HIDDEN)
    with pytest.raises(BookError, match="never-reached") as caught:
        publish(app, hidden, REV)
    assert "10-guards.yaml" in str(caught.value)
    assert "'no-oslo'" in str(caught.value)
    assert acts(app) == []
    done = publish(app, hidden, Wish("ann", override="it is harmless"))
    assert done.standing is Standing.ACTIVE
    assert checks(app, hidden.digest)["analysis"]["error"] == 1


def test_somebody_who_waits_is_told_how_far_it_is(app: App, bars: RuleBook) -> None:
    seen: list[tuple[str, int, int]] = []
    publish(app, harmless(bars), REV, watch=lambda *told: seen.append(told))
    assert seen[-1] == ("trying leads of the past", 3, 3)


def test_the_command_line_shows_what_was_checked(bars: RuleBook, run: Run, tmp_path: Path) -> None:
    folder = written(without_norway(bars), tmp_path / "norway")
    code, told = run("rules", "publish", folder, "--by", "ann")
    assert (code, told["standing"]) == (5, "waiting")
    code, status = run("rules", "status")
    version = str(told["version"])
    waiting = status["checks_of_waiting"]
    assert isinstance(waiting, dict)
    assert waiting[version]["backtest"]["change_hands"] == 1
    (tmp_path / "norway/tests").mkdir()
    (tmp_path / "norway/tests/cases.yaml").write_text(_WRONG, encoding="utf-8")
    code, told = run("rules", "publish", folder, "--by", "ann")
    assert (code, told["standing"], told["changed"]) == (3, "refused", False)
    problems = told["problems"]
    assert isinstance(problems, list)
    assert "a lead of nobody" in problems[0]
    (tmp_path / "norway/book.yaml").write_text("name: [", encoding="utf-8")
    code, told = run("rules", "publish", folder)
    assert (code, told["standing"]) == (3, "refused")
