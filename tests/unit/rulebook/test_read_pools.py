"""What a pool may say, and what is wrong with what it says."""

from datetime import date, timedelta

import pytest

from router.errors import BookError
from router.rulebook.model import (
    AbsenceCredit,
    First,
    Group,
    HandOut,
    Method,
    NobodyPolicy,
    Period,
    Ramp,
    RuleBook,
    Skill,
)
from router.rulebook.roster import members_of, shares_of
from tests.pools import UK, with_pool

_EVERYTHING = """\
require: on_shift
method: least_open
first: [opportunity_owner, account_owner]
sticky: 30d
resting: 12w
skills: [german, {fact: service_interest, drop_after: 10m}]
nobody: overflow
overflow: [dach]
absence: {credit: accrue, up_to: 3, catch_up: 3}
pace: 6
credit_back: wrong-territory
calendar: london
"""


def test_a_pool_can_say_everything(starter_book: RuleBook) -> None:
    members = (
        "members: [{person: priya-shah, weight: 2, tier: 2, cap: {open: 5, day: 3},"
        " ramp: {from: 2026-03-02, weeks: 4, percent: 25}}, tom-keane]"
    )
    cards = "tom-keane: cap: {month: 14}\npriya-shah: skills: [German, SQL]"
    book = with_pool(starter_book, _EVERYTHING, members=members, cards=cards)
    pool = book.pools[UK]
    first = pool.members[0]
    assert (first.weight, first.tier) == (2, 2)
    assert first.caps == {Period.OPEN: 5, Period.DAY: 3}
    assert first.ramp == Ramp(date(2026, 3, 2), 4, 25)
    assert pool.method is Method.LEAST_OPEN
    assert pool.first == (First.OPPORTUNITY_OWNER, First.ACCOUNT_OWNER)
    assert (pool.sticky, pool.resting) == (timedelta(days=30), timedelta(weeks=12))
    assert pool.skills == (
        Skill(name="german"),
        Skill(fact="service_interest", drop_after=timedelta(minutes=10)),
    )
    assert (pool.nobody, pool.overflow) == (NobodyPolicy.OVERFLOW, ("dach",))
    assert (pool.absences.credit, pool.absences.up_to) == (AbsenceCredit.ACCRUE, 3)
    assert (pool.pace, pool.credit_back) == (6, ("wrong-territory",))
    assert pool.hand_out is HandOut.PUSH
    assert book.people["tom-keane"].caps == {Period.MONTH: 14}
    assert book.people["priya-shah"].skills == {"german", "sql"}


def test_a_pool_of_groups_has_the_people_of_its_groups(starter_book: RuleBook) -> None:
    groups = "groups: [uk-north, {pool: uk-south, weight: 3}]"
    book = with_pool(starter_book, "", members=groups)
    pool = book.pools[UK]
    assert pool.groups == (Group("uk-north"), Group("uk-south", 3))
    assert set(members_of(book, pool)) == {"isla-grant", "rhys-morgan", "priya-shah", "owen-price"}
    assert shares_of(book, pool)["owen-price"] == pytest.approx(0.375)


@pytest.mark.parametrize(
    ("terms", "members", "problem"),
    [
        ("nobody: overflow", "", "names no overflow pools"),
        ("overflow: [dach]", "", "that nobody: overflow would ask"),
        (f"nobody: overflow\noverflow: [{UK}]", "", "leads back to it"),
        ("nobody: hope", "", "unknown nobody 'hope'"),
        ("absence: {credit: accrue}", "", "'up_to' belongs to credit: accrue"),
        ("absence: {credit: none, up_to: 2}", "", "'up_to' belongs to credit: accrue"),
        ("skills: [{drop_after: 10m}]", "", "a skill needs 'fact' or 'name'"),
        ("skills: [{fact: colour}]", "", "unknown fact that can be a skill 'colour'"),
        ("sticky: a while", "", "is not a span of time"),
        ("first: [the-boss]", "", "unknown who comes first 'the-boss'"),
        ("pace: 0", "", "is not a whole number from 1 to 1000"),
        ("groups: [uk-north]", "members: [tom-keane]", "has members and groups"),
        ("", "groups: [uk-north, uk-north]", "a group of this pool twice"),
        ("", f"groups: [{UK}]", f"has the group '{UK}', which has groups"),
        ("hand_out: pull", f"groups: [{UK}]", f"has the group '{UK}', which has groups"),
        ("", "members: [{person: tom-keane, cap: {year: 3}}]", "unknown setting of a cap 'year'"),
        ("", "members: [{person: tom-keane, tier: 0}]", "is not a whole number from 1 to 9"),
        (
            "",
            "members: [{person: tom-keane, ramp: {from: soon, weeks: 4}}]",
            "'soon' is not a day",
        ),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_place(
    starter_book: RuleBook, terms: str, members: str, problem: str
) -> None:
    with pytest.raises(BookError) as told:
        with_pool(starter_book, terms, members=members or "members: [priya-shah, tom-keane]")
    assert problem in str(told.value)
    assert "teams.yaml:" in str(told.value)


def test_people_who_left_answer_for_nothing(starter_book: RuleBook) -> None:
    cards = "george-amari: left: true\ntom-keane: cover: george-amari"
    with pytest.raises(BookError) as told:
        with_pool(starter_book, "", cards=cards)
    said = str(told.value)
    assert "the pool 'uk-and-ireland' counts on 'george-amari', who left" in said
    assert "the person 'tom-keane' counts on 'george-amari', who left" in said
    with pytest.raises(BookError, match="the fallback owner 'ines-okafor' left"):
        with_pool(starter_book, "", cards="ines-okafor: left: true")


def test_covers_in_a_circle_are_refused(starter_book: RuleBook) -> None:
    with pytest.raises(BookError, match="covers in a circle: priya-shah > tom-keane > priya-shah"):
        with_pool(
            starter_book, "", cards="tom-keane: cover: priya-shah\npriya-shah: cover: tom-keane"
        )
