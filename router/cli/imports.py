"""``import`` and ``imports``: files of leads are brought, watched, held, paced and undone."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import FAILED, OK, AsJson, print_json
from router.lead.drip import USUAL

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from router.app import App
    from router.road.imports.lanes import Standing
    from router.stages.capture.rows import Format

_MOST = 200
#: Endings of files that are read as one JSON object a line; everything else is CSV.
_JSON_LINES = frozenset({".jsonl", ".ndjson"})
_TABLES = frozenset({".csv", ".tsv", ".txt"})
_Id = Annotated[
    str, typer.Argument(metavar="IMPORT", help="Its id, the first characters of it, or its name.")
]
_By = Annotated[
    str, typer.Option("--by", help="Id of the person who says so; your user name if not given.")
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")]
_PerHour = Annotated[int, typer.Option("--per-hour", help="Rows let in an hour, spread evenly.")]


def register(app: typer.Typer) -> None:
    """Put the commands on the program.

    Args:
        app: The program.
    """
    app.command("import")(bring)
    group = typer.Typer(help="Bulk imports: how far they are; hold, pace or undo one.")
    group.callback(invoke_without_command=True)(_list_unless_told)
    group.command("list")(list_imports)
    for word in (show, pause, resume, pace, undo):
        group.command()(word)
    app.add_typer(group, name="imports")


def bring(
    file: Annotated[
        Path, typer.Argument(help="A .csv file with a line of names, or .jsonl: one object a line.")
    ],
    *,
    source: Annotated[str, typer.Option(help="The source whose mapping reads the rows.")],
    name: Annotated[
        str, typer.Option(help="What it is called; the rows of one name come once; or the file's.")
    ] = "",
    per_hour: _PerHour = USUAL,
    accountable: Annotated[
        str, typer.Option(help="Who answers for rows that wait; the fallback owner if not given.")
    ] = "",
    sla: Annotated[
        str, typer.Option(help="SLA policy of its leads; it stands before what rules say.")
    ] = "",
    hours: Annotated[
        str, typer.Option(help="Calendar in whose hours rows are let in; always if not given.")
    ] = "",
    start: Annotated[
        str,
        typer.Option(help="First row, as 2026-11-23T09:00 by the clock on the accountable's wall."),
    ] = "",
    dry_run: _DryRun = False,
    by: _By = "",
    json: AsJson = False,
) -> None:
    """Store a file of leads, to be let onto the road at a pace of its own.

    Live leads go first, and `lead-router imports undo` takes everything back. A row that is no lead
    is told and keeps no other back. Exit code 1 when some row was refused.
    """
    from router.cli.import_words import tell_report  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.lookup import speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.road.imports.bring import Wish  # noqa: PLC0415 - slow to import; --help does without
    from router.road.imports.bring import bring as bring_file  # noqa: PLC0415 - slow to import; --help does without

    data, form = _content(file)
    with opened() as app:
        wish = Wish(
            name=name or file.stem,
            source=source,
            per_hour=per_hour,
            by=speaker(by),
            accountable=accountable,
            sla=sla,
            calendar=hours,
            start=_moment(app, start, accountable) if start else None,
            dry_run=dry_run,
        )
        report = bring_file(app, data, form, wish)
    if json:
        print_json(report)
    else:
        tell_report(report)
    raise typer.Exit(FAILED if report.refused else OK)


def _list_unless_told(context: typer.Context) -> None:
    """List the imports when no command is given."""
    if context.invoked_subcommand is None:
        list_imports()


def list_imports(
    *,
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="Most to list.")] = 20,
    json: AsJson = False,
) -> None:
    """List imports, the newest first: how many rows were let in, and when the rest will be."""
    from router.cli.import_words import tell_list  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.road.imports.lanes import listed  # noqa: PLC0415 - slow to import; --help does without
    from router.web.api.imported import import_told  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        found = listed(app, limit=limit)
    if json:
        print_json([import_told(each).model_dump(mode="json") for each in found])
    else:
        tell_list(found)


def show(which: _Id, *, json: AsJson = False) -> None:
    """Show one import, with what became of its rows and leads."""
    from router.cli.import_words import find_import, tell_shown  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.road.imports import lanes  # noqa: PLC0415 - slow to import; --help does without
    from router.web.api.imported import import_shown  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        found = lanes.show(app, find_import(app, which))
    if json:
        print_json(import_shown(found).model_dump(mode="json"))
    else:
        tell_shown(found)


def pause(which: _Id, *, by: _By = "", json: AsJson = False) -> None:
    """Let no further rows in for now."""
    from router.road.imports import lanes  # noqa: PLC0415 - slow to import; --help does without

    _say(which, lanes.pause, by, json=json)


def resume(which: _Id, *, by: _By = "", json: AsJson = False) -> None:
    """Let rows in again; what was missed is not made up for."""
    from router.road.imports import lanes  # noqa: PLC0415 - slow to import; --help does without

    _say(which, lanes.resume, by, json=json)


def pace(which: _Id, *, per_hour: _PerHour, by: _By = "", json: AsJson = False) -> None:
    """Let rows in faster or slower."""
    from router.road.imports import lanes  # noqa: PLC0415 - slow to import; --help does without

    def paced(app: "App", import_id: "UUID", who: str) -> "Standing":
        return lanes.set_pace(app, import_id, per_hour, who)

    _say(which, paced, by, json=json)


def undo(
    which: _Id,
    *,
    reason: Annotated[str, typer.Option(help="Why; owners who lose a lead are told.")] = "",
    dry_run: _DryRun = False,
    by: _By = "",
    json: AsJson = False,
) -> None:
    """Undo an import: withdraw what waits, recall what nobody has taken yet, and list the rest.

    Owners who lose a lead are told, clocks end, and pools get their turns back. A run that was
    stopped is simply run again. Exit code 1 when some lead could not be recalled.
    """
    from router.cli.import_words import find_import, tell_undone  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.lookup import speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.progress import bar  # noqa: PLC0415 - beside its use
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.road.drain import Road  # noqa: PLC0415 - slow to import; --help does without
    from router.road.imports import undo as undoing  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app, bar() as watch:
        wish = undoing.Wish(find_import(app, which), speaker(by), reason, dry_run=dry_run)
        report = undoing.undo(Road(app), wish, lambda done, whole: watch("undoing", done, whole))
    if json:
        print_json(report)
    else:
        tell_undone(report)
    raise typer.Exit(FAILED if report.failed else OK)


def _say(which: str, word: "Callable[[App, UUID, str], Standing]", by: str, *, json: bool) -> None:
    """Say a word about an import, and show it as it stands then."""
    from router.cli.import_words import find_import, tell_list  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.lookup import speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.web.api.imported import import_told  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        found = word(app, find_import(app, which), speaker(by))
    if json:
        print_json(import_told(found).model_dump(mode="json"))
    else:
        tell_list([found])


def _content(file: Path) -> "tuple[bytes, Format]":
    """Read a file, and say how it is written."""
    from router.errors import NotFound  # noqa: PLC0415 - beside its use
    from router.stages.capture.rows import Format  # noqa: PLC0415 - slow to import; --help does without

    ending = file.suffix.lower()
    if ending not in _JSON_LINES | _TABLES:
        raise typer.BadParameter(f"{file.name}: name the file .csv or .jsonl after what it is.")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise NotFound(f"{file} cannot be read ({error.strerror}).") from error
    return data, Format.JSONL if ending in _JSON_LINES else Format.CSV


def _moment(app: "App", typed: str, accountable: str) -> "datetime":
    """Read a moment by the clock on the wall of who is accountable."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - beside its use

    from router.cli.lookup import moment  # noqa: PLC0415 - slow to import; --help does without

    book = app.shelf.active()
    card = book.people.get(accountable or book.fallback_owner)
    # An unknown person is told by whoever checks the wish.
    return moment(typed, ZoneInfo(book.calendars[card.calendar].zone if card else "UTC"))
