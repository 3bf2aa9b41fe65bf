"""``availability`` of book.yaml: what happens to a person's leads when they go."""

from datetime import timedelta

from router.rulebook.availability import Availability, Waiting
from router.rulebook.reading.nodes import Node
from router.rulebook.reading.reader import Reader
from router.rulebook.reading.times import parse_span

#: Somebody who is gone for longer than this is simply away.
_LONGEST = timedelta(days=1)
_NAMES = ("grace", "offline", "away", "words", "private_words")


def read_availability(reader: Reader, node: Node | None) -> Availability:
    """Read what a book says about absences; what is not said has its default.

    Args:
        reader: Takes problems.
        node: The value of ``availability``, if it is there.
    """
    found = reader.fields(node, "availability", (), _NAMES)
    plain, known = Availability(), tuple(Waiting)
    return Availability(
        grace=_grace(reader, found.get("grace"), plain.grace),
        offline=_waiting(reader.word(found.get("offline"), "word", known), plain.offline),
        away=_waiting(reader.word(found.get("away"), "word", known), plain.away),
        words=_words(reader, found.get("words"), plain.words),
        private_words=_words(reader, found.get("private_words"), plain.private_words),
    )


def _waiting(said: str, default: Waiting) -> Waiting:
    return Waiting(said) if said in tuple(Waiting) else default


def _words(reader: Reader, node: Node | None, default: tuple[str, ...]) -> tuple[str, ...]:
    if node is None:
        return default
    return tuple(dict.fromkeys(word.casefold() for word in reader.texts(node) if word))


def _grace(reader: Reader, node: Node | None, default: timedelta) -> timedelta:
    written = reader.text(node)
    if node is None or not written:
        return default
    span = parse_span(written)
    if span is None or span > _LONGEST:
        reader.problems.add(
            node.place,
            f"'{written}' is not a time of at most a day",
            advice="Write a number and s, m or h, e.g. 1m.",
        )
    return span or default
