"""A book's own tests are read with it, kept with it, and do not change its version."""

from pathlib import Path

import pytest

from router.errors import BookError
from router.rulebook.model import Comparison, Expectation
from router.rulebook.reading.load import book_from_files, load_book

CASES, INVARIANTS = "tests/cases.yaml", "tests/invariants.yaml"


@pytest.fixture
def proven(files: dict[str, str]) -> dict[str, str]:
    """Give a book with tests."""
    files[CASES] = """\
- name: Oslo goes to the desk
  lead: {country: NO, company_size: 40, tags: [], submitted_at: 2026-03-01}
  expect: {rule: nordic, pool: desk, not: [rest], sla: standard, priority: high, tags: [a, b]}
- name: nobody knows where
  lead: {}
  expect: {queue: "*", not: nordic}
"""
    files[INVARIANTS] = """\
- {name: Norway is served, when: {country: NO}, never: {queue: "*", review: "*"}}
- name: all are
  when: {}
  always: [{pool: "*"}, {queue: triage}]
"""
    return files


def test_cases_and_invariants_are_read(proven: dict[str, str]) -> None:
    proofs = book_from_files(proven).proofs
    first, second = proofs.cases
    assert first.name == "Oslo goes to the desk"
    assert first.facts["tags"] == ()
    assert first.facts["company_size"] == 40
    assert str(first.place) == f"{CASES}:1:3"
    assert first.expect == Expectation(
        rule="nordic",
        target=("pool", "desk"),
        misses=("rest",),
        sla="standard",
        priority="high",
        tags=("a", "b"),
    )
    assert second.expect == Expectation(target=("queue", "*"), misses=("nordic",))
    served, everybody = proofs.invariants
    assert isinstance(served.when, Comparison)
    assert served.never == (("queue", "*"), ("review", "*"))
    assert served.always == ()
    assert everybody.always == (("pool", "*"), ("queue", "triage"))


def test_tests_are_kept_with_the_book_but_do_not_change_its_version(
    proven: dict[str, str], tmp_path: Path
) -> None:
    book = book_from_files(proven)
    assert {CASES, INVARIANTS} <= book.files.keys()
    untested = {path: text for path, text in proven.items() if not path.startswith("tests/")}
    assert book_from_files(untested).digest == book.digest
    assert book_from_files(untested).proofs != book.proofs
    proven |= {"tests/notes.txt": "not read", "tests/more/cases.yaml": "["}
    for path, text in proven.items():
        (tmp_path / path).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    assert load_book(tmp_path) == book_from_files(proven) == book


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (CASES, "rule: nordic", "rule: nordik", "3:18: unknown rule 'nordik'"),
        (CASES, "pool: desk", "pool: dask", "3:32: unknown pool 'dask'"),
        (CASES, "pool: desk", "pool: desk, queue: triage", "a lead gets one of: pool, queue"),
        (CASES, "not: nordic", "not: [nordik]", "6:30: unknown rule 'nordik'"),
        (CASES, "country: NO", "country: Norge", "unknown country 'Norge'"),
        (CASES, "country: NO", "land: NO", "unknown fact 'land'"),
        (CASES, '{queue: "*", not: nordic}', "{}", "'expect' says nothing"),
        (CASES, '{queue: "*", not: nordic}', "{reject: spam}", "unknown reject 'spam'"),
        (CASES, "nobody knows where", "Oslo goes to the desk", "is in line 1 too"),
        (CASES, "priority: high", "priority: top", "unknown priority 'top'"),
        (CASES, "  lead: {}\n", "", "a case needs 'lead'"),
        (INVARIANTS, ', never: {queue: "*", review: "*"}', "", "needs 'never' or 'always'"),
        (INVARIANTS, '[{pool: "*"}', "[{}", "a target is one of"),
        (INVARIANTS, "{country: NO}", "{country: {isnt: NO}}", "unknown comparison 'isnt'"),
        (INVARIANTS, "queue: triage", "queue: triag", "did you mean 'triage'?"),
    ],
)
def test_a_test_that_says_nothing_is_named(
    proven: dict[str, str], file: str, old: str, new: str, said: str
) -> None:
    assert old in proven[file]
    proven[file] = proven[file].replace(old, new)
    with pytest.raises(BookError) as caught:
        book_from_files(proven)
    assert all(problem.startswith(file) for problem in caught.value.problems)
    assert said in str(caught.value)


def test_the_question_that_a_rule_asks_for_want_of_a_fact_may_be_expected(
    proven: dict[str, str],
) -> None:
    routes = proven["20-routes.yaml"]
    proven["20-routes.yaml"] = routes.replace("    then:", "    on_unknown: review\n    then:", 1)
    proven[CASES] = '- {name: a, lead: {}, expect: {review: "unknown:nordic"}}\n'
    (case,) = book_from_files(proven).proofs.cases
    assert case.expect.target == ("review", "unknown:nordic")
    proven[CASES] = '- {name: a, lead: {}, expect: {review: "unknown:rest"}}\n'
    with pytest.raises(BookError, match="unknown review 'unknown:rest'"):
        book_from_files(proven)
