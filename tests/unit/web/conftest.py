"""Intake behind a real HTTP server on loopback, before a store in memory."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette

from router.lead.delivery import NewDelivery, Stored
from router.lead.ids import DeliveryId
from router.rulebook.model import RuleBook, Source, Taxonomy, Verification
from router.settings import Settings
from router.web.book import BookAtHand
from router.web.committer import Committer
from router.web.door import at_the_door
from router.web.intake import Intake
from router.web.problem import install


def _source(id_: str, verify: Verification, **other: object) -> Source:
    values: dict[str, object] = {
        "id": id_,
        "summary": "",
        "steward": "revops@northwind.example",
        "verify": verify,
        "dedupe_header": "",
        "dedupe_path": "",
        "items": "",
        "item_key": "",
        "only_path": "",
        "only_values": (),
        "mapping": {"email": ("email",)},
        "constants": {},
        "required": (),
        "wait": False,
        "rate_per_minute": 0,
    }
    return Source(**{**values, **other})  # type: ignore[arg-type] # the values are spelled above


SOURCES = (
    _source("open", Verification(), wait=True),
    _source("slowed", Verification(), rate_per_minute=2),
    _source(
        "typeform",
        Verification("hmac", "typeform", "Typeform-Signature", "sha256", "base64", "sha256="),
        dedupe_path="event_id",
        dedupe_header="x-event",
    ),
    _source("standard", Verification("standard", "standard")),
    _source("shared", Verification("header", "shared", "X-Form-Secret"), dedupe_header="x-event"),
    _source("path", Verification("path", "path")),
    _source(
        "meta",
        Verification("hmac", "meta", "X-Hub-Signature-256", "sha256", "hex", "sha256="),
    ),
)


def make_book() -> RuleBook:
    """Return a book of which intake reads no more than the sources."""
    nothing = Taxonomy((), {}, {}, {}, 0.0, 0.0, "", timedelta(hours=1))
    sources = {source.id: source for source in SOURCES}
    return RuleBook("d1", "t", "p1", "", {}, {}, {}, {}, {}, {}, {}, {}, nothing, {}, sources)


@dataclass
class MemoryStore:
    """Keeps what it is given, as the real one would, and fails when told to."""

    rows: list[NewDelivery] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    error: Exception | None = None
    known: dict[tuple[str, str, bytes], DeliveryId] = field(default_factory=dict)

    async def insert(self, rows: Sequence[NewDelivery]) -> Sequence[Stored]:
        """Keep a batch whole, or nothing of it."""
        if self.error is not None:
            raise self.error
        self.batches.append(len(rows))
        stored = []
        for row in rows:
            key = (row.book, row.source, row.dedupe_key)
            first = self.known.setdefault(key, row.id)
            stored.append(Stored(first, first == row.id))
            if first == row.id:
                self.rows.append(row)
        return stored


@dataclass
class Door:
    """A running intake and everything around it that a test may look at or break."""

    store: MemoryStore
    intake: Intake
    http: httpx2.Client
    rings: list[int] = field(default_factory=list)
    owner: Mapping[str, object] = field(default_factory=dict)
    owner_error: Exception | None = None
    book_error: Exception | None = None


@pytest.fixture(scope="module")
def door_() -> Iterator[Door]:
    """Serve intake on a free port for one module."""
    store = MemoryStore()
    holder: list[Door] = []

    async def wait_owner(_delivery: DeliveryId, _timeout_s: float) -> Mapping[str, object]:
        error = holder[0].owner_error
        if error is not None:
            raise error
        return holder[0].owner

    rings: list[int] = []
    committer = Committer(store, rings.append)
    intake = Intake(BookAtHand(make_book), committer, Settings(host="127.0.0.1"), wait_owner)
    behind = Starlette()
    install(behind)
    app = at_the_door(intake, behind)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True
    )
    thread.start()
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with httpx2.Client(base_url=address, timeout=20, trust_env=False) as http:
        holder.append(Door(store, intake, http, rings))
        yield holder[0]
    server.should_exit = True
    thread.join(20)
    listener.close()


@pytest.fixture
def door(door_: Door) -> Door:
    """Return the running intake with nothing in its store."""
    door_.store.rows.clear()
    door_.store.batches.clear()
    door_.store.known.clear()
    door_.store.error = None
    door_.rings.clear()
    door_.owner, door_.owner_error = {}, None
    return door_


@pytest.fixture
def short_deadline(door_: Door) -> Iterator[Callable[[], None]]:
    """Return a function that makes intake lose patience at once, for one test."""
    patience = door_.intake.patience
    limit_s = patience.limit_s

    def shorten() -> None:
        patience.limit_s = 0.05

    yield shorten
    patience.limit_s = limit_s


@pytest.fixture
def plain_book() -> RuleBook:
    """Return the book that intake serves here."""
    return make_book()
