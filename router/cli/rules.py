"""The commands about rule books; ``rules schema`` itself."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from router.cli import (
    rules_backtest,
    rules_check,
    rules_diff,
    rules_life,
    rules_reroute,
    rules_trial,
    rules_try,
)
from router.cli.output import say

if TYPE_CHECKING:
    from router.rulebook.model import RuleBook

_Folder = Annotated[
    Path | None,
    typer.Argument(help="The book's folder; LEAD_ROUTER_RULES or the shipped one if not given."),
]


def register(app: typer.Typer) -> None:
    """Put the commands on the program.

    Args:
        app: The program.
    """
    group = typer.Typer(no_args_is_help=True, help="Check a rule book, or make it the active one.")
    rules_check.register(group)
    rules_trial.register(group)
    rules_diff.register(group)
    rules_backtest.register(group)
    rules_life.register(group)
    rules_reroute.register(group)
    rules_try.register(group)
    group.command()(schema)
    app.add_typer(group, name="rules")


def schema(
    folder: _Folder = None,
    *,
    write: Annotated[
        bool, typer.Option("--write", help="Write it into the folder, where editors find it.")
    ] = False,
) -> None:
    """Print the JSON Schema of a book's rule files, by which editors complete and check them."""
    from router.cli.book import shipped  # noqa: PLC0415 - slow to import; --help does without
    from router.rulebook.reading.schema import PATH, schema_text  # noqa: PLC0415 - slow to import; --help does without
    from router.settings import settings  # noqa: PLC0415 - slow to import; --help does without

    text = schema_text(_load(folder))
    if not write:
        sys.stdout.write(text)
        return
    file = (folder or settings().rules or shipped()).expanduser() / PATH
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    say(f"Wrote {file}. Rule files name it in their first line:")
    say(f"# yaml-language-server: $schema=./{PATH}")


def _load(folder: Path | None) -> "RuleBook":
    from router.cli.book import load  # noqa: PLC0415 - slow to import; --help does without
    from router.settings import settings  # noqa: PLC0415 - slow to import; --help does without

    return load(folder or settings().rules)
