"""What a phone field turns out to hold."""

import re

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from router.stages.clean.phone import _by_library, _parse, _split, read_phone


@pytest.mark.parametrize(
    ("typed", "region", "e164"),
    [
        ("+44 20 7946 0018", "", "+442079460018"),
        ("0044 20 7946 0018", "US", "+442079460018"),
        ("+44 (0)20 7946 0018", "", "+442079460018"),
        ("(+44) 20 7946 0018", "US", "+442079460018"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("(202) 555-0123", "US", "+12025550123"),
        ("+1 202 555 0123 ext. 45", "", "+12025550123"),
        ("020 7946 0018 / 020 7946 0019", "GB", "+442079460018"),
        ("n/a or 020 7946 0018", "GB", "+442079460018"),
        ("447911123456", "US", "+447911123456"),
        ("+52 1 55 1234 5678", "", "+525512345678"),
        ("011 44 20 7946 0018", "US", "+442079460018"),
        ("\uff0b44 20 7946 0018", "GB", "+442079460018"),
    ],
)
def test_a_number_is_read_as_people_type_it(typed: str, region: str, e164: str) -> None:
    assert read_phone(typed, region).e164 == e164


@pytest.mark.parametrize(
    "typed",
    ["0000000000", "1111111111", "5551234567", "+1 222 222 2222", "12345", "call me", "+", "00"],
)
def test_a_merely_possible_number_is_not_valid(typed: str) -> None:
    found = read_phone(typed, "US")
    assert (found.typed, found.e164) == (typed, "")


def test_without_any_region_a_national_number_cannot_be_read() -> None:
    assert read_phone("020 7946 0018", "").e164 == ""


def test_an_unknown_region_is_no_error() -> None:
    assert read_phone("020 7946 0018", "XX").e164 == ""


@pytest.mark.parametrize(
    ("typed", "region", "country", "international"),
    [
        ("+447911123456", "", "GB", True),
        ("+80012345678", "", "", True),
        ("020 7946 0018", "GB", "GB", False),
        ("0049 30 901820", "GB", "DE", True),
    ],
)
def test_only_a_typed_country_code_makes_the_country_certain(
    typed: str, region: str, country: str, international: bool
) -> None:
    found = read_phone(typed, region)
    assert (found.region, found.international) == (country, international)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_an_example_number_of_every_country_is_read(region: str) -> None:
    number = phonenumbers.example_number(region)
    assert number is not None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert read_phone(e164, "").e164 == e164


CODES = st.sampled_from(sorted(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE)))
#: Digits as a sender's form leaves them, and as people group them.
REST = st.text("0123456789", max_size=14) | st.text("0123456789 ().-", max_size=20)


@given(st.builds("+{}{}".format, CODES | st.text("0123456789", max_size=3), REST))
@example("+44 (0)20 7946 0018")
@example("+39 06 1234 5678")
@example("+52 1 55 1234 5678")
@settings(max_examples=1000)
def test_a_number_that_is_only_split_is_what_the_library_reads(typed: str) -> None:
    split = _split(re.sub(r"\D", "", typed))
    assert split is None or split == _by_library(typed, None)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_an_international_number_of_every_country_is_read_as_the_library_does(region: str) -> None:
    number = phonenumbers.example_number(region)
    assert number is not None
    typed = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    assert _parse(typed, None) == _by_library(typed, None)
