"""A book's own tests run: what passes, what fails, and how a failure is told."""

from dataclasses import replace

from router.rulebook.model import Phase, RuleBook
from router.rulebook.trial.result import Kind, Trial
from router.rulebook.trial.run import run_trials
from router.rulebook.trial.tell import failure
from tests.unit.rulebook.trial.texts import CASES, ROUTES, Make


def only_failure(book: RuleBook) -> Trial:
    """Return the one test of a book that fails."""
    (found,) = run_trials(book).failed
    return found


def test_a_sound_book_passes_all_its_tests(book: RuleBook) -> None:
    trials = run_trials(book)
    assert trials.passed
    counts = {kind: sum(each.kind is kind for each in trials.results) for kind in Kind}
    assert counts == {Kind.EXAMPLE: 9, Kind.CASE: 4, Kind.INVARIANT: 2}


def test_a_failed_case_tells_the_expected_rule_and_why_another_took_it(make: Make) -> None:
    cases = CASES.replace("lead: {country: NO}", "lead: {country: NO, company_size: 5000}")
    found = only_failure(make({"tests/cases.yaml": cases}))
    told = "\n".join(failure(found))
    assert found.place.line == 5
    assert "expected nordic, got big" in told
    assert "expected pool desk, got person ann" in told
    assert "expected not big, got big" in told
    assert "big (20-routes.yaml:3) took it" in told
    assert "+ company_size gte 1000: the lead has 5000 (line 6)" in told
    assert "nordic (20-routes.yaml:9) matches as well, but is asked later" in told


def test_a_case_that_misses_its_rule_tells_which_value_was_at_fault(make: Make) -> None:
    cases = CASES.replace("{company_size: 1000,", "{company_size: 999,")
    told = "\n".join(failure(only_failure(make({"tests/cases.yaml": cases}))))
    assert "big (20-routes.yaml:3) does not match" in told
    assert "- company_size gte 1000: the lead has 999 (line 6)" in told
    assert "sla       expected quick, got standard" in told


def test_a_case_about_an_unknown_fact_says_that_it_is_unknown(make: Make) -> None:
    cases = "- {name: no size, lead: {city: Oslo}, expect: {rule: big}}\n"
    told = "\n".join(failure(only_failure(make({"tests/cases.yaml": cases}))))
    assert "? company_size gte 1000: the lead has unknown (line 6)" in told


def test_any_target_of_a_kind_will_do_for_a_star(make: Make) -> None:
    cases = '- {name: any, lead: {country: NO}, expect: {pool: "*"}}\n'
    assert run_trials(make({"tests/cases.yaml": cases})).passed


def test_priority_and_tags_of_enrich_rules_are_compared(make: Make) -> None:
    cases = "- {name: paid, lead: {country: NO}, expect: {priority: high, tags: [paid]}}\n"
    found = only_failure(make({"tests/cases.yaml": cases}))
    assert {each.what for each in found.differences} == {"priority", "tags"}


def test_an_example_that_comes_out_otherwise_fails_with_its_values(book: RuleBook) -> None:
    big, *rest = book.rules[Phase.ROUTES]
    wrong = replace(big, examples=(replace(big.examples[0], matches=False),))
    edited = replace(book, digest="edited", rules={**book.rules, Phase.ROUTES: (wrong, *rest)})
    found = only_failure(edited)
    assert found.kind is Kind.EXAMPLE
    assert found.place == big.examples[0].place
    assert (found.differences[0].expected, found.differences[0].got) == ("misses", "matches")


def test_a_broken_invariant_comes_with_a_lead_and_the_rule_that_broke_it(make: Make) -> None:
    invariants = '- {name: Sweden never, when: {country: SE}, never: {pool: "*"}}\n'
    found = only_failure(make({"tests/invariants.yaml": invariants}))
    told = "\n".join(failure(found))
    assert str(found.facts["country"]).casefold() == "se"
    assert "expected never pool *, got pool desk" in told
    assert "nordic (20-routes.yaml:9) took it" in told


def test_a_lead_that_gets_none_of_the_targets_it_must_get_breaks_an_invariant(make: Make) -> None:
    invariants = "- {name: all to ann, when: {company_size: {gte: 500}}, always: {person: ann}}\n"
    found = only_failure(make({"tests/invariants.yaml": invariants}))
    assert found.differences[0].expected == "person ann"


def test_a_book_without_tests_passes_and_covers_nothing(make: Make) -> None:
    changed = {"10-guards.yaml": "", "30-enrich.yaml": "", "20-routes.yaml": ""}
    changed |= {"tests/cases.yaml": "", "tests/invariants.yaml": ""}
    trials = run_trials(make(changed))
    assert trials.passed
    assert (trials.coverage.rules, trials.coverage.rules_seen) == (1, 0)
    assert trials.coverage.condition_share == 100


def test_rows_that_tested_leads_hit_are_counted(make: Make) -> None:
    table = "keys: [{field: postcode, match: prefix}]\noutputs: [pool]\n"
    rule = (
        "  - id: territory\n    summary: By postcode.\n    steward: ops@northwind.example\n"
        "    when: {}\n    table: areas\n"
        "    examples: {matches: [{postcode: '0155'}], misses: [{postcode: '999'}]}\n"
    )
    found = run_trials(
        make(
            {
                "tables/areas.yaml": table,
                "tables/areas.csv": "postcode,pool\n01,desk\n02,desk\n03,desk\n",
                "20-routes.yaml": ROUTES + rule,
            }
        )
    )
    assert (found.coverage.rows, found.coverage.rows_seen) == (3, 1)
    assert found.coverage.rules_seen == found.coverage.rules
