"""``allow``: a manager's word about a person, with an end, beside what the book says."""

from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import AsJson, columns, print_json, say

if TYPE_CHECKING:
    from router.rulebook.allowance import Allowance
    from router.rulebook.model import Period

_By = Annotated[
    str, typer.Option("--by", help="Id of the person who says so; your user name if not given.")
]


def register(app: typer.Typer) -> None:
    """Put the commands on the program.

    Args:
        app: The program.
    """
    group = typer.Typer(
        help="What holds for a person until a moment, whatever the book says: weight, caps, off."
    )
    group.callback(invoke_without_command=True)(_list_unless_told)
    group.command("list")(list_allowances)
    group.command("give")(give)
    group.command("end")(end)
    app.add_typer(group, name="allowances")


def _list_unless_told(context: typer.Context) -> None:
    """List what holds when no command is given."""
    if context.invoked_subcommand is None:
        list_allowances()


def list_allowances(*, json: AsJson = False) -> None:
    """List what holds, or will, and what of it has no effect with the active version."""
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.road.pools.allowances import allowances  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        found = allowances(app, now())
    if json:
        print_json(found)
        return
    head = ("person", "pool", "what", "from", "until", "by", "reason", "id")
    rows = [
        (
            each.allowance.person,
            each.allowance.pool or "all",
            words(each.allowance) + _idle(each.without_effect),
            shown(each.allowance.from_at),
            shown(each.allowance.until_at),
            each.allowance.by or "-",
            each.allowance.reason or "-",
            str(each.allowance.id),
        )
        for each in found
    ]
    say(columns(head, rows) if rows else "Nothing: the book's weights and caps hold for everybody.")


def give(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Id of the person.")],
    *,
    until: Annotated[
        str, typer.Option(help="End, as 2026-01-05 or 2026-01-05T14:00 on the person's wall.")
    ],
    pool: Annotated[str, typer.Option(help="Only in this pool; all of them if not given.")] = "",
    weight: Annotated[
        int | None, typer.Option(help="Weight in the pool; 0 is off.", min=0, max=100)
    ] = None,
    cap: Annotated[
        list[str] | None,
        typer.Option(help="Cap: day=5, week=20, month=60 or open=8; repeat it."),
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Takes no leads at all.")] = False,
    start: Annotated[str, typer.Option("--from", help="Begin; now if not given.")] = "",
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    by: _By = "",
    json: AsJson = False,
) -> None:
    """Let another weight, another cap, or nothing at all hold for a person until a moment."""
    from router.cli.lookup import moment, shown, speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.road.people.absences import wall_of  # noqa: PLC0415 - slow to import; --help does without
    from router.road.pools.allowances import Said, allow  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        # An unknown person is told by whoever looks it up next.
        zone = wall_of(app.shelf.active(), person)
        said = Said(
            person,
            until=moment(until, zone),
            pool=pool,
            weight=weight,
            caps=_caps(cap or []),
            off=off,
            start=moment(start, zone) if start else None,
            reason=reason,
        )
        found = allow(app, said, by=speaker(by), now=now())
    if json:
        print_json(found)
        return
    say(f"{person}: {words(found)} until {shown(found.until_at)}, {found.pool or 'in all pools'}.")
    say(f"End it sooner with: lead-router allowances end {found.id}")


def end(
    allowance: Annotated[str, typer.Argument(metavar="ALLOWANCE", help="Its whole id.")],
    *,
    by: _By = "",
    json: AsJson = False,
) -> None:
    """Let the book hold again, before an allowance's time is over."""
    from router.cli.lookup import speaker, whole_id  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.road.pools import allowances  # noqa: PLC0415 - slow to import; --help does without

    allowance_id = whole_id(allowance, "allowance")
    with opened() as app:
        allowances.end(app, allowance_id, by=speaker(by), now=now())
    if json:
        print_json({"id": allowance_id, "ended": True})
    else:
        say("The book holds again.")


def words(allowance: "Allowance") -> str:
    """Say what holds, in a few words."""
    if allowance.off:
        return "off"
    said = [] if allowance.weight is None else [f"weight {allowance.weight}"]
    said += [f"{period} cap {most}" for period, most in allowance.caps.items()]
    return ", ".join(said)


def _idle(why: str) -> str:
    return f" (no effect: {why})" if why else ""


def _caps(typed: list[str]) -> "dict[Period, int]":
    from router.errors import Rejected  # noqa: PLC0415 - beside its use
    from router.rulebook.model import Period  # noqa: PLC0415 - slow to import; --help does without

    found: dict[Period, int] = {}
    for each in typed:
        period, _, most = each.partition("=")
        if period not in set(Period) or not most.isdigit():
            raise Rejected(
                f"{each!r} is no cap. Type it as day=5, week=20, month=60 or open=8.",
                code="wrong_cap",
            )
        found[Period(period)] = int(most)
    return found
