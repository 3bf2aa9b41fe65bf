"""How a version becomes the active one: the gate before it, and the ways back.

Looking at a version takes long and locks nothing; what was found counts only if the active version
is still the one that it was compared with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import structlog

from router.app import App
from router.errors import BookError, Conflict, Misconfigured, NotFound
from router.now import now as read_now
from router.road.versions.backtest import last_days
from router.road.versions.look import Looked, Watch, look, weigh
from router.road.versions.news import announce
from router.rulebook.consent import second_person
from router.rulebook.model import RuleBook
from router.store import books, proposals
from router.store.book_log import BookAct, Entry, came_after, once_active
from router.store.books import Alias
from router.store.proposals import ProposalState
from router.store.tx import Tx, transaction

log = structlog.get_logger()

#: Leads of the past that publishing asks about at most: more make the answer late, not better.
MOST_LEADS = 100_000
_FIRST = 12


class Standing(StrEnum):
    """Where a version stands after it was published."""

    #: It decides new leads from now on.
    ACTIVE = "active"
    #: It did so already; nothing changed.
    UNCHANGED = "unchanged"
    #: It waits for a second person.
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a version, and says about it."""

    by: str
    note: str = ""
    #: Why it must be active without a second person and without passing its tests; empty for no.
    override: str = ""
    #: Whether the version is tried on leads of the past. A version that is not needs a second
    #: person wherever a share of them would.
    past: bool = True


@dataclass(frozen=True, slots=True)
class Published:
    """What came of it."""

    standing: Standing
    digest: str
    #: The version that was active until then; empty for the first one.
    before: str
    #: Why a second person is needed, or would have been without the override.
    reasons: tuple[str, ...] = ()
    checks: Mapping[str, object] = field(default_factory=dict)


def publish(
    app: App,
    book: RuleBook,
    wish: Wish,
    *,
    propose: bool = True,
    watch: Watch | None = None,
) -> Published:
    """Make a version the active one, or ask a second person about it.

    Args:
        app: Of this process.
        book: Checked by its loader.
        wish: Who wants it, and why.
        propose: Whether a version that needs a second person is stored and waits for one;
            otherwise nothing is written of it.
        watch: Told how far it is; a backtest of many leads takes half a minute.

    Raises:
        BookError: It has errors, or its tests fail; all of it is listed.
        Conflict: Another version became active meanwhile.
        Transient: The database cannot be reached; nothing changed.
    """
    with transaction(app.engine) as tx:
        active = books.active_digest(tx, app.settings.book) or ""
    if active == book.digest:
        return Published(Standing.UNCHANGED, book.digest, active)
    serving = _serving(app, active)
    found, reasons = _looked_at(app, book, serving, wish, watch)
    waits = bool(reasons) and not wish.override
    if waits and not propose:
        return Published(Standing.WAITING, book.digest, active, reasons, found.checks)
    now = read_now()
    with transaction(app.engine) as tx:
        if _active_still(tx, app, active, book.digest) == book.digest:
            return Published(Standing.UNCHANGED, book.digest, book.digest)
        books.store_version(tx, book, by=wish.by, note=wish.note, now=now, checks=found.checks)
        entry = Entry(
            book=app.settings.book,
            act=_act(wish, waits=waits),
            digest=book.digest,
            at=now,
            by=wish.by,
            before="" if waits else active,
            note=wish.override or wish.note,
            data=_said(found, reasons),
        )
        told_by = serving or book
        rung = (
            _ask(app, tx, entry, reasons, told_by) if waits else _take_over(app, tx, entry, told_by)
        )
    app.bell.ring_destinations(rung)
    standing = Standing.WAITING if waits else Standing.ACTIVE
    return Published(standing, book.digest, active, reasons, found.checks)


