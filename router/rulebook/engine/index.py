"""The index of a phase: a lead's values leave some of its rules, found without asking each one.

Every rule stands in one branch, by the fact that says most about it. Where rules want one of some
texts, such as a domain or a country, a look into a dictionary gives those that want this one; if
they are many, they are a group (:mod:`router.rulebook.engine.groups`) of their own. What is left is
judged exactly. So the index never takes a rule away that is true, nor one that is unknown and
asks for a person; a rule with nothing that it understands is always left.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from sys import maxsize

from router.lead.facts import Facts, FactType
from router.rulebook.engine.columns import Ask, Asked, absences, kind_of
from router.rulebook.engine.events import ALIKE, beginning, by_length, ending
from router.rulebook.engine.groups import Group, Nearly, Questions
from router.rulebook.engine.shape import when_given
from router.rulebook.engine.unswept import unswept
from router.rulebook.model import OnUnknown, RuleBook

#: So many rules of one text are judged one by one; more are a group.
_FEW = 4
#: The share of values that is thought to leave a rule of which nothing better is known.
_UNSURE = 0.6
#: A rule that wants one of more texts than this stands under none of them.
_MANY_TEXTS = 100
#: Members of lists that rules may stand under, all in all.
_MANY_MEMBERS = 100_000
_WHOLE = frozenset({"is", "has"})
_ENDS = ("starts", "ends")
#: Telling these costs more than judging a rule: they do not come first.
_LATE = frozenset({"contains", "matches"})

#: Texts, beginnings and endings.
Wanted = tuple[Sequence[str], Sequence[str], Sequence[str]]
#: Places of rules, lowest first, or a group that finds them.
Node = tuple[int, ...] | Group


class Index:
    """The branches of a phase."""

    __slots__ = ("_nearly", "_questions", "branches")

    def __init__(self, questions: Questions) -> None:
        """Make the branches.

        Args:
            questions: Of the phase.
        """
        self._questions = questions
        self._nearly: Nearly | None = None
        members: dict[str, list[int]] = {}
        for at, fact in enumerate(_first_facts(questions)):
            members.setdefault(fact, []).append(at)
        found: list[tuple[int, Branch]] = []
        for fact, places in members.items():
            wanted = _wanted(fact, places, questions)
            if wanted:
                found.append((len(wanted), Keyed(fact, wanted, questions)))
            others = [at for at in places if at not in wanted]
            if others:
                found.append((len(others), Group(others, questions)))
        # The largest first: it is the one that most likely has a rule that fires early.
        found.sort(key=lambda each: each[0], reverse=True)
        #: Each with its fact and, where a whole text is all that counts, what it leads to.
        self.branches: tuple[tuple[str, Mapping[str, Node] | None, Branch], ...] = tuple(
            (branch.fact, branch.texts, branch) for _, branch in found
        )

    def survivors(self, facts: Facts) -> list[int]:
        """Return the places of the rules that are not ruled out, lowest first.

        Args:
            facts: What is known.
        """
        return sorted(at for *_, each in self.branches for at in each.places(facts, maxsize))

    def nearly(self, facts: Facts, before: int) -> Iterator[int]:
        """Return the rules of two or more conditions of which at most one seems not to hold.

        Args:
            facts: What is known.
            before: Only rules before this place in the phase.

        Returns:
            Their places, lowest first.
        """
        if self._nearly is None:
            # Made when it is asked first: a trial or a backtest never does.
            with unswept():
                self._nearly = Nearly(self._questions)
        return self._nearly.places(facts, before)


class Keyed:
    """Rules by the texts of which each wants one, whole or at an end."""

    __slots__ = (
        "_absent",
        "_by_text",
        "_empty",
        "_ends",
        "_is_list",
        "_made",
        "_starts",
        "fact",
        "texts",
    )

    def __init__(self, fact: str, wanted: Mapping[int, Wanted], questions: Questions) -> None:
        """Sort the rules by text.

        Args:
            fact: The fact, a text or a list.
            wanted: Place of a rule to what it wants one of.
            questions: Of the phase.
        """
        self.fact = fact
        self._is_list = kind_of(fact) is FactType.LIST
        #: Texts that lead to the same rules share what they lead to.
        self._made: dict[tuple[int, ...], Node] = {}
        whole, starts, ends = (_by_text(wanted, at) for at in range(3))
        self._by_text = {text: self._node(at, questions) for text, at in whole.items()}
        self._starts, self._ends = (
            tuple(
                (length, {text: self._node(at, questions) for text, at in table.items()})
                for length, table in by_length(texts, cut, ALIKE)
            )
            for texts, cut in ((starts, beginning), (ends, ending))
        )
        #: What a text leads to; None when that is not all that counts.
        self.texts = None if self._is_list or starts or ends else self._by_text
        mine = {at: questions.asks[fact][at] for at in wanted}
        self._absent = self._node(_left_without(Asked(fact, mine, ()), questions), questions)
        self._empty = self._node(
            [at for at, each in mine.items() if _left_empty(fact, each, questions.book)], questions
        )

    def places(self, facts: Facts, before: int) -> Iterable[int]:
        """Return the places of the rules that are not ruled out, lowest first.

        Args:
            facts: What is known.
            before: Rules from this place in the phase on do not matter; some may still be told.
        """
        value = facts.get(self.fact)
        if value is None:
            return _placed(self._absent, facts, before)
        if self._is_list:
            return self._of_items(value, facts, before)  # type: ignore[arg-type]  # its type is declared
        text = value.casefold()  # type: ignore[union-attr]  # its type is declared
        node = self._by_text.get(text)
        for length, table in self._starts:
            found = table.get(text[:length])
            if found is not None:
                node = found if node is None else self._joined(node, found, facts, before)
        for length, table in self._ends:
            found = table.get(text[-length:])
            if found is not None:
                node = found if node is None else self._joined(node, found, facts, before)
        if node is None:
            return ()
        return node if node.__class__ is tuple else node.places(facts, before)  # type: ignore[union-attr]  # the other of the two

    def _of_items(self, items: tuple[str, ...], facts: Facts, before: int) -> Iterable[int]:
        if not items:
            return _placed(self._empty, facts, before)
        node: Node | None = None
        for item in items:
            found = self._by_text.get(item.casefold())
            if found is not None and (found.__class__ is not tuple or found[0] < before):
                node = found if node is None else self._joined(node, found, facts, before)
        return () if node is None else _placed(node, facts, before)

    def _joined(self, one: Node, other: Node, facts: Facts, before: int) -> tuple[int, ...]:
        """Return the places of both, lowest first."""
        return tuple(sorted({*_placed(one, facts, before), *_placed(other, facts, before)}))

    def _node(self, places: Iterable[int], questions: Questions) -> Node:
        name = tuple(sorted(set(places)))
        if len(name) <= _FEW:
            return name
        found = self._made.get(name)
        if found is None:
            found = Group(name, questions, "" if self._is_list else self.fact)
            self._made[name] = found
        return found


Branch = Keyed | Group


def _placed(node: Node, facts: Facts, before: int) -> Iterable[int]:
    return node if isinstance(node, tuple) else node.places(facts, before)


def _first_facts(questions: Questions) -> list[str]:
    """Return for each rule the fact that is thought to leave it least often; empty for none."""
    found = [("", 1.0)] * len(questions.rules)
    for fact, by_rule in questions.asks.items():
        every = len({atom for each in by_rule.values() for atom in each.wanted or ()})
        for at, each in by_rule.items():
            share = _UNSURE
            if each.wanted is not None and not any(atom.kind in _LATE for atom in each.wanted):
                share = len(each.wanted) / (1 + every)
            if share < found[at][1]:
                found[at] = (fact, share)
    return [fact for fact, _ in found]


def _wanted(fact: str, places: Sequence[int], questions: Questions) -> dict[int, Wanted]:
    """Return what each rule wants one of; without rules that can want anything else."""
    found: dict[int, Wanted] = {}
    room = _MANY_MEMBERS
    lists = questions.book.lists
    for at in places if fact else ():
        atoms = questions.asks[fact][at].wanted
        if atoms is None or len(atoms) > _MANY_TEXTS or {one.kind for one in atoms} & _LATE:
            continue
        whole = [one.text for one in atoms if one.kind in _WHOLE]
        members = [one for kind, name in atoms if kind == "list" for one in lists.get(name, ())]
        room -= len(members)
        if room >= 0:
            starts, ends = ([one.text for one in atoms if one.kind == kind] for kind in _ENDS)
            found[at] = ([*whole, *members], starts, ends)
    return found


def _by_text(wanted: Mapping[int, Wanted], which: int) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for at, each in wanted.items():
        for text in each[which]:
            places.setdefault(text, []).append(at)
    return places


def _left_without(asked: Asked, questions: Questions) -> list[int]:
    """Return the rules that are left when the fact is unknown."""
    false, unknown = absences(asked, questions.book)
    out = {*false}
    out.update(at for at in unknown if questions.rules[at].on_unknown is not OnUnknown.REVIEW)
    return [at for at in asked.rules if at not in out]


def _left_empty(fact: str, each: Ask, book: RuleBook) -> bool:
    """Tell whether a list without items leaves a rule."""
    return kind_of(fact) is FactType.LIST and all(
        when_given(part, book, {fact: ()}) for part in each.parts
    )
