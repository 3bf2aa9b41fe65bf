"""What was worked out of a part of a rule book, kept beside it: a book is read once, leads come on.

Parts of a book hold mappings and so have no hash. But they never change, and every lead of a
version meets the very same objects: their identity is the key.
"""

from collections.abc import Callable
from typing import TypeVar

Part = TypeVar("Part")
Made = TypeVar("Made")

#: Parts whose answers are kept for one function; some versions of a book, and then some.
_MOST = 256


def kept(make: Callable[[Part], Made]) -> Callable[[Part], Made]:
    """Return ``make`` with its answers kept, so that each part of a book is worked on once.

    >>> asked = []
    >>> length = kept(lambda part: asked.append(part) or len(part))
    >>> part = ["ann", "ben"]
    >>> length(part), length(part), len(asked)
    (2, 2, 1)

    Args:
        make: A pure function of one part of a rule book. What it is given must never change
            afterwards, and what it returns is shared by everybody who asks.
    """
    # The part is kept with its answer, so that its identity cannot pass to another one.
    found: dict[int, tuple[Part, Made]] = {}

    def look_up(part: Part) -> Made:
        known = found.get(id(part))
        if known is not None:
            return known[1]
        made = make(part)
        while len(found) >= _MOST:
            # Another thread may drop the same entry; either way it is gone.
            found.pop(next(iter(tuple(found)), 0), None)
        found[id(part)] = (part, made)
        return made

    return look_up
