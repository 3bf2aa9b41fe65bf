"""A book kept as bytes comes back as the same book, or not at all."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.books import make_book
from router.lead.facts import Facts
from router.rulebook.engine.evaluate import evaluate
from router.rulebook.model import Comparison, Condition, Operator, Phase, Place, RuleBook
from router.rulebook.reading.frozen import freeze, thaw
from router.rulebook.reading.load import book_from_files, load_book
from tests.conditions import EXACT, OPAQUE, nested


@lru_cache(maxsize=1)
def starter() -> tuple[RuleBook, bytes]:
    """Give the shipped book and its copy."""
    book = load_book(Path("rules"))
    return book, freeze(book)


@lru_cache(maxsize=1)
def small() -> tuple[RuleBook, bytes]:
    """Give a made-up book and its copy."""
    book = book_from_files(make_book(3, 5, 1))
    return book, freeze(book)


def exactly(book: RuleBook | None) -> str:
    """Tell rules and tables with the type of every value: 1 is not 1.0 here."""
    assert book is not None
    return repr((book.rules, book.tables, book.proofs))


def test_the_shipped_book_comes_back_whole() -> None:
    book, frozen = starter()
    again = thaw(book.files, frozen)
    assert again == book
    assert again is not None
    assert exactly(again) == exactly(book)
    facts: Facts = {"country": "DE", "company_size": 40, "is_returning": False}
    for phase in Phase:
        assert evaluate(again, phase, facts) == evaluate(book, phase, facts)


@settings(max_examples=4)
@given(rules=st.integers(0, 80), rows=st.integers(0, 60), seed=st.integers(0, 99))
def test_made_up_books_come_back_whole(rules: int, rows: int, seed: int) -> None:
    book = book_from_files(make_book(rules, rows, seed))
    again = thaw(book.files, freeze(book))
    assert again == book
    assert exactly(again) == exactly(book)


@settings(max_examples=60)
@given(when=nested(st.one_of(EXACT, OPAQUE)))
def test_every_condition_comes_back_as_it_was(when: Condition) -> None:
    book, _ = small()
    first = replace(book.rules[Phase.FALLBACK][0], when=when)
    bent = replace(book, rules={Phase.ROUTES: (first,)})
    assert exactly(thaw(bent.files, freeze(bent))) == exactly(bent)


@settings(max_examples=40)
@given(data=st.data())
def test_damaged_bytes_give_no_book(data: st.DataObject) -> None:
    book, frozen = small()
    at = data.draw(st.integers(0, len(frozen) - 1) | st.integers(0, 300))
    other = data.draw(st.integers(1, 255))
    bent = bytearray(frozen)
    bent[at] ^= other
    assert thaw(book.files, bytes(bent)) is None
    assert thaw(book.files, frozen[:at]) is None
    assert thaw(book.files, frozen[at + 1 :]) is None


def test_a_copy_is_of_its_own_files_alone() -> None:
    book, frozen = small()
    assert thaw({**book.files, "tests/cases.yaml": "[]\n"}, frozen) is None
    assert thaw({**book.files, "lists/more.txt": "a.example\n"}, frozen) is None
    assert thaw({}, frozen) is None


def test_a_book_that_bytes_cannot_tell_is_not_kept() -> None:
    book, _ = small()
    wrong = Comparison("confidence", Operator.GTE, float("nan"), Place("20-routes.yaml", 1))
    first = replace(book.rules[Phase.FALLBACK][0], when=wrong)
    with pytest.raises(ValueError, match="no faithful copy"):
        freeze(replace(book, rules={Phase.ROUTES: (first,)}))
