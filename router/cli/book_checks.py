"""What ``doctor`` looks at in the rule book: whether it serves, who waits, what was forced.

Slow to import: commands import it when they run.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from router.app import App
from router.cli.book import load
from router.cli.findings import Finding, Level
from router.errors import BookError, Rejected
from router.now import now
from router.rulebook.canary import terms_from
from router.rulebook.model import RuleBook
from router.settings import Settings, secret_variable
from router.store import book_log, proposals
from router.store.beside import in_use
from router.store.book_log import BookAct
from router.store.books import Alias
from router.store.tx import Tx
from router.web.arrival import is_loopback
from router.wording import counted

#: How long an override is shown, and a proposal may wait before it is.
_DAY = timedelta(days=1)
_FIRST = 12
_SHOWN = 5


def check_book(app: App, tx: Tx) -> Iterator[Finding]:
    """Look at the rule book: is it usable, does somebody wait, was something forced?

    Args:
        app: Of this process.
        tx: Open transaction.

    Raises:
        Misconfigured: Nothing was published, or nothing that was can be used.
    """
    book = app.shelf.active()
    aliases = app.shelf.aliases()
    for digest in (aliases.shadow, aliases.canary):
        app.shelf.usable(digest)
    broken = app.shelf.unusable()
    for each in broken:
        instead = ""
        if each.digest == aliases.active:
            instead = f"Version {book.digest[:_FIRST]} serves instead. "
        yield Finding(
            Level.FAIL,
            "rule book",
            f"Version {each.digest[:_FIRST]} cannot be used. {instead}Publish a corrected one, or"
            f" `lead-router rules rollback`. Its reader says: {each.reason}",
        )
    if book.digest == aliases.active:
        text = f"{book.name!r}, version {book.digest[:_FIRST]}, is active."
        yield Finding(Level.OK, "rule book", text)
    yield from _folder(app, aliases.active)
    yield from _proposals(app, tx)
    yield from _overrides(app, tx)
    yield from _tried(app, tx)
    yield from _sources(app.settings, book)


def _folder(app: App, active: str) -> Iterator[Finding]:
    folder = app.settings.rules
    if folder is None:
        return
    try:
        differs = load(folder).digest != active
    except BookError as error:
        problems = counted(len(error.problems), "problem")
        yield Finding(
            Level.WARN,
            "rule book",
            f"{folder} has {problems}, so it cannot be published: run `lead-router rules check`.",
        )
        return
    if differs:
        yield Finding(
            Level.WARN,
            "rule book",
            f"{folder} differs from the active version: run `lead-router rules publish`.",
        )


def _proposals(app: App, tx: Tx) -> Iterator[Finding]:
    for each in proposals.pending(tx, app.settings.book):
        old = now() - each.asked_at >= _DAY
        yield Finding(
            Level.WARN if old else Level.OK,
            "proposal",
            f"Version {each.digest[:_FIRST]} of {each.asked_by} waits for a second person since"
            f" {each.asked_at:%Y-%m-%d %H:%MZ}: `lead-router rules approve` or `rules refuse`.",
        )


def _overrides(app: App, tx: Tx) -> Iterator[Finding]:
    since = now() - _DAY
    forced = book_log.history(
        tx, app.settings.book, limit=_SHOWN, acts=(BookAct.OVERRIDE,), since=since
    )
    for each in forced:
        yield Finding(
            Level.WARN,
            "override",
            f"{each.by} made version {each.digest[:_FIRST]} active without a second person or its"
            f" tests at {each.at:%Y-%m-%d %H:%MZ}: {each.note}",
        )


def _tried(app: App, tx: Tx) -> Iterator[Finding]:
    """Say what is tried beside the active version, and what the ticker ended lately."""
    serve = app.settings.book
    for alias in (Alias.SHADOW, Alias.CANARY):
        use = in_use(tx, serve, alias)
        if use is not None:
            what = "is watched" if alias is Alias.SHADOW else f"decides {_whom(use.terms)}"
            began = f"{use.began:%Y-%m-%d %H:%MZ}"
            text = f"Version {use.digest[:_FIRST]} of {use.by} {what} since {began}."
            yield Finding(Level.OK, alias.value, text)
    acts, since = (BookAct.RETURN,), now() - _DAY
    for each in book_log.history(tx, serve, limit=_SHOWN, acts=acts, since=since):
        yield Finding(
            Level.WARN,
            "canary",
            f"Version {each.digest[:_FIRST]} was ended at {each.at:%Y-%m-%d %H:%MZ}: {each.note}."
            " Its leads stay with it, unless `lead-router rules move` or `rules reroute` takes them"
            " away.",
        )


def _whom(terms: Mapping[str, object]) -> str:
    try:
        return terms_from(terms).words()
    except Rejected as error:
        return f"no lead ({error})"


def _sources(told: Settings, book: RuleBook) -> Iterator[Finding]:
    for source in book.sources.values():
        name = source.verify.secret or source.id
        if told.secrets(name):
            yield Finding(Level.OK, f"source {source.id}", f"{secret_variable(name)} is set here.")
        elif source.verify.scheme != "none":
            yield Finding(
                Level.WARN,
                f"source {source.id}",
                f"{secret_variable(name)} is not set here: a web process without it answers 503.",
            )
        elif not is_loopback(told.host):
            yield Finding(
                Level.WARN,
                f"source {source.id}",
                f"It is unsigned, and refused on {told.host} unless {secret_variable(name)} is set"
                " and posted as the last part of its path.",
            )
