"""Backtest: the leads of the past through another version, and who would have got what.

Nothing is written and nothing is locked: leads are read in short statements, part after part. Both
versions judge the very facts that were judged when a lead was decided, each with its own people;
nobody's load or absence is played back, so a pool's leads are shared out by weight.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from router.app import App
from router.road.versions.past import Second, count_part
from router.rulebook.model import RuleBook
from router.rulebook.recount import Recount, Recounted
from router.store.judged import Part, count_received, parts
from router.store.tx import Tx, at_once

#: Leads that one statement reads.
_PART = 1_000
#: Leads that are worth a second process, which needs some seconds to begin.
_WORTH = 20_000

#: Called with how many leads are done, and of how many.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Window:
    """Which leads of the past are taken."""

    #: From this moment of receipt on.
    since: datetime
    #: Before this one.
    until: datetime
    #: Which book of the installation they are of.
    serve: str = "default"
    #: The newest so many; None for all.
    most: int | None = None

    def taken(self, received: int) -> int:
        """Return how many leads are taken, of so many that were received in it."""
        return received if self.most is None else min(received, self.most)


@dataclass(frozen=True, slots=True)
class Report:
    """What a backtest found."""

    #: Digests of what is compared with, and of what is tried.
    old: str
    new: str
    window: Window
    #: Leads that were received in the window, also those beyond ``window.most``.
    received: int
    found: Recounted


def last_days(days: int, now: datetime, serve: str, *, most: int | None = None) -> Window:
    """Return the window of the last days.

    Args:
        days: How many times 24 hours.
        now: Their end.
        serve: Which book of the installation.
        most: The newest so many leads; None for all.
    """
    return Window(now - timedelta(days=days), now, serve, most)


def parts_of(tx: Tx, window: Window) -> tuple[int, list[Part]]:
    """Return how many leads were received in a window, and the parts in which they are read.

    Args:
        tx: Where to read.
        window: Which leads.

    Returns:
        Also those beyond ``window.most`` are counted; the parts hold the others, the newest first.
    """
    since, until = window.since, window.until
    received = count_received(tx, window.serve, since, until)
    most = max(window.taken(received), 1)
    found = parts(tx, window.serve, since=since, until=until, most=most, every=_PART)
    return received, found


def backtest(  # noqa: PLR0913 - what is asked, and how, by name
    app: App,
    old: RuleBook,
    new: RuleBook,
    window: Window,
    on_progress: Progress | None = None,
    *,
    worth: int | None = _WORTH,
) -> Report:
    """Ask two versions about the leads of the past.

    Args:
        app: Of this process; nothing is written.
        old: What is compared with, usually the active version.
        new: What is tried.
        window: Which leads.
        on_progress: Told now and then how far it is.
        worth: From how many leads on a second process helps; None for never, as a process that
            was itself forked needs it.

    Raises:
        Transient: The database cannot be reached.
    """
    with at_once(app.engine) as tx:
        received, found = parts_of(tx, window)
    waiting, wanted = deque(found), window.taken(received)
    if on_progress is not None:
        on_progress(0, wanted)
    counting = _Counting(app, Recount(old, new), waiting, wanted, on_progress)
    address = app.settings.database_url
    if worth is None or wanted < worth or address is None:
        counting.alone()
    else:
        counting.together(Second(address.get_secret_value(), old, new))
    return Report(old.digest, new.digest, window, received, counting.recount.result())


@dataclass(slots=True)
class _Counting:
    """A backtest that runs."""

    app: App
    recount: Recount
    waiting: deque[Part]
    wanted: int
    on_progress: Progress | None
    done: int = 0

    def alone(self) -> None:
        """Count every part that waits."""
        while self.waiting:
            self._next()

    def together(self, second: Second) -> None:
        """Share the parts with a second process."""
        theirs = 0
        try:
            while self.waiting or second.busy:
                counted = second.feed(self.waiting, patiently=not self.waiting)
                theirs += counted
                self._told(counted)
                if self.waiting:
                    self._next()
            self.recount.take(second.finish())
        except (EOFError, OSError):
            self.waiting.extendleft(second.give_up())
            self.done -= theirs
            self.alone()
        finally:
            second.close()

    def _next(self) -> None:
        part = self.waiting.popleft()
        with at_once(self.app.engine) as tx:
            self._told(count_part(tx, self.recount, part))

    def _told(self, leads: int) -> None:
        self.done += leads
        if leads and self.on_progress is not None:
            self.on_progress(self.done, max(self.done, self.wanted))
