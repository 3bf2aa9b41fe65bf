"""Claim tickets: a crash or a hang names its suspects, so that a poison lead costs only itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, LiteralString
from uuid import UUID

from router.store.tx import Tx

_TAKE: Final[LiteralString] = """
    INSERT INTO ticket (id, stage, ids, backend, worker, taken_at, deadline)
    SELECT %s, %s, %s::uuid[], %s, %s, clock_timestamp(), clock_timestamp() + %s
    WHERE %s OR NOT EXISTS (SELECT 1 FROM ticket WHERE ids && %s::uuid[])
"""
_LOST: Final[LiteralString] = """
    SELECT t.id FROM ticket t WHERE t.deadline <= clock_timestamp()
        OR NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.pid = t.backend)
"""
_SEIZE: Final[LiteralString] = """
    SELECT t.stage, t.ids, t.backend, t.deadline <= clock_timestamp(),
        EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.pid = t.backend)
    FROM ticket t WHERE t.id = %s FOR UPDATE SKIP LOCKED
"""
_END: Final[LiteralString] = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE pid = %s AND application_name = 'lead-router' AND state <> 'idle'
"""


@dataclass(frozen=True, slots=True)
class LostTicket:
    """A ticket whose worker died or took too long."""

    id: UUID
    stage: str
    #: Deliveries for capture, leads for every other stage.
    ids: tuple[UUID, ...]
    #: ``died`` or ``overdue``.
    how: str


def take(  # noqa: PLR0913 - one value per column
    tx: Tx,
    *,
    ticket_id: UUID,
    stage: str,
    ids: Sequence[UUID],
    backend: int,
    worker: str,
    span: timedelta,
    warned: bool = False,
) -> bool:
    """Write down what a worker is about to work on, unless another ticket names any of it.

    Whoever holds the row locks and finds a ticket of somebody else knows that the one who wrote
    it no longer holds them: what it was working on is suspect.

    Args:
        tx: Commits at once, apart from the transaction that holds the claimed rows.
        ticket_id: Unique.
        stage: Stage the batch enters at.
        ids: What was claimed.
        backend: Server process of the connection that holds the claim; its end shows a death.
        worker: Name of the process, for the operator.
        span: Time after which the batch counts as hanging; in the database's time, because two
            hosts never agree on theirs to the second.
        warned: Write it also when another ticket names them.

    Returns:
        False when another ticket names any of them, and nothing was written.
    """
    values = (ticket_id, stage, list(ids), backend, worker, span, warned, list(ids))
    return tx.run(_TAKE, values) > 0


def give_back(tx: Tx, ticket_id: UUID) -> None:
    """Delete a ticket, in the transaction that finishes its batch."""
    tx.run("DELETE FROM ticket WHERE id = %s", (ticket_id,))


def any_held(tx: Tx) -> bool:
    """Return whether any worker is at work on a batch."""
    row = tx.row("SELECT EXISTS (SELECT 1 FROM ticket)")
    return bool(row and row[0])


def lost_tickets(tx: Tx) -> list[UUID]:
    """Return tickets whose worker is gone or over its deadline. Locks nothing."""
    return [row[0] for row in tx.rows(_LOST)]


def seize(tx: Tx, ticket_id: UUID) -> LostTicket | None:
    """Lock a lost ticket, to charge what is on it in this transaction.

    A server process that still hangs in an overdue transaction is ended first, so that its locks
    fall; then the ticket is left for the next sweep, which finds them free.

    Args:
        tx: Open transaction.
        ticket_id: From :func:`lost_tickets`.

    Returns:
        None when somebody else has it, or when its locks are only now falling.
    """
    row = tx.row(_SEIZE, (ticket_id,))
    if row is None:
        return None
    stage, ids, backend, overdue, alive = row
    if alive and not overdue:
        return None
    if alive and tx.rows(_END, (backend,)):
        return None
    return LostTicket(ticket_id, stage, tuple(ids), "overdue" if overdue else "died")


def keep_only(tx: Tx, ticket_id: UUID, ids: Sequence[UUID]) -> None:
    """Leave on a ticket only what could not be charged yet; delete it when that is nothing."""
    if ids:
        tx.run("UPDATE ticket SET ids = %s WHERE id = %s", (list(ids), ticket_id))
    else:
        give_back(tx, ticket_id)
