"""What ``migrate``, ``up`` and ``rules`` share: making the database ready, and publishing a book.

Slow to import: commands import it when they run.
"""

from dataclasses import dataclass
from pathlib import Path

from router.app import App
from router.errors import BookError
from router.road.versions.publish import Standing, Wish, publish
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import load_book
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
    #: What was published just now, or why nothing was that should be; empty for nothing to say.
    published: str


def prepare(app: App, *, by: str, follow: bool) -> Prepared:
    """Migrate, and publish the rule book's folder where that is due.

    Args:
        app: Of this process.
        by: Who publishes, for the record.
        follow: Publish also when a book is active already, ``LEAD_ROUTER_RULES`` names a folder,
            and what lies in it differs from the active book.

    What has problems or needs a second person is left out, and the book that is active goes on.

    Raises:
        BookError: The first book has problems, or its own tests fail.
        Conflict: Somebody else published another book meanwhile.
        Transient: The database cannot be reached.
    """
    revision = _migrated(app)
    with transaction(app.engine) as tx:
        active = books.active_digest(tx, app.settings.book) or ""
    if active and not (follow and app.settings.rules):
        return Prepared(revision, active, "")
    book, said = _follow(app, active, by)
    return Prepared(revision, book, said)


def _follow(app: App, active: str, by: str) -> tuple[str, str]:
    """Publish the folder if that is possible; return the active digest and what there is to say."""
    goes_on = f"Version {active[:12]} goes on."
    try:
        book = load(app.settings.rules)
        note = "the folder changed" if active else "the first book"
        done = publish(app, book, Wish(by, note), propose=False)
    except BookError as error:
        if not active:
            raise
        first, count = error.problems[0], len(error.problems)
        return active, (
            f"Left out the rule book of {app.settings.rules}, for it has problems. {goes_on}"
            f" `lead-router rules check` lists all {count}; the first:\n{first}"
        )
    version = f"the rule book {book.name!r}, version {book.digest[:12]}"
    match done.standing:
        case Standing.UNCHANGED:
            return book.digest, ""
        case Standing.WAITING:
            return active, (
                f"Left out {version}, for it needs a second person. {' '.join(done.reasons)}"
                f" {goes_on} `lead-router rules publish` asks for one."
            )
        case Standing.ACTIVE:
            before = f"It replaces {active[:12]}." if active else "It is the first one."
            return book.digest, f"Published {version}. {before}"


def _migrated(app: App) -> str:
    """Bring the tables up to date; return their revision."""
    with transaction(app.engine) as tx:
        revision = stored_revision(tx)
    if revision == needed_revision():
        return revision

    from router.store.migrate import migrate  # noqa: PLC0415 - slow to import, and rarely needed

    return migrate(app.engine)


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
