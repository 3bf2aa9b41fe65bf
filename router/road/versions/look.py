"""Look at a version before it may become the active one: what forbids it, what it would change.

Analysis and its own tests may forbid it. The comparison with the active version says which leads
would change hands; how many of the past would have, whether a second person must agree.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from router.app import App
from router.now import now as read_now
from router.road.people.leavers import dropped
from router.road.versions.backtest import Report, Window, backtest
from router.rulebook.allowance import Allowance, without_effect
from router.rulebook.analysis.analyse import analyse
from router.rulebook.analysis.compare import compare
from router.rulebook.analysis.difference import summary
from router.rulebook.analysis.finding import Finding, as_data, counts, errors_of, sentence
from router.rulebook.consent import Change, changed_guards
from router.rulebook.model import RuleBook
from router.rulebook.trial.result import Trials
from router.rulebook.trial.run import run_trials
from router.rulebook.trial.tell import failure
from router.rulebook.worktime import work_time
from router.store.allowances import allowances_at
from router.store.tx import transaction

#: Told what is done, how much of it is done, and of how much; 0 when nobody knows.
Watch = Callable[[str, int, int], None]

#: What is stored of a long list.
_KEPT = 10


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found about a version before it may become active."""

    #: What forbids it, one text each; only an override helps.
    problems: tuple[str, ...] = ()
    change: Change = field(default_factory=Change)
    #: In short, as it is stored with the version.
    checks: Mapping[str, object] = field(default_factory=dict)


def look(
    book: RuleBook, serving: RuleBook | None, now: datetime, *, watch: Watch | None = None
) -> Looked:
    """Look for what forbids a version, and for what is cheap to know about the change.

    Args:
        book: Checked by its loader.
        serving: The version that decides new leads now; None before the first one.
        now: When it would become active.
        watch: Told how far it is.
    """
    tell = watch or _tell_nobody
    tell("looking for mistakes", 0, 0)
    findings = analyse(book)
    tell("running its own tests", 0, 0)
    trials = run_trials(book)
    problems = (
        *(sentence(each, book.files) for each in errors_of(findings)),
        *("\n".join(failure(each)) for each in trials.failed),
    )
    checks: dict[str, object] = {"analysis": _noticed(findings), "trials": _tried(trials)}
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


def weigh(  # noqa: PLR0913 - how closely, by name
    app: App,
    book: RuleBook,
    serving: RuleBook,
    looked: Looked,
    *,
    past: Window | None,
    watch: Watch | None = None,
) -> Looked:
    """Look for what a version would change: for leads that can be, and for leads that were.

    Takes long with many leads; locks nothing.

    Args:
        app: Of this process; leads of the past are read.
        book: The version.
        serving: The one that decides new leads now.
        looked: What :func:`look` found.
        past: Which leads of the past are tried; None for none.
        watch: Told how far it is.

    Raises:
        Transient: The database cannot be reached.
    """
    tell = watch or _tell_nobody
    tell("comparing with the active version", 0, 0)
    checks = {**looked.checks, "difference": summary(compare(serving, book))}
    with transaction(app.engine) as tx:
        gone = dropped(app, tx, book)
        standing = allowances_at(tx, app.settings.book, read_now(), ahead=True)
    if gone:
        checks["leavers"] = gone
    if standing:
        checks["allowances"] = _standing(standing, book)
    if past is None:
        checks["backtest"] = {"skipped": True}
        return replace(looked, change=replace(looked.change, tried=False), checks=checks)
    report = backtest(
        app, serving, book, past, lambda done, whole: tell("trying leads of the past", done, whole)
    )
    checks["backtest"] = _replayed(report)
    found = report.found
    change = replace(looked.change, leads=found.leads, judged=found.judged, moved=found.moved)
    return replace(looked, change=change, checks=checks)


def _standing(allowances: Sequence[Allowance], book: RuleBook) -> dict[str, object]:
    """Say which allowances stay beside a version, and which would have no effect with it."""
    idle = without_effect(book, allowances)
    return {
        "hold": len(allowances) - len(idle),
        "people": sorted({each.person for each in allowances})[:_KEPT],
        "without_effect": [why for _, why in idle][:_KEPT],
    }


def _tell_nobody(_what: str, _done: int, _whole: int) -> None:
    """Take what nobody wants to know."""


def _noticed(findings: tuple[Finding, ...]) -> dict[str, object]:
    """Count findings, and keep the first of those that matter most."""
    return {**counts(findings), "findings": [as_data(each) for each in findings[:_KEPT]]}


def _tried(trials: Trials) -> dict[str, object]:
    """Put what was tried into a few numbers; shares are percentages."""
    return {
        "tried": len(trials.results),
        "failed": len(trials.failed),
        "undecided": len(trials.undecided),
        "rules_covered": trials.coverage.rule_share,
        "conditions_covered": trials.coverage.condition_share,
    }


def _replayed(report: Report) -> dict[str, object]:
    found = report.found
    return {
        "since": report.window.since.isoformat(),
        "until": report.window.until.isoformat(),
        "received": report.received,
        "judged": found.judged,
        "not_judged": dict(found.not_judged),
        "change_hands": found.moved,
        "other_terms": found.altered,
        "handovers": [asdict(each) for each in found.handovers[:_KEPT]],
    }
