"""``publishing`` and ``canary`` of book.yaml: how the book may be changed."""

from dataclasses import fields

from router.rulebook.policy import Band, Policy, Publishing
from router.rulebook.reading.nodes import Node
from router.rulebook.reading.reader import Reader

_YEAR = 366


def read_policy(reader: Reader, publishing: Node | None, canary: Node | None) -> Policy:
    """Read how a book may be changed; what is not said has the defaults of :class:`Policy`.

    Args:
        reader: Takes problems and references.
        publishing: The value of ``publishing``, if it is there.
        canary: The value of ``canary``, if it is there.
    """
    return Policy(_publishing(reader, publishing), _band(reader, canary))


def _publishing(reader: Reader, node: Node | None) -> Publishing:
    names = ("approve_over", "approve_guards", "window", "look_back", "owner")
    found = reader.fields(node, "publishing", (), names)
    plain = Publishing()
    return Publishing(
        approve_over=_share(reader, found.get("approve_over"), None),
        approve_guards=reader.truth(found.get("approve_guards")),
        window=reader.refer("calendar", found.get("window")),
        look_back=reader.whole(found.get("look_back"), plain.look_back, low=1, high=_YEAR),
        owner=reader.refer("person", found.get("owner")),
    )


def _band(reader: Reader, node: Node | None) -> Band:
    plain = Band()
    shares = tuple(each.name for each in fields(Band) if each.name != "least")
    found = reader.fields(node, "canary", (), ("least", *shares))
    return Band(
        least=reader.whole(found.get("least"), plain.least, low=1),
        **{name: _share(reader, found.get(name), getattr(plain, name)) or 0.0 for name in shares},
    )


def _share(reader: Reader, node: Node | None, default: float | None) -> float | None:
    return default if node is None else reader.number(node, low=0.0, high=1.0)
