"""What was checked of a version, in words: for who publishes it, and for who must agree to it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from router.cli.output import columns
from router.wording import counted

#: Changes that people are shown; ``rules backtest`` and ``rules diff`` show the rest.
_SHOWN = 8
_LEADS = 2


def told(checks: Mapping[str, Any]) -> str:
    """Write the checks that are stored with a version.

    >>> print(told({"trials": {"tried": 3, "failed": 0, "undecided": 0}, "guards": ["spam"]}))
      tests     all 3 passed
      guards    1 changed: spam

    Args:
        checks: As they are stored. What was not checked is left out.
    """
    found = ((title, tell(checks[name])) for name, title, tell in _PARTS if name in checks)
    lines = [f"  {title:<9} {text}" for title, text in found]
    return "\n".join([*lines, *_examples(checks)])


def _analysis(found: Mapping[str, Any]) -> str:
    parts = [
        counted(found["error"], "ERROR") if found["error"] else "no errors",
        counted(found["warning"], "warning"),
        counted(found["note"], "note"),
        f"{found['undecided']} undecided" if found["undecided"] else "",
    ]
    return ", ".join(part for part in parts if part and not part.startswith("0 "))


def _trials(found: Mapping[str, Any]) -> str:
    tried, failed = int(found["tried"]), int(found["failed"])
    if not tried:
        return "none: the book has no tests"
    text = f"{failed} of {tried} FAILED" if failed else f"all {tried} passed"
    return text + (f", {found['undecided']} of them undecided" if found["undecided"] else "")


def _guards(found: list[str]) -> str:
    names = ", ".join(found[:_SHOWN]) + (" and more" if len(found) > _SHOWN else "")
    return f"{len(found)} changed: {names}" if found else "no change"


def _difference(found: Mapping[str, Any]) -> str:
    parts = [
        f"{counted(found['change_hands'], 'way')} in which leads change hands",
        f"{counted(found['other_terms'], 'way')} in which they get other terms",
        counted(found["rows"], "table row"),
        *(f"list {name} +{more} -{less}" for name, (more, less) in found["lists"].items()),
        *found["others"],
    ]
    if found["undecided"]:
        parts.append(f"{found['undecided']} could not be told")
    said = [part for part in parts if part and not part.startswith("0 ")]
    return "; ".join(said) or "no lead is decided otherwise"


def _backtest(found: Mapping[str, Any]) -> str:
    if found.get("skipped"):
        return "left out (--no-backtest)"
    judged, moved = int(found["judged"]), int(found["change_hands"])
    missing = sum(found["not_judged"].values())
    if not judged:
        return f"none of {missing:,} leads could be judged" if missing else "no leads yet"
    parts = [
        f"{moved:,} of {judged:,} leads ({moved / judged:.1%}) would change hands",
        f"{found['other_terms']:,} get other terms",
        f"{missing:,} not judged" if missing else "",
    ]
    return ", ".join(filter(None, parts)) + f" ({found['since'][:10]} to {found['until'][:10]})"


def _leavers(found: Mapping[str, int]) -> str:
    who = ", ".join(f"{person} ({leads:,})" for person, leads in list(found.items())[:_SHOWN])
    more = " and more" if len(found) > _SHOWN else ""
    return f"gone, but with open leads: {who}{more}; see `lead-router people leavers`"


def _allowances(found: Mapping[str, Any]) -> str:
    people = ", ".join(found["people"][:_SHOWN])
    said = f"{counted(found['hold'], 'allowance')} of managers stay beside it ({people})"
    idle = found["without_effect"]
    return said + (f"; without effect from now on: {'; '.join(idle[:_SHOWN])}" if idle else "")


def _examples(checks: Mapping[str, Any]) -> Iterator[str]:
    """Give the leads that would change most, or made-up ones where no lead of the past does."""
    moved = checks.get("backtest", {}).get("handovers", [])
    if moved:
        rows = [
            (
                f"{each['leads']:,}",
                each["old"],
                each["new"],
                _rules(each["old_rule"], each["new_rule"]),
                " ".join(each["examples"][:_LEADS]),
            )
            for each in moved[:_SHOWN]
        ]
        yield ""
        yield columns(("leads", "from", "to", "by rule", "for example"), rows, right=(0,))
        return
    told_by_diff = checks.get("difference", {}).get("examples", [])
    if told_by_diff:
        yield ""
        yield "  Such leads would change hands, whether there were any or not:"
        yield from (f"    {line}" for line in told_by_diff[:_SHOWN])


def _rules(old: str, new: str) -> str:
    return (old or "(none)") if old == new else f"{old or '(none)'} -> {new or '(none)'}"


_PARTS: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("analysis", "analysis", _analysis),
    ("trials", "tests", _trials),
    ("guards", "guards", _guards),
    ("difference", "diff", _difference),
    ("backtest", "backtest", _backtest),
    ("leavers", "leavers", _leavers),
    ("allowances", "allowed", _allowances),
)
