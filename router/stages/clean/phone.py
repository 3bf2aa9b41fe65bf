"""Phone numbers: from what people type to E.164, or an honest "not a valid number"."""

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber

from router.stages.clean.country import is_country
from router.stages.clean.text import tidy

#: Longest text that is read; a longer one is no phone number.
_TEXT_LIMIT = 80
_NOT_DIGITS = re.compile(r"\D+")
#: What separates two numbers in one field.
_TWO_NUMBERS = re.compile(r"\s*(?:[/;,|]|\bor\b|\band\b|\boder\b|\bou\b|\bund\b)\s*", re.IGNORECASE)
#: Fewest digits of a number with its country code but without the + (shorter ones are national).
_WITH_COUNTRY_CODE = 11
_UK, _MEXICO = 44, "+521"


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
    # Asking for the region first and validating against it halves the work of is_valid_number.
    found = phonenumbers.region_code_for_number(number)
    if not found or not phonenumbers.is_valid_number_for_region(number, found):
        return None
    national = phonenumbers.national_significant_number(number)
    if len(set(national)) == 1:
        return None
    return f"+{number.country_code}{national}", _country(number, found), international


def _parse(text: str, region: str | None) -> PhoneNumber | None:
    compact = "+" + _NOT_DIGITS.sub("", text) if text.startswith("+") else ""
    if compact.startswith(_MEXICO) and len(compact) == len("+5215512345678"):
        # Mexico dropped the 1 after its country code; people still type it.
        text = "+52" + compact.removeprefix(_MEXICO)
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None


def _country(number: PhoneNumber, region: str) -> str:
    # British mobile ranges are shared with the Channel Islands, which come first in the plan.
    if number.country_code == _UK and str(number.national_number).startswith("7"):
        return "GB"
    return region if is_country(region) else ""
