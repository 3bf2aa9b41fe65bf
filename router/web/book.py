"""The active rule book, at hand for the event loop: reading it anew must not hold a request up."""

import asyncio
from collections.abc import Callable

import structlog

from router.now import ticks
from router.rulebook.model import RuleBook

#: Seconds for which the book at hand is taken as it is.
FRESH_S = 0.5
#: Seconds after which a request waits for a newer one rather than use it.
OLD_S = 5.0
#: Seconds it waits at most; then the old one still serves.
PATIENCE_S = 1.0

_log = structlog.get_logger()


class BookAtHand:
    """Reads the active book in a thread, at most every :data:`FRESH_S` seconds."""

    def __init__(self, read: Callable[[], RuleBook]) -> None:
        """Read with a blocking function.

        Args:
            read: Returns the active book; may ask the database.
        """
        self._read = read
        self._book: RuleBook | None = None
        self._read_at = 0.0
        self._reading: asyncio.Task[None] | None = None

    async def get(self, source: str = "") -> RuleBook:
        """Return the active book, at most a few seconds old while the database answers.

        Args:
            source: A source that the caller is after; one that the book at hand does not know
                makes it look again before it is told so.

        Raises:
            LeadRouterError: None was read yet, and it cannot be read now.
        """
        age = ticks() - self._read_at
        book = self._book
        if book is not None and age < FRESH_S:
            return book
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._refresh())
        if book is None:
            await asyncio.shield(self._reading)
        elif age >= OLD_S or (source and source not in book.sources):
            await asyncio.wait([self._reading], timeout=PATIENCE_S)
        if self._book is None:
            # The first reading failed for whoever started it; this one tells why.
            self._book = await asyncio.to_thread(self._read)
        return self._book

    async def _refresh(self) -> None:
        try:
            self._book = await asyncio.to_thread(self._read)
        except Exception as error:  # noqa: BLE001 - the book at hand still serves, whatever broke
            _log.warning("web_book_not_read", error=type(error).__name__)
        # Also after a failure: a dead database is not asked by every request.
        self._read_at = ticks()
