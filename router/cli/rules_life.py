"""``rules publish|approve|refuse|rollback|history|status``: which version of a book serves."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from router.cli.output import (
    MISCONFIGURED,
    OK,
    WAITING,
    AsJson,
    columns,
    print_json,
    say,
    warn,
)
from router.wording import counted

if TYPE_CHECKING:
    from router.app import App
    from router.road.versions.publish import Published
    from router.store.books import Aliases
    from router.store.tx import Tx

#: Characters of a digest that people are shown.
_SHOWN = 12
#: Problems that are listed for people.
_PROBLEMS = 30
_OVERRIDE = 'In an emergency `--override "why"` publishes it all the same; everybody will see it.'
_Folder = Annotated[
    Path | None,
    typer.Argument(help="The book's folder; LEAD_ROUTER_RULES or the shipped one if not given."),
]
_By = Annotated[str | None, typer.Option("--by", help="Who says so; your user name if not given.")]
_Note = Annotated[str, typer.Option("--note", help="Why, for those who look later.")]
_Version = Annotated[
    str, typer.Argument(metavar="DIGEST", help="Of the version, or its first characters.")
]


def register(group: typer.Typer) -> None:
    """Put the commands into ``rules``.

    Args:
        group: The commands about rule books.
    """
    for command in (publish, approve, refuse, rollback, history, status):
        group.command()(command)


def publish(
    folder: _Folder = None,
    *,
    by: _By = None,
    note: _Note = "",
    override: Annotated[
        str,
        typer.Option(
            "--override",
            help="In an emergency, why it must be active now: without a second person, and without"
            " passing its tests. Logged as an error; the book's owner is told.",
        ),
    ] = "",
    backtest: Annotated[
        bool,
        typer.Option(
            "--backtest/--no-backtest",
            help="Try the leads of the past on it. Without, a second person must agree wherever"
            " the active version limits how many leads may change hands.",
        ),
    ] = True,
    json: AsJson = False,
) -> None:
    """Make a rule book the active one. Leads under way keep the version they started with.

    The book is analysed, its own tests are run, it is compared with the active version, and the
    leads of the last days are tried on it. A book with errors, or whose own tests fail, is refused
    (exit code 3). One that the active version's policy wants a second person for is stored and
    waits for them (exit code 5).
    """
    from router.cli.book import load  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.progress import bar  # noqa: PLC0415 - beside its use; --help does without
    from router.cli.reach import opened, user_name  # noqa: PLC0415 - slow to import; --help does without
    from router.errors import BookError  # noqa: PLC0415 - beside its use; --help does without
    from router.road.versions.publish import Wish  # noqa: PLC0415 - slow to import; --help does without
    from router.road.versions.publish import publish as make_active  # noqa: PLC0415 - slow to import; --help does without
    from router.settings import settings  # noqa: PLC0415 - slow to import; --help does without

    try:
        book = load(folder or settings().rules)
    except BookError as error:
        _refused(error.problems, json=json)
    wish = Wish(by or user_name(), note, override, past=backtest)
    with opened() as app, bar() as watch:
        try:
            done = make_active(app, book, wish, watch=watch)
        except BookError as error:
            _refused(error.problems, json=json, advice=_OVERRIDE)
    _tell(done, json=json)


def approve(version: _Version, *, by: _By = None, note: _Note = "", json: AsJson = False) -> None:
    """Agree to a version that waits for a second person; its author cannot. It is active then."""
    from router.cli.reach import opened, user_name  # noqa: PLC0415 - slow to import; --help does without
    from router.road.versions.publish import Wish  # noqa: PLC0415 - slow to import; --help does without
    from router.road.versions.publish import approve as agree  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        done = agree(app, find_version(app, version), Wish(by or user_name(), note))
    _tell(done, json=json)


def refuse(version: _Version, *, by: _By = None, note: _Note = "", json: AsJson = False) -> None:
    """Do not agree to a version that waits for a second person; nothing changes."""
    from router.cli.reach import opened, user_name  # noqa: PLC0415 - slow to import; --help does without
    from router.road.versions.publish import Wish  # noqa: PLC0415 - slow to import; --help does without
    from router.road.versions.publish import refuse as turn_down  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        digest = find_version(app, version)
        turn_down(app, digest, Wish(by or user_name(), note))
    if json:
        print_json({"digest": digest, "standing": "refused"})
    else:
        say(f"Version {digest[:_SHOWN]} no longer waits; nothing changed.")


def rollback(
    *,
    to: Annotated[
        str,
        typer.Option("--to", help="A version that was active once; the one before if not given."),
    ] = "",
    by: _By = None,
    note: _Note = "",
    json: AsJson = False,
) -> None:
    """Make an earlier version the active one again, within a second.

    New leads go by it. Leads under way keep the version they started with.
    """
    from router.cli.reach import opened, user_name  # noqa: PLC0415 - slow to import; --help does without
    from router.road.versions.publish import Wish, roll_back  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        digest = find_version(app, to) if to else ""
        done = roll_back(app, Wish(by or user_name(), note), to=digest)
    _tell(done, json=json)


def history(
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most lines to show.")] = 20,
    json: AsJson = False,
) -> None:
    """List what was done with the versions of the book, the newest first."""
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.store import book_log  # noqa: PLC0415 - slow to import; --help does without
    from router.store.tx import transaction  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app, transaction(app.engine) as tx:
        found = book_log.history(tx, app.settings.book, limit=limit)
    if json:
        print_json(found)
        return
    head = ("when", "what", "version", "before", "who", "note")
    rows = [
        (
            shown(each.at),
            each.act.value,
            each.digest[:_SHOWN],
            each.before[:_SHOWN] or "-",
            each.by,
            each.note,
        )
        for each in found
    ]
    say(columns(head, rows) if rows else "Nothing was published yet.")


def status(*, json: AsJson = False) -> None:
    """Show which versions serve, and what waits for a second person, with what was checked."""
    from router.cli.checked import told  # noqa: PLC0415 - beside its use; --help does without
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.store import books, proposals  # noqa: PLC0415 - slow to import; --help does without
    from router.store.tx import transaction  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        with transaction(app.engine) as tx:
            found = books.aliases(tx, app.settings.book)
            waiting = proposals.pending(tx, app.settings.book)
            checks = _checks(tx, [found.active, *(each.digest for each in waiting)])
        serving = app.shelf.active()
        broken = app.shelf.unusable()
    if json:
        print_json(
            {
                "aliases": found,
                "serving": serving.digest,
                "unusable": {each.digest: each.reason for each in broken},
                "waiting": waiting,
                "checks": checks.get(found.active, {}),
                "checks_of_waiting": {each.digest: checks[each.digest] for each in waiting},
            }
        )
        return
    say(columns(("use", "version", "what it does"), _uses(found)))
    for each in broken:
        warn(f"Version {each.digest[:_SHOWN]} cannot be used: {each.reason}")
    if serving.digest != found.active:
        warn(f"New leads go by version {serving.digest[:_SHOWN]} instead.")
    for proposal in waiting:
        say(
            f"\nVersion {proposal.digest[:_SHOWN]} of {proposal.asked_by} waits since"
            f" {shown(proposal.asked_at)}: {' '.join(proposal.reasons)}"
        )
        say(told(checks[proposal.digest]))


def _uses(found: "Aliases") -> list[tuple[str, str, str]]:
    """Return what each version does, for people."""
    from router.rulebook.canary import terms_from  # noqa: PLC0415 - slow to import; --help does without

    share = terms_from(found.terms).words() if found.canary else ""
    uses = (
        ("active", found.active, "decides new leads"),
        ("before", found.before, "was active before: where a rollback goes"),
        ("shadow", found.shadow, "is asked about every lead, without effect"),
        ("canary", found.canary, f"decides {share}"),
    )
    return [(use, digest[:_SHOWN] or "-", what if digest else "") for use, digest, what in uses]


def find_version(app: "App", typed: str) -> str:
    """Return the digest of the stored version that begins with what was typed.

    Args:
        app: Of this process.
        typed: A digest or its first characters.

    Raises:
        NotFound: None begins so, or several do.
    """
    from router.errors import NotFound  # noqa: PLC0415 - beside its use; --help does without
    from router.store.books import versions_like  # noqa: PLC0415 - slow to import; --help does without
    from router.store.tx import transaction  # noqa: PLC0415 - slow to import; --help does without

    with transaction(app.engine) as tx:
        found = versions_like(tx, typed)
    if len(found) == 1:
        return found[0]
    if found:
        raise NotFound(f"Several versions begin with {typed!r}. Type more of the digest.")
    raise NotFound(
        f"There is no version {typed!r} of a rule book. `lead-router rules history` lists them."
    )


def _checks(tx: "Tx", digests: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Return what was checked of stored versions, when they were published."""
    from router.store.books import version  # noqa: PLC0415 - slow to import; --help does without

    found = ((digest, version(tx, digest)) for digest in digests)
    return {digest: each.checks if each is not None else {} for digest, each in found}


