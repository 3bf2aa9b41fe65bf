"""``people``: who is on the roster, who is away, and whose turn it is."""

from typing import TYPE_CHECKING

import typer

from router.cli import absences, transfer
from router.cli.output import AsJson, columns, print_json, say

if TYPE_CHECKING:
    from router.road.people.roster import Standing


def register(app: typer.Typer) -> None:
    """Put the commands on the program.

    Args:
        app: The program.
    """
    group = typer.Typer(help="Who is on the roster, who is away, and whose turn it is.")
    group.callback(invoke_without_command=True)(_list_unless_told)
    group.command("list")(list_roster)
    absences.add_to(group)
    transfer.register(group)
    app.add_typer(group, name="people")


def _list_unless_told(context: typer.Context) -> None:
    """List the roster when no command is given."""
    if context.invoked_subcommand is None:
        list_roster()


def list_roster(*, json: AsJson = False) -> None:
    """List the roster: who is there, what they own, and what they are owed in each pool."""
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.road.people.roster import roster  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        _, found = roster(app, now())
    if json:
        print_json(found)
        return
    head = ("person", "name", "calendar", "leads", "now", "turns (owed/given)")
    say(columns(head, [_row(each) for each in found]))


def _row(each: "Standing") -> tuple[str, ...]:
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without

    now = "there"
    if each.absence is not None:
        end = f"until {shown(each.absence.until)}" if each.absence.until else "until further notice"
        word = "off" if each.absence.kind == "off" else "away"
        now = f"{word} {end}" + (f" ({each.absence.reason})" if each.absence.reason else "")
    turns = ", ".join(f"{turn.pool} {turn.credit:+.2f}/{turn.assigned}" for turn in each.turns)
    return each.id, each.name, each.calendar, str(each.open_leads), now, turns or "-"
