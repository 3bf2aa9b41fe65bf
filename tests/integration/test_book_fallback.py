"""Back to a good version, and past one that cannot be used: routing never stops."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from router.app import BOOK_FRESH_S, App, build_app
from router.cli.book import prepare
from router.embedded.processes import wait_for
from router.errors import Misconfigured, NotFound
from router.now import ticks
from router.road.drain import Road
from router.road.ticker.tick import Ticker
from router.road.versions.publish import Standing, Wish, publish, roll_back
from router.rulebook.model import RuleBook
from router.settings import Settings
from router.store.books import Aliases, aliases
from router.store.tx import Tx, transaction
from tests.build import MONDAY, inquiry, send, time_stands_at
from tests.versions import (
    OPS,
    REV,
    acts,
    findings,
    follows,
    guarded,
    harmless,
    news,
    point_at,
    written,
)

Run = Callable[..., tuple[int, dict[str, object]]]


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Stand on a monday morning, so that everybody works and the change window is open."""
    with time_stands_at(MONDAY):
        yield


def test_a_rollback_reaches_every_process_and_spares_leads_on_the_road(
    app: App, other: App, road: Road, base: RuleBook
) -> None:
    bad = harmless(base, "bad")
    publish(app, bad, REV)
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
        roll_back(app, OPS)
    assert roll_back(app, OPS, to=bad.digest).digest == bad.digest


def test_a_look_that_was_slow_counts_from_when_it_began(
    app: App, other: App, base: RuleBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = harmless(base, "moved")
    publish(app, moved, REV)
    clock = [ticks() + BOOK_FRESH_S]

    def slowly(tx: Tx, book: str) -> Aliases:
        found = aliases(tx, book)
        clock[0] += BOOK_FRESH_S
        return found

    monkeypatch.setattr("router.app.ticks", lambda: clock[0])
    monkeypatch.setattr("router.app.aliases", slowly)
    assert other.shelf.aliases().active == moved.digest
    point_at(app, base.digest, None)
    assert other.shelf.aliases().active == base.digest


def test_two_rollbacks_go_two_versions_back(app: App, base: RuleBook) -> None:
    for word in ("one", "two"):
        publish(app, harmless(base, word), REV)
        assert follows(app, harmless(base, word).digest)
    assert roll_back(app, OPS).digest == harmless(base, "one").digest
    assert roll_back(app, OPS).digest == base.digest


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
    assert wait_for(lambda: app.shelf.aliases().active == digest, seconds=30.0)
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
    assert publish(app, book, REV).standing is Standing.ACTIVE
    assert follows(other, book.digest)


def test_the_newest_version_that_can_be_used_serves(app: App, other: App, base: RuleBook) -> None:
    newest = harmless(base, "newest")
    publish(app, newest, REV)
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
    assert publish(other, base, REV).standing is Standing.ACTIVE
    assert follows(other, base.digest)


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
