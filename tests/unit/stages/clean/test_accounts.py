"""Which account a lead belongs to, and why the others lost."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from router.lead.account import Account
from router.lead.model import Person
from router.rulebook.accounts import AccountBy as By
from router.rulebook.accounts import AccountPolicy
from router.rulebook.accounts import AccountTie as Tie
from router.stages.clean.accounts import (
    MOST_COMPARED,
    MOST_TOLD,
    AccountFound,
    find_account,
    share_out,
    sought,
)
from router.stages.clean.company import company_key
from router.stages.clean.decide import prepare
from router.stages.clean.likeness import name_words

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
USUAL = AccountPolicy()
Key = tuple[str, str]
Known = tuple[Account, tuple[Key, ...]]


def known(
    key: str,
    name: str = "Northwind",
    *,
    domains: Iterable[str] = (),
    contacts: Iterable[str] = (),
    **more: object,
) -> Known:
    """Return an account with everything that it can be found by."""
    name_key = company_key(name)
    account = Account(UUID(bytes=key.encode().ljust(16)), key, name, name_key, **more)  # type: ignore[arg-type]  # a test names real fields
    keys = (
        *(("domain", each) for each in domains),
        *(("contact", each) for each in contacts),
        *(("word", each) for each in name_words(name_key)),
    )
    return account, keys


def find(person: Person, *accounts: Known, policy: AccountPolicy = USUAL) -> AccountFound:
    """Find a lead's account among these, as the store would give them."""
    lead = sought(person)
    found = [
        (account, [key for key in keys if key in lead.keys])
        for account, keys in accounts
        if set(keys) & set(lead.keys)
    ]
    return find_account(person, share_out({"it": lead}, found)["it"], policy)


def won(found: AccountFound) -> tuple[str, str]:
    """Return the key of the account, and by what it was found."""
    assert sum(each.won for each in found.judged) == (found.match is not None)
    return (found.match.key, found.match.by) if found.match else ("", "")


def lost(found: AccountFound) -> dict[str, str]:
    """Return why each loser lost."""
    return {each.account.key: each.why for each in found.judged if not each.won}


@pytest.fixture
def typed(make_lead: object) -> object:
    """Return what cleans the values that somebody types."""

    def clean(**values: str) -> Person:
        return prepare(make_lead(**values), "GB").person  # type: ignore[operator]  # the fixture of this folder

    return clean


@pytest.mark.parametrize(
    ("values", "account", "by"),
    [
        ({"email": "ann@northwind.co.uk"}, known("A", domains=["northwind.co.uk"]), "domain"),
        ({"email": "ann@mail.sales.northwind.co.uk"}, known("A", domains=["northwind.co.uk"]),
         "domain"),
        ({"email": "ann@other.co.uk"}, known("A", domains=["northwind.co.uk"]), ""),
        ({"email": "ann@gmail.com"}, known("A", domains=["gmail.com"]), ""),
        ({"email": "ann@gmail.com", "website": "https://www.northwind.example/about"},
         known("A", domains=["northwind.example"]), "domain"),
        ({"website": "https://linkedin.com/company/other"}, known("A", domains=["linkedin.com"]),
         ""),
        ({"email": "Ann@M\u00fcller.example"}, known("A", domains=["xn--mller-kva.example"]),
         "domain"),
        ({"email": "Ann.Archer+web@gmail.com"}, known("A", contacts=["annarcher@gmail.com"]),
         "contact"),
        ({"company": "NORTHWIND Traders, Ltd."}, known("A", "Northwind Traders GmbH & Co. KG"),
         "name"),
        ({"company": "Northwind SARL"}, known("A", "Northwind S.A.R.L."), "name"),
        ({"company": "Caf\u00e9 S\u00fcd"}, known("A", "Cafe Sud GmbH"), "name"),
        ({"company": "North Wind"}, known("A", "Northwind Ltd"), "name"),
        ({"company": "Nortwind"}, known("A", "Northwind Ltd"), "name"),
        ({"company": "Northwind Traders"}, known("A", "Traders Northwind"), "name"),
        ({"company": "Northwind Trading"}, known("A", "Northwind Traders"), ""),
        ({"company": "Fund 13"}, known("A", "Fund 12"), ""),
        ({"company": "!!!"}, known("A", "???"), ""),
        ({}, known("A", domains=["northwind.example"]), ""),
    ],
)  # fmt: skip
def test_a_lead_finds_its_account(
    typed: object, values: dict[str, str], account: Known, by: str
) -> None:
    found = find(typed(**values), account)  # type: ignore[operator]  # as above
    assert won(found) == (("A", by) if by else ("", ""))


def ann(**more: object) -> Person:
    """Return Ann of Northwind in Britain, cleaned."""
    values: dict[str, object] = {
        "email": "ann@northwind.example",
        "email_canonical": "ann@northwind.example",
        "email_domain": "northwind.example",
        "company": "Northwind Ltd",
        "company_key": "northwind",
        "country": "GB",
        **more,
    }
    return Person(**values)  # type: ignore[arg-type]  # a test names real fields


def test_a_known_contact_counts_more_than_the_domain_and_that_more_than_the_name() -> None:
    found = find(
        ann(),
        known("NAME"),
        known("DOMAIN", "Else", domains=["northwind.example"]),
        known("CONTACT", "Other", contacts=["ann@northwind.example"]),
    )
    assert won(found) == ("CONTACT", "contact")
    assert [each.account.key for each in found.judged] == ["CONTACT", "DOMAIN", "NAME"]
    assert lost(found) == {
        "DOMAIN": "by domain only, which counts less than contact",
        "NAME": "by name only, which counts less than contact",
    }


