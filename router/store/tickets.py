"""Claim tickets: a crash or a hang names its suspects, so that a poison lead costs only itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

from router.store.tx import Tx

_LOST: Final[LiteralString] = """
    SELECT t.id, t.stage, t.ids, t.backend, t.deadline <= %s AS overdue FROM ticket t
    WHERE t.deadline <= %s
        OR NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.pid = t.backend)
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
    now: datetime,
    deadline: datetime,
) -> None:
    """Write down what a worker is about to work on; commits in a transaction of its own.

    Not flushed to disk: a ticket lost with the whole server costs one uncounted attempt.

    Args:
        tx: A transaction other than the one that holds the claimed rows.
        ticket_id: Unique.
        stage: Stage the batch enters at.
        ids: What was claimed.
        backend: Server process of the connection that holds the claim; its end shows a death.
        worker: Name of the process, for the operator.
        now: When.
        deadline: Moment after which the batch counts as hanging.
    """
    tx.run("SET LOCAL synchronous_commit = off")
    tx.run(
        "INSERT INTO ticket (id, stage, ids, backend, worker, taken_at, deadline)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (ticket_id, stage, list(ids), backend, worker, now, deadline),
    )


def give_back(tx: Tx, ticket_id: UUID) -> None:
    """Delete a ticket, in the transaction that finishes its batch."""
    tx.run("DELETE FROM ticket WHERE id = %s", (ticket_id,))


def any_held(tx: Tx) -> bool:
    """Return whether any worker is at work on a batch."""
    row = tx.row("SELECT EXISTS (SELECT 1 FROM ticket)")
    return bool(row and row[0])


def collect_lost(tx: Tx, now: datetime) -> list[LostTicket]:
    """Delete and return tickets whose worker is gone or over its deadline.

    A server process that hangs in an overdue transaction is ended, so that its locks are free.

    Args:
        tx: Open transaction; the caller counts the attempts in it.
        now: Compared with the deadlines.
    """
    if not tx.rows(_LOST, (now, now)):
        return []
    # One at a time: two tickets may name the same items, charged in no order.
    tx.rows("SELECT pg_advisory_xact_lock(hashtextextended('lost tickets', 7))")
    rows = tx.rows(_LOST + " FOR UPDATE SKIP LOCKED", (now, now))
    for row in rows:
        if row[4]:
            tx.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid = %s AND application_name = 'lead-router' AND state <> 'idle'",
                (row[3],),
            )
    if rows:
        tx.run("DELETE FROM ticket WHERE id = ANY(%s)", ([row[0] for row in rows],))
    return [
        LostTicket(row[0], row[1], tuple(row[2]), "overdue" if row[4] else "died") for row in rows
    ]
