"""``rules publish|approve|refuse|rollback|history|status``: which version of a book serves."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import OK, WAITING, AsJson, columns, print_json, say, warn

if TYPE_CHECKING:
    from router.app import App
    from router.road.publish import Published

#: Characters of a digest that people are shown.
_SHOWN = 12
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
    json: AsJson = False,
) -> None:
    """Make a rule book the active one. Leads under way keep the version they started with.

    A book with errors, or whose own tests fail, is refused (exit code 3). One that the active
    version's policy wants a second person for is stored and waits for them (exit code 5).
    """
    from router.cli.book import load  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened, user_name  # noqa: PLC0415 - slow to import; --help does without
    from router.road.publish import Wish  # noqa: PLC0415 - slow to import; --help does without
    from router.road.publish import publish as make_active  # noqa: PLC0415 - slow to import; --help does without
    from router.settings import settings  # noqa: PLC0415 - slow to import; --help does without

    book = load(folder or settings().rules)
    with opened() as app:
        done = make_active(app, book, Wish(by or user_name(), note, override))
    _tell(done, json=json)


def approve(version: _Version, *, by: _By = None, note: _Note = "", json: AsJson = False) -> None:
    """Agree to a version that waits for a second person; its author cannot. It is active then."""
    from router.cli.reach import opened, user_name  # noqa: PLC0415 - slow to import; --help does without
    from router.road.publish import Wish  # noqa: PLC0415 - slow to import; --help does without
    from router.road.publish import approve as agree  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        done = agree(app, find_version(app, version), Wish(by or user_name(), note))
    _tell(done, json=json)


def refuse(version: _Version, *, by: _By = None, note: _Note = "", json: AsJson = False) -> None:
    """Do not agree to a version that waits for a second person; nothing changes."""
    from router.cli.reach import opened, user_name  # noqa: PLC0415 - slow to import; --help does without
    from router.road.publish import Wish  # noqa: PLC0415 - slow to import; --help does without
    from router.road.publish import refuse as turn_down  # noqa: PLC0415 - slow to import; --help does without

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
    from router.road.publish import Wish, roll_back  # noqa: PLC0415 - slow to import; --help does without

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
    """Show which versions serve, and what waits for a second person."""
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.store import books, proposals  # noqa: PLC0415 - slow to import; --help does without
    from router.store.tx import transaction  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        with transaction(app.engine) as tx:
            found = books.aliases(tx, app.settings.book)
            waiting = proposals.pending(tx, app.settings.book)
            active = books.version(tx, found.active)
        serving = app.shelf.active()
        broken = app.shelf.unusable()
    if json:
        print_json(
            {
                "aliases": found,
                "serving": serving.digest,
                "unusable": {each.digest: each.reason for each in broken},
                "waiting": waiting,
                "checks": active.checks if active is not None else {},
            }
        )
        return
    uses = (("active", found.active), ("before", found.before))
    tried = (("shadow", found.shadow), ("canary", found.canary))
    say(
        columns(
            ("use", "version"),
            [(name, digest[:_SHOWN] or "-") for name, digest in (*uses, *tried)],
        )
    )
    for each in broken:
        warn(f"Version {each.digest[:_SHOWN]} cannot be used: {each.reason}")
    if serving.digest != found.active:
        warn(f"New leads go by version {serving.digest[:_SHOWN]} instead.")
    for proposal in waiting:
        say(
            f"Version {proposal.digest[:_SHOWN]} of {proposal.asked_by} waits since"
            f" {shown(proposal.asked_at)}: {' '.join(proposal.reasons)}"
        )


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
    elif standing == "unchanged":
        say(f"Version {digest} is the active one already; nothing changed.")
    elif standing == "active":
        instead = f" instead of {done.before[:_SHOWN]}" if done.before else ""
        say(f"Version {digest} is active now{instead}.")
    else:
        say(f"Version {digest} is stored and waits for a second person:")
        for reason in done.reasons:
            say(f"  {reason}")
        say(f"Somebody else runs `lead-router rules approve {digest}`, or `rules refuse`.")
    raise typer.Exit(WAITING if standing == "waiting" else OK)
