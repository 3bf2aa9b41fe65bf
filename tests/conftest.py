"""Real servers for the tests: one PostgreSQL and one Valkey a run, a database for each module."""

import gc
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa
import structlog
from hypothesis import HealthCheck
from hypothesis import settings as drawn
from psycopg.errors import InsufficientPrivilege, ObjectInUse
from pydantic import SecretStr

from router.app import App, build_app
from router.embedded import down
from router.embedded.processes import wait_for
from router.embedded.servers import Servers, start_servers
from router.now import now as read_now
from router.road.drain import Road
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import load_book
from router.settings import Settings
from router.store.books import publish
from router.store.migrate import migrate
from router.store.tx import make_engine, transaction
from router.watch.log import configure

_RULES = Path(__file__).parents[1] / "rules"
_JOURNEYS = Path(__file__).parent / "journey"
#: Seconds for a journey with the start of its processes, on a machine that has much else to do.
_JOURNEY_S = 600
_TEMPLATE = "spine_template"
#: Seconds until nobody uses a database any more: the server's own vacuum takes its time.
_FREE_S = 60.0
#: Valkey has so many databases; a module's broker is emptied before it starts.
_BROKERS = 16

# A machine that has much else to do is no fault of what is tested.
drawn.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
drawn.load_profile("patient")


def _quiet(_: str) -> None:
    """Take a progress sentence that no test looks at."""


@dataclass(slots=True)
class _Rack:
    """The servers of this run, and the names of what was made on them."""

    servers: Servers
    numbers: Iterator[int] = field(default_factory=count)

    def address(self, database: str) -> str:
        """Return the address of a database."""
        url = sa.make_url(self.servers.database_url).set(database=database)
        return url.render_as_string(hide_password=False)

    def done(self, statement: str) -> bool:
        """Run a statement that needs a database to itself; return whether it was possible now."""
        try:
            self.run(statement)
        except (sa.exc.ProgrammingError, sa.exc.OperationalError) as error:
            # The server's own vacuum is at work in it, which only the superuser may end; or a
            # connection that was closed has not ended yet.
            if isinstance(error.orig, InsufficientPrivilege | ObjectInUse):
                return False
            raise
        return True

    def run(self, statement: str) -> None:
        """Run a statement that cannot stand in a transaction, such as CREATE DATABASE."""
        engine = make_engine(self.servers.database_url, size=1)
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(sa.text(statement))
        finally:
            engine.dispose()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give journeys more time than other tests."""
    for item in items:
        if _JOURNEYS in item.path.parents:
            item.add_marker(pytest.mark.timeout(_JOURNEY_S))


@pytest.fixture(scope="session", autouse=True)
def seldom_swept() -> None:
    """Let the collector look seldom: the suite keeps hundreds of megabytes that are no garbage."""
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Put logging back: a command sets it up for the terminal that it was started from."""
    before, root = structlog.get_config(), logging.root
    handlers, level = root.handlers[:], root.level
    yield
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session", autouse=True)
def short_log_lines() -> None:
    """Log as the processes do, and only what went wrong."""
    configure("tests", json_lines=False, level=logging.WARNING)


@pytest.fixture(scope="session")
def rack(tmp_path_factory: pytest.TempPathFactory, starter_book: RuleBook) -> Iterator[_Rack]:
    """Start both servers, and make the database that every other one is copied from."""
    home = tmp_path_factory.mktemp("servers")
    made = _Rack(start_servers(home, on_progress=_quiet))
    try:
        made.run(f"CREATE DATABASE {_TEMPLATE}")
        engine = make_engine(made.address(_TEMPLATE), size=1)
        try:
            migrate(engine)
            with transaction(engine) as tx:
                publish(tx, starter_book, serve="default", by="tests", note="start", now=read_now())
        finally:
            engine.dispose()
        yield made
    finally:
        down.stop_everything(home, on_progress=_quiet, grace_s=0.2)


@pytest.fixture(scope="session")
def starter_book() -> RuleBook:
    """Return the rule book that ships."""
    return load_book(_RULES)


@pytest.fixture(scope="session")
def servers(rack: _Rack) -> Servers:
    """Return PostgreSQL and Valkey, running."""
    return rack.servers


@pytest.fixture(scope="module")
def database_url(rack: _Rack) -> Iterator[str]:
    """Return a database of this module's own: migrated, with the starter book published."""
    name = f"spine_{next(rack.numbers)}"
    made = f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}"
    assert wait_for(lambda: rack.done(made), seconds=_FREE_S), name
    yield rack.address(name)
    dropped = f"DROP DATABASE {name} WITH (FORCE)"
    assert wait_for(lambda: rack.done(dropped), seconds=_FREE_S), name


@pytest.fixture(scope="module")
def redis_url(rack: _Rack) -> str:
    """Return an empty broker."""
    base = rack.servers.redis_url.partition("?")[0]
    url = f"{base}?db={next(rack.numbers) % _BROKERS}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture(scope="module")
def app(database_url: str, redis_url: str) -> Iterator[App]:
    """Return a process's parts on this module's database; a hook named crm receives messages."""
    settings = Settings(
        database_url=SecretStr(database_url),
        redis_url=SecretStr(redis_url),
        destinations={"crm": {"url": "https://crm.northwind.example/hook"}},
    )
    made = build_app(settings)
    yield made
    made.close()


@pytest.fixture(scope="module")
def road(app: App) -> Road:
    """Return the runner of a process on this module's database."""
    return Road(app)
