"""Two books differ in what is said and in nothing else: tried lead by lead in a small world."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from router.rulebook.analysis.compare import compare
from router.rulebook.analysis.difference import Difference
from router.rulebook.model import AllOf, RuleBook
from router.rulebook.outcome import Outcome, decide_all
from router.rulebook.space.naive import answer
from tests.conditions import EXACT, HERE, OPAQUE, leads, names_in
from tests.sketches import CELLS, Sketch, edited, sketches, with_table

WIDER = leads("country", "city", "company_size", "email.free", "submitted_at")[::7]
MIXED = st.one_of(EXACT, OPAQUE)


@given(sketches(EXACT), sketches(EXACT), st.data())
@settings(max_examples=40)
def test_a_difference_names_exactly_the_rules_that_give_leads_something_else(
    sketch: Sketch, other: Sketch, data: st.DataObject
) -> None:
    old, new = sketch.book, edited(sketch, other, data.draw).book
    found = compare(old, new)
    assert not found.undecided
    told = {(each.what, each.old_rule, each.new_rule) for each in found.changes}
    for facts in leads(*sorted(asked(old) | asked(new))):
        before, after = decide_all(old, facts), decide_all(new, facts)
        if before.target != after.target:
            assert ("target", id_of(before), id_of(after)) in told
        elif before.effect != after.effect:
            one, two = answer(old, facts), answer(new, facts)
            assert one.sla == two.sla or ("sla", one.sla_by, two.sla_by) in told
            by = ("priority", one.priority_by, two.priority_by)
            assert one.priority == two.priority or by in told
            changed_tags = {what for what, _, _ in told if what.startswith("tag ")}
            assert {f"tag {tag}" for tag in one.tags ^ two.tags} <= changed_tags
    each_is_so(found, old, new)


@given(sketches(MIXED), sketches(MIXED), st.data())
@settings(max_examples=25)
def test_what_is_called_a_difference_is_one(
    sketch: Sketch, other: Sketch, data: st.DataObject
) -> None:
    cells = st.sets(CELLS, min_size=1, max_size=5)
    old = with_table(sketch.book, data.draw(cells))
    new = with_table(edited(sketch, other, data.draw).book, data.draw(cells))
    found = compare(old, new)
    each_is_so(found, old, new)
    told = {(each.old_rule, each.new_rule) for each in found.changes if each.what == "target"}
    for facts in WIDER:
        before, after = decide_all(old, facts), decide_all(new, facts)
        pair = (id_of(before), id_of(after))
        doubt = [each for each in found.undecided if all(f"'{name}'" in each for name in pair)]
        assert before.target == after.target or pair in told or doubt


@given(sketches(MIXED), sketches(MIXED), st.data())
@settings(max_examples=20)
def test_what_a_long_table_does_otherwise_is_said_of_its_rows_or_of_its_rule(
    sketch: Sketch, other: Sketch, data: st.DataObject
) -> None:
    cells = st.sets(CELLS, min_size=1, max_size=5)
    old = with_table(sketch.book, data.draw(cells), fill=120)
    new = with_table(edited(sketch, other, data.draw).book, data.draw(cells), fill=120)
    found = compare(old, new)
    each_is_so(found, old, new)
    for row in found.rows:
        if row.example is not None:
            before, after = decide_all(old, row.example), decide_all(new, row.example)
            assert (before.target, before.effect) != (after.target, after.effect)
    told = {(each.old_rule, each.new_rule) for each in found.changes if each.what == "target"}
    for facts in WIDER:
        before, after = decide_all(old, facts), decide_all(new, facts)
        known = (id_of(before), id_of(after)) in told
        assert before.target == after.target or known or found.undecided or found.rows


def asked(book: RuleBook) -> set[str]:
    """Return the facts that some rule of a book asks for."""
    return {name for some in book.rules.values() for rule in some for name in names_in(rule.when)}


def id_of(outcome: Outcome) -> str:
    """Return the id of the rule that decided."""
    return outcome.rule.id if outcome.rule is not None else ""


def each_is_so(found: Difference, old: RuleBook, new: RuleBook) -> None:
    """Assert that every example gets what is said."""
    for change in found.changes:
        before, after = decide_all(old, change.example), decide_all(new, change.example)
        one, two = before.effect, after.effect
        match change.what:
            case "target":
                assert (id_of(before), id_of(after)) == (change.old_rule, change.new_rule)
                assert before.target != after.target
            case "sla":
                assert (one.sla, two.sla) == (change.old, change.new)
            case "priority":
                assert one.priority != two.priority
            case tag:
                name = tag.removeprefix("tag ")
                assert (name in one.tags) is not (name in two.tags)


@given(sketches(EXACT))
@settings(max_examples=15)
def test_a_book_does_not_differ_from_itself_rewritten(sketch: Sketch) -> None:
    book = sketch.book
    new = replace(
        book,
        rules={
            phase: tuple(
                replace(rule, when=AllOf((rule.when,), HERE), summary="Rewritten.") for rule in some
            )
            for phase, some in book.rules.items()
        },
    )
    found = compare(book, new)
    assert found.is_none
    assert not found.changes
