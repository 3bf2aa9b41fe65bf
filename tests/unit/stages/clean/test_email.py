"""What an e-mail address turns out to be."""

import pytest

from router.stages.clean.email import country_of_domain, read_email


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("Ann.Smith@Northwind.Example", "ann.smith@northwind.example"),
        ("  ann@example.com ", "ann@example.com"),
        ("Ann Smith <ann@example.com>", "ann@example.com"),
        ("mailto:ann@example.com?subject=Hi", "ann@example.com"),
        ("a.n.n+news@gmail.com", "ann@gmail.com"),
        ("ann@googlemail.com", "ann@gmail.com"),
        ("ann.+a@outlook.com", "ann@outlook.com"),
        ("ann+a@outlook.com", "ann@outlook.com"),
        ("a.n.n@outlook.com", "a.n.n@outlook.com"),
        ("ann+a@icloud.com", "ann@icloud.com"),
        ("ann+a@fastmail.com", "ann@fastmail.com"),
        ("anything@ann.fastmail.com", "ann@fastmail.com"),
        ("ann+a@proton.me", "ann@proton.me"),
        ("ann+a@yandex.ru", "ann@yandex.ru"),
        ("ann+a@zoho.com", "ann@zoho.com"),
        ("ann+a@yahoo.com", "ann+a@yahoo.com"),
        ("ann+a@northwind.example", "ann+a@northwind.example"),
        ("ann@b\u00fccher.example", "ann@xn--bcher-kva.example"),
        ("+ann@gmail.com", "+ann@gmail.com"),
    ],
)
def test_the_canonical_form_follows_the_providers_own_rules(typed: str, canonical: str) -> None:
    assert read_email(typed).canonical == canonical


@pytest.mark.parametrize(
    "typed", ["ann", "ann@", "@example.com", "ann@localhost", "a b@example.com", "a@x.test", "n/a"]
)
def test_an_unusable_address_keeps_what_was_typed(typed: str) -> None:
    found = read_email(typed)
    assert (found.typed, found.canonical, found.domain) == (typed, "", "")
    assert found.problem == "not a valid address"


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("ann@gmial.com", "did you mean gmail.com?"),
        ("ann@gmail.con", "did you mean gmail.com?"),
        ("ann@hotmial.com", "did you mean hotmail.com?"),
        ("ann@northwind.con", "did you mean northwind.com?"),
    ],
)
def test_a_slip_in_the_domain_is_named_and_never_rewritten(typed: str, problem: str) -> None:
    found = read_email(typed)
    assert (found.typed, found.canonical, found.problem) == (typed, "", problem)


@pytest.mark.parametrize("domain", ["mail.com", "ymail.com", "gmx.com", "live.com"])
def test_a_real_provider_is_not_taken_for_a_slip(domain: str) -> None:
    assert read_email(f"ann@{domain}").canonical == f"ann@{domain}"


@pytest.mark.parametrize(
    ("domain", "free", "disposable"),
    [
        ("gmail.com", True, False),
        ("gmx.de", True, False),
        ("hey.com", True, False),
        ("privaterelay.appleid.com", True, False),
        ("mailinator.com", False, True),
        ("any.thing.mailinator.com", False, True),
        ("northwind.example", False, False),
    ],
)
def test_a_domain_is_free_or_disposable_but_never_both(
    domain: str, free: bool, disposable: bool
) -> None:
    found = read_email(f"ann@{domain}")
    assert (found.free, found.disposable) == (free, disposable)


def test_a_shared_mailbox_is_valid_but_names_nobody() -> None:
    assert read_email("Info@northwind.example").role
    assert not read_email("information.desk@northwind.example").role


@pytest.mark.parametrize(
    ("domain", "country"),
    [("northwind.de", "DE"), ("northwind.co.uk", "GB"), ("northwind.io", ""), ("a.com", "")],
)
def test_only_endings_of_real_countries_tell_a_country(domain: str, country: str) -> None:
    assert country_of_domain(domain) == country
