"""The map without a database: what is drawn, what is counted, and Mermaid that can be read."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from router.lead.states import LeadState
from router.pipeline import ROAD, StageName
from router.road.map.chart import MOST_RULES, Chart, Counted, Edge, Passed, chart
from router.road.map.mermaid import mermaid, remarks
from router.rulebook.model import Phase, RuleBook

_AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
_EDGE = re.compile(r'  n\d+ (-->|-\.->)\|"[^"|<>`]*"\| n\d+')
_NODE = re.compile(r'    n\d+(\(\[|\[|\(|\{\{|>)"[^"|`]*"(\]\)|\]|\)|\}\})')


def counted(*passed: Passed) -> Counted:
    """Return what was counted, three minutes after the newest of it."""
    newest = _AT - timedelta(minutes=3) if passed else None
    return Counted(_AT - timedelta(days=7), _AT, newest, passed)


def routed(rule: str, kind: str, target: str, leads: int, code: str = "ruled") -> Passed:
    """Return leads that were given to somebody."""
    return Passed("lead.routed", "route", rule, (kind, target), code, leads)


def ways(drawn: Chart, label: str) -> list[Edge]:
    """Return the edges with a label."""
    return [edge for edge in drawn.edges if edge.label == label]


def test_the_road_is_drawn_as_the_pipeline_lists_it(starter_book: RuleBook) -> None:
    drawn = chart(starter_book)
    ids = {node.id for node in drawn.nodes}
    assert {stage.name.value for stage in ROAD} <= ids
    pairs = {(edge.source, edge.target, edge.label) for edge in drawn.edges}
    assert (StageName.CLEAN, StageName.CLASSIFY, LeadState.CLEANED) in pairs
    assert (StageName.CLEAN, LeadState.MERGED, LeadState.MERGED) in pairs
    assert all({edge.source, edge.target} <= ids for edge in drawn.edges)


def test_every_rule_that_decides_is_drawn(starter_book: RuleBook) -> None:
    labels = {edge.label for edge in chart(starter_book).edges}
    for phase in (Phase.GUARDS, Phase.ROUTES, Phase.FALLBACK):
        assert {rule.id for rule in starter_book.rules[phase]} <= labels


def test_without_a_count_no_edge_has_a_number(starter_book: RuleBook) -> None:
    drawn = chart(starter_book)
    assert {edge.leads for edge in drawn.edges} == {None}
    assert "nothing was counted" in remarks(drawn)[-1]


def test_leads_are_counted_on_the_way_that_they_took(starter_book: RuleBook) -> None:
    held = Passed("review.opened", "classify", "competitor", ("review", "competitor"), "", 4)
    drawn = chart(starter_book, counted(routed("dach", "pool", "dach", 1200), held))
    (way,) = ways(drawn, "dach")
    assert (way.source, way.target, way.leads) == ("routes", "pool:dach", 1200)
    assert [way.leads for way in ways(drawn, "competitor")] == [4]
    assert [way.leads for way in ways(drawn, "asks")] == [1204]
    assert [way.leads for way in ways(drawn, "none decides")] == [1200, 0]
    assert {way.leads for way in ways(drawn, "nordics")} == {0}


def test_what_a_pool_could_not_take_is_drawn_to_the_fallback_owner(starter_book: RuleBook) -> None:
    drawn = chart(starter_book, counted(routed("dach", "person", "ines-okafor", 2, "no_pool")))
    (way,) = ways(drawn, "dach: nobody in the pool")
    assert (way.source, way.leads, way.beside) == ("routes", 2, True)
    assert way.target == f"fallback:{starter_book.fallback_owner}"
    assert [each.leads for each in ways(drawn, "dach")] == [0]


def test_rules_of_other_versions_are_counted_apart(starter_book: RuleBook) -> None:
    drawn = chart(starter_book, counted(routed("long-gone", "pool", "dach", 3)))
    assert drawn.elsewhere == 3
    assert "3 decisions were by rules of other versions." in remarks(drawn)


def test_the_numbers_say_how_old_they_are(starter_book: RuleBook) -> None:
    said = " ".join(remarks(chart(starter_book, counted(routed("dach", "pool", "dach", 1)))))
    assert "since 2026-02-23 10:00 UTC, counted at 2026-03-02 10:00:00 UTC" in said
    assert "The newest of it happened 3 min before." in said
    assert "No lead was received" in " ".join(remarks(chart(starter_book, counted())))


def test_a_book_of_many_rules_is_drawn_in_short_for_people_and_whole_for_programs(
    starter_book: RuleBook,
) -> None:
    one = next(rule for rule in starter_book.rules[Phase.ROUTES] if rule.then.pool)
    many = tuple(replace(one, id=f"rule-{number}") for number in range(MOST_RULES + 30))
    book = replace(starter_book, rules={**starter_book.rules, Phase.ROUTES: many})
    passed = counted(routed(f"rule-{MOST_RULES + 3}", "pool", one.then.pool, 8))
    (way,) = ways(chart(book, passed), "30 rules more")
    assert (way.target, way.leads) == (f"pool:{one.then.pool}", 8)
    whole = chart(book, passed, whole=True)
    assert ways(whole, "30 rules more") == []
    assert [each.leads for each in ways(whole, f"rule-{MOST_RULES + 3}")] == [8]


def test_no_name_can_break_out_of_its_label(starter_book: RuleBook) -> None:
    evil = 'a "b" <i>|x|</i> `c` #1; & \\ %%{init: {}}%%\nend'
    rules = {
        phase: tuple(replace(rule, id=evil) for rule in several)
        for phase, several in starter_book.rules.items()
    }
    book = replace(starter_book, rules=rules, name=evil)
    lines = mermaid(chart(book, counted())).splitlines()
    assert lines[0] == "flowchart LR"
    assert not any("%%{" in line for line in lines[1:8])
    for line in lines:
        if "|" in line and not line.startswith("  %%"):
            assert _EDGE.fullmatch(line), line
        elif line.startswith("    n"):
            assert _NODE.fullmatch(line), line
