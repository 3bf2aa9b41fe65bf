"""A simulation in words: what each pool and person had, and what changes beside another one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill

from router.cli.output import columns
from router.road.simulate.measure import InPool, Measured, Member, Promised
from router.road.simulate.world import Habits

#: From so many columns on, a terminal is wide.
_WIDE = 118
_LONGEST = 16
#: Where sentences are broken.
_TEXT = 79
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_DAYS_FROM = 48 * _HOUR
#: Hours and leads below which nothing is worth a word.
_SOME = 0.05
#: Places beside people that are named.
_ASIDE = 6
#: Lines of a comparison that are shown.
_SHOWN = 25


@dataclass(frozen=True, slots=True)
class Head:
    """What was simulated, in words."""

    #: Such as ``Northwind, version 1234abcd``.
    book: str
    #: Where the leads come from.
    leads: str
    #: What is otherwise, one text each.
    changes: Sequence[str]
    habits: Habits
    replayed: bool


def told(head: Head, found: Measured, *, width: int) -> str:
    """Write a whole simulation.

    Args:
        head: What was simulated.
        found: What came of it.
        width: Columns of the terminal.
    """
    parts = [_top(head), _summary(found)]
    parts += [_pool(pool, wide=width >= _WIDE) for pool in found.pools]
    return "\n\n".join((*parts, _legend(wide=width >= _WIDE), _footer(head)))


def compared(head: Head, before: Measured, after: Measured, *, width: int) -> str:
    """Write two simulations of the same leads beside each other, what changes most first.

    Args:
        head: What was simulated.
        before: Without the changes.
        after: With them.
        width: Columns of the terminal.
    """
    rows = [
        (name, old, new, "" if old != new else "=")
        for (name, old), (_, new) in zip(_totals(before), _totals(after), strict=True)
    ]
    whole = columns(("", "before", "after", ""), rows, right=(1, 2))
    wide = width >= _WIDE
    lines = _lines(before, after, wide=wide)
    if not lines:
        return "\n\n".join((_top(head), whole, "Everybody has what they had.", _footer(head)))
    names = ("pool", "person", *(_COMPARED if wide else _COMPARED[:_NARROW]))
    rest = f"\n... and {len(lines) - _SHOWN} more; --json lists all." if lines[_SHOWN:] else ""
    table = columns(names, lines[:_SHOWN], right=range(2, len(names)))
    title = "WHAT CHANGES, before > after, the most first"
    return "\n\n".join(
        (_top(head), whole, f"{title}\n\n{table}{rest}", _legend(wide=wide), _footer(head))
    )


def _top(head: Head) -> str:
    lines = [_wrapped(f"{head.book}: {head.leads}.")]
    lines += [f"  {each}" for each in head.changes]
    return "\n".join(lines)


def _summary(found: Measured) -> str:
    waits = found.waits
    given = (
        f"{found.given:,} times somebody was given a lead; in time were"
        f" {_share(found.acceptance)} accepted and {_share(found.first_touch)} spoken to."
    )
    waited = (
        f"Until accepted: {_span(waits.worked_median_s)} of working time in the middle,"
        f" {_span(waits.worked_p90_s)} at most for 9 of 10; on the wall"
        f" {_span(waits.median_s)} and {_span(waits.p90_s)}."
    )
    lines = [given, waited]
    moved = [f"{many:,} {why.replace('_', ' ')}" for why, many in found.moved.items()]
    if moved:
        lines.append(f"Changed hands: {', '.join(moved)}.")
    if found.held:
        lines.append(f"{found.held:,} waited in their pool for somebody.")
    if found.fallback:
        why = "for nobody in their pool could take them"
        lines.append(f"{found.fallback:,} went to the fallback owner, {why}.")
    if found.aside:
        whole = sum(found.aside.values())
        lines.append(f"Nobody in person got {whole:,}: {_most(found.aside)}.")
    if found.unknown:
        lines.append(f"{found.unknown:,} were passed over: nobody knows what they are about.")
    return "\n".join(map(_wrapped, lines))


def _most(counts: Mapping[str, int]) -> str:
    """Write what there is most of, and how much more there is."""
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    told = [f"{many:,} {what}" for what, many in ordered[:_ASIDE]]
    rest = sum(many for _, many in ordered[_ASIDE:])
    return ", ".join((*told, *((f"{rest:,} elsewhere",) if rest else ())))


def _pool(pool: InPool, *, wide: bool) -> str:
    name = f"pool {pool.pool}" if pool.pool else "given by name, or to the fallback owner"
    facts = (
        (pool.held, f"held (longest {pool.held_longest_h:.1f}h)"),
        (pool.held_still, "held to the end"),
        (pool.fallback, "to the fallback owner"),
        (pool.overflow, "to other pools"),
        (pool.off_shift, "off shift"),
        (pool.first, "by who comes first"),
        (pool.covered, "by a cover"),
    )
    told_too = "".join(f", {many:,} {what}" for many, what in facts if many)
    cells = [each for each in _CELLS if wide or not each.wide]
    cells = [each for each in cells if pool.pool or not each.of_pool]
    rows = [
        (_short(member.person), *(each.of(member) for each in cells)) for member in pool.members
    ]
    head = ("person", *(each.name for each in cells))
    table = columns(head, rows, right=range(1, len(head)))
    extra = (f"  {each.person}: {text}" for each in pool.members if (text := _extra(each)))
    lines = (*table.splitlines(), *extra)
    return "\n".join((f"{name}: {pool.leads:,} leads{told_too}", *(f"  {each}" for each in lines)))


@dataclass(frozen=True, slots=True)
class _Cell:
    """A column of a pool's table."""

    name: str
    of: Callable[[Member], str]
    #: What it means, for the legend.
    meaning: str
    #: Shown on wide terminals only.
    wide: bool = False
    #: Says nothing of leads that were given without a pool.
    of_pool: bool = False


