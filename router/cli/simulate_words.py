"""What ``simulate`` is told on the command line, read: people, pools, days and spans."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import typer

from router.road.simulate.world import Absence, Change, Habits, Join, Leave, Weigh
from router.rulebook.model import Ramp, RuleBook

_SPAN = re.compile(r"([0-9]{1,5})([mhd])")
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    # As in sla.yaml: a working day.
    "d": timedelta(hours=8),
}
_MOST = 100
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What shall be otherwise, as it was typed."""

    away: Sequence[str] = ()
    join: Sequence[str] = ()
    leave: Sequence[str] = ()
    weight: Sequence[str] = ()
    ramp: str = ""

    def __bool__(self) -> bool:
        """Return whether anything shall be otherwise."""
        return bool(self.away or self.join or self.leave or self.weight)

    def told(self) -> list[str]:
        """Return each as it was typed, with its name."""
        named = (("away", self.away), ("join", self.join), ("leave", self.leave))
        found = [f"{name} {text}" for name, texts in named for text in texts]
        found += [f"weight {text}" for text in self.weight]
        return [*found, f"ramp {self.ramp}"] if self.ramp else found


def absences(book: RuleBook, wishes: Wishes) -> tuple[Absence, ...]:
    """Read who is away.

    Args:
        book: Whose people; days are those of each person's own zone.
        wishes: As they were typed, ``PERSON:FROM:UNTIL``; UNTIL is the day they are back.

    Raises:
        typer.BadParameter: One of them cannot be read.
    """
    return tuple(_each("--away", wishes.away, lambda text: _absence(book, text)))


def changes(book: RuleBook, wishes: Wishes) -> tuple[Change, ...]:
    """Read how the roster changes.

    Args:
        book: The book that is changed.
        wishes: As they were typed.

    Raises:
        typer.BadParameter: One of them cannot be read.
    """
    return (
        *_each("--join", wishes.join, lambda text: _join(book, text, wishes.ramp)),
        *_each("--leave", wishes.leave, lambda text: _leave(book, text)),
        *_each("--weight", wishes.weight, _weigh),
    )


def habits(*, answer: str, work: str, touch: str, close: str, decline: str) -> Habits:
    """Read how people work.

    Args:
        answer: A span of working time, such as ``20m``; ``1d`` is a working day of 8 hours.
        work: Likewise.
        touch: Likewise.
        close: Likewise.
        decline: Per cent, such as ``2%``.

    Raises:
        typer.BadParameter: One of them cannot be read.
    """
    told = {"--answer": answer, "--work": work, "--touch": touch, "--close": close}
    spans = {name: _told(name, text, _span) for name, text in told.items()}
    return Habits(
        answer=spans["--answer"],
        work=spans["--work"],
        touch=spans["--touch"],
        close=spans["--close"],
        decline=_told("--decline", decline, _percent),
    )


def day(text: str) -> datetime:
    """Read a day; it begins at midnight in UTC.

    >>> str(day("2026-03-02"))
    '2026-03-02 00:00:00+00:00'
    """
    return datetime.combine(_told("--start", text, date.fromisoformat), time(), UTC)


def _each(option: str, texts: Sequence[str], read: Callable[[str], Read]) -> list[Read]:
    return [_told(option, text, read) for text in texts]


def _told(option: str, text: str, read: Callable[[str], Read]) -> Read:
    try:
        return read(text)
    except ValueError as error:
        told = f"{text!r} cannot be read: {error}"
        raise typer.BadParameter(told, param_hint=option) from error


def _absence(book: RuleBook, text: str) -> Absence:
    person, since, until = _parts(text, 3, 3)
    _on_roster(book, person)
    begin, end = _midnight(book, person, since), _midnight(book, person, until) if until else None
    if end is not None and end <= begin:
        raise ValueError(
            "it ends before it begins; write PERSON:FROM:UNTIL, UNTIL is when they are back"
        )
    return Absence(person, begin, end)


def _join(book: RuleBook, text: str, ramp: str) -> Join:
    person, pool, weight, since = _parts(text, 3, 4)
    found = book.pools.get(pool)
    if found is None or found.groups:
        raise ValueError(f"the book has no pool of people {pool!r}")
    there = person if person in book.people else found.manager
    at = _midnight(book, there, since) if since else None
    rises = _told("--ramp", ramp, lambda weeks: _ramp(weeks, since)) if ramp else None
    return Join(person, pool, _weight(weight), at, rises)


def _leave(book: RuleBook, text: str) -> Leave:
    person, since = _parts(text, 1, 2)
    _on_roster(book, person)
    return Leave(person, _midnight(book, person, since) if since else None)


def _weigh(text: str) -> Weigh:
    pool, person, weight = _parts(text, 3, 3)
    return Weigh(pool, person, _weight(weight))


def _ramp(text: str, since: str) -> Ramp:
    weeks, _, percent = text.partition(":")
    if not since:
        raise ValueError("a ramp needs the day of --join PERSON:POOL:WEIGHT:DATE")
    return Ramp(date.fromisoformat(since), max(int(weeks), 1), int(percent or "25"))


def _parts(text: str, least: int, most: int) -> list[str]:
    """Split at colons; what may be missing at the end is empty."""
    found = [part.strip() for part in text.split(":")]
    if not least <= len(found) <= most or not all(found[: least - 1]):
        raise ValueError(
            f"it needs {least} parts{f' to {most}' if most > least else ''} with a colon between"
        )
    return found + [""] * (most - len(found))


def _on_roster(book: RuleBook, person: str) -> None:
    if person not in book.people:
        raise ValueError(f"there is no person {person!r} in the book")


def _midnight(book: RuleBook, person: str, day_: str) -> datetime:
    """Return when a day begins where somebody is."""
    zone = ZoneInfo(book.calendars[book.people[person].calendar].zone)
    return datetime.combine(date.fromisoformat(day_), time(), zone).astimezone(UTC)


def _weight(text: str) -> int:
    weight = int(text)
    if not 0 <= weight <= _MOST:
        raise ValueError(f"a weight is a whole number from 0 to {_MOST}")
    return weight


def _span(text: str) -> timedelta:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError("write a number and m, h or d; 1d is a working day of 8 hours")
    return int(found[1]) * _UNITS[found[2]]


def _percent(text: str) -> float:
    share = float(text.removesuffix("%")) / 100
    if not 0 <= share <= 1:
        raise ValueError("write per cent from 0 to 100")
    return share
