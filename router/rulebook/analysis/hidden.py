"""Rules that are reached, but not with everything that they ask for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from router.lead.facts import Facts, FactValue
from router.rulebook.analysis.codes import found
from router.rulebook.analysis.enrich import asked_of, common
from router.rulebook.analysis.finding import Finding
from router.rulebook.analysis.ladder import Ladder, Step
from router.rulebook.analysis.reach import decided_at, owners_of
from router.rulebook.analysis.search import Answered, Search, before
from router.rulebook.rule import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Operator,
    Phase,
    Place,
    Rule,
    Truth,
)
from router.rulebook.space.box import Box, Budget, TooMuch
from router.rulebook.space.naive import AFTER_CLASSIFY, ASIDE, answer, fires
from router.rulebook.space.region import Reading, both, where
from router.rulebook.space.shelf import Shelf
from router.wording import listed

#: Values of one comparison that are looked at, and rules that one is compared with.
_VALUES, _COMPARED = 60, 12
_SEVERAL = {Operator.IN: Operator.IS, Operator.IN_LIST: Operator.IS, Operator.HAS_ANY: Operator.HAS}


@dataclass(frozen=True, slots=True)
class _Part:
    """One of several ways in which a rule may hold."""

    place: Place
    #: A comparison with one value, or a branch of ``any``.
    condition: Condition
    #: For people.
    said: str


def hidden_parts(rungs: Ladder, dead: frozenset[Place], total: Budget) -> Iterator[Finding]:
    """Give the values and branches of rules that earlier rules take from them.

    Args:
        rungs: The book's steps.
        dead: Places of the rules that are never reached: nothing more is said of them.
        total: What all questions may take together.
    """
    shelf = Shelf()
    for number, step in enumerate(rungs.steps):
        shelf.add(step.region or (), number)
    seen: set[str] = set()
    for number, step in enumerate(rungs.steps):
        first = step.rule.id not in seen
        seen.add(step.rule.id)
        if first and step.rule.place not in dead and total.left > 0:
            look = _Look(rungs, shelf, number, total)
            yield from look.parts()
            yield from look.narrower()


@dataclass(frozen=True, slots=True)
class _Look:
    """One rule looked at: its first step, and all steps on a shelf."""

    rungs: Ladder
    shelf: Shelf
    number: int
    total: Budget

    @property
    def step(self) -> Step:
        return self.rungs.steps[self.number]

    def parts(self) -> Iterator[Finding]:
        """Give what never counts, by the comparison or branch in which it stands."""
        rule = self.step.rule
        if rule.table:
            return
        gone: dict[tuple[Place, tuple[str, ...]], list[str]] = {}
        rules: dict[str, Rule] = {}
        for part in _parts(rule.when, self.rungs):
            takers = self._takers(part)
            if takers and any(taker.then.target != rule.then.target for taker in takers):
                names = tuple(taker.id for taker in takers)
                rules |= {taker.id: taker for taker in takers}
                gone.setdefault((part.place, names), []).append(part.said)
        for (place, names), said in gone.items():
            earlier = listed([f"'{name}' ({_target(rules[name])})" for name in names])
            verbs = ("counts: it is", "count: they are")[len(said) > 1]
            yield found(
                "part-never-reached",
                place,
                f"of '{rule.id}', {listed(said)} never {verbs} taken before, by {earlier}",
            )

    def _takers(self, part: _Part) -> list[Rule]:
        """Return the earlier rules that take all of a part; none when some lead is left."""
        rule, book = self.step.rule, self.rungs.book
        if self._by_example(part):
            return []
        hidden = AFTER_CLASSIFY if rule.phase is Phase.GUARDS else frozenset[str]()
        reading = Reading(book, self.rungs.space, Budget(), hidden)
        try:
            narrow = where(part.condition, reading)
            region = both((narrow, where(rule.when, reading)), reading.budget)
        except TooMuch:
            return []
        used: list[Box] = []
        search = Search(book, self.rungs.space, show=False, total=self.total)
        answered = search.run(region, before(self.shelf, self.number), used).answered
        if not region or answered is not Answered.NONE:
            return []
        return list(owners_of(self.rungs, self.shelf, used)[1].values())

    def _by_example(self, part: _Part) -> bool:
        """Tell whether the rule decides one of its examples with the part put in."""
        test = part.condition
        if not isinstance(test, Comparison):
            return False
        value: FactValue = (str(test.want),) if test.operator is Operator.HAS else test.want
        leads = [each.facts for each in self.step.rule.examples if each.matches]
        return any(
            decided_at(self.rungs.book, {**facts, test.fact: value}, self.step)
            for facts in leads[:3]
        )

    def narrower(self) -> Iterator[Finding]:
        """Give the first wider rule that stands before this one and takes leads from it."""
        step, rungs = self.step, self.rungs
        asked = asked_of(rungs.book, step.rule)
        tried: set[str] = set()
        for other in self._touching():
            if len(tried) >= _COMPARED:
                return
            rule = other.rule
            same = rule.phase is not step.rule.phase or rule.id in tried
            target = other.effect.target
            if same or target[0] in ASIDE or target == step.effect.target:
                continue
            if not asked_of(rungs.book, rule) < asked:
                continue
            tried.add(rule.id)
            facts = self._lost_to(other)
            if facts is not None:
                yield found(
                    "hidden-in-part",
                    step.rule.place,
                    f"'{step.rule.id}' loses leads to '{rule.id}' ({rule.place}), which asks for"
                    f" less, stands first and gives them to {_target(rule)}",
                    example=facts,
                )
                return

    def _touching(self) -> Iterator[Step]:
        for box in self.step.region or ():
            self.total.left -= 1 + len(self.shelf.boxes) // 64
            for place in self.shelf.touching(box, self.number):
                yield self.rungs.steps[self.shelf.owners[place]]

    def _lost_to(self, other: Step) -> Facts | None:
        rungs, rule = self.rungs, self.step.rule

        def lost(facts: Facts) -> bool:
            truth, _ = fires(rule, rungs.book, facts)
            return truth is Truth.TRUE and answer(rungs.book, facts).rule is other.rule

        search = Search(rungs.book, rungs.space, lost, total=self.total)
        return common(other.region or (), self.step.region or (), search)


def _target(rule: Rule) -> str:
    kind, name = rule.then.target
    if rule.table and not kind:
        return f"whom the table '{rule.table}' names"
    return f"{kind} {name}"


def _parts(condition: Condition, rungs: Ladder) -> Iterator[_Part]:
    """Give the ways in which a condition may hold, where there are several."""
    match condition:
        case AllOf(parts):
            for part in parts:
                yield from _parts(part, rungs)
        case AnyOf(parts):
            for number, part in enumerate(parts, 1):
                if len(parts) > 1:
                    yield _Part(part.place, part, f"branch {number} of 'any'")
                yield from _parts(part, rungs)
        case Comparison(operator=operator) if operator in _SEVERAL:
            yield from _values(condition, rungs)
        case _:
            return


def _values(test: Comparison, rungs: Ladder) -> Iterator[_Part]:
    wants: Sequence[str] = test.want if isinstance(test.want, tuple) else (str(test.want),)
    if test.operator is Operator.IN_LIST:
        wants = sorted(rungs.book.lists.get(test.named, frozenset()))
    if len(wants) == 1 or len(wants) > _VALUES * 10:
        return
    for want in wants[:_VALUES]:
        one = replace(test, operator=_SEVERAL[test.operator], want=want, named="")
        shown = want.upper() if test.fact == "country" else want
        listed_in = f" of the list '{test.named}'" if test.named else ""
        yield _Part(test.place, one, f"{test.fact} '{shown}'{listed_in}")
