"""One column of an index: which rules a value of one fact does not rule out, as bits.

A mask has a bit for every rule of the phase, the first rule's lowest. A column may leave a rule
that is false; it never takes one away that is true, or that is unknown and asks for a person.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from router.lead.facts import FACTS, FactType, FactValue
from router.rulebook.engine.events import Caught, catch
from router.rulebook.engine.operands import moment
from router.rulebook.engine.shape import (
    THRESHOLDS,
    Atom,
    classes,
    comparisons,
    none_of,
    one_of,
    when_absent,
    when_given,
)
from router.rulebook.model import Comparison, Condition, Operator, RuleBook, Truth

#: From a known value to the rules that it does not rule out.
Allowed = Callable[[FactValue], int]
_TEXTS = (FactType.TEXT, FactType.CODE)
#: Bits that the masks of one column may take: what is more is merged, and judged exactly.
_ROOM = 1 << 20
_DENSE = 2 << 20
_MICROSECOND = timedelta(microseconds=1)
_NONE = (0, 0)
#: What a look into a mapping costs, in rules that could be judged meanwhile.
_LOOK = 0.5
#: Which kind of atom leaves the fewest rules, first.
_RANK = {"is": 0, "has": 0, "starts": 1, "ends": 1, "list": 2, "contains": 3, "matches": 4}


class Ask(NamedTuple):
    """What one rule asks of one fact."""

    #: The conditions on this fact alone, each of which the rule needs.
    parts: tuple[Condition, ...]
    #: A known value must do one of these, when it is a text or a list; None for no such need.
    wanted: tuple[Atom, ...] | None
    #: A known value must do none of these.
    refused: tuple[Atom, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What rules ask of one fact."""

    fact: str
    #: Place of a rule to what it asks.
    rules: Mapping[int, Ask]
    #: Places of rules that compare it with another fact, and so need it known.
    needs: Sequence[int]


@dataclass(frozen=True, slots=True)
class Size:
    """The rules that columns are made for."""

    rules: int
    #: All rules, and those for which unknown asks a person.
    every: int
    review: int


@dataclass(frozen=True, slots=True)
class Column:
    """What is known of the rules by one fact."""

    fact: str
    allowed: Allowed
    #: Rules that are left when the fact is unknown: for a decision, and for a near miss.
    absent: int
    absent_near: int
    #: Rules that ask for the fact.
    asks: int
    #: Place of a rule to the share of values that are thought to leave it.
    shares: Mapping[int, float]
    #: What asking costs, in rules that could be judged meanwhile.
    cost: float