def test_the_domain_of_the_email_counts_more_than_the_one_of_the_website() -> None:
    found = find(
        ann(website="holding.example"),
        known("A-HOLDING", domains=["holding.example"], named=True),
        known("B-OWN", domains=["northwind.example"]),
    )
    assert won(found) == ("B-OWN", "domain")
    assert "website" in lost(found)["A-HOLDING"]


NORTH = ["northwind.example"]
SUBSIDIARIES = (
    known("A", "Northwind Spain", domains=NORTH, country="ES", active_at=AT),
    known("B", "Northwind UK", domains=NORTH, country="GB", active_at=AT - timedelta(days=9)),
    known("C", "Northwind UK 2", domains=NORTH, country="GB", active_at=AT - timedelta(days=3)),
    known("D", "Northwind US", domains=NORTH, country="US", opportunity_owner="bo"),
    known("E", "Northwind Group", domains=NORTH, country="US", named=True),
    known("F", "Northwind Twin", domains=NORTH, country="US", named=True),
)


@pytest.mark.parametrize(
    ("ties", "winner"),
    [
        (USUAL.ties, "E"),
        ((Tie.OPEN_OPPORTUNITY, Tie.NAMED, Tie.KEY), "D"),
        ((Tie.SAME_COUNTRY, Tie.ACTIVE_LATEST, Tie.KEY), "C"),
        ((Tie.SAME_COUNTRY, Tie.KEY), "B"),
        ((Tie.ACTIVE_LATEST, Tie.KEY), "A"),
        ((Tie.KEY,), "A"),
    ],
)
def test_subsidiaries_of_one_domain_are_told_apart_by_the_ties_of_the_book(
    ties: tuple[Tie, ...], winner: str
) -> None:
    found = find(ann(), *SUBSIDIARIES, policy=AccountPolicy(ties=ties))
    assert won(found) == (winner, "domain")


def test_each_loser_is_told_by_the_first_thing_that_it_lost_by() -> None:
    assert lost(find(ann(), *SUBSIDIARIES)) == {
        **dict.fromkeys("ABCD", "not a named account, as the one that won"),
        "F": "equal in everything, and its key comes later",
    }
    without = AccountPolicy(ties=(Tie.SAME_COUNTRY, Tie.ACTIVE_LATEST, Tie.KEY))
    assert lost(find(ann(), *SUBSIDIARIES[:3], policy=without)) == {
        "A": "not in the lead's country, as the one that won",
        "B": "its owner was active longer ago",
    }


def test_the_name_that_is_more_alike_wins_and_one_that_falls_short_never_does() -> None:
    person = ann(email_domain="", company_key="northwind traders")
    near, nearer = known("A", "Northwind Tradrs"), known("B", "Northwind Traders")
    far = known("C", "Northwind Shipping", named=True)
    found = find(person, near, nearer, far)
    assert won(found) == ("B", "name")
    assert lost(found)["A"].startswith("the names are less alike: 0.968")
    assert lost(found)["C"].endswith("less than 0.92")
    assert won(find(person, far)) == ("", "")
    assert won(find(person, near, policy=AccountPolicy(min_score=0.99))) == ("", "")


def test_a_book_may_leave_a_way_out_or_let_the_name_count_most() -> None:
    name, domain = known("NAME"), known("DOMAIN", "Else", domains=NORTH)
    no_name = AccountPolicy(by=(By.CONTACT, By.DOMAIN))
    assert won(find(ann(), name, policy=no_name)) == ("", "")
    assert not find(ann(), name, policy=no_name).judged
    name_first = AccountPolicy(by=(By.NAME, By.DOMAIN))
    assert won(find(ann(), name, domain, policy=name_first)) == ("NAME", "name")
    assert won(find(ann(), domain, policy=name_first)) == ("DOMAIN", "domain")


def test_a_name_that_counts_most_is_what_an_account_was_found_by_that_has_both() -> None:
    both, domain = known("B", domains=NORTH), known("A", "Else", domains=NORTH, named=True)
    found = find(ann(), both, domain, policy=AccountPolicy(by=(By.NAME, By.DOMAIN)))
    assert won(found) == ("B", "name")


def test_a_lead_of_no_country_is_in_no_accounts_country() -> None:
    nowhere, britain = known("B", domains=NORTH), known("A", domains=NORTH, country="GB")
    assert won(find(ann(country=""), nowhere, britain)) == ("A", "domain")


def test_a_name_that_counts_most_but_is_not_alike_leaves_the_domain_its_say() -> None:
    both = known("BOTH", "Northwind Shipping", domains=NORTH)
    found = find(ann(), both, policy=AccountPolicy(by=(By.NAME, By.DOMAIN)))
    assert won(found) == ("BOTH", "domain")


def test_of_too_many_names_those_that_share_most_words_are_compared_whoever_comes_first() -> None:
    person = ann(email_domain="", company_key="northwind traders")
    others = [known(f"A-{n:03}", f"Traders {n}x") for n in range(MOST_COMPARED + 5)]
    mine = known("Z", "Northwind Traders")
    for accounts in ([mine, *others], [*others, mine], [*reversed(others), mine]):
        found = find(person, *accounts)
        assert won(found) == ("Z", "name")
        assert len(found.judged) == MOST_TOLD
        assert found.more == len(accounts) - MOST_TOLD


def test_what_the_crm_says_of_the_account_goes_with_the_lead() -> None:
    account = known("A", domains=NORTH, owner="ann", opportunity_owner="bo", active_at=AT)
    match = find(ann(), account).match
    assert match is not None
    assert (match.owner, match.opportunity_owner, match.active_at) == ("ann", "bo", AT)
    assert (match.account_id, match.name, match.score) == (account[0].id, "Northwind", 1.0)
