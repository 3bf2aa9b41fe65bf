"""Connections and transactions: how the rest of the store talks to PostgreSQL.

Hot paths use the driver's cursor (COPY, prepared statements); readers for people use SQLAlchemy
Core. Both share the connection and its transaction.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from typing import Final, LiteralString

import psycopg
import sqlalchemy as sa
from psycopg.rows import TupleRow
from sqlalchemy import exc as sa_exc

from router.errors import DataFault, LeadRouterError, Permanent, TooMuch, Transient
from router.now import ticks
from router.store.binary import column_types, learn

#: Seconds a transaction may stay silent before the server ends it and frees its locks.
IDLE_S: Final = 20

#: Seconds after its last use for which a connection is believed to live. No server restarts in
#: less, so one that lay in the pool while its server died is always asked.
_BELIEVED_S: Final = 0.2
_IDLE_SINCE: Final = "idle_since"

Params = Sequence[object] | Mapping[str, object]


def make_engine(url: str, *, size: int = 5) -> sa.Engine:
    """Open a connection pool.

    A pool must not cross a fork: make it in the process that uses it.

    Args:
        url: ``postgresql://user:password@host/database``; a socket folder as ``?host=/path``.
        size: Connections kept; up to as many again are opened under load.
    """
    if url.startswith("postgres://"):
        url = "postgresql://" + url.removeprefix("postgres://")
    engine = sa.create_engine(
        url,
        pool_size=size,
        max_overflow=size,
        pool_timeout=10,
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={
            "application_name": "lead-router",
            "connect_timeout": 5,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
    )
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "checkin", _rest)
    sa.event.listen(engine, "checkout", _wake)
    return engine


def _prepare(connection: psycopg.Connection[TupleRow], _: object) -> None:
    """Teach a new connection our types; the server may cut it when it stays silent too long."""
    learn(connection)
    try:
        connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_S}s'")
        connection.commit()
    except psycopg.Error:
        # The server died between the two: the pool forgets this connection without closing it.
        connection.close()
        raise


def _rest(_: object, record: sa.PoolProxiedConnection | sa.pool.ConnectionPoolEntry) -> None:
    """Remember since when a connection lies in the pool."""
    record.info[_IDLE_SINCE] = ticks()


def _wake(
    connection: psycopg.Connection[TupleRow], record: sa.pool.ConnectionPoolEntry, _: object
) -> None:
    """Ask a connection that lay idle whether it lives; one that was just in use is believed."""
    if ticks() - record.info.get(_IDLE_SINCE, 0.0) < _BELIEVED_S:
        return
    try:
        connection.execute("")
        connection.rollback()
    except psycopg.Error as error:
        raise sa_exc.DisconnectionError(type(error).__name__) from error


class Tx:
    """One open transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        """Wrap an open connection.

        Args:
            connection: In a transaction that the caller commits or rolls back.
        """
        self.connection = connection
        driver = connection.connection.driver_connection
        if not isinstance(driver, psycopg.Connection):
            raise Permanent("The database driver is not psycopg; use a postgresql:// address.")
        self.driver: psycopg.Connection[TupleRow] = driver
        self.cursor = driver.cursor()
        self.server_pid = 0
        self._few = False

    def rows(self, query: LiteralString, params: Params = ()) -> list[TupleRow]:
        """Run a query and return every row."""
        return self.cursor.execute(query, params).fetchall()

    def row(self, query: LiteralString, params: Params = ()) -> TupleRow | None:
        """Run a query and return its first row, or None."""
        return self.cursor.execute(query, params).fetchone()

    def run(self, query: LiteralString, params: Params = ()) -> int:
        """Run a statement and return how many rows it touched."""
        return self.cursor.execute(query, params).rowcount

    def many(self, query: LiteralString, params: Sequence[Params]) -> None:
        """Run a statement once for each set of values, in one round trip."""
        if params:
            self.cursor.executemany(query, params)

    def copy(self, statement: LiteralString, rows: Iterable[Sequence[object]]) -> None:
        """Insert rows by COPY.

        Args:
            statement: ``COPY table (columns) FROM STDIN``.
            rows: One sequence of values per row, each of its column's exact type: UUID, datetime,
                list of texts, :class:`~router.store.binary.Json`.
        """
        if self._few:
            self.cursor.executemany(_as_insert(statement), list(rows))
            return
        with self.cursor.copy(statement + " (FORMAT BINARY)") as stream:
            stream.set_types(column_types(statement))
            for row in rows:
                stream.write_row(row)

    def backend(self) -> int:
        """Return the process id of the server process of this transaction.

        Asked of the server: behind a connection pooler the driver's own answer is another's.
        """
        if not self.server_pid:
            row = self.row("SELECT pg_backend_pid()")
            self.server_pid = int(row[0]) if row else 0
        return self.server_pid

    @contextmanager
    def in_one_go(self) -> Iterator[None]:
        """Send the statements of a block without waiting for each; for a few rows.

        Inside, rows are inserted one by one instead of by COPY, and nothing can be read. An error
        shows at the end of the block.
        """
        with self.driver.pipeline():
            self._few = True
            try:
                yield
            finally:
                self._few = False


