"""A weekend's backlog is spread over all who work that day, and at a pace that they can answer."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from router.app import App
from router.lead.decision import ClockKind
from router.pipeline import StageName
from router.road.drain import Road
from router.road.ticker.tick import Ticker
from router.rulebook.model import RuleBook
from router.store.clocks import clocks_of
from router.store.tx import transaction
from tests.build import delivery, inquiry, lead_now, leads_of, send, store, time_stands_at
from tests.pools import UK, go_away, owner, start_even, use, with_pool

SUNDAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
#: Nine in Berlin; London begins an hour later, New York at 14:00.
BERLIN_OPENS = datetime(2026, 3, 2, 8, tzinfo=UTC)
WORLD = "members: [jonas-brandt, tom-keane, marcus-lee]"


@pytest.fixture(autouse=True)
def sunday(app: App) -> Iterator[None]:
    """Stand on a sunday, with nobody ahead or behind."""
    start_even(app)
    with time_stands_at(SUNDAY):
        yield


def test_a_weekends_backlog_is_spread_over_all_time_zones_that_work_that_day(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    use(app, with_pool(starter_book, "require: on_shift\nnobody: hold", members=WORLD))
    leads = [send(road, inquiry()) for _ in range(9)]
    assert {owner(lead) for lead in leads} == {UK}
    with time_stands_at(BERLIN_OPENS + timedelta(seconds=1)):
        Ticker(app).round()
        got = Counter(owner(lead_now(app, lead.id)) for lead in leads)
        assert got == {"jonas-brandt": 3, "tom-keane": 3, "marcus-lee": 3}
        # Those that wait for New York are due in its working time.
        theirs = next(lead for lead in leads if owner(lead_now(app, lead.id)) == "marcus-lee")
        with transaction(app.engine) as tx:
            clock = clocks_of(tx, [theirs.id])[theirs.id][ClockKind.ACCEPTANCE]
        assert clock.respond_by > BERLIN_OPENS + timedelta(hours=6)


def test_the_last_few_of_many_are_shared_as_well(road: Road, starter_book: RuleBook) -> None:
    app = road.app
    use(app, with_pool(starter_book, "require: on_shift\nnobody: hold", members=WORLD))
    leads = [send(road, inquiry()) for _ in range(23)]
    with time_stands_at(BERLIN_OPENS + timedelta(seconds=1)):
        Ticker(app).round()
    got = Counter(owner(lead_now(app, lead.id)) for lead in leads)
    # Twenty are looked at together; three behind them are not more than the pool has members.
    assert sorted(got.values()) == [7, 8, 8]


def test_a_few_leads_go_to_who_is_at_work_first(road: Road, starter_book: RuleBook) -> None:
    app = road.app
    use(app, with_pool(starter_book, "require: on_shift\nnobody: hold", members=WORLD))
    leads = [send(road, inquiry()) for _ in range(2)]
    with time_stands_at(BERLIN_OPENS + timedelta(seconds=1)):
        Ticker(app).round()
    assert [owner(lead_now(app, lead.id)) for lead in leads] == ["jonas-brandt"] * 2


def test_what_waited_longest_goes_first_as_far_as_caps_reach(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    members = "members: [{person: jonas-brandt, cap: {day: 2}}]"
    use(app, with_pool(starter_book, "require: on_shift\nnobody: hold", members=members))
    leads = []
    for minute in range(4):
        with time_stands_at(SUNDAY + timedelta(minutes=minute)):
            leads.append(send(road, inquiry()))
    with time_stands_at(BERLIN_OPENS + timedelta(seconds=1)):
        Ticker(app).round()
        first = [owner(lead_now(app, lead.id)) for lead in leads]
    assert first == ["jonas-brandt", "jonas-brandt", UK, UK]
    with transaction(app.engine) as tx:
        # Or the ladder would take them to the fallback owner, as it should.
        tx.run("DELETE FROM clock")
    with time_stands_at(BERLIN_OPENS + timedelta(days=1, seconds=1)):
        Ticker(app).round()
        assert {owner(lead_now(app, lead.id)) for lead in leads} == {"jonas-brandt"}


def test_a_wave_is_due_at_the_pace_of_the_pool(road: Road, starter_book: RuleBook) -> None:
    app = road.app
    members = "members: [tom-keane, owen-price]"
    terms = "require: on_shift\nnobody: hold\npace: 4"
    use(app, with_pool(starter_book, terms, members=members))
    leads = [send(road, inquiry()) for _ in range(8)]
    opens = BERLIN_OPENS + timedelta(hours=1)
    with time_stands_at(opens + timedelta(seconds=1)):
        Ticker(app).round()
    with transaction(app.engine) as tx:
        found = clocks_of(tx, [lead.id for lead in leads])
    starts = Counter(
        round((found[lead.id][ClockKind.ACCEPTANCE].started_at - opens).total_seconds() / 60)
        for lead in leads
    )
    assert starts == {0: 2, 15: 2, 30: 2, 45: 2}


def test_the_backlog_of_an_outage_is_spread_over_all_who_work_that_day(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    use(app, with_pool(starter_book, "require: on_shift", members=WORLD))
    with time_stands_at(BERLIN_OPENS):
        # Stored by the door; no worker took them for half an hour.
        ids = store(app, *(delivery(inquiry()) for _ in range(9)))
    with time_stands_at(BERLIN_OPENS + timedelta(minutes=30)):
        while road.drain(StageName.CAPTURE):
            continue
    got = Counter(owner(lead) for each in ids for lead in leads_of(app, each))
    assert got == {"jonas-brandt": 3, "tom-keane": 3, "marcus-lee": 3}


def test_who_is_away_for_the_day_is_left_out_of_a_wave(road: Road, starter_book: RuleBook) -> None:
    app = road.app
    use(app, with_pool(starter_book, "require: on_shift\nnobody: hold", members=WORLD))
    leads = [send(road, inquiry()) for _ in range(6)]
    go_away(app, "marcus-lee")
    with time_stands_at(BERLIN_OPENS + timedelta(seconds=1)):
        Ticker(app).round()
    got = Counter(owner(lead_now(app, lead.id)) for lead in leads)
    assert got == {"jonas-brandt": 3, "tom-keane": 3}
