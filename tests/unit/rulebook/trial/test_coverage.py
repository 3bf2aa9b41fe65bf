"""What the tests look at, and the tests that would close each gap."""

from router.rulebook.model import Phase, RuleBook
from router.rulebook.outcome import decide_all
from router.rulebook.reading.load import book_from_files
from router.rulebook.trial.result import Gap, share
from router.rulebook.trial.run import run_trials
from router.rulebook.trial.tell import covered, suggested
from tests.unit.rulebook.trial.texts import CASES, GUARDS, ROUTES, Make

_NO_EXAMPLES = "\n".join(line for line in ROUTES.splitlines() if "examples" not in line) + "\n"


def gaps(book: RuleBook) -> dict[str, Gap]:
    """Return the gaps of a book, by rule and what is missing."""
    found = run_trials(book).coverage
    return {f"{gap.rule} {gap.what}": gap for gap in (*found.rule_gaps, *found.condition_gaps)}


def test_every_rule_and_comparison_of_a_tested_book_is_seen(book: RuleBook) -> None:
    found = run_trials(book).coverage
    assert (found.rules, found.rules_seen) == (5, 5)
    assert (found.conditions, found.conditions_seen) == (8, 8)
    assert found.rule_gaps == found.condition_gaps == ()


def test_a_rule_that_another_one_always_takes_the_tested_leads_from_is_a_gap(make: Make) -> None:
    routes = ROUTES.replace(
        "matches: [{country: NO}, {country: SE}], misses",
        "matches: [{country: NO, company_size: 2000}], misses",
    )
    guards = GUARDS.replace("misses: [{country: NO}]", "misses: [{country: FI}]")
    alone = {"10-guards.yaml": guards, "tests/cases.yaml": ""}
    book = make({"20-routes.yaml": routes, **alone})
    gap = gaps(book)["nordic decides no lead of an example or case"]
    assert gap.place.file == "20-routes.yaml"
    assert gap.suggestion is not None
    decided = decide_all(book, gap.suggestion.facts)
    assert decided.rule is not None
    assert decided.rule.id == "nordic"


def test_a_comparison_that_was_never_false_is_told_with_the_lead_that_would_be(make: Make) -> None:
    routes = ROUTES.replace(", misses: [{company_size: 999}]", "")
    gap = gaps(make({"20-routes.yaml": routes}))["big 'company_size gte 1000' is never false"]
    assert gap.place.line == 6
    assert gap.suggestion is not None
    assert suggested(gap.suggestion) == "misses: [{company_size: 999}]"


def test_a_case_that_never_gets_as_far_as_a_rule_shows_nothing_of_it(make: Make) -> None:
    junk = "- {name: junk, lead: {form.honeypot: x, company_size: 5}, expect: {rule: junk}}\n"
    found = gaps(make({"20-routes.yaml": _NO_EXAMPLES, "tests/cases.yaml": junk}))
    assert "big 'company_size gte 1000' is never false" in found
    reached = junk.replace("form.honeypot: x, ", "").replace("junk", "rest")
    found = gaps(make({"20-routes.yaml": _NO_EXAMPLES, "tests/cases.yaml": reached}))
    assert "big 'company_size gte 1000' is never false" not in found


def test_an_unknown_fact_shows_a_comparison_neither_true_nor_false(make: Make) -> None:
    routes = ROUTES.replace("misses: [{company_size: 999}]", "misses: [{country: DE}]")
    routes = routes.replace("misses: [{country: DE}]}\n  - id", "misses: [{}]}\n  - id")
    cases = "- {name: rest, lead: {country: DE}, expect: {rule: rest}}\n"
    found = gaps(make({"20-routes.yaml": routes, "tests/cases.yaml": cases}))
    assert "big 'company_size gte 1000' is never false" in found


def test_what_is_suggested_closes_the_gap_when_it_is_pasted(make: Make) -> None:
    book = make({"20-routes.yaml": _NO_EXAMPLES, "tests/cases.yaml": ""})
    before = run_trials(book).coverage
    assert before.rules_seen < before.rules
    lines = [
        suggested(gap.suggestion, f"case {number}")
        for number, gap in enumerate(before.rule_gaps)
        if gap.suggestion is not None
    ]
    after = book_from_files({**book.files, "tests/cases.yaml": "\n".join(lines) + "\n"})
    trials = run_trials(after)
    assert trials.passed
    assert trials.coverage.rules_seen == trials.coverage.rules


def test_a_gap_is_told_with_its_place_and_what_is_wanted(make: Make) -> None:
    routes = ROUTES.replace(", misses: [{company_size: 999}]", "")
    told = "\n".join(covered(run_trials(make({"20-routes.yaml": routes})).coverage, 100, 100))
    assert "20-routes.yaml:6:27 big: 'company_size gte 1000' is never false" in told
    assert "add to its examples, if it is right: misses: [{company_size: 999}]" in told
    assert "87.5 %, but 100 % are wanted" in told


def test_a_share_of_almost_all_is_not_all() -> None:
    assert share(99_999, 100_000) < 100


def test_rules_of_every_phase_count(book: RuleBook) -> None:
    assert sum(len(book.rules[phase]) for phase in Phase) == run_trials(book).coverage.rules


def test_cases_alone_can_cover_a_book(make: Make) -> None:
    more = CASES + "- {name: se, lead: {country: SE, company_size: 1}, expect: {rule: nordic}}\n"
    found = gaps(make({"20-routes.yaml": _NO_EXAMPLES, "tests/cases.yaml": more}))
    assert not found
