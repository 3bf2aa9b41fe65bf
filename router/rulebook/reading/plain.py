"""Values of a book as plain JSON and back, by the types that their shapes declare.

A value of a shape becomes the list of its fields. So a shape that gains a field needs no word here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum, EnumType
from functools import lru_cache
from sys import intern
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from router.lead.facts import FactValue
from router.rulebook.rule import Effect

#: From a value to JSON, or from JSON to a value.
Turn = Callable[[Any], Any]
#: Both ways; None for a value that is the same in JSON.
Codec = tuple[Turn | None, Turn | None]

#: Fields of which a book has few different values, each very often.
_REPEATED = frozenset({"file", "fact", "steward", "table", "named"})


@lru_cache(maxsize=256)
def codec(kind: Any) -> Codec:  # noqa: ANN401 - a type, or what stands for several
    """Return how values of a declared type become JSON, and come back.

    What turns JSON back may change the lists that it is given.

    Args:
        kind: The type, as a field declares it.

    Raises:
        TypeError: Values of this type have no form in JSON.
    """
    return _codec(kind, frozenset())


def _codec(kind: Any, within: frozenset[Any]) -> Codec:  # noqa: ANN401 - the same
    """Return the codec of a type that stands within some shapes."""
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if isinstance(kind, EnumType):
        members = {member.value: member for member in list[Enum](kind)}
        return (lambda member: member.value), members.__getitem__
    if kind in within:
        # A shape that holds itself: how is known once it is made.
        return (lambda value: _there(kind, value)), (lambda value: _back(kind, value))
    return _shape(kind, within | {kind}) if is_dataclass(kind) else _joined(kind, within)


def _there(kind: Any, value: Any) -> Any:  # noqa: ANN401 - the same
    turn = codec(kind)[0]
    return value if turn is None else turn(value)


def _back(kind: Any, value: Any) -> Any:  # noqa: ANN401 - the same
    turn = codec(kind)[1]
    return value if turn is None else turn(value)


def _joined(kind: Any, within: frozenset[Any]) -> Codec:  # noqa: ANN401 - the same
    """Return the codec of a type that is made of others."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _either(args, within)
    if origin is frozenset and args == (str,):
        return sorted, frozenset
    if origin is tuple and args[-1] is Ellipsis:
        return _each(_codec(args[0], within), tuple)
    if origin is tuple:
        each = [_codec(one, within) for one in args]
        return _side_by_side(each, lambda *values: values)
    if origin is Mapping:
        return _mapping(_codec(args[0], within), _codec(args[1], within))
    raise TypeError(f"A value of the type {kind} has no form in JSON.")


def _shape(kind: Any, within: frozenset[Any]) -> Codec:  # noqa: ANN401 - the same
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    each = [
        (None, intern) if name in _REPEATED and hints[name] is str else _codec(hints[name], within)
        for name in names
    ]
    # Thousands of rules and rows do one of a few things.
    there, back = _side_by_side(each, lru_cache(maxsize=4096)(kind) if kind is Effect else kind)
    return (lambda value: there([getattr(value, name) for name in names])), back


def _side_by_side(each: Sequence[Codec], make: Callable[..., Any]) -> tuple[Turn, Turn]:
    there, back = [one for one, _ in each], [other for _, other in each]

    def written(values: Any) -> Any:  # noqa: ANN401 - the same
        return [
            value if turn is None else turn(value)
            for turn, value in zip(there, values, strict=True)
        ]

    turns = [(at, turn) for at, turn in enumerate(back) if turn is not None]

    def read(values: Any) -> Any:  # noqa: ANN401 - the same
        # In place: the list was made for this alone.
        for at, turn in turns:
            values[at] = turn(values[at])
        return make(*values)

    return written, read


def _each(inner: Codec, make: Turn) -> Codec:
    there, back = inner
    return (
        list if there is None else lambda values: [there(value) for value in values],
        make if back is None else lambda values: make([back(value) for value in values]),
    )


def _mapping(key: Codec, value: Codec) -> Codec:
    def turned(name: Turn | None, inner: Turn | None) -> Turn:
        if name is None and inner is None:
            return dict
        each = inner or _same
        if name is None:
            return lambda found: {at: each(value) for at, value in found.items()}
        turn = name
        return lambda found: {turn(at): each(value) for at, value in found.items()}

    return turned(key[0], value[0]), turned(key[1], value[1])


def _either(kinds: tuple[Any, ...], within: frozenset[Any]) -> Codec:
    """Return the codec of one of several shapes, or of what may be absent."""
    if NoneType in kinds:
        (there, back), *others = [_codec(each, within) for each in kinds if each is not NoneType]
        if others:
            raise TypeError(f"One of {kinds} has no form in JSON.")
        return (
            lambda value: value if value is None or there is None else there(value),
            lambda value: value if value is None or back is None else back(value),
        )
    numbers = {kind: number for number, kind in enumerate(kinds)}
    ways = [_codec(kind, within) for kind in kinds]

    def written(value: Any) -> Any:  # noqa: ANN401 - the same
        number = numbers[type(value)]
        turn = ways[number][0]
        return [number, value if turn is None else turn(value)]

    backs = [back or _same for _, back in ways]
    return written, lambda found: backs[found[0]](found[1])


def _same(value: Any) -> Any:  # noqa: ANN401 - the same
    return value


def _fact(value: Any) -> Any:  # noqa: ANN401 - the same
    # No fact is a mapping, so one marks what JSON has no form for.
    return {"at": value.isoformat()} if isinstance(value, datetime) else value


def _fact_back(value: Any) -> Any:  # noqa: ANN401 - the same
    if value.__class__ is list:
        return tuple(value)
    return datetime.fromisoformat(value["at"]) if value.__class__ is dict else value


def _span_back(parts: list[int]) -> timedelta:
    days, seconds, microseconds = parts
    return timedelta(days, seconds, microseconds)


#: Types whose values are of one piece.
_SIMPLE: dict[Any, Codec] = {
    **dict.fromkeys((str, int, float, bool), (None, None)),
    FactValue: (_fact, _fact_back),
    datetime: (datetime.isoformat, datetime.fromisoformat),
    date: (date.isoformat, date.fromisoformat),
    timedelta: (lambda span: [span.days, span.seconds, span.microseconds], _span_back),
}
