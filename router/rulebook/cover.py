"""Who takes the place of somebody who is away. Pure."""

from collections.abc import Mapping
from typing import Protocol

from router.rulebook.model import RuleBook


class Covered(Protocol):
    """An absence, as far as it says who takes the place."""

    @property
    def cover(self) -> str:
        """Id of the person; empty when the book says who."""


def stand_in(
    book: RuleBook, person: str, away: Mapping[str, Covered]
) -> tuple[str, tuple[str, ...]]:
    """Return who takes what is meant for a person, and who was asked for before.

    Whom the absence names comes before whom the book names. A cover who is away too, or has left,
    passes it on to theirs; a circle of covers ends with nobody.

    >>> from dataclasses import dataclass
    >>> from types import SimpleNamespace
    >>> @dataclass
    ... class Gone:
    ...     cover: str = ""
    >>> card = lambda cover: SimpleNamespace(cover=cover, left=False)
    >>> book = SimpleNamespace(people={"ann": card("ben"), "ben": card("cy"), "cy": card("ann")})
    >>> stand_in(book, "ann", {})
    ('ann', ())
    >>> stand_in(book, "ann", {"ann": Gone(), "ben": Gone()})
    ('cy', ('ann', 'ben'))
    >>> stand_in(book, "ann", {"ann": Gone(), "ben": Gone(), "cy": Gone()})
    ('', ('ann', 'ben', 'cy'))

    Args:
        book: With the people of today.
        person: Id of whom it is meant for; may be somebody who left.
        away: Who is away, by person.

    Returns:
        The id of who takes it, empty for nobody; and the ids of those who cannot, in the order in
        which they were asked, the one it is meant for first (nobody when they are there).
    """
    asked: list[str] = []
    wanted = person
    while wanted and wanted not in asked:
        card, absence = book.people.get(wanted), away.get(wanted)
        if card is not None and not card.left and absence is None:
            return wanted, tuple(asked)
        asked.append(wanted)
        named = absence.cover if absence is not None else ""
        wanted = named or (card.cover if card is not None else "")
    return "", tuple(asked)
