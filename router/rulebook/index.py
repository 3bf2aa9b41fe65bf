"""The index of a phase: a lead's values leave some of its rules, found without asking each one.

Rules are put into groups by the fact that says most about them: a lead with another domain, or of
another campaign, is done with a whole group in one look. Within a group every fact that its rules
ask for has a column (:mod:`router.rulebook.columns`): from a value to the rules that it does not
rule out, one bit each. What all columns leave is judged exactly. So the index never takes a rule
away that is true, nor one that is unknown and asks for a person; a rule with nothing that a
column understands is always left.
"""

from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from struct import unpack

from router.lead.facts import Facts
from router.rulebook.columns import Allowed, Ask, Asked, Column, Size, ask, bits, column
from router.rulebook.explain import parts_of
from router.rulebook.model import Comparison, Condition, NotOf, OnUnknown, Rule, RuleBook
from router.rulebook.shape import asked_by, conjuncts, subjects

#: So many rules are taken one by one; of more, the bits are cut into words first.
_FEW = 6
#: A column must spare so many rules, or judging them costs less than asking it.
_WORTH = 0.4
#: The share of values that is thought to leave a rule of which nothing better is known.
_UNSURE = 0.6
#: A costly column is asked only while so many of its rules are left.
_WORTH_COSTLY = 6


class Index:
    """The groups of a phase."""

    __slots__ = ("_groups",)

    def __init__(self, rules: Sequence[Rule], book: RuleBook) -> None:
        """Make the groups.

        Args:
            rules: Of the phase, in their order.
            book: Its lists.
        """
        asks, needs = _asked(rules)
        members: dict[str, list[int]] = {}
        for at, fact in enumerate(_first_facts(len(rules), asks)):
            members.setdefault(fact, []).append(at)
        self._groups = tuple(
            _Group(places, rules, _of(places, asks, needs), book) for places in members.values()
        )

    def survivors(self, facts: Facts) -> Iterator[int]:
        """Return the places of the rules that are not ruled out, lowest first.

        Args:
            facts: What is known.
        """
        found = []
        for group in self._groups:
            left = group.left(facts)
            if left:
                found.append(group.placed(left))
        return found[0] if len(found) == 1 else merge(*found)

    def nearly(self, facts: Facts) -> Iterator[int]:
        """Return the rules of two or more conditions of which at most one seems not to hold.

        Args:
            facts: What is known.

        Returns:
            Their places, lowest first.
        """
        return merge(*(group.placed(group.nearly(facts)) for group in self._groups))


class _Group:
    """Rules that ask for the same fact first, with the columns of all that they ask for."""

    __slots__ = ("_columns", "_costly", "_every", "_near", "_places", "_several", "_single")

    def __init__(
        self, places: list[int], rules: Sequence[Rule], asked: Sequence[Asked], book: RuleBook
    ) -> None:
        count = len(places)
        self._places = tuple(places)
        self._every = (1 << count) - 1
        mine = [rules[at] for at in places]
        review = (at for at, rule in enumerate(mine) if rule.on_unknown is OnUnknown.REVIEW)
        size = Size(count, self._every, bits(review, count))
        made = [column(each, size, book) for each in asked]
        chosen = _chosen(made, count)
        self._columns: tuple[tuple[str, Allowed, int], ...] = tuple(
            (each.fact, each.allowed, each.absent) for each in chosen if not each.costly
        )
        self._costly = tuple(each for each in chosen if each.costly)
        self._near = tuple((each.fact, each.allowed, each.absent_near) for each in made)
        parts = [parts_of(rule.when) for rule in mine]
        self._several = bits((at for at, each in enumerate(parts) if len(each) > 1), count)
        # Two columns that rule out a rule mean two conditions, unless one condition asks both.
        self._single = bits((at for at, each in enumerate(parts) if _one_fact_each(each)), count)

    def left(self, facts: Facts) -> int:
        """Return the rules of the group that are not ruled out, one bit each."""
        left = self._every
        get = facts.get
        for fact, allowed, absent in self._columns:
            value = get(fact)
            left &= absent if value is None else allowed(value)
            if not left:
                return 0
        for each in self._costly:
            value = get(each.fact)
            if value is None:
                left &= each.absent
            elif (left & each.asks).bit_count() >= _WORTH_COSTLY:
                left &= each.allowed(value)
        return left

    def nearly(self, facts: Facts) -> int:
        """Return the rules of the group of which at most one condition seems not to hold."""
        once = twice = 0
        every = self._every
        for fact, allowed, absent in self._near:
            value = facts.get(fact)
            failed = every ^ (absent if value is None else allowed(value))
            twice |= once & failed
            once |= failed
        return self._several & ~(twice & self._single)

    def placed(self, left: int) -> Iterator[int]:
        """Return the places in the phase of rules of the group."""
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


