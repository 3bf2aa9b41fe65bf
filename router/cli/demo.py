"""``demo``: a whole installation, and a handful of deliveries that show what it does."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from router.now import ticks

#: When this program began, as near as it can tell.
_BEGAN = ticks()


def register(app: typer.Typer) -> None:
    """Put the command on the program.

    Args:
        app: The program.
    """
    app.command()(demo)


def demo(
    *,
    leave: Annotated[
        bool | None,
        typer.Option(
            "--exit/--stay",
            help="Stop when everything was shown, or go on until Ctrl-C."
            " [default: stay on a terminal, else exit]",
        ),
    ] = None,
) -> None:
    """Start everything and show where ten deliveries go.

    They are posted over HTTP as form tools do, two of them signed. Data lie in .demo of the
    current folder, or in LEAD_ROUTER_HOME. Nothing is sent anywhere unless destinations are
    configured.
    """
    from router.cli.reach import quiet_log  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.show import Show  # noqa: PLC0415 - slow to import; --help does without
    from router.settings import settings  # noqa: PLC0415 - slow to import; --help does without

    told = settings()
    if "home" not in told.model_fields_set:
        told = told.model_copy(update={"home": Path.cwd() / ".demo"})
    quiet_log()
    ends = not sys.stdout.isatty() if leave is None else leave
    if not Show(told, began=_BEGAN, ends=ends).run():
        raise typer.Exit(1)
