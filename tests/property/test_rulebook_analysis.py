"""A rule is called unreachable when it is: tried with every lead of a small world."""

from hypothesis import given, settings
from hypothesis import strategies as st

from router.lead.facts import Facts
from router.rulebook.analysis.finding import Severity
from router.rulebook.analysis.ladder import ladder
from router.rulebook.analysis.reach import unreached
from router.rulebook.model import Phase, Place, RuleBook
from router.rulebook.outcome import decide_all
from router.rulebook.space.box import space_of
from tests.conditions import EXACT, OPAQUE, leads
from tests.sketches import CELLS, Sketch, sketches, with_table

WORLD = leads("country", "company_size", "email.free", "tags", "confidence")
WIDER = leads("country", "city", "company_size", "email.free", "submitted_at")[::7]


def deciders(book: RuleBook, world: list[Facts]) -> set[str]:
    """Return the rules that decide some lead of a world."""
    found = (decide_all(book, facts).rule for facts in world)
    return {rule.id for rule in found if rule is not None}


def ladder_region(book: RuleBook, place: Place) -> bool:
    """Return whether some box of the rule at a place is left to search."""
    return any(step.own for step in ladder(book, space_of(book)).steps if step.rule.place == place)


@given(sketches(EXACT))
@settings(max_examples=30)
def test_a_rule_is_called_unreachable_exactly_when_no_lead_gets_to_it(sketch: Sketch) -> None:
    book = sketch.book
    found = list(unreached(ladder(book, space_of(book))))
    assert all(each.severity is Severity.ERROR for each in found)
    named = {each.place for each in found if each.code == "never-reached"}
    reached = deciders(book, WORLD)
    decided = [rule for phase in Phase if phase is not Phase.ENRICH for rule in book.rules[phase]]
    dead = {rule.place for rule in decided if rule.id not in reached}
    # A rule that contradicts itself is reported as impossible instead.
    assert named <= dead
    assert all(place in named or not ladder_region(book, place) for place in dead), dead - named


@given(sketches(st.one_of(EXACT, OPAQUE)), st.sets(CELLS, min_size=1, max_size=6))
@settings(max_examples=30)
def test_a_rule_that_is_called_unreachable_is_never_reached(
    sketch: Sketch, cells: set[tuple[str, str]]
) -> None:
    book = with_table(sketch.book, cells)
    found = list(unreached(ladder(book, space_of(book))))
    named = {each.place for each in found if each.code == "never-reached"}
    for facts in WIDER:
        rule = decide_all(book, facts).rule
        assert rule is not None
        assert rule.place not in named
