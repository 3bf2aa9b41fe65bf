"""What the benchmark asks rule books: the same for the same numbers, and answered alike by all."""

from bench.asked import leads_for
from bench.books import make_book
from bench.rivals import RIVALS
from router.rulebook.engine.evaluate import evaluate
from router.rulebook.model import Phase
from router.rulebook.reading.load import book_from_files


def test_the_same_numbers_ask_about_the_same_leads() -> None:
    book = book_from_files(make_book(40, 0, 7))
    assert leads_for(book, 6, 1) == leads_for(book, 6, 1)
    assert leads_for(book, 6, 1) != leads_for(book, 6, 2)


def test_every_engine_chooses_the_same_rule_of_plain_rules() -> None:
    book = book_from_files(make_book(60, 0, 7, plain=True))
    rules = book.rules[Phase.ROUTES]
    leads = leads_for(book, 30, 1)
    ours = [evaluate(book, Phase.ROUTES, facts).rule for facts in leads]
    assert len({rule.id for rule in ours if rule is not None}) > 5
    for name, make in RIVALS.items():
        rival = make(book, rules)
        # What is compared with is installed for the benchmark alone.
        chosen = [rival.first(rival.prepare(facts)) for facts in leads] if rival else None
        assert chosen in (None, [rule.id if rule else "" for rule in ours]), name
