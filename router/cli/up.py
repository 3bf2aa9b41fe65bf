"""``up`` and ``down``: everything in one go, and everything stopped."""

import typer

from router.cli.output import AsJson, print_json, say


def register(app: typer.Typer) -> None:
    """Put the commands on the program.

    Args:
        app: The program.
    """
    app.command()(up)
    app.command()(down)


def up(*, json: AsJson = False) -> None:
    """Start database, broker, web, workers and ticker.

    Servers that LEAD_ROUTER_DATABASE_URL and LEAD_ROUTER_REDIS_URL name are used; otherwise the
    embedded ones start on the data folder. Stop with Ctrl-C, or `lead-router down`.
    """
    from router.cli.installation import Installation  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import quiet_log  # noqa: PLC0415 - slow to import; --help does without
    from router.settings import settings  # noqa: PLC0415 - slow to import; --help does without

    def tell(place: Installation) -> None:
        if not place.wait_until_it_answers():
            say(place.trouble())
        elif json:
            print_json(place.facts())
        else:
            say(place.status())

    quiet_log()
    Installation(settings(), say=(lambda _text: None) if json else say).run(tell)


def down(*, json: AsJson = False) -> None:
    """Stop everything that runs on the data folder."""
    from router.embedded.down import stop_everything  # noqa: PLC0415 - slow to import; --help does without
    from router.settings import settings  # noqa: PLC0415 - slow to import; --help does without

    home = settings().home_path()
    stopped = stop_everything(home, on_progress=(lambda _text: None) if json else say)
    if json:
        print_json({"home": str(home), "stopped": stopped})
    elif not stopped:
        say(f"Nothing was running on {home}.")
