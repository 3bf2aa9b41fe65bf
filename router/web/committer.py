"""Group commit: requests that arrive while a commit is under way join the next one.

One transaction then carries many deliveries, which is what makes intake fast on a slow disk. A
delivery is acknowledged only after its transaction was committed.

One transaction is under way at a time: its wait for the disk is when the next batch is read.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from router.errors import DataFault, LeadRouterError, Slow, Transient
from router.lead.delivery import NewDelivery, Stored
from router.lead.states import DeliveryState

#: Rows of one transaction.
MAX_BATCH = 200
#: Bytes of bodies after which a transaction is full: preparing it holds everybody else up.
MAX_BYTES = 4 * 1024 * 1024
#: Seconds that a sender is asked to wait when intake cannot commit.
RETRY_S = 5.0

_log = structlog.get_logger()

_Key = tuple[str, str, bytes]
_Waiting = tuple[NewDelivery, "asyncio.Future[Stored]"]
_Outcome = Stored | LeadRouterError


class DeliveryStore(Protocol):
    """Where deliveries are kept."""

    async def insert(self, rows: Sequence[NewDelivery]) -> Sequence[Stored]:
        """Store a batch in one transaction that is committed on return; called one at a time.

        Args:
            rows: Sorted by book, source and key; each key once.

        Returns:
            For each row, in order, the id it is known under; the first one's for a duplicate.

        Raises:
            DataFault: A row can never be stored; nothing of the batch may be relied on.
            Transient: It could not be done now; nothing of the batch may be relied on.
        """
        ...


class Committer:
    """Turns many small writes into few commits. Belongs to one event loop."""

    def __init__(
        self, store: DeliveryStore, on_commit: Callable[[int], None], *, backlog: int = 5_000
    ) -> None:
        """Write to a store.

        Args:
            store: Has one batch at a time.
            on_commit: Called after each commit with the number of deliveries that are new; must
                return at once.
            backlog: Requests that may wait before further ones are sent away.
        """
        self._store = store
        self._on_commit = on_commit
        self._backlog = backlog
        self._pending: list[_Waiting] = []
        self._waiting = 0
        self._writer: asyncio.Task[None] | None = None
        self._closing = False

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
        if self._writer is None:
            # It starts in the next turn of the loop: what was read in this one comes along.
            self._writer = loop.create_task(self._write_all())
        return await future

    async def close(self, deadline_s: float = 10.0) -> None:
        """Take no more, and finish what waits.

        Args:
            deadline_s: Seconds after which what still waits is left to its sender.
        """
        self._closing = True
        writer = self._writer
        if writer is None:
            return
        await asyncio.wait([writer], timeout=deadline_s)
        if not writer.done():
            _log.error("intake_drain_incomplete", waiting=self._waiting)
            writer.cancel()
            await asyncio.wait([writer], timeout=deadline_s)

    async def _write_all(self) -> None:
        """Commit batch after batch until nothing waits."""
        try:
            while self._pending:
                batch = self._take()
                outcomes: dict[_Key, _Outcome] = {}
                try:
                    outcomes = await self._write(batch)
                finally:
                    self._settle(batch, outcomes)
        finally:
            self._writer = None

    def _take(self) -> list[_Waiting]:
        """Take the next batch off those that wait."""
        size = count = 0
        for row, _future in self._pending[:MAX_BATCH]:
            count += 1
            size += len(row.body)
            if size >= MAX_BYTES:
                break
        batch = self._pending[:count]
        del self._pending[:count]
        return batch

    def _settle(self, batch: list[_Waiting], outcomes: dict[_Key, _Outcome]) -> None:
        """Tell everybody of a batch; who is not among the outcomes was cut off."""
        self._waiting -= len(batch)
        for row, future in batch:
            if future.done():
                continue
            outcome = outcomes.get(_key(row)) or Transient("The commit was cut off. Try again.")
            if isinstance(outcome, Stored):
                first = outcome.delivery_id == row.id
                future.set_result(outcome if first else Stored(outcome.delivery_id, fresh=False))
            else:
                # One instance each: a shared one would collect the traceback of every waiter.
                kind = DataFault if isinstance(outcome, DataFault) else Transient
                future.set_exception(kind(str(outcome)))

    async def _write(self, batch: list[_Waiting]) -> dict[_Key, _Outcome]:
        """Commit a batch; only being cancelled gets out of here."""
        unique: dict[_Key, NewDelivery] = {}
        for row, _future in batch:
            unique.setdefault(_key(row), row)
        # Always in the same order, or two writers with the same re-sent keys lock each other out.
        keys = sorted(unique)
        rows = [unique[key] for key in keys]
        outcomes = await self._insert(rows)
        fresh = sum(
            isinstance(outcome, Stored) and outcome.fresh and row.state is DeliveryState.RECEIVED
            for row, outcome in zip(rows, outcomes, strict=True)
        )
        if fresh:
            try:
                self._on_commit(fresh)
            except Exception as error:  # noqa: BLE001 - a broken bell must not undo an acknowledgement
                _log.error("intake_ring_failed", error=type(error).__name__)
        return dict(zip(keys, outcomes, strict=True))

    async def _insert(self, rows: list[NewDelivery]) -> Sequence[_Outcome]:
        """Store rows, halving around those that cannot be; one outcome for each, in order."""
        try:
            return await self._store.insert(rows)
        except DataFault as error:
            if len(rows) == 1:
                _log.error("intake_row_unstorable", source=rows[0].source)
                return [error]
            middle = len(rows) // 2
            return [*await self._insert(rows[:middle]), *await self._insert(rows[middle:])]
        except Transient as error:
            _log.warning("intake_commit_failed", rows=len(rows), error=type(error).__name__)
            return [error] * len(rows)
        except Exception as error:  # noqa: BLE001 - whatever it is, the sender keeps the lead and tries again
            _log.error("intake_commit_broke", rows=len(rows), error=type(error).__name__)
            return [Transient("The commit failed. Try again.")] * len(rows)


def _key(row: NewDelivery) -> _Key:
    return (row.book, row.source, row.dedupe_key)
