"""Periodic jobs: each takes its turn once, whichever ticker gets there first."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from router.road.drain import Road
from router.road.imports.lanes import let_in
from router.road.people.offline import hand_on
from router.road.review import remind
from router.road.versions.band import judge
from router.road.versions.news import announce
from router.store.beside import ended_shadows, forget_watched
from router.store.book_log import BookAct, Entry, history
from router.store.books import lock_book
from router.store.deliveries import forget_keys
from router.store.processes import append_root, forget_silent
from router.store.tx import Tx

log = structlog.get_logger()

#: How long a silent process is still shown.
_SHOWN = timedelta(days=1)
#: How long what a shadow has seen is kept after it ended.
_SHADOWS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Periodic:
    """A job that runs once in each slot of time."""

    name: str
    every_s: int
    run: Callable[[Road, Tx, datetime], None]


def _root(road: Road, tx: Tx, now: datetime) -> None:  # noqa: ARG001 - the shape of a periodic job
    """Chain the event heads that changed, and log the root, so that a lost tail shows."""
    changed, root = append_root(
        tx, now, lambda previous, heads: hashlib.sha256(previous + heads).digest()
    )
    if changed:
        log.info("chain_root_written", leads=changed, root=root.hex())


def _forget(road: Road, tx: Tx, now: datetime) -> None:  # noqa: ARG001 - the shape of a periodic job
    """Forget dedupe keys whose window has passed, and processes that are long gone."""
    keys = forget_keys(tx, now)
    forget_silent(tx, now - _SHOWN)
    if keys:
        log.info("dedupe_keys_forgotten", keys=keys)


def _forget_shadows(road: Road, tx: Tx, now: datetime) -> None:
    """Forget what shadows have seen that ended long ago."""
    serve = road.app.settings.book
    for digest in ended_shadows(tx, serve, now - _SHADOWS):
        forget_watched(tx, serve, digest)
        log.info("shadow_forgotten", digest=digest)


def _watch_book(road: Road, tx: Tx, now: datetime) -> None:
    """Tell the book's owner, once, of a version in use that cannot be used."""
    shelf, serve = road.app.shelf, road.app.settings.book
    serving, found = shelf.active(), shelf.aliases()
    for digest in (found.shadow, found.canary):
        shelf.usable(digest)
    for each in shelf.unusable():
        lock_book(tx, serve)
        last = history(tx, serve, limit=1, digest=each.digest)
        if last and last[0].act is BookAct.BROKEN:
            continue
        entry = Entry(
            book=serve,
            act=BookAct.BROKEN,
            digest=each.digest,
            at=now,
            by="ticker",
            data={"reason": each.reason, "serving": serving.digest},
        )
        road.app.bell.ring_destinations(announce(road.app, tx, entry, serving))


def _hand_on(road: Road, tx: Tx, now: datetime) -> None:  # noqa: ARG001 - the shape of a periodic job
    """Give to others what waits for somebody who has gone, in transactions of its own."""
    hand_on(road, now)


PERIODIC: tuple[Periodic, ...] = (
    Periodic("hand_on", 1, _hand_on),
    Periodic("chain_root", 60, _root),
    Periodic("remind_reviews", 60, remind),
    Periodic("forget", 300, _forget),
    Periodic("watch_book", 60, _watch_book),
    Periodic("judge_canary", 5, judge),
    Periodic("let_in", 1, let_in),
    Periodic("forget_shadows", 3600, _forget_shadows),
)
