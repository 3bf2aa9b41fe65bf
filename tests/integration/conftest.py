"""What the tests on a module's database begin with, and who asks: a command line, the API."""

from collections.abc import Callable, Iterator

import orjson
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from typer.testing import CliRunner

from router.app import App, build_app
from router.cli.main import app as program
from router.now import now as read_now
from router.road.drain import Road
from router.rulebook.model import RuleBook
from router.settings import Settings, settings
from router.store import books
from router.store.tx import transaction
from router.web.api import make_api
from tests.harm import bad, empty_monday
from tests.pools import even_monday
from tests.versions import barred, follows

__all__ = ["api", "bad", "base", "empty_monday", "even_monday", "other", "run"]

Run = Callable[..., tuple[int, dict[str, object]]]
_BARS = "\npublishing: {approve_guards: true, window: london, owner: george-amari}\n"


@pytest.fixture
def base(app: App, starter_book: RuleBook) -> RuleBook:
    """Make a version active whose guards and hours need a second person; nothing waits."""
    book = barred(starter_book, _BARS)
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


@pytest.fixture(scope="module")
def api(road: Road) -> Iterator[TestClient]:
    """Return a caller on this machine, while no key exists."""
    with TestClient(make_api(road, bound_to_loopback=True), base_url="http://127.0.0.1") as client:
        yield client


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

    yield command
    settings.cache_clear()
