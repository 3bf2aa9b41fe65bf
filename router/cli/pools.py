"""``pools``: who is next and why, what everybody is owed, and a manager's word about it."""

from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import AsJson, columns, print_json, say
from router.wording import counted

if TYPE_CHECKING:
    from datetime import datetime

    from router.road.pools.standing import MemberTold, PoolTold

_Pool = Annotated[str, typer.Argument(metavar="POOL", help="Id of the pool.")]
_Person = Annotated[str, typer.Argument(metavar="PERSON", help="Id of the person.")]
_By = Annotated[
    str, typer.Option("--by", help="Id of the person who says so; your user name if not given.")
]
_Reason = Annotated[str, typer.Option(help="Why; it stays in the ledger.")]


def register(app: typer.Typer) -> None:
    """Put the commands on the program.

    Args:
        app: The program.
    """
    group = typer.Typer(help="Who is next in each pool and why, and what everybody is owed.")
    group.callback(invoke_without_command=True)(_list_unless_told)
    group.command("list")(list_pools)
    group.command()(show)
    group.command()(ledger)
    group.command()(credit)
    group.command()(claim)
    app.add_typer(group, name="pools")


def _list_unless_told(context: typer.Context) -> None:
    """List the pools when no command is given."""
    if context.invoked_subcommand is None:
        list_pools()


def list_pools(*, json: AsJson = False) -> None:
    """List the pools: how many can take a lead now, and what waits."""
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.road.pools.standing import pools  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        found = pools(app, now())
    if json:
        print_json(found)
        return
    head = ("pool", "method", "members", "can take", "given", "waiting", "since")
    rows = [
        (
            each.id,
            each.method if each.hand_out == "push" else "pull",
            str(len(each.members)),
            str(sum(not member.bar for member in each.members)),
            str(sum(member.given for member in each.members)),
            str(each.waiting.leads) if each.waiting is not None else "-",
            shown(each.waiting.since) if each.waiting is not None else "-",
        )
        for each in found
    ]
    say(columns(head, rows, right=(2, 3, 4, 5)))


def show(
    pool: _Pool,
    *,
    ahead: Annotated[int, typer.Option("--next", help="Leads to look ahead.", max=200)] = 5,
    json: AsJson = False,
) -> None:
    """Show a pool: who is next and why, what each is owed, and why somebody is passed over."""
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.road.pools.standing import pool as told  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        found = told(app, pool, now(), ahead=ahead)
    if json:
        print_json(found)
    else:
        _say(found)


def ledger(
    pool: _Pool,
    *,
    person: Annotated[str, typer.Option(help="Only what concerns this member.")] = "",
    limit: Annotated[int, typer.Option(help="Most rows.", min=1, max=1000)] = 20,
    json: AsJson = False,
) -> None:
    """Show each change of what members are owed or were given, the newest first."""
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.road.pools.standing import ledger as rows_of  # noqa: PLC0415 - slow to import; --help does without
    from router.stages.route.rotation import LEAD  # noqa: PLC0415 - beside its use

    with opened() as app:
        rows = rows_of(app, pool, person=person, limit=limit)
    if json:
        print_json(rows)
        return
    head = ("at", "what", "person", "given", "changes (leads)", "by", "reason")
    say(
        columns(
            head,
            [
                (
                    shown(row.at),
                    row.kind.value,
                    row.person or "-",
                    f"{row.given:+d}" if row.given else "-",
                    ", ".join(
                        f"{name} {_owed(credit / LEAD)}"
                        + (f" bank {_owed(banked / LEAD)}" if banked else "")
                        for name, (credit, banked) in row.changes.items()
                    ),
                    row.by or "-",
                    row.reason or "-",
                )
                for row in rows
            ],
            right=(3,),
        )
    )


def credit(
    pool: _Pool,
    person: _Person,
    leads: Annotated[float, typer.Argument(help="Leads more, or less: 0.5 or -1 (after --).")],
    *,
    reason: _Reason,
    bank: Annotated[
        bool, typer.Option(help="Pay it out slowly, beside the usual share; nobody pays at once.")
    ] = False,
    by: _By = "",
    json: AsJson = False,
) -> None:
    """Change what a member is owed, with a reason; the others are owed as much less."""
    from router.cli.lookup import speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.road.pools.standing import adjust  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        found = adjust(
            app, pool, person, leads=leads, bank=bank, by=speaker(by), reason=reason, now=now()
        )
    if json:
        print_json(found)
    else:
        _say(found)


def claim(pool: _Pool, person: _Person, *, by: _By = "", json: AsJson = False) -> None:
    """Take the next lead that waits in a pool; it is accepted at once."""
    from router.cli.lookup import speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.road.drain import Road  # noqa: PLC0415 - slow to import; --help does without
    from router.road.pools.claims import claim_next  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        lead = claim_next(Road(app), pool, person, speaker(by))
    if json:
        print_json({"lead_id": lead.id, "state": lead.state, "owner": lead.owner})
    else:
        say(f"{lead.person.name or lead.id} is with {person} now. `lead-router show {lead.id}`")


def _say(found: "PoolTold") -> None:
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without

    behind = f" ({', '.join(found.overflow)})" if found.overflow else ""
    hands = "members take leads themselves" if found.hand_out == "pull" else found.method
    nobody = f"if nobody can: {found.nobody}{behind}"
    say(f"{found.id}: {hands}; {found.manager} is accountable; {nobody}")
    if found.waiting is not None:
        many = counted(found.waiting.leads, "lead waits", "leads wait")
        say(f"{many} since {shown(found.waiting.since)}")
    say("")
    head = ("person", "weight", "tier", "owed", "given", "open", "caps", "now")
    rows = [
        (
            each.person,
            _weight(each),
            str(each.tier),
            _owed(each.owed) + (f" bank {each.banked:.2f}" if each.banked else ""),
            str(each.given),
            str(each.open_leads),
            ", ".join(each.caps) or "-",
            each.bar or _busy(each.busy_until),
        )
        for each in found.members
    ]
    say(columns(head, rows, right=(1, 2, 3, 4, 5)))
    if found.next and found.hand_out == "push":
        say("")
        say("Next, if nothing else changed:")
        for number, each in enumerate(found.next, start=1):
            say(f"  {number}. {each.person}: {each.why}")
    elif found.hand_out == "push":
        say("")
        say("Nobody can take a lead now.")


def _owed(leads: float) -> str:
    """Return what is owed in hundredths of a lead; a third of a unit less than nothing is nothing.

    >>> _owed(-0.0001), _owed(-0.25)
    ('+0.00', '-0.25')
    """
    return f"{round(leads, 2) + 0.0:+.2f}"


def _weight(member: "MemberTold") -> str:
    weight = f"{member.weight:g}"
    return (
        weight if member.weight == member.book_weight else f"{weight} (book {member.book_weight})"
    )


def _busy(until: "datetime | None") -> str:
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without

    return f"busy until {shown(until)}" if until is not None and until > now() else "can take one"
