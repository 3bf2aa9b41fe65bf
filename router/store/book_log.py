"""The history of a book: what was done with its versions, by whom and why. Append-only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from router.store.tx import Tx


class BookAct(StrEnum):
    """What was done with a version."""

    #: It became active; nobody else had to agree.
    PUBLISH = "publish"
    #: It waits for a second person.
    PROPOSE = "propose"
    #: A second person agreed, and it became active.
    APPROVE = "approve"
    #: A second person did not agree.
    REFUSE = "refuse"
    #: It became active although a second person, or its own tests, would have stopped it.
    OVERRIDE = "override"
    #: It became active again.
    ROLLBACK = "rollback"
    #: It is asked beside the active one, or no longer.
    SHADOW = "shadow"
    #: It decides a share of the leads, or another share.
    CANARY = "canary"
    #: It was a canary, and its leads are the active version's again.
    RETURN = "return"
    #: Its leads were decided again.
    REROUTE = "reroute"
    #: Leads on the road that went by it go by another one.
    MOVE = "move"
    #: It should have been active and could not be used; the one before goes on.
    BROKEN = "broken"


#: Acts after which the version is the active one.
TOOK_OVER = (BookAct.PUBLISH, BookAct.APPROVE, BookAct.OVERRIDE, BookAct.ROLLBACK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a book's history."""

    #: Which book of this installation.
    book: str
    act: BookAct
    digest: str
    at: datetime
    by: str
    #: The version that was active until then, where the act changed that.
    before: str = ""
    note: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def note_act(tx: Tx, entry: Entry) -> None:
    """Write a line of the history.

    Args:
        tx: Open transaction, in which the act itself is done.
        entry: What was done.
    """
    tx.run(
        "INSERT INTO rulebook_log (book, at, by, act, digest, before, note, data)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            entry.book,
            entry.at,
            entry.by,
            entry.act,
            entry.digest,
            entry.before,
            entry.note,
            orjson.dumps(dict(entry.data), option=orjson.OPT_NON_STR_KEYS).decode(),
        ),
    )


def history(  # noqa: PLR0913 - every filter by name
    tx: Tx,
    serve: str,
    *,
    limit: int,
    acts: Sequence[BookAct] = (),
    since: datetime | None = None,
    digest: str = "",
) -> list[Entry]:
    """Return what was done with a book's versions, the newest first.

    Args:
        tx: Open transaction.
        serve: Which book of this installation.
        limit: Most to return.
        acts: Only these; empty for all.
        since: Only what was done from then on.
        digest: Only what was done with this version.
    """
    rows = tx.rows(
        "SELECT act, digest, at, by, before, note, data FROM rulebook_log"
        " WHERE book = %s AND (%s::text[] = '{}' OR act = ANY(%s))"
        " AND (%s::timestamptz IS NULL OR at >= %s) AND (%s = '' OR digest = %s)"
        " ORDER BY number DESC LIMIT %s",
        (serve, list(acts), list(acts), since, since, digest, digest, limit),
    )
    return [
        Entry(
            book=serve,
            act=BookAct(row[0]),
            digest=row[1],
            at=row[2],
            by=row[3],
            before=row[4],
            note=row[5],
            data=row[6],
        )
        for row in rows
    ]


def once_active(tx: Tx, serve: str) -> list[str]:
    """Return the versions that were active once, the one that took over last first."""
    rows = tx.rows(
        "SELECT digest FROM rulebook_log WHERE book = %s AND act = ANY(%s)"
        " GROUP BY digest ORDER BY max(number) DESC",
        (serve, list(TOOK_OVER)),
    )
    return [str(row[0]) for row in rows]


def came_after(tx: Tx, serve: str, digest: str) -> str:
    """Return the version that this one replaced when it last took over anew; empty for none.

    A rollback to a version does not count: what it replaced then was what went wrong.
    """
    row = tx.row(
        "SELECT before FROM rulebook_log WHERE book = %s AND digest = %s AND act = ANY(%s)"
        " AND before <> digest ORDER BY number DESC LIMIT 1",
        (serve, digest, [act for act in TOOK_OVER if act is not BookAct.ROLLBACK]),
    )
    return str(row[0]) if row else ""