@contextmanager
def transaction(
    engine: sa.Engine,
    *,
    lock_timeout: timedelta | None = None,
    idle_timeout: timedelta | None = None,
) -> Iterator[Tx]:
    """Run a block in one transaction: commit at its end, roll back on any error.

    Args:
        engine: Where to take a connection from.
        lock_timeout: Give up with ``Transient`` when a lock is not had within it.
        idle_timeout: Let the server cut this connection when it stays silent longer, so that a
            process that hangs or is stopped cannot hold its locks.

    Raises:
        Transient: The database could not be reached, or refused a lock; nothing was written.
        DataFault: A value cannot be stored; nothing was written.
    """
    with _translated(), engine.connect() as connection:
        tx = Tx(connection)
        with connection.begin():
            _limit(tx, lock_timeout, idle_timeout)
            yield tx


@contextmanager
def at_once(engine: sa.Engine) -> Iterator[Tx]:
    """Run statements that each commit by themselves, without the round trips of a transaction.

    Args:
        engine: Where to take a connection from.

    Raises:
        Transient: The database could not be reached.
        DataFault: A value cannot be stored.
    """
    lone = engine.execution_options(isolation_level="AUTOCOMMIT")
    with _translated(), lone.connect() as connection:
        yield Tx(connection)


@contextmanager
def rehearsal(engine: sa.Engine, *, lock_timeout: timedelta) -> Iterator[Tx]:
    """Run a block in a transaction that is always rolled back.

    Args:
        engine: Where to take a connection from.
        lock_timeout: Give up with ``Transient`` when a lock is not had within it.
    """
    with _translated(), engine.connect() as connection:
        outer = connection.begin()
        try:
            tx = Tx(connection)
            _limit(tx, lock_timeout, None)
            yield tx
        finally:
            outer.rollback()


def _limit(tx: Tx, lock: timedelta | None, idle: timedelta | None) -> None:
    settings = [
        ("lock_timeout", lock),
        ("idle_in_transaction_session_timeout", idle),
    ]
    wanted = [(name, f"{int(span.total_seconds() * 1000)}ms") for name, span in settings if span]
    if wanted:
        names, values = zip(*wanted, strict=True)
        # In one go with the BEGIN that the driver sends before the first statement.
        with tx.driver.pipeline():
            tx.cursor.execute(
                "SELECT pg_backend_pid(), set_config(name, value, true)"
                " FROM unnest(%s::text[], %s::text[]) AS wanted(name, value)",
                (list(names), list(values)),
            )
        row = tx.cursor.fetchone()
        tx.server_pid = int(row[0]) if row else 0


@lru_cache(maxsize=64)
def _as_insert(statement: LiteralString) -> LiteralString:
    """Turn ``COPY table (columns) FROM STDIN`` into the INSERT of one such row."""
    table, _, rest = statement.removeprefix("COPY ").partition(" (")
    columns: LiteralString = rest.removesuffix(") FROM STDIN")
    marks: LiteralString = ", ".join(["%s"] * (columns.count(",") + 1))
    return "INSERT INTO " + table + " (" + columns + ") VALUES (" + marks + ")"


@contextmanager
def _translated() -> Iterator[None]:
    """Turn driver errors into ours, so that nobody above the store knows the driver."""
    try:
        yield
    except LeadRouterError:
        raise
    except (psycopg.Error, sa_exc.SQLAlchemyError) as error:
        raise translate(error) from error


def translate(error: Exception) -> LeadRouterError:
    """Say what a driver's error means for us.

    Args:
        error: From psycopg, or SQLAlchemy's wrapper around it.

    Returns:
        ``DataFault`` when the content of a row was refused, ``Transient`` for everything else.
    """
    cause = error.orig if isinstance(error, sa_exc.DBAPIError) else error
    name = type(cause).__name__
    if isinstance(cause, psycopg.errors.DataError | psycopg.errors.IntegrityError):
        detail = cause.diag.constraint_name or cause.diag.column_name or cause.sqlstate or ""
        return DataFault(f"PostgreSQL refused a row ({name} {detail}). The batch runs one by one.")
    if isinstance(cause, psycopg.errors.OutOfMemory | psycopg.errors.ProgramLimitExceeded):
        return TooMuch(f"PostgreSQL ran out of room ({name}); the batch runs in smaller parts.")
    return Transient(f"PostgreSQL could not do it now ({name}); it will be tried again.")