_CELLS = (
    _Cell("leads", lambda each: f"{each.leads:,}", ""),
    _Cell("share", lambda each: _percent(each.share), "of the pool's leads"),
    _Cell(
        "weight",
        lambda each: _percent(each.by_weight),
        "the share by weight alone, the absent too",
        of_pool=True,
    ),
    _Cell(
        "due",
        lambda each: f"{each.due:.1f}",
        "their part of every lead that they could have got",
        wide=True,
        of_pool=True,
    ),
    _Cell(
        "worst",
        lambda each: f"{each.worst:.2f}",
        "the furthest they ever were from their part of what they could have got, in leads",
        of_pool=True,
    ),
    _Cell(
        "drought",
        lambda each: f"{each.drought_h:.1f}h",
        "the longest working time without a lead",
        of_pool=True,
    ),
    _Cell(
        "others",
        lambda each: f"{each.drought_leads}",
        "what others got meanwhile",
        wide=True,
        of_pool=True,
    ),
    _Cell("wait", lambda each: _span(each.waits.worked_median_s), "median until accepted"),
    _Cell("p90", lambda each: _span(each.waits.worked_p90_s), "9 of 10, both in working time"),
    _Cell("wall", lambda each: _span(each.waits.median_s), "the median on the wall", wide=True),
    _Cell("wall p90", lambda each: _span(each.waits.p90_s), "", wide=True),
    _Cell("accept", lambda each: _share(each.acceptance), "accepted in time"),
    _Cell("touch", lambda each: _share(each.first_touch), "spoken to in time"),
)
#: What a comparison shows of everybody, the last ones on wide terminals only.
_COMPARED = ("leads", "share", "accept", "wait", "worst", "drought")
_NARROW = 4
#: Between what was and what is.
_BESIDE = " > "


def _extra(each: Member) -> str:
    """Say what most people have nothing of."""
    facts = (
        (each.away_h, f"away {each.away_h:.1f}h of working time"),
        (each.capped_h, f"cap full {each.capped_h:.1f}h"),
        (each.earned, f"{each.earned:.1f} leads put aside while away"),
        (each.paid, f"{each.paid:.1f} paid out"),
    )
    return ", ".join(text for amount, text in facts if amount > _SOME)


def _totals(found: Measured) -> list[tuple[str, str]]:
    return [
        ("leads", f"{found.leads:,}"),
        ("given to somebody", f"{found.given:,}"),
        ("accepted in time", _share(found.acceptance)),
        ("spoken to in time", _share(found.first_touch)),
        ("wait, median", _span(found.waits.worked_median_s)),
        ("wait, 9 of 10", _span(found.waits.worked_p90_s)),
        ("changed hands", f"{sum(found.moved.values()):,}"),
        ("held in a pool", f"{found.held:,}"),
        ("fallback, for lack of others", f"{found.fallback:,}"),
    ]


