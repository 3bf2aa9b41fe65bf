"""Versions that wait for a second person's word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, LiteralString

import orjson

from router.store.tx import Tx


class ProposalState(StrEnum):
    """What became of a proposal."""

    PENDING = "pending"
    #: A second person agreed.
    APPROVED = "approved"
    #: A second person did not agree.
    REFUSED = "refused"
    #: Another version became active first, or the same one without it.
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A version that somebody wants to be active."""

    digest: str
    asked_at: datetime
    asked_by: str
    note: str
    #: Why a second person is needed, one sentence each.
    reasons: tuple[str, ...]
    state: ProposalState
    answered_by: str
    answered_at: datetime | None


_PROPOSAL: Final[LiteralString] = (
    "SELECT digest, asked_at, asked_by, note, reasons, state, answered_by, answered_at"
    " FROM rulebook_proposal"
)


def propose(  # noqa: PLR0913 - one value per column
    tx: Tx,
    *,
    serve: str,
    digest: str,
    by: str,
    note: str,
    reasons: Sequence[str],
    now: datetime,
) -> bool:
    """Ask a second person about a stored version; False when it waits already.

    Of a proposal that waits already only the reasons become the newest: it keeps its author, so
    that nobody who asks again can then agree to what they themselves proposed.

    Args:
        tx: Open transaction, which holds :func:`router.store.books.lock_book`.
        serve: Which book of this installation.
        digest: The version.
        by: Who asks.
        note: Why.
        reasons: Why a second person is needed.
        now: When.
    """
    written = orjson.dumps(list(reasons)).decode()
    waits = tx.run(
        "UPDATE rulebook_proposal SET reasons = %s"
        " WHERE book = %s AND digest = %s AND state = 'pending'",
        (written, serve, digest),
    )
    if waits:
        return False
    tx.run(
        "INSERT INTO rulebook_proposal (book, digest, asked_at, asked_by, note, reasons)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (serve, digest, now, by, note, written),
    )
    return True


def pending(tx: Tx, serve: str) -> list[Proposal]:
    """Return the versions that wait for a second person, the oldest first."""
    rows = tx.rows(_PROPOSAL + " WHERE book = %s AND state = 'pending' ORDER BY number", (serve,))
    return [_proposal(row) for row in rows]


def newest_proposal(tx: Tx, serve: str, digest: str) -> Proposal | None:
    """Return the last proposal of a version, whatever became of it; None if there was none."""
    row = tx.row(
        _PROPOSAL + " WHERE book = %s AND digest = %s ORDER BY number DESC LIMIT 1",
        (serve, digest),
    )
    return _proposal(row) if row else None


def answer(  # noqa: PLR0913 - one value per column
    tx: Tx, *, serve: str, digest: str, state: ProposalState, by: str, now: datetime
) -> None:
    """Write what became of a version that waits."""
    tx.run(
        "UPDATE rulebook_proposal SET state = %s, answered_by = %s, answered_at = %s"
        " WHERE book = %s AND digest = %s AND state = 'pending'",
        (state, by, now, serve, digest),
    )


def overtake(tx: Tx, *, serve: str, by: str, now: datetime) -> int:
    """End every proposal that still waits: it was compared with what is no longer active."""
    return tx.run(
        "UPDATE rulebook_proposal SET state = 'overtaken', answered_by = %s, answered_at = %s"
        " WHERE book = %s AND state = 'pending'",
        (by, now, serve),
    )


def _proposal(row: Sequence[Any]) -> Proposal:
    return Proposal(
        digest=row[0],
        asked_at=row[1],
        asked_by=row[2],
        note=row[3],
        reasons=tuple(row[4]),
        state=ProposalState(row[5]),
        answered_by=row[6],
        answered_at=row[7],
    )
