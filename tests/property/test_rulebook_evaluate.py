"""The indexed evaluator agrees with the plain one, for every condition and every lead."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from router.lead.facts import Facts, FactValue
from router.rulebook.engine.evaluate import collect, evaluate, near_misses, unknown_facts
from router.rulebook.engine.explain import explain_phase, judge, judge_rule
from router.rulebook.engine.groups import Questions, positions
from router.rulebook.engine.index import Index
from router.rulebook.engine.phases import SHORT
from router.rulebook.model import (
    AllOf,
    AnyOf,
    Calendar,
    Comparison,
    Condition,
    Effect,
    Key,
    NotOf,
    OnUnknown,
    Operator,
    Phase,
    Place,
    Row,
    Rule,
    RuleBook,
    Table,
    Truth,
)
from router.rulebook.reading.load import load_book

_O = Operator
HERE = Place("20-routes.yaml", 1)
LONDON = ZoneInfo("Europe/London")
WORDS = st.sampled_from(("GB", "de", "straße", "STRASSE", "a b", "b", ""))
FOLDED = WORDS.map(str.casefold)
SOME = st.lists(FOLDED, max_size=3).map(tuple)
SIZES = st.integers(-1, 3)
#: Moments around openings, and around the hour that London repeats.
MOMENTS = st.one_of(
    st.sampled_from(
        (
            datetime(2026, 1, 5, 9, tzinfo=UTC),
            datetime(2026, 1, 5, 8, 59, 59, tzinfo=LONDON),
            datetime(2026, 10, 25, 1, 30, tzinfo=LONDON),
            datetime(2026, 10, 25, 1, 30, tzinfo=LONDON, fold=1),
            datetime(2026, 10, 25, 1, 0, tzinfo=UTC),
            datetime(1, 1, 1, tzinfo=LONDON),
            datetime(9999, 12, 31, tzinfo=UTC),
        )
    ),
    st.integers(0, 6).map(lambda days: datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days)),
)


def comparison(
    facts: Sequence[str],
    operators: Sequence[Operator],
    wants: st.SearchStrategy[FactValue],
    named: str = "",
) -> st.SearchStrategy[Comparison]:
    """Give comparisons of some facts."""
    return st.builds(
        lambda fact, operator, want: Comparison(fact, operator, want, HERE, named),
        st.sampled_from(facts),
        st.sampled_from(operators),
        wants,
    )


TEXT, NUMBER, DATE = ("country", "message"), ("company_size", "confidence"), ("submitted_at",)
DATES = (*DATE, "received_at")
LEAVES = st.one_of(
    comparison(TEXT, (_O.IS, _O.NOT, _O.CONTAINS, _O.STARTS_WITH, _O.ENDS_WITH), FOLDED),
    comparison(TEXT, (_O.IN, _O.NOT_IN, _O.STARTS_WITH, _O.ENDS_WITH, _O.CONTAINS), SOME),
    comparison(TEXT, (_O.IN_LIST, _O.NOT_IN_LIST), st.just("one"), "one"),
    comparison(TEXT, (_O.IN_LIST, _O.NOT_IN_LIST), st.just("two"), "two"),
    comparison(TEXT, (_O.MATCHES,), st.sampled_from(("^g", "b$", "ss|B", ".", "[A-Z]{2}"))),
    comparison(TEXT, (_O.SAME_AS,), st.sampled_from((*TEXT, "city"))),
    comparison(
        NUMBER,
        (_O.IS, _O.NOT, _O.GTE, _O.GT, _O.LTE, _O.LT),
        SIZES | st.sampled_from((0.5, 1.0)),
    ),
    comparison(("is_returning",), (_O.IS, _O.NOT), st.booleans()),
    comparison(("tags",), (_O.HAS,), FOLDED),
    comparison(("tags",), (_O.HAS_ANY,), SOME),
    comparison(DATES, (_O.AFTER, _O.BEFORE), MOMENTS),
    comparison(DATES, (_O.WITHIN_LAST,), st.sampled_from((0.0, 86400.0, 172800.5))),
    comparison(DATES, (_O.IN_CALENDAR, _O.NOT_IN_CALENDAR), st.just("week"), "week"),
    comparison(
        ("country", "company_size", "is_returning", "tags", "submitted_at"),
        (_O.MISSING,),
        st.booleans(),
    ),
)


def grown(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    """Join conditions to larger ones."""
    parts = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(
        parts.map(lambda found: AllOf(found, HERE)),
        parts.map(lambda found: AnyOf(found, HERE)),
        inner.map(lambda found: NotOf(found, HERE)),
    )


CONDITIONS = st.recursive(LEAVES, grown, max_leaves=6)
FACTS: st.SearchStrategy[Facts] = st.fixed_dictionaries(
    {},
    optional={
        "country": WORDS,
        "message": st.lists(WORDS, max_size=3).map("".join),
        "city": WORDS,
        "company_size": SIZES,
        "confidence": st.sampled_from((0.0, 0.5, 1.0)),
        "is_returning": st.booleans(),
        "tags": st.lists(WORDS, max_size=2).map(tuple),
        "submitted_at": MOMENTS,
        "received_at": MOMENTS,
    },
)
SHAPED = st.tuples(CONDITIONS, st.sampled_from(OnUnknown), st.sampled_from(("", "", "places")))
RULES = st.lists(SHAPED, max_size=8)
CALENDAR = Calendar("week", "Europe/London", "Mo-Fr 09:00-17:00")
PLACES = Table(
    "places",
    (Key("country"), Key("message", prefix=True)),
    ("pool",),
    (
        Row(("gb", ""), Effect(pool="uk"), 2),
        Row(("gb", "b"), Effect(queue="b", tags=("row",)), 3),
        Row(("", "de"), Effect(pool="dach"), 4),
    ),
    "tables/places.csv",
    Place("tables/places.yaml", 1),
)


@lru_cache(maxsize=1)
def starter() -> RuleBook:
    """Give the shipped book, to borrow everything but its rules."""
    return load_book(Path(__file__).resolve().parents[2] / "rules")


Shaped = tuple[Condition, OnUnknown, str]


def book_of(rules: Iterable[Shaped]) -> RuleBook:
    """Give a book with these routes, two lists, a calendar and a table."""
    routes = tuple(
        Rule(
            f"r{number}", "", "", Phase.ROUTES, when, Effect(pool="dach"), HERE, unknown, (), table
        )
        for number, (when, unknown, table) in enumerate(rules)
    )
    return replace(
        starter(),
        rules={Phase.ROUTES: routes},
        lists={"one": frozenset({"gb", "strasse"}), "two": frozenset({"gb", "b"})},
        calendars={"week": CALENDAR},
        tables={"places": PLACES},
    )


def agree(book: RuleBook, facts: Facts) -> None:
    """Hold everything that the evaluator says against the plain one."""
    routes = book.rules[Phase.ROUTES]
    traces = explain_phase(book, Phase.ROUTES, facts)
    truths = [judge_rule(rule, book, facts) for rule in routes]
    assert [trace.truth for trace in traces] == truths
    stop = next(
        (
            at
            for at, (rule, truth) in enumerate(zip(routes, truths, strict=True))
            if truth is Truth.TRUE
            or (truth is Truth.UNKNOWN and rule.on_unknown is OnUnknown.REVIEW)
        ),
        len(routes),
    )
    verdict = evaluate(book, Phase.ROUTES, facts)
    assert verdict.position == stop
    decided = routes[stop] if stop < len(routes) else None
    if decided is not None and truths[stop] is Truth.TRUE:
        assert (verdict.rule, verdict.review_rule) == (decided, None)
        assert verdict.row is traces[stop].row
    else:
        assert (verdict.rule, verdict.review_rule) == (None, decided)
    fired = [at for at, truth in enumerate(truths) if truth is Truth.TRUE]
    assert [one.position for one in collect(book, Phase.ROUTES, facts)] == fired
    near = tuple(trace.rule for trace in traces if trace.near_miss)
    assert near_misses(book, Phase.ROUTES, facts, most=len(routes) + 1) == near
    assert near_misses(book, Phase.ROUTES, facts, most=2) == near[:2]
    before = tuple(trace.rule for trace in traces[:stop] if trace.near_miss)
    assert near_misses(book, Phase.ROUTES, facts, most=99, before=stop) == before
    assert not set(unknown_facts(book, Phase.ROUTES, facts)) & facts.keys()


@settings(max_examples=300)
@given(rules=RULES, facts=FACTS)
def test_a_short_phase_agrees_with_the_plain_evaluator(rules: list[Shaped], facts: Facts) -> None:
    agree(book_of(rules), facts)


@settings(max_examples=300)
@given(rules=st.lists(SHAPED, min_size=4, max_size=10), leads=st.lists(FACTS, min_size=3))
def test_a_long_phase_agrees_with_the_plain_evaluator(
    rules: list[Shaped], leads: list[Facts]
) -> None:
    book = book_of(rules * (SHORT // len(rules) + 1))
    for facts in leads[:4]:
        agree(book, facts)


@settings(max_examples=300)
@given(rules=RULES, leads=st.lists(FACTS, min_size=3))
def test_the_index_leaves_every_rule_that_matters(rules: list[Shaped], leads: list[Facts]) -> None:
    book = book_of(rules)
    routes = book.rules[Phase.ROUTES]
    index = Index(Questions(routes, book))
    for facts in leads:
        left = set(index.survivors(facts))
        for at, rule in enumerate(routes):
            truth = judge(rule.when, book, facts)
            asks = truth is Truth.UNKNOWN and rule.on_unknown is OnUnknown.REVIEW
            assert at in left or not (truth is Truth.TRUE or asks)


@settings(max_examples=100)
@given(rules=RULES, facts=FACTS, start=st.integers(0, 9))
def test_evaluation_can_start_later_in_a_phase(
    rules: list[Shaped], facts: Facts, start: int
) -> None:
    for book in (book_of(rules), book_of(rules * SHORT)):
        found = evaluate(book, Phase.ROUTES, facts, start=start)
        rest = replace(book, rules={Phase.ROUTES: book.rules[Phase.ROUTES][start:]})
        wanted = evaluate(rest, Phase.ROUTES, facts)
        assert (found.rule, found.review_rule) == (wanted.rule, wanted.review_rule)


@settings(max_examples=100)
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


@settings(max_examples=50)
@given(
    numbers=st.lists(st.sets(st.integers(0, 900), max_size=40), min_size=1, max_size=3),
)
def test_bits_are_told_in_their_order(numbers: list[set[int]]) -> None:
    for each in numbers:
        assert list(positions(sum(1 << at for at in each))) == sorted(each)
