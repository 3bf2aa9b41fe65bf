"""What else differs between two books: people, pools, promises, calendars, sources and so on.

Each may change who gets a lead, or when it is due, although no rule changed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import timedelta

from router.rulebook.analysis.difference import DataChange
from router.rulebook.model import Member, RuleBook
from router.wording import listed

#: Parts of a book that are compared name by name, and what they may change.
_PARTS: Mapping[str, str] = {
    "pools": "who of the pool gets a lead",
    "people": "when this person works, and who is told about breaches",
    "queues": "who is accountable for the queue's leads",
    "sequences": "who is accountable for the sequence's leads",
    "slas": "when a lead is due",
    "calendars": "when a lead is due, and what rules say that ask for opening hours",
    "standards": "what travels with a lead",
    "sources": "what is read from a delivery",
    "tables": "what its rules say",
    "lists": "what its rules say",
}
#: Of these the content is compared elsewhere.
_APART = frozenset({"tables", "lists"})
_OF_THE_BOOK: Mapping[str, str] = {
    "name": "",
    "fallback_owner": "who gets leads that nobody else can take",
    "default_sla": "when leads are due for which no rule says it",
    "policy": "how the book may be changed",
    "availability": "what becomes of leads whose owner goes, and what counts as an absence",
    "accounts": "which account a lead belongs to, and what rules say of it",
}
_CLASSIFIED = "what a lead is classified as, and whether a person is asked"
#: Longer texts are not written out.
_SHORT = 60


def data_changes(old: RuleBook, new: RuleBook) -> Iterator[DataChange]:
    """Say what else differs between two books.

    Args:
        old: The old book.
        new: The new book.
    """
    for name, may in _OF_THE_BOOK.items():
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield DataChange("book", "", _one(name, before, after), may)
    for part, may in _PARTS.items():
        yield from _named(part, (getattr(old, part), getattr(new, part)), may)
    intents = [{each.id: each for each in book.taxonomy.intents} for book in (old, new)]
    yield from _named("intents", (intents[0], intents[1]), _CLASSIFIED)
    for field in fields(old.taxonomy):
        before, after = getattr(old.taxonomy, field.name), getattr(new.taxonomy, field.name)
        if field.name != "intents" and before != after:
            yield DataChange("intents", "", _one(field.name, before, after), _CLASSIFIED)


def _named(
    part: str, books: tuple[Mapping[str, object], Mapping[str, object]], may: str
) -> Iterator[DataChange]:
    old, new = books
    for name in sorted(new.keys() - old.keys()):
        yield DataChange(part, name, "is new", may)
    for name in sorted(old.keys() - new.keys()):
        yield DataChange(part, name, "is gone", may)
    for name in sorted(old.keys() & new.keys()):
        if part not in _APART and old[name] != new[name]:
            yield DataChange(part, name, _told(old[name], new[name]), may)
        elif part == "tables" and (said := _columns(old[name], new[name])):
            yield DataChange(part, name, said, may)


def _columns(old: object, new: object) -> str:
    before, after = getattr(old, "keys", None), getattr(new, "keys", None)
    return "" if before == after else "is looked up by other columns; its rows were not compared"


def _told(old: object, new: object) -> str:
    """Say what differs between two things of one kind."""
    if not is_dataclass(old) or not is_dataclass(new):
        return "differs"
    names = [field.name for field in fields(old)]
    pairs = [(name, getattr(old, name), getattr(new, name)) for name in names]
    return "; ".join(_one(name, one, other) for name, one, other in pairs if one != other)


def _one(name: str, old: object, new: object) -> str:
    if name == "members":
        return _members(old, new)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return _mapping(name, old, new)
    word = name.replace("_", " ")
    if is_dataclass(old) and is_dataclass(new):
        return f"{word}: {_told(old, new)}"
    before, after = _short(old), _short(new)
    return f"{word} {before} -> {after}" if before and after else f"{word} differs"


def _mapping(name: str, old: Mapping[object, object], new: Mapping[object, object]) -> str:
    """Say which entries differ; where it is few words, also how."""
    changed = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    if all(is_dataclass(each.get(key)) for key in changed for each in (old, new)):
        return "; ".join(f"{key}: {_told(old[key], new[key])}" for key in changed)
    return f"{name.replace('_', ' ')}: {listed([str(key) for key in changed])}"


def _members(old: object, new: object) -> str:
    before, after = _by_person(old), _by_person(new)
    words = [f"with {name}" for name in after if name not in before]
    words += [f"without {name}" for name in before if name not in after]
    words += [
        f"{name} has {_told(before[name], after[name])}"
        for name in before
        if name in after and before[name] != after[name]
    ]
    return ", ".join(words) or "its people stand in another order"


def _by_person(members: object) -> dict[str, Member]:
    found = members if isinstance(members, tuple) else ()
    return {each.person: each for each in found if isinstance(each, Member)}


def _short(value: object) -> str:
    """Write a value, when that is short; empty when it is not."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case timedelta():
            return _span(value)
        case str() | int() | float():
            text = str(value) or "nothing"
        case tuple() if all(isinstance(each, str) for each in value):
            text = ", ".join(value) or "nothing"
        case _:
            return ""
    return text if len(text) <= _SHORT else ""


def _span(value: timedelta) -> str:
    minutes = int(value.total_seconds()) // 60
    hours, rest = divmod(minutes, 60)
    return (
        " ".join(filter(None, (f"{hours} h" if hours else "", f"{rest} min" if rest else "")))
        or "0 min"
    )
