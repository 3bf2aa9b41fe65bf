"""Names of companies: what to look accounts up by, and how alike two of them are."""

import re
from functools import lru_cache

from rapidfuzz import fuzz

_NUMBER = re.compile(r"\d+")
#: Words of a name that are looked for; what is longer is no name.
_MOST_WORDS = 12
_SHORTEST_WORD = 2
#: Shortest name of which parts are looked for, and the smallest and largest part.
_IN_PARTS = 6
_LEAST_PART, _MOST_PART = 3, 8


@lru_cache(maxsize=8192)
def name_words(name_key: str) -> tuple[str, ...]:
    """Return what an account with this name can be looked up by.

    Its words, the whole written as one word, and of a longer name its beginning and its end with
    the length of the whole: one of the two survives one slip of the finger. A ``*`` marks them, so
    that they meet no word.

    >>> name_words("north wind"), name_words("3m")
    (('north', 'wind', 'northwind', 'nort*9', '9*wind'), ('3m',))

    Args:
        name_key: Folded and without legal form, as of ``company_key``.
    """
    whole = "".join(name_key.split())
    return tuple(dict.fromkeys((*_words(name_key, whole), *_parts(whole, len(whole)))))


@lru_cache(maxsize=8192)
def asked_words(name_key: str) -> tuple[str, ...]:
    """Return what accounts with a name like this one are looked up by.

    Beside :func:`name_words` the parts of names that are one letter shorter or longer.

    >>> [word for word in asked_words("nortwind") if "*" in word]
    ['nor*7', '7*ind', 'nor*8', '8*ind', 'nort*9', '9*wind']

    Args:
        name_key: Folded and without legal form, as of ``company_key``.
    """
    whole = "".join(name_key.split())
    found = _words(name_key, whole)
    for length in (len(whole) - 1, len(whole), len(whole) + 1):
        found += _parts(whole, length)
    return tuple(dict.fromkeys(found))


def _words(name_key: str, whole: str) -> list[str]:
    words = name_key.split()[:_MOST_WORDS]
    return [*(word for word in words if len(word) >= _SHORTEST_WORD), *([whole] if whole else [])]


def _parts(whole: str, length: int) -> list[str]:
    """Return the beginning and the end of a name, as of a name of some length."""
    if length < _IN_PARTS:
        return []
    size = min(max((length - 1) // 2, _LEAST_PART), _MOST_PART)
    return [f"{whole[:size]}*{length}", f"{length}*{whole[-size:]}"]


def likeness(one: str, other: str) -> float:
    """Return how alike two names are, 0..1; the order of their words and spaces do not count.

    Names with different numbers are never alike: these are other houses, years or funds.

    >>> likeness("northwind traders", "traders northwind"), likeness("north wind", "northwind")
    (1.0, 1.0)
    >>> likeness("northwind", "nortwind"), likeness("fund 12", "fund 13")
    (0.941, 0.0)

    Args:
        one: Folded and without legal form, as of ``company_key``.
        other: The same.
    """
    if one == other:
        return 1.0
    ordered, glued, numbers = _spelled(one)
    other_ordered, other_glued, other_numbers = _spelled(other)
    if numbers != other_numbers:
        return 0.0
    found = fuzz.ratio(ordered, other_ordered)
    if ordered != glued or other_ordered != other_glued:
        found = max(found, fuzz.ratio(glued, other_glued))
    return round(found / 100, 3)


@lru_cache(maxsize=8192)
def _spelled(name_key: str) -> tuple[str, str, tuple[str, ...]]:
    """Return a name as one word, with its words in order and as they stand, and its numbers."""
    words = name_key.split()
    glued = "".join(words)
    numbers = () if glued.isalpha() else tuple(_NUMBER.findall(name_key))
    return ("".join(sorted(words)) if len(words) > 1 else glued), glued, numbers
