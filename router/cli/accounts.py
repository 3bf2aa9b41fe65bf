"""``accounts``: the companies we know, as the CRM tells them, and whose a lead would be."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import FAILED, USAGE, AsJson, columns, print_json, say, warn
from router.wording import counted

if TYPE_CHECKING:
    from datetime import datetime

    from router.app import App
    from router.road.accounts.take import Taken, Tried

_MOST = 1_000
#: Remarks that are written out; all of them are in the JSON.
_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Put the commands on the program.

    Args:
        app: The program.
    """
    group = typer.Typer(
        help="The companies we know, as the CRM tells them, and whose a lead would be.",
        no_args_is_help=True,
    )
    group.command("import")(take_in)
    group.command("list")(list_known)
    group.command("match")(match_sample)
    app.add_typer(group, name="accounts")


def take_in(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.csv",
            help="Comma-separated, UTF-8, the first line names the columns: key (the CRM's id) and"
            " name; domains, owner, opportunity_owner, named, country, active_at, contacts.",
            exists=True,
            dir_okay=False,
            readable=True,
        ),
    ],
    *,
    by: Annotated[str, typer.Option("--by", help="Who does it; your user name if not given.")] = "",
    whole: Annotated[
        bool,
        typer.Option(
            "--whole",
            help="These are all accounts there are: forget the others, unless a row was left out"
            " or they are more than a fifth.",
        ),
    ] = False,
    forget: Annotated[
        int | None,
        typer.Option(
            min=0, help="With --whole: forget up to so many, also when they are more than a fifth."
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Take accounts in from a file. One that is known is replaced; the others stay as they are.

    The exit code is 1 when a row was left out, or --whole found too many others to forget them.
    """
    from router.cli.lookup import speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.errors import Rejected  # noqa: PLC0415 - beside its use; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.road.accounts.rows import AccountFile, without_mark  # noqa: PLC0415 - slow to import; --help does without
    from router.road.accounts.take import take_accounts  # noqa: PLC0415 - slow to import; --help does without

    if forget is not None and not whole:
        warn("--forget says how many accounts --whole may forget: name both.")
        raise typer.Exit(USAGE)
    with opened() as app, file.open(encoding="utf-8", newline="") as lines:
        told = AccountFile(without_mark(lines))
        try:
            taken = take_accounts(app, told.rows(), now(), by=speaker(by), whole=whole, most=forget)
        except UnicodeDecodeError as error:
            raise Rejected(
                f"{file} is not UTF-8 text: save it as CSV UTF-8. Rows before that may be in.",
                code="not_utf8",
            ) from error
    if json:
        print_json({"taken": taken, "ignored": told.ignored})
    else:
        _say_taken(taken, told.ignored, whole=whole)
    if taken.left_out or taken.spared:
        raise typer.Exit(FAILED)


def list_known(
    *,
    owner: Annotated[str, typer.Option(help="Only accounts of this person.")] = "",
    after: Annotated[str, typer.Option(help="Key after which the list begins.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="Most to list.")] = 50,
    json: AsJson = False,
) -> None:
    """List accounts in the order of their keys."""
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.road.accounts.take import known_accounts  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        found = known_accounts(app, owner=owner, after=after, limit=limit)
    if json:
        print_json(found)
        return
    head = ("key", "name", "owner", "opportunity", "named", "domains", "contacts", "active")
    rows = [
        (
            each.account.key,
            each.account.name,
            each.account.owner or "-",
            each.account.opportunity_owner or "-",
            "yes" if each.account.named else "",
            " ".join(each.domains) or "-",
            str(each.contacts),
            shown(each.account.active_at),
        )
        for each in found
    ]
    say(columns(head, rows, right=(6,)) if rows else "There is no such account.")


def match_sample(
    sample: Annotated[
        str,
        typer.Argument(
            help="A file with a sample, the name of a shipped one, or - for standard input."
        ),
    ] = "",
    *,
    email: Annotated[str, typer.Option(help="E-mail address to try.")] = "",
    company: Annotated[str, typer.Option(help="Name of a company to try.")] = "",
    website: Annotated[str, typer.Option(help="Website to try.")] = "",
    country: Annotated[str, typer.Option(help="Country, as code or name.")] = "",
    source: Annotated[
        str, typer.Option(help="Source that a sample is taken for; guessed from its shape.")
    ] = "",
    json: AsJson = False,
) -> None:
    """Show whose account a lead would be, and why the other candidates lose. Writes nothing."""
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.lead.model import Person  # noqa: PLC0415 - beside its use; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.road.accounts.take import try_person  # noqa: PLC0415 - slow to import; --help does without

    typed = Person(email=email, company=company, website=website, country=country)
    if bool(sample) == (typed != Person()):
        warn("Name a sample, or some of --email, --company, --website and --country.")
        raise typer.Exit(USAGE)
    with opened() as app:
        tried = (
            _of_sample(app, sample, source, now()) if sample else [try_person(app, typed, now())]
        )
    if json:
        print_json([each.found for each in tried])
        return
    for each in tried:
        _say_tried(each)


def _of_sample(app: "App", sample: str, source: str, moment: "datetime") -> "list[Tried]":
    from router.cli.explain import read_sample  # noqa: PLC0415 - slow to import; --help does without
    from router.road.accounts.take import try_sample  # noqa: PLC0415 - slow to import; --help does without
    from router.road.explain import rehearse  # noqa: PLC0415 - slow to import; --help does without

    body, named = read_sample(sample)
    taken_for = source or named or rehearse.guess_source(body, app.shelf.active(), moment)
    return try_sample(app, rehearse.sample(body, taken_for, app.settings.book, moment), moment)


def _say_taken(taken: "Taken", ignored: tuple[str, ...], *, whole: bool) -> None:
    say(f"{taken.new} new, {taken.changed} changed, {taken.unchanged} as they were.")
    if taken.forgotten is not None:
        forgotten = counted(taken.forgotten, "account was", "accounts were")
        say(f"{forgotten} forgotten, which the file does not name.")
    elif taken.spared:
        known = counted(taken.spared, "account that we know is", "accounts that we know are")
        warn(
            f"None was forgotten: {known} not in the file, and it"
            " may have been cut short. If it is whole, import it again with"
            f" --whole --forget {taken.spared}."
        )
    elif whole:
        why = "a row was left out" if taken.left_out else "the file names no account"
        warn(f"None was forgotten: {why}.")
    if ignored:
        say(f"Columns that mean nothing here: {', '.join(ignored)}.")
    for title, remarks in (("left out", taken.left_out), ("taken, but", taken.noticed)):
        for each in remarks[:_SHOWN]:
            warn(f"line {each.line} {each.key or '(no key)'}: {title}: {each.problem}")
        if len(remarks) > _SHOWN:
            warn(f"and {len(remarks) - _SHOWN} more {title}; --json lists all")


def _say_tried(tried: "Tried") -> None:
    found = tried.found
    if found.match is None:
        say("It is no account that we know.")
    else:
        owner = f"owner {found.match.owner}" if found.match.owner else "no owner"
        say(f"{found.match.name} ({found.match.key}), by {found.match.by}; {owner}.")
    rows = [
        (
            each.account.key,
            each.account.name,
            each.by.value,
            f"{each.score:.3f}",
            "won" if each.won else "lost",
            each.why,
        )
        for each in found.judged
    ]
    if rows:
        say(columns(("account", "name", "by", "score", "", "why"), rows))
    if found.more:
        say(f"and {found.more} more that were considered")
