"""What another version would have done with a lead, and whether that is another thing."""

from dataclasses import replace

import pytest

from router.rulebook.model import RuleBook
from router.rulebook.reading.load import book_from_files
from router.rulebook.shadow import codes_of, say
from tests.tried import small_book
from tests.versions import harmless

_GB = {"country": "GB", "message": "a demo, please"}
_GUARD = """\
phase: guards

rules:
  - id: spam
    summary: Spam.
    steward: sales-ops@northwind.example
    when: {message: {contains: lottery}}
    then: {reject: spam}
  - id: odd
    summary: Odd, somebody should look.
    steward: sales-ops@northwind.example
    when: {message: {contains: odd}}
    then: {review: odd}
    on_unknown: review
"""


@pytest.fixture(scope="module")
def small() -> RuleBook:
    return small_book()


@pytest.fixture
def guarded_book(small: RuleBook) -> RuleBook:
    return book_from_files({**small.files, "10-guards.yaml": _GUARD})


def test_a_version_with_other_words_does_the_same(small: RuleBook) -> None:
    one, other = say(small, _GB), say(harmless(small), _GB)
    assert (one.rule, one.kind, one.target) == ("britain", "pool", "britain")
    assert one.digest != other.digest
    assert one.same_deed(other)


def test_any_other_deed_is_a_difference(small: RuleBook) -> None:
    one = say(small, _GB)
    assert not one.same_deed(replace(one, kind="person"))
    assert not one.same_deed(replace(one, target="france"))
    assert not one.same_deed(replace(one, sla="hurry"))
    assert not one.same_deed(replace(one, priority="high"))
    assert not one.same_deed(replace(one, tags=("hot",)))


def test_the_order_of_tags_and_the_rule_that_decided_are_none(small: RuleBook) -> None:
    one = replace(say(small, _GB), tags=("a", "b"))
    assert one.same_deed(replace(one, tags=("b", "a"), rule="another", phase="fallback"))


def test_every_code_that_can_come_back_from_a_person_is_known(guarded_book: RuleBook) -> None:
    assert {"spam", "odd", "unknown:odd"} <= codes_of(guarded_book)
