"""What one comparison asks for, as values of one fact or of what is asked of several."""

from datetime import datetime

from router.lead.facts import FACTS, FactType, FactValue
from router.rulebook.model import RuleBook
from router.rulebook.rule import Comparison, Operator
from router.rulebook.space.box import ALL, Dimension, Values, micros
from router.rulebook.space.marks import Mark
from router.rulebook.space.sets import Flags, Lists
from router.rulebook.space.spans import HIGHEST, LOWEST, Span, Spans, span, spans_of
from router.rulebook.space.texts import Texts

_O = Operator
_NEGATIVE = frozenset({_O.NOT, _O.NOT_IN, _O.NOT_IN_LIST, _O.NOT_IN_CALENDAR})
_PARTS = frozenset({_O.CONTAINS, _O.STARTS_WITH, _O.ENDS_WITH})
#: Longer lists are not spread out over every box that asks for them.
_SPREAD = 5_000


def asked(
    test: Comparison, book: RuleBook, *, negated: bool
) -> tuple[tuple[Dimension, Values], ...]:
    """Return what a known fact must be for a comparison to hold; any one of them will do.

    Args:
        test: A comparison other than ``missing``.
        book: For its lists and calendars.
        negated: Return what it must be for the comparison not to hold.
    """
    negated = negated is not (test.operator in _NEGATIVE)
    match test.operator:
        case _O.SAME_AS:
            return _same(test.fact, str(test.want), negated=negated)
        case _O.IN_CALENDAR | _O.NOT_IN_CALENDAR:
            content = repr(book.calendars.get(test.named))
            return ((("calendar", test.fact, test.named, content), _flag(not negated)),)
        case _O.MATCHES:
            return ((("matches", test.fact, str(test.want)), _flag(not negated)),)
        case _O.WITHIN_LAST:
            return _within(test, negated=negated)
        case _:
            return tuple((test.fact, each) for each in _of_one(test, book, negated=negated))


def _of_one(test: Comparison, book: RuleBook, *, negated: bool) -> tuple[Values, ...]:
    match FACTS[test.fact][0]:
        case FactType.LIST:
            return _of_list(test.want, negated=negated)
        case FactType.TEXT | FactType.CODE:
            return _of_text(test, book, negated=negated)
        case FactType.BOOL:
            return (_flag((test.want is True) is not negated),)
        case kind:
            return (_of_number(test, kind, negated=negated),)


def _flag(value: bool) -> Flags:  # noqa: FBT001 - the value itself
    return Flags(absent=False, values=frozenset({value}))


def _same(one: str, other: str, *, negated: bool) -> tuple[tuple[Dimension, Values], ...]:
    if one == other:
        return () if negated else ((one, _known(one)),)
    return ((("same", *sorted((one, other))), _flag(not negated)),)


def _known(fact: str) -> Values:
    every = ALL[FACTS[fact][0]]
    if isinstance(every, Texts):
        return Texts(absent=False, open=True)
    if isinstance(every, Spans):
        return Spans(absent=False, spans=every.spans, whole=every.whole)
    return Flags(absent=False) if isinstance(every, Flags) else Lists(absent=False)


def _within(test: Comparison, *, negated: bool) -> tuple[tuple[Dimension, Values], ...]:
    if test.fact == "received_at":
        # No time passes between a moment and itself.
        return () if negated else ((test.fact, _known(test.fact)),)
    inside = spans_of((span(0, _number(test.want)),), whole=False)
    every = Spans(absent=False, spans=((LOWEST, HIGHEST),))
    found = every.minus(inside) if negated else (inside,)
    return tuple((("age", test.fact), each) for each in found)


def _of_list(want: FactValue, *, negated: bool) -> tuple[Lists, ...]:
    wanted = want if isinstance(want, tuple) else (str(want),)
    if negated:
        return (Lists(absent=False, forbidden=frozenset(wanted)),)
    return tuple(Lists(absent=False, required=frozenset({each})) for each in wanted)


def _of_text(test: Comparison, book: RuleBook, *, negated: bool) -> tuple[Texts, ...]:
    want = test.want
    if test.operator in (_O.IN_LIST, _O.NOT_IN_LIST):
        entries = book.lists.get(test.named, frozenset())
        if len(entries) > _SPREAD:
            return _marked((Mark(_O.IN_LIST, test.named, entries),), negated=negated)
        return (Texts(absent=False, values=entries, open=negated),)
    texts = want if isinstance(want, tuple) else (str(want),)
    if test.operator in _PARTS:
        return _marked(tuple(Mark(test.operator, text) for text in texts), negated=negated)
    return (Texts(absent=False, values=frozenset(texts), open=negated),)


def _marked(marks: tuple[Mark, ...], *, negated: bool) -> tuple[Texts, ...]:
    """Return the texts with any of the marks, or those with none."""
    if negated:
        return (Texts(absent=False, open=True, lacking=frozenset(marks)),)
    return tuple(Texts(absent=False, open=True, having=frozenset({each})) for each in marks)


def _of_number(test: Comparison, kind: FactType, *, negated: bool) -> Values:
    whole = kind is not FactType.NUM
    wants = test.want if isinstance(test.want, tuple) else (test.want,)
    points = sorted(_number(each) for each in wants)
    spans: tuple[Span, ...]
    match test.operator:
        case _O.GTE:
            spans = ((span(points[0], 0)[0], HIGHEST),)
        case _O.GT | _O.AFTER:
            spans = (((points[0], 1), HIGHEST),)
        case _O.LTE:
            spans = ((LOWEST, (points[0], 1)),)
        case _O.LT | _O.BEFORE:
            spans = ((LOWEST, (points[0], 0)),)
        case _:
            spans = tuple(span(each, each) for each in points)
    inside = spans_of(spans, whole=whole)
    if not negated:
        return inside
    every = _known(test.fact)
    if not isinstance(every, Spans):
        return every
    left = every.minus(inside)
    return left[0] if left else Spans(absent=False, whole=whole)


def _number(value: FactValue) -> float:
    if isinstance(value, datetime):
        return micros(value)
    return value if isinstance(value, (int, float)) else 0.0
