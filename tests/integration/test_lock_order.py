"""Whoever waits for a lock holds nothing that the one before them may come for."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import pytest

from router.app import App
from router.embedded.processes import wait_for
from router.lead.ids import LeadId
from router.now import now as read_now
from router.road.drain import Road
from router.road.pages import lock_page, together
from router.road.people.absences import Said, add_absence
from router.rulebook.availability import AbsenceKind
from router.store import actions, clocks
from router.store.absences import lock_absence, set_back
from router.store.held import forget_wakes, notes, wake
from router.store.import_rows import forget_rows
from router.store.leads import lock_leads
from router.store.processes import deadlocks
from router.store.tx import Tx, transaction
from tests.build import MONDAY, inquiry, send, time_stands_at

_SOON, _HOUR, _DAY = timedelta(seconds=2), timedelta(hours=1), timedelta(days=1)
_TOM, _SERVE = "tom-keane", "default"


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Stand on a monday morning, so that everybody works."""
    with time_stands_at(MONDAY):
        yield


def somebody_waits(app: App) -> bool:
    """Return whether somebody in this database waits for a lock."""
    with transaction(app.engine) as tx:
        row = tx.row(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    return row is not None and row[0] > 0


def meet(
    app: App,
    other: Callable[[], object],
    first: Callable[[Tx], object],
    then: Callable[[Tx], object],
) -> None:
    """Lock one thing, let somebody else wait for it, and lock another thing that they want, too.

    Args:
        app: Of this process.
        other: Wants both; runs beside.
        first: Locks the one.
        then: Locks the other, which the one who waits must not hold.
    """
    beside = threading.Thread(target=other)
    with transaction(app.engine, lock_timeout=_SOON) as tx:
        first(tx)
        beside.start()
        assert wait_for(lambda: somebody_waits(app), seconds=30)
        then(tx)
    beside.join()
    with transaction(app.engine) as tx:
        tx.rows("SELECT pg_stat_clear_snapshot()")
        assert deadlocks(tx) == 0


def test_a_run_over_leads_holds_none_of_them_while_it_waits_for_another(
    road: Road, app: App
) -> None:
    ids = sorted(send(road, inquiry()).id for _ in range(3))
    done, failed = list[LeadId](), list[Exception]()

    def act(some: Sequence[LeadId]) -> None:
        with transaction(app.engine, lock_timeout=timedelta(seconds=30)) as tx:
            done.extend(lock_page(tx, some))

    meet(
        app,
        lambda: failed.extend(together(ids, act, lambda _lead, _error: None)),
        lambda tx: lock_leads(tx, [ids[2]]),
        lambda tx: lock_leads(tx, ids[:2]),
    )
    assert done == ids
    assert failed == []


def test_absences_that_end_together_are_locked_in_the_order_of_a_calendar(app: App) -> None:
    late = add_absence(app, _TOM, Said(kind=AbsenceKind.OFF), by="tests", now=read_now())
    with time_stands_at(MONDAY - _DAY):
        early = add_absence(app, _TOM, Said(start=MONDAY - _HOUR), by="tests", now=read_now())
    assert early.id < late.id

    def back() -> None:
        with transaction(app.engine) as tx:
            set_back(tx, book=_SERVE, person=_TOM, now=read_now())

    meet(
        app,
        back,
        lambda tx: lock_absence(tx, _SERVE, early.id),
        lambda tx: lock_absence(tx, _SERVE, late.id),
    )


def test_rows_that_may_be_imported_again_are_locked_in_the_order_of_an_import(app: App) -> None:
    keys = [b"a" * 32, b"b" * 32]
    with transaction(app.engine) as tx:
        for key in reversed(keys):
            tx.run(
                "INSERT INTO delivery_key (book, source, key, delivery_id, expires_at)"
                " VALUES (%s, 'generic', %s, gen_random_uuid(), %s)",
                (_SERVE, key, MONDAY + _DAY),
            )

    def forget() -> None:
        with transaction(app.engine) as tx:
            forget_rows(tx, _SERVE, "generic", keys)

    def lock(tx: Tx, key: bytes) -> None:
        assert tx.rows("SELECT 1 FROM delivery_key WHERE key = %s FOR UPDATE", (key,))

    meet(app, forget, lambda tx: lock(tx, keys[0]), lambda tx: lock(tx, keys[1]))


def test_notes_that_somebody_else_forgets_are_not_waited_for(app: App) -> None:
    with transaction(app.engine) as tx:
        for _ in range(2):
            wake(tx, _SERVE, "back", read_now())
        first, second = sorted(notes(tx, _SERVE))[-2:]
    with transaction(app.engine) as other, transaction(app.engine, lock_timeout=_SOON) as tx:
        forget_wakes(other, [first])
        forget_wakes(tx, [first, second])
    with transaction(app.engine) as tx:
        assert {first, second}.isdisjoint(notes(tx, _SERVE))


def test_a_clock_that_somebody_moves_is_not_put_off(road: Road, app: App) -> None:
    leads = [send(road, inquiry()).id for _ in range(2)]
    late, later = MONDAY + _DAY, MONDAY + 2 * _DAY
    with transaction(app.engine) as other, transaction(app.engine, lock_timeout=_SOON) as tx:
        other.rows("SELECT 1 FROM clock WHERE lead_id = %s FOR UPDATE", (leads[0],))
        clocks.put_off(tx, leads, late, later)
    with transaction(app.engine) as tx:
        rows = tx.rows(
            "SELECT lead_id, bool_and(next_at = %s) FROM clock WHERE lead_id = ANY(%s) GROUP BY 1",
            (later, leads),
        )
    assert {row[0]: row[1] for row in rows} == {leads[0]: False, leads[1]: True}


def test_an_action_that_its_holder_settles_late_is_not_waited_for(road: Road, app: App) -> None:
    with transaction(app.engine) as tx:
        tx.run("DELETE FROM action")
    send(road, inquiry())
    send(road, inquiry())

    def lease(tx: Tx) -> list[actions.Leased]:
        now = read_now() + _HOUR
        return actions.lease_actions(tx, "crm", now=now, lease=_HOUR, in_flight=2, most=2)

    with transaction(app.engine) as tx:
        late, lost = lease(tx)
        tx.run(
            "UPDATE action SET leased_until = leased_until - interval '1 day'"
            " WHERE state = 'sending'"
        )
    with transaction(app.engine) as other, transaction(app.engine, lock_timeout=_SOON) as tx:
        assert actions.finish(other, late, status=200, detail="", now=read_now())
        assert [each.id for each in lease(tx)] == [lost.id]


def test_an_action_that_is_withdrawn_is_not_waited_for_when_one_before_it_failed(
    road: Road, app: App
) -> None:
    lead = send(road, inquiry())
    later = MONDAY + _DAY
    with transaction(app.engine) as tx:
        tx.run("DELETE FROM action WHERE lead_id <> %s", (lead.id,))
        tx.run(
            "INSERT INTO action (id, lead_id, seq, kind, destination, key, body, next_at,"
            " created_at) SELECT gen_random_uuid(), lead_id, seq, 'later', destination,"
            " key || '.' || n, body, next_at, created_at FROM action, generate_series(1, 2) AS n"
        )
        (leased,) = actions.lease_actions(
            tx, "crm", now=read_now() + _HOUR, lease=_HOUR, in_flight=1, most=1
        )
        rows = tx.rows("SELECT id FROM action WHERE state = 'pending' ORDER BY number")
    withdrawn, other_one = (row[0] for row in rows)
    with transaction(app.engine) as other, transaction(app.engine, lock_timeout=_SOON) as tx:
        other.run("UPDATE action SET state = 'withdrawn' WHERE id = %s", (withdrawn,))
        assert actions.retry_later(tx, leased, error="busy", next_at=later)
    with transaction(app.engine) as tx:
        kept = tx.rows("SELECT id FROM action WHERE next_at = %s", (later,))
    assert {row[0] for row in kept} == {leased.id, other_one}
