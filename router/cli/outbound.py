"""``outbound stop`` and ``outbound start``: hold everything that would leave, and let it go."""

from typing import Annotated

import typer

from router.cli.output import AsJson, print_json, say

_By = Annotated[str | None, typer.Option("--by", help="Who says so; your user name if not given.")]


def register(app: typer.Typer) -> None:
    """Put the commands on the program.

    Args:
        app: The program.
    """
    group = typer.Typer(
        no_args_is_help=True, help="Hold everything that would leave, or let it go."
    )
    group.command()(stop)
    group.command()(start)
    app.add_typer(group, name="outbound")


def stop(*, by: _By = None, json: AsJson = False) -> None:
    """Send nothing to any destination from now on. What waits is kept, leads go on."""
    _switch(hold=True, by=by, json=json)


def start(*, by: _By = None, json: AsJson = False) -> None:
    """Send again, beginning with what waits longest."""
    _switch(hold=False, by=by, json=json)


def _switch(*, hold: bool, by: str | None, json: bool) -> None:
    from router.cli.reach import opened, user_name  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - slow to import; --help does without
    from router.store.actions import hold_outbound  # noqa: PLC0415 - slow to import; --help does without
    from router.store.tx import transaction  # noqa: PLC0415 - slow to import; --help does without
    from router.store.waiting import depths  # noqa: PLC0415 - slow to import; --help does without

    who = by or user_name()
    with opened() as app, transaction(app.engine) as tx:
        moment = now()
        hold_outbound(tx, hold=hold, by=who, now=moment)
        waiting = depths(tx, moment)["actions_pending"]
    if json:
        print_json({"outbound": "stopped" if hold else "started", "by": who, "waiting": waiting})
    elif hold:
        say(f"Nothing leaves any more ({waiting} actions wait). Calls under way may still end.")
    else:
        say(f"Sending again ({waiting} actions wait).")
