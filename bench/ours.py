"""Our own way to pick, as the benchmark runs it: around as little as possible, and the whole road.

The small one calls what the route stage calls, in the same order.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import LiteralString
from uuid import UUID, uuid4

from bench.peers import NOBODY
from bench.pools import CAP, Pool
from router.app import build_app
from router.lead.ids import timed_id
from router.now import now
from router.pipeline import StageName
from router.road.drain import Road
from router.rulebook import model
from router.rulebook.model import Member, Period
from router.settings import settings
from router.stages.route import load
from router.stages.route.choose import Asked, choose
from router.stages.route.rotation import Turn, take_turn
from router.stages.route.seats import Limit, Seat
from router.store import ledger
from router.store.ledger import LedgerKind, LedgerRow, given_since, write_ledger
from router.store.roster import lock_pools, member_rows
from router.store.tx import Tx, make_engine, transaction

#: The pool's book and id.
BOOK, POOL = "default", "bench"
_DAY = timedelta(days=1)
#: What the route stage locks its pools by.
_LOCK = lock_pools.__name__
#: What the ledger writes beside its rows; and the same in one order for everybody. Without the
#: pool's lock several would else write members in whatever order the planner has chosen, and wait
#: for deadlocks to be found, instead of showing what the lock costs.
_UPDATE: LiteralString = vars(ledger)["_UPDATE"]
_IN_ORDER: LiteralString = """
    WITH d AS (
        SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[])
            AS d (pool_id, person_id, credit, banked, given)),
    mine AS MATERIALIZED (
        SELECT book, pool_id, person_id FROM pool_member
        WHERE book = %s AND (pool_id, person_id) IN (SELECT pool_id, person_id FROM d)
        ORDER BY pool_id, person_id FOR NO KEY UPDATE)
    UPDATE pool_member m SET credit = m.credit + d.credit, banked = m.banked + d.banked,
        assigned = m.assigned + d.given
    FROM d JOIN mine USING (pool_id, person_id)
    WHERE m.book = mine.book AND m.pool_id = mine.pool_id AND m.person_id = mine.person_id
"""

Change = Mapping[str, tuple[int, int]]


class Ours:
    """Our own way, in one process."""

    def __init__(self, database_url: str) -> None:
        """Open a connection."""
        self._engine = make_engine(database_url, size=1)
        self._numbers = count()
        self._tag = uuid4().hex

    def give(self, pool: Pool, leads: int, *, locked: bool) -> None:
        """Give some leads by turns, in one transaction.

        Args:
            pool: To whom.
            leads: How many.
            locked: Whether the pool is locked first, as it must be.
        """
        moment = now()
        with transaction(self._engine) as tx:
            credit = self._credit(tx, pool, locked=locked)
            rows = []
            for _ in range(leads):
                places = take_turn(
                    [Turn(name, weight, credit[name]) for name, weight in pool.weights.items()]
                )
                for each in places:
                    credit[each.name] += each.change
                changes = {each.name: (each.change, 0) for each in places}
                rows.append(self._row(POOL, places[0].name, changes, moment))
            _order(locked=locked)
            write_ledger(tx, BOOK, rows)

    def give_capped(self, pool: Pool, leads: int) -> None:
        """Give some leads by turns to those who have room."""
        moment = now()
        of = model.Pool(POOL, "sales", "", tuple(map(Member, pool.names)))
        since = {(name, Period.DAY): moment - _DAY for name in pool.names}
        with transaction(self._engine) as tx:
            credit = self._credit(tx, pool, locked=True)
            used = given_since(tx, BOOK, since)
            rows = []
            for _ in range(leads):
                seats = [
                    Seat(name, 100, credit[name], limits=(Limit(Period.DAY, CAP, had, POOL),))
                    for name in pool.names
                    for had in (used.get((name, Period.DAY, POOL), 0),)
                ]
                pick = choose(of, {POOL: of}, {POOL: tuple(seats)}, Asked(moment))
                changes = {name: change for (_, name), change in pick.changes.items()}
                for name, (change, _) in changes.items():
                    credit[name] += change
                if pick.person:
                    key = (pick.person, Period.DAY, POOL)
                    used = {**used, key: used.get(key, 0) + 1}
                where = POOL if pick.person else ""
                rows.append(self._row(where, pick.person or NOBODY, changes, moment))
            write_ledger(tx, BOOK, rows)

    def _credit(self, tx: Tx, pool: Pool, *, locked: bool) -> dict[str, int]:
        if locked:
            lock_pools(tx, BOOK, [POOL])
        found = member_rows(tx, BOOK, [(POOL, name) for name in pool.names])
        return {name: found[POOL, name].credit for name in pool.names}

    def _row(self, pool: str, person: str, changes: Change, moment: datetime) -> LedgerRow:
        lead = UUID(int=next(self._numbers))
        return LedgerRow(
            id=timed_id(moment, "ledger", self._tag, lead),
            pool=pool,
            kind=LedgerKind.ASSIGNED,
            at=moment,
            lead_id=lead,
            person=person,
            given=1,
            given_at=moment,
            changes=changes,
        )


class Roads:
    """The runner of a real worker, in one process."""

    def __init__(self) -> None:
        """Make its parts as a worker does."""
        self._app = build_app(settings())

    def clear(self, batch: int, *, locked: bool) -> None:
        """Take deliveries down the road until none wait, whoever stored them.

        Args:
            batch: Most deliveries of one transaction.
            locked: Whether pools are locked. Without, shares and caps are wrong: it only shows
                what the lock costs.
        """
        self._app.settings = self._app.settings.model_copy(update={"batch": batch})
        setattr(load, _LOCK, lock_pools if locked else _no_lock)
        _order(locked=locked)
        road = Road(self._app)
        while road.drain(StageName.CAPTURE):
            continue


def _no_lock(tx: Tx, book: str, pools: Iterable[str]) -> None:
    """Lock nothing."""


def _order(*, locked: bool) -> None:
    """Let members be written as they are under the lock, or as they must be without."""
    setattr(ledger, "_UPDATE", _UPDATE if locked else _IN_ORDER)  # noqa: B010 - a constant of another module