def _looked_at(
    app: App, book: RuleBook, serving: RuleBook | None, wish: Wish, watch: Watch | None
) -> tuple[Looked, tuple[str, ...]]:
    """Look at a version; return what was found, and why a second person must agree.

    Raises:
        BookError: Something forbids it, and nothing overrides that.
    """
    now = read_now()
    found = look(book, serving, now, watch=watch)
    if found.problems and not wish.override:
        raise BookError(found.problems)
    if serving is None:
        return found, ()
    policy = serving.policy.publishing
    past = last_days(policy.look_back, now, app.settings.book, most=MOST_LEADS)
    found = weigh(app, book, serving, found, past=past if wish.past else None, watch=watch)
    return found, second_person(policy, found.change)


def approve(app: App, digest: str, wish: Wish) -> Published:
    """Agree, as a second person, to a version that waits; it is the active one from now on.

    Args:
        app: Of this process.
        digest: The version.
        wish: Who agrees; not its author.

    Raises:
        NotFound: No such version waits.
        Conflict: Its author cannot agree to it; or it was answered already.
        BookError: This program refuses to read it.
        Transient: The database cannot be reached; nothing changed.
    """
    serve, now = app.settings.book, read_now()
    # Also a proof that this program can read it: a version that it cannot must not become active.
    book = app.shelf.book(digest)
    with transaction(app.engine) as tx:
        books.lock_book(tx, serve)
        asked = _waiting(tx, serve, digest)
        if _same(asked.asked_by, wish.by):
            raise Conflict(
                f"{asked.asked_by} proposed version {digest[:_FIRST]} and cannot agree to it too."
                " Let somebody else run `lead-router rules approve`."
            )
        active = books.active_digest(tx, serve) or ""
        proposals.answer(
            tx, serve=serve, digest=digest, state=ProposalState.APPROVED, by=wish.by, now=now
        )
        entry = Entry(
            book=serve,
            act=BookAct.APPROVE,
            digest=digest,
            at=now,
            by=wish.by,
            before=active,
            note=wish.note,
            data={"asked_by": asked.asked_by, "reasons": list(asked.reasons)},
        )
        rung = _take_over(app, tx, entry, _serving(app, active) or book)
    app.bell.ring_destinations(rung)
    return Published(Standing.ACTIVE, digest, active, asked.reasons)


def refuse(app: App, digest: str, wish: Wish) -> None:
    """Do not agree to a version that waits; its author may also take it back so.

    Args:
        app: Of this process.
        digest: The version.
        wish: Who does not agree, and why.

    Raises:
        NotFound: No such version waits.
        Conflict: It was answered already.
        Transient: The database cannot be reached; nothing changed.
    """
    serve, now = app.settings.book, read_now()
    with transaction(app.engine) as tx:
        active = books.active_digest(tx, serve) or ""
    serving = _serving(app, active) or app.shelf.book(digest)
    with transaction(app.engine) as tx:
        books.lock_book(tx, serve)
        asked = _waiting(tx, serve, digest)
        proposals.answer(
            tx, serve=serve, digest=digest, state=ProposalState.REFUSED, by=wish.by, now=now
        )
        entry = Entry(
            book=serve,
            act=BookAct.REFUSE,
            digest=digest,
            at=now,
            by=wish.by,
            note=wish.note,
            data={"asked_by": asked.asked_by},
        )
        rung = announce(app, tx, entry, serving)
    app.bell.ring_destinations(rung)


