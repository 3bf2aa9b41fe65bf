"""``accounts`` of book.yaml: how the account of a lead is found."""

from collections.abc import Iterable

from router.rulebook.accounts import AccountBy, AccountPolicy, AccountTie
from router.rulebook.reading.nodes import Node
from router.rulebook.reading.reader import Reader

#: Names that are less alike than this have little in common but their letters.
_LEAST = 0.5


def read_accounts(reader: Reader, node: Node | None) -> AccountPolicy:
    """Read how an account is found; what is not said has the defaults of :class:`AccountPolicy`.

    ``key`` decides at the end of the ties, also where it is not written there.

    Args:
        reader: Takes problems.
        node: The value of ``accounts``, if it is there.
    """
    plain = AccountPolicy()
    found = reader.fields(node, "accounts", (), ("min_score", "ties", "by"))
    score = found.get("min_score")
    by = _words(reader, found.get("by"), "way of finding an account", AccountBy)
    ties = _words(reader, found.get("ties"), "tie-breaker", AccountTie)
    if AccountTie.KEY in ties[:-1] and (node := found.get("ties")) is not None:
        reader.problems.add(
            node.place,
            "'key' always decides, so nothing after it would count",
            advice="Put it last, or leave it out.",
        )
    ties = tuple(tie for tie in ties if tie != AccountTie.KEY)
    return AccountPolicy(
        min_score=plain.min_score if score is None else reader.number(score, low=_LEAST, high=1.0),
        ties=(*map(AccountTie, ties), AccountTie.KEY) if found.get("ties") else plain.ties,
        by=tuple(map(AccountBy, by)) if found.get("by") else plain.by,
    )


def _words(reader: Reader, node: Node | None, kind: str, known: Iterable[str]) -> tuple[str, ...]:
    """Read different words of a closed set; what is none of them is noted and left out."""
    if node is None:
        return ()
    words: list[str] = []
    known = tuple(known)
    for item in reader.items(node, f"what is listed as {kind}"):
        word = reader.word(item, kind, known)
        if word in words:
            reader.problems.add(item.place, f"the {kind} '{word}' stands twice")
        elif word in known:
            words.append(word)
    return tuple(words)
