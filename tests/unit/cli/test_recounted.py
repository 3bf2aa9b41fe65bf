"""A backtest and the checks of a version, as people read them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from router.cli.checked import told as told_checks
from router.cli.recounted import told
from router.road.versions.backtest import Report, Window
from router.rulebook.recount import Fate, Recounted, Share, Shift

_NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
_WINDOW = Window(_NOW - timedelta(days=30), _NOW)


def fate(kind: str, target: str, sla: str = "standard") -> Fate:
    """Return what a version does with a lead, by the rule of that name."""
    return Fate(f"rule-{target}", kind, target, sla, "normal")


def report(*shifts: Shift, judged: int = 1_000) -> Report:
    """Return a backtest that found this."""
    moved = sum(each.leads for each in shifts if each.changes_hands)
    altered = sum(each.leads for each in shifts) - moved
    found = Recounted(
        judged,
        moved,
        altered,
        {"no facts kept": 7},
        shifts,
        targets=(Share("pool dach", 900, 1_000), Share("queue triage", 100, 0)),
    )
    return Report("a" * 64, "b" * 64, _WINDOW, judged + 7, found)


def test_leads_that_change_hands_stand_on_one_line_whatever_their_terms() -> None:
    text = told(
        report(
            Shift(fate("queue", "triage"), fate("pool", "dach"), (), (), 90, ("lead-1",)),
            Shift(fate("queue", "triage", "fast"), fate("pool", "dach"), (), (), 10, ("lead-2",)),
        )
    )
    assert "  100  10.0%  would change hands" in text
    assert "7         not judged: no facts kept" in text
    assert "100  queue triage  pool dach  rule-triage -> rule-dach  lead-1 lead-2" in text
    assert "pool dach        900  1,000    +100       100.0%" in text


def test_other_terms_say_only_what_differs() -> None:
    same = fate("pool", "dach"), fate("pool", "dach", "fast")
    text = told(report(Shift(*same, ("vip",), (), 5, ("lead-1",))))
    assert "    5  SLA standard, no tag  SLA fast, #vip  rule-dach  lead-1" in text
    assert "WOULD CHANGE HANDS" not in text


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ({"trials": {"tried": 0, "failed": 0, "undecided": 0}}, "the book has no tests"),
        ({"trials": {"tried": 9, "failed": 2, "undecided": 1}}, "2 of 9 FAILED, 1 of them"),
        ({"analysis": {"error": 1, "warning": 0, "note": 2, "undecided": 0}}, "1 ERROR, 2 notes"),
        ({"guards": []}, "no change"),
        ({"backtest": {"skipped": True}}, "left out (--no-backtest)"),
        ({"backtest": {"judged": 0, "change_hands": 0, "not_judged": {}}}, "no leads yet"),
        ({"backtest": {"judged": 0, "change_hands": 0, "not_judged": {"x": 4}}}, "none of 4 leads"),
    ],
)
def test_checks_say_what_was_looked_at(checks: dict[str, Any], words: str) -> None:
    assert words in told_checks(checks)
