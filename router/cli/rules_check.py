"""``rules check``: what can be said against a rule book before any lead has met it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import FAILED, AsJson, print_json, say, warn
from router.wording import counted

if TYPE_CHECKING:
    from router.rulebook.analysis.finding import Finding
    from router.rulebook.model import RuleBook

#: Problems, or findings, that are listed for people.
_SHOWN = 50


def register(group: typer.Typer) -> None:
    """Put the command into ``rules``.

    Args:
        group: The commands about rule books.
    """
    group.command()(check)


def check(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="The book's folder; LEAD_ROUTER_RULES or the shipped one if not given."
        ),
    ] = None,
    *,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 for a warning too, not only for an error.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Read a rule book and look it over: rules never reached, gaps, people, pools, hours, letters.

    Needs no database. The exit code is 0 when the book is sound, and 1 when it cannot be read or
    has an error; with --strict also when it has a warning. Notes, and what could not be decided,
    never count. docs/findings.md tells what each finding means.
    """
    from router.cli.book import load  # noqa: PLC0415 - slow to import; --help does without
    from router.errors import BookError  # noqa: PLC0415 - beside its use; --help does without
    from router.rulebook.analysis.analyse import analyse  # noqa: PLC0415 - slow to import; --help does without
    from router.settings import settings  # noqa: PLC0415 - slow to import; --help does without

    try:
        book = load(folder or settings().rules)
    except BookError as error:
        _unreadable(error.problems, json=json)
        raise typer.Exit(FAILED) from error
    findings = analyse(book)
    bad = {"error", "warning"} if strict else {"error"}
    ok = not any(each.severity in bad for each in findings)
    if json:
        print_json(_data(book, findings, ok=ok))
    else:
        _say(book, findings)
    if not ok:
        raise typer.Exit(FAILED)


def _unreadable(problems: Sequence[str], *, json: bool) -> None:
    if json:
        print_json({"ok": False, "problems": problems})
        return
    warn("\n".join(problems[:_SHOWN]))
    if len(problems) > _SHOWN:
        warn(f"... and {len(problems) - _SHOWN} more; --json lists all.")


def _data(book: "RuleBook", findings: Sequence["Finding"], *, ok: bool) -> dict[str, object]:
    from router.rulebook.analysis.finding import as_data, counts  # noqa: PLC0415 - slow to import; --help does without

    return {
        "ok": ok,
        "name": book.name,
        "version": book.digest,
        "rules": sum(len(rules) for rules in book.rules.values()),
        "people": len(book.people),
        "sources": sorted(book.sources),
        "counts": counts(findings),
        "findings": [as_data(each) for each in findings],
    }


def _say(book: "RuleBook", findings: Sequence["Finding"]) -> None:
    from router.rulebook.analysis.finding import sentence  # noqa: PLC0415 - slow to import; --help does without

    for each in findings[:_SHOWN]:
        say(f"{sentence(each, book.files)}\n")
    if len(findings) > _SHOWN:
        say(f"... and {len(findings) - _SHOWN} more; --json lists all.\n")
    say(_summary(book, findings))


def _summary(book: "RuleBook", findings: Sequence["Finding"]) -> str:
    """Say how the book stands, in one sentence."""
    from router.rulebook.analysis.finding import counts  # noqa: PLC0415 - slow to import; --help does without

    number = counts(findings)
    rules = sum(len(each) for each in book.rules.values())
    words = [counted(number[kind], kind) for kind in ("error", "warning", "note") if number[kind]]
    if number["undecided"]:
        words.append(f"{number['undecided']} undecided")
    state = "not sound" if number["error"] else "sound"
    return (
        f"The rule book {book.name!r}, version {book.digest[:12]}, is {state}:"
        f" {', '.join(words) or 'nothing was found'} in {counted(rules, 'rule')} for"
        f" {counted(len(book.people), 'person', 'people')} and"
        f" {counted(len(book.sources), 'source')}."
    )
