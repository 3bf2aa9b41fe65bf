"""Versions of a book, bent from the one that ships, and what was done with them."""

from pathlib import Path

import orjson

from router.app import App
from router.embedded.processes import wait_for
from router.now import now as read_now
from router.road.versions.publish import Wish
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import book_from_files
from router.store import books, proposals
from router.store.book_log import history
from router.store.books import Alias
from router.store.tx import transaction

_NO_NORWAY = """\
  - id: no-norway
    summary: Nothing is sold there any more.
    steward: revops@northwind.example
    when: {country: NO}
    then: {reject: blocked}
    examples: {matches: [{country: "NO"}], misses: [{country: GB}]}
"""
#: Who changes the book, and who looks at it then.
REV = Wish("ann", "spring cleaning")
OPS = Wish("ben", "seen and agreed")


def bent(book: RuleBook, path: str, more: str) -> RuleBook:
    """Return a version with something more at the end of one of its files."""
    return book_from_files({**book.files, path: book.files[path] + more})


def barred(book: RuleBook, policy: str) -> RuleBook:
    """Return a version that may be changed as this says, instead of as the book says itself."""
    plain = book.files["book.yaml"].partition("\n# When a new version needs")[0]
    return book_from_files({**book.files, "book.yaml": f"{plain}{policy}"})


def harmless(book: RuleBook, word: str = "quiet") -> RuleBook:
    """Return another version that decides every lead as this one does."""
    return bent(book, "book.yaml", f"# {word}\n")


def without_norway(book: RuleBook) -> RuleBook:
    """Return a version that refuses every lead from Norway, and has no tests of its own."""
    kept = {path: text for path, text in book.files.items() if not path.startswith("tests/")}
    return book_from_files({**kept, "10-guards.yaml": kept["10-guards.yaml"] + _NO_NORWAY})


def when_left(book: RuleBook, person: str) -> RuleBook:
    """Return a version in which somebody has left, and the fallback owner answers for theirs."""
    teams = book.files["teams.yaml"]
    teams = teams.replace(f"accountable: {person}\n", f"accountable: {book.fallback_owner}\n")
    teams = teams.replace(f"\n  {person}:\n", f"\n  {person}:\n    left: true\n", 1)
    return book_from_files({**book.files, "teams.yaml": teams})


def guarded(book: RuleBook) -> RuleBook:
    """Return a version whose guard against blocked domains knows one more."""
    return bent(book, "lists/blocked_domains.txt", "junk-sender.example\n")


def follows(app: App, digest: str) -> bool:
    """Wait until a process goes by a version; return whether it does."""
    return wait_for(lambda: app.shelf.active().digest == digest, seconds=30.0)


def acts(app: App) -> list[tuple[str, str]]:
    """Return what was done with versions since the base, in order, and by whom."""
    with transaction(app.engine) as tx:
        found = history(tx, "default", limit=100)
    return [(each.act.value, each.by) for each in reversed(found)][1:]


def news(app: App) -> list[dict[str, object]]:
    """Return what the book's owner was told, in order."""
    with transaction(app.engine) as tx:
        rows = tx.rows(
            "SELECT body FROM action WHERE lead_id IS NULL AND kind = 'book.changed'"
            " ORDER BY number"
        )
    return [orjson.loads(bytes(row[0]))["data"] for row in rows]


def proposal(app: App, digest: str) -> proposals.Proposal:
    """Return the last proposal of a version; there must be one."""
    with transaction(app.engine) as tx:
        found = proposals.newest_proposal(tx, "default", digest)
    assert found is not None
    return found


def point_at(app: App, digest: str, files: dict[str, str] | None) -> None:
    """Move the alias to a version that nobody checked; without files there is no such version."""
    with transaction(app.engine) as tx:
        if files is not None:
            tx.run(
                "INSERT INTO rulebook (digest, name, files, published_at) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                (digest, "by hand", orjson.dumps(files).decode(), read_now()),
            )
        books.move_alias(
            tx, serve="default", alias=Alias.ACTIVE, digest=digest, by="hand", now=read_now()
        )


def findings(told: dict[str, object], about: str) -> list[tuple[str, str]]:
    """Return what ``doctor`` found about something."""
    found = told["findings"]
    assert isinstance(found, list)
    return [(each["level"], each["text"]) for each in found if each["about"] == about]


def written(book: RuleBook, folder: Path) -> str:
    """Write a book into a folder; return its path."""
    for path, text in book.files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return str(folder)
