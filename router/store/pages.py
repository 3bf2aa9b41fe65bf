"""Lists that people turn page by page: by keyset, so that a page costs the same however far in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import TupleRow

from router.store.tx import Tx

#: Where a page ended: the moment it is sorted by, and the id of the last row.
Place = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is sorted by; both columns together are unique."""

    #: Column of the moment.
    at: LiteralString
    #: Column of the id.
    id: LiteralString
    newest_first: bool = True


def page(  # noqa: PLR0913 - the parts of one query, by name
    tx: Tx,
    select: LiteralString,
    *,
    where: Iterable[tuple[LiteralString, object]],
    order: Order,
    after: Place | None,
    limit: int,
) -> list[TupleRow]:
    """Read one page of a list.

    Args:
        tx: Open transaction.
        select: The query up to its FROM.
        where: Conditions with one value each; one whose value is empty or None asks nothing.
        order: What the list is sorted by.
        after: Place of the last row of the page before; None for the first page.
        limit: Most rows to return.
    """
    asked = [(condition, value) for condition, value in where if value]
    conditions = [condition for condition, _ in asked]
    values = [value for _, value in asked]
    if after is not None:
        beyond: LiteralString = "<" if order.newest_first else ">"
        conditions.append(f"({order.at}, {order.id}) {beyond} (%s, %s)")
        values.extend(after)
    way: LiteralString = "DESC" if order.newest_first else "ASC"
    query: LiteralString = (
        f"{select} WHERE {' AND '.join(conditions) or 'true'}"
        f" ORDER BY {order.at} {way}, {order.id} {way} LIMIT %s"
    )
    return tx.rows(query, (*values, limit))
