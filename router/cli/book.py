"""What ``migrate``, ``up`` and ``rules`` share: making the database ready, and publishing a book.

Slow to import: commands import it when they run.
"""

from dataclasses import dataclass
from pathlib import Path

from router.app import App
from router.errors import BookError
from router.now import now
from router.rulebook.load import load_book
from router.rulebook.model import RuleBook
from router.store import books
from router.store.revision import needed_revision, stored_revision
from router.store.tx import transaction


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the database holds now."""

    #: Revision of the tables.
    revision: str
    #: Digest of the active rule book.
    book: str
    #: What was published just now, in one sentence; empty if nothing was.
    published: str


def prepare(app: App, *, by: str, follow: bool) -> Prepared:
    """Migrate, and publish the rule book's folder where that is due.

    Args:
        app: Of this process.
        by: Who publishes, for the record.
        follow: Publish also when a book is active already, ``LEAD_ROUTER_RULES`` names a folder,
            and what lies in it differs from the active book.

    Raises:
        BookError: The folder has problems.
        Transient: The database cannot be reached.
    """
    revision = _migrated(app)
    with transaction(app.engine) as tx:
        active = books.active_digest(tx, app.settings.book)
    if active and not (follow and app.settings.rules):
        return Prepared(revision, active, "")
    book = load(app.settings.rules)
    if active == book.digest:
        return Prepared(revision, active, "")
    publish(app, book, by=by, note="the folder changed" if active else "the first book")
    before = f"It replaces {active[:12]}." if active else "It is the first one."
    said = f"Published the rule book {book.name!r}, version {book.digest[:12]}. {before}"
    return Prepared(revision, book.digest, said)


def _migrated(app: App) -> str:
    """Bring the tables up to date; return their revision."""
    with transaction(app.engine) as tx:
        revision = stored_revision(tx)
    if revision == needed_revision():
        return revision

    from router.store.migrate import migrate  # noqa: PLC0415 - slow to import, and rarely needed

    return migrate(app.engine)


def publish(app: App, book: RuleBook, *, by: str, note: str) -> None:
    """Make a book the active one; every process follows within half a second.

    Args:
        app: Of this process.
        book: Checked by its loader.
        by: Who publishes.
        note: Why.
    """
    with transaction(app.engine) as tx:
        books.publish(tx, book, serve=app.settings.book, by=by, note=note, now=now())


def load(folder: Path | None) -> RuleBook:
    """Read the operator's rule book, or the shipped one.

    Args:
        folder: The book's folder; None means the shipped book.

    Raises:
        BookError: The folder has problems; all of them are listed.
    """
    place = folder.expanduser().absolute() if folder else shipped()
    if not (place / "book.yaml").is_file():
        # Said at once: of any other folder the reader would complain file by file.
        raise BookError((f"{place} holds no book.yaml, so it is not a rule book's folder.",))
    return load_book(place)


def shipped() -> Path:
    """Return the folder of the rule book that comes with the program."""
    package = Path(__file__).parents[1]
    inside = package / "_rules"
    # In a checkout the book lies beside the package; the wheel carries it inside.
    return inside if inside.is_dir() else package.parent / "rules"
