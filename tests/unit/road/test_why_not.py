"""The words of who was considered, of why not somebody, and of what if; without a database."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import orjson

from router.lead.facts import Facts
from router.road.explain import build
from router.road.explain.considered import candidates_of, considered_lines
from router.road.explain.rehearse import rehearse_alone, sample
from router.road.explain.told import Explanation, IfTold, WhatIf
from router.road.explain.what_if import told, what_if_lines
from router.road.explain.why_not import why_not
from router.rulebook.model import Period, RuleBook
from router.settings import Settings
from router.stages.route.otherwise import Otherwise
from router.stages.route.rotation import LEAD
from router.stages.route.situation import Answer, Change, ChangeKind

_NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
_BERLIN = ZoneInfo("Europe/Berlin")
_K = ChangeKind


def explained(book: RuleBook, **changes: object) -> Explanation:
    """Explain a sample that meets an empty world."""
    body = {
        "name": "Ann Archer",
        "email": "ann@archer-mills.example",
        "country": "GB",
        "message": "Could you show us a demo?",
        **changes,
    }
    delivery = sample(orjson.dumps(body), "generic", "default", _NOW)
    (found,) = rehearse_alone(Settings(), book, delivery, _NOW)
    return build(found, book)


def listed(*, person: str, pool: str, why: str, chosen: bool = False) -> dict[str, object]:
    """Return somebody who was considered, as an event has it."""
    return {
        "person": person,
        "pool": pool,
        "why": why,
        "chosen": chosen,
        "owed": 0.5,
        "bar": "" if chosen else "away",
    }


def test_groups_come_first_and_each_pool_stands_by_itself() -> None:
    data = {
        "candidates": [
            listed(person="ann", pool="", why="owns the account a1; away until further notice"),
            listed(person="pool:north", pool="all", why="it is their turn", chosen=True),
            listed(person="pool:south", pool="all", why="nobody in it can take it"),
            listed(person="ben", pool="north", why="away until 2026-03-02 13:00 UTC (ill)"),
            listed(person="cy", pool="north", why="it is their turn", chosen=True),
        ]
    }
    found = candidates_of(data, {"ben": "Ben Baker", "cy": "Cy Cole"})
    assert [each.group for each in found] == [False, True, True, False, False]
    assert [each.owed for each in found] == [None, 0.5, 0.5, 0.5, 0.5]
    assert list(considered_lines(found, _BERLIN, _NOW, 80)) == [
        "before the pool",
        "     ann  owns the account a1; away until further notice",
        "pool all",
        "  -> group north  it is their turn",
        "     group south  nobody in it can take it",
        "pool north",
        "     Ben Baker (ben)  away until 14:00 (ill)",
        "  -> Cy Cole (cy)     it is their turn",
    ]


def test_a_long_reason_goes_on_below_itself() -> None:
    data = {"candidates": [listed(person="ben", pool="north", why="word " * 20)]}
    lines = list(considered_lines(candidates_of(data, {}), _BERLIN, None, 50))
    assert all(len(line) <= 50 for line in lines)
    assert {line.index("word") for line in lines[1:]} == {lines[1].index("word")}


def test_somebody_of_no_pool_that_was_asked_reads_the_nearest_rule(
    starter_book: RuleBook,
) -> None:
    found = explained(starter_book)
    facts: Facts = {"country": "GB", "intent": "demo", "received_at": _NOW, "urgency": "normal"}
    said = why_not(found, "ruby-tran", starter_book, facts, _NOW).words
    assert said.startswith(
        "Ruby Tran was not looked at: in none of the pools that were asked (uk-and-ireland); rule"
        " asia-pacific (person ruby-tran) would have had to match, but country is GB"
    )
    erased = why_not(found, "ruby-tran", starter_book, {}, _NOW).words
    assert erased.endswith("and the facts were erased.")
    assert "GB" not in erased
    nobody = why_not(found, "bob", starter_book, facts, _NOW).words
    assert nobody == (
        "bob was not looked at: nobody of that name is on the roster of the rule book that decided."
    )
    lost = why_not(found, "bob", None, facts, _NOW).words
    assert lost.endswith("the rule book that decided cannot be read any more.")


def test_where_no_pool_was_asked_that_is_said(starter_book: RuleBook) -> None:
    found = explained(starter_book, form_kind="partner")
    facts: Facts = {"form.kind": "partner", "country": "GB"}
    said = why_not(found, "tom-keane", starter_book, facts, _NOW).words
    assert said.startswith("Tom Keane was not looked at: no pool was asked; rule ")
    assert "matches too, but partner-form stands before it" in said


def test_every_kind_of_change_has_words(starter_book: RuleBook) -> None:
    changes = {
        Change(_K.BACK, "tom-keane", "north", "off"): "if Tom Keane were not off",
        Change(_K.ON_SHIFT, "tom-keane", "north"): "if Tom Keane were on shift",
        Change(
            _K.CAP, "tom-keane", "", 9, Period.WEEK
        ): "with room for one more lead a week (cap 9) for Tom Keane",
        Change(_K.NOT_PASSED, "tom-keane"): "if Tom Keane had not passed it up before",
        Change(_K.NOT_EXCLUDED, "tom-keane"): "if Tom Keane had not just had it",
        Change(_K.WEIGHT, "tom-keane", "north", 1): "if Tom Keane had the weight 1 in pool north",
        Change(
            _K.SKILL, "tom-keane", value=("german", "legal")
        ): "if Tom Keane had the skill german, legal",
        Change(_K.TIER, "tom-keane", "north", 1): "if Tom Keane were in tier 1 of pool north",
        Change(
            _K.FEWER_OPEN, "tom-keane", "north", 2
        ): "if Tom Keane had 2 fewer open in pool north",
        Change(
            _K.CREDIT, "pool:south", "north", LEAD // 4
        ): "if group south were owed 0.25 leads more in pool north",
    }
    assert {each.kind for each in changes} == set(ChangeKind) - {ChangeKind.FACT}
    given = Answer("person", "lena-vogt", "dach", "dach")
    for change, words in changes.items():
        said = told(Otherwise((change,), given), starter_book)
        assert said.words == f"{words}, Lena Vogt would get it (rule dach, pool dach)"


def test_changes_of_facts_and_of_people_are_told_together(starter_book: RuleBook) -> None:
    country = Change(_K.FACT, "country", value="DE")
    none = Change(_K.FACT, "postcode")
    tags = Change(_K.FACT, "tags", value=("webinar", "vip"))
    known = Change(_K.FACT, "phone.valid", value=True)
    waits = Answer("pool", "dach", "dach", "dach")
    said = told(Otherwise((country, none), waits), starter_book)
    assert said.words == (
        "country DE and no postcode would give pool dach, to wait there (rule dach, pool dach)"
    )
    assert [each.value for each in said.changes] == ["DE", ""]
    back = Change(_K.BACK, "lena-vogt", "dach", "away")
    lena = Answer("person", "lena-vogt", "dach", "dach")
    mixed = told(Otherwise((tags, known, back), lena), starter_book)
    assert mixed.words == (
        "with tags webinar, vip, and with phone.valid yes, and if Lena Vogt were not away, they"
        " would get it (rule dach, pool dach)"
    )
    fallback = told(Otherwise((country,), Answer("queue", "triage", "", "")), starter_book)
    assert fallback.words == "country DE would give queue triage"


def test_what_was_found_is_told_with_how_far_was_looked() -> None:
    nothing = WhatIf("", (), asked=1, cut_short=True, why_not="")
    assert list(what_if_lines(nothing)) == [
        "Nothing that was tried would have changed it.",
        "(decided again once, and time was up before everything was tried)",
    ]
    assert list(what_if_lines(None)) == []
    one = IfTold((), "person", "ann", "Ann", "", "", "country DE would give Ann")
    assert list(what_if_lines(replace(nothing, found=(one,), asked=7, cut_short=False))) == [
        "country DE would give Ann",
        "(decided again 7 times)",
    ]
    assert list(what_if_lines(replace(nothing, why_not="nobody knows"))) == [
        "Not told: nobody knows."
    ]
