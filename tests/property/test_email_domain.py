"""The quick judgement of a plain domain says what the library says."""

from hypothesis import given, settings
from hypothesis import strategies as st

from router.stages.clean.email import _by_library, _is_plain

LABEL = st.from_regex(r"[a-zA-Z0-9-]{1,12}", fullmatch=True)
ENDING = st.sampled_from(
    ["com", "example", "test", "local", "invalid", "localhost", "onion", "arpa", "c", "de", "x1"]
)


@given(st.lists(LABEL, min_size=0, max_size=3), ENDING)
@settings(max_examples=300)
def test_plain_domain_is_one_the_library_takes_as_it_is(labels: list[str], ending: str) -> None:
    host = ".".join([*labels, ending]).lower()
    if _is_plain(host):
        assert _by_library(host) == host


def test_ordinary_company_domains_are_plain() -> None:
    for host in ("northwind.example", "archer-mills.co.uk", "a1.example.com"):
        assert _is_plain(host)
