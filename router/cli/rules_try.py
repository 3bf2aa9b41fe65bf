"""``rules shadow`` and ``rules canary``: try a version beside the active one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import (
    MISCONFIGURED,
    OK,
    USAGE,
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
    from router.road.versions.band import Showing
    from router.road.versions.tried import Seen
    from router.rulebook.canary import Terms
    from router.rulebook.model import RuleBook

#: Characters of a digest, and of a lead's id, that people are shown.
_SHOWN, _LEAD = 12, 18
#: Problems that are listed for people.
_PROBLEMS = 30
_By = Annotated[str | None, typer.Option("--by", help="Who says so; your user name if not given.")]
_Note = Annotated[str, typer.Option("--note", help="Why, for those who look later.")]
_Names = list[str] | None


def register(group: typer.Typer) -> None:
    """Put the commands into ``rules``.

    Args:
        group: The commands about rule books.
    """
    group.command()(shadow)
    group.command()(canary)


def shadow(
    what: Annotated[
        str,
        typer.Argument(
            metavar="DIGEST|FOLDER|off|report",
            help="A stored version, by its digest or the first characters of it, or a book's"
            " folder: watch it. `off`: no longer. `report`: what it has seen.",
        ),
    ] = "report",
    *,
    most: Annotated[int, typer.Option(min=1, max=1000, help="Differences to list.")] = 20,
    by: _By = None,
    note: _Note = "",
    json: AsJson = False,
) -> None:
    """Ask a second version about every live lead, and count what it would do otherwise.

    No lead changes. A version that has errors, or whose own tests fail, is refused (exit code 3).
    """
    from router.cli.reach import opened, user_name  # noqa: PLC0415 - slow to import; --help does without
    from router.road.versions import tried  # noqa: PLC0415 - slow to import; --help does without
    from router.road.versions.publish import Wish  # noqa: PLC0415 - slow to import; --help does without

    wish = Wish(by or user_name(), note)
    with _refusals(json=json), opened() as app:
        if what == "report":
            _tell_seen(tried.seen(app, most=most), json=json)
        elif what == "off":
            _tell_ended("shadow", tried.unwatch(app, wish), json=json)
        else:
            book = _version(app, what)
            fresh = tried.watch(app, book, wish)
            _tell_begun("shadow", book.digest, "every live lead", fresh=fresh, json=json)


def canary(
    what: Annotated[
        str,
        typer.Argument(
            metavar="DIGEST|FOLDER|off|status|promote",
            help="A stored version, by its digest or the first characters of it, or a book's"
            " folder: give it leads. `off`: no more leads. `status`: how it does. `promote`: make"
            " it the active version, as `publish` does.",
        ),
    ] = "status",
    *,
    percent: Annotated[
        float | None,
        typer.Option(help="Its share of the leads; of a pilot 100 if not given."),
    ] = None,
    form: Annotated[
        _Names, typer.Option(help="Only leads of this form, by id or kind; may be repeated.")
    ] = None,
    campaign: Annotated[
        _Names, typer.Option(help="Only leads of this `utm.campaign`; may be repeated.")
    ] = None,
    team: Annotated[
        _Names,
        typer.Option(help="Only leads the active version gives to this pool; may be repeated."),
    ] = None,
    agreed_by: Annotated[
        str, typer.Option(help="The second person, where the active version wants one.")
    ] = "",
    by: _By = None,
    note: _Note = "",
    json: AsJson = False,
) -> None:
    """Let a second version decide a share of the new leads, or those of a pilot.

    The same lead always gets the same answer, and keeps the version it started with. The ticker
    ends a canary whose rates leave the band that the active version's `book.yaml` sets. A version
    that has errors, or whose own tests fail, is refused (exit code 3); so is one that needs a
    second person (exit code 1), unless --agreed-by names them.
    """
    from router.cli.progress import bar  # noqa: PLC0415 - beside its use; --help does without
    from router.cli.reach import opened, user_name  # noqa: PLC0415 - slow to import; --help does without
    from router.road.versions import band, tried  # noqa: PLC0415 - slow to import; --help does without
    from router.road.versions.publish import Wish  # noqa: PLC0415 - slow to import; --help does without

    wish = Wish(by or user_name(), note)
    with _refusals(json=json), opened() as app:
        if what == "status":
            _tell_showing(app, band.showing(app), json=json)
        elif what == "off":
            _tell_ended("canary", tried.end(app, wish), json=json)
        elif what == "promote":
            _promote(app, wish.by, note, json=json)
        else:
            terms = _terms(percent, form, campaign, team)
            book = _version(app, what)
            with bar() as watch:
                fresh = tried.begin(app, book, terms, wish, agreed_by=agreed_by, watch=watch)
            _tell_begun("canary", book.digest, terms.words(), fresh=fresh, json=json)


@contextmanager
def _refusals(*, json: bool) -> Iterator[None]:
    """Say why a version is not tried, and end."""
    from router.errors import BookError  # noqa: PLC0415 - beside its use; --help does without

    try:
        yield
    except BookError as error:
        problems = error.problems
        if json:
            print_json({"changed": False, "problems": problems})
        else:
            warn("\n\n".join(problems[:_PROBLEMS]))
            more = len(problems) - _PROBLEMS
            warn(f"... and {more} more; --json lists all." if more > 0 else "")
            count = counted(len(problems), "problem")
            warn(f"Nothing changed: the version has {count}, and could not be published either.")
        raise typer.Exit(MISCONFIGURED) from error


def _terms(percent: float | None, form: _Names, campaign: _Names, team: _Names) -> "Terms":
    """Return which leads were meant; without any word about it, end."""
    from router.rulebook.canary import ALL, terms_from  # noqa: PLC0415 - beside its use; --help does without

    pilot = {"forms": form or [], "campaigns": campaign or [], "teams": team or []}
    if percent is None and not any(pilot.values()):
        warn("Say which leads: --percent P, or a pilot by --form, --campaign or --team.")
        raise typer.Exit(USAGE)
    return terms_from({"percent": ALL if percent is None else percent, **pilot})


def _version(app: "App", typed: str) -> "RuleBook":
    """Return the version that was meant: a folder's, or a stored one."""
    from router.cli.book import load  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.rules_life import find_version  # noqa: PLC0415 - slow to import; --help does without

    folder = Path(typed).expanduser()
    return load(folder) if folder.is_dir() else app.shelf.book(find_version(app, typed))


