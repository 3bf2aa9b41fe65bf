"""Edits of the rules: which are made, which are noticed, and which change nothing."""

from router.rulebook.model import Phase, RuleBook
from router.rulebook.outcome import decide_all
from router.rulebook.trial.cases import holds, keeps
from router.rulebook.trial.edits import Edit, edited, edits_of
from router.rulebook.trial.run import run_trials
from router.rulebook.trial.tell import mutated
from tests.unit.rulebook.trial.texts import CASES, ROUTES, Make

_ALONE = {"10-guards.yaml": "", "30-enrich.yaml": "", "tests/cases.yaml": ""}


def survivors(book: RuleBook) -> set[str]:
    """Return the edits that no test of a book notices."""
    found = run_trials(book, mutants=True).mutants
    assert found is not None
    return {f"{each.rule}: {each.what}" for each in found.survivors}


def noticed_the_long_way(book: RuleBook, edit: Edit) -> bool:
    """Run every example and case on the edited book, without asking which it can touch."""
    changed = edited(book, edit)
    return any(
        not holds(changed, rule, example)
        for phase in Phase
        for rule in changed.rules[phase]
        for example in rule.examples
    ) or any(not keeps(case, decide_all(changed, case.facts)) for case in book.proofs.cases)


def test_no_edit_of_a_well_tested_book_goes_unnoticed(book: RuleBook) -> None:
    found = run_trials(book, mutants=True).mutants
    assert found is not None
    assert found.survivors == ()
    assert found.noticed_share == 100
    assert found.edits == found.noticed + found.equivalent


def test_edits_are_of_every_kind(book: RuleBook) -> None:
    made = {edit.what for edit in edits_of(book)}
    assert {
        "company_size gt 1000 instead of company_size gte 1000",
        "without company_size gte 1000",
        "country in without no",
        "country not_in [no, se] instead of country in [no, se]",
        "without this rule",
        "form.honeypot missing true instead of form.honeypot missing false",
        "changed places with 'nordic'",
        "person bob instead of person ann",
        "sla standard instead of quick",
        "review spam instead of reject spam",
        "without the tags [paid]",
    } <= made


def test_not_is_left_out_and_time_is_turned_round(make: Make) -> None:
    when = "when: {not: {city: Oslo}, submitted_at: {after: 2026-03-01}}"
    routes = ROUTES.replace("when: {country: [NO, SE]}", when)
    shown = "examples: {matches: [{country: NO}, {country: SE}], misses: [{country: DE}]}"
    made = {edit.what for edit in edits_of(make({"20-routes.yaml": routes.replace(shown, "")}))}
    moment = "2026-03-01T00:00:00+00:00"
    assert "without not: city is oslo" in made
    assert f"submitted_at before {moment} instead of submitted_at after {moment}" in made


def test_any_and_all_are_exchanged_and_lose_one_part_at_a_time(make: Make) -> None:
    when = "when: {all: [{any: [{city: Oslo}, {country: NO}]}, {company_size: {lt: 9}}]}"
    routes = ROUTES.replace("when: {country: [NO, SE]}", when).replace(
        "matches: [{country: NO}, {country: SE}]", "matches: [{country: NO, company_size: 8}]"
    )
    made = [
        edit.what
        for edit in edits_of(
            make({"20-routes.yaml": routes, **_ALONE, "tests/invariants.yaml": ""})
        )
    ]
    assert "all instead of any of: city is oslo; country is no" in made
    assert "without city is oslo" in made
    assert "without company_size lt 9" in made
    assert "company_size lte 9 instead of company_size lt 9" in made


def test_an_edit_changes_its_own_phase_and_nothing_else(book: RuleBook) -> None:
    for edit in edits_of(book):
        changed = edited(book, edit)
        assert changed.digest != book.digest
        assert changed.rules[edit.phase] != book.rules[edit.phase]
        assert len(changed.rules[edit.phase]) == len(book.rules[edit.phase])
        for phase in set(Phase) - {edit.phase}:
            assert changed.rules[phase] is book.rules[phase]


def test_asking_only_tests_that_an_edit_can_touch_notices_the_same(make: Make) -> None:
    for cases in ("", CASES, CASES.split("\n", 4)[4]):
        book = make({"tests/cases.yaml": cases, "tests/invariants.yaml": ""})
        found = run_trials(book, mutants=True).mutants
        assert found is not None
        assert found.noticed == sum(noticed_the_long_way(book, edit) for edit in edits_of(book))


def test_a_boundary_without_an_example_at_it_survives(make: Make) -> None:
    routes = ROUTES.replace("{company_size: 1000}]", "{company_size: 1001}]")
    cases = CASES.replace("company_size: 1000", "company_size: 1200")
    book = make({"20-routes.yaml": routes, "tests/cases.yaml": cases})
    found = run_trials(book, mutants=True).mutants
    assert found is not None
    (only,) = found.survivors
    assert only.what == "company_size gt 1000 instead of company_size gte 1000"
    assert only.suggestion is not None
    assert only.suggestion.facts["company_size"] == 1000
    told = "\n".join(mutated(found, 100))
    assert "20-routes.yaml:6:27 big:" in told
    assert "matches: [{company_size: 1000}]" in told


def test_without_cases_nobody_notices_another_target_or_order(make: Make) -> None:
    found = survivors(make({"tests/cases.yaml": "", "tests/invariants.yaml": ""}))
    assert "big: person bob instead of person ann" in found
    assert "big: changed places with 'nordic'" in found


def test_an_invariant_alone_can_notice_an_edit(make: Make) -> None:
    invariants = (
        "- {name: size, when: {company_size: {gte: 1000}, country: NO}, always: {person: ann}}\n"
    )
    guarded = {"10-guards.yaml": "", "tests/cases.yaml": "", "tests/invariants.yaml": invariants}
    assert "big: changed places with 'nordic'" not in survivors(make(guarded))


def test_rules_that_never_meet_may_change_places(make: Make) -> None:
    routes = ROUTES.replace("{company_size: {gte: 1000}}", "{country: DE}")
    routes = routes.replace(
        "matches: [{company_size: 1000}], misses: [{company_size: 999}]",
        "matches: [{country: DE}], misses: [{country: AT}]",
    )
    book = make({"20-routes.yaml": routes, "tests/cases.yaml": "", "tests/invariants.yaml": ""})
    found = run_trials(book, mutants=True).mutants
    assert found is not None
    assert found.equivalent >= 1
    assert not any("changed places with 'nordic'" in each.what for each in found.survivors)


def test_a_test_that_fails_already_notices_nothing(make: Make) -> None:
    right = "- {name: norway, lead: {country: NO}, expect: {rule: nordic, pool: desk}}\n"
    wrong = right.replace("pool: desk", "person: bob")
    nothing = {"tests/invariants.yaml": ""}
    aimed = "nordic: review desk instead of pool desk"
    assert aimed not in survivors(make({"tests/cases.yaml": right, **nothing}))
    assert aimed in survivors(make({"tests/cases.yaml": wrong, **nothing}))
