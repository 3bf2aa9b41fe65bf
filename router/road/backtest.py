"""Backtest: the leads of the past through another version, and who would have got what.

Nothing is written and nothing is locked. Both versions judge the very facts that were judged when
the lead was decided, with the people of the version itself; nobody's load or absence is played
back, so a pool's leads are shared out by weight.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from router.app import App
from router.lead.facts import Facts, facts_from
from router.lead.states import LeadState
from router.rulebook.model import RuleBook
from router.rulebook.recount import Recount, Recounted
from router.store.judged import Judged, count_received, end_of, judged_page
from router.store.pages import Place
from router.store.tx import at_once

#: Leads that one statement reads.
_PAGE = 1_000
#: Why a lead is not judged.
MERGED = "joined to another lead"
UNDER_WAY = "not decided yet"
NO_FACTS = "no facts kept"

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


@dataclass(frozen=True, slots=True)
class Report:
    """What a backtest found."""

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


def backtest(
    app: App,
    old: RuleBook,
    new: RuleBook,
    window: Window,
    on_progress: Progress | None = None,
) -> Report:
    """Ask two versions about the leads of the past.

    Args:
        app: Of this process; nothing is written.
        old: What is compared with, usually the active version.
        new: What is tried.
        window: Which leads.
        on_progress: Told now and then how far it is.

    Raises:
        Transient: The database cannot be reached.
    """
    with at_once(app.engine) as tx:
        received = count_received(tx, window.serve, window.since, window.until)
    wanted = received if window.most is None else min(received, window.most)
    recount, done = Recount(old, new), 0
    for page in _pages(app, window, wanted):
        for lead in page:
            _judge(recount, lead)
        done += len(page)
        if on_progress is not None:
            on_progress(done, max(done, wanted))
    return Report(old.digest, new.digest, window, received, recount.result())


def _pages(app: App, window: Window, wanted: int) -> Iterator[list[Judged]]:
    """Give page after page; the next is read while the one before is judged."""

    def read(before: Place, limit: int) -> list[Judged]:
        with at_once(app.engine) as tx:
            return judged_page(tx, window.serve, window.since, before, limit=limit)

    with ThreadPoolExecutor(1, thread_name_prefix="backtest") as reader:
        left = wanted
        coming = reader.submit(read, end_of(window.until), min(left, _PAGE)) if left else None
        while coming is not None:
            page = coming.result()
            left -= len(page)
            coming = None
            if page and left > 0:
                last = page[-1]
                coming = reader.submit(read, (last.received_at, last.id), min(left, _PAGE))
            yield page


def _judge(recount: Recount, lead: Judged) -> None:
    facts = _facts(lead)
    if facts:
        recount.add(str(lead.id), facts)
    elif lead.state == LeadState.MERGED:
        recount.pass_over(MERGED)
    else:
        recount.pass_over(UNDER_WAY if lead.personal is None else NO_FACTS)


def _facts(lead: Judged) -> Facts | None:
    """Return the facts that were judged; None when none were kept, or they cannot be read."""
    kept = orjson.loads(lead.personal).get("facts") if lead.personal is not None else None
    if not isinstance(kept, dict):
        return None
    try:
        return facts_from(kept)
    except ValueError:
        # Written by an older program that knew another form of a moment.
        return None
