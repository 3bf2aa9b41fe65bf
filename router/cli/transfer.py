"""``people transfer`` and ``people leavers``: who takes over the leads of somebody who leaves."""

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import FAILED, OK, AsJson, columns, print_json, say, warn
from router.wording import counted

if TYPE_CHECKING:
    from router.app import App
    from router.road.people.leavers import Leaver
    from router.road.people.transfer import Wish
    from router.road.people.transfer_tally import Report
    from router.store.transfers import Which

#: Lines of a report that people are shown.
_LINES = 40
_STAYS = {
    "kept": "{} that {person} has accepted or spoken about (--keep-accepted)",
    "same": "{} that the active rules give to {person}, or to a pool of theirs",
    "undecided": "{} that the active rules would refuse, or ask somebody about: decide by hand",
    "moved": "{} that somebody else has by now",
    "closed": "{} that ended meanwhile",
    "in_review": "{} in review: answer `lead-router review` first",
    "parked": "{} parked: `lead-router replay lead` first",
}
_Person = Annotated[str, typer.Argument(metavar="PERSON", help="Id of the person whose leads go.")]
_To = Annotated[str, typer.Option("--to", help="Id of the person who gets all of them.")]
_ToPool = Annotated[
    str, typer.Option("--to-pool", help="Id of a pool; its people, as it is today, take turns.")
]
_Pools = Annotated[
    bool,
    typer.Option(
        "--pools",
        help="Each goes back to the pool that it was picked from; without one, to the fallback"
        " owner.",
    ),
]
_Rules = Annotated[
    bool,
    typer.Option(
        "--rules", help="The active rules decide again; what they leave to the person stays."
    ),
]
_States = Annotated[
    list[str] | None,
    typer.Option("--state", help="Only these: activated,accepted,contacted; or repeat it."),
]
_Pool = Annotated[str, typer.Option("--pool", help="Only leads that came out of this pool.")]
_Country = Annotated[
    list[str] | None,
    typer.Option("--country", help="Only from these countries: GB,IE; or repeat it."),
]
_Postcode = Annotated[
    list[str] | None,
    typer.Option("--postcode-prefix", help="Only with postcodes that begin so: EH,G1; or repeat."),
]
_Rule = Annotated[str, typer.Option("--rule", help="Only leads that this rule gave them.")]
_Since = Annotated[
    str, typer.Option("--since", help="Received from then on: 2026-03-02T09:00 (UTC), or 3d ago.")
]
_Until = Annotated[str, typer.Option("--until", help="Received before then.")]
_Keep = Annotated[
    bool,
    typer.Option("--keep-accepted", help="What they have accepted or spoken about stays theirs."),
]
_Reason = Annotated[str, typer.Option("--reason", help="Why; all owners are told.")]
_By = Annotated[
    str, typer.Option("--by", help="Id of the person who says so; your user name if not given.")
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")]
_Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]


def register(group: typer.Typer) -> None:
    """Put both into ``people``.

    Args:
        group: The commands about people.
    """
    group.command()(transfer)
    group.command()(leavers)


def transfer(
    person: _Person,
    *,
    to: _To = "",
    to_pool: _ToPool = "",
    pools: _Pools = False,
    rules: _Rules = False,
    state: _States = None,
    pool: _Pool = "",
    country: _Country = None,
    postcode_prefix: _Postcode = None,
    rule: _Rule = "",
    since: _Since = "",
    until: _Until = "",
    keep_accepted: _Keep = False,
    reason: _Reason = "",
    by: _By = "",
    dry_run: _DryRun = False,
    yes: _Yes = False,
    json: AsJson = False,
) -> None:
    """Give the open leads of a person to others: they leave, are on leave, or sell elsewhere now.

    Say where with one of --to, --to-pool, --pools and --rules. What would happen is shown first.
    Both owners of each lead are told; it must be accepted anew, and the promise to the person who
    asked goes on. A run that was stopped is simply run again. Exit code 1 when some lead could not
    be given away, or you said no.
    """
    from router.cli.lookup import speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.errors import Rejected  # noqa: PLC0415 - beside its use; --help does without
    from router.road.people.transfer import Wish  # noqa: PLC0415 - slow to import; --help does without
    from router.stages.desk.transfer import Transfer, way_of  # noqa: PLC0415 - slow to import; --help does without

    try:
        way, target = way_of(to=to, to_pool=to_pool, pools=pools, rules=rules)
    except Rejected as error:
        raise typer.BadParameter(f"{error} (--to, --to-pool, --pools, --rules)") from error
    if json and not (yes or dry_run):
        raise typer.BadParameter("A program cannot be asked: add --yes or --dry-run.")
    asked = Transfer(person, way, target, speaker(by), reason, keep_accepted)
    with opened() as app:
        which = _which(person, state, country, postcode_prefix, since=since, until=until)
        wish = Wish(asked, replace(which, pool=pool, rule=rule), dry_run=dry_run)
        _run(app, wish, yes=yes, json=json)


def leavers(*, json: AsJson = False) -> None:
    """List people who left, or whom the rule book dropped, and who still own open leads.

    None of them gets another lead; what they own stays theirs until somebody moves it.
    """
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.road.people.leavers import leavers as find  # noqa: PLC0415 - slow to import; --help does without
    from router.store.tx import transaction  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app, transaction(app.engine) as tx:
        found = find(app, tx)
    if json:
        print_json([{**asdict(each), "command": each.command} for each in found])
        return
    if not found:
        say("Nobody who left has open leads.")
        return
    head = ("person", "name", "why", "owns", "answers for", "what moves their leads")
    say(columns(head, [_row(each) for each in found], right=(3, 4)))


