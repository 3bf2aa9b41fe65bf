"""What both evaluators compare with: folded values, moments, patterns, opening hours, cells."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

import re2

from router.lead.facts import FactValue
from router.rulebook.model import Calendar
from router.rulebook.rule import Effect
from router.rulebook.table import Row
from router.rulebook.worktime import work_time

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: A calendar is worked out year by year, so a moment far away would take seconds.
_YEARS = range(2020, 2060)
#: Bytes that looking for many patterns at once may take.
_ROOM = 32 << 20
#: Tells which of many patterns occur in a text of UTF-8, by number.
Search = Callable[[bytes], Sequence[int] | None]


class Pattern(Protocol):
    """A compiled pattern of RE2."""

    def search(self, text: bytes, /) -> object | None:
        """Return something where the pattern occurs in a text of UTF-8, else None."""


def moment(at: datetime) -> timedelta:
    """Return a moment as a span, so that it compares alike whatever its zone.

    Python compares two times of one zone by what the clock shows, also in the hour that the zone
    repeats; moments must not.

    >>> moment(datetime(1970, 1, 2, tzinfo=UTC))
    datetime.timedelta(days=1)

    Args:
        at: Aware moment.
    """
    return at - _EPOCH


def fold(value: FactValue) -> FactValue | timedelta:
    """Return a value as it is compared: text without its case, moments without their zone.

    >>> fold("Straße"), fold(("VIP",)), fold(12)
    ('strasse', ('vip',), 12)

    Args:
        value: Of a fact.
    """
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, tuple):
        return tuple(item.casefold() for item in value)
    return moment(value) if isinstance(value, datetime) else value


def texts(want: FactValue) -> tuple[str, ...]:
    """Return what an operator on texts wants, as one or several texts.

    >>> texts("a"), texts(("a", "b"))
    (('a',), ('a', 'b'))

    Args:
        want: Of a comparison.
    """
    return want if isinstance(want, tuple) else (str(want),)


@lru_cache(maxsize=4096)
def pattern(written: str) -> Pattern:
    """Return a pattern of RE2, compiled to match whatever the case.

    >>> bool(pattern("head of (sales|data)").search(b"Head of Data"))
    True

    Args:
        written: As it stands in the book.

    Raises:
        re2.error: It is no pattern.
    """
    made: Pattern = re2.compile(written, _options(plain=False))
    return made


@lru_cache(maxsize=4096)
def occurs(written: str) -> Callable[[str], bool]:
    """Return what tells whether a pattern of RE2 occurs in a text, whatever the case.

    It says the same as :func:`pattern`, in less than half the time.

    >>> occurs("head of (sales|data)")("Head of Data")
    True

    Args:
        written: As it stands in the book.

    Raises:
        re2.error: It is no pattern.
    """
    alone = pattern(written)
    look = search((written,), plain=False)

    def test(text: str) -> bool:
        found = look(raw(text)) if look is not None else None
        return len(found) > 1 if found else alone.search(raw(text)) is not None

    return test


def search(written: Iterable[str], *, plain: bool) -> Search | None:
    """Return what looks for many patterns of RE2 at once; None when they are too many.

    Args:
        written: The patterns, each sound. They match whatever the case.
        plain: Whether they are texts instead that must occur as they are, in their own case.

    Returns:
        From a text of UTF-8 to the numbers of those that occur in it, which count from 1, among
        them always the number 0; nothing when it cannot tell.
    """
    told = _options(plain=plain)
    told.max_mem = _ROOM
    found = re2.Set.SearchSet(told)
    try:
        # Number 0 is in every text: where even that is not found, the search gave up.
        for each in ("", *written):
            found.Add(raw(each))
        found.Compile()
    except re2.error:
        return None
    look: Search = found.Match
    return look


def _options(*, plain: bool) -> re2.Options:
    told = re2.Options()
    told.case_sensitive = plain
    told.literal = plain
    # Otherwise the library writes to the standard error of the process.
    told.log_errors = False
    return told


def raw(text: str) -> bytes:
    r"""Return a text as patterns read it; what UTF-8 cannot write becomes ``?``.

    >>> raw("é")
    b'\xc3\xa9'

    Args:
        text: Of a fact, as it was written.
    """
    return text.encode("utf-8", "replace")


def is_open(calendar: Calendar | None, at: datetime) -> bool | None:
    """Return whether a moment is in the opening hours of a calendar; None when nobody can tell.

    That is so for a calendar that the book does not have, and before 2020 or after 2059.

    >>> office = Calendar("office", "Europe/London", "Mo-Fr 09:00-17:00")
    >>> is_open(office, datetime(2026, 1, 5, 9, tzinfo=UTC))
    True
    >>> is_open(office, datetime(9999, 1, 1, tzinfo=UTC)) is None
    True

    Args:
        calendar: Of the book.
        at: Aware moment.

    Raises:
        Misconfigured: The calendar cannot be read.
    """
    if calendar is None or at.year not in _YEARS:
        return None
    return work_time(calendar).is_open(at)


def cell(value: FactValue | None) -> str | None:
    """Return a fact's value as the cells of a table are compared with it; None when unknown.

    >>> cell("GB"), cell(12), cell(True), cell(None)
    ('gb', '12', 'true', None)

    Args:
        value: Of a fact that is no list.
    """
    if value is None:
        return None
    return str(value).casefold()


def with_row(then: Effect, row: Row) -> Effect:
    """Return what a rule does with the row of its table: the row wins where it says something.

    >>> row = Row(("gb",), Effect(pool="uk", tags=("b",)), 2)
    >>> with_row(Effect(queue="triage", sla="fast", tags=("a",)), row)
    ... # doctest: +ELLIPSIS
    Effect(person='', pool='uk', queue='', ..., sla='fast', priority='', tags=('a', 'b'))

    Args:
        then: What the rule says for every row.
        row: The row that fits.
    """
    said = row.effect
    named = said if said.target[0] else then
    return replace(
        named,
        sla=said.sla or then.sla,
        priority=said.priority or then.priority,
        tags=joined(then.tags, said.tags),
    )


def joined(*tags: Iterable[str]) -> tuple[str, ...]:
    """Return tags of several sources, each once, in their order.

    >>> joined(("a", "b"), ("b", "c"))
    ('a', 'b', 'c')

    Args:
        tags: Of each source.
    """
    return tuple(dict.fromkeys(tag for each in tags for tag in each))
