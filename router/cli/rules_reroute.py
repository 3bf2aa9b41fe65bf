"""``rules reroute`` and ``rules move``: leads of one version are decided, or go on, by another."""

from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import FAILED, OK, AsJson, columns, print_json, say, warn
from router.wording import counted

if TYPE_CHECKING:
    from router.app import App
    from router.road.versions.move import Moved
    from router.road.versions.reroute import Report

#: Characters of a digest that people are shown.
_SHOWN = 12
#: Lines of a report that people are shown.
_LINES = 40
_LEFT = {
    "accepted": "{} accepted by the owner (--accepted includes them)",
    "touched": "{} spoken to already (--accepted includes them)",
    "closed": "{} closed",
    "by_person": "{} that a person, and no rule, has placed",
}
_Reason = Annotated[str, typer.Option("--reason", help="Why; both owners are told.")]
_By = Annotated[
    str, typer.Option("--by", help="Id of the person who says so; your user name if not given.")
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")]


def register(group: typer.Typer) -> None:
    """Put both into ``rules``.

    Args:
        group: The commands about rule books.
    """
    group.command()(reroute)
    group.command()(move)


def reroute(
    *,
    digest: Annotated[str, typer.Option(help="The bad version's digest, or its first characters.")],
    since: Annotated[
        str,
        typer.Option(help="What it decided from then on: 2026-03-02T09:00 (UTC), or 2h, 3d ago."),
    ],
    until: Annotated[str, typer.Option(help="What it decided before; now if not given.")] = "",
    accepted: Annotated[
        bool,
        typer.Option("--accepted", help="Also leads that their owner has accepted or spoken to."),
    ] = False,
    dry_run: _DryRun = False,
    by: _By = "",
    reason: _Reason = "",
    json: AsJson = False,
) -> None:
    """Undo what a bad version did: leads that it decided are decided again by the active one.

    Whoever has such a lead now is told and their task is recalled; the new owner is found as
    always, with clocks that begin now; pools get back what wrong picks cost them. What people have
    accepted, worked on or placed themselves is left alone. A run that was stopped is simply run
    again. Exit code 1 when some lead could not be decided again.
    """
    from router.cli.lookup import ago, speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.progress import bar  # noqa: PLC0415 - beside its use
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.rules_life import find_version  # noqa: PLC0415 - beside its use
    from router.now import now as read_now  # noqa: PLC0415 - slow to import; --help does without
    from router.road.drain import Road  # noqa: PLC0415 - slow to import; --help does without
    from router.road.versions.reroute import Wish  # noqa: PLC0415 - slow to import; --help does without
    from router.road.versions.reroute import reroute as decide_again  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app, bar() as watch:
        now = read_now()
        wish = Wish(
            digest=find_version(app, digest),
            since=ago(since, now),
            until=ago(until, now) if until else None,
            by=speaker(by),
            reason=reason,
            accepted=accepted,
            dry_run=dry_run,
        )
        report = decide_again(Road(app), wish, lambda done: watch("deciding again", done, 0))
    if json:
        print_json({**_plain(report), "changed": report.changed})
    else:
        _tell(report)
    raise typer.Exit(FAILED if report.failed else OK)


def move(
    *,
    source: Annotated[
        str, typer.Option("--from", help="Digest of the version they go by, or its beginning.")
    ],
    to: Annotated[
        str, typer.Option("--to", help="Digest of the version they shall go by; or: active.")
    ] = "active",
    dry_run: _DryRun = False,
    by: _By = "",
    reason: _Reason = "",
    json: AsJson = False,
) -> None:
    """Let leads that nobody has decided yet go by another version.

    Those on the road, in review, or parked there keep the version they started with until this
    command moves them. Leads that were decided are for `lead-router rules reroute`.
    """
    from router.cli.lookup import speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.rules_life import find_version  # noqa: PLC0415 - beside its use
    from router.road.drain import Road  # noqa: PLC0415 - slow to import; --help does without
    from router.road.versions.move import Wish  # noqa: PLC0415 - slow to import; --help does without
    from router.road.versions.move import move as move_leads  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        wish = Wish(
            digest=find_version(app, source),
            to=_target(app, to),
            by=speaker(by),
            reason=reason,
            dry_run=dry_run,
        )
        moved = move_leads(Road(app), wish)
    if json:
        print_json(moved)
    else:
        _tell_moved(moved)
    raise typer.Exit(FAILED if moved.failed else OK)


def _target(app: "App", typed: str) -> str:
    from router.cli.rules_life import find_version  # noqa: PLC0415 - beside its use

    return app.shelf.active().digest if typed == "active" else find_version(app, typed)


def _plain(report: "Report") -> dict[str, object]:
    from dataclasses import asdict  # noqa: PLC0415 - beside its use

    return asdict(report)


def _tell(report: "Report") -> None:
    """Print a report, or a preview, for people."""
    from router.cli.lookup import SHOWN, shown  # noqa: PLC0415 - slow to import; --help does without

    span = f"since {shown(report.since)}"
    if report.until is not None:
        span += f" until {shown(report.until)}"
    old, new = report.digest[:_SHOWN], report.active[:_SHOWN]
    if not report.leads:
        say(f"Version {old} has decided nothing {span} that is still its own.")
        return
    would = "would decide" if report.dry_run else "decided"
    say(
        f"Version {old} decided {counted(report.leads, 'lead')} {span};"
        f" the active version {new} {would} {report.changed} of them otherwise."
    )
    rows = [
        (
            line.before,
            line.after,
            f"{line.leads:>5}",
            f"{line.old_rule or '-'} > {line.new_rule or '-'}",
            line.examples[0][:SHOWN],
        )
        for line in report.lines[:_LINES]
    ]
    if rows:
        say("\n" + columns(("from", "to", "leads", "rule", "for example"), rows))
    if len(report.lines) > _LINES:
        say(f"... and {len(report.lines) - _LINES} more lines; --json has them all.")
    _tell_rest(report)


def _tell_rest(report: "Report") -> None:
    verb = "would go" if report.dry_run else "go"
    if report.owners:
        hands = [(old, new, f"{leads:>5}") for old, new, leads in report.owners[:_LINES]]
        say("\n" + columns(("owner before", "owner now", "leads"), hands))
    say("")
    if report.same:
        same = counted(report.same, "lead")
        say(f"The same for {same}, which {verb} by the active version from now on.")
    if report.other_promise:
        say(f"Of these, {report.other_promise} were promised something else; their clocks run on.")
    for why, many in report.left.items():
        say(f"Left alone: {_LEFT[why].format(many)}.")
    for lead, error in report.failed[:_LINES]:
        warn(f"Could not be decided again: {lead}: {error}")
    if report.dry_run:
        say("Nothing was written. Without --dry-run it is done, and both owners are told.")
    elif report.failed:
        failed = counted(len(report.failed), "lead")
        warn(f"{failed} not done: run it again, what is done stays done.")
    elif report.changed:
        say("Done: both owners are told, tasks recalled, pools and clocks put right.")


def _tell_moved(moved: "Moved") -> None:
    """Print what was moved, or would be, for people."""
    total, old, new = sum(moved.leads.values()), moved.digest[:_SHOWN], moved.to[:_SHOWN]
    if not total and not moved.failed:
        say(f"No lead on the road goes by version {old}; nothing to move.")
        return
    states = ", ".join(f"{many} {state}" for state, many in sorted(moved.leads.items()))
    verb = "would go" if moved.dry_run else "go"
    say(f"{counted(total, 'lead')} {verb} by version {new} instead of {old}: {states or 'none'}.")
    if moved.released:
        say(f"{moved.released} of those in review {verb} on at once: {new} does not ask.")
    for lead, error in moved.failed[:_LINES]:
        warn(f"Could not be moved: {lead}: {error}")
    if moved.dry_run:
        say("Nothing was written.")
