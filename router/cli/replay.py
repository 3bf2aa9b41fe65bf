"""``replay``: a lead, a delivery or an action once more; nothing is made twice."""

from typing import Annotated

import typer

from router.cli.output import AsJson, print_json, say

_By = Annotated[
    str, typer.Option("--by", help="Id of the person who says so; your user name if not given.")
]


def register(app: typer.Typer) -> None:
    """Put the commands on the program.

    Args:
        app: The program.
    """
    group = typer.Typer(no_args_is_help=True, help="Do something once more.")
    group.command()(lead)
    group.command()(delivery)
    group.command()(action)
    app.add_typer(group, name="replay")


def lead(
    lead_id: Annotated[
        str, typer.Argument(metavar="LEAD", help="Id of a lead, or its first characters.")
    ],
    *,
    by: _By = "",
    json: AsJson = False,
) -> None:
    """Send a parked or rejected lead back on the road, to where it stood."""
    from router.cli.lookup import speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.tasks import carry_out  # noqa: PLC0415 - beside its use
    from router.road import words  # noqa: PLC0415 - slow to import; --help does without

    carry_out(lead_id, words.replay(speaker(by)), json=json)


def delivery(
    delivery_id: Annotated[str, typer.Argument(metavar="DELIVERY", help="Its whole id.")],
    *,
    by: _By = "",
    json: AsJson = False,
) -> None:
    """Capture a delivery again, by the mapping that is active now."""
    from router.cli.lookup import speaker, whole_id  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.road.drain import Road  # noqa: PLC0415 - slow to import; --help does without
    from router.road.replay import replay_delivery  # noqa: PLC0415 - slow to import; --help does without

    wanted = whole_id(delivery_id, "delivery")
    with opened() as app:
        found = replay_delivery(Road(app), wanted, speaker(by))
    if json:
        print_json(found)
    else:
        say(f"Delivery {found.id} waits for capture.")


def action(
    action_id: Annotated[str, typer.Argument(metavar="ACTION", help="Its whole id.")],
    *,
    by: _By = "",
    json: AsJson = False,
) -> None:
    """Send a parked action again, under the same key and with the same bytes."""
    from router.cli.lookup import speaker, whole_id  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.road.drain import Road  # noqa: PLC0415 - slow to import; --help does without
    from router.road.replay import replay_action  # noqa: PLC0415 - slow to import; --help does without

    wanted = whole_id(action_id, "action")
    with opened() as app:
        found = replay_action(Road(app), wanted, speaker(by))
    if json:
        print_json(found)
    else:
        say(f"Action {found.id} waits for its turn to {found.destination}.")