def bits(positions: Iterable[int], rules: int) -> int:
    """Return a mask of rules.

    >>> bin(bits((0, 3), 8))
    '0b1001'

    Args:
        positions: Places of rules in the phase.
        rules: How many rules the phase has.
    """
    written = bytearray(rules // 8 + 1)
    for position in positions:
        written[position >> 3] |= 1 << (position & 7)
    return int.from_bytes(written, "little")


def column(asked: Asked, size: Size, book: RuleBook) -> Column:
    """Make the column of a fact.

    Args:
        asked: What the rules ask of it.
        size: Of the phase.
        book: Its lists.
    """
    false, unknown = absences(asked, book)
    asks = bits((*asked.rules, *asked.needs), size.rules)
    never = size.every ^ bits(false, size.rules)
    unsure = bits((*unknown, *asked.needs), size.rules)
    kind = kind_of(asked.fact)
    cost = _LOOK
    shares: Mapping[int, float]
    if kind in _TEXTS:
        allowed, shares, cost = _texts(asked, size, book)
    elif kind is FactType.LIST:
        allowed, shares = _lists(asked, size, book)
    elif kind is FactType.BOOL:
        allowed, shares = _flags(asked, size, book)
    elif kind is None:
        allowed, shares = _anything(size.every), {}
    else:
        allowed, shares = _line(asked, size)
    return Column(
        fact=asked.fact,
        allowed=allowed,
        absent=never & ~(unsure & ~size.review),
        absent_near=never & ~unsure,
        asks=asks,
        shares=shares,
        cost=cost,
    )


def ask(fact: str, parts: Sequence[Condition]) -> Ask:
    """Return what a rule asks of a fact.

    Args:
        fact: Its name.
        parts: The rule's conditions on this fact alone.
    """
    kind = kind_of(fact)
    if kind not in _TEXTS and kind is not FactType.LIST:
        return Ask(tuple(parts), None, ())
    each = [atoms for part in parts if (atoms := one_of(part)) is not None]
    # A part of a text that is empty occurs in every text.
    told = [atoms for atoms in each if all(atom.text or atom.kind == "is" for atom in atoms)]
    fewest = min(told, key=_weight) if told else None
    wanted = None if fewest is None else tuple(dict.fromkeys(fewest))
    refused = tuple(dict.fromkeys(atom for part in parts for atom in none_of(part)))
    return Ask(tuple(parts), wanted, refused)


def kind_of(fact: str) -> FactType | None:
    """Return a fact's type; None for a name that no lead has.

    Args:
        fact: Its name.
    """
    return FACTS[fact][0] if fact in FACTS else None


def absences(asked: Asked, book: RuleBook) -> tuple[list[int], list[int]]:
    """Return the rules that are false, and those that are unknown, without the fact.

    Args:
        asked: What the rules ask of it.
        book: Its lists and calendars.
    """
    false, unknown = [], []
    for position, (parts, *_) in asked.rules.items():
        truths = [
            Truth.UNKNOWN
            if isinstance(part, Comparison) and part.operator is not Operator.MISSING
            else when_absent(part, book)
            for part in parts
        ]
        if Truth.FALSE in truths:
            false.append(position)
        elif Truth.UNKNOWN in truths:
            unknown.append(position)
    return false, unknown


def _anything(every: int) -> Allowed:
    return lambda value: every  # noqa: ARG005 - whatever it is


def _flags(asked: Asked, size: Size, book: RuleBook) -> tuple[Allowed, dict[int, float]]:
    masks = {}
    left = dict.fromkeys(asked.rules, 0.0)
    for value in (False, True):
        out = []
        for position, (parts, *_) in asked.rules.items():
            if all(when_given(part, book, {asked.fact: value}) for part in parts):
                left[position] += 0.5
            else:
                out.append(position)
        masks[value] = size.every ^ bits(out, size.rules)
    return masks.__getitem__, left  # type: ignore[return-value]  # its type is declared


def _texts(asked: Asked, size: Size, book: RuleBook) -> tuple[Allowed, Mapping[int, float], float]:
    gains, losses, wanting = _atoms(asked)
    default = size.every ^ bits(wanting, size.rules)
    gained, lost = catch(gains, book, loosely=True), catch(losses, book)
    shares = _shares(wanting, gained)
    if gained.only_exact and lost.only_exact:
        named = gained.exact.keys() | lost.exact.keys()
        if len(named) * size.rules <= _DENSE:
            masks = {text: (default | gained.hits(text)) & ~lost.hits(text) for text in named}
            return _dense(masks, default), shares, gained.cost
    if gained.only_exact and not lost:
        return _sparse(gained.exact, default), shares, gained.cost
    return _caught(gained, lost, default), shares, gained.cost + lost.cost


def _dense(masks: dict[str, int], default: int) -> Allowed:
    get = masks.get
    return lambda value: get(value.casefold(), default)  # type: ignore[union-attr]  # its type is declared


def _sparse(exact: Mapping[str, tuple[int, int]], default: int) -> Allowed:
    get = exact.get

    def allowed(value: FactValue) -> int:
        hit = get(value.casefold())  # type: ignore[union-attr]  # its type is declared
        return default if hit is None else default | hit[1] << hit[0]

    return allowed


def _caught(gained: Caught, lost: Caught, default: int) -> Allowed:
    gain, lose, loses = gained.hits, lost.hits, bool(lost)

    def allowed(value: FactValue) -> int:
        more = gain(value)  # type: ignore[arg-type]  # its type is declared
        left = default | more if more else default
        return left & ~lose(value) if loses else left  # type: ignore[arg-type]  # its type is declared

    return allowed


def _lists(asked: Asked, size: Size, book: RuleBook) -> tuple[Allowed, Mapping[int, float]]:
    gains, losses, wanting = _atoms(asked)
    default = size.every ^ bits(wanting, size.rules)
    gained, lost = catch(gains, book, loosely=True), catch(losses, book)
    out = [
        position
        for position, (parts, *_) in asked.rules.items()
        if not all(when_given(part, book, {asked.fact: ()}) for part in parts)
    ]
    empty = size.every ^ bits(out, size.rules)
    moved = {
        item: (gained.exact.get(item, _NONE), lost.exact.get(item, _NONE))
        for item in gained.exact.keys() | lost.exact.keys()
    }
    get = moved.get

    def allowed(value: FactValue) -> int:
        if not value:
            return empty
        left, gone = default, 0
        for item in value:  # type: ignore[union-attr]  # its type is declared
            hit = get(item.casefold())
            if hit is not None:
                (low, more), (below, less) = hit
                left |= more << low
                gone |= less << below
        return left & ~gone if gone else left

    return allowed, _shares(wanting, gained)


def _atoms(
    asked: Asked,
) -> tuple[dict[Atom, list[int]], dict[Atom, list[int]], dict[int, tuple[Atom, ...]]]:
    """Return which rules an atom gains and loses, and the atoms of the rules that need one."""
    gains: dict[Atom, list[int]] = {}
    losses: dict[Atom, list[int]] = {}
    wanting: dict[int, tuple[Atom, ...]] = {}
    for position, (_, wanted, refused) in asked.rules.items():
        if wanted is not None:
            wanting[position] = wanted
            for atom in wanted:
                gains.setdefault(atom, []).append(position)
        for atom in refused:
            losses.setdefault(atom, []).append(position)
    return gains, losses, wanting


def _weight(atoms: tuple[Atom, ...]) -> tuple[int, int]:
    return max((_RANK[atom.kind] for atom in atoms), default=0), len(atoms)


def _shares(wanting: Mapping[int, Sequence[Atom]], gained: Caught) -> dict[int, float]:
    """Guess the share of values that leave a rule; nobody knows which values will come."""
    share = gained.share
    return {
        position: min(1.0, sum(share[atom.kind] for atom in atoms))
        for position, atoms in wanting.items()
    }


def _line(asked: Asked, size: Size) -> tuple[Allowed, dict[int, float]]:
    """Make the column of numbers, or of moments: classes between sorted thresholds."""
    limits = sorted(
        {
            _rank(test.want)
            for each in asked.rules.values()
            for part in each.parts
            for test in comparisons(part)
            if test.operator in THRESHOLDS
        }
    )
    places = {limit: place for place, limit in enumerate(limits)}
    count = 2 * len(limits) + 1
    every = (1 << count) - 1
    toggled: list[list[int]] = [[] for _ in range(count + 1)]
    shares = {}
    for position, (parts, *_) in asked.rules.items():
        left = every
        for part in parts:
            left &= classes(part, lambda test: places[_rank(test.want)], every)[0]
        shares[position] = left.bit_count() / count
        edges = left ^ (left << 1)
        while edges:
            edge = edges & -edges
            toggled[edge.bit_length() - 1].append(position)
            edges ^= edge
    masks = _merged(toggled[:count], size.every ^ bits(asked.rules, size.rules), size.rules)
    between = _between(limits, masks, size.every)
    if kind_of(asked.fact) is FactType.DATE:
        return lambda value: between(_rank(value)), shares
    return between, shares  # type: ignore[return-value]  # the fact's type is declared


def _merged(toggled: list[list[int]], start: int, rules: int) -> list[int]:
    """Return the mask of each class; neighbours share theirs when there are too many."""
    width = -(-len(toggled) * rules // _ROOM)
    found: list[int] = []
    now = start
    for first in range(0, len(toggled), width):
        group = toggled[first : first + width]
        held = 0
        for positions in group:
            now ^= bits(positions, rules) if positions else 0
            held |= now
        found += [held] * len(group)
    return found


def _rank(value: FactValue) -> float:
    """Return a number, or a moment's microseconds, which a float could not tell apart."""
    if isinstance(value, datetime):
        return moment(value) // _MICROSECOND
    return value if isinstance(value, (int, float)) else float(str(value))


def _between(limits: list[float], masks: list[int], every: int) -> Callable[[float], int]:
    count = len(limits)

    def allowed(found: float) -> int:
        if found != found:  # noqa: PLR0124 - what is no number has no place on the line
            return every
        at = bisect_left(limits, found)
        exact = at < count and limits[at] == found
        return masks[2 * at + 1 if exact else 2 * at]

    return allowed
