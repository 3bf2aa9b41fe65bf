"""What is found about a book is so, for every lead of a small world tried one by one."""

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from router.lead.facts import Facts
from router.rulebook.analysis.analyse import analyse
from router.rulebook.analysis.enrich import settings as setting_findings
from router.rulebook.analysis.ladder import DECIDING, Ladder, ladder, steps_of
from router.rulebook.analysis.rows import long_rows
from router.rulebook.model import (
    AllOf,
    Comparison,
    Condition,
    Effect,
    Key,
    Operator,
    Phase,
    Place,
    Row,
    Rule,
    RuleBook,
    Table,
)
from router.rulebook.outcome import decide_all
from router.rulebook.space.box import Budget, space_of
from router.rulebook.space.naive import answer
from tests.conditions import EXACT, HERE, OPAQUE, leads, nested, starter

WORLD = leads("country", "company_size", "email.free", "tags")
WIDER = leads("country", "city", "company_size", "email.free", "submitted_at")[::5]
OWNERS = st.sampled_from((Effect(pool="dach"), Effect(queue="sales-triage"), Effect(reject="no")))
SETTINGS = st.sampled_from(
    (Effect(sla="fast"), Effect(sla="relaxed", priority="low"), Effect(priority="high"))
)
CELLS = st.tuples(st.sampled_from(("", "gb", "de")), st.sampled_from(("", "le", "lee", "ulm")))
LAST = Rule(
    id="rest",
    summary="",
    steward="ops@northwind.example",
    phase=Phase.FALLBACK,
    when=AllOf((), HERE),
    then=Effect(queue="sales-triage"),
    place=Place("90-fallback.yaml", 1),
)
COUNTRIES = st.sampled_from((("gb", "de"), ("de", "xx"), ("gb", "de", "xx"))).map(
    lambda some: Comparison("country", Operator.IN, some, HERE)
)


def rules(
    phase: Phase, conditions: st.SearchStrategy[Condition], effects: st.SearchStrategy[Effect]
) -> st.SearchStrategy[tuple[Rule, ...]]:
    """Make a few rules of a phase, each in a line of its own."""
    one = st.builds(
        lambda when, then: replace(LAST, phase=phase, when=when, then=then), conditions, effects
    )
    return st.lists(one, min_size=1, max_size=4).map(
        lambda some: tuple(
            replace(rule, id=f"{phase}-{number}", place=Place(f"{phase}.yaml", number + 1))
            for number, rule in enumerate(some)
        )
    )


def books(conditions: st.SearchStrategy[Condition]) -> st.SearchStrategy[RuleBook]:
    """Make books with a few routes and a few rules of enrich."""
    return st.builds(
        lambda routes, enrich: replace(
            starter(),
            rules={
                Phase.GUARDS: (),
                Phase.ROUTES: routes,
                Phase.ENRICH: enrich,
                Phase.FALLBACK: (LAST,),
            },
            tables={},
            files={},
        ),
        rules(Phase.ROUTES, conditions, OWNERS),
        rules(Phase.ENRICH, conditions, SETTINGS),
    )


def mixed() -> st.SearchStrategy[Condition]:
    """Make conditions of which many ask for one of several countries."""
    plain = nested(EXACT)
    both = st.tuples(COUNTRIES, plain).map(lambda parts: AllOf(parts, HERE))
    return st.one_of(plain, COUNTRIES, both)


def decider(book: RuleBook, facts: Facts) -> str:
    """Return the id of the rule that decides a lead."""
    rule = decide_all(book, facts).rule
    return rule.id if rule is not None else ""


@given(books(mixed()))
@settings(max_examples=60)
def test_what_is_found_about_rules_holds_for_every_lead(book: RuleBook) -> None:
    found = analyse(book)
    decided = [(facts, decider(book, facts)) for facts in WORLD]
    by_place = {str(rule.place): rule.id for part in book.rules.values() for rule in part}
    for each in found:
        rule = by_place.get(str(each.place), "")
        if each.code in ("never-reached", "impossible") and rule.startswith("routes"):
            assert all(by != rule for _, by in decided)
        elif each.code == "part-never-reached":
            named = re.match(r"of '([^']+)', (.*?) never count", each.what)
            assert named is not None
            for value in re.findall(r"country '(\w+)'", named[2]):
                gone = [by for facts, by in decided if facts.get("country") == value]
                assert named[1] not in gone
        elif each.code == "hidden-in-part":
            assert each.example is not None
            assert decider(book, each.example) != rule
        elif each.code == "only-fallback":
            assert each.example is not None
            assert decider(book, each.example) == "rest"
    if any(by == "rest" for _, by in decided):
        assert any(each.code == "only-fallback" for each in found)


@given(books(nested(st.one_of(EXACT, OPAQUE))))
@settings(max_examples=60)
def test_a_setting_that_is_said_never_to_count_never_counts(book: RuleBook) -> None:
    found = list(setting_findings(ladder(book, space_of(book), (Phase.ENRICH,)), Budget(10**6)))
    dead = {
        (str(each.place), name)
        for each in found
        if each.code == "setting-never-counts"
        for name in ("sla", "priority")
        if f"sets the {name} " in each.what
    }
    places = {rule.id: str(rule.place) for rule in book.rules[Phase.ENRICH]}
    for facts in WIDER if dead else ():
        taken = answer(book, facts)
        assert (places.get(taken.sla_by, ""), "sla") not in dead
        assert (places.get(taken.priority_by, ""), "priority") not in dead
    for each in found:
        if each.example is not None:
            lost = (
                {taken.sla_by, taken.priority_by} if (taken := answer(book, each.example)) else ()
            )
            assert {places.get(name, "") for name in lost} != {str(each.place)}


@given(books(nested(EXACT)), st.sets(CELLS, min_size=1, max_size=6))
@settings(max_examples=80)
def test_a_row_of_a_long_table_that_is_called_unreachable_is_never_reached(
    book: RuleBook, cells: set[tuple[str, str]]
) -> None:
    book = with_table(book, cells)
    space = space_of(book)
    every = [rule for phase in DECIDING for rule in book.rules[phase]]
    # However short the table is, its rows are looked at as those of a long one.
    steps = [step for rule in every for step in steps_of(rule, book, space, frozenset({"places"}))]
    found = list(long_rows(Ladder(book, space, tuple(steps)), frozenset(), Budget(10**6)))
    told = " ".join(each.what for each in found if each.code == "rows-never-reached")
    dead = {int(number) for number in re.findall(r"\d+", told.rpartition(": line")[2])}
    for facts in leads("country", "city", "company_size")[::2] if dead else ():
        outcome = decide_all(book, facts)
        assert outcome.row is None or outcome.row.line not in dead


def with_table(book: RuleBook, cells: set[tuple[str, str]]) -> RuleBook:
    """Return a book whose last route looks in a table by country and the beginning of a city."""
    keys = (Key("country"), Key("city", prefix=True))
    rows = tuple(
        Row(each, Effect(pool="dach"), number + 2) for number, each in enumerate(sorted(cells))
    )
    table = Table("places", keys, ("pool",), rows, "tables/places.csv", HERE)
    *others, last = book.rules[Phase.ROUTES]
    routes = (*others, replace(last, table="places", then=Effect()))
    return replace(book, rules={**book.rules, Phase.ROUTES: routes}, tables={"places": table})