def _lines(before: Measured, after: Measured, *, wide: bool) -> list[tuple[str, ...]]:
    """Return a line for everybody who has anything else than before, the most changed first."""
    old = {(each.pool, each.person): each for pool in before.pools for each in pool.members}
    new = {(each.pool, each.person): each for pool in after.pools for each in pool.members}
    cells = {each.name: each.of for each in _CELLS}
    shown = _COMPARED if wide else _COMPARED[:_NARROW]
    found = []
    for key in sorted({**old, **new}):
        was, now = old.get(key), new.get(key)
        row = [_pair(was, now, cells[name]) for name in shown]
        # A share moves with everybody else's leads; alone it is no change of theirs.
        if any(_BESIDE in cell for name, cell in zip(shown, row, strict=True) if name != "share"):
            line = (key[0] or "(by name)", _short(key[1]), *row)
            found.append((abs(_leads(now) - _leads(was)), line))
    return [line for _, line in sorted(found, key=lambda each: -each[0])]


def _leads(member: Member | None) -> int:
    return member.leads if member is not None else 0


def _pair(was: Member | None, now: Member | None, write: Callable[[Member], str]) -> str:
    old, new = (write(each) if each is not None else "-" for each in (was, now))
    return f"{old}{_BESIDE}{new}" if old != new else new


def _legend(*, wide: bool) -> str:
    known = (f"{each.name}: {each.meaning}" for each in _CELLS if each.meaning)
    shown = {each.name for each in _CELLS if wide or not each.wide}
    return _wrapped("; ".join(text for text in known if text.partition(":")[0] in shown) + ".")


def _footer(head: Head) -> str:
    """Say what is played and what is not: a simulation is as good as what it leaves out."""
    how = head.habits
    played = (
        "Played as on the road: the rules, turns, weights, ramps, caps, absences and what they"
        " earn, covers, pace, overflow, leads held and given out again, clocks, and ladders with"
        " their reassign and fallback steps."
    )
    model = (
        f"A model: everybody notices a lead after {_span(how.answer.total_seconds())} of working"
        f" time in the middle, is busy with each for {_span(how.work.total_seconds())}, takes what"
        f" is due first, declines {how.decline:.0%} of a pool's leads, has spoken to the person"
        f" {_span(how.touch.total_seconds())} after accepting and closes"
        f" {how.close.total_seconds() / _HOUR:.0f} working hours later. Who leaves hands on what"
        " they have not spoken about."
    )
    left_out = (
        "Not played: queues, sequences, reviews, and pools whose members take leads themselves;"
        " allowances, turns that count as none (credit_back), people who begin late or overlook"
        " leads, and what an import promises. At the beginning nobody is owed anything and no cap"
        " is used. No lead comes in after the end, but a week more is played for the last ones."
    )
    made_up = (
        "The leads are made up: of the kinds that the book's examples, cases and tables show, as"
        " many for a pool as its members weigh, in the office hours of their country, few at other"
        " times, and some at once by one campaign. --replay takes real ones."
    )
    texts = (played, model, left_out, *(() if head.replayed else (made_up,)))
    return "\n".join(map(_wrapped, texts))


def _short(person: str) -> str:
    return person if len(person) <= _LONGEST else f"{person[: _LONGEST - 1]}…"


def _wrapped(text: str) -> str:
    return fill(text, _TEXT, subsequent_indent="  ", break_on_hyphens=False)


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _share(promised: Promised) -> str:
    share = promised.share
    return "-" if share is None else f"{share:.1%}"


def _span(seconds: float | None) -> str:
    """Write a span in one unit.

    >>> [_span(each) for each in (None, 90, 5400, 200_000)]
    ['-', '2m', '1.5h', '2.3d']
    """
    if seconds is None:
        return "-"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f}m"
    if seconds < _DAYS_FROM:
        return f"{seconds / _HOUR:.1f}h"
    return f"{seconds / _DAY:.1f}d"
