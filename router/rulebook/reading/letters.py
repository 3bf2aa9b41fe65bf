"""Letters that deceive the eye: a rule that shows one word and means another.

A value with a Cyrillic letter among Latin ones, or with a character that is not seen, never equals
what a form sends. Words wholly of one script are fine, whichever it is.
"""

import re
import unicodedata
from functools import lru_cache

#: Scripts whose letters look like those of another one; Chinese and Latin are never mistaken.
_ALIKE = frozenset(
    {"ARMENIAN", "CHEROKEE", "COPTIC", "CYRILLIC", "FULLWIDTH", "GREEK", "LATIN", "MATHEMATICAL"}
)
#: Characters of other kinds that show nothing: fillers of Hangul, and the empty Braille pattern.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")
#: Joiners belong into words of Persian and of many Indian scripts.
_JOINERS = frozenset("\u200c\u200d")
_SHOWN = 3
_PLAIN = re.compile(r"[ -~]*")


def deception(text: str, *, mixed: bool = True) -> str:
    r"""Say what in a text deceives the eye, with its code points; "" when nothing does.

    >>> deception("paid")
    ''
    >>> deception("p\u0430id")
    'letters of several scripts that look alike (U+0430 CYRILLIC SMALL LETTER A)'
    >>> deception("a\u200bb")
    'characters that are not seen (U+200B ZERO WIDTH SPACE)'
    >>> deception("\u0391\u03b8\u03ae\u03bd\u03b1")
    ''

    Args:
        text: A name, or a value as it was written.
        mixed: False to look for what is not seen only, as in a pattern.
    """
    return "" if _PLAIN.fullmatch(text) else _deception(text, mixed)


@lru_cache(maxsize=4096)
def _deception(text: str, mixed: bool) -> str:  # noqa: FBT001 - a part of the cache's key
    unseen = [each for at, each in enumerate(text) if _is_unseen(each, text[:at])]
    if unseen:
        return f"characters that are not seen ({_named(unseen)})"
    for word in re.findall(r"[^\W\d_]+", text) if mixed else ():
        scripts = [unicodedata.name(letter, "").split(" ")[0] for letter in word]
        known = [script for script in scripts if script in _ALIKE]
        if len(set(known)) > 1:
            # The script that most letters have was meant; of two as frequent ones, the plain one.
            meant = max(sorted(set(known), key=lambda one: (one != "LATIN", one)), key=known.count)
            odd = [
                letter
                for letter, script in zip(word, scripts, strict=True)
                if script in _ALIKE and script != meant
            ]
            return f"letters of several scripts that look alike ({_named(odd)})"
    return ""


def _is_unseen(letter: str, before: str) -> bool:
    kind = unicodedata.category(letter)
    if letter in _JOINERS:
        return not before or before[-1].isascii()
    # A space other than the usual one, and the wide one of Chinese and Japanese, looks like it.
    odd_space = kind in ("Zs", "Zl", "Zp") and letter not in " \u3000"
    return odd_space or kind in ("Cf", "Cc", "Co", "Cn") or letter in _BLANK


def _named(letters: list[str]) -> str:
    names = dict.fromkeys(
        f"U+{ord(letter):04X} {unicodedata.name(letter, 'without a name')}" for letter in letters
    )
    more = ", ..." if len(names) > _SHOWN else ""
    return ", ".join(list(names)[:_SHOWN]) + more
