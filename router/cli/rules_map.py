"""``map``: the road and the book's routes, with what passed along them."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import USAGE, AsJson, print_json, warn

if TYPE_CHECKING:
    from router.road.map.chart import Counted
    from router.rulebook.model import RuleBook

_MOST_DAYS = 365


def register(app: typer.Typer) -> None:
    """Put the command on the program.

    Args:
        app: The program.
    """
    app.command("map")(draw)


def draw(
    *,
    days: Annotated[
        int,
        typer.Option(min=1, max=_MOST_DAYS, help="Count the leads received in so many days."),
    ] = 7,
    mermaid: Annotated[
        bool, typer.Option("--mermaid", help="Print Mermaid; so it is when nothing is said.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Draw the road and the book's routes, with how many leads took each way.

    Mermaid is drawn by GitHub, wikis and editors between ```mermaid and ```. Without a database
    the book's folder is drawn, without numbers.
    """
    from router.road.map.chart import chart  # noqa: PLC0415 - slow to import; --help does without
    from router.road.map.mermaid import mermaid as as_mermaid  # noqa: PLC0415 - beside its use
    from router.road.map.mermaid import remarks  # noqa: PLC0415 - beside its use

    if mermaid and json:
        warn("Say either --mermaid or --json.")
        raise typer.Exit(USAGE)
    book, counted, why_not = _material(days)
    drawn = chart(book, counted, whole=json)
    if why_not:
        warn(f"Without numbers: {why_not}")
    if not json:
        sys.stdout.write(as_mermaid(drawn))
        return
    print_json(
        {
            "book": {"name": drawn.name, "digest": drawn.digest},
            "counted": None
            if counted is None
            else {"since": counted.since, "as_of": counted.as_of, "newest": counted.newest},
            "remarks": [*remarks(drawn), *([f"Without numbers: {why_not}"] if why_not else [])],
            "by_other_versions": drawn.elsewhere,
            "nodes": drawn.nodes,
            "edges": drawn.edges,
        }
    )


def _material(days: int) -> "tuple[RuleBook, Counted | None, str]":
    """Return the book, what was counted, and why nothing was."""
    from router.cli.book import load  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.errors import BookError, Misconfigured, Transient  # noqa: PLC0415 - beside its use
    from router.road.map.counting import count  # noqa: PLC0415 - slow to import; --help does without
    from router.settings import settings  # noqa: PLC0415 - slow to import; --help does without

    try:
        with opened() as app:
            return app.shelf.active(), count(app, days), ""
    except BookError:
        raise
    except (Misconfigured, Transient) as error:
        return load(settings().rules), None, f"{error}"
