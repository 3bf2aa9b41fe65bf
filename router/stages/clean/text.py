"""Tidy one line of typed text, and fold text for comparison."""

import re
import unicodedata

#: Control, zero-width, bidirectional and other marks that are never part of a name.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
#: Longest line that is looked at; what is longer was not typed into a one-line field by a person.
LINE_LIMIT = 300


def tidy(text: str) -> str:
    r"""Return one line without invisible marks and needless spaces, in NFC, at most 300 long.

    >>> tidy("  Ann\u200b \t Smith\n")
    'Ann Smith'
    """
    if text.isascii() and text.isprintable():
        return " ".join(text[:LINE_LIMIT].split())
    seen = unicodedata.normalize("NFC", _INVISIBLE.sub("", text[: LINE_LIMIT * 4]))
    return " ".join(unicodedata.normalize("NFC", " ".join(seen.split()))[:LINE_LIMIT].split())


def fold(text: str) -> str:
    """Return the letters and digits of a text without case and accents, words one space apart.

    Two spellings of the same thing fold to the same text; folding again changes nothing.

    >>> fold("Café-Süd & Co.")
    'cafe sud and co'
    >>> fold("S.A.R.L.")
    'sarl'
    """
    if text.isascii():
        plain = text.lower()
    else:
        plain = _decompose(_decompose(text).casefold())
        plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    if plain.isalnum():
        return plain
    plain = plain.replace("&", " and ").replace(".", "").replace("'", "").replace("\u2019", "")
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


def _decompose(text: str) -> str:
    return unicodedata.normalize("NFKD", text)
