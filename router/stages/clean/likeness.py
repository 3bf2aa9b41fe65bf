"""Names of companies: what to look accounts up by, and how alike two of them are."""

import re
from functools import lru_cache

from rapidfuzz import fuzz

_NUMBER = re.compile(r"\d+")
#: Words of a name that are looked for; what is longer is no name.
_MOST_WORDS = 12
_SHORTEST_WORD = 2
#: Letters of the beginning and the end of a name that are looked for: one of them survives most
#: slips of the finger.
_PART = 4
#: Shortest name of which parts are looked for.
_IN_PARTS = 6


@lru_cache(maxsize=8192)
def name_words(name_key: str) -> tuple[str, ...]:
    """Return what accounts with a name like this one are looked up by.

    Its words, the whole written as one word, and of a longer name its beginning and its end, which
    are marked with ``*`` so that they meet no word.

    >>> name_words("north wind"), name_words("3m")
    (('north', 'wind', 'northwind', 'nort*', '*wind'), ('3m',))

    Args:
        name_key: Folded and without legal form, as of ``company_key``.
    """
    words = name_key.split()
    whole = "".join(words)
    if not whole:
        return ()
    found = [word for word in words[:_MOST_WORDS] if len(word) >= _SHORTEST_WORD]
    found.append(whole)
    if len(whole) >= _IN_PARTS:
        found += (f"{whole[:_PART]}*", f"*{whole[-_PART:]}")
    return tuple(dict.fromkeys(found))


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
    found = max(fuzz.ratio(ordered, other_ordered), fuzz.ratio(glued, other_glued))
    return round(found / 100, 3)


@lru_cache(maxsize=8192)
def _spelled(name_key: str) -> tuple[str, str, tuple[str, ...]]:
    """Return a name with its words in order, as one word, and the numbers in it."""
    words = name_key.split()
    return " ".join(sorted(words)), "".join(words), tuple(_NUMBER.findall(name_key))
