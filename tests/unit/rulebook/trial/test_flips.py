"""Leads made for a condition: always right, and found for every kind of comparison."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.lead.facts import FACTS, Facts
from router.rulebook.model import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    NotOf,
    Operator,
    Place,
    RuleBook,
    Truth,
)
from router.rulebook.trial.flips import making, with_change, world_of
from router.rulebook.trial.words import written

_O = Operator
HERE = Place("20-routes.yaml", 1)
JUNE = datetime(2026, 6, 1, 12, tzinfo=UTC)
ONE_OF_EACH = (
    Comparison("country", _O.IS, "de", HERE),
    Comparison("country", _O.NOT, "de", HERE),
    Comparison("country", _O.IN, ("de", "at"), HERE),
    Comparison("country", _O.NOT_IN, ("de", "at"), HERE),
    Comparison("email.domain", _O.IN_LIST, "rivals", HERE, named="rivals"),
    Comparison("email.domain", _O.NOT_IN_LIST, "rivals", HERE, named="rivals"),
    Comparison("company_size", _O.GTE, 10, HERE),
    Comparison("company_size", _O.GT, 10, HERE),
    Comparison("company_size", _O.IS, 10, HERE),
    Comparison("confidence", _O.LTE, 0.5, HERE),
    Comparison("confidence", _O.LT, 0.5, HERE),
    Comparison("tags", _O.HAS, "vip", HERE),
    Comparison("tags", _O.HAS_ANY, ("vip", "press"), HERE),
    Comparison("message", _O.CONTAINS, "refund", HERE),
    Comparison("postcode", _O.STARTS_WITH, "sw1", HERE),
    Comparison("email.domain", _O.ENDS_WITH, ".example", HERE),
    Comparison("message", _O.MATCHES, r"\b(refund|money back)\b", HERE),
    Comparison("job_title", _O.MATCHES, "^chief", HERE),
    Comparison("submitted_at", _O.AFTER, JUNE, HERE),
    Comparison("submitted_at", _O.BEFORE, JUNE, HERE),
    Comparison("submitted_at", _O.WITHIN_LAST, 3600.0, HERE),
    Comparison("service_interest", _O.SAME_AS, "service_line", HERE),
    Comparison("received_at", _O.IN_CALENDAR, "week", HERE, named="week"),
    Comparison("received_at", _O.NOT_IN_CALENDAR, "week", HERE, named="week"),
    Comparison("is_returning", _O.IS, want=True, place=HERE),
    Comparison("form.honeypot", _O.MISSING, want=False, place=HERE),
    Comparison("tags", _O.MISSING, want=True, place=HERE),
)
_TESTS = st.sampled_from(ONE_OF_EACH)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    _TESTS,
    lambda inner: st.one_of(
        st.builds(NotOf, inner, st.just(HERE)),
        st.builds(AllOf, st.lists(inner, max_size=3).map(tuple), st.just(HERE)),
        st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple), st.just(HERE)),
    ),
    max_leaves=5,
)


@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize("test", ONE_OF_EACH, ids=lambda test: f"{test.fact} {test.operator}")
def test_a_lead_is_found_for_either_way_a_comparison_can_come_out(
    book: RuleBook, test: Comparison, *, wanted: bool
) -> None:
    found = making(world_of(book), test, {}, wanted=wanted)
    assert found, (test, wanted)
    assert set(found[0]) <= FACTS.keys()


def test_both_sides_of_a_boundary_are_tried(book: RuleBook) -> None:
    (limit,) = (each for each in ONE_OF_EACH if each.operator is _O.GTE)
    above = making(world_of(book), limit, {}, wanted=True)
    below = making(world_of(book), limit, {}, wanted=False)
    assert [each["company_size"] for each in above] == [10, 11]
    assert [each["company_size"] for each in below] == [9]


def test_a_lead_that_is_right_already_comes_first(book: RuleBook) -> None:
    lead: Facts = {"country": "DE", "city": "Bonn"}
    assert making(world_of(book), ONE_OF_EACH[0], lead, wanted=True)[0] == lead


def test_what_cannot_be_is_not_made(book: RuleBook) -> None:
    never = AllOf((ONE_OF_EACH[0], ONE_OF_EACH[1]), HERE)
    assert making(world_of(book), never, {}, wanted=True) == ()


@pytest.mark.parametrize("wanted", [True, False])
def test_every_lead_that_is_made_comes_out_as_wanted(book: RuleBook, *, wanted: bool) -> None:
    world = world_of(book)

    @given(CONDITIONS)
    def every(condition: Condition) -> None:
        truth = Truth.TRUE if wanted else Truth.FALSE
        for lead in making(world, condition, {}, wanted=wanted):
            assert world.judged(condition, lead) is truth, written(lead)

    every()


def test_facts_that_a_condition_does_not_ask_of_stay_as_they_are(book: RuleBook) -> None:
    world = world_of(book)

    @given(CONDITIONS, st.booleans())
    def every(condition: Condition, wanted: bool) -> None:
        start: Facts = {"city": "Bonn", "name": "Ann Archer"}
        for lead in making(world, condition, start, wanted=wanted):
            assert with_change(lead, start) == lead

    every()
