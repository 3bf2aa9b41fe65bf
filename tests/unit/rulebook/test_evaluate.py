"""The first rule that is surely true decides; what is unknown is neither true nor false."""

import pytest

from router.lead.facts import Facts
from router.rulebook.engine.evaluate import UNKNOWN_FACT, collect, evaluate
from router.rulebook.engine.explain import explain_phase, judge
from router.rulebook.model import Phase, RuleBook, Truth
from router.rulebook.reading.load import book_from_files

RULE = """
  - id: {id}
    summary: A rule.
    steward: ops@northwind.example
    when: {when}
    then: {then}
    on_unknown: {unknown}
"""


def book_with(
    files: dict[str, str], *whens: str, phase: str = "routes", unknown: str = "skip"
) -> RuleBook:
    """Give a book whose phase has one rule per condition, called r1, r2 and so on."""
    then = "{tags: [t]}" if phase == "enrich" else "{pool: desk}"
    rules = "".join(
        RULE.format(id=f"r{number}", when=when, then=then, unknown=unknown)
        for number, when in enumerate(whens, 1)
    )
    return book_from_files(files | {"20-routes.yaml": f"phase: {phase}\nrules:{rules}"})


@pytest.mark.parametrize(
    ("when", "facts", "truth"),
    [
        ("{country: no}", {"country": "NO"}, Truth.TRUE),
        ("{country: NO}", {}, Truth.UNKNOWN),
        ("{country: {not: NO}}", {"country": "SE"}, Truth.TRUE),
        ("{country: {not: NO}}", {}, Truth.UNKNOWN),
        ("{company: STRASSE}", {"company": "straße"}, Truth.TRUE),
        ("{country: [NO, SE]}", {"country": "se"}, Truth.TRUE),
        ("{country: {in: [NO, SE]}}", {"country": "DK"}, Truth.FALSE),
        ("{country: {not_in: [NO, SE]}}", {"country": "DK"}, Truth.TRUE),
        ("{email.domain: {in_list: rivals}}", {"email.domain": "RIVAL.example"}, Truth.TRUE),
        ("{email.domain: {not_in_list: rivals}}", {"email.domain": "a.example"}, Truth.TRUE),
        ("{email.domain: {not_in_list: rivals}}", {}, Truth.UNKNOWN),
        ("{company_size: {gte: 10, lt: 20}}", {"company_size": 10}, Truth.TRUE),
        ("{company_size: {gte: 10, lt: 20}}", {"company_size": 20}, Truth.FALSE),
        ("{company_size: {gt: 10}}", {"company_size": 10}, Truth.FALSE),
        ("{confidence: {lte: 0.5}}", {"confidence": 0.5}, Truth.TRUE),
        ("{company_size: 10}", {"company_size": 10}, Truth.TRUE),
        ("{is_returning: false}", {"is_returning": False}, Truth.TRUE),
        ("{tags: VIP}", {"tags": ("event", "vip")}, Truth.TRUE),
        ("{tags: [a, b]}", {"tags": ("B",)}, Truth.TRUE),
        ("{tags: a}", {"tags": ()}, Truth.FALSE),
        ("{message: {contains: A Price}}", {"message": "what is a  price"}, Truth.FALSE),
        ("{message: {contains: A Price}}", {"message": "Tell me a PRICE"}, Truth.TRUE),
        ("{message: {missing: true}}", {}, Truth.TRUE),
        ("{message: {missing: false}}", {}, Truth.FALSE),
        ("{tags: {missing: true}}", {"tags": ()}, Truth.TRUE),
        ("{}", {}, Truth.TRUE),
    ],
)
def test_a_comparison_comes_out(
    files: dict[str, str], when: str, facts: Facts, truth: Truth
) -> None:
    book = book_with(files, when)
    assert judge(book.rules[Phase.ROUTES][0].when, book, facts) is truth
    assert (evaluate(book, Phase.ROUTES, facts).rule is not None) is (truth is Truth.TRUE)


T, F, U = "{country: NO}", "{country: SE}", "{city: Oslo}"


