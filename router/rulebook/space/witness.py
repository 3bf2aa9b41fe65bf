"""A lead that lies in a box: concrete facts, confirmed by the reference evaluator's own eyes."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice, product

from router.lead.facts import FACTS, Facts, FactType, FactValue
from router.rulebook.engine.lookup import find_row
from router.rulebook.engine.operands import fold, is_open
from router.rulebook.model import Calendar, RuleBook
from router.rulebook.reading.reader import countries
from router.rulebook.space.box import (
    NO_ROW,
    ROW,
    UNKNOWN_ROW,
    Box,
    Dimension,
    Values,
    micros,
)
from router.rulebook.space.naive import matches
from router.rulebook.space.patterns import samples_of
from router.rulebook.space.sets import Flags, Lists
from router.rulebook.space.spans import Spans
from router.rulebook.space.texts import Texts
from router.rulebook.table import Row, Table
from router.rulebook.worktime import work_time

#: Leads that are tried before the search is given up.
TRIES = 96
#: Values of one fact that are tried.
_EACH = 4
#: Rows of a table that are tried.
_ROWS = 24
#: A Wednesday at noon, in UTC, from which moments are looked for.
_NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
#: So many years off it are near.
_YEARS = 6
#: What a reader would expect to see, by fact; elsewhere any text will do.
_LIKELY: Mapping[str, tuple[str, ...]] = {
    "country": ("BR", "ZA", "JP", "MX", "KE"),
    "email.domain": ("elsewhere.example", "nowhere.example"),
    "email.address": ("sam@elsewhere.example", "kim@nowhere.example"),
    "phone.number": ("+442079460000", "+12025550100"),
    "postcode": ("ZZ9 9ZZ", "00000"),
    "company": ("Elsewhere Ltd",),
    "name": ("Sam Doe",),
    "message": ("Hello",),
}

Confirm = Callable[[Facts], bool]


def witness(box: Box, book: RuleBook, confirm: Confirm | None = None) -> Facts | None:
    """Find a lead that lies in a box.

    Args:
        box: A box without an empty side.
        book: The book, for its tables and calendars.
        confirm: What the lead must show as well, e.g. that a rule takes it; it is asked of the
            reference evaluator.

    Returns:
        Facts of the declared types; None when none could be found, which proves nothing.
    """
    for facts in islice(_leads(box, book), TRIES):
        if lies_in(facts, box, book) and (confirm is None or confirm(facts)):
            return facts
    return None


def lies_in(facts: Facts, box: Box, book: RuleBook) -> bool:
    """Tell whether a lead lies in a box.

    Args:
        facts: The lead.
        box: The box.
        book: The book, for its tables and calendars.
    """
    return all(_lies(facts, dimension, values, book) for dimension, values in box.items())


def _lies(facts: Facts, dimension: Dimension, values: Values, book: RuleBook) -> bool:
    if isinstance(dimension, tuple):
        return _lies_across(facts, dimension, values, book)
    value = facts.get(dimension)
    if value is None:
        return values.absent
    match values:
        case Texts():
            return isinstance(value, str) and values.fits(value.casefold())
        case Spans():
            return not isinstance(value, (str, tuple)) and values.fits(_number(value))
        case Flags():
            return value in values.values
        case Lists():
            return isinstance(value, tuple) and _list_fits(
                values, frozenset(each.casefold() for each in value)
            )


def _list_fits(values: Lists, inside: frozenset[str]) -> bool:
    return (
        values.known
        and values.required <= inside
        and values.forbidden.isdisjoint(inside)
        and (values.some is None or values.some is bool(inside))
    )


def _number(value: FactValue) -> float:
    if isinstance(value, datetime):
        return micros(value)
    return value if isinstance(value, (int, float)) else 0.0


def _lies_across(facts: Facts, dimension: tuple[str, ...], values: Values, book: RuleBook) -> bool:
    """Tell whether facts together are as a box says; where one is missing nothing is said."""
    kind = dimension[0]
    if kind == "table":
        table = book.tables.get(dimension[1])
        return table is None or (isinstance(values, Texts) and values.fits(_row_word(table, facts)))
    one = facts.get(dimension[1])
    if one is None:
        return True
    if kind == "age":
        received = facts.get("received_at")
        if not isinstance(received, datetime) or not isinstance(one, datetime):
            return True
        return isinstance(values, Spans) and values.fits((received - one).total_seconds())
    held: bool | None = None
    if kind == "same":
        other = facts.get(dimension[2])
        held = None if other is None else fold(one) == fold(other)
    elif kind == "matches":
        held = matches(dimension[2], str(one))
    elif isinstance(one, datetime):
        held = is_open(_calendar(dimension, book), one)
    return held is None or (isinstance(values, Flags) and held in values.values)


def _calendar(dimension: tuple[str, ...], book: RuleBook) -> Calendar | None:
    """Return the calendar that a side asks; by its content, since two books may name it alike."""
    _, _, name, content = dimension
    named = book.calendars.get(name)
    if repr(named) == content:
        return named
    return next((each for each in book.calendars.values() if repr(each) == content), None)


def _row_word(table: Table, facts: Facts) -> str:
    # Asked for every lead that is tried: too often for looking at every row.
    found = find_row(table, facts)
    if isinstance(found, Row):
        return ROW
    return NO_ROW if found is None else UNKNOWN_ROW


def _leads(box: Box, book: RuleBook) -> Iterator[Facts]:
    """Give leads that may lie in a box, simple ones first."""
    tables = [name for name in box if isinstance(name, tuple) and name[0] == "table"]
    for narrowed in _with_rows(box, tables, book):
        names = [name for name in _named(narrowed) if isinstance(name, str)]
        choices = [list(_choices(name, narrowed, book)) for name in names]
        for values in islice(product(*choices), TRIES):
            facts: dict[str, FactValue] = {
                name: value for name, value in zip(names, values, strict=True) if value is not None
            }
            yield facts
            yield from _tied(facts, narrowed)


def _named(box: Box) -> list[Dimension]:
    """Return the sides of a box, and the facts that its ties speak of."""
    tied = [
        fact
        for name in box
        if isinstance(name, tuple) and name[0] != "table"
        for fact in (name[1], name[2] if name[0] == "same" else name[1])
    ]
    late = (
        ["received_at"] if any(name[0] == "age" for name in box if isinstance(name, tuple)) else []
    )
    return list(dict.fromkeys([*box, *tied, *late]))


def _with_rows(box: Box, tables: list[tuple[str, ...]], book: RuleBook) -> Iterator[Box]:
    """Give a box with some row of each table that must have one."""
    if not tables:
        yield box
        return
    (_, name, _), rest = tables[0], tables[1:]
    values, table = box[tables[0]], book.tables.get(name)
    wants_row = isinstance(values, Texts) and values.values == {ROW}
    if table is None or not wants_row:
        yield from _with_rows(box, rest, book)
        return
    found = 0
    for row in table.rows:
        narrowed = _narrowed(box, table, row)
        if narrowed is not None:
            found += 1
            yield from _with_rows(narrowed, rest, book)
        if found >= _ROWS:
            return


def _narrowed(box: Box, table: Table, row: Row) -> Box | None:
    found = dict(box)
    for key, cell in zip(table.keys, row.cells, strict=True):
        mine = found.get(key.fact, Texts(absent=True, open=True))
        if not cell or not isinstance(mine, Texts):
            continue
        values = [cell] if not key.prefix else [cell, f"{cell}1", f"{cell} 1"]
        fitting = frozenset(text for text in values if mine.fits(text))
        if not fitting:
            return None
        found[key.fact] = Texts(absent=False, values=fitting)
    return found


def _choices(name: str, box: Box, book: RuleBook) -> Iterator[FactValue | None]:
    """Give values of one fact; None is missing, and comes first where it may be."""
    values = box.get(name)
    if values is None or values.absent:
        yield None
    match values:
        case Texts():
            yield from (
                _as_written(name, text) for text in islice(values.samples(_likely(name)), _EACH)
            )
        case Flags():
            yield from values.samples()
        case Lists():
            yield from values.samples()
        case Spans():
            yield from _numbers(name, values, box, book)
        case None:
            yield from _matching(name, box)
            yield from _unnamed(name)


def _matching(name: str, box: Box) -> Iterator[str]:
    """Give texts that may well match the patterns that a box wants of a fact."""
    for side, values in box.items():
        if (
            isinstance(side, tuple)
            and side[:2] == ("matches", name)
            and isinstance(values, Flags)
            and values.values == {True}
        ):
            yield from samples_of(side[2])


def _likely(name: str) -> tuple[str, ...]:
    return (*_LIKELY.get(name, ()), *(sorted(countries()) if name == "country" else ()))


def _as_written(name: str, text: str) -> str:
    return text.upper() if name == "country" else text


def _unnamed(name: str) -> Iterator[FactValue]:
    if FACTS[name][0] is FactType.DATE:
        yield _NOON
    elif FACTS[name][0] in (FactType.TEXT, FactType.CODE):
        yield "another"


def _numbers(name: str, values: Spans, box: Box, book: RuleBook) -> Iterator[FactValue]:
    if FACTS[name][0] is FactType.DATE:
        yield from islice(_moments(name, values, box, book), _EACH)
        return
    whole = values.whole
    wanted: tuple[float, ...] = (1.0, 10.0, 50.0, 0.0) if whole else (0.5, 0.0)
    bounded = any(low[0] > 0 for low, _ in values.spans)
    if bounded:
        # The one number that is no whole number is a share.
        wanted = () if whole else (0.9, 0.95, 1.0)
    for number in islice(values.samples(wanted), _EACH):
        yield int(number) if whole else float(number)


def _moments(name: str, values: Spans, box: Box, book: RuleBook) -> Iterator[datetime]:
    """Give moments: hours around noon of a working week first, then the bounds."""
    calendars = [
        (work_time(calendar), wanted.values)
        for side, wanted in box.items()
        if isinstance(side, tuple)
        and side[:2] == ("calendar", name)
        and (calendar := _calendar(side, book)) is not None
        and isinstance(wanted, Flags)
    ]
    bounds = [_moment(number) for number in islice(values.samples(), 6)]
    # Opening hours are worked out year by year, so that moments far away are asked for last.
    near = [each for each in bounds if abs(each.year - _NOON.year) < _YEARS]
    starts = [_NOON, *near, *(each for each in bounds[:2] if not near and calendars)]
    step = timedelta(minutes=30)
    for start in starts:
        for number in range(7 * 48 if calendars else 3):
            at = start + step * number
            if values.fits(micros(at)) and all(one.is_open(at) in want for one, want in calendars):
                yield at
                break
    yield from (each for each in bounds if not calendars)


def _moment(number: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(number))


def _tied(facts: Mapping[str, FactValue], box: Box) -> Iterator[Facts]:
    """Give a lead again with its values made to agree as the box's ties want."""
    found = dict(facts)
    changed = False
    for name, values in box.items():
        if not isinstance(name, tuple):
            continue
        if name[0] == "same" and isinstance(values, Flags) and values.values == {True}:
            for source, target in ((name[1], name[2]), (name[2], name[1])):
                value = found.get(source)
                if value is not None:
                    yield {**found, target: value}
        received = found.get("received_at", _NOON)
        if name[0] == "age" and isinstance(values, Spans) and isinstance(received, datetime):
            for seconds in islice(values.samples((60.0, 3600.0)), _EACH):
                if abs(seconds) < 10**9:
                    found |= {
                        "received_at": received,
                        name[1]: received - timedelta(seconds=seconds),
                    }
                    changed = True
                    break
    if changed:
        yield found
