"""The compiled evaluator agrees with the plain one, for every condition and every lead."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from router.lead.facts import Facts, FactValue
from router.rulebook.evaluate import collect, evaluate
from router.rulebook.explain import explain_phase, judge
from router.rulebook.load import load_book
from router.rulebook.model import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Effect,
    NotOf,
    OnUnknown,
    Operator,
    Phase,
    Place,
    Rule,
    RuleBook,
    Truth,
)

HERE = Place("20-routes.yaml", 1)
WORDS = st.sampled_from(("GB", "de", "straße", "STRASSE", "a b", ""))
FOLDED = WORDS.map(str.casefold)
SIZES = st.integers(-1, 3)


def comparison(fact: str, operator: Operator, want: FactValue) -> Comparison:
    """Make a comparison; the lists have one name."""
    listed = operator in (Operator.IN_LIST, Operator.NOT_IN_LIST)
    return Comparison(fact, operator, want, HERE, named="listed" if listed else "")


TEXTS = st.one_of(
    st.builds(
        comparison,
        st.sampled_from(("country", "message")),
        st.sampled_from((Operator.IS, Operator.NOT, Operator.CONTAINS, Operator.IN_LIST)),
        FOLDED,
    ),
    st.builds(
        comparison,
        st.just("country"),
        st.sampled_from((Operator.IN, Operator.NOT_IN, Operator.NOT_IN_LIST)),
        st.lists(FOLDED, min_size=1, max_size=3).map(tuple),
    ),
)
NUMBERS = st.builds(
    comparison,
    st.sampled_from(("company_size", "confidence")),
    st.sampled_from(
        (Operator.IS, Operator.NOT, Operator.GTE, Operator.GT, Operator.LTE, Operator.LT)
    ),
    SIZES | st.sampled_from((0.5, 1.0)),
)
FLAGS = st.builds(
    comparison,
    st.just("is_returning"),
    st.sampled_from((Operator.IS, Operator.NOT)),
    st.booleans(),
)
LISTED = st.one_of(
    st.builds(comparison, st.just("tags"), st.just(Operator.HAS), FOLDED),
    st.builds(
        comparison,
        st.just("tags"),
        st.just(Operator.HAS_ANY),
        st.lists(FOLDED, min_size=1, max_size=2).map(tuple),
    ),
)
MISSING = st.builds(
    comparison,
    st.sampled_from(("country", "company_size", "is_returning", "tags")),
    st.just(Operator.MISSING),
    st.booleans(),
)


def grown(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    """Join conditions to larger ones."""
    parts = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(
        parts.map(lambda found: AllOf(found, HERE)),
        parts.map(lambda found: AnyOf(found, HERE)),
        inner.map(lambda found: NotOf(found, HERE)),
    )


CONDITIONS = st.recursive(st.one_of(TEXTS, NUMBERS, FLAGS, LISTED, MISSING), grown, max_leaves=6)
FACTS: st.SearchStrategy[Facts] = st.fixed_dictionaries(
    {},
    optional={
        "country": WORDS,
        "message": WORDS,
        "company_size": SIZES,
        "confidence": st.sampled_from((0.0, 0.5, 1.0)),
        "is_returning": st.booleans(),
        "tags": st.lists(WORDS, max_size=2).map(tuple),
    },
)
RULES = st.lists(st.tuples(CONDITIONS, st.sampled_from(OnUnknown)), max_size=5)


@lru_cache(maxsize=1)
def starter() -> RuleBook:
    """Give the shipped book, to borrow everything but its rules."""
    return load_book(Path(__file__).resolve().parents[2] / "rules")


def book_of(rules: list[tuple[Condition, OnUnknown]]) -> RuleBook:
    """Give a book with these routes and one list."""
    routes = tuple(
        Rule(f"r{number}", "", "", Phase.ROUTES, when, Effect(pool="dach"), HERE, unknown)
        for number, (when, unknown) in enumerate(rules)
    )
    listed = frozenset({"gb", "strasse"})
    return replace(starter(), rules={Phase.ROUTES: routes}, lists={"listed": listed})


@settings(max_examples=200, deadline=None)
@given(rules=RULES, facts=FACTS)
def test_the_compiled_evaluator_agrees_with_the_plain_one(
    rules: list[tuple[Condition, OnUnknown]], facts: Facts
) -> None:
    book = book_of(rules)
    routes = book.rules[Phase.ROUTES]
    truths = [judge(rule.when, book, facts) for rule in routes]
    stop = next(
        (
            position
            for position, (rule, truth) in enumerate(zip(routes, truths, strict=True))
            if truth is Truth.TRUE
            or (truth is Truth.UNKNOWN and rule.on_unknown is OnUnknown.REVIEW)
        ),
        None,
    )
    verdict = evaluate(book, Phase.ROUTES, facts)
    if stop is None:
        assert (verdict.rule, verdict.review_rule) == (None, None)
    elif truths[stop] is Truth.TRUE:
        assert verdict.rule is routes[stop]
        assert verdict.effect is routes[stop].then
    else:
        assert verdict.rule is None
        assert verdict.review_rule is routes[stop]
    assert verdict.position == (len(routes) if stop is None else stop)
    assert [one.rule for one in collect(book, Phase.ROUTES, facts)] == [
        rule for rule, truth in zip(routes, truths, strict=True) if truth is Truth.TRUE
    ]
    assert [trace.truth for trace in explain_phase(book, Phase.ROUTES, facts)] == truths


@settings(max_examples=100, deadline=None)
@given(when=CONDITIONS, known=FACTS, more=FACTS)
def test_learning_more_never_turns_a_sure_answer_around(
    when: Condition, known: Facts, more: Facts
) -> None:
    """Without ``missing``, what is true or false stays so when an unknown fact becomes known."""
    book = book_of([])
    if Operator.MISSING in operators(when):
        return
    before = judge(when, book, known)
    after = judge(when, book, {**more, **known})
    assert before in (after, Truth.UNKNOWN)


def operators(condition: Condition) -> set[Operator]:
    """Return the operators that occur in a condition."""
    match condition:
        case Comparison():
            return {condition.operator}
        case NotOf(part):
            return operators(part)
        case _:
            return set().union(*(operators(part) for part in condition.parts))
