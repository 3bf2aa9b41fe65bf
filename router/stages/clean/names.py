"""People's names: tidy, mend shouting, split into first and last name, or join the two."""

import re
from dataclasses import dataclass

from router.stages.clean.text import tidy

#: Words that begin a family name, or join its parts.
_PARTICLES = frozenset(
    "af al av bin bint binti da das de del della den der di do dos du e el ibn la las le los ten "
    "ter van vom von y zu zum zur".split()
)
_TITLES = frozenset("dr dr. herr frau mag mag. mr mr. mrs mrs. ms ms. mx prof prof. sir".split())
_SUFFIXES = frozenset("jr jr. sr sr. ii iii iv md phd ph.d. mba esq esq.".split())
_ROMAN = frozenset({"ii", "iii", "iv", "vi", "vii", "viii"})
_PARTS = re.compile(r"([-'\u2019 ])")
#: Shorter words in capitals are initials, e.g. "JP".
_SHOUTED = 3


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name, whole and in parts."""

    full: str
    first: str
    last: str


def read_name(full: str, first: str, last: str) -> Name:
    """Return a name with whatever of whole, first and last can be told from the others.

    Mixed case is the person's own and stays; only all-capital and all-small names are mended.

    >>> read_name("ludwig van beethoven", "", "")
    Name(full='Ludwig van Beethoven', first='Ludwig', last='van Beethoven')
    >>> read_name("", "Ann", "McDonald").full
    'Ann McDonald'
    >>> read_name("O'BRIEN, ANN", "", "")
    Name(full="O'Brien, Ann", first='Ann', last="O'Brien")

    Args:
        full: Full name as typed, or empty.
        first: First name as typed, or empty.
        last: Last name as typed, or empty.
    """
    full, first, last = _mended(full), _mended(first), _mended(last)
    if full and not first and not last:
        first, last = split_name(full)
        first, last = mend_case(first), mend_case(last)
    elif not full:
        # Too short to tell, each may have been left alone; together they are mended as if typed so.
        full = mend_case(f"{first} {last}".strip())
    return Name(full, first, last)


def _mended(part: str) -> str:
    return mend_case(tidy(part)) if part else ""


def split_name(full: str) -> tuple[str, str]:
    """Split a full name into first and last name; one word alone is a first name.

    >>> split_name("Dr. Maria de la Cruz")
    ('Maria', 'de la Cruz')
    >>> split_name("DE LA CRUZ Maria"), split_name("Ann")
    (('Maria', 'DE LA CRUZ'), ('Ann', ''))
    """
    before, comma, after = full.partition(",")
    if comma and before and after.strip() and after.strip().casefold() not in _SUFFIXES:
        return after.replace(",", " ").strip(), before.strip()
    words = before.split() if comma else full.split()
    while len(words) > 1 and words[0].casefold() in _TITLES:
        words = words[1:]
    while len(words) > 1 and words[-1].casefold() in _SUFFIXES:
        words = words[:-1]
    if len(words) <= 1:
        return "".join(words), ""
    shouted = _leading_capitals(words)
    if shouted:
        return " ".join(words[shouted:]), " ".join(words[:shouted])
    start = len(words) - 1
    # A particle begins a family name only between two other words.
    for position in range(1, start):
        word = words[position]
        if word.casefold() in _PARTICLES and len(word) > 1:
            start = position
            break
    return " ".join(words[:start]), " ".join(words[start:])


def mend_case(text: str) -> str:
    """Give an all-capital or all-small name its capitals; leave every other name alone.

    >>> [mend_case(text) for text in ("ANN O'BRIEN", "jean-luc", "MCDONALD", "deVries", "JP")]
    ["Ann O'Brien", 'Jean-Luc', 'McDonald', 'deVries', 'JP']
    """
    if not (text.islower() or (text.isupper() and len(text) >= _SHOUTED)):
        return text
    cased = _recase(text)
    # Letters without a one-to-one capital (as in German or Turkish) would change at every pass.
    stable = len(cased) == len(text) and _recase(cased) == cased and tidy(cased) == cased
    return cased if stable else text


def _recase(text: str) -> str:
    parts = _PARTS.split(text)
    return "".join(
        part if index % 2 else _capital(part, alone=index == 0 or parts[index - 1] != " ")
        for index, part in enumerate(parts)
    )


def _capital(word: str, *, alone: bool) -> str:
    small = word.lower()
    if small in _PARTICLES and not alone:
        return small
    if small in _ROMAN and not alone:
        return small.upper()
    if small.startswith("mc") and len(small) > len("mcx"):
        return "Mc" + small[2:3].upper() + small[3:]
    return small[:1].upper() + small[1:]


def _leading_capitals(words: list[str]) -> int:
    """Count the words in capitals that lead a name whose other words are not in capitals."""
    count = 0
    while count < len(words) and len(words[count]) > 1 and words[count].isupper():
        count += 1
    return 0 if count == len(words) or len(" ".join(words[:count])) <= _SHOUTED else count
