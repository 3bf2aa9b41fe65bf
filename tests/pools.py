"""A pool of a book with other terms, its leads, and what stands in its ledger."""

import re
from collections.abc import Mapping

from router.app import App
from router.embedded.processes import wait_for
from router.lead.model import Lead
from router.now import now as read_now
from router.road.drain import Road
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import book_from_files
from router.store import books
from router.store.roster import MemberRow, assigned_counts
from router.store.tx import transaction
from tests.build import inquiry, send

#: The pool that a clear inquiry goes to.
UK = "uk-and-ireland"
_PLAIN = "members: [priya-shah, tom-keane]"


def with_pool(book: RuleBook, terms: str, *, members: str = _PLAIN, cards: str = "") -> RuleBook:
    """Return a version of the starter book whose pool for clear inquiries has other terms.

    Args:
        book: The starter book.
        terms: Lines of YAML for the pool, besides role, manager and members.
        members: The line, or lines, of its members.
        cards: ``person: line`` in lines, put on these people's cards.
    """
    text = book.files["teams.yaml"]
    lines = "".join(f"    {line}\n" for line in (members, *terms.splitlines()) if line.strip())
    text = re.sub(
        rf"(\n  {UK}:\n    role: sales\n    manager: george-amari\n)    members: .*\n",
        lambda found: str(found[1]) + lines,
        text,
        count=1,
    )
    for card in cards.splitlines():
        person, _, line = card.partition(": ")
        text = text.replace(f"\n  {person}:\n", f"\n  {person}:\n    {line}\n", 1)
    return book_from_files({**_untested(book.files), "teams.yaml": text})


def _untested(files: Mapping[str, str]) -> dict[str, str]:
    return {path: text for path, text in files.items() if not path.startswith("tests/")}


def use(app: App, book: RuleBook) -> RuleBook:
    """Make a version the active one, and wait until this process goes by it."""
    with transaction(app.engine) as tx:
        books.publish(tx, book, serve="default", by="tests", note="", now=read_now())
    assert wait_for(lambda: app.shelf.active().digest == book.digest, seconds=3.0)
    return book


def owner(lead: Lead) -> str:
    """Return who has a lead; there must be somebody."""
    assert lead.owner is not None
    return lead.owner.id


def come_in(road: Road, many: int, **changes: object) -> list[str]:
    """Send so many clear inquiries of different people; return who got each."""
    return [owner(send(road, inquiry(**changes))) for _ in range(many)]


def stands(app: App, pool: str = UK) -> dict[str, MemberRow]:
    """Return what stands of each member of a pool."""
    with transaction(app.engine) as tx:
        rows = assigned_counts(tx, "default")
    return {person: row for (name, person), row in rows.items() if name == pool}


def start_even(app: App) -> None:
    """Let nobody be owed anything, nobody be away, and no lead be open."""
    with transaction(app.engine) as tx:
        for table in ("pool_member", "ledger", "held", "wake", "absence", "allowance", "clock"):
            tx.run(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        tx.run("UPDATE lead SET state = 'closed', outcome = 'spam' WHERE owner_id IS NOT NULL")
