"""A pool of a book with other terms, its leads, and what stands in its ledger."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

import pytest

from router.app import App
from router.lead.model import Lead
from router.now import now as read_now
from router.road.accounts.rows import AccountRow
from router.road.accounts.take import take_accounts
from router.road.drain import Road
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import book_from_files
from router.store import books
from router.store.absences import set_away, set_back
from router.store.roster import MemberRow, assigned_counts
from router.store.tx import transaction
from tests.build import MONDAY, inquiry, lead_now, send, time_stands_at
from tests.versions import follows

#: The pool that a clear inquiry goes to.
UK = "uk-and-ireland"
#: Its members, and who gets what nobody of them can take.
BOTH, FALLBACK = ("priya-shah", "tom-keane"), "ines-okafor"
_PLAIN = "members: [priya-shah, tom-keane]"
#: What one test leaves behind that another must not find; leads stay, and are closed.
_OF_A_TEST = (
    "pool_member",
    "ledger",
    "held",
    "wake",
    "absence",
    "allowance",
    "clock",
    "account_key",
    "account",
    "api_key",
)


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
    assert follows(app, book.digest)
    return book


def owner(lead: Lead) -> str:
    """Return who has a lead; there must be somebody."""
    assert lead.owner is not None
    return lead.owner.id


def owner_now(app: App, lead: Lead) -> str:
    """Return who has a lead by now."""
    return owner(lead_now(app, lead.id))


def come_in(road: Road, many: int, **changes: object) -> list[str]:
    """Send so many clear inquiries of different people; return who got each."""
    return [owner(send(road, inquiry(**changes))) for _ in range(many)]


def stands(app: App, pool: str = UK) -> dict[str, MemberRow]:
    """Return what stands of each member of a pool."""
    with transaction(app.engine) as tx:
        rows = assigned_counts(tx, "default")
    return {person: row for (name, person), row in rows.items() if name == pool}


def go_away(app: App, *people: str, until: datetime | None = None, cover: str = "") -> None:
    """Let people be away from now on, until a moment or until further notice."""
    with transaction(app.engine) as tx:
        for person in people:
            set_away(
                tx,
                book="default",
                person=person,
                until=until,
                reason="unwell",
                by="tests",
                now=read_now(),
                cover=cover,
            )


def come_back(app: App, *people: str) -> None:
    """Let people be back."""
    with transaction(app.engine) as tx:
        for person in people:
            set_back(tx, book="default", person=person, now=read_now())


def owns(app: App, **account: object) -> None:
    """Let the accounts know the company whose people write."""
    row: Mapping[str, object] = {
        "line": 1,
        "key": "A-1",
        "name": "Archer Mills",
        "domains": ("archer-mills.example",),
        **account,
    }
    take_accounts(app, [AccountRow(**row)], read_now(), by="tests")  # type: ignore[arg-type]  # real fields


@pytest.fixture
def even_monday(app: App) -> Iterator[None]:
    """Stand on a monday morning on which everybody works, with nobody ahead or behind."""
    start_even(app)
    with time_stands_at(MONDAY):
        yield


def start_even(app: App) -> None:
    """Let nobody be owed anything or be away, no lead be open, and no account or key be known."""
    with transaction(app.engine) as tx:
        for table in _OF_A_TEST:
            tx.run(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        tx.run("UPDATE lead SET state = 'closed', outcome = 'spam' WHERE owner_id IS NOT NULL")