def _promote(app: "App", by: str, note: str, *, json: bool) -> None:
    from router.cli.progress import bar  # noqa: PLC0415 - beside its use; --help does without
    from router.road.versions.publish import Standing, Wish  # noqa: PLC0415 - slow to import; --help does without
    from router.road.versions.tried import promote  # noqa: PLC0415 - slow to import; --help does without

    with bar() as watch:
        done = promote(app, Wish(by, note), watch=watch)
    waits, digest = done.standing is Standing.WAITING, done.digest[:_SHOWN]
    if json:
        print_json({"standing": done.standing, "version": done.digest, "reasons": done.reasons})
    elif waits:
        say(f"Version {digest} goes on as a canary, and waits for a second person:")
        for reason in done.reasons:
            say(f"  {reason}")
        say(f"Somebody else runs `lead-router rules approve {digest}`.")
    else:
        say(f"Version {digest} is active now; it is no canary any more.")
    raise typer.Exit(WAITING if waits else OK)


def _tell_begun(use: str, digest: str, whom: str, *, fresh: bool, json: bool) -> None:
    if json:
        print_json({"changed": fresh, use: digest, "leads": whom})
    elif not fresh:
        say(f"Version {digest[:_SHOWN]} is the {use} already; nothing changed.")
    elif use == "shadow":
        say(f"Version {digest[:_SHOWN]} is watched: it is asked about {whom}, without effect.")
        say("`lead-router rules shadow report` tells what it would do otherwise.")
    else:
        say(f"Version {digest[:_SHOWN]} decides {whom} from now on.")
        say("`lead-router rules canary status` tells how it does beside the active version.")


def _tell_ended(use: str, digest: str, *, json: bool) -> None:
    if json:
        print_json({"changed": bool(digest), use: digest})
    elif digest:
        stay = "; the leads that it was given stay with it" if use == "canary" else ""
        say(f"Version {digest[:_SHOWN]} is no {use} any more{stay}.")
    else:
        say(f"There is no {use}; nothing changed.")


