"""Rules side by side: a lead's values leave some of a group, found without asking each rule.

Every fact that the rules of a group ask for has a column (:mod:`router.rulebook.engine.columns`):
from a value to the rules that it does not rule out, one bit each. What all columns leave is
judged exactly. A column that spares hardly any rule is not asked at all for a decision.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from struct import unpack

from router.lead.facts import Facts
from router.rulebook.engine.columns import Allowed, Ask, Asked, Column, Size, ask, bits, column
from router.rulebook.engine.explain import parts_of
from router.rulebook.engine.shape import asked_by, conjuncts, subjects
from router.rulebook.model import Comparison, Condition, NotOf, OnUnknown, Rule, RuleBook

#: So many rules are taken one by one; of more, the bits are cut into words first.
_FEW = 6
#: What a column must spare besides its cost: which values will come is only guessed.
_MARGIN = 0.5
#: A column that costs more than judging so many rules is asked last, and only if so many are left.
_CHEAP = 3
#: A rule is judged between two columns if it is thought to fire once in so many times.
_LIKELY = 0.4
#: So few rules are judged without asking any column.
_FIRST = 3
#: So many rules may nearly match without asking any column.
_FEW_NEAR = 16


class Questions:
    """What the rules of a phase ask, by fact: of it alone, and together with another one."""

    def __init__(self, rules: Sequence[Rule], book: RuleBook) -> None:
        """Take the conditions apart.

        Args:
            rules: Of the phase, in their order.
            book: Its lists.
        """
        self.rules = rules
        self.book = book
        parts: dict[str, dict[int, list[Condition]]] = {}
        self._needs: dict[str, dict[int, None]] = {}
        for at, rule in enumerate(rules):
            for part in conjuncts(rule.when):
                found = subjects(part)
                if len(found) == 1:
                    parts.setdefault(found[0], {}).setdefault(at, []).append(part)
                else:
                    for name in needed(part):
                        self._needs.setdefault(name, {})[at] = None
        #: Fact to the place of each rule that asks it, to what it asks.
        self.asks: Mapping[str, Mapping[int, Ask]] = {
            fact: {at: ask(fact, each) for at, each in by_rule.items()}
            for fact, by_rule in parts.items()
        }

    def of(self, places: Sequence[int], without: str = "") -> list[Asked]:
        """Return what some rules ask; their places count among themselves.

        Args:
            places: Of the rules in the phase.
            without: A fact that is not wanted.
        """
        found: dict[str, tuple[dict[int, Ask], list[int]]] = {}
        own = {at: number for number, at in enumerate(places)}
        for fact, by_rule in self.asks.items():
            told = {own[at]: by_rule[at] for at in _shared(places, by_rule, own)}
            if told and fact != without:
                found[fact] = (told, [])
        for fact, asked in self._needs.items():
            also = [own[at] for at in _shared(places, asked, own)]
            if also and fact != without:
                found.setdefault(fact, ({}, []))[1].extend(also)
        return [Asked(fact, told, also) for fact, (told, also) in found.items()]

    def size(self, places: Sequence[int]) -> Size:
        """Return how many rules there are, and which of them ask a person when in doubt."""
        count = len(places)
        unknown = (self.rules[at].on_unknown for at in places)
        review = (own for own, each in enumerate(unknown) if each is OnUnknown.REVIEW)
        return Size(count, (1 << count) - 1, bits(review, count))


class Group:
    """Rules that are asked together for a decision; its columns are made when it is asked first."""

    __slots__ = ("_few", "_made", "_places", "_questions", "_steps", "_without")

    #: It stands under no text of its own.
    fact = ""
    texts = None

    def __init__(self, places: Sequence[int], questions: Questions, without: str = "") -> None:
        """Take the rules.

        Args:
            places: Of the rules in the phase, lowest first; at least one.
            questions: Of the phase.
            without: A fact whose value has already led here.
        """
        self._places = tuple(places)
        self._questions = questions
        self._without = without
        self._made = False
        self._few = _FIRST
        #: Fact, rules by its value, rules without one, and when to ask and to tell.
        self._steps: tuple[tuple[str, Allowed, int, tuple[int, float, bool]], ...] = ()

    def places(self, facts: Facts, before: int) -> Iterable[int]:
        """Return the places of the rules that are not ruled out, lowest first.

        Args:
            facts: What is known.
            before: Rules from this place in the phase on do not matter; some may still be told.
        """
        count = bisect_left(self._places, before)
        if count <= _FIRST:
            return self._places[:count]
        if not self._made:
            self._make()
        if count <= self._few:
            return self._places[:count]
        return self._found((1 << count) - 1, facts)

    def _found(self, left: int, facts: Facts) -> Iterator[int]:
        """Ask one column after another, and tell a rule in between where it is likely to fire."""
        places = self._places
        for fact, allowed, absent, (asks, cost, tells) in self._steps:
            value = facts.get(fact)
            if value is None:
                left &= absent
            elif not cost or (left & asks).bit_count() >= cost:
                left &= allowed(value)
            if not left:
                return
            if tells:
                lowest = left & -left
                yield places[lowest.bit_length() - 1]
                left ^= lowest
        # Whoever asks mostly stops at the first: the few lowest are told without more ado.
        for _ in range(_FEW):
            if not left:
                return
            lowest = left & -left
            yield places[lowest.bit_length() - 1]
            left ^= lowest
        yield from map(places.__getitem__, positions(left))

    def _make(self) -> None:
        """Make the columns; the same ones, whichever of two threads is first."""
        size = self._questions.size(self._places)
        asked = self._questions.of(self._places, self._without)
        made = [column(each, size, self._questions.book) for each in asked]
        chosen = sorted(_chosen(made, size.rules), key=lambda each: each.cost > _CHEAP)
        fire = sum(_left(made, size.rules))
        self._steps = tuple(
            (
                each.fact,
                each.allowed,
                each.absent,
                (
                    each.asks,
                    each.cost if each.cost > _CHEAP else 0,
                    sum(_left(chosen[: at + 1], size.rules)) * _LIKELY <= fire,
                ),
            )
            for at, each in enumerate(chosen)
        )
        if chosen and chosen[0].cost > _CHEAP:
            self._few = int(chosen[0].cost)
        self._made = True


class Nearly:
    """All rules of a phase, to find those of which a single condition does not hold."""

    __slots__ = ("_columns", "_costly", "_places", "_single")

    def __init__(self, questions: Questions) -> None:
        """Make the columns.

        Args:
            questions: Of the phase.
        """
        rules = questions.rules
        parts = [parts_of(rule.when) for rule in rules]
        self._places = [at for at, each in enumerate(parts) if len(each) > 1]
        count = len(self._places)
        size = questions.size(self._places)
        made = [column(each, size, questions.book) for each in questions.of(self._places)]
        self._columns = tuple(
            (each.fact, each.allowed, each.absent_near) for each in made if each.cost <= _CHEAP
        )
        self._costly = tuple(each for each in made if each.cost > _CHEAP)
        # Two columns that rule out a rule mean two conditions, unless one condition asks both.
        single = (own for own, at in enumerate(self._places) if _one_fact_each(parts[at]))
        self._single = bits(single, count)

    def places(self, facts: Facts, before: int) -> Iterator[int]:
        """Return the rules of two or more conditions of which at most one seems not to hold.

        Args:
            facts: What is known.
            before: Only rules before this place in the phase.

        Returns:
            Their places, lowest first.
        """
        once = twice = 0
        count = bisect_left(self._places, before)
        if count <= _FEW_NEAR:
            return iter(self._places[:count])
        every = (1 << count) - 1
        for fact, allowed, absent in self._columns:
            value = facts.get(fact)
            failed = every & ~(absent if value is None else allowed(value))
            twice |= once & failed
            once |= failed
        left = every & ~(twice & self._single)
        for each in self._costly:
            value = facts.get(each.fact)
            if value is None:
                failed = every & ~each.absent_near
            elif (left & each.asks).bit_count() >= each.cost:
                failed = every & ~each.allowed(value)
            else:
                continue
            twice |= once & failed
            once |= failed
            left = every & ~(twice & self._single)
        return map(self._places.__getitem__, positions(left))


def positions(left: int) -> Iterator[int]:
    """Return the places of the bits that are set, lowest first.

    >>> list(positions(0b1001))
    [0, 3]

    Args:
        left: One bit a rule.
    """
    for _ in range(_FEW):
        if not left:
            return
        lowest = left & -left
        yield lowest.bit_length() - 1
        left ^= lowest
    count = (left.bit_length() + 63) // 64
    for at, word in enumerate(unpack(f"<{count}Q", left.to_bytes(8 * count, "little"))):
        rest = word
        while rest:
            lowest = rest & -rest
            yield 64 * at + lowest.bit_length() - 1
            rest ^= lowest


def needed(part: Condition) -> tuple[str, ...]:
    """Return the facts that a comparison of two facts needs known; none for what is joined.

    Args:
        part: A condition that is not taken apart any further.
    """
    inner = part.part if isinstance(part, NotOf) else part
    return asked_by(inner) if isinstance(inner, Comparison) else ()


def _shared(
    places: Sequence[int], asked: Mapping[int, object], own: Mapping[int, int]
) -> list[int]:
    """Return the places that are in both, in their order."""
    if len(places) < len(asked):
        return [at for at in places if at in asked]
    return [at for at in asked if at in own]


def _one_fact_each(parts: Sequence[Condition]) -> bool:
    """Tell whether no part of a rule stands in two columns."""
    for part in parts:
        if isinstance(part, Comparison) and len(asked_by(part)) == 1:
            continue
        facts: set[str] = set()
        for each in conjuncts(part):
            found = subjects(each)
            facts.update(found if len(found) == 1 else needed(each))
        if len(facts) > 1:
            return False
    return True


def _left(asked: Iterable[Column], count: int) -> list[float]:
    """Guess for each rule how often columns leave it."""
    left = [1.0] * count
    for each in asked:
        for at, share in each.shares.items():
            left[at] *= share
    return left


def _chosen(made: Sequence[Column], count: int) -> tuple[Column, ...]:
    """Return the columns that are worth asking for a decision, the ones that spare most first."""
    left = _left((), count)
    found: list[Column] = []
    by_power = sorted(
        made, key=lambda each: sum(1 - share for share in each.shares.values()), reverse=True
    )
    for each in by_power:
        spared = 0.0
        for at, share in each.shares.items():
            before = left[at]
            left[at] = after = before * share
            spared += before - after
        if spared > each.cost + _MARGIN:
            found.append(each)
    return tuple(found)
