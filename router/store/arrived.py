"""When leads of the past came in, and what no fact says of them: for playing them once more."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

from router.store.tx import Tx

_ARRIVED: Final[LiteralString] = """
    SELECT id, received_at, contact_id, body->'account'->>'opportunity_owner', body->'approved'
    FROM lead WHERE id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A lead as it came in."""

    received_at: datetime
    #: Id of the person who wrote; empty when it is not known.
    contact: str
    #: Who owns the open opportunity of its account; empty for nobody.
    opportunity_owner: str
    #: Codes of reviews and refusals that a person has let pass.
    approved: tuple[str, ...]


def arrived(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Arrived]:
    """Return when leads came in, by id. Locks nothing.

    Args:
        tx: Where to read.
        ids: Unknown ones are absent from the result.
    """
    rows = tx.rows(_ARRIVED, (list(ids),))
    return {
        row[0]: Arrived(row[1], str(row[2] or ""), row[3] or "", tuple(row[4] or ()))
        for row in rows
    }