def _asked(
    rules: Sequence[Rule],
) -> tuple[dict[str, dict[int, Ask]], dict[str, dict[int, None]]]:
    """Sort what the rules ask by fact: of it alone, and together with another one."""
    parts: dict[str, dict[int, list[Condition]]] = {}
    needs: dict[str, dict[int, None]] = {}
    for at, rule in enumerate(rules):
        for part in conjuncts(rule.when):
            found = subjects(part)
            if len(found) == 1:
                parts.setdefault(found[0], {}).setdefault(at, []).append(part)
            else:
                for name in _needed(part):
                    needs.setdefault(name, {})[at] = None
    asks = {
        fact: {at: ask(fact, each) for at, each in by_rule.items()}
        for fact, by_rule in parts.items()
    }
    return asks, needs


def _first_facts(count: int, asks: Mapping[str, Mapping[int, Ask]]) -> list[str]:
    """Return for each rule the fact that is thought to leave it least often; empty for none."""
    found = [("", 1.0)] * count
    for fact, by_rule in asks.items():
        every = len({atom for each in by_rule.values() for atom in each.wanted or ()})
        for at, each in by_rule.items():
            share = _UNSURE if each.wanted is None else len(each.wanted) / (1 + every)
            if share < found[at][1]:
                found[at] = (fact, share)
    return [fact for fact, _ in found]


def _of(
    places: Sequence[int],
    asks: Mapping[str, Mapping[int, Ask]],
    needs: Mapping[str, Mapping[int, None]],
) -> list[Asked]:
    """Return what some rules ask; their places count among themselves."""
    found: dict[str, tuple[dict[int, Ask], list[int]]] = {}
    for fact, by_rule in asks.items():
        told = {own: by_rule[at] for own, at in enumerate(places) if at in by_rule}
        if told:
            found[fact] = (told, [])
    for fact, needed in needs.items():
        also = [own for own, at in enumerate(places) if at in needed]
        if also:
            found.setdefault(fact, ({}, []))[1].extend(also)
    return [Asked(fact, told, also) for fact, (told, also) in found.items()]


def _needed(part: Condition) -> tuple[str, ...]:
    """Return the facts that a comparison of two facts needs known; none for what is joined."""
    inner = part.part if isinstance(part, NotOf) else part
    return asked_by(inner) if isinstance(inner, Comparison) else ()


def _one_fact_each(parts: Sequence[Condition]) -> bool:
    """Tell whether no part of a rule stands in two columns."""
    for part in parts:
        if isinstance(part, Comparison) and len(asked_by(part)) == 1:
            continue
        facts: set[str] = set()
        for each in conjuncts(part):
            found = subjects(each)
            facts.update(found if len(found) == 1 else _needed(each))
        if len(facts) > 1:
            return False
    return True


def _chosen(made: Sequence[Column], count: int) -> tuple[Column, ...]:
    """Return the columns that are worth asking for a decision, the ones that spare most first."""
    left = [1.0] * count
    found = []
    by_power = sorted(
        made, key=lambda each: sum(1 - share for share in each.shares.values()), reverse=True
    )
    for each in by_power:
        spared = 0.0
        for at, share in each.shares.items():
            before = left[at]
            left[at] = after = before * share
            spared += before - after
        if spared > _WORTH:
            found.append(each)
    return tuple(found)
