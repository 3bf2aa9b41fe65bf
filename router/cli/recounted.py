"""A backtest in words: how many leads would change hands, which, and from whom to whom."""

from collections.abc import Iterable, Sequence

from router.cli.output import columns
from router.road.versions.backtest import Report
from router.rulebook.recount import Recounted, Share, Shift

#: Lines of each table that people are shown.
_SHOWN = 15
_DIGEST = 12
#: Shares that differ by less are the same to people.
_SAME = 0.05
#: Leads, from where, to where, by which rules, and a few of them.
_Line = tuple[int, str, str, tuple[str, str], tuple[str, ...]]


def told(report: Report) -> str:
    """Write a whole backtest.

    Args:
        report: What it found.
    """
    parts = [_head(report), summary(report.found)]
    parts += changes(report.found, most=_SHOWN)
    found = report.found
    tables = (
        ("by rule", found.rules),
        ("by target", found.targets),
        ("by SLA", found.slas),
        ("by person", found.people),
    )
    parts += [_shares(name, shares, found.judged) for name, shares in tables if shares]
    if found.people:
        parts.append("A pool's leads are shared out to its people by their weights.")
    return "\n\n".join(parts)


def summary(found: Recounted) -> str:
    """Write how many leads would get what they got, and how many something else.

    Args:
        found: What the backtest counted.
    """
    same = found.judged - found.moved - found.altered
    rows = [
        (f"{found.moved:,}", _part(found.moved, found.judged), "would change hands"),
        (f"{found.altered:,}", _part(found.altered, found.judged), "same hands, other terms"),
        (f"{same:,}", _part(same, found.judged), "the same"),
        *((f"{count:,}", "", f"not judged: {why}") for why, count in found.not_judged.items()),
    ]
    return columns(("leads", "share", ""), rows, right=(0, 1))


def changes(found: Recounted, *, most: int) -> list[str]:
    """Write what would change, as up to two tables; none when nothing would.

    Args:
        found: What the backtest counted.
        most: Lines of each table.
    """
    moved = [
        (each.leads, each.old, each.new, (each.old_rule, each.new_rule), each.examples)
        for each in found.handovers
    ]
    altered = [
        (each.leads, *_terms(each), (each.old.rule, each.new.rule), each.examples)
        for each in found.shifts
        if not each.changes_hands
    ]
    tables = (("WOULD CHANGE HANDS", moved), ("SAME HANDS, OTHER TERMS", altered))
    return [_table(name, lines, most) for name, lines in tables if lines]


def _head(report: Report) -> str:
    window = report.window
    days = f"{window.since:%d %b %Y} to {window.until:%d %b %Y %H:%M} UTC"
    lines = [f"{report.received:,} leads were received from {days}."]
    if report.found.leads < report.received:
        lines.append(f"Judged are the newest {report.found.leads:,} of them.")
    lines.append(f"Version {report.new[:_DIGEST]} beside {report.old[:_DIGEST]}:")
    return "\n".join(lines)


def _table(name: str, lines: Sequence[_Line], most: int) -> str:
    head = ("leads", "from", "to", "by rule", "for example")
    rows = [
        (f"{leads:,}", old, new, _rules(*rules), " ".join(examples))
        for leads, old, new, rules, examples in lines[:most]
    ]
    return f"{name}\n\n{columns(head, rows, right=(0,))}{_rest(len(lines) - most)}"


def _terms(shift: Shift) -> tuple[str, str]:
    old, new = shift.old, shift.new
    pairs = (
        (old.words, new.words),
        (f"SLA {old.sla}", f"SLA {new.sla}"),
        (f"priority {old.priority}", f"priority {new.priority}"),
        (_tags(shift.tags_less), _tags(shift.tags_more)),
    )
    unlike = [pair for pair in pairs if pair[0] != pair[1]]
    return ", ".join(pair[0] for pair in unlike), ", ".join(pair[1] for pair in unlike)


def _tags(tags: Iterable[str]) -> str:
    return " ".join(f"#{tag}" for tag in tags) or "no tag"


def _rules(old: str, new: str) -> str:
    return (old or "(none)") if old == new else f"{old or '(none)'} -> {new or '(none)'}"


def _shares(name: str, shares: Sequence[Share], judged: int) -> str:
    """Write a table: what changes first, then what stays as it is."""
    ordered = sorted(shares, key=lambda each: -abs(each.new - each.old))
    rows = [
        (
            each.name,
            f"{each.old:,.0f}",
            f"{each.new:,.0f}",
            "=" if abs(each.new - each.old) < _SAME else f"{each.new - each.old:+,.0f}",
            _part(each.new, judged),
        )
        for each in ordered[:_SHOWN]
    ]
    head = (name, "before", "after", "change", "share after")
    return columns(head, rows, right=(1, 2, 3, 4)) + _rest(len(shares) - _SHOWN)


def _rest(count: int) -> str:
    return f"\n... and {count} more; --json lists all." if count > 0 else ""


def _part(leads: float, of: int) -> str:
    return f"{leads / of:.1%}" if of else "-"
