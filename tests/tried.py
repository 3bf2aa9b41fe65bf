"""The small book of the journeys, and versions of it to try beside it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import LiteralString

from router.app import App
from router.embedded.processes import wait_for
from router.now import now as read_now
from router.road.ticker.tick import Ticker
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import book_from_files, load_book
from router.store import books
from router.store.tx import transaction

_FOLDER = Path(__file__).parent / "journey" / "book"
_ASK = """\
phase: guards

rules:
  - id: somebody-looks
    summary: Whoever wants a demo is looked at by a person first.
    steward: sales-ops@northwind.example
    when: {message: {contains: demo}}
    then: {review: looked-at}
"""
_TRACES: tuple[LiteralString, ...] = (
    "DELETE FROM rulebook_proposal",
    "DELETE FROM rulebook_log",
    "DELETE FROM rulebook_alias",
    "DELETE FROM canary_lead",
)
_MORE = "  tags: tags\n  form.kind: form\n  utm.campaign: campaign\n"
_POLICY = """
publishing: {owner: olive-grant, approve_guards: true}
canary: {least: 10, review: 0.1}
"""


def small_book() -> RuleBook:
    """Return the book to begin with: a guard that changes needs a second person."""
    book = load_book(_FOLDER)
    source = "sources/generic.yaml"
    files = {
        **book.files,
        "book.yaml": book.files["book.yaml"] + _POLICY,
        source: book.files[source].replace("  tags: tags\n", _MORE),
    }
    return book_from_files(files)


def start_anew(app: App) -> RuleBook:
    """Make the small book the active one; nothing is tried, and the leads so far are old."""
    book = small_book()
    with transaction(app.engine) as tx:
        for table in _TRACES:
            tx.run(table)
        tx.run("DELETE FROM action WHERE lead_id IS NULL")
        tx.run("UPDATE lead SET received_at = received_at - interval '60 days'")
        books.publish(tx, book, serve="default", by="tests", note="base", now=read_now())
    assert sees([app], active=book.digest, shadow="", canary="")
    return book


def asking(book: RuleBook) -> RuleBook:
    """Return a version that leaves everybody who wants a demo to a person."""
    return book_from_files({**book.files, "10-guards.yaml": _ASK})


def moving(book: RuleBook) -> RuleBook:
    """Return a version that gives Britain to the pool of Germany."""
    routes = book.files["20-routes.yaml"]
    return book_from_files(
        {**book.files, "20-routes.yaml": routes.replace("{pool: britain}", "{pool: germany}")}
    )


def hiring(book: RuleBook) -> RuleBook:
    """Return a version that gives Britain to somebody whom no version had before."""
    card = "  zoe-marsh: {name: Zoe Marsh, email: zoe.marsh@northwind.example, calendar: always}\n"
    teams = book.files["teams.yaml"].replace("people:\n", f"people:\n{card}")
    teams = teams.replace("members: [amy-field, ben-wood]", "members: [zoe-marsh]")
    teams = teams.replace("calendar: always}\n", "calendar: always, manager: olive-grant}\n", 1)
    return book_from_files({**book.files, "teams.yaml": teams})


def unsound(book: RuleBook) -> RuleBook:
    """Return a version whose own test fails."""
    case = "- name: Britain\n  lead: {country: GB}\n  expect: {pool: france}\n"
    return book_from_files({**moving(book).files, "tests/cases.yaml": case})


def sees(apps: Iterable[App], **used: str) -> bool:
    """Wait until processes use these versions; return whether they do."""
    return all(
        wait_for(lambda app=app: _uses(app, used), seconds=30.0)  # type: ignore[misc]  # bound now
        for app in apps
    )


def _uses(app: App, used: Mapping[str, str]) -> bool:
    found = app.shelf.aliases()
    return all(getattr(found, name) == digest for name, digest in used.items())


def tick(app: App, job: str) -> None:
    """Let a ticker go round once, in which it is a periodic job's turn."""
    with transaction(app.engine) as tx:
        tx.run("DELETE FROM schedule_slot WHERE name = %s", (job,))
    Ticker(app).round()