def _tell_seen(seen: "Seen | None", *, json: bool) -> None:
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without

    if json:
        print_json(_seen_data(seen))
        return
    if seen is None:
        say("No version was ever watched. `lead-router rules shadow FOLDER` begins.")
        return
    found, use = seen.watched, seen.use
    until = f" until {shown(seen.ended)}" if seen.ended is not None else ""
    say(f"Shadow {use.digest[:_SHOWN]}, watched since {shown(use.began)}{until}.")
    say(
        f"Of {found.judged:,} leads it would decide {found.differ:,}"
        f" ({_share(found.differ, found.judged)}) otherwise, and give {found.change_hands:,}"
        f" ({_share(found.change_hands, found.judged)}) to somebody else."
    )
    if found.failed:
        warn(f"About {found.failed:,} leads it could not say anything; the log tells why.")
    if not found.changes:
        return
    head = ("leads", "share", "rule", "target", "rule of the shadow", "its target", "for example")
    rows = [
        (
            f"{each.leads:,}",
            _share(each.leads, found.judged),
            each.active_rule or "-",
            each.active_target or "-",
            each.shadow_rule or "-",
            "same" if each.shadow_target == each.active_target else each.shadow_target or "-",
            " ".join(lead[:_LEAD] for lead in each.examples),
        )
        for each in found.changes
    ]
    say("")
    say(columns(head, rows))
    listed = sum(each.leads for each in found.changes)
    if listed < found.differ:
        say(f"... and {found.differ - listed:,} leads more; --most lists more.")


def _seen_data(seen: "Seen | None") -> dict[str, object]:
    if seen is None:
        return {"shadow": None}
    found, use = seen.watched, seen.use
    return {
        "shadow": use.digest,
        "began": use.began,
        "ended": seen.ended,
        "by": use.by,
        "judged": found.judged,
        "failed": found.failed,
        "differ": found.differ,
        "differ_share": found.differ / found.judged if found.judged else 0.0,
        "change_hands": found.change_hands,
        "changes": found.changes,
    }


def _tell_showing(app: "App", found: "Showing | None", *, json: bool) -> None:
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without

    if found is None:
        _tell_last(app, json=json)
        return
    if json:
        print_json({"canary": found.use.digest, "whom": found.terms.words(), "showing": found})
        return
    use = found.use
    say(
        f"Canary {use.digest[:_SHOWN]} of {use.by}: {found.terms.words()},"
        f" since {shown(use.began)}."
    )
    enough = found.canary.decided >= found.least
    left = "" if enough else f", and is judged from {found.least:,} decided leads on"
    say(
        f"It was given {found.given:,} leads{left}. Compared are {found.canary.decided:,} that it"
        f" decided with {found.other.decided:,} others."
    )
    say("")
    above = {each.rate for each in found.strays}
    rows = [
        (
            name.replace("_", " "),
            f"{found.canary.rate(name):.1%}",
            f"{found.other.rate(name):.1%}",
            f"{allowed * 100:.1f} points above",
            "STRAYS" if name in above else "",
        )
        for name, allowed in found.allowed.items()
    ]
    say(columns(("rate", "canary", "others", "allowed", ""), rows))


def _tell_last(app: "App", *, json: bool) -> None:
    """Say that there is no canary, and how the last one ended, if the ticker ended it."""
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without
    from router.store.book_log import BookAct, history  # noqa: PLC0415 - slow to import; --help does without
    from router.store.tx import transaction  # noqa: PLC0415 - slow to import; --help does without

    with transaction(app.engine) as tx:
        acts = (BookAct.CANARY, BookAct.RETURN)
        last = history(tx, app.settings.book, limit=1, acts=acts)
    returned = last[0] if last and last[0].act is BookAct.RETURN else None
    if json:
        print_json({"canary": None, "returned": returned})
        return
    say("There is no canary.")
    if returned is not None:
        say(
            f"The last one, version {returned.digest[:_SHOWN]}, was ended at"
            f" {shown(returned.at)}: {returned.note}."
        )
        digest = returned.digest[:_SHOWN]
        say("Its leads stay with it, unless you take them away:")
        say(f"  lead-router rules move --from {digest}         those that wait for a person")
        say(f"  lead-router rules reroute --digest {digest} --since ...   those it decided")


def _share(part: int, whole: int) -> str:
    """Say a part as a percentage.

    >>> _share(1, 8), _share(0, 0)
    ('12.5%', '-')
    """
    return f"{part / whole:.1%}" if whole else "-"
