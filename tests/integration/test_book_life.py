"""A version's life on a real database: published, agreed to, forced, rolled back, and broken."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from router.app import App, build_app
from router.cli.book import prepare
from router.cli.main import app as program
from router.embedded.processes import wait_for
from router.errors import Conflict, Misconfigured, NotFound
from router.now import now as read_now
from router.road.drain import Road
from router.road.publish import Standing, Wish, approve, publish, refuse, roll_back
from router.road.tick import Ticker
from router.rulebook.load import book_from_files
from router.rulebook.model import RuleBook
from router.settings import Settings, settings
from router.store import books, proposals
from router.store.book_log import history
from router.store.books import Alias
from router.store.proposals import ProposalState
from router.store.tx import transaction
from tests.build import MONDAY, inquiry, send, time_stands_at

Run = Callable[..., tuple[int, dict[str, object]]]

_BARS = "\npublishing: {approve_guards: true, window: london, owner: george-amari}\n"
_REV = Wish("ann", "spring cleaning")
_OPS = Wish("ben", "seen and agreed")


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Stand on a monday morning, so that everybody works and the change window is open."""
    with time_stands_at(MONDAY):
        yield


@pytest.fixture
def base(app: App, starter_book: RuleBook) -> RuleBook:
    """Make a version active whose guards and hours need a second person; nothing waits."""
    book = bent(starter_book, "book.yaml", _BARS)
    with transaction(app.engine) as tx:
        tx.run("DELETE FROM rulebook_proposal")
        tx.run("DELETE FROM rulebook_log")
        tx.run("DELETE FROM rulebook_alias")
        tx.run("DELETE FROM action WHERE lead_id IS NULL")
        books.publish(tx, book, serve="default", by="tests", note="base", now=read_now())
    assert follows(app, book.digest)
    return book


@pytest.fixture
def other(database_url: str, redis_url: str) -> Iterator[App]:
    """Return a second process's parts on the same database."""
    made = build_app(Settings(database_url=SecretStr(database_url), redis_url=SecretStr(redis_url)))
    yield made
    made.close()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str) -> Iterator[Run]:
    """Return what runs a command on this module's database and returns its code and JSON."""
    monkeypatch.setenv("LEAD_ROUTER_DATABASE_URL", database_url)
    monkeypatch.setenv("LEAD_ROUTER_REDIS_URL", redis_url)

    def command(*words: str) -> tuple[int, dict[str, object]]:
        settings.cache_clear()
        result = CliRunner().invoke(program, [*words, "--json"])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, orjson.loads(result.stdout)

    handlers, level = logging.root.handlers[:], logging.root.level
    yield command
    # A command logs to the terminal it was started from, which is gone after the test.
    logging.root.handlers[:], logging.root.level = handlers, level
    settings.cache_clear()


def bent(book: RuleBook, path: str, more: str) -> RuleBook:
    """Return a version with something more at the end of one of its files."""
    return book_from_files({**book.files, path: book.files[path] + more})


def harmless(book: RuleBook, word: str = "quiet") -> RuleBook:
    """Return another version that decides every lead as this one does."""
    return bent(book, "book.yaml", f"# {word}\n")


def guarded(book: RuleBook) -> RuleBook:
    """Return a version whose guard against blocked domains knows one more."""
    return bent(book, "lists/blocked_domains.txt", "junk-sender.example\n")


def follows(app: App, digest: str) -> bool:
    """Return whether a process goes by a version, a second from now at the latest."""
    return wait_for(lambda: app.shelf.active().digest == digest, seconds=1.0)


def acts(app: App) -> list[tuple[str, str]]:
    """Return what was done with versions since the base, in order, and by whom."""
    with transaction(app.engine) as tx:
        found = history(tx, "default", limit=100)
    return [(each.act.value, each.by) for each in reversed(found)][1:]


def news(app: App) -> list[dict[str, object]]:
    """Return what the book's owner was told, in order."""
    with transaction(app.engine) as tx:
        rows = tx.rows(
            "SELECT body FROM action WHERE lead_id IS NULL AND kind = 'book.changed'"
            " ORDER BY number"
        )
    return [orjson.loads(bytes(row[0]))["data"] for row in rows]


def proposal(app: App, digest: str) -> proposals.Proposal:
    """Return the last proposal of a version; there must be one."""
    with transaction(app.engine) as tx:
        found = proposals.newest_proposal(tx, "default", digest)
    assert found is not None
    return found


def point_at(app: App, digest: str, files: dict[str, str] | None) -> None:
    """Move the alias to a version that nobody checked; without files there is no such version."""
    with transaction(app.engine) as tx:
        if files is not None:
            tx.run(
                "INSERT INTO rulebook (digest, name, files, published_at) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                (digest, "by hand", orjson.dumps(files).decode(), read_now()),
            )
        books.move_alias(
            tx, serve="default", alias=Alias.ACTIVE, digest=digest, by="hand", now=read_now()
        )


