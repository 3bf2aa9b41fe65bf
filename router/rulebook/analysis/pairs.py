"""Pairs of rungs, one of each book, that give some lead different things."""

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from router.lead.facts import Facts
from router.rulebook.analysis.rungs import NO_OWNER, Rung, Rungs
from router.rulebook.analysis.search import Answered, Search, Sought
from router.rulebook.model import RuleBook
from router.rulebook.space.box import Box, Budget, Region, Space, TooMuch
from router.rulebook.space.region import both

#: Owner steps of both books that are gone through when a lead without an owner is in the way.
_MOST_OWNERS = 400
#: So few rungs are tried one by one.
_FEW = 8
#: Rules of the other book that are named for one rule: nobody reads more.
MOST_OF_ONE = 40


class Shown(IntEnum):
    """How well a lead shows a difference."""

    NOT = 0
    #: It does, but something weightier differs for it too.
    PARTLY = 1
    WELL = 2


Differs = Callable[[Rung, Rung, Facts], Shown]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rungs that some lead stands on, and how the search for it ended."""

    old: Rung
    new: Rung
    sought: Sought


@dataclass(slots=True)
class Pairing:
    """Two books' rungs for one thing."""

    old: Rungs
    new: Rungs
    space: Space
    #: The book that leads are made up for; it has the calendars of both.
    seen_in: RuleBook
    #: Whether a lead shows the difference between two rungs, asked of both books.
    differs: Differs
    #: What all searches may take together.
    total: Budget
    #: What differs matters only for leads that get an owner in both books.
    owned: bool = False
    #: Givers that were found, which are not looked for again.
    known: set[tuple[str, str]] = field(default_factory=set)
    #: Rules that have more counterparts than are named.
    crowded: set[str] = field(default_factory=set)
    #: Where the budget ended, if it did.
    ended_at: Rung | None = None
    _named: Counter[tuple[str, str]] = field(default_factory=Counter)

    def pairs(self) -> Iterator[Pair]:
        """Give the pairs, one for each two givers, and those that could not be decided."""
        for place, number in self._candidates():
            old, new = self.old.rungs[place], self.new.rungs[number]
            givers = (old.giver, new.giver)
            aside = NO_OWNER in (old.outcome, new.outcome)
            if old.outcome == new.outcome or givers in self.known or (aside and self.owned):
                continue
            ends = (("old", old.giver), ("new", new.giver))
            crowded = [giver for which, giver in ends if self._named[which, giver] >= MOST_OF_ONE]
            self.crowded.update(crowded)
            if crowded:
                continue
            if self.total.left < 0:
                self.ended_at = old
                return
            sought = self._sought(place, number)
            if sought.answered is Answered.FOUND:
                self.known.add(givers)
                self._named.update(ends)
            if sought.answered is not Answered.NONE:
                yield Pair(old, new, sought)

    def _candidates(self) -> Iterator[tuple[int, int]]:
        """Give places of the old book with places of the new one that a lead may stand on both."""
        seen = [self.old.first.get(rung.step.key, math.inf) for rung in self.new.rungs]
        passed: dict[float, list[int]] = {}
        for number, at in enumerate(seen):
            passed.setdefault(at, []).append(number)
        # Who stands before an equal rung of the other book never gets to it.
        alive = list(range(len(seen)))
        for place, old in enumerate(self.old.rungs):
            until = self.new.first.get(old.step.key, len(seen))
            numbers = alive[: bisect_right(alive, until)]
            if old.step.region is None:
                numbers = numbers[:1]
            elif len(numbers) > _FEW and self._is_hidden(place):
                numbers = []
            for number in self._touching(old, numbers):
                yield place, number
            for number in passed.get(place, ()):
                del alive[bisect_left(alive, number)]

    def _is_hidden(self, place: int) -> bool:
        """Tell whether earlier rungs of the old book surely take every lead of one."""
        search = Search(self.seen_in, self.space, show=False, total=self.total)
        region = self.old.rungs[place].step.own
        found = search.run(region, lambda box: self.old.covers(box, 0, place))
        return found.answered is Answered.NONE

    def _touching(self, old: Rung, numbers: list[int]) -> list[int]:
        if len(numbers) <= _FEW or old.step.region is None:
            return numbers
        shelf = self.new.shelf
        found = {shelf.owners[place] for box in old.step.own for place in shelf.touching(box)}
        return [
            number
            for number in numbers
            if number in found or self.new.rungs[number].step.region is None
        ]

    def _sought(self, place: int, number: int) -> Sought:
        old, new = self.old.rungs[place], self.new.rungs[number]
        if old.step.region is None or new.step.region is None:
            return Sought(Answered.UNDECIDED)
        try:
            region = both((old.step.own, new.step.own), Budget())
        except TooMuch:
            return Sought(Answered.UNDECIDED)
        if not region:
            return Sought(Answered.NONE)
        partly: list[Facts] = []

        def covers(box: Box) -> list[Box]:
            return self.old.covers(box, 0, place) + self.new.covers(box, 0, number)

        def confirm(facts: Facts) -> bool:
            shown = self.differs(old, new, facts)
            if shown is Shown.PARTLY:
                partly.append(facts)
            return shown is Shown.WELL

        search = Search(self.seen_in, self.space, confirm, total=self.total)
        loose = [
            rungs for rungs, at in ((self.old, place), (self.new, number)) if at < rungs.deciding
        ]
        if not self.owned or not loose:
            found = search.run(region, covers)
        else:
            found = self._owned(region, covers, search, loose)
        if found.answered is not Answered.FOUND and partly:
            return Sought(Answered.FOUND, partly[0])
        return found

    def _owned(
        self,
        region: Region,
        covers: Callable[[Box], list[Box]],
        search: Search,
        loose: list[Rungs],
    ) -> Sought:
        """Look for a lead that gets an owner: where none could be refused first."""

        def owners_only(box: Box) -> list[Box]:
            return covers(box) + [each for rungs in loose for each in rungs.aside(box)]

        found = search.run(region, owners_only)
        if found.answered is not Answered.FOUND:
            found = search.run(region, covers)
        if found.answered is Answered.UNDECIDED:
            return self._by_owner(region, covers, search, loose)
        return found

    def _by_owner(
        self,
        region: Region,
        covers: Callable[[Box], list[Box]],
        search: Search,
        loose: list[Rungs],
    ) -> Sought:
        """Go through the steps that give an owner, one by one."""
        parts: list[tuple[Region, tuple[tuple[Rungs, int], ...]]] = [(region, ())]
        for rungs in loose:
            owners = [
                at
                for at in range(rungs.deciding, len(rungs.rungs))
                if rungs.rungs[at].outcome != NO_OWNER
            ]
            if len(owners) * len(parts) > _MOST_OWNERS:
                return Sought(Answered.UNDECIDED)
            try:
                parts = [
                    (narrowed, (*ends, (rungs, at)))
                    for some, ends in parts
                    for at in owners
                    if (narrowed := both((some, rungs.rungs[at].step.own), Budget()))
                ]
            except TooMuch:
                return Sought(Answered.UNDECIDED)
        undecided = False
        for some, ends in parts:

            def all_covers(box: Box, ends: tuple[tuple[Rungs, int], ...] = ends) -> list[Box]:
                more = (rungs.covers(box, rungs.deciding, at) for rungs, at in ends)
                return covers(box) + [each for found in more for each in found]

            found = search.run(some, all_covers)
            if found.answered is Answered.FOUND:
                return found
            undecided = undecided or found.answered is Answered.UNDECIDED
        return Sought(Answered.UNDECIDED if undecided else Answered.NONE)
