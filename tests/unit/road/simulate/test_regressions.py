"""What other lead routers got wrong, and users noticed: each must never happen here."""

from collections import Counter
from datetime import timedelta

from router.road.simulate.world import Join, Leave
from router.rulebook.model import Member, NobodyPolicy, Period, RuleBook
from router.stages.route.rotation import LEAD
from tests.played import (
    ISLA,
    OWEN,
    PRIYA,
    TEAM,
    TOM,
    at,
    given,
    hourly,
    played,
    team,
)

BERLIN, NEW_YORK = "jonas-brandt", "marcus-lee"
APRIL = at("2026-03-31 23:00")


def test_a_capacity_of_14_a_month_is_14_in_a_month_and_not_0_a_day(starter_book: RuleBook) -> None:
    book = team(starter_book, Member(TOM, caps={Period.MONTH: 14}), PRIYA)
    seen = played(book, hourly(42, each_day=2), end=at("2026-04-13 00:00"))
    march, april = given(seen, until=APRIL), given(seen, APRIL)
    assert march[TOM] == 14
    # They came by turns, day by day, until the 14th; the 15th and all others went to Priya.
    first = [each.person for each in seen.picks[:28]]
    assert Counter(first) == {TOM: 14, PRIYA: 14}
    assert len({each.at.date() for each in seen.picks[:28] if each.person == TOM}) >= 13
    assert {each.person for each in seen.picks[28:] if each.at < APRIL} == {PRIYA}
    # And the next month begins anew, without arrears for the leads that he could not take.
    assert abs(april[TOM] - april[PRIYA]) <= 1
    assert april[TOM] > 5


def test_a_full_month_never_lets_a_15th_lead_through(starter_book: RuleBook) -> None:
    caps = {Period.MONTH: 14}
    book = team(
        starter_book, Member(TOM, caps=caps), Member(PRIYA, caps=caps), nobody=NobodyPolicy.FALLBACK
    )
    seen = played(book, hourly(12))
    assert given(seen) == {TOM: 14, PRIYA: 14, "ines-okafor": 80 - 28}


def test_a_roster_change_in_the_middle_of_a_rotation_resets_no_count(
    starter_book: RuleBook,
) -> None:
    book = team(starter_book, Member(TOM, 3), PRIYA, OWEN)
    # After 31 leads, in the middle of a round of five.
    change = hourly(26)[31] - timedelta(minutes=5)
    seen = played(book, hourly(26), changes=(Join(ISLA, TEAM, 1, change),))
    owed: Counter[str] = Counter()
    for pick in seen.picks:
        for name, part in pick.due.items():
            owed[name] += part - (LEAD if name == pick.person else 0)
        # Nobody is ever a whole lead ahead or behind, across the change too.
        assert all(abs(each) < LEAD for each in owed.values())
    before, after = given(seen, until=change), given(seen, change)
    assert before.total() == 31
    assert abs(before[TOM] - 31 * 3 / 5) < 1
    assert abs(before[TOM] + after[TOM] - (31 * 3 / 5 + 129 * 3 / 6)) < 1


def test_whoever_joins_in_the_middle_of_a_rotation_is_not_flooded(starter_book: RuleBook) -> None:
    change = hourly(26)[31] - timedelta(minutes=5)
    seen = played(
        team(starter_book, TOM, PRIYA, OWEN), hourly(26), changes=(Join(ISLA, TEAM, 1, change),)
    )
    after = [each.person for each in seen.picks if each.at >= change]
    for start in range(len(after) - 7):
        # A quarter of any eight leads is two; a count that began at nothing would give her all.
        assert 1 <= after[start : start + 8].count(ISLA) <= 3


def test_nobody_is_flooded_when_a_member_leaves(starter_book: RuleBook) -> None:
    change = hourly(26)[32] - timedelta(minutes=5)
    seen = played(team(starter_book, TOM, PRIYA, OWEN), hourly(26), changes=(Leave(OWEN, change),))
    after = [each.person for each in seen.picks if each.at >= change]
    for start in range(len(after) - 3):
        assert 1 <= after[start : start + 4].count(TOM) <= 3


def test_a_lead_at_half_past_eleven_in_utc_is_of_april_in_berlin_and_of_march_in_new_york(
    starter_book: RuleBook,
) -> None:
    one = {Period.MONTH: 1}
    book = team(
        starter_book,
        Member(BERLIN, caps=one),
        Member(NEW_YORK, caps=one),
        nobody=NobodyPolicy.FALLBACK,
    )
    moments = [
        # Both have their one lead of March.
        at("2026-03-30 14:00"),
        at("2026-03-30 15:00"),
        at("2026-03-31 21:30"),  # 23:30 in Berlin: both are full
        at("2026-03-31 23:30"),  # 1 April 01:30 in Berlin, 31 March 19:30 in New York
        at("2026-03-31 23:45"),  # Berlin has its lead of April, New York still that of March
        at("2026-04-01 03:59"),  # a minute before midnight in New York
        at("2026-04-01 04:00"),
    ]
    seen = played(book, moments, end=at("2026-04-02 00:00"))
    got = [each.person for each in seen.picks if not each.again]
    assert got[:2] == [BERLIN, NEW_YORK]
    assert got[2:] == ["ines-okafor", BERLIN, "ines-okafor", "ines-okafor", NEW_YORK]