def test_a_change_that_needs_nobody_is_active_in_every_process_at_once(
    app: App, other: App, base: RuleBook
) -> None:
    assert other.shelf.active().digest == base.digest
    book = harmless(base)
    done = publish(app, book, _REV)
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
    assert publish(app, book, _REV).standing is Standing.UNCHANGED


def test_a_changed_guard_waits_for_somebody_other_than_its_author(app: App, base: RuleBook) -> None:
    book = guarded(base)
    done = publish(app, book, _REV)
    assert done.standing is Standing.WAITING
    assert done.reasons == ("Guards change (blocked-domain), and each needs a second person.",)
    assert app.shelf.active().digest == base.digest
    with pytest.raises(Conflict, match="ann proposed version"):
        approve(app, book.digest, Wish(" Ann "))
    # Whoever publishes the same version again does not become its author.
    assert publish(app, book, _OPS).standing is Standing.WAITING
    with pytest.raises(Conflict, match="cannot agree"):
        approve(app, book.digest, _REV)
    assert approve(app, book.digest, _OPS).standing is Standing.ACTIVE
    assert follows(app, book.digest)
    assert acts(app) == [("propose", "ann"), ("approve", "ben")]
    assert [told["act"] for told in news(app)] == ["propose", "approve"]
    found = proposal(app, book.digest)
    assert (found.state, found.answered_by) == (ProposalState.APPROVED, "ben")
    with pytest.raises(Conflict, match="approved by ben"):
        approve(app, book.digest, Wish("cat"))


def test_a_refused_version_never_serves(app: App, base: RuleBook) -> None:
    book = guarded(base)
    publish(app, book, _REV)
    refuse(app, book.digest, Wish("ben", "too broad"))
    assert proposal(app, book.digest).state is ProposalState.REFUSED
    with pytest.raises(Conflict, match="refused by ben"):
        approve(app, book.digest, Wish("cat"))
    with pytest.raises(NotFound, match="never active"):
        roll_back(app, _REV, to=book.digest)
    with pytest.raises(NotFound, match="never proposed"):
        approve(app, base.digest, _OPS)
    assert acts(app) == [("propose", "ann"), ("refuse", "ben")]


def test_another_version_overtakes_whatever_waits(app: App, base: RuleBook) -> None:
    book = guarded(base)
    publish(app, book, _REV)
    publish(app, harmless(base, "overtaking"), _REV)
    assert proposal(app, book.digest).state is ProposalState.OVERTAKEN
    with pytest.raises(Conflict, match="overtaken by ann"):
        approve(app, book.digest, _OPS)


def test_outside_its_hours_any_change_waits(app: App, base: RuleBook) -> None:
    with time_stands_at(MONDAY - timedelta(days=1)):
        done = publish(app, harmless(base, "on a sunday"), _REV)
    assert done.standing is Standing.WAITING
    assert done.reasons == ("It is outside the hours of 'london', in which books may change.",)


@pytest.mark.usefixtures("base")
def test_nobody_lifts_the_bar_alone(app: App, starter_book: RuleBook) -> None:
    done = publish(app, starter_book, _REV)
    assert done.reasons == ("It changes when a second person is needed.",)


def test_an_override_needs_nobody_and_is_loud(app: App, base: RuleBook, run: Run) -> None:
    book = guarded(base)
    publish(app, book, _REV)
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


def test_a_rollback_reaches_every_process_and_spares_leads_on_the_road(
    app: App, other: App, road: Road, base: RuleBook
) -> None:
    bad = harmless(base, "bad")
    publish(app, bad, _REV)
    assert follows(app, bad.digest)
    assert follows(other, bad.digest)
    lead = send(road, inquiry())
    assert lead.digest == bad.digest
    done = roll_back(app, Wish("ben", "too many in review"))
    assert (done.standing, done.digest, done.before) == (Standing.ACTIVE, base.digest, bad.digest)
    assert follows(app, base.digest)
    assert follows(other, base.digest)
    assert send(road, inquiry()).digest == base.digest
    assert road.app.book(lead.digest).digest == bad.digest
    assert acts(app)[-1] == ("rollback", "ben")
    # Once more goes further back, never forward to what went wrong.
    with pytest.raises(NotFound, match="No version was active before"):
        roll_back(app, _OPS)
    assert roll_back(app, _OPS, to=bad.digest).digest == bad.digest


def test_two_rollbacks_go_two_versions_back(app: App, base: RuleBook) -> None:
    for word in ("one", "two"):
        publish(app, harmless(base, word), _REV)
        assert follows(app, harmless(base, word).digest)
    assert roll_back(app, _OPS).digest == harmless(base, "one").digest
    assert roll_back(app, _OPS).digest == base.digest


def test_what_was_compared_with_another_version_does_not_count(
    app: App, other: App, base: RuleBook
) -> None:
    late = harmless(base, "late")
    with ThreadPoolExecutor(1) as pool:
        with transaction(app.engine) as tx:
            books.lock_book(tx, "default")
            doing = pool.submit(publish, other, late, _REV)
            assert wait_for(lambda: _waits_for_a_lock(app), seconds=5)
            books.publish(tx, guarded(base), serve="default", by="cat", note="", now=read_now())
        with pytest.raises(Conflict, match="became active meanwhile"):
            doing.result(timeout=5)
    assert follows(app, guarded(base).digest)


