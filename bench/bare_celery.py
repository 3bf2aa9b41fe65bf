"""The least that a Celery worker can do: take a message and forget it. The raw limit of the bells.

``python -m bench.bare_celery threads 4`` works on the road's queue with the real broker settings.
The task ``clean`` does nothing; ``capture`` says when it started.
"""

import sys

import redis

from router.bell.celery_app import ROAD_QUEUE, make_celery
from router.now import ticks
from router.settings import settings

#: Where ``capture`` says when it started (a list of monotonic seconds, as text).
STARTS = "bench.starts"


def main(pool: str, concurrency: int) -> None:
    """Work until SIGTERM.

    Args:
        pool: Name of the Celery pool, ``threads`` or ``prefork``.
        concurrency: Threads or processes.
    """
    address = settings().redis_url
    if address is None:
        raise SystemExit("LEAD_ROUTER_REDIS_URL is not set.")
    url = address.get_secret_value()
    app = make_celery(url)
    # Connects at its first use, which is after the fork.
    client = redis.Redis.from_url(url)

    def clean() -> None:
        """Do nothing."""

    def capture() -> None:
        """Say when it started."""
        client.rpush(STARTS, repr(ticks()))

    app.task(name="clean")(clean)
    app.task(name="capture")(capture)

    app.Worker(
        hostname="bare@bench",
        pool_cls=pool,
        concurrency=concurrency,
        queues=[ROAD_QUEUE],
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    ).start()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
