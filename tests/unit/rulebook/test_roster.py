"""A lead's own version of the book, with the people of today."""

from dataclasses import replace

from router.rulebook.model import RuleBook
from router.rulebook.roster import live


def _later(book: RuleBook, *left: str) -> RuleBook:
    """Return a later version, led by George, which these people have left; it has no rules."""
    people = {name: card for name, card in book.people.items() if name not in left}
    taxonomy = replace(book.taxonomy, reviewer="george-amari")
    return replace(
        book,
        digest="later",
        people=people,
        fallback_owner="george-amari",
        taxonomy=taxonomy,
        rules={},
        calendars={"always": book.calendars["always"]},
    )


def test_lead_of_the_active_version_has_no_other_book(starter_book: RuleBook) -> None:
    assert live(starter_book, starter_book) is starter_book


def test_lead_keeps_its_rules_and_sees_who_works_here_today(starter_book: RuleBook) -> None:
    active = _later(starter_book, "tom-keane")
    book = live(starter_book, active)
    assert (book.digest, book.rules) == (starter_book.digest, starter_book.rules)
    assert book.people is active.people
    assert book.fallback_owner == starter_book.fallback_owner
    assert book.taxonomy is starter_book.taxonomy
    assert set(book.calendars) == set(starter_book.calendars)


def test_fallback_owner_and_reviewer_who_left_are_those_of_today(starter_book: RuleBook) -> None:
    gone = (starter_book.fallback_owner, starter_book.taxonomy.reviewer)
    book = live(starter_book, _later(starter_book, *gone))
    assert book.fallback_owner == "george-amari"
    assert book.taxonomy.reviewer == "george-amari"


def test_who_left_and_still_has_a_card_is_no_fallback_owner(starter_book: RuleBook) -> None:
    later, gone = _later(starter_book), starter_book.fallback_owner
    cards = {**later.people, gone: replace(later.people[gone], left=True)}
    book = live(starter_book, replace(later, people=cards))
    assert book.fallback_owner == "george-amari"
