"""Conditions made by chance, and every lead that matters to them: for tests of the rule book."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import product
from pathlib import Path

from hypothesis import strategies as st

from router.lead.facts import Facts, FactValue
from router.rulebook.model import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    NotOf,
    Operator,
    Place,
    RuleBook,
)
from router.rulebook.reading.load import load_book

_O = Operator
HERE = Place("20-routes.yaml", 1)
DAYS = [datetime(2026, 3, day, 12, tzinfo=UTC) for day in (2, 4, 7)]
#: Every value that matters to the comparisons below, and one that none of them names.
VALUES: Mapping[str, tuple[FactValue | None, ...]] = {
    "country": (None, "GB", "DE", "XX"),
    "city": (None, "Leeds", "Lens", "Ulm"),
    "company_size": (None, 0, 1, 2, 3),
    "confidence": (None, 0.0, 0.5, 0.7, 1.0),
    "email.free": (None, True, False),
    "tags": (None, (), ("a",), ("b",), ("a", "B"), ("c",)),
    "submitted_at": (None, *DAYS),
    "received_at": (None, DAYS[1], DAYS[2]),
}


@lru_cache(maxsize=1)
def starter() -> RuleBook:
    """Read the shipped book once; its rules do not matter here."""
    book = load_book(Path("rules"))
    return replace(book, lists={"towns": frozenset({"leeds", "york"})})


def ask(
    fact: str, operators: tuple[Operator, ...], wants: st.SearchStrategy[FactValue]
) -> st.SearchStrategy[Comparison]:
    """Make comparisons of one fact."""
    return st.builds(
        lambda operator, want: Comparison(fact, operator, want, HERE),
        st.sampled_from(operators),
        wants,
    )


def several(*texts: str) -> st.SearchStrategy[FactValue]:
    """Make one or two texts, as a list."""
    return st.lists(st.sampled_from(texts), min_size=1, max_size=2, unique=True).map(tuple)


EXACT = st.one_of(
    ask("country", (_O.IS, _O.NOT), st.sampled_from(("gb", "de"))),
    ask("country", (_O.IN, _O.NOT_IN), several("gb", "de")),
    ask(
        "company_size",
        (_O.IS, _O.NOT, _O.GT, _O.GTE, _O.LT, _O.LTE),
        st.sampled_from((1, 2)),
    ),
    ask("confidence", (_O.GT, _O.GTE, _O.LT, _O.LTE), st.sampled_from((0.5, 0.7))),
    ask("email.free", (_O.IS, _O.NOT), st.booleans()),
    ask("tags", (_O.HAS,), st.sampled_from(("a", "b"))),
    ask("tags", (_O.HAS_ANY,), several("a", "b")),
    st.builds(
        lambda fact, want: Comparison(fact, _O.MISSING, want, HERE),
        st.sampled_from(("country", "company_size", "email.free", "tags")),
        st.booleans(),
    ),
)
OPAQUE = st.one_of(
    ask("city", (_O.IS, _O.NOT), st.sampled_from(("leeds", "ulm"))),
    ask("city", (_O.CONTAINS, _O.STARTS_WITH, _O.ENDS_WITH), several("le", "s", "lee", "e")),
    ask("city", (_O.MATCHES,), st.sampled_from(("^l.*s$", "m"))),
    st.sampled_from((_O.IN_LIST, _O.NOT_IN_LIST)).map(
        lambda operator: Comparison("city", operator, "towns", HERE, named="towns")
    ),
    ask("submitted_at", (_O.AFTER, _O.BEFORE), st.sampled_from(DAYS)),
    ask("submitted_at", (_O.WITHIN_LAST,), st.sampled_from((3600.0, 200_000.0))),
    ask("city", (_O.SAME_AS,), st.just("country")),
    st.sampled_from((_O.IN_CALENDAR, _O.NOT_IN_CALENDAR)).map(
        lambda operator: Comparison("submitted_at", operator, "london", HERE, named="london")
    ),
)


def nested(leaves: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    """Join comparisons to conditions."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, min_size=0, max_size=3).map(lambda some: AllOf(tuple(some), HERE)),
            st.lists(inner, min_size=1, max_size=3).map(lambda some: AnyOf(tuple(some), HERE)),
            inner.map(lambda part: NotOf(part, HERE)),
        ),
        max_leaves=5,
    )


def leads(*names: str) -> list[Facts]:
    """Return every lead that has some of the values of some facts."""
    return [
        {name: value for name, value in zip(names, values, strict=True) if value is not None}
        for values in product(*(VALUES[name] for name in names))
    ]


def names_in(condition: Condition) -> set[str]:
    """Return the facts that a condition asks for."""
    match condition:
        case Comparison(operator=_O.SAME_AS):
            return {condition.fact, str(condition.want)}
        case Comparison(operator=_O.WITHIN_LAST):
            return {condition.fact, "received_at"}
        case Comparison():
            return {condition.fact}
        case NotOf(part):
            return names_in(part)
        case AllOf(parts) | AnyOf(parts):
            return set().union(*map(names_in, parts))
