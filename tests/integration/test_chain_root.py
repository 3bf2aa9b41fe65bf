"""The chained root over the event log: every event stands below exactly one root."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest

from router.app import App
from router.embedded.processes import wait_for
from router.store.processes import append_root
from router.store.tx import Tx, transaction
from tests.build import MONDAY

Root = Callable[[], set[str]]


def write_event(tx: Tx, lead_id: UUID, seq: int = 1, *, hours_ago: int = 0) -> None:
    """Write an event, stamped with the time of a host that may run late."""
    tx.run(
        "INSERT INTO event (lead_id, seq, kind, at, data, personal, hash)"
        " VALUES (%s, %s, 'lead.captured', %s, '{}', '{}', %s)",
        (lead_id, seq, MONDAY - timedelta(hours=hours_ago), lead_id.bytes),
    )


@pytest.fixture
def root(app: App) -> Root:
    """Return what makes a root and tells which leads stand below it; what is there is below one."""

    def make() -> set[str]:
        below: set[str] = set()

        def digest(previous: bytes, heads: bytes) -> bytes:
            below.update(lead for lead, _ in orjson.loads(heads))
            return hashlib.sha256(previous + heads).digest()

        assert wait_for(lambda: _vacuum_is_over(app), seconds=60)
        with transaction(app.engine) as tx:
            append_root(tx, MONDAY, digest)
        return below

    make()
    return make


def _vacuum_is_over(app: App) -> bool:
    """Return whether no transaction runs but those of tests: above one, nothing is settled."""
    with transaction(app.engine) as tx:
        rows = tx.rows(
            "SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'transactionid' AND usename IS DISTINCT FROM current_user"
        )
    return not rows


@contextmanager
def still_running(app: App, lead_id: UUID) -> Iterator[None]:
    """Hold a transaction open that has written an event and has not committed."""
    with transaction(app.engine) as slow:
        write_event(slow, lead_id, hours_ago=1)
        yield


def test_event_that_commits_an_hour_late_stands_below_the_next_root(app: App, root: Root) -> None:
    late, prompt = uuid4(), uuid4()
    with still_running(app, late):
        with transaction(app.engine) as tx:
            write_event(tx, prompt)
        assert root() == set(), "nothing above a running transaction is settled"
    assert root() == {str(late), str(prompt)}
    assert root() == set()


def test_event_of_a_host_whose_time_runs_hours_behind_stands_below_a_root(
    app: App, root: Root
) -> None:
    first, behind = uuid4(), uuid4()
    with transaction(app.engine) as tx:
        write_event(tx, first)
    assert root() == {str(first)}
    with transaction(app.engine) as tx:
        write_event(tx, behind, hours_ago=5)
    assert root() == {str(behind)}


def test_database_that_was_moved_to_a_younger_server_goes_on_with_its_roots(
    app: App, root: Root
) -> None:
    before, after = uuid4(), uuid4()
    with transaction(app.engine) as tx:
        write_event(tx, before)
    root()
    with transaction(app.engine) as tx:
        tx.run("UPDATE chain_root SET below = '900000000000'::xid8")
        write_event(tx, after)
    assert str(after) in root()
    assert root() == set()


def test_a_root_need_not_read_the_whole_log(app: App) -> None:
    with transaction(app.engine) as tx:
        tx.run("SET LOCAL enable_seqscan = off")
        plan = tx.rows(
            "EXPLAIN SELECT lead_id FROM event WHERE xid >= '10'::xid8 AND xid < '20'::xid8"
        )
    assert "ix_event_xid" in str(plan)
