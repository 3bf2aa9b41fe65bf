"""Cursors: where a page of a list ended, as one opaque word."""

import base64
import binascii
from datetime import datetime
from uuid import UUID

import orjson

from router.errors import Rejected
from router.store.reading import Place


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