def _which(
    person: str,
    state: list[str] | None,
    country: list[str] | None,
    postcode: list[str] | None,
    *,
    since: str,
    until: str,
) -> "Which":
    from router.cli.lookup import ago  # noqa: PLC0415 - slow to import; --help does without
    from router.lead.states import OWNED, LeadState  # noqa: PLC0415 - beside its use
    from router.now import now as read_now  # noqa: PLC0415 - beside its use
    from router.store.transfers import Which  # noqa: PLC0415 - slow to import; --help does without

    now, open_states = read_now(), {each.value for each in OWNED}
    states = _listed(state)
    if not open_states.issuperset(states):
        raise typer.BadParameter(f"--state knows: {', '.join(sorted(open_states))}.")
    return Which(
        person=person,
        states=tuple(map(LeadState, states)),
        countries=_listed(country),
        postcodes=_listed(postcode),
        since=ago(since, now) if since else None,
        until=ago(until, now) if until else None,
    )


def _listed(typed: list[str] | None) -> tuple[str, ...]:
    """Read what was typed with commas, repeatedly, or both.

    >>> _listed(["GB, IE", "FR"]), _listed(None)
    (('GB', 'IE', 'FR'), ())
    """
    parts = (part.strip() for each in typed or () for part in each.split(","))
    return tuple(part for part in parts if part)


def _run(app: "App", wish: "Wish", *, yes: bool, json: bool) -> None:
    """Show what would happen, ask, and do it."""
    from router.cli.progress import bar  # noqa: PLC0415 - beside its use
    from router.road.drain import Road  # noqa: PLC0415 - slow to import; --help does without
    from router.road.people.transfer import transfer as give  # noqa: PLC0415 - slow to import; --help does without

    road = Road(app)
    if wish.dry_run or not yes:
        report = give(road, replace(wish, dry_run=True))
        if not json:
            _tell(report)
            say("Nothing was written." if wish.dry_run else "")
    if not wish.dry_run and not yes:
        if not report.going:
            raise typer.Exit(OK)
        if not typer.confirm(f"Give {counted(report.going, 'lead')} of {report.person} away?"):
            say("Nothing was done.")
            raise typer.Exit(FAILED)
    if not wish.dry_run:
        with bar() as watch:
            report = give(road, wish, lambda done: watch("giving leads away", done, 0))
        if not json:
            _tell(report)
    if json:
        print_json(report)
    raise typer.Exit(FAILED if report.failed else OK)


def _tell(report: "Report") -> None:
    """Print a report, or a preview, for people."""
    for warning in report.warnings:
        warn(f"Note: {warning}")
    verb = "would go" if report.dry_run else "went"
    say(f"{report.going} of {counted(report.leads, 'lead')} of {report.person} {verb} to others.")
    if report.dry_run:
        _tell_lines(report)
    if report.owners:
        hands = [(old, new, str(leads)) for old, new, leads in report.owners[:_LINES]]
        say("\n" + columns(("owner before", "owner now", "leads"), hands, right=(2,)))
    say("")
    for why, many in report.stays.items():
        say(f"Stays: {_STAYS[why].format(many, person=report.person)}.")
    _tell_promises(report)
    for lead, error in report.failed[:_LINES]:
        warn(f"Could not be given away: {lead}: {error}")
    if report.dry_run:
        return
    if report.failed:
        failed = counted(len(report.failed), "lead")
        warn(f"{failed} not done: run it again, what is done stays done.")
    elif report.going:
        say("Done: both owners of each lead are told, and the tasks of the one before recalled.")


def _tell_lines(report: "Report") -> None:
    from router.cli.lookup import SHOWN  # noqa: PLC0415 - slow to import; --help does without

    rows = [
        (line.state, line.pool or "-", line.to, str(line.leads), line.examples[0][:SHOWN])
        for line in report.lines[:_LINES]
    ]
    if rows:
        head = ("state", "out of pool", "to", "leads", "for example")
        say("\n" + columns(head, rows, right=(3,)))
    if len(report.lines) > _LINES:
        say(f"... and {len(report.lines) - _LINES} more lines; --json has them all.")


def _tell_promises(report: "Report") -> None:
    from router.cli.lookup import SHOWN, shown  # noqa: PLC0415 - slow to import; --help does without

    if accepts := report.due_soon.get("acceptance", 0):
        leads = counted(accepts, "lead")
        say(f"{leads} should be accepted within hours, or are late: that begins anew.")
    touches = report.due_soon.get("first_touch", 0)
    if not touches:
        return
    say(f"{counted(touches, 'lead')} should be spoken to within hours, or are late: that goes on.")
    rows = [
        (str(each.lead)[:SHOWN], shown(each.respond_by), "late" if each.late else "")
        for each in report.promises
    ]
    say("\n" + columns(("lead", "due", ""), rows))
    say(f"... and {touches - len(rows)} more.\n" if touches > len(rows) else "")


def _row(each: "Leaver") -> tuple[str, ...]:
    why = "not in the rule book" if each.vanished else "left"
    command = each.command if each.leads else "-"
    return each.person, each.name, why, str(each.leads), str(each.accountable), command
