"""The index of a phase: a lead's values leave some of its rules, found without asking each one.

Every fact that rules ask for has a column (:mod:`router.rulebook.columns`): from a value to the
rules that it does not rule out, one bit each. What all columns leave is judged exactly. So the
index never takes a rule away that is true, nor one that is unknown and asks for a person; a rule
with nothing that a column understands is always left.
"""

from collections.abc import Iterator, Sequence
from struct import unpack

from router.lead.facts import Facts
from router.rulebook.columns import Allowed, Asked, Column, Size, bits, column
from router.rulebook.explain import parts_of
from router.rulebook.model import Comparison, Condition, NotOf, OnUnknown, Rule, RuleBook
from router.rulebook.shape import asked_by, conjuncts, subjects

#: So many rules are taken one by one; of more, the bits are cut into words first.
_FEW = 6
#: A column must spare so many rules, or judging them costs less than asking it.
_WORTH = 0.4
#: A costly column is asked only while so many of its rules are left.
_WORTH_COSTLY = 6


class Index:
    """The columns of a phase."""

    __slots__ = ("_columns", "_costly", "_every", "_near", "_several", "_single")

    def __init__(self, rules: Sequence[Rule], book: RuleBook) -> None:
        """Make the columns.

        Args:
            rules: Of the phase, in their order.
            book: Its lists.
        """
        count = len(rules)
        self._every = (1 << count) - 1
        review = (at for at, rule in enumerate(rules) if rule.on_unknown is OnUnknown.REVIEW)
        size = Size(count, self._every, bits(review, count))
        made = [column(asked, size, book) for asked in _asked(rules)]
        chosen = _chosen(made, count)
        self._columns: tuple[tuple[str, Allowed, int], ...] = tuple(
            (each.fact, each.allowed, each.absent) for each in chosen if not each.costly
        )
        self._costly = tuple(each for each in chosen if each.costly)
        self._near = tuple((each.fact, each.allowed, each.absent_near) for each in made)
        parts = [parts_of(rule.when) for rule in rules]
        self._several = bits((at for at, each in enumerate(parts) if len(each) > 1), count)
        # Two columns that rule out a rule mean two conditions, unless one condition asks both.
        self._single = bits((at for at, each in enumerate(parts) if _one_fact_each(each)), count)

    def survivors(self, facts: Facts) -> int:
        """Return the rules that are not ruled out, one bit each.

        Args:
            facts: What is known.
        """
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
        """Return the rules of two or more conditions of which at most one seems not to hold.

        Args:
            facts: What is known.
        """
        once = twice = 0
        every = self._every
        for fact, allowed, absent in self._near:
            value = facts.get(fact)
            failed = every ^ (absent if value is None else allowed(value))
            twice |= once & failed
            once |= failed
        return self._several & ~(twice & self._single)


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


def _asked(rules: Sequence[Rule]) -> list[Asked]:
    """Sort what the rules ask by fact."""
    parts: dict[str, dict[int, list[Condition]]] = {}
    needs: dict[str, dict[int, None]] = {}
    for at, rule in enumerate(rules):
        for part in conjuncts(rule.when):
            found = subjects(part)
            if len(found) == 1:
                parts.setdefault(found[0], {}).setdefault(at, []).append(part)
            elif needed := _needed(part):
                for name in needed:
                    needs.setdefault(name, {})[at] = None
    return [
        Asked(fact, parts.get(fact, {}), tuple(needs.get(fact, {})))
        for fact in dict.fromkeys((*parts, *needs))
    ]


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