def roll_back(app: App, wish: Wish, *, to: str = "") -> Published:
    """Make an earlier version the active one again. New leads go by it within a second.

    Leads on the road keep the version they started with.

    Args:
        app: Of this process.
        wish: Who wants it, and why.
        to: A version that was active once; empty for the one before the active one.

    Raises:
        NotFound: There is none before it, or it was never active.
        BookError: This program refuses to read it.
        Transient: The database cannot be reached; nothing changed.
    """
    serve, now = app.settings.book, read_now()
    with transaction(app.engine) as tx:
        at_first = books.aliases(tx, serve)
        known = once_active(tx, serve)
    digest = to or at_first.before
    if not digest:
        raise NotFound(
            f"No version was active before {at_first.active[:_FIRST]}. Name one with --to;"
            " `lead-router rules history` lists them."
        )
    if digest not in known:
        raise NotFound(
            f"Version {digest[:_FIRST]} was never active, so nothing can be rolled back to it."
            " Publish it."
        )
    if digest == at_first.active:
        return Published(Standing.UNCHANGED, digest, digest)
    # Read before anything moves: a version that this program cannot read helps nobody.
    book = app.shelf.book(digest)
    with transaction(app.engine) as tx:
        _active_still(tx, app, at_first.active)
        entry = Entry(
            book=serve,
            act=BookAct.ROLLBACK,
            digest=digest,
            at=now,
            by=wish.by,
            before=at_first.active,
            note=wish.note,
        )
        # A second rollback goes further back, not forward to what went wrong.
        rung = _take_over(app, tx, entry, book, before=came_after(tx, serve, digest))
    app.bell.ring_destinations(rung)
    return Published(Standing.ACTIVE, digest, at_first.active)


def _serving(app: App, active: str) -> RuleBook | None:
    """Return the version that decides new leads; None before the first, or if none can be used."""
    try:
        return app.shelf.usable(active) or app.shelf.active()
    except Misconfigured:
        return None


def _take_over(
    app: App, tx: Tx, entry: Entry, told_by: RuleBook, *, before: str | None = None
) -> list[str]:
    """Make a stored version the active one; return the destinations to ring."""
    books.move_alias(
        tx,
        serve=entry.book,
        alias=Alias.ACTIVE,
        digest=entry.digest,
        by=entry.by,
        now=entry.at,
        before=before,
    )
    proposals.overtake(tx, serve=entry.book, by=entry.by, now=entry.at)
    told = {"book": entry.book, "digest": entry.digest, "before": entry.before}
    if entry.act is BookAct.OVERRIDE:
        log.error("rule_book_overridden", **told)
    else:
        log.info("rule_book_took_over", act=entry.act.value, **told)
    return announce(app, tx, entry, told_by)


def _ask(app: App, tx: Tx, entry: Entry, reasons: Sequence[str], told_by: RuleBook) -> list[str]:
    """Ask a second person, unless the version waits already; return the destinations to ring."""
    fresh = proposals.propose(
        tx,
        serve=entry.book,
        digest=entry.digest,
        by=entry.by,
        note=entry.note,
        reasons=reasons,
        now=entry.at,
    )
    return announce(app, tx, entry, told_by) if fresh else []


def _active_still(tx: Tx, app: App, active: str, wanted: str = "") -> str:
    """Lock the book and return its active version; refuse when it is neither of the two."""
    books.lock_book(tx, app.settings.book)
    found = books.active_digest(tx, app.settings.book) or ""
    if found not in (active, wanted or active):
        raise Conflict(
            f"Version {found[:_FIRST]} became active meanwhile, instead of"
            f" {active[:_FIRST] or 'none'}. Look at it and try again."
        )
    return found


def _waiting(tx: Tx, serve: str, digest: str) -> proposals.Proposal:
    asked = proposals.newest_proposal(tx, serve, digest)
    if asked is None:
        raise NotFound(
            f"Version {digest[:_FIRST]} was never proposed. `lead-router rules status` lists what"
            " waits."
        )
    if asked.state is not ProposalState.PENDING:
        raise Conflict(
            f"The proposal of version {digest[:_FIRST]} is {asked.state} by {asked.answered_by}."
            " Publish it again to propose it anew."
        )
    return asked


def _same(one: str, other: str) -> bool:
    """Tell whether two names are of the same person, however they are typed."""
    return one.strip().casefold() == other.strip().casefold()


def _act(wish: Wish, *, waits: bool) -> BookAct:
    if wish.override:
        return BookAct.OVERRIDE
    return BookAct.PROPOSE if waits else BookAct.PUBLISH


def _said(found: Looked, reasons: Sequence[str]) -> dict[str, object]:
    """Return what the history keeps of a look: what was in the way, as far as anything was."""
    said = {"problems": list(found.problems), "reasons": list(reasons)}
    return {name: texts for name, texts in said.items() if texts}
