"""The composition root: what one process is made of. ``build_app(settings)`` makes it, once."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from pydantic import SecretStr

from router.bell.celery_app import make_celery
from router.bell.publisher import Bell
from router.errors import Misconfigured, NotFound
from router.now import ticks
from router.plugins import registry
from router.plugins.kinds import Classifier, Destination
from router.rulebook.load import book_from_files
from router.rulebook.model import RuleBook
from router.rulebook.roster import live
from router.rulebook.worktime import work_time
from router.settings import DestinationSettings, Settings
from router.store.books import active_digest, book_files
from router.store.intake import Deliveries
from router.store.tx import make_engine, transaction

#: Seconds after which a process looks again which version of the book is active.
BOOK_FRESH_S = 0.5
#: Versions kept compiled in one process.
_SHELF = 16


class Shelf:
    """Rule books of this process, compiled, by digest; and which one is active."""

    def __init__(self, engine: sa.Engine, serve: str) -> None:
        """Read books from this database.

        Args:
            engine: Of this process.
            serve: Which book of the installation this process serves.
        """
        self._engine = engine
        self._serve = serve
        self._books: OrderedDict[str, RuleBook] = OrderedDict()
        self._active = ""
        self._looked_at = -BOOK_FRESH_S
        self._lock = threading.Lock()

    def active(self) -> RuleBook:
        """Return the active version; a move of the alias is seen within half a second.

        Raises:
            Misconfigured: Nothing was published yet.
            Transient: The database cannot be reached and no version is known.
        """
        with self._lock:
            digest = self._active
            stale = not digest or ticks() - self._looked_at >= BOOK_FRESH_S
        if stale:
            # Outside the lock: nobody waits for a book at hand while another asks the database.
            with transaction(self._engine) as tx:
                digest = active_digest(tx, self._serve) or ""
            with self._lock:
                self._active, self._looked_at = digest, ticks()
        if not digest:
            raise Misconfigured(
                f"No rule book is published for {self._serve!r}."
                " Run `lead-router migrate`, which publishes the first one."
            )
        return self.book(digest)

    def book(self, digest: str) -> RuleBook:
        """Return a published version.

        Raises:
            NotFound: No such version was ever published.
        """
        with self._lock:
            found = self._books.get(digest)
            if found is not None:
                self._books.move_to_end(digest)
                return found
        with transaction(self._engine) as tx:
            files = book_files(tx, digest)
        if files is None:
            raise NotFound(f"Rule book version {digest} was never published here.")
        # Outside the lock: others must not wait while a book is compiled.
        made = book_from_files(files)
        with self._lock:
            self._books.setdefault(digest, made)
            while len(self._books) > _SHELF:
                self._books.popitem(last=False)
            return self._books.get(digest, made)


@dataclass(slots=True)
class App:
    """Everything one process needs, made once and handed down."""

    settings: Settings
    engine: sa.Engine
    bell: Bell
    shelf: Shelf
    _destinations: dict[str, Destination] = field(default_factory=dict)

    def book(self, digest: str) -> RuleBook:
        """Return the version of the rule book with this digest."""
        return self.shelf.book(digest)

    def live(self, digest: str) -> RuleBook:
        """Return this version with the roster and the calendars of the active one.

        For whatever is about people of today: who may own a lead, who is told, and when they
        work. Take it once a batch, for the active version may move between two calls.
        """
        return live(self.shelf.book(digest), self.shelf.active())

    def classifier(self, book: RuleBook) -> Classifier:
        """Return the classifier that the settings name, for the labels of this book."""
        return registry.classifier(self.settings.classifier, book.taxonomy)

    def destination(self, name: str) -> Destination:
        """Return a destination that the settings name; its connections are kept.

        Raises:
            Misconfigured: There is none with that name, or its secret is not set.
        """
        found = self._destinations.get(name)
        if found is None:
            told = self.settings.destinations.get(name)
            if told is None:
                raise Misconfigured(f"LEAD_ROUTER_DESTINATIONS names no destination {name!r}.")
            found = registry.destination(name, told, self._secrets(told))
            self._destinations[name] = found
        return found

    def listeners(self, kind: str) -> list[str]:
        """Return the destinations that receive messages of this type."""
        return [
            name
            for name, told in self.settings.destinations.items()
            if not told.events or kind in told.events
        ]

    def review_by(self, book: RuleBook, now: datetime) -> datetime:
        """Return when a review that is opened now is due, in the reviewer's working time."""
        reviewer = book.people[book.taxonomy.reviewer]
        hours = work_time(book.calendars[reviewer.calendar])
        return hours.add(now, book.taxonomy.review_within)

    def deliveries(self) -> Deliveries:
        """Return where intake stores, over a connection of its own; the caller closes it."""
        address = self.settings.database_url
        if address is None:
            raise Misconfigured("LEAD_ROUTER_DATABASE_URL is not set.")
        return Deliveries(address.get_secret_value())

    def close(self) -> None:
        """Give back threads and connections; for the end of the process."""
        self.bell.close()
        for destination in self._destinations.values():
            destination.close()
        self.engine.dispose()

    def _secrets(self, told: DestinationSettings) -> tuple[SecretStr, ...]:
        return self.settings.secrets(told.secret) if told.secret else ()


def build_app(settings: Settings, *, pool_size: int = 5) -> App:
    """Put a process together.

    Args:
        settings: With addresses of database and broker.
        pool_size: Database connections kept.

    Raises:
        Misconfigured: An address is not set or cannot be used.
    """
    if settings.database_url is None or settings.redis_url is None:
        raise Misconfigured(
            "LEAD_ROUTER_DATABASE_URL and LEAD_ROUTER_REDIS_URL are not set and no `lead-router up`"
            " runs on this data folder. Start `lead-router up`, or set both."
        )
    engine = make_engine(settings.database_url.get_secret_value(), size=pool_size)
    celery = make_celery(
        settings.redis_url.get_secret_value(), job_limit_s=settings.ticket_deadline_s + 5
    )
    return App(settings, engine, Bell(celery), Shelf(engine, settings.book))
