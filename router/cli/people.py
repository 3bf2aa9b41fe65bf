"""``people``: who is on the roster, who is away, and whose turn it is."""

from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import AsJson, columns, print_json, say

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from router.app import App
    from router.road.roster import Standing

_Id = Annotated[str, typer.Argument(metavar="PERSON", help="Id of the person.")]
_By = Annotated[
    str, typer.Option("--by", help="Id of the person who says so; your user name if not given.")
]


def register(app: typer.Typer) -> None:
    """Put the commands on the program.

    Args:
        app: The program.
    """
    group = typer.Typer(help="Who is on the roster, who is away, and whose turn it is.")
    group.callback(invoke_without_command=True)(_list_unless_told)
    group.command("list")(list_roster)
    group.command()(away)
    group.command()(back)
    app.add_typer(group, name="people")


def _list_unless_told(context: typer.Context) -> None:
    """List the roster when no command is given."""
    if context.invoked_subcommand is None:
        list_roster()


def list_roster(*, json: AsJson = False) -> None:
    """List the roster: who is there, what they own, and what they are owed in each pool."""
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.road.roster import roster  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        _, found = roster(app, now())
    if json:
        print_json(found)
        return
    head = ("person", "name", "calendar", "leads", "now", "turns (owed/given)")
    say(columns(head, [_row(each) for each in found]))


def away(
    person: _Id,
    *,
    until: Annotated[
        str,
        typer.Option(
            help="End, as 2026-01-05 or 2026-01-05T14:00 by the clock on the person's wall; until"
            " further notice if not given."
        ),
    ] = "",
    reason: Annotated[str, typer.Option(help="Why; shown where the person is passed over.")] = "",
    by: _By = "",
    json: AsJson = False,
) -> None:
    """Say that a person takes no leads for a while; what they own stays theirs."""
    from router.cli.lookup import moment  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        end = moment(until, _zone(app, person)) if until else None
        _change(app, person, until=end, reason=reason, by=by, json=json, available=False)


def back(person: _Id, *, by: _By = "", json: AsJson = False) -> None:
    """Say that a person takes leads again."""
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        _change(app, person, until=None, reason="", by=by, json=json, available=True)


def _zone(app: "App", person: str) -> "ZoneInfo":
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - beside its use

    book = app.shelf.active()
    card = book.people.get(person)
    # An unknown person is told by whoever looks it up next.
    return ZoneInfo(book.calendars[card.calendar].zone if card is not None else "UTC")


def _change(
    app: "App",
    person: str,
    *,
    available: bool,
    until: "datetime | None",
    reason: str,
    by: str,
    json: bool,
) -> None:
    from router.cli.lookup import shown, speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.road.roster import set_availability  # noqa: PLC0415 - slow to import; --help does without

    found = set_availability(
        app,
        person,
        available=available,
        until=until,
        reason=reason,
        by=speaker(by),
        now=now(),
    )
    if json:
        print_json(found)
    elif found.absence is None:
        say(f"{found.name} takes leads again.")
    else:
        end = f"until {shown(found.absence.until)}" if found.absence.until else "for now"
        say(f"{found.name} takes no leads {end}; {found.open_leads} open ones stay theirs.")


def _row(each: "Standing") -> tuple[str, ...]:
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without

    now = "there"
    if each.absence is not None:
        end = f"until {shown(each.absence.until)}" if each.absence.until else "until further notice"
        now = f"away {end}" + (f" ({each.absence.reason})" if each.absence.reason else "")
    turns = ", ".join(f"{turn.pool} {turn.credit:+d}/{turn.assigned}" for turn in each.turns)
    return each.id, each.name, each.calendar, str(each.open_leads), now, turns or "-"
