"""The claim of actions: in order per lead, and not slowed by what waits for its predecessor."""

from datetime import datetime, timedelta
from uuid import UUID

from router.app import App
from router.now import now as read_now
from router.store.actions import Leased, lease_actions
from router.store.tx import transaction

_LEADS = 1_200
_LEASE = timedelta(minutes=1)


def write(  # noqa: PLR0913 - what differs between crowds, by name
    app: App, destination: str, *, leads: int, first: datetime, others: datetime, each: int = 2
) -> None:
    """Write some actions for each of many leads: the first due at one moment, others at another."""
    with transaction(app.engine) as tx:
        tx.run(
            "INSERT INTO action (id, lead_id, seq, kind, destination, key, body, next_at,"
            " created_at)"
            " SELECT gen_random_uuid(), md5(%(at)s || lead)::uuid, n, 'handoff.offered', %(to)s,"
            " %(at)s || '.' || lead || '.' || n, '{}', CASE n WHEN 1 THEN %(first)s ELSE %(others)s"
            " END, %(others)s FROM generate_series(1, %(leads)s) lead,"
            " generate_series(1, %(each)s) n ORDER BY lead, n",
            {
                "to": destination,
                "at": f"{destination}{first:%H%M}",
                "first": first,
                "others": others,
                "leads": leads,
                "each": each,
            },
        )


def claim(app: App, destination: str, now: datetime, most: int = 8) -> list[Leased]:
    """Claim actions as a worker does."""
    with transaction(app.engine) as tx:
        return lease_actions(tx, destination, now=now, lease=_LEASE, in_flight=64, most=most)


def due(app: App, destination: str, now: datetime) -> int:
    """Count what each claim has to look at."""
    with transaction(app.engine) as tx:
        row = tx.row(
            "SELECT count(*) FROM action WHERE destination = %s AND state = 'pending'"
            " AND next_at <= %s",
            (destination, now),
        )
    return int(row[0]) if row else 0


def test_crowd_that_waits_for_its_heads_is_passed_once_and_not_by_each_claim(app: App) -> None:
    now = read_now()
    later, early = now + timedelta(minutes=20), now - timedelta(minutes=10)
    write(app, "crowd", leads=_LEADS, first=later, others=early)
    write(app, "crowd", leads=3, first=now, others=now, each=1)
    assert due(app, "crowd", now) == _LEADS + 3
    claimed = claim(app, "crowd", now)
    assert len(claimed) == 3, "what can go is found behind the crowd"
    assert due(app, "crowd", now) < _LEADS / 2, "the crowd waits where its heads wait"
    assert due(app, "crowd", later) == 2 * _LEADS, "nothing is lost"


def test_order_holds_where_heads_are_due_after_their_followers(app: App) -> None:
    now = read_now()
    early, late = now - timedelta(minutes=10), now - timedelta(minutes=5)
    write(app, "order", leads=_LEADS, first=late, others=early, each=3)
    under_way: set[UUID] = set()
    for _ in range(6):
        claimed = claim(app, "order", now)
        assert len(claimed) == 8
        assert all(each.key.endswith(".1") for each in claimed), "the first of each lead goes first"
        leads = {each.lead_id for each in claimed if each.lead_id is not None}
        assert len(leads) == 8
        assert not leads & under_way, "one call at a time for a lead"
        under_way |= leads


def test_ready_one_is_found_however_many_of_one_lead_stand_before_it(app: App) -> None:
    now = read_now()
    early = now - timedelta(minutes=10)
    write(app, "one", leads=1, first=early, others=early, each=_LEADS)
    write(app, "one", leads=1, first=now, others=now, each=1)
    assert len(claim(app, "one", now, most=2)) == 1
    assert len(claim(app, "one", now, most=2)) == 1
    assert claim(app, "one", now, most=2) == []
