"""``migrate``: bring the tables up to date, and publish the first rule book."""

import typer

from router.cli.output import AsJson, print_json, say


def register(app: typer.Typer) -> None:
    """Put the command on the program.

    Args:
        app: The program.
    """
    app.command()(migrate)


def migrate(*, json: AsJson = False) -> None:
    """Update the tables, and publish the first rule book.

    Several processes may do this at once.
    """
    from router.cli.book import prepare  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        done = prepare(app, by="migrate", follow=False)
    if json:
        print_json(done)
        return
    say(f"The tables are at revision {done.revision}.")
    say(done.published or f"Rule book version {done.book[:12]} stays active.")
