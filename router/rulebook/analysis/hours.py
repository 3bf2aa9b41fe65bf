"""Rules that give leads to people at times at which none of them works.

Said only where the book itself tells when the leads come: by what a rule asks of ``received_at``
and opening hours, or by the countries that it names, in which it is day at some time. A rule that
tells neither is passed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from router.rulebook.analysis.codes import found
from router.rulebook.analysis.finding import Finding
from router.rulebook.analysis.ladder import Ladder, Step
from router.rulebook.analysis.week import DAYTIME, always, daytime, moments_open
from router.rulebook.model import RuleBook
from router.rulebook.roster import members_of
from router.rulebook.rule import Place
from router.rulebook.space.box import Box
from router.rulebook.space.sets import Flags
from router.rulebook.space.texts import Texts
from router.rulebook.table import Table
from router.wording import listed

#: More countries than this are every country.
_COUNTRIES = 60


@dataclass(frozen=True, slots=True)
class _Come:
    """When the leads of a rule come, and how the book tells."""

    times: int
    countries: frozenset[str] = frozenset()
    calendars: frozenset[str] = frozenset()


def other_hours(rungs: Ladder) -> Iterator[Finding]:
    """Give the rules whose leads come when nobody works who gets them.

    Args:
        rungs: The book's steps.
    """
    book = rungs.book
    for step in rungs.steps:
        if step.by_row:
            yield from _by_row(book, step, book.tables[step.rule.table])
            continue
        target = step.effect.target
        work = _worked(book, target)
        come = _coming(book, step.region or ()) if work is not None and not step.asks else None
        if come is not None and work is not None and not come.times & work:
            table = book.tables.get(step.rule.table)
            row = Place(table.file, step.row.line) if table and step.row else step.rule.place
            yield _said(step, target, come, row)


def _worked(book: RuleBook, target: tuple[str, str]) -> int | None:
    """Return when people of a target work; None when it has no people, or one always works."""
    kind, name = target
    if kind == "person":
        people = [name]
    elif kind == "pool" and name in book.pools:
        people = list(members_of(book, book.pools[name]))
    else:
        return None
    times = 0
    for person in people:
        card = book.people.get(person)
        calendar = book.calendars.get(card.calendar) if card is not None else None
        if calendar is None:
            return None
        times |= moments_open(calendar)
    return times if times != always() else None


def _coming(book: RuleBook, region: tuple[Box, ...]) -> _Come | None:
    """Return when the leads of a region come; None when some of them may come at any time."""
    found = _Come(0)
    for box in region:
        one = _of_box(book, box)
        if one is None:
            return None
        found = _Come(
            found.times | one.times,
            found.countries | one.countries,
            found.calendars | one.calendars,
        )
    return found if region else None


def _of_box(book: RuleBook, box: Box) -> _Come | None:
    times, calendars = always(), set()
    for name, values in box.items():
        if not isinstance(name, tuple) or name[:2] != ("calendar", "received_at"):
            continue
        calendar = book.calendars.get(name[2])
        if calendar is not None and isinstance(values, Flags) and len(values.values) == 1:
            at = moments_open(calendar)
            times &= at if True in values.values else always() & ~at
            calendars.add(name[2])
    if calendars:
        # The rule says itself when; where the leads are no longer matters.
        return _Come(times, frozenset(), frozenset(calendars)) if times else None
    countries = _countries(box)
    day = 0
    for country in countries:
        day |= daytime(country) or always()
    return _Come(day, countries) if countries else None


def _countries(box: Box) -> frozenset[str]:
    values = box.get("country")
    if not isinstance(values, Texts) or values.open or values.absent:
        return frozenset()
    return values.values if len(values.values) <= _COUNTRIES else frozenset()


def _by_row(book: RuleBook, step: Step, table: Table) -> Iterator[Finding]:
    """Look at the rows of a long table; one row of a country and target stands for all."""
    place = next((n for n, key in enumerate(table.keys) if key.fact == "country"), None)
    seen: set[tuple[str, tuple[str, str]]] = set()
    for row in table.rows if place is not None else ():
        country = row.cells[place or 0]
        target = row.effect.target if row.effect.target[0] else step.rule.then.target
        if not country or (country, target) in seen:
            continue
        seen.add((country, target))
        work, day = _worked(book, target), daytime(country)
        if work is not None and day and not work & day:
            come = _Come(day, frozenset({country}))
            yield _said(step, target, come, Place(table.file, row.line))


def _said(step: Step, target: tuple[str, str], come: _Come, place: Place) -> Finding:
    kind, name = target
    whom = f"the pool '{name}'" if kind == "pool" else f"'{name}'"
    nobody = "nobody there works" if kind == "pool" else f"'{name}' does not work"
    when: list[str] = []
    if come.countries:
        first, last = DAYTIME
        codes = listed(sorted(code.upper() for code in come.countries))
        when.append(f"between {first} and {last} o'clock in {codes}")
    if come.calendars:
        names = listed([f"'{each}'" for each in sorted(come.calendars)])
        when.append(f"at the times that the rule asks for by the calendar {names}")
    return found(
        "other-hours",
        place,
        f"'{step.rule.id}' gives leads to {whom}, but {nobody} {', '.join(when)}",
    )
