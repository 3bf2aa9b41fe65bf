"""What commands print: text for people, JSON for programs, one sentence for what went wrong."""

from collections.abc import Collection, Sequence
from typing import Annotated

import typer

from router.errors import LeadRouterError, Misconfigured, Transient

#: Everything went well.
OK = 0
#: A check failed, there is no such thing, or somebody was faster.
FAILED = 1
#: The command was typed wrongly.
USAGE = 2
#: A setting or the rule book has to be corrected first.
MISCONFIGURED = 3
#: The database, the broker or the web process cannot be reached now.
UNREACHABLE = 4
#: A version of the rule book is stored and waits for a second person.
WAITING = 5

#: The option ``--json`` of every command that prints data.
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def exit_code(error: LeadRouterError) -> int:
    """Return the exit code that an error stands for.

    >>> exit_code(Misconfigured("no address")), exit_code(Transient("no answer"))
    (3, 4)
    """
    if isinstance(error, Misconfigured):
        return MISCONFIGURED
    return UNREACHABLE if isinstance(error, Transient) else FAILED


def say(text: str) -> None:
    """Print one line for people."""
    typer.echo(text)


def warn(text: str) -> None:
    """Print one line on standard error, so that it does not mix with data."""
    typer.echo(text, err=True)


def print_json(value: object) -> None:
    """Print a value as indented JSON.

    Args:
        value: Mappings, sequences, dataclasses, moments, ids and plain values.
    """
    import orjson  # noqa: PLC0415 - not needed by commands that print text

    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
    typer.echo(text.decode())


def columns(head: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> str:
    """Lay rows out in columns, for terminals and files alike.

    >>> print(columns(("lead", "owner"), [("a1", "Tom"), ("b22", "-")]))
    lead  owner
    a1    Tom
    b22   -

    Args:
        head: Names of the columns.
        rows: As many texts each as there are columns; line breaks become spaces.
        right: Columns of numbers, which stand flush right.
    """
    cells = [[" ".join(cell.split()) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(head))]
    flush = [str.rjust if place in right else str.ljust for place in range(len(head))]
    lines = (
        "  ".join(put(cell, width) for put, cell, width in zip(flush, row, widths, strict=True))
        for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)
