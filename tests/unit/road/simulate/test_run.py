"""A month worked out by hand: absences and what they earn, holds, caps, ramps, ladders, leavers."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from router.errors import Rejected
from router.lead.decision import ClockKind
from router.road.simulate.measure import measure
from router.road.simulate.world import Absence, Habits, Join, Leave, Weigh, timeline
from router.rulebook.model import (
    AbsenceCredit,
    Absences,
    Effect,
    First,
    Group,
    Member,
    Method,
    NobodyPolicy,
    Period,
    Phase,
    Promise,
    Ramp,
    RuleBook,
    Skill,
    SlaPolicy,
)
from router.stages.route.owner import FALLBACK, NO_POOL, OFF_SHIFT
from tests.played import (
    EXACT,
    ISLA,
    MONDAY,
    OWEN,
    PRIYA,
    TEAM,
    TOM,
    at,
    given,
    hourly,
    played,
    team,
    two_weeks,
)

#: 160 leads, 40 a week.
MONTH = hourly(26)


def patient(book: RuleBook) -> RuleBook:
    """Return the book with a promise without a ladder: nothing is taken from anybody."""
    promises = {ClockKind.ACCEPTANCE.value: Promise(timedelta(hours=1), ())}
    return replace(book, slas={book.default_sla: SlaPolicy(book.default_sla, promises)})


def test_two_people_with_equal_weights_share_a_month_evenly(starter_book: RuleBook) -> None:
    seen = played(team(starter_book, TOM, PRIYA), MONTH)
    assert given(seen) == {TOM: 80, PRIYA: 80}
    (pool,) = measure(seen).pools
    for member in pool.members:
        assert (member.share, member.by_weight, member.due) == (0.5, 0.5, 80.0)
        assert member.worst <= 0.5
        assert member.waits.worked_median_s == 600
        assert member.acceptance.share == member.first_touch.share == 1.0


@pytest.mark.parametrize(
    ("policy", "tom", "earned", "paid"),
    [
        # 20 in the first week, none in two, 20 in the last.
        (Absences(AbsenceCredit.NONE), 40, 0.0, 0.0),
        # 40 are put aside. In the last week 2 of 3 leads are Tom's, which pays out a sixth of a
        # lead each time: 40 leads of that week give 26 or 27.
        (Absences(AbsenceCredit.PROPORTIONAL, catch_up=2), 47, 40.0, 40 / 6),
        # 5 are put aside. They are paid out after 30 leads, of which 20 are Tom's; of the last 10
        # every second one is.
        (Absences(AbsenceCredit.ACCRUE, up_to=5, catch_up=2), 45, 5.0, 5.0),
    ],
)
def test_two_weeks_away_cost_what_the_pool_says(
    starter_book: RuleBook, policy: Absences, tom: int, earned: float, paid: float
) -> None:
    book = team(starter_book, TOM, PRIYA, absences=policy)
    seen = played(book, MONTH, away=(two_weeks(TOM),))
    assert given(seen, MONDAY + timedelta(days=7), MONDAY + timedelta(days=21)) == {PRIYA: 80}
    assert given(seen).total() == 160
    assert abs(given(seen)[TOM] - tom) <= 1
    member = next(each for each in measure(seen).pools[0].members if each.person == TOM)
    assert member.earned == pytest.approx(earned, abs=1e-6)
    assert member.paid == pytest.approx(paid, abs=1e-6)
    assert member.away_h == 10 * 8.5


def test_whoever_is_back_is_never_flooded(starter_book: RuleBook) -> None:
    policy = Absences(AbsenceCredit.PROPORTIONAL, catch_up=2)
    seen = played(team(starter_book, TOM, PRIYA, absences=policy), MONTH, away=(two_weeks(TOM),))
    after = [each.person for each in seen.picks if each.at >= MONDAY + timedelta(days=21)]
    for start in range(len(after) - 5):
        assert after[start : start + 6].count(PRIYA) >= 1


def test_what_nobody_can_take_waits_and_is_given_out_in_its_order(starter_book: RuleBook) -> None:
    book = patient(team(starter_book, TOM, PRIYA, nobody=NobodyPolicy.HOLD))
    gone = (at("2026-03-03 00:00"), at("2026-03-05 00:00"))
    seen = played(
        book,
        hourly(5),
        away=(Absence(TOM, *gone), Absence(PRIYA, *gone)),
        end=at("2026-03-09 00:00"),
    )
    waited = [each for each in seen.picks if each.again]
    assert [each.lead for each in waited] == list(range(9, 25))
    assert {each.at for each in waited} == {gone[1]}
    assert Counter(each.person for each in waited) == {TOM: 8, PRIYA: 8}
    (pool,) = measure(seen).pools
    assert (pool.held, pool.held_still) == (16, 0)
    # The first of them came on Tuesday at nine, and both are back on Thursday at midnight.
    assert pool.held_longest_h == 39.0
    assert pool.leads == 40


def test_whoever_joins_a_pool_is_given_what_waits_in_it(starter_book: RuleBook) -> None:
    book = patient(team(starter_book, TOM, nobody=NobodyPolicy.HOLD))
    away, joins = at("2026-03-03 00:00"), at("2026-03-04 12:00")
    seen = played(
        book,
        hourly(3),
        away=(Absence(TOM, away, None),),
        changes=(Join(ISLA, TEAM, 1, joins),),
        end=at("2026-03-09 00:00"),
    )
    waited = [(each.person, each.at) for each in seen.picks if each.again]
    # Eight of Tuesday, and three of Wednesday morning.
    assert waited == [(ISLA, joins)] * 11
    assert measure(seen).pools[0].held_still == 0


def test_what_waits_at_the_end_is_told(starter_book: RuleBook) -> None:
    book = patient(team(starter_book, TOM, nobody=NobodyPolicy.HOLD))
    seen = played(book, hourly(1), away=(Absence(TOM, MONDAY, None),), end=at("2026-03-03 00:00"))
    (pool,) = measure(seen).pools
    assert (pool.held, pool.held_still, pool.leads) == (8, 8, 0)
    assert pool.acceptance.broken == 8


def test_the_ladder_takes_what_waits_too_long_out_of_its_pool(starter_book: RuleBook) -> None:
    book = team(starter_book, TOM, nobody=NobodyPolicy.HOLD)
    seen = played(book, hourly(1), away=(Absence(TOM, MONDAY, None),), end=at("2026-03-03 00:00"))
    # At the latest two and a half times the four hours in which somebody should have spoken to it.
    first = seen.picks[0]
    assert first.person == "ines-okafor"
    assert at("2026-03-02 10:00") < first.at <= at("2026-03-03 10:30")
    assert given(seen) == {"ines-okafor": 8}
    (pool, named) = measure(seen).pools
    assert (pool.held, pool.held_still, named.leads) == (8, 0, 8)


def test_open_leads_count_until_they_are_closed(starter_book: RuleBook) -> None:
    book = team(
        starter_book, Member(TOM, caps={Period.OPEN: 2}), PRIYA, nobody=NobodyPolicy.FALLBACK
    )
    seen = played(book, hourly(1))
    assert given(seen) == {TOM: 2, PRIYA: 6}
    (pool,) = measure(seen).pools
    tom = next(each for each in pool.members if each.person == TOM)
    # His first came at ten, was spoken to at half past and closed 16 hours of work later.
    full = seen.full[0]
    assert (full.person, full.pool, full.since) == (TOM, TEAM, at("2026-03-02 12:00"))
    assert full.until == at("2026-03-04 09:30")
    assert tom.capped_h == 5.5 + 8.5 + 0.5


def test_a_cap_of_a_day_lets_the_next_day_begin_anew(starter_book: RuleBook) -> None:
    book = team(starter_book, Member(TOM, caps={Period.DAY: 3}), PRIYA)
    seen = played(book, hourly(5))
    by_day = Counter((each.at.date(), each.person) for each in seen.picks)
    assert [by_day[day, TOM] for day in sorted({day for day, _ in by_day})] == [3] * 5


def test_a_joiner_comes_up_in_steps_of_a_week(starter_book: RuleBook) -> None:
    ramp = Ramp(MONDAY.date(), weeks=4, percent=25)
    book = team(starter_book, TOM)
    seen = played(book, MONTH, changes=(Join(PRIYA, TEAM, 1, MONDAY, ramp),))
    weeks = [
        given(seen, MONDAY + timedelta(days=7 * week), MONDAY + timedelta(days=7 * week + 7))
        for week in range(4)
    ]
    # 25, 43, 62 and 81 hundredths beside 100, of 40 leads a week.
    for found, percent in zip(weeks, (25, 43, 62, 81), strict=True):
        assert abs(found[PRIYA] - 40 * percent / (100 + percent)) <= 1


def test_weights_can_be_tried(starter_book: RuleBook) -> None:
    seen = played(team(starter_book, TOM, PRIYA), MONTH, changes=(Weigh(TEAM, TOM, 3),))
    assert given(seen) == {TOM: 120, PRIYA: 40}


def test_who_leaves_hands_on_what_they_have_not_spoken_about(starter_book: RuleBook) -> None:
    book = team(starter_book, TOM, PRIYA, OWEN)
    friday = at("2026-03-06 12:05")
    seen = played(book, hourly(12), changes=(Leave(TOM, friday),), end=at("2026-03-16 00:00"))
    assert given(seen, friday)[TOM] == 0
    moved = [each for each in seen.picks if each.again]
    assert all(each.at == friday for each in moved)
    assert seen.moved == {"transferred": len(moved)}
    assert abs(given(seen, friday)[PRIYA] - given(seen, friday)[OWEN]) <= 1


def test_somebody_who_answers_late_breaks_the_promise_and_keeps_the_lead(
    starter_book: RuleBook,
) -> None:
    late = Habits(timedelta(minutes=70), timedelta(0), decline=0.0, spread=0.0)
    seen = played(team(starter_book, TOM, PRIYA), [at("2026-03-02 10:00")], habits=late)
    # The book promises an hour, and gives it to somebody else after one and a half.
    assert [(each.clock, each.in_time) for each in seen.kept] == [
        (ClockKind.ACCEPTANCE, False),
        (ClockKind.FIRST_TOUCH, True),
    ]
    assert len(seen.picks) == 1


def test_somebody_who_does_not_answer_loses_the_lead_by_the_ladder(starter_book: RuleBook) -> None:
    slow = Habits(timedelta(minutes=95), timedelta(0), decline=0.0, spread=0.0)
    seen = played(team(starter_book, PRIYA, TOM), [at("2026-03-02 10:00")], habits=slow)
    assert [(each.person, each.at) for each in seen.picks][:2] == [
        (PRIYA, at("2026-03-02 10:00")),
        (TOM, at("2026-03-02 11:30")),
    ]
    assert seen.moved["breached"] >= 1
    assert not any(each.person == PRIYA for each in seen.answers)


def test_whoever_is_busy_answers_one_after_the_other(starter_book: RuleBook) -> None:
    busy = Habits(timedelta(minutes=10), timedelta(minutes=15), decline=0.0, spread=0.0)
    seen = played(team(starter_book, TOM), [at("2026-03-02 10:00")] * 3, habits=busy)
    minutes = [each.waited / timedelta(minutes=1) for each in seen.answers]
    assert minutes == [10, 25, 40]


def test_nobody_on_shift_is_told_apart_from_nobody_at_all(starter_book: RuleBook) -> None:
    night = [at("2026-03-02 20:00")]
    seen = played(team(starter_book, TOM, require="on_shift"), night)
    assert [each.code for each in seen.picks] == [OFF_SHIFT]
    (answer,) = seen.answers
    assert (answer.at, answer.worked) == (at("2026-03-03 09:10"), timedelta(minutes=10))
    away = (Absence(TOM, MONDAY, None),)
    seen = played(team(starter_book, TOM), night, away=away)
    assert [each.code for each in seen.picks] == [NO_POOL]
    assert measure(seen).fallback == measure(seen).pools[0].fallback == 1
    assert FALLBACK not in {each.code for each in seen.picks}


def test_a_drought_leaves_absences_out(starter_book: RuleBook) -> None:
    seen = played(team(starter_book, TOM, PRIYA), hourly(26, first=9, each_day=1), away=())
    tom = next(each for each in measure(seen).pools[0].members if each.person == TOM)
    # Every second day at nine: two days of eight and a half hours.
    assert tom.drought_h == pytest.approx(17.0)
    assert tom.drought_leads == 1


def test_a_name_that_is_not_there_is_said(starter_book: RuleBook) -> None:
    book = team(starter_book, TOM)
    for change in (
        Weigh(TEAM, ISLA, 2),
        Weigh("nowhere", TOM, 2),
        Leave("nobody"),
        Join(TOM, "nowhere", 1),
    ):
        with pytest.raises(Rejected):
            timeline(book, (change,), MONDAY)


def test_a_newcomer_has_the_hours_of_the_others(starter_book: RuleBook) -> None:
    books = timeline(team(starter_book, TOM, PRIYA), (Join("eve-nash", TEAM, 1),), MONDAY)
    card = books[-1][1].people["eve-nash"]
    assert (card.calendar, card.manager) == ("london", "george-amari")
    assert EXACT.decline == 0.0


def test_a_pool_with_every_setting_is_played_to_the_end(starter_book: RuleBook) -> None:
    first = (First.LAST_OWNER, First.OPPORTUNITY_OWNER, First.ACCOUNT_OWNER, First.NAMED_ACCOUNT)
    inner = team(
        starter_book,
        Member(TOM, caps={Period.WEEK: 9}),
        Member(PRIYA, 2, tier=2, caps={Period.OPEN: 6}),
        Member(OWEN, tier=2),
        method=Method.LEAST_OPEN,
        first=first,
        require="on_shift",
        skills=(Skill("country"), Skill(name="german", drop_after=timedelta(hours=4))),
        nobody=NobodyPolicy.HOLD,
        absences=Absences(AbsenceCredit.PROPORTIONAL),
        pace=6,
    ).pools[TEAM]
    outer = replace(inner, id="outer", members=(), groups=(Group(TEAM, 2), Group("dach")))
    outer = replace(outer, skills=(), nobody=NobodyPolicy.OVERFLOW, overflow=("uk-north",))
    pools = {**starter_book.pools, TEAM: inner, "outer": outer}
    named = team(starter_book, TOM)
    last = named.rules[Phase.ROUTES][-1]
    rules = {**named.rules, Phase.ROUTES: (replace(last, then=Effect(pool="outer")),)}
    people = {name: replace(card, skills=frozenset({"gb"})) for name, card in named.people.items()}
    book = replace(named, pools=pools, rules=rules, people=people)
    seen = played(book, hourly(12), away=(two_weeks(PRIYA),), habits=Habits())
    found = measure(seen)
    assert found.leads == 80
    assert len({each.lead for each in seen.picks}) == 80
    assert found.held > 0
    assert {each.pool for each in found.pools} >= {TEAM, "dach"}


def test_whoever_is_back_first_gets_what_waited_unless_a_cap_says_no(
    starter_book: RuleBook,
) -> None:
    book = patient(team(starter_book, TOM, PRIYA, nobody=NobodyPolicy.HOLD))
    away = (
        Absence(TOM, MONDAY, at("2026-03-05 09:00")),
        Absence(PRIYA, MONDAY, at("2026-03-05 10:00")),
    )
    seen = played(book, hourly(3) * 20, away=away, end=at("2026-03-09 00:00"))
    assert given(seen) == {TOM: 480}
    pools = {
        TEAM: replace(book.pools[TEAM], members=(Member(TOM, caps={Period.DAY: 50}), Member(PRIYA)))
    }
    seen = played(replace(book, pools=pools), hourly(3) * 20, away=away, end=at("2026-03-09 00:00"))
    assert given(seen) == {TOM: 50, PRIYA: 430}


@pytest.mark.parametrize(("leads", "shared"), [(40, (20, 20)), (2, (2, 0))])
def test_a_night_of_leads_is_shared_by_all_who_work_that_day(
    starter_book: RuleBook, leads: int, shared: tuple[int, int]
) -> None:
    berlin = "jonas-brandt"
    book = team(starter_book, TOM, berlin, nobody=NobodyPolicy.HOLD, require="on_shift")
    seen = played(book, [at("2026-03-02 22:00")] * leads)
    # Berlin begins an hour before London: a few leads go there, many are shared with London.
    assert {each.at for each in seen.picks} == {at("2026-03-03 08:00")}
    assert given(seen) == {
        name: many for name, many in zip((berlin, TOM), shared, strict=True) if many
    }
