"""How counts and lists are put into sentences, the same in every page, message and command."""

from collections.abc import Sequence


def counted(number: int, one: str, several: str = "") -> str:
    """Write how many of something there are.

    >>> counted(1, "lead"), counted(1_200, "lead"), counted(0, "person", "people")
    ('1 lead', '1,200 leads', '0 people')

    Args:
        number: How many there are.
        one: The word for one of them.
        several: The word for several, where one with an *s* would be wrong.
    """
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def listed(words: Sequence[str], most: int = 5) -> str:
    """Write some words as a list in a sentence.

    >>> listed(["a", "b", "c"]), listed(["a", "b", "c", "d"], most=2)
    ('a, b and c', 'a, b and 2 more')

    Args:
        words: At least one.
        most: How many are named.
    """
    if len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
