"""``doctor``: look at everything the promise rests on, and say what is wrong and what to do."""

from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import FAILED, AsJson, columns, print_json, say

if TYPE_CHECKING:
    from router.cli.findings import Finding

_COLOURS = {"OK": typer.colors.GREEN, "WARN": typer.colors.YELLOW, "FAIL": typer.colors.RED}


def register(app: typer.Typer) -> None:
    """Put the command on the program.

    Args:
        app: The program.
    """
    app.command()(doctor)


def doctor(
    *,
    settings: Annotated[
        bool, typer.Option("--settings", help="Also list every setting and where it comes from.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Say what is wrong, and what to do about it.

    Looks at settings, database, broker, rule book, processes, destinations and what waits. Exit
    code 1 if anything fails; a warning alone does not.
    """
    from router.cli.checks import examine, setting_rows  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.findings import Level  # noqa: PLC0415 - beside its use
    from router.cli.reach import quiet_log  # noqa: PLC0415 - slow to import; --help does without
    from router.settings import settings as read_settings  # noqa: PLC0415 - slow to import; --help does without

    quiet_log()
    told = read_settings()
    found = examine(told)
    failed = any(each.level is Level.FAIL for each in found)
    rows = setting_rows(told)
    if json:
        listed = [{"setting": row[0], "value": row[1], "from": row[2]} for row in rows]
        print_json({"ok": not failed, "findings": found, "settings": listed})
    else:
        if settings:
            say(columns(("setting", "value", "from"), rows) + "\n")
        for each in found:
            _print(each)
    if failed:
        raise typer.Exit(FAILED)


def _print(finding: "Finding") -> None:
    level = typer.style(f"{finding.level.value:4}", fg=_COLOURS[finding.level.value])
    say(f"{level}  {finding.about}: {finding.text}")
