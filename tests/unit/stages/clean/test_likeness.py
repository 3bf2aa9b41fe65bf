"""By what a company's name is looked up, and how alike two names are."""

import pytest

from router.stages.clean.likeness import asked_words, likeness, name_words


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("northwind", "nortwind"),
        ("northwind", "northwinnd"),
        ("northwind", "orthwind"),
        ("northwind", "northwin"),
        ("northwind", "northwimd"),
        ("archer mills", "archermills"),
        ("archermills", "archer mills"),
        ("acme", "acme"),
        ("3m", "3m"),
        ("\u682a\u6728", "\u682a\u6728"),
    ],
)
def test_one_slip_of_the_finger_still_shares_a_word(stored: str, asked: str) -> None:
    assert set(name_words(stored)) & set(asked_words(asked))


def test_every_slip_in_a_longer_name_still_shares_a_word() -> None:
    name = "northwindtraders"
    for place in range(len(name)):
        left_out = name[:place] + name[place + 1 :]
        wrong = name[:place] + "q" + name[place + 1 :]
        more = name[:place] + "q" + name[place:]
        for typed in (left_out, wrong, more):
            assert set(name_words(name)) & set(asked_words(typed)), typed
            assert likeness(name, typed) > 0.92


def test_what_a_name_is_stored_under_it_is_also_asked_for() -> None:
    for name in ("north wind", "ab", "a b c", "x", ""):
        assert set(name_words(name)) <= set(asked_words(name))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("northwind", "southwind"),
        ("northwind", "northwind traders"),
        ("northwind traders", "northwind trading"),
        ("acme", "acne"),
        ("fund 12", "fund 13"),
        ("area 51", "area"),
    ],
)
def test_different_companies_are_less_alike_than_a_book_usually_asks_for(
    one: str, other: str
) -> None:
    assert likeness(one, other) < 0.92