@pytest.mark.parametrize(
    ("when", "truth"),
    [
        (f"{{all: [{T}, {T}]}}", Truth.TRUE),
        (f"{{all: [{T}, {U}]}}", Truth.UNKNOWN),
        (f"{{all: [{U}, {F}]}}", Truth.FALSE),
        (f"{{any: [{U}, {T}]}}", Truth.TRUE),
        (f"{{any: [{F}, {U}]}}", Truth.UNKNOWN),
        (f"{{any: [{F}, {F}]}}", Truth.FALSE),
        (f"{{not: {T}}}", Truth.FALSE),
        (f"{{not: {F}}}", Truth.TRUE),
        (f"{{not: {U}}}", Truth.UNKNOWN),
    ],
)
def test_unknown_follows_kleene(files: dict[str, str], when: str, truth: Truth) -> None:
    book = book_with(files, when)
    facts = {"country": "NO"}
    assert judge(book.rules[Phase.ROUTES][0].when, book, facts) is truth
    fired = evaluate(book, Phase.ROUTES, facts).rule is not None
    assert fired is (truth is Truth.TRUE)


def test_the_first_rule_that_matches_decides_and_tells_its_place(files: dict[str, str]) -> None:
    verdict = evaluate(book_with(files, F, U, T, T), Phase.ROUTES, {"country": "NO"})
    assert verdict.rule is not None
    assert verdict.rule.id == "r3"
    assert verdict.effect.target == ("pool", "desk")
    assert verdict.position == 2


def test_no_match_gives_no_rule_and_counts_all(files: dict[str, str]) -> None:
    verdict = evaluate(book_with(files, F, U), Phase.ROUTES, {"country": "NO"})
    assert verdict.rule is None
    assert verdict.review_rule is None
    assert verdict.effect.target == ("", "")
    assert verdict.position == 2


def test_an_unknown_fact_can_ask_a_person_instead_of_going_on(files: dict[str, str]) -> None:
    book = book_with(files, F, U, T, unknown="review")
    verdict = evaluate(book, Phase.ROUTES, {"country": "NO"})
    assert verdict.rule is None
    assert verdict.review_rule is not None
    assert verdict.review_rule.id == "r2"
    assert verdict.effect.target == ("review", UNKNOWN_FACT)
    assert verdict.position == 1


def test_collect_gives_every_rule_that_matches(files: dict[str, str]) -> None:
    verdicts = collect(
        book_with(files, T, F, U, T, phase="enrich"), Phase.ENRICH, {"country": "NO"}
    )
    assert [verdict.rule.id for verdict in verdicts if verdict.rule] == ["r1", "r4"]


def test_books_with_different_rules_never_share_what_was_compiled(files: dict[str, str]) -> None:
    facts = {"country": "NO"}
    for _ in range(100):
        assert evaluate(book_with(files, T), Phase.ROUTES, facts).rule is not None
        assert evaluate(book_with(files, F), Phase.ROUTES, facts).rule is None


def test_the_trace_shows_every_rule_also_after_the_match(files: dict[str, str]) -> None:
    near = "{country: NO, company_size: {gte: 50}}"
    both = "{city: Oslo, company_size: {gte: 50}}"
    book = book_with(files, near, T, both, f"{{country: NO, any: [{F}, {T}], city: Oslo}}")
    first, second, third, fourth = explain_phase(
        book, Phase.ROUTES, {"country": "NO", "company_size": 49}
    )
    assert (first.rule, first.truth, first.near_miss) == ("r1", Truth.FALSE, True)
    assert [(test.fact, test.actual, test.truth) for test in first.tests] == [
        ("country", "NO", Truth.TRUE),
        ("company_size", 49, Truth.FALSE),
    ]
    assert first.tests[0].line == first.line + 3
    assert (second.truth, second.near_miss) == (Truth.TRUE, False)
    assert (third.truth, third.near_miss) == (Truth.FALSE, False)
    assert third.tests[0].actual is None
    assert (fourth.truth, fourth.near_miss) == (Truth.UNKNOWN, True)
