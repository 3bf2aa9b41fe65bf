"""A bad version of a book, the harm that it does, and the wish to undo it."""

from collections.abc import Iterator
from datetime import timedelta

import orjson
import pytest

from router.app import App
from router.lead.clock import Clock
from router.lead.decision import ClockKind
from router.lead.events import canonical, chain
from router.lead.model import Lead
from router.now import now as read_now
from router.road.drain import Road
from router.road.record import Listeners
from router.road.versions.reroute import Report, Wish, reroute
from router.rulebook.model import RuleBook
from router.store import books
from router.store.clocks import clocks_of
from router.store.roster import assigned_counts
from router.store.tx import transaction
from tests.build import MONDAY, time_stands_at
from tests.versions import bent, follows

#: A guard that sends everybody from the United Kingdom to Berlin.
WRONG_TURN = """
  - id: wrong-turn
    summary: Everybody from the United Kingdom goes to Berlin, by mistake.
    steward: revops@northwind.example
    when: {country: GB}
    then: {pool: dach, sla: relaxed, priority: high, tags: [berlin]}
    examples:
      matches: [{country: GB}]
      misses: [{country: FR}]
"""
#: A guard that refuses everybody from the United Kingdom.
TOO_STRICT = """
  - id: too-strict
    summary: Nobody from the United Kingdom is worked, by mistake.
    steward: revops@northwind.example
    when: {country: GB}
    then: {reject: unwanted}
    examples:
      matches: [{country: GB}]
      misses: [{country: FR}]
"""
HOUR = timedelta(hours=1)


@pytest.fixture
def empty_monday(app: App) -> Iterator[None]:
    """Stand on a monday morning, so that everybody works, and begin without leads."""
    nothing_yet(app)
    with time_stands_at(MONDAY):
        yield


@pytest.fixture
def bad(app: App, starter_book: RuleBook) -> RuleBook:
    """Make a version active that sends leads of the United Kingdom to the pool dach."""
    book = bent(starter_book, "10-guards.yaml", WRONG_TURN)
    use(app, book)
    return book


class Killed(BaseException):
    """Ends a run as a kill would: nothing but the database remembers it."""


class Trap(Listeners):
    """Listeners of a process that is killed while it writes the message of its nth lead."""

    def __init__(self, road: Road, after: int) -> None:
        super().__init__(dict.fromkeys(road.app.settings.destinations, ()))
        self._left = after

    def of(self, kind: str) -> tuple[str, ...]:
        """Return who hears of a kind of message, unless its moment has come."""
        self._left -= kind == "handoff.offered"
        if self._left < 0:
            raise Killed
        return super().of(kind)


def nothing_yet(app: App) -> None:
    """Forget every lead, and what pools owe."""
    with transaction(app.engine) as tx:
        tx.run("TRUNCATE lead, event, clock, handoff, action, review_item, pool_member")


def use(app: App, book: RuleBook) -> None:
    """Make a version the active one."""
    with transaction(app.engine) as tx:
        books.publish(tx, book, serve="default", by="tests", note="", now=read_now())
    assert follows(app, book.digest)


def wish(book: RuleBook, **changes: object) -> Wish:
    """Return the wish to undo what a version decided in the last hour."""
    told: dict[str, object] = {
        "digest": book.digest,
        "since": MONDAY - HOUR,
        "by": "george-amari",
        "reason": "the wrong turn",
        **changes,
    }
    return Wish(**told)  # type: ignore[arg-type]  # named by each test


def undo(road: Road, book: RuleBook, starter: RuleBook, **changes: object) -> Report:
    """Make the sound version active, and undo the bad one's decisions."""
    use(road.app, starter)
    return reroute(road, wish(book, **changes))


def pool_of(lead: Lead) -> str:
    """Return the pool that a lead's owner was picked from; there must be an owner."""
    assert lead.owner is not None
    return lead.owner.pool


def clocks(app: App, lead: Lead) -> dict[ClockKind, Clock]:
    """Return a lead's clocks."""
    with transaction(app.engine) as tx:
        return clocks_of(tx, [lead.id]).get(lead.id, {})


def given(app: App, pool: str) -> dict[str, tuple[int, int]]:
    """Return what a pool owes its members and how many leads each was given."""
    with transaction(app.engine) as tx:
        return {
            person: (row.credit, row.assigned)
            for (name, person), row in assigned_counts(tx, "default").items()
            if name == pool
        }


def state_of(app: App) -> list[object]:
    """Return everything that a reroute could change."""
    queries = (
        "SELECT * FROM lead ORDER BY id",
        "SELECT lead_id, seq, kind FROM event ORDER BY lead_id, seq",
        "SELECT * FROM clock ORDER BY lead_id, kind",
        "SELECT * FROM handoff ORDER BY id",
        "SELECT id, state FROM action ORDER BY id",
        "SELECT * FROM pool_member ORDER BY pool_id, person_id",
        "SELECT number FROM rulebook_log ORDER BY number",
    )
    with transaction(app.engine) as tx:
        return [tx.rows(query) for query in queries]


def chained(app: App, lead: Lead) -> bytes:
    """Return the head that a lead's events come to, when each is tied to the one before."""
    with transaction(app.engine) as tx:
        rows = tx.rows(
            "SELECT kind, data, personal FROM event WHERE lead_id = %s ORDER BY seq", (lead.id,)
        )
    head = b""
    for kind, data, personal in rows:
        head = chain(head, kind, canonical(data), canonical(personal))
    return head


def withdrawn(app: App, lead: Lead) -> list[dict[str, object]]:
    """Return what was written to the owners before, that the lead is gone."""
    with transaction(app.engine) as tx:
        rows = tx.rows(
            "SELECT body FROM action WHERE lead_id = %s AND kind = 'handoff.withdrawn'"
            " ORDER BY number",
            (lead.id,),
        )
    return [orjson.loads(bytes(row[0]))["data"] for row in rows]
