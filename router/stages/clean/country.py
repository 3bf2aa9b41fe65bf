"""Countries: from what people type to ISO 3166 alpha-2."""

from functools import lru_cache
from importlib.resources import files

from router.stages.clean.text import fold, tidy


def _read_table() -> tuple[frozenset[str], dict[str, str]]:
    codes: set[str] = set()
    names: dict[str, str] = {}
    table = files(__package__).joinpath("countries.txt").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line.startswith("#"):
            continue
        code, alpha3, spellings = line.split("\t")
        codes.add(code)
        for spelling in (alpha3, *spellings.split("|")):
            names[fold(spelling)] = code
    return frozenset(codes), names


_CODES, _NAMES = _read_table()


@lru_cache(maxsize=4096)
def read_country(text: str) -> str:
    """Return the ISO 3166 alpha-2 code of a country as typed; empty when it is not recognised.

    Codes, English and frequent native names and common short forms are known; guesses by
    likeness are not made, because they turn "America" into American Samoa.

    >>> [read_country(text) for text in ("UK", "Deutschland", "u.s.a.", "GBR", "nl", "Narnia")]
    ['GB', 'DE', 'US', 'GB', 'NL', '']

    Args:
        text: What was typed or chosen; anything is allowed.
    """
    text = tidy(text)
    if len(text) == len("GB") and text.upper() in _CODES:
        return text.upper()
    key = fold(text)
    return _NAMES.get(key) or _NAMES.get(key.removeprefix("the "), "")


def is_country(code: str) -> bool:
    """Return whether this is an alpha-2 code of the table, in upper case.

    >>> is_country("GB"), is_country("001")
    (True, False)
    """
    return code in _CODES