def _refused(problems: Sequence[str], *, json: bool, advice: str = "") -> NoReturn:
    """Say why nothing was published, and end."""
    if json:
        print_json({"changed": False, "standing": "refused", "problems": problems})
    else:
        warn("\n\n".join(problems[:_PROBLEMS]))
        more = len(problems) - _PROBLEMS
        warn(f"... and {more} more; --json lists all.\n" if more > 0 else "")
        count = counted(len(problems), "problem")
        warn(f"Nothing was published: the book has {count}. {advice}".rstrip())
    raise typer.Exit(MISCONFIGURED)


def _tell(done: "Published", *, json: bool) -> None:
    """Say what came of a version; end with the exit code that tells a program the same."""
    standing, digest = done.standing.value, done.digest[:_SHOWN]
    if json:
        print_json(
            {
                "changed": standing == "active",
                "standing": standing,
                "version": done.digest,
                "before": done.before,
                "reasons": done.reasons,
                "checks": done.checks,
            }
        )
    else:
        _say(done, standing, digest)
    raise typer.Exit(WAITING if standing == "waiting" else OK)


def _say(done: "Published", standing: str, digest: str) -> None:
    from router.cli.checked import told  # noqa: PLC0415 - beside its use; --help does without

    if standing == "unchanged":
        say(f"Version {digest} is the active one already; nothing changed.")
        return
    if done.checks:
        beside = f" beside the active {done.before[:_SHOWN]}" if done.before else ""
        say(f"Version {digest}{beside}:")
        say(f"{told(done.checks)}\n")
    if standing == "waiting":
        say("It is stored, and a second person must agree:")
        for reason in done.reasons:
            say(f"  {reason}")
        say(f"Somebody else runs `lead-router rules approve {digest}`, or `rules refuse {digest}`.")
        return
    instead = f" instead of {done.before[:_SHOWN]}" if done.before else ""
    say(f"Version {digest} is active now{instead}.")
    if done.reasons and done.checks:
        say("Nobody else agreed, although a second person should have:")
        for reason in done.reasons:
            say(f"  {reason}")
    if done.before:
        say("`lead-router rules rollback` takes it back within a second.")
