"""Picks from one pool by several processes: how fast, and how fair, beside how others do it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from itertools import product
from typing import Self

import orjson
import psycopg
import redis
from psycopg.rows import TupleRow

from bench.drain import preload
from bench.fairness import Fairness, fairness
from bench.leads import OnePool
from bench.ours import BOOK, POOL
from bench.peers import empty, lay_out
from bench.pools import CAP, GO, JOBS, POOLS, READY, TOLD, Job, Pool
from bench.site import BrokenError, Child, Place, Site, wait_for
from router.app import build_app
from router.now import ticks
from router.stages.route.rotation import Turn, take_turn
from router.store.ledger import ensure_members
from router.store.processes import deadlocks
from router.store.roster import lock_pools
from router.store.tx import make_engine, transaction

#: Processes that pick at once, and leads of one transaction.
PROCESSES, BATCHES = (1, 4, 8), (1, 20)
#: Processes that take leads through the whole road.
ROAD_PROCESSES = 4
#: Members of the pools in which a pick alone is timed.
MEMBERS = (2, 6, 12, 50)
#: What is compared, and the pool that it picks from: one with weights where it knows weights.
WAYS: Mapping[str, str] = {
    "locked": "seniors",
    "unlocked": "seniors",
    "smooth": "seniors",
    "random": "seniors",
    "redis": "even",
    "pointer": "even",
    "newest": "even",
    "capped": "even",
    "load": "even",
}
#: Those that keep to caps: what they are given is half as much again as all caps together.
_CAPPED = ("capped", "load")
#: Picks of one timing.
_PICKS = 200

_CLEARED = "SELECT count(*) FROM lead WHERE pool = 'uk-and-ireland' AND state = 'activated'"
Found = dict[str, float]


@dataclass(frozen=True, slots=True)
class Run:
    """What a job has come to."""

    rate: float
    seconds: float
    #: Transactions that failed and were done again.
    failed: float
    #: Given beyond a cap, all members together.
    over: float
    deadlocks: float
    order: Fairness


def assigned(site: Site, leads: int, rounds: int) -> dict[str, float]:
    """Measure picks with and without the lock, the others' ways, and a pick alone.

    Args:
        site: Where.
        leads: Given in each measurement.
        rounds: How often a pick alone is timed; the least time counts.
    """
    found = alone(rounds)
    with site.place() as place, Yard(place) as yard:
        yard.run(Job("locked", "seniors", leads // 2, 1), PROCESSES[-1])
        for batch, processes in product(BATCHES, PROCESSES):
            found |= _picks(yard, leads * (6 if batch > 1 else 1) // 2, batch, processes)
        found |= _road(yard, leads)
        for way, pool in WAYS.items():
            many = len(POOLS[pool].names) * CAP * 3 // 2 if way in _CAPPED else leads
            run = yard.run(Job(way, pool, many, 1), PROCESSES[-1])
            found |= {f"way_{way}_{what}": value for what, value in _values(run, way).items()}
    return found


def _picks(yard: "Yard", leads: int, batch: int, processes: int) -> Found:
    """Measure the least that a pick needs: read, choose, write."""

    def took(way: str) -> float:
        return yard.run(Job(way, "seniors", leads, batch), processes).seconds

    return _kept(f"picks_{processes}_{batch}", leads, took, ("locked", "unlocked"))


def _road(yard: "Yard", leads: int) -> Found:
    """Measure leads of one pool through all stages, as workers take them."""

    def took(way: str) -> float:
        return yard.clear(Job(way, "even", leads, 20), ROAD_PROCESSES)

    yard.clear(Job("road", "even", leads, 20), ROAD_PROCESSES)
    return _kept("road", leads, took, ("road", "road_free"))


def _kept(key: str, leads: int, took: Callable[[str], float], ways: tuple[str, str]) -> Found:
    """Measure with and without the lock, in turns: a noisy minute costs both alike."""
    locked, free = ways
    spans = dict.fromkeys(ways, 0.0)
    for way in (free, locked, locked, free):
        spans[way] += took(way)
    return {
        key: 2 * leads / spans[locked],
        f"{key}_free": 2 * leads / spans[free],
        f"{key}_kept": 100 * spans[free] / spans[locked],
    }


def _values(run: Run, way: str) -> Mapping[str, float]:
    values = {"rate": run.rate, "deadlocks": run.deadlocks, **asdict(run.order)}
    return {**values, "over": run.over} if way in _CAPPED else values


def alone(rounds: int) -> dict[str, float]:
    """Time a pick without a server, in microseconds.

    Args:
        rounds: How often; the least time counts.
    """
    found = {}
    for members in MEMBERS:
        weights = {f"m{at:02}": at % 7 + 1 for at in range(members)}
        least = float("inf")
        for _ in range(rounds):
            credit = dict.fromkeys(weights, 0)
            started = ticks()
            for _ in range(_PICKS):
                for each in take_turn(
                    [Turn(name, weight, credit[name]) for name, weight in weights.items()]
                ):
                    credit[each.name] += each.change
            least = min(least, ticks() - started)
        found[f"pick_{members}"] = least / _PICKS * 1e6
    return found


class Yard:
    """A place with as many pickers as are ever needed, which wait for jobs."""

    def __init__(self, place: Place) -> None:
        """Start the pickers.

        Args:
            place: Empty.
        """
        self._place = place
        self._broker = redis.Redis.from_url(place.redis_url)
        self._engine = make_engine(place.database_url, size=1)
        self._at: psycopg.Connection[TupleRow] = place.connect()
        self._crew: list[Child] = []
        self._series = 0

    def __enter__(self) -> Self:
        """Wait until all pickers are ready."""
        lay_out(self._at)
        self._crew = [
            self._place.start("picker", "-m", "bench.picker", str(number))
            for number in range(max(PROCESSES))
        ]
        self._told(len(self._crew))
        return self

    def __exit__(self, *_: object) -> None:
        """Give back what was opened; the pickers end with their place."""
        self._at.close()
        self._engine.dispose()
        self._broker.close()

    def run(self, job: Job, processes: int) -> Run:
        """Let so many processes share a job.

        Args:
            job: Its leads are those of all processes together.
            processes: How many begin at once.
        """
        pool = POOLS[job.pool]
        self._begin(pool)
        before = self._deadlocks()
        seconds, failed = self._together(job, processes)
        order = self._order(job.way)
        over = sum(max(order.count(name) - CAP, 0) for name in pool.names)
        return Run(
            job.leads / seconds,
            seconds,
            failed,
            over,
            self._deadlocks() - before,
            fairness(order, pool.weights),
        )

    def clear(self, job: Job, processes: int) -> float:
        """Store deliveries that all go to one pool, and let so many processes take them.

        Args:
            job: Which way, and how many.
            processes: How many begin at once.

        Returns:
            Seconds until nothing was left.
        """
        app = build_app(self._place.settings())
        try:
            self._series += 1
            preload(app, OnePool(f"one-{self._series}"), job.leads)
        finally:
            app.close()
        seconds, _ = self._together(job, processes)
        row = self._at.execute(_CLEARED).fetchone()
        if row != (job.leads * self._series,):
            raise BrokenError(f"Of {job.leads * self._series} leads came {row} to the pool.")
        return seconds

    def _together(self, job: Job, processes: int) -> tuple[float, float]:
        """Let processes begin at once; return the seconds until the last ended, and failures."""
        for number in range(processes):
            mine = len(range(number, job.leads, processes))
            part = Job(job.way, job.pool, mine, job.batch)
            self._broker.rpush(f"{JOBS}.{number}", orjson.dumps(part))
        wait_for(lambda: int(self._broker.llen(READY)) == processes, "the pickers", *self._crew)
        self._broker.delete(READY)
        for number in range(processes):
            self._broker.rpush(f"{GO}.{number}", b"go")
        told = self._told(processes)
        span = max(each["ended"] for each in told) - min(each["started"] for each in told)
        return span, sum(each["failed"] for each in told)

    def _told(self, count: int) -> list[dict[str, float]]:
        """Wait until so many processes have spoken."""
        wait_for(lambda: int(self._broker.llen(TOLD)) >= count, "the pickers' end", *self._crew)
        said = self._broker.lrange(TOLD, 0, count - 1)
        self._broker.ltrim(TOLD, count, -1)
        return [orjson.loads(each) for each in said]

    def _begin(self, pool: Pool) -> None:
        """Forget every pick."""
        self._at.execute("TRUNCATE ledger, pool_member")
        empty(self._at, self._broker, pool)
        with transaction(self._engine) as tx:
            lock_pools(tx, BOOK, [POOL])
            ensure_members(tx, BOOK, [(POOL, name) for name in pool.names])

    def _order(self, way: str) -> list[str]:
        """Return who got each lead, in the order in which it was written down."""
        ours = "SELECT person_id FROM ledger ORDER BY number"
        theirs = "SELECT person FROM bare_given ORDER BY number"
        mine = way in {"locked", "unlocked", "capped"}
        rows = self._at.execute(ours if mine else theirs).fetchall()
        return [str(row[0]) for row in rows]

    def _deadlocks(self) -> int:
        with transaction(self._engine) as tx:
            return deadlocks(tx)
