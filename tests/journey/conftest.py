"""Towns for the journeys: each module of tests has its own database, broker, CRM and processes."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from router.embedded import down
from router.embedded.servers import Servers, start_servers
from router.now import now as read_now
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import load_book
from router.store.books import publish
from router.store.migrate import migrate
from router.store.tx import make_engine, transaction
from tests.journey.crm import Crm, crm
from tests.journey.town import Town, town

Build = Callable[..., Town]
_BOOK = Path(__file__).parent / "book"


@pytest.fixture(scope="session")
def receiver() -> Iterator[Crm]:
    """Return a CRM that receives everything."""
    with crm() as made:
        yield made


@pytest.fixture(scope="module")
def place(build: "Build", receiver: Crm) -> Town:
    """Return a town with two web processes, on the book that ships."""
    made = build(receiver)
    made.start("web", "web-2", "road", "deliver", "ticker")
    return made


@pytest.fixture(scope="module")
def build(
    tmp_path_factory: pytest.TempPathFactory, database_url: str, redis_url: str
) -> Iterator[Build]:
    """Return what makes towns on this module's database and broker."""
    with ExitStack() as stack:

        def make(
            *crms: Crm,
            told: Mapping[str, str] | None = None,
            limits: Mapping[str, object] | None = None,
            env: Mapping[str, str] | None = None,
        ) -> Town:
            made = Town(tmp_path_factory.mktemp("town"), database_url, redis_url, crms)
            made.told, made.limits, made.env = told or {}, limits or {}, env or {}
            return stack.enter_context(town(made))

        yield make


@pytest.fixture(scope="module")
def night_shift(database_url: str) -> RuleBook:
    """Publish the small book with targets of seconds on this module's database."""
    book = load_book(_BOOK)
    engine = make_engine(database_url, size=1)
    try:
        with transaction(engine) as tx:
            publish(tx, book, serve="default", by="tests", note="night shift", now=read_now())
    finally:
        engine.dispose()
    return book


@pytest.fixture(scope="session")
def own_servers(
    tmp_path_factory: pytest.TempPathFactory, starter_book: RuleBook
) -> Iterator[Servers]:
    """Return servers that may be killed: migrated, with the starter book."""
    home = tmp_path_factory.mktemp("own")
    try:
        made = start_servers(home, on_progress=lambda _text: None)
        engine = make_engine(made.database_url, size=1)
        try:
            migrate(engine)
            with transaction(engine) as tx:
                publish(tx, starter_book, serve="default", by="tests", note="start", now=read_now())
        finally:
            engine.dispose()
        with redis.Redis.from_url(made.redis_url) as client:
            client.flushall()
        yield made
    finally:
        down.stop_everything(Path(home), on_progress=lambda _text: None, grace_s=0.2)


@pytest.fixture(scope="session")
def own_town(
    tmp_path_factory: pytest.TempPathFactory, own_servers: Servers, receiver: Crm
) -> Iterator[Town]:
    """Return a town, not started, on servers of its own; every lease and deadline is short."""
    made = Town(
        tmp_path_factory.mktemp("own-town"),
        own_servers.database_url,
        own_servers.redis_url,
        (receiver,),
        told={
            "TICKET_DEADLINE_S": "8",
            "LEASE_S": "3",
            "RETRY_BASE_S": "0.3",
            "DELIVER_ATTEMPTS": "100",
        },
        limits={"timeout_s": 1.0},
        servers=own_servers,
    )
    with town(made):
        yield made
