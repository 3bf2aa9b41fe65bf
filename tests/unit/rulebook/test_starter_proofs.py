"""The shipped book's own tests: they pass, they look at everything, and they notice every edit."""

import pytest

from router.rulebook.engine.lookup import find_row
from router.rulebook.model import RuleBook
from router.rulebook.outcome import decide_all
from router.rulebook.trial.edits import edited, edits_of
from router.rulebook.trial.flips import world_of
from router.rulebook.trial.mutants import given
from router.rulebook.trial.probes import probes, row_facts
from router.rulebook.trial.result import Kind, Status, Trials
from router.rulebook.trial.run import run_trials
from router.rulebook.trial.same import changes_nothing

#: The countries whose postcodes each patch serves.
_PATCHES = {
    "uk-south": {"gb", "je", "gg", "ie"},
    "uk-north": {"gb", "im", "ie"},
    "dach-north": {"de"},
    "dach-south": {"de", "at", "ch", "li"},
    "america-east": {"us", "ca"},
    "america-west": {"us", "ca"},
}


@pytest.fixture(scope="module")
def trials(starter_book: RuleBook) -> Trials:
    """Run everything once, also on a book that is edited again and again."""
    return run_trials(starter_book, mutants=True)


def test_every_example_and_case_passes_and_every_invariant_is_proved(trials: Trials) -> None:
    assert [each for each in trials.results if each.status is not Status.PASSED] == []
    counted = {kind: sum(each.kind is kind for each in trials.results) for kind in Kind}
    assert counted[Kind.EXAMPLE] > 100
    assert counted[Kind.CASE] > 50
    assert counted[Kind.INVARIANT] >= 10


def test_every_rule_decides_a_tested_lead_and_every_comparison_comes_out_both_ways(
    trials: Trials,
) -> None:
    assert trials.coverage.rule_gaps == ()
    assert trials.coverage.condition_gaps == ()


def test_every_small_edit_of_its_rules_is_noticed_or_is_proved_to_change_nothing(
    trials: Trials,
) -> None:
    # Entries of list files and rows of tables are data and are not edited, as edits.py says.
    assert trials.mutants is not None
    assert trials.mutants.survivors == ()
    assert trials.mutants.edits == trials.mutants.noticed + trials.mutants.equivalent
    assert trials.mutants.noticed > 250


def test_an_edit_that_is_proved_to_change_nothing_does_so_for_every_lead_that_is_tried(
    starter_book: RuleBook,
) -> None:
    leads = probes(world_of(starter_book))[::4]
    harmless = [edit for edit in edits_of(starter_book) if changes_nothing(starter_book, edit)]
    # No condition of the book says anything twice: what is left are neighbours with no lead in
    # common.
    assert harmless
    assert all(edit.swaps for edit in harmless)
    for edit in harmless:
        changed = edited(starter_book, edit)
        for lead in leads:
            assert given(decide_all(changed, lead)) == given(decide_all(starter_book, lead))


def test_every_postcode_of_the_territories_is_found_by_its_own_row(starter_book: RuleBook) -> None:
    table = starter_book.tables["territories"]
    assert len(table.rows) > 5_000
    for row in table.rows:
        assert find_row(table, row_facts(table, row.cells)) is row
        assert row.cells[0] in _PATCHES[row.effect.pool]


def test_no_named_account_is_a_customer_a_competitor_or_blocked(starter_book: RuleBook) -> None:
    domains = {row.cells[0] for row in starter_book.tables["named_accounts"].rows}
    for name, entries in starter_book.lists.items():
        assert domains.isdisjoint(entries), name
