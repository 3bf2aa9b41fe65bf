"""Paths: how a source says where in a body a value stands.

=========================  ==============================================================
``form.title``             keys, joined by dots
``data."First.Name"``      a key with dots, brackets or quotes stands in double quotes
``answers[0].text``        an element of a list, counted from 0
``answers[*].text``        every element: the values as a list
``answers[field.ref=a]``   the first element in which ``field.ref`` is ``a``
=========================  ==============================================================
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from router.errors import Misconfigured
from router.stages.capture.parse import Json


@dataclass(frozen=True, slots=True)
class Every:
    """The step ``[*]``."""


@dataclass(frozen=True, slots=True)
class Where:
    """The step ``[path=value]``."""

    path: "Steps"
    value: str


Step = str | int | Every | Where
Steps = tuple[Step, ...]

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_TOKEN = re.compile(
    rf"""(?P<quoted>{_QUOTED})
    | \[(?P<index>\d{{1,6}})\]
    | \[(?P<every>\*)\]
    | \[(?P<sub>(?:{_QUOTED}|[^"\]=])+)=(?P<value>{_QUOTED}|[^"\]]*)\]
    | (?P<key>[^."\[\]]+)""",
    re.VERBOSE,
)


@lru_cache(maxsize=4096)
def compile_path(path: str) -> Steps:
    """Read a path into its steps, once per path.

    >>> compile_path('a."b.c"[0]')
    ('a', 'b.c', 0)

    Args:
        path: See the table above.

    Raises:
        Misconfigured: The text is not a path; the message shows where it stops making sense.
    """
    steps: list[Step] = []
    at = 0
    while at < len(path):
        if steps and path[at] == ".":
            at += 1
        elif steps and path[at] != "[":
            raise _bad(path, at)
        match = _TOKEN.match(path, at)
        if match is None or (match[0][0] == "[" and path[at - 1 : at] == "."):
            raise _bad(path, at)
        steps.append(_step(match))
        at = match.end()
    if not steps:
        raise Misconfigured("A path of a source is empty. Write the key it stands under.")
    return tuple(steps)


def _step(match: re.Match[str]) -> Step:
    if match["quoted"] is not None:
        return _unquote(match["quoted"])
    if match["index"] is not None:
        return int(match["index"])
    if match["every"] is not None:
        return Every()
    if match["sub"] is not None:
        return Where(compile_path(match["sub"].strip()), _unquote(match["value"].strip()))
    return match["key"].strip()


def _unquote(text: str) -> str:
    if text[:1] != '"':
        return text
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _bad(path: str, at: int) -> Misconfigured:
    return Misconfigured(
        f"The path {path!r} of a source cannot be read from character {at + 1} on. "
        'Write keys joined by dots, odd keys in double quotes, [0], [*] or [key="value"].'
    )


def read_path(document: Json, path: str) -> Json:
    """Return what stands at ``path``, or None. No document makes it raise.

    >>> body = {"a": [{"ref": "x", "v": 1}, {"ref": "y", "v": 2}]}
    >>> read_path(body, "a[ref=y].v"), read_path(body, "a[*].v"), read_path(body, "b.c")
    (2, [1, 2], None)

    Args:
        document: A parsed body or a part of one.
        path: See the table above.

    Raises:
        Misconfigured: The path itself is wrong.
    """
    return follow(document, compile_path(path))


def follow(document: Json, steps: Steps) -> Json:
    """Return what stands at the end of ``steps``, or None.

    Args:
        document: A parsed body or a part of one.
        steps: From :func:`compile_path`.
    """
    place = document
    for position, step in enumerate(steps):
        if type(step) is str:
            if type(place) is not dict:
                return None
            place = place.get(step)
        elif type(step) is int:
            place = _element(place, step)
        elif type(step) is Where:
            place = _first(place, step)
        else:
            return _all(place, steps[position + 1 :])
        if place is None:
            return None
    return place


def _element(place: Json, index: int) -> Json:
    if isinstance(place, list):
        return place[index] if index < len(place) else None
    # A form post has no lists of objects: `lead[0][name]` arrives as the key "0".
    return place.get(str(index)) if isinstance(place, dict) else None


def _first(place: Json, where: Where) -> Json:
    if not isinstance(place, list):
        return None
    for element in place:
        found = follow(element, where.path)
        if found == where.value or (_number(found) and str(found) == where.value):
            return element
    return None


def _number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _all(place: Json, rest: Steps) -> Json:
    if isinstance(place, dict):
        place = list(place.values())
    if not isinstance(place, list):
        return None
    nested = any(isinstance(step, Every) for step in rest)
    found: list[Json] = []
    for element in place:
        value = follow(element, rest)
        if nested and isinstance(value, list):
            found.extend(value)
        elif value is not None:
            found.append(value)
    return found or None


def touched(document: Json, steps: Steps) -> list[int]:
    """Return the ``id()`` of every object that ``steps`` passes through, to know what was read.

    Args:
        document: The document the steps were followed in; it must stay alive.
        steps: From :func:`compile_path`.
    """
    if any(isinstance(step, Every) for step in steps):
        end = next(i for i, step in enumerate(steps) if isinstance(step, Every))
        found = follow(document, steps[: end + 1])
        return [id(element) for element in found] if isinstance(found, list) else []
    return [id(follow(document, steps[:end])) for end in range(1, len(steps) + 1)]
