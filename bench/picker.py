"""One process that picks: ``python -m bench.picker NUMBER`` does what the broker tells it."""

import sys
from collections.abc import Callable
from functools import partial

import orjson
import redis
from pydantic import SecretStr

from bench.ours import Ours, Roads
from bench.peers import Peers
from bench.pools import GO, JOBS, POOLS, READY, TOLD, Job
from router.errors import Transient
from router.now import ticks
from router.settings import settings


def main(number: int) -> None:
    """Do one job after another until SIGTERM."""
    told = settings()
    database_url, redis_url = _address(told.database_url), _address(told.redis_url)
    broker = redis.Redis.from_url(redis_url)
    ours, peers, roads = Ours(database_url), Peers(database_url, redis_url, number), Roads()
    broker.rpush(TOLD, b"{}")
    while True:
        job = Job(**orjson.loads(_next(broker, f"{JOBS}.{number}")))
        do = _way(job, ours, peers, roads)
        broker.rpush(READY, number)
        _next(broker, f"{GO}.{number}")
        started = ticks()
        failed = do()
        said = {"started": started, "ended": ticks(), "failed": failed}
        broker.rpush(TOLD, orjson.dumps(said))


def _way(job: Job, ours: Ours, peers: Peers, roads: Roads) -> Callable[[], int]:
    """Return what does a job, and returns how many of its transactions had to be done again."""
    pool = POOLS[job.pool]
    if job.way in {"road", "road_free"}:
        clear = partial(roads.clear, job.batch, locked=job.way == "road")
        return lambda: clear() or 0
    if job.way in {"locked", "unlocked"}:
        return partial(_parts, job, partial(ours.give, pool, locked=job.way == "locked"))
    if job.way == "capped":
        return partial(_parts, job, partial(ours.give_capped, pool))
    one = peers.ways(pool)[job.way]
    return partial(_parts, job, lambda _: one())


def _parts(job: Job, give: Callable[[int], None]) -> int:
    """Give a job's leads, batch by batch; return how many of them failed at first."""
    left, failed = job.leads, 0
    while left > 0:
        some = min(job.batch, left)
        try:
            give(some)
        except Transient:
            failed += 1
        else:
            left -= some
    return failed


def _next(broker: redis.Redis, name: str) -> str | bytes:
    """Wait for the next thing in a list."""
    found = None
    while found is None:
        found = broker.blpop([name], timeout=2)
    return found[1]


def _address(told: SecretStr | None) -> str:
    if told is None:
        raise SystemExit("LEAD_ROUTER_DATABASE_URL and LEAD_ROUTER_REDIS_URL must be set.")
    return told.get_secret_value()


if __name__ == "__main__":
    main(int(sys.argv[1]))
