"""Which domains are one company's own."""

import pytest

from router.stages.clean.domain import is_shared_site, own_domain


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("northwind.example", "northwind.example"),
        ("WWW.Northwind.CO.UK", "northwind.co.uk"),
        ("a.b.northwind.com.au", "northwind.com.au"),
        ("shop.northwind.de", "northwind.de"),
        ("northwind.github.io", "northwind.github.io"),
        ("m\u00fcller.example", "xn--mller-kva.example"),
        ("xn--mller-kva.example", "xn--mller-kva.example"),
        # Strangers live below these.
        ("co.uk", ""),
        ("github.io", ""),
        ("x.kawasaki.jp", ""),
        ("com", ""),
        # Everybody has mail there, also below it.
        ("gmail.com", ""),
        ("googlemail.com", ""),
        ("ann.fastmail.com", ""),
        ("mailinator.com", ""),
        # No domains.
        ("", ""),
        ("localhost", ""),
        ("192.0.2.1", ""),
        ("-bad-.example", ""),
        ("one two", ""),
    ],
)
def test_a_domain_is_somebodys_own_or_nothing(host: str, domain: str) -> None:
    assert own_domain(host) == domain


def test_a_page_on_a_shared_site_says_nothing_of_who_somebody_is() -> None:
    assert is_shared_site("linkedin.com")
    assert not is_shared_site("northwind.example")
