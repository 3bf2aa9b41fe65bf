"""Leads that nothing but the fallback takes, and what they have in common."""

from collections.abc import Iterator, Sequence
from itertools import islice

from router.lead.facts import FACTS, Facts, FactType
from router.rulebook.analysis.codes import found
from router.rulebook.analysis.enrich import asked_of
from router.rulebook.analysis.finding import Finding
from router.rulebook.analysis.ladder import Ladder
from router.rulebook.analysis.search import Search
from router.rulebook.rule import Phase
from router.rulebook.space.box import BUDGET, Box, Budget, Space, TooMuch, Values, uncovered
from router.rulebook.space.naive import answer
from router.rulebook.space.region import present_of
from router.rulebook.space.sets import Flags, Lists
from router.rulebook.space.shelf import Shelf
from router.rulebook.space.spans import HIGHEST, LOWEST, Span, Spans
from router.rulebook.space.texts import Texts
from router.wording import listed

#: Parts of the gap that are looked at, and facts that an example is given, if it can have them.
_PARTS, _KNOWN = 8_000, 6
_NAMED = 3
#: Kinds of facts that an example does without: a moment or an empty list says little.
_ODD = (FactType.DATE, FactType.LIST)


def gaps(rungs: Ladder, total: Budget) -> Iterator[Finding]:
    """Tell which leads only the fallback takes, with one that shows it.

    Args:
        rungs: The book's steps.
        total: What all questions may take together.
    """
    book, space = rungs.book, rungs.space
    routes = book.rules.get(Phase.ROUTES, ())
    fallback = book.rules.get(Phase.FALLBACK, ())
    if not fallback or not routes:
        return
    shelf = Shelf()
    for number, step in enumerate(rungs.steps):
        if step.rule.phase is not Phase.FALLBACK:
            shelf.add(step.region or (), number)
    counted: dict[str, int] = {}
    for rule in routes:
        for name in asked_of(book, rule):
            counted[name] = counted.get(name, 0) + 1
    names = sorted(counted, key=lambda name: (-counted[name], name))

    def falls(facts: Facts) -> bool:
        taken = answer(book, facts).rule
        return taken is None or taken.phase is Phase.FALLBACK

    facts = _example(names, Search(book, space, falls, total=total), shelf)
    if facts is None:
        return
    said = [f"{name} {told}" for name, told in _common(names, shelf, space)]
    every = f": {'; '.join(said)}" if said else ""
    yield found(
        "only-fallback",
        fallback[-1].place,
        f"no rule but the fallback takes some leads{every}",
        example=facts,
    )


def _example(names: Sequence[str], search: Search, shelf: Shelf) -> Facts | None:
    """Find a lead of which as much is known as may be."""
    box: Box = {}

    def covers(part: Box) -> Sequence[Box]:
        return [shelf.boxes[place] for place in shelf.touching(part)]

    best = search.run((box,), covers).facts
    plain = [name for name in names if FACTS[name][0] not in _ODD]
    for name in plain[:_KNOWN] if best is not None else ():
        more = {**box, name: present_of(name, search.space)}
        facts = search.run((more,), covers).facts
        if facts is not None:
            box, best = more, facts
    return best


def _common(names: Sequence[str], shelf: Shelf, space: Space) -> Iterator[tuple[str, str]]:
    """Give what all leads of the gap have in common, fact by fact, in words."""
    parts = _gap(shelf, space)
    for name in names if parts else ():
        left: list[Values] = [space.all_of(name)]
        for part in parts:
            mine = part.get(name)
            if mine is None:
                left = []
                break
            left = [piece for one in left for piece in one.minus(mine)]  # type: ignore[arg-type]  # one fact, one kind of values
            if not left:
                break
        told = _without(name, left, space)
        if told:
            yield name, told


def _gap(shelf: Shelf, space: Space) -> list[Box]:
    """Return all parts of the gap; none when there are too many to say anything for sure."""
    budget = Budget(BUDGET)
    try:
        found = list(islice(uncovered({}, shelf.boxes, space, budget), _PARTS + 1))
    except TooMuch:
        return []
    return found if len(found) <= _PARTS else []


def _without(name: str, never: Sequence[Values], space: Space) -> str:
    """Say which values of a fact no lead of the gap has."""
    absent = any(values.absent for values in never)
    words: list[str] = []
    for values in never:
        match values:
            case Texts():
                words += _texts(name, values, space)
            case Spans():
                words += _spans(values)
            case Flags():
                words += [f"not {str(each).lower()}" for each in sorted(values.values)]
            case Lists(required=required) if values.has_list and required:
                words.append(f"without '{min(required)}'")
            case _:
                continue
    if absent:
        words.append("known")
    return " and ".join(dict.fromkeys(words))


def _texts(name: str, values: Texts, space: Space) -> list[str]:
    if not values.has_text:
        return []
    shown = [each.upper() if name == "country" else each for each in sorted(values.values)]
    every = space.all_of(name)
    if not values.open:
        known = isinstance(every, Texts) and not every.open and every.values == values.values
        return ["missing"] if known else [f"none of {listed(shown, _NAMED)}"]
    if values.having or values.lacking:
        return []
    return [f"one of {listed(shown, _NAMED)}" if shown else "missing"]


def _spans(values: Spans) -> list[str]:
    return [_span(span) for span in values.open_ended()]


def _span(span: Span) -> str:
    low, high = span
    if low == LOWEST and high == HIGHEST:
        return "missing"
    if high == HIGHEST:
        return f"below {low[0]:g}"
    if low == LOWEST:
        return f"above {high[0]:g}"
    return f"not from {low[0]:g} to {high[0]:g}"
