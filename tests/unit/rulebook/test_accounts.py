"""``accounts`` of book.yaml is read, and a book without it has defaults."""

import pytest

from router.errors import BookError
from router.rulebook.accounts import AccountBy as By
from router.rulebook.accounts import AccountPolicy
from router.rulebook.accounts import AccountTie as Tie
from router.rulebook.analysis.compare_data import data_changes
from router.rulebook.reading.frozen import freeze, thaw
from router.rulebook.reading.load import book_from_files

_SAID = "accounts: {min_score: 0.85, ties: [same_country, named], by: [domain, contact]}\n"


def _with(files: dict[str, str], text: str) -> dict[str, str]:
    return files | {"book.yaml": files["book.yaml"] + text}


def test_a_book_that_says_nothing_finds_accounts_by_contact_then_domain_then_name(
    files: dict[str, str],
) -> None:
    found = book_from_files(files).accounts
    assert found == AccountPolicy()
    assert found.by == (By.CONTACT, By.DOMAIN, By.NAME)
    assert found.ties[-1] is Tie.KEY


def test_a_book_says_how_accounts_are_found_and_key_decides_at_the_end(
    files: dict[str, str],
) -> None:
    found = book_from_files(_with(files, _SAID)).accounts
    ties = (Tie.SAME_COUNTRY, Tie.NAMED, Tie.KEY)
    assert found == AccountPolicy(0.85, ties, (By.DOMAIN, By.CONTACT))


def test_what_is_not_said_stays_as_it_usually_is(files: dict[str, str]) -> None:
    found = book_from_files(_with(files, "accounts: {ties: [key]}\n")).accounts
    assert found == AccountPolicy(ties=(Tie.KEY,))


def test_a_frozen_copy_keeps_how_accounts_are_found(files: dict[str, str]) -> None:
    book = book_from_files(_with(files, _SAID))
    assert thaw(book.files, freeze(book)) == book


def test_a_difference_in_how_accounts_are_found_is_told(files: dict[str, str]) -> None:
    old, new = book_from_files(files), book_from_files(_with(files, _SAID))
    (change,) = data_changes(old, new)
    assert change.what.startswith("accounts: min score 0.92 -> 0.85")
    assert change.may.startswith("which account a lead belongs to")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("accounts: {min_scor: 0.9}\n", "did you mean 'min_score'"),
        ("accounts: {min_score: 92}\n", "not a number from 0.5 to 1"),
        ("accounts: {ties: [name]}\n", "did you mean 'named'"),
        ("accounts: {ties: [named, named]}\n", "stands twice"),
        ("accounts: {ties: [key, named]}\n", "Put it last"),
        ("accounts: {ties: []}\n", "must not be empty"),
        ("accounts: {by: [domains]}\n", "did you mean 'domain'"),
        ("accounts: {by: domain}\n", "must be a list"),
    ],
)
def test_a_slip_is_refused_with_its_place(files: dict[str, str], text: str, said: str) -> None:
    with pytest.raises(BookError, match=r"book\.yaml:4:") as caught:
        book_from_files(_with(files, text))
    assert said in str(caught.value)


def _ruled(files: dict[str, str], when: str) -> dict[str, str]:
    routes = files["20-routes.yaml"].replace("when: {country: NO}", f"when: {when}")
    return files | {"20-routes.yaml": routes}


def test_rules_may_ask_for_the_account(files: dict[str, str]) -> None:
    when = "{account.named: true, account.by: [domain, contact], account.owner: ann}"
    assert book_from_files(_ruled(files, when)).rules


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("{account.owner: anne}", "did you mean 'ann'"),
        ("{account.by: domains}", "did you mean 'domain'"),
        ("{account.named: maybe}", "neither true nor false"),
    ],
)
def test_a_rule_that_asks_for_no_such_account_is_refused(
    files: dict[str, str], when: str, said: str
) -> None:
    with pytest.raises(BookError, match="20-routes") as caught:
        book_from_files(_ruled(files, when))
    assert said in str(caught.value)
