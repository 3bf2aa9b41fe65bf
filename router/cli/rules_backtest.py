"""``rules backtest``: the leads of the past through another rule book."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import FAILED, AsJson, print_json, say, warn

if TYPE_CHECKING:
    from router.app import App
    from router.road.versions.backtest import Report
    from router.rulebook.model import RuleBook

_ACTIVE = "active"
_DIGITS = frozenset("0123456789abcdef")


def register(group: typer.Typer) -> None:
    """Put the command into ``rules``.

    Args:
        group: The commands about rule books.
    """
    group.command()(backtest)


def backtest(
    book: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER|DIGEST",
            help="What is tried: a book's folder, or the first characters of a stored version."
            " LEAD_ROUTER_RULES or the shipped book if not given.",
        ),
    ] = "",
    *,
    days: Annotated[
        int, typer.Option(min=1, max=3_660, help="Leads that were received in so many days.")
    ] = 30,
    against: Annotated[
        str,
        typer.Option(
            "--against",
            metavar="active|FOLDER|DIGEST",
            help="What it is compared with; the active version if not given.",
        ),
    ] = _ACTIVE,
    fail_over: Annotated[
        float | None,
        typer.Option(
            "--fail-over",
            metavar="PERCENT",
            min=0,
            max=100,
            help="Exit code 1 when more of the judged leads than this would change hands, or when"
            " there are leads and none of them could be judged.",
        ),
    ] = None,
    most: Annotated[
        int | None, typer.Option(min=1, help="The newest so many leads only; all if not given.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Replay stored leads through another book: who would have got what, and how many change hands.

    Nothing is changed, sent or locked. Both books judge what was known of each lead when it was
    decided; leads whose facts were erased or never recorded are counted as not judged.
    """
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.recounted import told  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        report = _judge(app, _book(app, against), _book(app, book), days, most)
    over = _over(report, fail_over)
    if json:
        print_json(_data(report, over=bool(over)))
    else:
        say(told(report))
        if over:
            warn(f"\n{over}")
    if over:
        raise typer.Exit(FAILED)


def _judge(app: "App", old: "RuleBook", new: "RuleBook", days: int, most: int | None) -> "Report":
    """Do it, with a bar."""
    from router.cli.progress import bar  # noqa: PLC0415 - beside its use; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.road.versions import backtest as past  # noqa: PLC0415 - slow to import; --help does without

    window = past.last_days(days, now(), app.settings.book, most=most)
    with bar() as watch:
        return past.backtest(
            app, old, new, window, lambda done, whole: watch("leads judged", done, whole)
        )


def _book(app: "App", named: str) -> "RuleBook":
    """Return the book of a folder, the active one, or a stored version."""
    from router.cli.book import load  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.rules_life import find_version  # noqa: PLC0415 - beside its use; --help does without

    if named == _ACTIVE:
        return app.shelf.active()
    if not named:
        return load(app.settings.rules)
    folder = Path(named).expanduser()
    # What cannot be a digest is a folder that was typed wrongly, and is told as one.
    if folder.is_dir() or not _DIGITS.issuperset(named):
        return load(folder)
    return app.book(find_version(app, named))


def _over(report: "Report", fail_over: float | None) -> str:
    """Return why the command fails; empty when it does not."""
    found = report.found
    if fail_over is None or not found.leads:
        return ""
    if not found.judged:
        return f"None of {found.leads:,} leads could be judged, so nobody knows how many move."
    percent = 100 * found.moved_share
    if percent <= fail_over:
        return ""
    return f"{percent:.1f} % of the judged leads would change hands, more than {fail_over:g} %."


def _data(report: "Report", *, over: bool) -> dict[str, object]:
    found, window = report.found, report.window
    return {
        "ok": not over,
        "new": report.new,
        "against": report.old,
        "since": window.since,
        "until": window.until,
        "received": report.received,
        "judged": found.judged,
        "not_judged": found.not_judged,
        "change_hands": found.moved,
        "change_hands_percent": round(100 * found.moved_share, 2),
        "other_terms": found.altered,
        "changes": found.shifts,
        "by_rule": found.rules,
        "by_target": found.targets,
        "by_sla": found.slas,
        "by_person": found.people,
    }