def _waits_for_a_lock(app: App) -> bool:
    with transaction(app.engine) as tx:
        return bool(tx.rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))


@pytest.mark.parametrize("files", [{"book.yaml": "name: [\n"}, None], ids=["refused", "missing"])
def test_a_version_that_cannot_be_used_never_stops_routing(  # noqa: PLR0913 - the parts of an installation
    *,
    app: App,
    other: App,
    road: Road,
    base: RuleBook,
    run: Run,
    files: dict[str, str] | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    digest = ("ab" if files else "cd") * 32
    with transaction(app.engine) as tx:
        tx.run("ALTER TABLE rulebook_alias DROP CONSTRAINT IF EXISTS fk_rulebook_alias_digest")
    point_at(app, digest, files)
    assert wait_for(lambda: app.shelf.aliases().active == digest, seconds=1.0)
    # Who knew the version before goes on with it, and so does who has just started.
    assert send(road, inquiry()).digest == base.digest
    assert other.shelf.active().digest == base.digest
    said = [each for each in caplog.records if "rule_book_unusable" in each.getMessage()]
    assert len(said) == 2, "once in each of the two processes"
    assert {each.levelname for each in said} == {"ERROR"}
    assert digest in said[0].getMessage()
    level, text = findings(run("doctor")[1], "rule book")[0]
    assert level == "FAIL"
    assert f"Version {digest[:12]} cannot be used" in text
    assert f"Version {base.digest[:12]} serves instead" in text
    for _ in range(2):
        ticker = Ticker(app)
        with transaction(app.engine) as tx:
            tx.run("DELETE FROM schedule_slot WHERE name = 'watch_book'")
        ticker.round()
    assert [each for each in acts(app) if each[0] == "broken"] == [("broken", "ticker")]
    assert [told["act"] for told in news(app)] == ["broken"]
    # A good version, or a rollback, ends it.
    book = harmless(base, "good again")
    assert publish(app, book, _REV).standing is Standing.ACTIVE
    assert follows(other, book.digest)


def test_the_newest_version_that_can_be_used_serves(app: App, other: App, base: RuleBook) -> None:
    newest = harmless(base, "newest")
    publish(app, newest, _REV)
    point_at(app, "1" * 64, {"book.yaml": "1"})
    point_at(app, "2" * 64, {"book.yaml": "2"})
    assert other.shelf.active().digest == newest.digest
    assert [each.digest for each in other.shelf.unusable()] == ["2" * 64]


def test_with_nothing_that_can_be_used_it_says_why(app: App, other: App, base: RuleBook) -> None:
    with transaction(app.engine) as tx:
        tx.run("DELETE FROM rulebook_log")
        tx.run("DELETE FROM rulebook_alias")
    point_at(app, "3" * 64, {"book.yaml": "3"})
    with pytest.raises(Misconfigured, match="none before it can"):
        other.shelf.active()
    assert publish(other, base, _REV).standing is Standing.ACTIVE
    assert follows(other, base.digest)


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


def test_up_leaves_out_what_needs_a_second_person_or_is_broken(
    database_url: str, redis_url: str, base: RuleBook, tmp_path: Path
) -> None:
    folder = written(guarded(base), tmp_path)
    told = Settings(
        database_url=SecretStr(database_url), redis_url=SecretStr(redis_url), rules=Path(folder)
    )
    app = build_app(told, pool_size=2)
    try:
        done = prepare(app, by="up", follow=True)
        assert done.book == base.digest
        assert "needs a second person" in done.published
        assert acts(app) == []
        (Path(folder) / "book.yaml").write_text("name: [\n", encoding="utf-8")
        done = prepare(app, by="up", follow=True)
        assert done.book == base.digest
        assert "it has problems" in done.published
    finally:
        app.close()


def test_an_old_proposal_is_shown(app: App, base: RuleBook, run: Run) -> None:
    publish(app, guarded(base), _REV)
    assert [level for level, _ in findings(run("doctor")[1], "proposal")] == ["OK"]
    with transaction(app.engine) as tx:
        tx.run("UPDATE rulebook_proposal SET asked_at = %s", (MONDAY - timedelta(days=2),))
    ((level, text),) = findings(run("doctor")[1], "proposal")
    assert level == "WARN"
    assert "of ann waits" in text


def findings(told: dict[str, object], about: str) -> list[tuple[str, str]]:
    """Return what ``doctor`` found about something."""
    found = told["findings"]
    assert isinstance(found, list)
    return [(each["level"], each["text"]) for each in found if each["about"] == about]


def written(book: RuleBook, folder: Path) -> str:
    """Write a book into a folder; return its path."""
    for path, text in book.files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return str(folder)
