"""``publishing`` and ``canary`` of book.yaml: how the book may be changed."""

from router.rulebook.nodes import Node
from router.rulebook.policy import Band, Policy, Publishing
from router.rulebook.read import Reader

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
    found = reader.fields(
        node, "canary", (), ("least", "review", "fallback", "no_pool", "reassign")
    )
    plain = Band()
    return Band(
        least=reader.whole(found.get("least"), plain.least, low=1),
        review=_share(reader, found.get("review"), plain.review) or 0.0,
        fallback=_share(reader, found.get("fallback"), plain.fallback) or 0.0,
        no_pool=_share(reader, found.get("no_pool"), plain.no_pool) or 0.0,
        reassign=_share(reader, found.get("reassign"), plain.reassign) or 0.0,
    )


def _share(reader: Reader, node: Node | None, default: float | None) -> float | None:
    return default if node is None else reader.number(node, low=0.0, high=1.0)
