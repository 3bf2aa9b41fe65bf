"""The raw limits of this machine: each server with as little of our own code as possible."""

import re
import subprocess
from uuid import uuid4

import redis

from bench.bare_celery import STARTS
from bench.figures import percentile
from bench.leads import Inquiries
from bench.player import play
from bench.site import Place, Site, free_port, takes_connections, wait_for
from router.bell.celery_app import ROAD_QUEUE, make_celery
from router.embedded import binaries, processes
from router.now import now, ticks

_PREFIX = "lead-router."
_TABLE = (
    "CREATE TABLE bare (id uuid PRIMARY KEY, received_at timestamptz NOT NULL, body bytea NOT NULL)"
)
_INSERT = (
    "INSERT INTO bare VALUES (gen_random_uuid(), now(), decode(repeat('6c656164', 120), 'hex'));\n"
)
_TPS = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
_WAKES = 60
#: Hints that are sent first and not counted.
_FIRST = 10


def postgres(site: Site, seconds: float) -> dict[str, float]:
    """Measure single rows, each with its own commit, and COPY of 100 rows with theirs.

    Args:
        site: Where.
        seconds: Of each measurement.
    """
    found = {}
    with site.place() as place, place.connect() as connection:
        connection.execute(_TABLE)
        script = place.logs / "insert.sql"
        script.write_text(_INSERT, encoding="ascii")
        for clients in (1, 8):
            found[f"pg_insert_{clients}"] = _pgbench(place, script.name, clients, seconds)
        found["pg_copy_100"] = _copy(place, seconds)
    return found


def _pgbench(place: Place, script: str, clients: int, seconds: float) -> float:
    """Run PostgreSQL's own load generator and return transactions a second."""
    with place.connect() as connection:
        info = connection.info
        target = ("-h", info.host, "-p", str(info.port), "-U", info.user, info.dbname)
        password = info.password
    options = ("-n", "-M", "prepared", "-f", script, "-c", str(clients), "-j", "1")
    done = subprocess.run(  # noqa: S603 - the wheel's program
        (str(binaries.postgres_programs() / "pgbench"), *options, "-T", f"{seconds:.0f}", *target),
        check=True,
        capture_output=True,
        text=True,
        cwd=place.logs,
        env={"PGPASSWORD": password, "LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    rate = _TPS.search(done.stdout)
    return float(rate[1]) if rate else 0.0


def _copy(place: Place, seconds: float) -> float:
    """Return rows a second, written by COPY and committed by the hundred."""
    bodies = list(Inquiries("copy").bodies(100))
    rows, started = 0, ticks()
    with place.connect() as connection, connection.cursor() as cursor:
        while ticks() - started < seconds:
            moment = now()
            with cursor.copy("COPY bare FROM STDIN") as stream:
                for body in bodies:
                    stream.write_row((uuid4(), moment, body))
            rows += len(bodies)
    return rows / (ticks() - started)


def celery(site: Site, count: int) -> dict[str, float]:
    """Measure tasks that do nothing, and how long a hint takes to start its task.

    Args:
        site: Where.
        count: Tasks of each measurement.
    """
    found = {}
    for pool, size in (("threads", 4), ("prefork", 2)):
        with site.place() as place:
            found[f"celery_{pool}_{size}"] = _tasks(place, pool, size, count)
    with site.place() as place:
        found["celery_wake"] = _wake(place)
    return found


def _tasks(place: Place, pool: str, size: int, count: int) -> float:
    """Fill the queue, start the worker, and return tasks a second from the first to the last."""
    app = make_celery(place.redis_url)
    for _ in range(count):
        app.send_task("clean", ignore_result=True, retry=False)
    worker = place.start("bare-celery", "-m", "bench.bare_celery", pool, str(size))
    with redis.Redis.from_url(place.redis_url) as broker:
        queue, unacked = f"{_PREFIX}{ROAD_QUEUE}", f"{_PREFIX}unacked"

        def left() -> int:
            return int(broker.llen(queue)) + int(broker.hlen(unacked))

        # The first tasks are not counted: the worker still warms up.
        wait_for(lambda: left() < count * 0.9, "the first bare task", worker)
        begun, started = left(), ticks()
        while left():
            worker.check()
            processes.pause()
        return begun / (ticks() - started)


def _wake(place: Place) -> float:
    """Return the median time from sending a hint to the start of its task, in milliseconds."""
    app = make_celery(place.redis_url)
    worker = place.start("bare-celery", "-m", "bench.bare_celery", "prefork", "2")
    took = []
    with redis.Redis.from_url(place.redis_url) as broker:
        app.send_task("capture", ignore_result=True, retry=False)
        wait_for(lambda: bool(broker.lpop(STARTS)), "the first hint's task", worker)
        for number in range(_WAKES + _FIRST):
            sent = ticks()
            app.send_task("capture", ignore_result=True, retry=False)
            answer = broker.blpop([STARTS], timeout=4)
            if number >= _FIRST and answer:
                took.append(float(answer[1]) - sent)
            processes.pause()
    return percentile(took, 0.5) * 1000


def http(site: Site, seconds: float) -> dict[str, float]:
    """Measure an empty answer at 1 and 64 connections.

    Args:
        site: Where.
        seconds: Of each measurement.
    """
    found = {}
    with site.place() as place:
        port = free_port()
        child = place.start("bare-http", "-m", "bench.bare_http", str(port))
        wait_for(lambda: takes_connections(port), "the bare web process", child)
        for connections in (1, 64):
            result = play(
                place, port, connections=connections, seconds=seconds, most=1_000, again=True
            )
            found[f"http_{connections}"] = result.rate
            found[f"http_{connections}_p50"] = result.p50
            found[f"http_{connections}_p99"] = result.p99
    return found
