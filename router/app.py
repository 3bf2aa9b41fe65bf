"""The composition root: what one process is made of. ``build_app(settings)`` makes it, once."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from pydantic import SecretStr

from router.bell.celery_app import make_celery
from router.bell.publisher import Bell
from router.errors import Misconfigured, NotFound, Transient
from router.now import ticks
from router.plugins import registry
from router.plugins.kinds import Classifier, Destination
from router.rulebook.model import RuleBook
from router.rulebook.reading.frozen import freeze, thaw
from router.rulebook.reading.load import book_from_files
from router.rulebook.roster import live
from router.rulebook.worktime import work_time
from router.settings import DestinationSettings, Settings
from router.store.book_log import once_active
from router.store.books import Aliases, aliases, keep_frozen, kept
from router.store.intake import Deliveries
from router.store.tx import make_engine, transaction

#: Seconds after which a process looks again which versions of the book are in use.
BOOK_FRESH_S = 0.5
#: Seconds after which a version that could not be used is tried again.
BOOK_AGAIN_S = 60.0
#: Versions kept compiled in one process.
_SHELF = 16
_REASON_CHARS = 2_000
_KEEP_WAIT = timedelta(seconds=1)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Unusable:
    """A version that this process cannot use."""

    digest: str
    #: What is wrong with it, as its reader says.
    reason: str
    #: When it was tried, in seconds of :func:`router.now.ticks`.
    tried_at: float


class Shelf:
    """Rule books of this process, compiled, by digest; and which of them are in use."""

    def __init__(self, engine: sa.Engine, serve: str) -> None:
        """Read books from this database.

        Args:
            engine: Of this process.
            serve: Which book of the installation this process serves.
        """
        self._engine = engine
        self._serve = serve
        self._books: OrderedDict[str, RuleBook] = OrderedDict()
        self._unusable: dict[str, Unusable] = {}
        self._aliases = Aliases()
        self._active: RuleBook | None = None
        self._looked_at = self._seen_at = -BOOK_FRESH_S
        self._lock = threading.Lock()

    def active(self) -> RuleBook:
        """Return the version that decides new leads; a move of the alias is seen in half a second.

        A version that this process cannot use changes nothing: the one before goes on.

        Raises:
            Misconfigured: Nothing was published yet, or nothing that was can be used.
            Transient: The database cannot be reached.
        """
        self.aliases()
        with self._lock:
            if self._active is not None:
                return self._active
        raise Misconfigured(self._nothing_to_serve())

    def aliases(self) -> Aliases:
        """Return which versions are in use, as of the last half second.

        Raises:
            Transient: The database cannot be reached.
        """
        with self._lock:
            at_hand, started = self._active is not None, ticks()
            if at_hand and started - self._looked_at < BOOK_FRESH_S:
                return self._aliases
            # Nobody who has a version waits for this look, nor for the version that it may find.
            # What a slow look found is believed from when it began: it may be that old.
            self._looked_at = started
        # Outside the lock: others go on with what is at hand.
        with transaction(self._engine) as tx:
            found = aliases(tx, self._serve)
        active = self._serving(found)
        with self._lock:
            # A look that took long, for it compiled a version, must not undo a later one.
            if started >= self._seen_at:
                self._aliases, self._active, self._seen_at = found, active, started
            return self._aliases

    def book(self, digest: str) -> RuleBook:
        """Return a stored version.

        Raises:
            NotFound: No such version was ever stored.
            BookError: This program's reader refuses it.
        """
        with self._lock:
            found = self._books.get(digest)
            if found is not None:
                self._books.move_to_end(digest)
                return found
        # Outside the lock: others must not wait while a book is compiled.
        made = self._read(digest)
        with self._lock:
            self._books.setdefault(digest, made)
            while len(self._books) > _SHELF:
                self._books.popitem(last=False)
            return self._books.get(digest, made)

    def usable(self, digest: str) -> RuleBook | None:
        """Return a stored version, or None when this process cannot use it.

        The first failure is logged as an error; it is tried again after a minute.

        Args:
            digest: Of the version; empty for none.

        Raises:
            Transient: The database cannot be reached.
        """
        broken = self._unusable.get(digest)
        if not digest or (broken is not None and ticks() - broken.tried_at < BOOK_AGAIN_S):
            return None
        try:
            book = self.book(digest)
        except Transient:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a new book, routing goes on
            reason = f"{error}"[:_REASON_CHARS] or type(error).__name__
            if broken is None:
                first = reason.partition("\n")[0]
                log.error("rule_book_unusable", book=self._serve, digest=digest, reason=first)  # noqa: TRY400 - the reason says it; where our reader raised it helps nobody
            self._unusable[digest] = Unusable(digest, reason, ticks())
            return None
        if self._unusable.pop(digest, None) is not None:
            log.warning("rule_book_usable_again", book=self._serve, digest=digest)
        return book

    def unusable(self) -> tuple[Unusable, ...]:
        """Return the versions in use that this process cannot use, as of the last half second."""
        found = self._aliases
        wanted = dict.fromkeys((found.active, found.shadow, found.canary))
        return tuple(self._unusable[each] for each in wanted if each in self._unusable)

    def _read(self, digest: str) -> RuleBook:
        with transaction(self._engine) as tx:
            found = kept(tx, digest)
        if found is None:
            raise NotFound(f"Rule book version {digest} was never published here.")
        book = thaw(found.files, found.frozen) if found.frozen is not None else None
        if book is None:
            book = book_from_files(found.files)
            self._keep(book)
        return book

    def _keep(self, book: RuleBook) -> None:
        """Keep what was read for processes that load it later; without it they start slower."""
        try:
            frozen = freeze(book)
            # Whoever publishes the same version again must not be waited for.
            with transaction(self._engine, lock_timeout=_KEEP_WAIT) as tx:
                keep_frozen(tx, book.digest, frozen)
        except Exception as error:  # noqa: BLE001 - a lead waits for this book, which is at hand
            reason = f"{error}".partition("\n")[0][:_REASON_CHARS] or type(error).__name__
            log.warning("rule_book_not_kept", book=self._serve, digest=book.digest, reason=reason)

    def _serving(self, found: Aliases) -> RuleBook | None:
        """Return the version that serves: the active one, or the last that can be used."""
        book = self.usable(found.active)
        if book is not None or not found.active:
            return book
        if self._active is not None:
            return self._active
        with transaction(self._engine) as tx:
            earlier = once_active(tx, self._serve)
        chosen = (self.usable(each) for each in dict.fromkeys((found.before, *earlier)))
        return next((book for book in chosen if book is not None), None)

    def _nothing_to_serve(self) -> str:
        digest = self._aliases.active
        broken = self._unusable.get(digest)
        if broken is None:
            return (
                f"No rule book is published for {self._serve!r}."
                " Run `lead-router migrate`, which publishes the first one."
            )
        return (
            f"Version {digest[:12]} of the rule book {self._serve!r} cannot be used, and none"
            f" before it can: {broken.reason}"
        )


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
        active = self.shelf.active()
        tried = digest == self.shelf.aliases().canary
        return live(self.shelf.book(digest), active, tried=tried)

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
