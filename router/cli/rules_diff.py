"""``rules diff``: which leads change hands between two rule books, each with a lead and why."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import AsJson, print_json, say, warn

if TYPE_CHECKING:
    from router.app import App
    from router.rulebook.analysis.difference import Difference
    from router.rulebook.model import RuleBook

_ACTIVE = "active"
_DIGEST = frozenset("0123456789abcdef")
#: The exit codes are those of ``diff``: 0 for alike, and these.
_DIFFER, _NO_ANSWER = 1, 2
#: Ways that ``--json`` traces; the rest is given without.
_TRACED = 100


def register(group: typer.Typer) -> None:
    """Put the command into ``rules``.

    Args:
        group: The commands about rule books.
    """
    group.command()(diff)


def diff(
    old: Annotated[
        str,
        typer.Argument(
            metavar="OLD",
            help="A book's folder, the first characters of a stored version's digest, or `active`.",
        ),
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The same, for the other book.")],
    *,
    most: Annotated[
        int,
        typer.Option(min=1, max=1_000, help="Ways that are written out of those with one cause."),
    ] = 5,
    json: AsJson = False,
) -> None:
    """Tell which leads change hands between two books, each with an example lead and both traces.

    It reads the rules, not the past: how many leads of the past it would be is told by `rules
    backtest`. Two folders need no database. Exit code 0 when no lead gets anything else, 1 when
    something differs or could not be told, 2 when the books cannot be compared.
    """
    from router.errors import BookError, LeadRouterError  # noqa: PLC0415 - beside its use; --help does without
    from router.rulebook.analysis.compare import compare  # noqa: PLC0415 - slow to import; --help does without

    try:
        books = _books(old, new)
    except BookError as error:
        warn("\n".join(error.problems))
        raise typer.Exit(_NO_ANSWER) from error
    except LeadRouterError as error:
        warn(f"lead-router: {error}")
        raise typer.Exit(_NO_ANSWER) from error
    found = compare(*books)
    if json:
        _print(found, books)
    else:
        from router.cli.diff_words import told  # noqa: PLC0415 - slow to import; --help does without

        say(told(found, books, (old, new), most))
    if not found.is_none:
        raise typer.Exit(_DIFFER)


def _print(found: "Difference", books: "tuple[RuleBook, RuleBook]") -> None:
    from router.cli.diff_data import data  # noqa: PLC0415 - slow to import; --help does without

    print_json(data(found, books, _TRACED))


def _books(old: str, new: str) -> "tuple[RuleBook, RuleBook]":
    """Read both books; the database is asked only for what is no folder."""
    from router.errors import NotFound  # noqa: PLC0415 - beside its use; --help does without

    folders = [Path(named).expanduser() for named in (old, new)]
    if all(folder.is_dir() for folder in folders):
        return _read(folders[0]), _read(folders[1])
    for named, folder in zip((old, new), folders, strict=True):
        if not folder.is_dir() and named != _ACTIVE and not _DIGEST.issuperset(named):
            raise NotFound(f"There is no folder {named}, and no digest of a version looks like it.")
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        return _book(app, old), _book(app, new)


def _book(app: "App", named: str) -> "RuleBook":
    """Return the active book, that of a folder, or a stored version."""
    from router.cli.rules_life import find_version  # noqa: PLC0415 - beside its use; --help does without

    if named == _ACTIVE:
        return app.shelf.active()
    folder = Path(named).expanduser()
    return _read(folder) if folder.is_dir() else app.book(find_version(app, named))


def _read(folder: Path) -> "RuleBook":
    """Read a folder; what is wrong with it begins with which of the two it is."""
    from router.cli.book import load  # noqa: PLC0415 - slow to import; --help does without
    from router.errors import BookError  # noqa: PLC0415 - beside its use; --help does without

    try:
        return load(folder)
    except BookError as error:
        title = f"lead-router: the rule book in {folder} has problems:"
        raise BookError((title, *error.problems)) from error
