"""Try a version beside the active one: watch it as a shadow, give it leads as a canary, end both.

Either is checked as closely as one that shall become active, for a lead that a canary decides is
decided. A canary that strays is ended by the ticker (:mod:`router.road.versions.band`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches

import structlog

from router.app import App
from router.errors import BookError, Conflict, NotFound, Rejected
from router.now import now as read_now
from router.road.versions.backtest import last_days
from router.road.versions.band import settle
from router.road.versions.look import Looked, Watch, look, weigh
from router.road.versions.news import announce
from router.road.versions.publish import MOST_LEADS, Published, Wish, publish
from router.rulebook.canary import ALL, Terms, terms_from
from router.rulebook.consent import second_person
from router.rulebook.model import RuleBook
from router.store import books
from router.store.beside import Use, Watched, forget_watched, in_use, terms_with, watched
from router.store.book_log import BookAct, Entry, history
from router.store.books import Alias
from router.store.tx import Tx, transaction

log = structlog.get_logger()

_FIRST = 12


@dataclass(frozen=True, slots=True)
class Seen:
    """What a shadow has seen."""

    use: Use
    #: None while it is watched.
    ended: datetime | None
    watched: Watched


def watch(app: App, book: RuleBook, wish: Wish) -> bool:
    """Ask a version about every live lead from now on, without any effect.

    Args:
        app: Of this process.
        book: Checked by its loader; stored with this.
        wish: Who wants it, and why.

    Returns:
        Whether it is new; False when it is watched already.

    Raises:
        BookError: It has errors, or its tests fail; all of it is listed.
        Conflict: It is the active version.
        Transient: The database cannot be reached; nothing changed.
    """
    serving, found = _checked(app, book)
    serve, now = app.settings.book, read_now()
    with transaction(app.engine) as tx:
        books.lock_book(tx, serve)
        _not_active(tx, serve, book.digest)
        if books.aliases(tx, serve).shadow == book.digest:
            return False
        forget_watched(tx, serve, book.digest)
        entry = Entry(
            book=serve,
            act=BookAct.SHADOW,
            digest=book.digest,
            at=now,
            by=wish.by,
            note=wish.note or "begins",
            data={"on": True},
        )
        _put_to_use(tx, Alias.SHADOW, book, entry, terms=terms_with({}, now), found=found)
        rung = announce(app, tx, entry, serving)
    app.bell.ring_destinations(rung)
    log.info("shadow_began", digest=book.digest)
    return True


def unwatch(app: App, wish: Wish) -> str:
    """End the shadow; what it has seen is kept until the same version is watched anew.

    Args:
        app: Of this process.
        wish: Who wants it, and why.

    Returns:
        Its digest; empty when there was none.

    Raises:
        Transient: The database cannot be reached; nothing changed.
    """
    return _end(app, Alias.SHADOW, wish, wish.note or "ends")


def seen(app: App, *, most: int) -> Seen | None:
    """Return what the shadow has seen, or else the last one; None when there never was one.

    Args:
        app: Of this process.
        most: Ways to differ that are listed; those with the most leads.
    """
    serve = app.settings.book
    with transaction(app.engine) as tx:
        use, ended = in_use(tx, serve, Alias.SHADOW), None
        if use is None:
            last = history(tx, serve, limit=1, acts=(BookAct.SHADOW,))
            began = last[0].data.get("began") if last else None
            if began is None:
                return None
            ended = last[0].at
            use = Use(last[0].digest, {}, datetime.fromisoformat(str(began)), last[0].by)
        return Seen(use, ended, watched(tx, serve, use, most=most))


def begin(  # noqa: PLR0913 - which version, for whom, and who says so
    app: App,
    book: RuleBook,
    terms: Terms,
    wish: Wish,
    *,
    agreed_by: str = "",
    watch: Watch | None = None,
) -> bool:
    """Let a version decide a share of the new leads, or another share of them.

    Leads that were given to it stay with it, also when its share becomes smaller or it ends.

    Args:
        app: Of this process.
        book: Checked by its loader; stored with this.
        terms: Which leads.
        wish: Who wants it, and why.
        agreed_by: The second person, where the active version's policy wants one for what this
            share of the leads would be put to.
        watch: Told how far it is, where leads of the past are tried.

    Returns:
        Whether anything changed; False when it has exactly these leads already.

    Raises:
        BookError: It has errors, or its tests fail; all of it is listed.
        Conflict: It is the active version, or a second person is needed.
        Rejected: A team is no pool of the active version.
        Transient: The database cannot be reached; nothing changed.
    """
    serving, found = _checked(app, book)
    _known_teams(terms, serving)
    if not agreed_by or _same(agreed_by, wish.by):
        why = _reasons(app, book, serving, found, terms=terms, watch=watch)
        _need_nobody(terms, agreed_by, why)
    serve, now, said = app.settings.book, read_now(), terms.as_json()
    with transaction(app.engine) as tx:
        books.lock_book(tx, serve)
        _not_active(tx, serve, book.digest)
        use, began = in_use(tx, serve, Alias.CANARY), now
        if use is not None and use.digest == book.digest:
            if terms_from(use.terms) == terms:
                return False
            # A share that grows is the same canary: what it has shown so far still counts.
            began = use.began
        entry = Entry(
            book=serve,
            act=BookAct.CANARY,
            digest=book.digest,
            at=now,
            by=wish.by,
            note=f"{terms.words()}: {wish.note}" if wish.note else terms.words(),
            data={"on": True, "terms": said, "agreed_by": agreed_by},
        )
        _put_to_use(tx, Alias.CANARY, book, entry, terms=terms_with(said, began), found=found)
        rung = announce(app, tx, entry, serving)
    app.bell.ring_destinations(rung)
    log.info("canary_began", digest=book.digest, percent=terms.percent)
    return True


def end(app: App, wish: Wish) -> str:
    """Give no more leads to the canary; those that it was given stay with it.

    Args:
        app: Of this process.
        wish: Who wants it, and why.

    Returns:
        Its digest; empty when there was none.

    Raises:
        Transient: The database cannot be reached; nothing changed.
    """
    return _end(app, Alias.CANARY, wish, wish.note or "ends")


def promote(app: App, wish: Wish, *, watch: Watch | None = None) -> Published:
    """Make the canary the active version; it is published as every other.

    It goes on as a canary while it waits for a second person.

    Args:
        app: Of this process.
        wish: Who wants it, and why.
        watch: Told how far it is, where leads of the past are tried.

    Raises:
        NotFound: There is no canary.
        BookError: It has errors by now, or its tests fail.
        Conflict: Another version became active meanwhile.
        Transient: The database cannot be reached; nothing changed.
    """
    serve = app.settings.book
    with transaction(app.engine) as tx:
        use = in_use(tx, serve, Alias.CANARY)
    if use is None:
        raise NotFound("There is no canary to promote. `lead-router rules publish` needs none.")
    done = publish(app, app.shelf.book(use.digest), wish, watch=watch)
    with transaction(app.engine) as tx:
        settle(tx, serve, read_now())
    return done


def _end(app: App, alias: Alias, wish: Wish, note: str) -> str:
    serve, now = app.settings.book, read_now()
    serving = app.shelf.active()
    with transaction(app.engine) as tx:
        books.lock_book(tx, serve)
        use = in_use(tx, serve, alias)
        if use is None:
            return ""
        books.drop_alias(tx, serve=serve, alias=alias)
        entry = Entry(
            book=serve,
            act=BookAct.SHADOW if alias is Alias.SHADOW else BookAct.CANARY,
            digest=use.digest,
            at=now,
            by=wish.by,
            note=note,
            data={"on": False, "began": use.began.isoformat()},
        )
        rung = announce(app, tx, entry, serving)
    app.bell.ring_destinations(rung)
    log.info("trying_ended", alias=alias.value, digest=use.digest)
    return use.digest


def _put_to_use(  # noqa: PLR0913 - what is stored, by name
    tx: Tx,
    alias: Alias,
    book: RuleBook,
    entry: Entry,
    *,
    terms: Mapping[str, object],
    found: Looked,
) -> None:
    """Store a version, and let it do what it shall do from now on."""
    # What was checked of one that waits for a second person is more than what was checked now.
    checks = found.checks if books.version(tx, book.digest) is None else None
    books.store_version(tx, book, by=entry.by, note=entry.note, now=entry.at, checks=checks)
    books.move_alias(
        tx,
        serve=entry.book,
        alias=alias,
        digest=book.digest,
        by=entry.by,
        now=entry.at,
        terms=terms,
    )


def _checked(app: App, book: RuleBook) -> tuple[RuleBook, Looked]:
    """Look at a version as its publishing would; refuse what must not decide, or be watched.

    Returns:
        The version that serves, and what was found.

    Raises:
        BookError: It has errors, or its tests fail.
        Conflict: It is the active version.
    """
    with transaction(app.engine) as tx:
        active = books.active_digest(tx, app.settings.book) or ""
    if active == book.digest:
        raise Conflict(f"Version {book.digest[:_FIRST]} is the active one: it decides every lead.")
    serving = app.shelf.usable(active) or app.shelf.active()
    found = look(book, serving, read_now())
    if found.problems:
        raise BookError(found.problems)
    return serving, found


def _not_active(tx: Tx, serve: str, digest: str) -> None:
    if books.active_digest(tx, serve) == digest:
        raise Conflict(
            f"Version {digest[:_FIRST]} became active meanwhile: nothing is to be tried."
        )


def _known_teams(terms: Terms, serving: RuleBook) -> None:
    for team in terms.teams:
        if team not in serving.pools:
            close = get_close_matches(team, serving.pools, n=1)
            meant = (
                f"; did you mean {close[0]!r}?"
                if close
                else f": {', '.join(sorted(serving.pools))}."
            )
            raise Rejected(
                f"The active version has no team {team!r}{meant} A team is one of its pools.",
                code="unknown_team",
            )


def _reasons(  # noqa: PLR0913 - what the answer rests on
    app: App,
    book: RuleBook,
    serving: RuleBook,
    found: Looked,
    *,
    terms: Terms,
    watch: Watch | None,
) -> tuple[str, ...]:
    """Return why a canary needs the second person whom publishing its version would need.

    The share of leads that may change hands is measured by the share of leads that it is given.
    """
    policy = serving.policy.publishing
    if policy.approve_over is not None:
        past = last_days(policy.look_back, read_now(), app.settings.book, most=MOST_LEADS)
        found = weigh(app, book, serving, found, past=past, watch=watch)
    moved = math.ceil(found.change.moved * terms.percent / ALL)
    return second_person(policy, replace(found.change, moved=moved, bars=False))


def _need_nobody(terms: Terms, agreed_by: str, reasons: tuple[str, ...]) -> None:
    said = " ".join(reasons)
    if reasons and agreed_by:
        raise Conflict(f"{agreed_by} cannot agree to a canary of their own. {said}")
    if reasons:
        raise Conflict(
            f"A canary of {terms.words()} needs a second person. {said} Ask somebody else, and"
            " name them with --agreed-by."
        )


def _same(one: str, other: str) -> bool:
    """Tell whether two names are of the same person, however they are typed."""
    return one.strip().casefold() == other.strip().casefold()
