"""Try a version beside the active one: watch it as a shadow, give it leads as a canary, end both.

Either is checked as closely as one that shall become active, for a lead that a canary decides is
decided. A canary that strays is ended by the ticker (:mod:`router.road.band`).
"""

import math
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches

import structlog

from router.app import App
from router.errors import BookError, Conflict, NotFound, Rejected
from router.now import now as read_now
from router.road.band import settle
from router.road.look import look
from router.road.news import announce
from router.road.publish import Published, Wish, publish
from router.rulebook.canary import ALL, Terms, terms_from
from router.rulebook.consent import Change, second_person
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
    serving, checks, _ = _checked(app, book)
    serve, now = app.settings.book, read_now()
    with transaction(app.engine) as tx:
        books.lock_book(tx, serve)
        _not_active(tx, serve, book.digest)
        if books.aliases(tx, serve).shadow == book.digest:
            return False
        books.store_version(tx, book, by=wish.by, note=wish.note, now=now, checks=checks)
        forget_watched(tx, serve, book.digest)
        books.move_alias(
            tx,
            serve=serve,
            alias=Alias.SHADOW,
            digest=book.digest,
            by=wish.by,
            now=now,
            terms=terms_with({}, now),
        )
        entry = Entry(
            book=serve,
            act=BookAct.SHADOW,
            digest=book.digest,
            at=now,
            by=wish.by,
            note=wish.note or "begins",
            data={"on": True},
        )
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


def begin(app: App, book: RuleBook, terms: Terms, wish: Wish, *, agreed_by: str = "") -> bool:
    """Let a version decide a share of the new leads, or another share of them.

    Leads that were given to it stay with it, also when its share becomes smaller or it ends.

    Args:
        app: Of this process.
        book: Checked by its loader; stored with this.
        terms: Which leads.
        wish: Who wants it, and why.
        agreed_by: The second person, where the active version's policy wants one for what this
            share of the leads would be put to.

    Returns:
        Whether anything changed; False when it has exactly these leads already.

    Raises:
        BookError: It has errors, or its tests fail; all of it is listed.
        Conflict: It is the active version, or a second person is needed.
        Rejected: A team is no pool of the active version.
        Transient: The database cannot be reached; nothing changed.
    """
    serving, checks, change = _checked(app, book)
    _known_teams(terms, serving)
    _agreed(serving, change, terms, wish.by, agreed_by)
    serve, now = app.settings.book, read_now()
    with transaction(app.engine) as tx:
        books.lock_book(tx, serve)
        _not_active(tx, serve, book.digest)
        before = in_use(tx, serve, Alias.CANARY)
        same = before is not None and before.digest == book.digest
        if before is not None and same and terms_from(before.terms) == terms:
            return False
        # A share that grows is the same canary: what it has shown so far still counts.
        began = before.began if before is not None and same else now
        books.store_version(tx, book, by=wish.by, note=wish.note, now=now, checks=checks)
        books.move_alias(
            tx,
            serve=serve,
            alias=Alias.CANARY,
            digest=book.digest,
            by=wish.by,
            now=now,
            terms=terms_with(terms.as_json(), began),
        )
        entry = Entry(
            book=serve,
            act=BookAct.CANARY,
            digest=book.digest,
            at=now,
            by=wish.by,
            note=f"{terms.words()}: {wish.note}" if wish.note else terms.words(),
            data={"on": True, "terms": terms.as_json(), "agreed_by": agreed_by},
        )
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


def promote(app: App, wish: Wish) -> Published:
    """Make the canary the active version, through the same gate as every other.

    It goes on as a canary while it waits for a second person.

    Args:
        app: Of this process.
        wish: Who wants it, and why.

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
    done = publish(app, app.shelf.book(use.digest), wish)
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


def _checked(app: App, book: RuleBook) -> tuple[RuleBook, dict[str, object], Change]:
    """Look at a version as its publishing would; refuse what must not decide, or be watched.

    Returns:
        The version that serves, what was found in short, and what would change.

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
    return serving, dict(found.checks), found.change


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


def _agreed(serving: RuleBook, change: Change, terms: Terms, by: str, agreed_by: str) -> None:
    """Refuse a canary that would go around the second person whom publishing it would need."""
    share = replace(change, moved=math.ceil(change.moved * terms.percent / ALL), bars=False)
    reasons = second_person(serving.policy.publishing, share)
    if not reasons:
        return
    said = " ".join(reasons)
    if not agreed_by:
        raise Conflict(
            f"A canary of {terms.words()} needs a second person. {said} Ask somebody else, and"
            " name them with --agreed-by."
        )
    if agreed_by.strip().casefold() == by.strip().casefold():
        raise Conflict(f"{by} cannot agree to a canary of their own. {said}")
