"""Conditions as regions: where they are true, where they may be, and where they are false.

A condition is taken apart down to its comparisons, ``not`` being pushed inwards: in three-valued
logic as in the usual one, *not (a and b)* is *(not a) or (not b)*, and what is unknown stays so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from router.lead.facts import FACTS, FactType
from router.rulebook.model import RuleBook
from router.rulebook.rule import AllOf, AnyOf, Comparison, Condition, NotOf, Operator
from router.rulebook.space.ask import asked
from router.rulebook.space.box import (
    ALL,
    Box,
    Budget,
    Region,
    Space,
    Values,
    meet,
    micros,
    space_of,
)
from router.rulebook.space.sets import Flags, Lists
from router.rulebook.space.spans import Spans, span, spans_of
from router.rulebook.space.texts import Texts

_O = Operator
_EVERYTHING: Region = ({},)
#: Moments at which calendars are asked; at all others nobody can tell whether they are open.
_CALENDARS = spans_of(
    (
        span(
            micros(datetime(2020, 1, 1, tzinfo=UTC)),
            micros(datetime(2060, 1, 1, tzinfo=UTC)),
            below=True,
        ),
    ),
    whole=True,
)


@dataclass(frozen=True, slots=True)
class Regions:
    """Where a condition is true, where it is false, and where it is not false."""

    true: Region
    false: Region
    #: True or unknown: what a rule with ``on_unknown: review`` stops.
    possible: Region


@dataclass(frozen=True, slots=True)
class Reading:
    """What conditions are read with."""

    book: RuleBook
    space: Space
    budget: Budget
    #: Facts that cannot be known where the condition is judged.
    hidden: frozenset[str] = frozenset()


def region_of(condition: Condition, book: RuleBook) -> Regions:
    """Return the regions of a condition.

    Args:
        condition: The condition.
        book: The book, for its lists and calendars.

    Raises:
        TooMuch: It has more branches than can be looked at.
    """
    reading = Reading(book, space_of(book), Budget())
    return Regions(
        true=where(condition, reading),
        false=where(condition, reading, negated=True),
        possible=where(condition, reading, unknown=True),
    )


def where(
    condition: Condition, reading: Reading, *, negated: bool = False, unknown: bool = False
) -> Region:
    """Return where a condition is true.

    Args:
        condition: The condition.
        reading: What it is read with.
        negated: Return where it is false instead.
        unknown: Return also where it is unknown.

    Raises:
        TooMuch: It has more branches than the budget allows.
    """
    match condition:
        case Comparison():
            return _comparison(condition, reading, negated=negated, unknown=unknown)
        case NotOf(part):
            return where(part, reading, negated=not negated, unknown=unknown)
        case AllOf(parts) | AnyOf(parts):
            regions = [where(part, reading, negated=negated, unknown=unknown) for part in parts]
            if isinstance(condition, AllOf) is not negated:
                return both(regions, reading.budget)
            return tuple(box for region in regions for box in region)


def both(regions: Sequence[Region], budget: Budget) -> Region:
    """Return what all of some regions have in common.

    Args:
        regions: The regions; of none it is everything.
        budget: Of the question.

    Raises:
        TooMuch: It has more boxes than the budget allows.
    """
    found = _EVERYTHING
    # Short ones first: what is empty soon costs little.
    for region in sorted(regions, key=len):
        budget.spend(len(found) * len(region))
        found = tuple(
            box for one in found for other in region if (box := meet(one, other)) is not None
        )
    return found


def _comparison(test: Comparison, reading: Reading, *, negated: bool, unknown: bool) -> Region:
    if test.operator is _O.MISSING:
        return _missing(test, reading, wanted=(test.want is True) is not negated)
    facts = asked_of(test)
    if not reading.hidden.isdisjoint(facts):
        return _EVERYTHING if unknown else ()
    found: list[Box] = []
    dated = _CALENDARS if test.operator in (_O.IN_CALENDAR, _O.NOT_IN_CALENDAR) else None
    if dated and test.named not in reading.book.calendars:
        return _EVERYTHING if unknown else ()
    for dimension, values in asked(test, reading.book, negated=negated):
        box = meet({dimension: values}, {dimension: reading.space.all_of(dimension)})
        if box is None:
            continue
        if isinstance(dimension, tuple):
            present: Box = {fact: present_of(fact, reading.space) for fact in facts}
            box = {**present, **box}
            if dated:
                box = {**box, test.fact: dated}
        found.append(box)
    if unknown and dated:
        found.append({test.fact: ALL[FactType.DATE].minus(dated)[0]})  # type: ignore[arg-type]  # both are moments
    elif unknown:
        found += [{fact: absent_of(fact)} for fact in facts]
    return tuple(found)


def asked_of(test: Comparison) -> tuple[str, ...]:
    """Return the facts that a comparison needs.

    Args:
        test: A comparison other than ``missing``.
    """
    if test.operator is _O.SAME_AS:
        return (test.fact, str(test.want))
    if test.operator is _O.WITHIN_LAST and test.fact != "received_at":
        return (test.fact, "received_at")
    return (test.fact,)


def _missing(test: Comparison, reading: Reading, *, wanted: bool) -> Region:
    if test.fact in reading.hidden:
        return _EVERYTHING if wanted else ()
    if FACTS[test.fact][0] is FactType.LIST:
        # An empty list counts as missing.
        return ({test.fact: Lists(absent=wanted, some=not wanted)},)
    if wanted:
        return ({test.fact: absent_of(test.fact)},)
    return ({test.fact: present_of(test.fact, reading.space)},)


def absent_of(fact: str) -> Values:
    """Return that a fact is missing, and nothing else.

    Args:
        fact: Its name.
    """
    match ALL[FACTS[fact][0]]:
        case Lists():
            return Lists(absent=True, known=False)
        case Flags():
            return Flags(absent=True, values=frozenset())
        case Spans(whole=whole):
            return Spans(absent=True, whole=whole)
        case _:
            return Texts(absent=True)


def present_of(fact: str, space: Space) -> Values:
    """Return every value of a fact, without that it is missing.

    Args:
        fact: Its name.
        space: All values there are.
    """
    every = space.all_of(fact)
    (found,) = every.minus(absent_of(fact))  # type: ignore[arg-type]  # one fact, one kind of values
    return found
