"""Leads of the past, part by part: asking two versions about them, also in a second process."""

import contextlib
import socket
import subprocess
import sys
from collections import deque
from multiprocessing.connection import Connection
from typing import Any

import orjson
import structlog

from router.errors import LeadRouterError
from router.lead.facts import Facts, facts_from
from router.lead.states import LeadState
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import book_from_files
from router.rulebook.recount import Recount, Tally
from router.store.judged import Judged, Part, judged
from router.store.tx import Tx, at_once, make_engine

#: Why a lead is not judged.
MERGED = "joined to another lead"
UNDER_WAY = "not decided yet"
NO_FACTS = "no facts kept"
HELD = "held for a person before any rule was asked"
#: Parts that the second process is given ahead, so that it never waits for the next.
_AHEAD = 2
_GRACE_S = 2.0
_PROGRAM = (
    "import sys; from router.road.versions.past import count_parts; count_parts(int(sys.argv[1]))"
)

log = structlog.get_logger()


def count_part(tx: Tx, recount: Recount, part: Part) -> int:
    """Ask two versions about the leads of a part; return how many there were.

    Args:
        tx: Where to read; nothing is written.
        recount: What counts.
        part: Which leads.

    Raises:
        Transient: The database cannot be reached.
    """
    leads = judged(tx, part)
    for lead in leads:
        facts = facts_judged(lead)
        if facts:
            recount.add(str(lead.id), facts)
        else:
            recount.pass_over(why_passed_over(lead))
    return len(leads)


def why_passed_over(lead: Judged) -> str:
    """Return why nothing can be asked about a lead of the past, in words for people."""
    if lead.state == LeadState.MERGED:
        return MERGED
    if lead.state == LeadState.IN_REVIEW:
        return HELD
    return UNDER_WAY if lead.personal is None else NO_FACTS


def facts_judged(lead: Judged) -> Facts | None:
    """Return the facts that were judged; None when none were kept, or they cannot be read."""
    kept = orjson.loads(lead.personal).get("facts") if lead.personal is not None else None
    if not isinstance(kept, dict):
        return None
    try:
        return facts_from(kept)
    except ValueError:
        # Written by an older program that knew another form of a moment.
        return None


class Second:
    """A second process that counts parts beside this one, with a connection of its own.

    It is only faster: if it dies, :meth:`give_up` says which parts must be counted once more.
    """

    def __init__(self, database_url: str, old: RuleBook, new: RuleBook) -> None:
        """Start it; it is ready some seconds later, and takes parts before that.

        Args:
            database_url: Where the leads are.
            old: As in :class:`Recount`; the process reads its files.
            new: Likewise.
        """
        ours, theirs = socket.socketpair()
        # A program of its own: a fork would take this process's connections along, and spawning
        # runs the program that this process was started with once more.
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            (sys.executable, "-c", _PROGRAM, str(theirs.fileno())),
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            # Ctrl-C is for the process that started this one, and ends both.
            start_new_session=True,
        )
        theirs.close()
        self._line: Connection[Any, Any] = Connection(ours.detach())
        self._given: list[Part] = []
        self._open = 0
        self._line.send((database_url, _rules_of(old), _rules_of(new)))

    @property
    def busy(self) -> bool:
        """Return whether it has parts that it has not counted yet."""
        return self._open > 0

    def feed(self, waiting: deque[Part], *, patiently: bool = False) -> int:
        """Give it parts, and return how many leads it has counted since the last call.

        Args:
            waiting: Parts that nobody has; what is given is taken from the left.
            patiently: Whether to wait until it has counted at least one part.

        Raises:
            EOFError: It died; see :meth:`give_up`.
            OSError: Likewise.
        """
        while waiting and self._open < _AHEAD:
            self._given.append(waiting.popleft())
            self._open += 1
            self._line.send(self._given[-1])
        done = 0
        while self._open and (patiently or self._line.poll()):
            done += self._line.recv()
            self._open -= 1
            patiently = False
        return done

    def finish(self) -> Tally:
        """End it; return all that it has counted.

        Raises:
            EOFError: It died; see :meth:`give_up`.
            OSError: Likewise.
        """
        self._line.send(None)
        tally: Tally = self._line.recv()
        return tally

    def give_up(self) -> list[Part]:
        """Return the parts that it was given, for nothing of what it counted can be had."""
        log.warning("backtest_goes_on_alone", parts=len(self._given))
        return self._given

    def close(self) -> None:
        """End the process, whatever it does."""
        self._line.close()
        try:
            # It ends by itself once nobody is at the other end.
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _rules_of(book: RuleBook) -> dict[str, str]:
    """Return the files that decide: without the book's own tests, whose reading takes time."""
    return {path: text for path, text in book.files.items() if not path.startswith("tests/")}


def count_parts(number: int) -> None:
    """Count parts until there are no more, then send what was counted: the second process.

    Args:
        number: File descriptor of the line to the process that started this one.
    """
    line: Connection[Any, Any] = Connection(number)
    # Whoever asked has gone, or will meet the same trouble and say so.
    with contextlib.suppress(EOFError, OSError, LeadRouterError):
        database_url, old, new = line.recv()
        engine = make_engine(database_url, size=1)
        recount = Recount(book_from_files(old), book_from_files(new))
        while (part := line.recv()) is not None:
            with at_once(engine) as tx:
                counted = count_part(tx, recount, part)
            line.send(counted)
        line.send(recount.tally())
