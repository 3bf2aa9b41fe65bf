"""News of a book: each act with a version goes into its history, and its owner is told."""

import orjson

from router.app import App
from router.lead.ids import timed_id
from router.rulebook.model import RuleBook
from router.rulebook.roster import address, person
from router.store.book_log import BookAct, Entry, note_act
from router.store.tx import Tx
from router.store.writes import Into, Writes, action_row, flush

#: Message type of everything that a book's owner is told.
BOOK_CHANGED = "book.changed"

_SAID = {
    BookAct.PUBLISH: "This version is active now.",
    BookAct.PROPOSE: "This version waits for a second person: `lead-router rules approve` or"
    " `lead-router rules refuse`.",
    BookAct.APPROVE: "A second person agreed; this version is active now.",
    BookAct.REFUSE: "A second person did not agree; nothing changed.",
    BookAct.OVERRIDE: "This version was made active without what it would have needed."
    " `lead-router rules rollback` takes it back.",
    BookAct.ROLLBACK: "This version is active again.",
    BookAct.SHADOW: "What this version would do is watched, or no longer watched.",
    BookAct.CANARY: "This version decides a share of the new leads, or another share.",
    BookAct.RETURN: "This version was tried; its share of the leads is the active version's again.",
    BookAct.REROUTE: "Leads that this version routed were decided again.",
    BookAct.MOVE: "Leads on the road that went by this version go by another one.",
    BookAct.BROKEN: "This version cannot be used, so the one before it goes on. Publish a"
    " corrected version, or roll back.",
}


def announce(app: App, tx: Tx, entry: Entry, book: RuleBook) -> list[str]:
    """Write an act with a version into the book's history, and tell the book's owner.

    Args:
        app: Of this process.
        tx: Open transaction, in which the act itself is done.
        entry: What was done.
        book: The version whose policy says who is told; usually the active one.

    Returns:
        The destinations that have something new to send; ring them after the commit.
    """
    note_act(tx, entry)
    return tell_owner(app, tx, entry, book)


def tell_owner(app: App, tx: Tx, entry: Entry, book: RuleBook) -> list[str]:
    """Write the message about an act with a version to the book's owner.

    It is of no lead: it waits for no other message, and none waits for it.

    Args:
        app: Of this process; its destinations that listen to ``book.changed`` are written to.
        tx: Open transaction.
        entry: What was done.
        book: The version whose policy says who is told; usually the active one.

    Returns:
        The destinations that have something new to send; ring them after the commit.
    """
    told = person(book, book.policy.publishing.owner)
    data = {
        "book": entry.book,
        "name": book.name,
        "act": entry.act,
        "digest": entry.digest,
        "before": entry.before,
        "by": entry.by,
        "note": entry.note,
        "accountable": address(told.card),
        "left_roster": told.left,
        "how_to": _SAID[entry.act],
        "details": dict(entry.data),
    }
    body = orjson.dumps({"type": BOOK_CHANGED, "timestamp": entry.at, "data": data})
    destinations, writes = app.listeners(BOOK_CHANGED), Writes()
    for destination in destinations:
        number = entry.at.timestamp() * 1_000_000
        key = f"{entry.book}.{entry.act}.{entry.digest[:16]}.{number:.0f}.{destination}"
        row = action_row(
            action_id=timed_id(entry.at, "action", key),
            lead_id=None,
            seq=0,
            kind=BOOK_CHANGED,
            destination=destination,
            key=key,
            body=body,
            now=entry.at,
        )
        writes.put(Into.ACTION, row)
    flush(tx, writes)
    return destinations
