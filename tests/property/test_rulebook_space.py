"""Regions say of every lead what the reference evaluator says of it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from router.rulebook.model import Condition, Truth
from router.rulebook.space.box import Budget, minus, overlaps, space_of, uncovered
from router.rulebook.space.naive import truth_of
from router.rulebook.space.region import Reading, where
from router.rulebook.space.witness import lies_in, witness
from tests.conditions import EXACT, OPAQUE, leads, names_in, nested, starter


@given(nested(st.one_of(EXACT, OPAQUE)))
@settings(max_examples=150)
def test_a_region_holds_the_leads_for_which_its_condition_comes_out_so(
    condition: Condition,
) -> None:
    book = starter()
    reading = Reading(book, space_of(book), Budget())
    true = where(condition, reading)
    false = where(condition, reading, negated=True)
    possible = where(condition, reading, unknown=True)
    for facts in leads(*sorted(names_in(condition)))[::3]:
        truth = truth_of(condition, book, facts)
        assert any(lies_in(facts, box, book) for box in true) is (truth is Truth.TRUE)
        assert any(lies_in(facts, box, book) for box in false) is (truth is Truth.FALSE)
        assert any(lies_in(facts, box, book) for box in possible) is (truth is not Truth.FALSE)


@given(nested(st.one_of(EXACT, OPAQUE)), nested(st.one_of(EXACT, OPAQUE)))
@settings(max_examples=150)
def test_what_is_cut_from_a_region_is_what_the_other_one_lacks(
    one: Condition, other: Condition
) -> None:
    book = starter()
    space = space_of(book)
    reading = Reading(book, space, Budget())
    covers = where(other, reading)
    names = sorted(names_in(one) | names_in(other))
    some = leads(*names)
    step = len(some) // 300 + 1
    for box in where(one, reading):
        left = list(uncovered(box, covers, space, Budget()))
        for facts in some[::step]:
            inside = lies_in(facts, box, book)
            covered = any(lies_in(facts, cover, book) for cover in covers)
            found = [lies_in(facts, part, book) for part in left]
            assert sum(found) == (inside and not covered)
        for cover in covers:
            assert overlaps(box, cover) or minus(box, cover, space) == [box]


@given(nested(EXACT))
@settings(max_examples=150)
def test_a_lead_is_found_in_every_box_without_open_questions(condition: Condition) -> None:
    book = starter()
    for box in where(condition, Reading(book, space_of(book), Budget())):
        facts = witness(box, book)
        assert facts is not None
        assert truth_of(condition, book, facts) is Truth.TRUE
