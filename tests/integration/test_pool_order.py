"""Tiers, open leads and caps by period, as the road and its ledger count them."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from router.road import words
from router.road.act import act
from router.road.drain import Road
from router.rulebook.model import RuleBook
from tests.build import MONDAY, inquiry, send, time_stands_at
from tests.pools import FALLBACK, UK, come_in, owner, stands, use, with_pool

pytestmark = pytest.mark.usefixtures("even_monday")


def test_the_next_tier_is_asked_when_the_one_before_is_full_and_pays_nothing_till_then(
    road: Road, starter_book: RuleBook
) -> None:
    members = (
        "members: [{person: priya-shah, cap: {day: 2}}, {person: tom-keane, tier: 2},"
        " {person: owen-price, tier: 2, cap: {day: 1}}, {person: isla-grant, tier: 3}]"
    )
    use(road.app, with_pool(starter_book, "", members=members))
    assert come_in(road, 2) == ["priya-shah"] * 2
    assert {row.credit for row in stands(road.app).values()} == {0}
    assert Counter(come_in(road, 4)) == {"tom-keane": 3, "owen-price": 1}
    assert stands(road.app)["isla-grant"].assigned == 0


def test_who_has_the_fewest_open_leads_for_their_weight_gets_the_next(
    road: Road, starter_book: RuleBook
) -> None:
    members = "members: [priya-shah, {person: tom-keane, weight: 2}]"
    use(road.app, with_pool(starter_book, "method: least_open", members=members))
    leads = [send(road, inquiry()) for _ in range(6)]
    assert Counter(map(owner, leads)) == {"priya-shah": 2, "tom-keane": 4}
    for lead in leads:
        if owner(lead) == "tom-keane":
            act(road, lead.id, words.close("api", "converted"))
    assert come_in(road, 4) == ["tom-keane"] * 4
    assert sum(row.credit for row in stands(road.app).values()) == 0


def test_a_week_begins_on_each_persons_own_monday(road: Road, starter_book: RuleBook) -> None:
    members = (
        "members: [{person: jonas-brandt, cap: {week: 1}}, {person: marcus-lee, cap: {week: 1}}]"
    )
    use(road.app, with_pool(starter_book, "nobody: fallback", members=members))
    assert sorted(come_in(road, 2)) == ["jonas-brandt", "marcus-lee"]
    assert come_in(road, 1) == [FALLBACK]
    # Midnight in Berlin is still sunday afternoon in New York.
    berlin = datetime(2026, 3, 8, 23, tzinfo=UTC)
    with time_stands_at(berlin - timedelta(seconds=30)):
        assert come_in(road, 1) == [FALLBACK]
    with time_stands_at(berlin + timedelta(seconds=1)):
        assert come_in(road, 2) == ["jonas-brandt", FALLBACK]
    # New York moved its clocks that night: its monday begins at four in UTC.
    new_york = datetime(2026, 3, 9, 4, tzinfo=UTC)
    with time_stands_at(new_york - timedelta(seconds=30)):
        assert come_in(road, 1) == [FALLBACK]
    with time_stands_at(new_york + timedelta(seconds=1)):
        assert come_in(road, 2) == ["marcus-lee", FALLBACK]


def test_a_lead_that_is_given_back_counts_no_more_in_the_day_it_was_given(
    road: Road, starter_book: RuleBook
) -> None:
    members = "members: [{person: priya-shah, cap: {day: 1}}]"
    terms = "nobody: fallback\ncredit_back: [wrong-territory]"
    use(road.app, with_pool(starter_book, terms, members=members))
    lead = send(road, inquiry())
    assert owner(lead) == "priya-shah"
    with time_stands_at(MONDAY + timedelta(days=1)):
        assert come_in(road, 2) == ["priya-shah", FALLBACK]
        act(road, lead.id, words.decline("priya-shah", "wrong territory", ""))
        # Yesterday has room again; today has not.
        assert come_in(road, 1) == [FALLBACK]
    assert stands(road.app, UK)["priya-shah"].assigned == 1


def test_a_pool_behind_a_pool_behind_is_asked_once_and_in_order(
    road: Road, starter_book: RuleBook
) -> None:
    members = "members: [{person: priya-shah, cap: {day: 1}}]"
    terms = "nobody: overflow\noverflow: [uk-south, uk-north, north-america]"
    cards = "owen-price: cap: {day: 1}\nisla-grant: cap: {day: 1}\nrhys-morgan: cap: {day: 0}"
    use(road.app, with_pool(starter_book, terms, members=members, cards=cards))
    came = come_in(road, 6)
    assert came[0] == "priya-shah"
    assert set(came[1:3]) <= {"owen-price", "priya-shah"}
    assert Counter(came)["owen-price"] == 1
    assert Counter(came)["isla-grant"] + Counter(came)["priya-shah"] >= 2
    assert Counter(came)["rhys-morgan"] == 0
