"""How imports are found by what people type, and told to them.

Slow to import: commands import it when they run.
"""

from collections.abc import Sequence
from uuid import UUID

from router.app import App
from router.cli.lookup import SHOWN, shown
from router.cli.output import columns, say, warn
from router.errors import NotFound
from router.road.imports import undo
from router.road.imports.bring import Report
from router.road.imports.lanes import Shown, Standing
from router.store.import_rows import RefusedRow
from router.store.imports import imports_by_prefix
from router.store.tx import transaction
from router.wording import counted

#: Lines of a list that people are shown.
_LINES = 20
#: Ids of leads that are named with a reason.
_NAMED = 5
_LEFT = {
    "accepted": "accepted by the owner",
    "touched": "spoken to already",
    "closed": "closed",
    "merged": "part of another lead, not of this import",
    "joined": "joined by an inquiry that is not of this import",
    "rejected": "rejected before",
}


def find_import(app: App, typed: str) -> UUID:
    """Return the import that was meant.

    Args:
        app: Of this process.
        typed: An id, its first characters, or a name.

    Raises:
        NotFound: None is called so, or several are.
    """
    with transaction(app.engine) as tx:
        # Nothing typed begins every id, and undoing any one is not what was meant.
        found = imports_by_prefix(tx, app.settings.book, typed) if typed else []
    if len(found) == 1:
        return found[0]
    if found:
        raise NotFound(f"Several imports are called {typed!r}. Type the id.")
    raise NotFound(f"There is no import {typed!r}. `lead-router imports` lists them.")


def tell_report(report: Report) -> None:
    """Print what was imported, or what would be."""
    would = "would wait" if report.dry_run else "wait now"
    say(
        f"{report.stored} of {counted(report.rows, 'row')} {would} to be let in as {report.name!r}."
    )
    if report.known:
        say(f"{report.known} are known already from an import of this name.")
    if report.repeated:
        say(f"{report.repeated} stand in the file more than once.")
    for name, many in report.lacking.items():
        say(f"{many} have no {name}, which the source {report.source} asks for.")
    if report.unread:
        listed = ", ".join(f"{name} ({many})" for name, many in report.unread.items())
        say(f"Not read by the mapping, kept as answers: {listed}.")
    if report.stored:
        say(
            f"{report.per_hour} an hour, from {shown(report.first_at)} to about"
            f" {shown(report.ends_about)}; {report.accountable} answers for them until then."
        )
    _tell_refused(report.refused, len(report.refused))
    if report.dry_run:
        say("Nothing was written. Without --dry-run it is done.")
    elif report.import_id is not None:
        say(f"Import {report.import_id}. `lead-router imports undo {report.import_id}` undoes it.")
    else:
        say("Nothing was stored.")


def tell_list(found: Sequence[Standing]) -> None:
    """Print imports, one a line."""
    head = (
        *("import", "name", "state", "rows", "let in", "waiting", "refused", "an hour"),
        *("next", "ends about", "accountable"),
    )
    rows = [
        (
            str(each.lane.id)[:SHOWN],
            each.lane.name,
            each.lane.state,
            str(each.lane.rows),
            str(each.lane.let_in),
            str(each.lane.waiting),
            str(each.lane.refused),
            str(each.lane.per_hour),
            shown(each.lane.next_at),
            shown(each.ends_about),
            each.lane.accountable,
        )
        for each in found
    ]
    say(columns(head, rows, right=range(3, 8)) if rows else "Nothing was imported yet.")


def tell_shown(found: Shown) -> None:
    """Print one import."""
    lane = found.standing.lane
    hours = f", in the hours of {lane.calendar}" if lane.calendar else ""
    for name, value in (
        ("import", str(lane.id)),
        ("name", lane.name),
        ("source", lane.source),
        ("state", lane.state),
        ("accountable", lane.accountable),
        (
            "pace",
            f"{lane.per_hour} an hour{hours}",
        ),
        ("sla", lane.sla),
        ("rows", f"{lane.rows}: {lane.let_in} let in, {lane.waiting} wait"),
        ("known", str(lane.known or "")),
        ("withdrawn", str(lane.withdrawn or "")),
        ("next", shown(lane.next_at)),
        ("ends about", shown(found.standing.ends_about)),
        ("brought", f"{shown(lane.created_at)} by {lane.by}"),
        ("deliveries", _counts(found.rows)),
        ("leads", _counts(found.leads)),
    ):
        if value:
            say(f"{name + ':':<13} {value}")
    _tell_refused(found.refused, lane.refused)


def tell_undone(report: undo.Report) -> None:
    """Print what was taken back, or what would be."""
    would = "would be " if report.dry_run else ""
    say(f"Import {report.name!r} ({report.import_id}), accountable {report.accountable}:")
    rows, recalled = counted(report.withdrawn, "row"), counted(report.recalled, "lead")
    say(f"{rows} {would}withdrawn, {recalled} {would}recalled.")
    if report.given_back:
        say(f"{counted(report.given_back, 'turn was', 'turns were')} given back to pools.")
    for why, leads in report.left.items():
        named = ", ".join(str(each) for each in leads[:_NAMED])
        more = f" and {len(leads) - _NAMED} more" if len(leads) > _NAMED else ""
        say(f"Left alone: {len(leads)} {_LEFT[why]}: {named}{more}.")
    for lead, error in report.failed[:_LINES]:
        warn(f"Could not be recalled: {lead}: {error}")
    if report.dry_run:
        say("Nothing was written. Without --dry-run it is done, and owners are told.")
    elif report.failed:
        failed = counted(len(report.failed), "lead")
        warn(f"{failed} not done: run it again, what is done stays done.")


def _tell_refused(refused: Sequence[RefusedRow], whole: int) -> None:
    for row in refused[:_LINES]:
        warn(f"Line {row.line} is no lead: {row.why}")
    if whole > _LINES:
        warn(f"... and {whole - _LINES} more; --json has more of them.")


def _counts(found: dict[str, int]) -> str:
    return ", ".join(f"{many} {state}" for state, many in sorted(found.items()))
