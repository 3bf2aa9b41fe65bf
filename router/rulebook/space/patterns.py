"""Texts that a pattern may well match: guesses, to be asked of the pattern itself."""

#: What stands for a class of characters in a sample.
_CLASSES = {"d": "1", "w": "a", "s": " ", "b": "", "D": "a", "W": "-", "S": "a", "A": "", "z": ""}


def samples_of(pattern: str) -> list[str]:
    """Guess texts that a pattern matches, one for each of its simple branches.

    >>> samples_of("^(?:paid|organic)[ -]search$")
    ['paid search', 'organic search']

    Args:
        pattern: Of RE2; what is not understood is taken literally, so that a guess may be wrong.
    """
    found, rest = _branches(pattern.replace("(?i)", ""), 0)
    return [text for text in found if text][:8] if rest >= 0 else []


def _branches(pattern: str, at: int) -> tuple[list[str], int]:
    """Read up to the end of a group; return what it may look like, and where it ended."""
    done: list[str] = []
    current = [""]
    piece = [""]
    while at < len(pattern) and pattern[at] != ")":
        sign = pattern[at]
        at += 1
        if sign == "|":
            done += _joined(current, piece)
            current, piece = [""], [""]
        elif sign in "*?":
            piece = [""]
        elif sign == "{":
            at = pattern.find("}", at) + 1 or len(pattern)
        elif sign not in "^$+":
            current = _joined(current, piece)
            piece, at = _piece(pattern, sign, at)
    return done + _joined(current, piece), at


def _joined(heads: list[str], tails: list[str]) -> list[str]:
    return [head + tail for head in heads for tail in tails][:16]


def _piece(pattern: str, sign: str, at: int) -> tuple[list[str], int]:
    """Read one character, class or group."""
    if sign == "(":
        at += 2 if pattern.startswith("?:", at) else 0
        inner, end = _branches(pattern, at)
        return inner, end + 1
    if sign == "[":
        end = pattern.find("]", at + 1)
        first = pattern[at : at + 1]
        return ["~" if first == "^" else first], (end + 1) or len(pattern)
    if sign == "\\":
        letter = pattern[at : at + 1]
        return [_CLASSES.get(letter, letter)], at + 1
    return ["a" if sign == "." else sign.casefold()], at
