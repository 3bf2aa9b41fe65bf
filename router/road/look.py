"""Look at a version before it may become the active one: what forbids it, what it would change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from router.rulebook.consent import Change, changed_guards
from router.rulebook.model import RuleBook
from router.rulebook.trial.result import Trials
from router.rulebook.trial.run import run_trials
from router.rulebook.trial.tell import failure
from router.rulebook.worktime import work_time


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found about a version before it may become active."""

    #: What forbids it, one text each; only an override helps.
    problems: tuple[str, ...] = ()
    change: Change = field(default_factory=Change)
    #: In short, as it is stored with the version.
    checks: Mapping[str, object] = field(default_factory=dict)


def look(book: RuleBook, serving: RuleBook | None, now: datetime) -> Looked:
    """Look at a version as closely as its publishing asks for. Takes long; locks nothing.

    Args:
        book: Checked by its loader.
        serving: The version that decides new leads now; None before the first one.
        now: When it would become active.
    """
    trials = run_trials(book)
    problems = tuple("\n".join(failure(each)) for each in trials.failed)
    checks: dict[str, object] = {"trials": _counts(trials)}
    if serving is None:
        return Looked(problems, Change(), checks)
    window = serving.calendars.get(serving.policy.publishing.window)
    change = Change(
        guards=changed_guards(serving, book),
        bars=serving.policy.publishing != book.policy.publishing,
        in_window=window is None or work_time(window).is_open(now),
    )
    checks["guards"] = list(change.guards)
    return Looked(problems, change, checks)


def _counts(trials: Trials) -> dict[str, object]:
    """Put what was tried into a few numbers; shares are percentages."""
    return {
        "tried": len(trials.results),
        "failed": len(trials.failed),
        "undecided": len(trials.undecided),
        "rules_covered": trials.coverage.rule_share,
        "conditions_covered": trials.coverage.condition_share,
    }
