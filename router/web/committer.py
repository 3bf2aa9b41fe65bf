"""Group commit: requests that arrive while a commit is under way join the next one.

One transaction then carries many deliveries, which is what makes intake fast on a slow disk. A
delivery is acknowledged only after its transaction was committed.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

import structlog

from router.errors import DataFault, LeadRouterError, Slow, Transient
from router.lead.delivery import NewDelivery, Stored
from router.lead.states import DeliveryState

#: Rows of one transaction.
MAX_BATCH = 200
#: Seconds that a sender is asked to wait when intake cannot commit.
RETRY_S = 5.0

_log = structlog.get_logger()

_Key = tuple[str, str, bytes]
_Waiting = tuple[NewDelivery, "asyncio.Future[Stored]"]


class DeliveryStore(Protocol):
    """Where deliveries are kept."""

    def insert(self, rows: Sequence[NewDelivery]) -> Sequence[Stored]:
        """Store a batch in one transaction that is committed on return.

        Args:
            rows: Sorted by book, source and key; each key once.

        Returns:
            For each row, in order, the id it is known under; the first one's for a duplicate.

        Raises:
            DataFault: A row can never be stored; nothing of the batch was.
            Transient: It could not be done now; nothing of the batch may be relied on.
        """
        ...


class Committer:
    """Turns many small writes into few commits. Belongs to one event loop."""

    def __init__(
        self,
        store: DeliveryStore,
        on_commit: Callable[[int], None],
        *,
        backlog: int = 5_000,
        writers: int = 1,
    ) -> None:
        """Write to a store from threads of its own.

        Args:
            store: Called from ``writers`` threads.
            on_commit: Called from those threads after each commit with the number of deliveries
                that are new; must return at once.
            backlog: Requests that may wait before further ones are sent away.
            writers: Transactions under way at once.
        """
        self._store = store
        self._on_commit = on_commit
        self._backlog = backlog
        self._threads = ThreadPoolExecutor(writers, thread_name_prefix="intake-commit")
        self._idle = writers
        self._pending: list[_Waiting] = []
        self._waiting = 0
        self._scheduled = False
        self._closing = False
        self._drained = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Requests that wait for their commit now."""
        return self._waiting

    async def submit(self, row: NewDelivery) -> Stored:
        """Store one delivery; returns only after it was committed.

        Args:
            row: What to store.

        Returns:
            The id it is known under. The same delivery twice, even in one batch, gives the same.

        Raises:
            DataFault: This row can never be stored.
            Transient: It could not be committed now; the sender must try again.
        """
        if self._closing:
            raise Slow("Intake is shutting down. Try again.", after_s=RETRY_S)
        if self._waiting >= self._backlog:
            raise Slow("Too many requests wait for a commit. Try again.", after_s=RETRY_S)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Stored] = loop.create_future()
        self._pending.append((row, future))
        self._waiting += 1
        if self._idle and not self._scheduled:
            # Not at once: requests that were read in this turn of the loop come along.
            self._scheduled = True
            loop.call_soon(self._dispatch)
        return await future

    async def close(self, deadline_s: float = 10.0) -> None:
        """Take no more, finish what waits, and end the threads.

        Args:
            deadline_s: Seconds after which what still waits is left to its sender.
        """
        self._closing = True
        if self._waiting:
            try:
                await asyncio.wait_for(self._drained.wait(), deadline_s)
            except TimeoutError:
                _log.error("intake_drain_incomplete", waiting=self._waiting)
        self._threads.shutdown(wait=not self._waiting, cancel_futures=True)

    def _dispatch(self) -> None:
        self._scheduled = False
        loop = asyncio.get_running_loop()
        while self._idle and self._pending:
            batch = self._pending[:MAX_BATCH]
            del self._pending[:MAX_BATCH]
            self._idle -= 1
            rows = [row for row, _future in batch]
            writing = loop.run_in_executor(self._threads, self._write, rows)
            writing.add_done_callback(partial(self._settle, batch))

    def _settle(
        self,
        batch: list[_Waiting],
        writing: "asyncio.Future[dict[_Key, Stored | LeadRouterError]]",
    ) -> None:
        """Tell everybody of a batch, then start the next."""
        self._idle += 1
        self._waiting -= len(batch)
        outcomes = {} if writing.cancelled() else writing.result()
        lost = Transient("The commit was cut off. Try again.")
        told: set[_Key] = set()
        for row, future in batch:
            key = _key(row)
            outcome = outcomes.get(key, lost)
            if future.done():
                continue
            if isinstance(outcome, LeadRouterError):
                # One instance each: a shared one would collect the traceback of every waiter.
                kind = DataFault if isinstance(outcome, DataFault) else Transient
                future.set_exception(kind(str(outcome)))
            else:
                first = key not in told
                future.set_result(outcome if first else Stored(outcome.delivery_id, fresh=False))
            told.add(key)
        if self._pending:
            self._dispatch()
        elif self._closing and not self._waiting:
            self._drained.set()

    def _write(self, rows: list[NewDelivery]) -> dict[_Key, Stored | LeadRouterError]:
        """Commit a batch (in a writer thread); never raises."""
        unique: dict[_Key, NewDelivery] = {}
        for row in rows:
            unique.setdefault(_key(row), row)
        # Always in the same order, or two writers with the same re-sent keys lock each other out.
        ordered = sorted(unique.items())
        outcomes = self._insert([row for _key_, row in ordered])
        fresh = sum(
            isinstance(outcome, Stored)
            and outcome.fresh
            and unique[key].state is DeliveryState.RECEIVED
            for key, outcome in outcomes.items()
        )
        if fresh:
            try:
                self._on_commit(fresh)
            except Exception as error:  # noqa: BLE001 - a broken bell must not undo an acknowledgement
                _log.error("intake_ring_failed", error=type(error).__name__)
        return outcomes

    def _insert(self, rows: list[NewDelivery]) -> dict[_Key, Stored | LeadRouterError]:
        try:
            stored = self._store.insert(rows)
            return {_key(row): one for row, one in zip(rows, stored, strict=True)}
        except DataFault as error:
            if len(rows) == 1:
                _log.error("intake_row_unstorable", source=rows[0].source)
                return {_key(rows[0]): error}
            middle = len(rows) // 2
            return self._insert(rows[:middle]) | self._insert(rows[middle:])
        except Transient as error:
            _log.warning("intake_commit_failed", rows=len(rows), error=type(error).__name__)
            return dict.fromkeys(map(_key, rows), error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the sender keeps the lead and tries again
            _log.error("intake_commit_broke", rows=len(rows), error=type(error).__name__)
            return dict.fromkeys(map(_key, rows), Transient("The commit failed. Try again."))


def _key(row: NewDelivery) -> _Key:
    return (row.book, row.source, row.dedupe_key)
