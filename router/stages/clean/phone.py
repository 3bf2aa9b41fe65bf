"""Phone numbers: from what people type to E.164, or an honest "not a valid number"."""

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberDesc

from router.stages.clean.country import is_country
from router.stages.clean.text import tidy

#: Longest text that is read; a longer one is no phone number.
_TEXT_LIMIT = 80
_NOT_DIGITS = re.compile(r"\D+")
#: What separates two numbers in one field.
_TWO_NUMBERS = re.compile(r"\s*(?:[/;,|]|\bor\b|\band\b|\boder\b|\bou\b|\bund\b)\s*", re.IGNORECASE)
#: Fewest digits of a number with its country code but without the + (shorter ones are national).
_WITH_COUNTRY_CODE = 11
#: The kinds of numbers that make a number valid, as the library's metadata calls them.
_KINDS = (
    "fixed_line",
    "mobile",
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)
_UK, _MEXICO = 44, "+521"
#: A number with its country code, written so that no reading of the library could find more in it
#: than its digits: no extension, no second number, no letters.
_DIGITS_ONLY = re.compile(r"\+[0-9][0-9 ().-]*")
_CODES = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
_LONGEST_CODE = 3
#: Digits after the country code that the library reads at least and at most.
_SHORTEST, _LONGEST = 2, 17


@dataclass(frozen=True, slots=True)
class Phone:
    """What a phone field turned out to hold."""

    #: As typed, tidied.
    typed: str
    #: E.164; empty when no valid number was found.
    e164: str = ""
    #: Country of the number, alpha-2; empty if it has none or is not valid.
    region: str = ""
    #: True when the country code was typed (+ or 00), so that the region is no guess.
    international: bool = False


def read_phone(text: str, region: str) -> Phone:
    """Read a phone field.

    Only numbers that the numbering plan knows as valid get an E.164 form: "possible" ones such as
    ``0000000000`` would tie strangers together.

    >>> read_phone("0044 (0)20 7946 0018", "")
    Phone(typed='0044 (0)20 7946 0018', e164='+442079460018', region='GB', international=True)
    >>> read_phone("020 7946 0018 ext. 5", "GB").e164
    '+442079460018'
    >>> read_phone("0000000000", "GB").e164
    ''

    Args:
        text: What was typed; anything is allowed. Of two numbers the first valid one counts.
        region: Alpha-2 country in which a number without country code is read; may be empty.
    """
    typed = tidy(text)
    if not typed or len(typed) > _TEXT_LIMIT:
        return Phone(typed)
    candidate = _first(typed, region)
    for part in () if candidate else _TWO_NUMBERS.split(typed):
        candidate = candidate or _first(part, region)
    return Phone(typed, *candidate) if candidate else Phone(typed)


def _first(text: str, region: str) -> tuple[str, str, bool] | None:
    """Read one number: as typed, then as one that lacks its +."""
    digits = _NOT_DIGITS.sub("", text)
    if len(digits) < len("12345"):
        return None
    plain = text.lstrip(" (")
    if plain.startswith("+"):
        return _valid(plain, None, international=True)
    if plain.startswith("00"):
        found = _valid("+" + plain[2:], None, international=True)
        if found:
            return found
    if region:
        found = _valid(text, region, international=False)
        if found:
            return found
    if len(digits) >= _WITH_COUNTRY_CODE and not digits.startswith("0"):
        return _valid("+" + digits, None, international=False)
    return None


def _valid(text: str, region: str | None, *, international: bool) -> tuple[str, str, bool] | None:
    number = _parse(text, region)
    if number is None:
        return None
    code, national = number
    found = _region_of(code, national)
    if not found or len(set(national)) == 1:
        return None
    return f"+{code}{national}", _country(code, national, found), international


def _parse(text: str, region: str | None) -> tuple[int, str] | None:
    """Return country code and national number, which need not be valid."""
    if text.startswith("+"):
        compact = "+" + _NOT_DIGITS.sub("", text)
        if compact.startswith(_MEXICO) and len(compact) == len("+5215512345678"):
            # Mexico dropped the 1 after its country code; people still type it.
            text = compact = "+52" + compact.removeprefix(_MEXICO)
        split = _split(compact[1:]) if _DIGITS_ONLY.fullmatch(text) else None
        if split:
            return split
    return _by_library(text, region)


def _by_library(text: str, region: str | None) -> tuple[int, str] | None:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    return number.country_code or 0, phonenumbers.national_significant_number(number)


def _split(digits: str) -> tuple[int, str] | None:
    """Split the digits after a +, as the library would at five times the cost.

    None where it would do more than split: where the number may begin with a national prefix
    (``+44 (0)20``), or its country code is none.
    """
    if digits.startswith("0"):
        return None
    for size in range(1, min(len(digits), _LONGEST_CODE) + 1):
        code, national = int(digits[:size]), digits[size:]
        if code not in _CODES:
            continue
        prefix = _prefix(code)
        plain = _SHORTEST <= len(national) <= _LONGEST and not (prefix and prefix.match(national))
        return (code, national) if plain else None
    return None


@lru_cache(maxsize=512)
def _prefix(country_code: int) -> re.Pattern[str] | None:
    """Return what people dial before a number inside the country; None if there is no such."""
    region = phonenumbers.region_code_for_country_code(country_code)
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(country_code, region)
    prefix = metadata.national_prefix_for_parsing if metadata else None
    return re.compile(prefix) if prefix else None


def _region_of(country_code: int, national: str) -> str:
    """Return the region whose plan holds a number; empty when it is valid in none.

    Says the same as ``region_code_for_number`` and ``is_valid_number`` of the library, which try
    the patterns of ten kinds of numbers one by one, twice; here they are one pattern a region.
    """
    for region, leading, pattern in _plans(country_code):
        if leading is not None and not leading.match(national):
            continue
        if pattern.fullmatch(national):
            return region
        if leading is not None:
            return ""
    return ""


@lru_cache(maxsize=512)
def _plans(country_code: int) -> tuple[tuple[str, re.Pattern[str] | None, re.Pattern[str]], ...]:
    """Return the plans that share a country code: region, its leading digits, all its numbers."""
    plans = []
    regions = _CODES.get(country_code, ())
    for region in regions:
        metadata = PhoneMetadata.metadata_for_region_or_calling_code(country_code, region)
        if metadata is None:
            continue
        leading = metadata.leading_digits if len(regions) > 1 else None
        kinds = "|".join(filter(None, (_pattern(getattr(metadata, kind)) for kind in _KINDS)))
        plans.append(
            (
                region,
                re.compile(leading) if leading else None,
                re.compile(f"(?={_pattern(metadata.general_desc)}$)(?:{kinds})"),
            )
        )
    return tuple(plans)


def _pattern(desc: PhoneNumberDesc | None) -> str:
    """Return one kind of number as a pattern that also holds its possible lengths."""
    if desc is None or not desc.national_number_pattern:
        return ""
    lengths = "|".join(rf"\d{{{length}}}$" for length in desc.possible_length)
    return f"(?={lengths})(?:{desc.national_number_pattern})"


def _country(code: int, national: str, region: str) -> str:
    # British mobile ranges are shared with the Channel Islands, which come first in the plan.
    if code == _UK and national.lstrip("0").startswith("7"):
        return "GB"
    return region if is_country(region) else ""
