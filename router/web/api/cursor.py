"""Cursors: where a page of a list ended, as one opaque word."""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import orjson

from router.errors import Rejected
from router.store.pages import Place

Row = TypeVar("Row")


def write_cursor(place: Place) -> str:
    """Write a place as a cursor.

    >>> from datetime import UTC
    >>> place = (datetime(2026, 1, 5, tzinfo=UTC), UUID(int=7))
    >>> read_cursor(write_cursor(place)) == place
    True

    Args:
        place: Moment and id of the last row that was shown.
    """
    text = orjson.dumps([place[0].isoformat(), str(place[1])])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def cut(found: list[Row], limit: int, place: Callable[[Row], Place]) -> tuple[list[Row], str]:
    """Cut what was found to one page; return it and the cursor of the next one.

    >>> from datetime import UTC
    >>> rows = [(datetime(2026, 1, 5, tzinfo=UTC), UUID(int=number)) for number in (1, 2, 3)]
    >>> shown, following = cut(rows, 2, lambda row: row)
    >>> len(shown), read_cursor(following) == rows[1]
    (2, True)
    >>> cut(rows, 3, lambda row: row)[1]
    ''

    Args:
        found: Up to one row more than a page has, which tells that another page follows.
        limit: Rows of a page.
        place: Where a row stands in the list.
    """
    shown = found[:limit]
    return shown, write_cursor(place(shown[-1])) if len(shown) < len(found) else ""


def read_cursor(text: str) -> Place | None:
    """Read a cursor back; None for an empty one, which is the first page.

    Args:
        text: What :func:`write_cursor` gave.

    Raises:
        Rejected: It is none of ours.
    """
    if not text:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        at, last = orjson.loads(raw)
        place = datetime.fromisoformat(at), UUID(last)
    except (binascii.Error, ValueError, TypeError, AttributeError) as error:
        raise _refused() from error
    if place[0].tzinfo is None:
        raise _refused()
    return place


def _refused() -> Rejected:
    return Rejected(
        "This cursor is none of ours. Take it from `next` of the page before, or leave it out.",
        code="bad_cursor",
    )
