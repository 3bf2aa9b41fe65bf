"""Celery, set up so that a message can be lost, doubled or late without harm.

The database is the truth: tasks carry no data, keep no result, never use ETA or retry.
"""

from urllib.parse import parse_qs, quote, urlsplit

from celery import Celery
from kombu.entity import Queue

from router.bell.slots import free_slots_always
from router.errors import Misconfigured
from router.pipeline import DELIVER, ROAD

#: Queue of the stages; its work computes.
ROAD_QUEUE = "road"
#: Queue of deliveries; its work waits for others.
DELIVER_QUEUE = "deliver"
#: Seconds after which an unread hint is worthless: the ticker has rung again.
HINT_EXPIRES_S = 30
#: Seconds after which the broker hands an unacknowledged hint out again.
VISIBILITY_S = 120

_SCHEMES = {"redis", "rediss", "unix", "sentinel"}


def broker_address(redis_url: str) -> str:
    """Turn the address of a Redis or Valkey into the one that Celery understands.

    >>> broker_address("redis://localhost:6379/0")
    'redis://localhost:6379/0'
    >>> broker_address("unix:///run/lead router/valkey.sock?db=2")
    'redis+socket:///run/lead%20router/valkey.sock?virtual_host=2'

    Raises:
        Misconfigured: It is not a Redis, or a Redis Cluster, which cannot be a Celery broker.
    """
    parts = urlsplit(redis_url)
    if "cluster" in parts.scheme:
        raise Misconfigured(
            "LEAD_ROUTER_REDIS_URL names a Redis Cluster, which cannot be a Celery broker."
            " Use a single Redis or Valkey, or Sentinel."
        )
    if parts.scheme not in _SCHEMES:
        raise Misconfigured(
            f"LEAD_ROUTER_REDIS_URL has the scheme {parts.scheme!r}."
            " Use redis://, rediss://, sentinel:// or unix://."
        )
    if parts.scheme == "unix":
        number = parse_qs(parts.query).get("db", ["0"])[0]
        return f"redis+socket://{quote(parts.path, safe='/%')}?virtual_host={number}"
    return redis_url


def make_celery(redis_url: str, *, job_limit_s: float = 60.0) -> Celery:
    """Build the Celery app of this process.

    Args:
        redis_url: Address of the broker.
        job_limit_s: Seconds after which a job of the road is killed with its worker process; the
            leads it held are free again at once.

    Raises:
        Misconfigured: The broker's address cannot be used.
    """
    free_slots_always()
    app = Celery("lead-router", broker=broker_address(redis_url), set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=False,
        task_time_limit=job_limit_s,
        task_queues=[Queue(ROAD_QUEUE), Queue(DELIVER_QUEUE)],
        task_default_queue=ROAD_QUEUE,
        task_routes={
            **{stage.name.value: {"queue": stage.queue} for stage in ROAD},
            DELIVER: {"queue": DELIVER_QUEUE},
        },
        task_create_missing_queues=False,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_soft_shutdown_timeout=5.0,
        worker_enable_soft_shutdown_on_idle=False,
        worker_max_tasks_per_child=20_000,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=2,
        broker_transport_options={
            "visibility_timeout": VISIBILITY_S,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 10,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "global_keyprefix": "lead-router.",
        },
    )
    return app
