"""How others choose who is next, written anew from what is known of them, each at its plainest.

Every one takes a lead, chooses, and notes the choice in ``bare_given``, whose numbers tell the
order. None of them is slowed down on purpose: each statement commits by itself where the original
holds no lock.
"""

from collections.abc import Callable, Mapping
from random import Random

import psycopg
import redis
from psycopg.rows import TupleRow

from bench.pools import CAP, Pool
from bench.site import connect

#: Who gets what nobody of a pool may have.
NOBODY = "nobody"
_ROTATION = "bench.rotation"
_NOTE = "INSERT INTO bare_given (person) VALUES (%s)"
_TABLES = (
    "CREATE TABLE bare_given (number bigint GENERATED ALWAYS AS IDENTITY, person text NOT NULL)",
    "CREATE TABLE bare_pointer (last text NOT NULL)",
    "CREATE TABLE bare_load (person text PRIMARY KEY, load integer NOT NULL)",
    "CREATE TABLE bare_turn (person text PRIMARY KEY, current integer NOT NULL)",
)

#: Gives one lead.
Give = Callable[[], None]


def lay_out(at: psycopg.Connection[TupleRow]) -> None:
    """Make the tables that the others need."""
    for statement in _TABLES:
        at.execute(statement)


def empty(at: psycopg.Connection[TupleRow], broker: redis.Redis, pool: Pool) -> None:
    """Begin anew with a pool: nobody has had a lead."""
    at.execute("TRUNCATE bare_given, bare_pointer, bare_load, bare_turn RESTART IDENTITY")
    at.execute("INSERT INTO bare_pointer VALUES (%s)", (pool.names[-1],))
    with at.cursor() as cursor:
        cursor.executemany("INSERT INTO bare_load VALUES (%s, 0)", [(each,) for each in pool.names])
        cursor.executemany("INSERT INTO bare_turn VALUES (%s, 0)", [(each,) for each in pool.names])
    broker.delete(_ROTATION)
    broker.lpush(_ROTATION, *reversed(pool.names))


class Peers:
    """The others' ways, in one process."""

    def __init__(self, database_url: str, redis_url: str, seed: int) -> None:
        """Open connections.

        Args:
            database_url: Of the place.
            redis_url: Of its broker.
            seed: Of the draws.
        """
        self._at = connect(database_url)
        self._broker = redis.Redis.from_url(redis_url, decode_responses=True)
        self._chance = Random(seed)  # noqa: S311 - nothing is secret here

    def ways(self, pool: Pool) -> Mapping[str, Give]:
        """Return every way to give a lead of a pool, by name."""
        names, weights = pool.names, pool.weights
        return {
            "random": lambda: self._note(self._chance.choices(names, [*weights.values()])[0]),
            "redis": lambda: self._redis(names),
            "pointer": lambda: self._pointer(names),
            "newest": lambda: self._newest(names),
            "load": self._load,
            "smooth": lambda: self._smooth(weights),
        }

    def _note(self, person: str) -> None:
        self._at.execute(_NOTE, (person,))

    def _redis(self, names: tuple[str, ...]) -> None:
        """Read the list of who is next, and move the chosen one to its other end."""
        waiting = self._broker.lrange(_ROTATION, 0, -1)
        if set(waiting) != set(names):
            # It does not look like the team: it is made anew.
            self._broker.delete(_ROTATION)
            self._broker.lpush(_ROTATION, *reversed(names))
            waiting = list(names)
        chosen = str(waiting[0])
        self._broker.lrem(_ROTATION, 0, chosen)
        self._broker.rpush(_ROTATION, chosen)
        self._note(chosen)

    def _pointer(self, names: tuple[str, ...]) -> None:
        """Read who was last, and write who is next."""
        row = self._at.execute("SELECT last FROM bare_pointer").fetchone()
        chosen = _after(names, str(row[0]) if row else "")
        self._at.execute("UPDATE bare_pointer SET last = %s", (chosen,))
        self._note(chosen)

    def _newest(self, names: tuple[str, ...]) -> None:
        """Take who comes after the one that the newest lead went to."""
        query = "SELECT person FROM bare_given ORDER BY number DESC LIMIT 1"
        row = self._at.execute(query).fetchone()
        self._note(_after(names, str(row[0]) if row else ""))

    def _load(self) -> None:
        """Read what everybody has, draw one who has room, and count it to them."""
        rows = self._at.execute("SELECT person FROM bare_load WHERE load < %s", (CAP,)).fetchall()
        if not rows:
            self._note(NOBODY)
            return
        chosen = str(self._chance.choice(rows)[0])
        self._at.execute("UPDATE bare_load SET load = load + 1 WHERE person = %s", (chosen,))
        self._note(chosen)

    def _smooth(self, weights: Mapping[str, int]) -> None:
        """Rotate as load balancers do, under a lock: who is owed most, and the first of equals."""
        with self._at.transaction():
            self._at.execute("SELECT 1 FROM pool FOR NO KEY UPDATE")
            rows = self._at.execute("SELECT person, current FROM bare_turn").fetchall()
            current = {str(person): int(value) + weights[person] for person, value in rows}
            chosen = min(weights, key=lambda name: (-current[name], name))
            current[chosen] -= sum(weights.values())
            with self._at.cursor() as cursor:
                cursor.executemany(
                    "UPDATE bare_turn SET current = %s WHERE person = %s",
                    [(value, name) for name, value in current.items()],
                )
            self._note(chosen)


def _after(names: tuple[str, ...], last: str) -> str:
    return names[(names.index(last) + 1) % len(names)] if last in names else names[0]
