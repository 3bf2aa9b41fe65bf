"""``tasks``, and what owners say: ``accept``, ``decline``, ``touch``, ``reassign``, ``close``."""

from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import AsJson, columns, print_json, say

if TYPE_CHECKING:
    from router.lead.model import Lead
    from router.road.act import Word

_Lead = Annotated[str, typer.Argument(help="Id of a lead, or its first characters.")]
_Person = Annotated[
    str, typer.Option("--person", help="Who does it; the present owner if not given.")
]
_By = Annotated[
    str, typer.Option("--by", help="Id of the person who says so; your user name if not given.")
]
_Reason = Annotated[str, typer.Option("--reason", help="Why, for the next owner.")]
_MOST = 200


def register(app: typer.Typer) -> None:
    """Put the commands on the program.

    Args:
        app: The program.
    """
    for command in (tasks, accept, decline, touch, reassign, close):
        app.command()(command)


def tasks(
    *,
    person: Annotated[
        str, typer.Option(help="Only those of this owner, or that this person answers for.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="Most to list.")] = 50,
    json: AsJson = False,
) -> None:
    """List what people have to do now, the one that is due first first."""
    from router.cli.lookup import SHOWN, shown  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.store import reading  # noqa: PLC0415 - slow to import; --help does without
    from router.store.tx import transaction  # noqa: PLC0415 - slow to import; --help does without
    from router.web.api.told import task_told  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app, transaction(app.engine) as tx:
        found = reading.tasks(tx, app.settings.book, person=person, now=now(), limit=limit)
    told = [task_told(task) for task in found]
    if json:
        print_json([task.model_dump(mode="json") for task in told])
        return
    head = ("lead", "owner", "due", "state", "what")
    rows = [
        (
            str(task.lead_id)[:SHOWN],
            task.to,
            shown(task.due) + (" LATE" if task.late else ""),
            task.lead_state.value,
            task.subject,
        )
        for task in told
    ]
    say(columns(head, rows) if rows else "There is nothing to do.")


def accept(lead: _Lead, *, person: _Person = "", by: _By = "", json: AsJson = False) -> None:
    """Take a lead, also from a queue or the pool it waits in (then name the person)."""
    from router.cli.lookup import find_lead, speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.road.drain import Road  # noqa: PLC0415 - slow to import; --help does without
    from router.road.pools.claims import claim  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        after = claim(Road(app), find_lead(app, lead), person, speaker(by))
    _tell(after, json=json)


def decline(
    lead: _Lead, *, reason: _Reason = "", person: _Person = "", by: _By = "", json: AsJson = False
) -> None:
    """Give a lead back, so that somebody else gets it."""
    from router.cli.lookup import speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.road import words  # noqa: PLC0415 - slow to import; --help does without

    carry_out(lead, words.decline(speaker(by), reason, person), json=json)


def touch(
    lead: _Lead,
    *,
    channel: Annotated[str, typer.Option(help="How: call, email, meeting, ...")] = "call",
    note: Annotated[str, typer.Option(help="What was said.")] = "",
    person: _Person = "",
    by: _By = "",
    json: AsJson = False,
) -> None:
    """Report that somebody spoke to the person who asked; it also accepts."""
    from router.cli.lookup import speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.road import words  # noqa: PLC0415 - slow to import; --help does without

    carry_out(lead, words.touch(speaker(by), channel, note, person), json=json)


def reassign(
    lead: _Lead,
    to: Annotated[str, typer.Argument(help="Id of the person who shall have it.")],
    *,
    reason: _Reason = "",
    by: _By = "",
    json: AsJson = False,
) -> None:
    """Give a lead to a named person."""
    from router.cli.lookup import speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.road import words  # noqa: PLC0415 - slow to import; --help does without

    carry_out(lead, words.reassign(speaker(by), to, reason), json=json)


def close(
    lead: _Lead,
    outcome: Annotated[
        str,
        typer.Argument(help="converted, recycled, disqualified, unreachable, duplicate or spam."),
    ],
    *,
    by: _By = "",
    json: AsJson = False,
) -> None:
    """End a lead with an outcome."""
    from router.cli.lookup import speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.road import words  # noqa: PLC0415 - slow to import; --help does without

    carry_out(lead, words.close(speaker(by), outcome), json=json)


def carry_out(lead: str, word: "Word", *, json: bool) -> None:
    """Carry out a word about a lead, and print how the lead stands afterwards.

    Args:
        lead: Its id, or the first characters of it.
        word: What is said.
        json: Print the whole lead as JSON.

    Raises:
        NotFound: There is no such lead.
        Conflict: The word does not fit any more; the text says who has the lead.
        Rejected: The word cannot be used.
    """
    from router.cli.lookup import find_lead  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.road.act import act  # noqa: PLC0415 - slow to import; --help does without
    from router.road.drain import Road  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        after = act(Road(app), find_lead(app, lead), word)
    _tell(after, json=json)


def _tell(after: "Lead", *, json: bool) -> None:
    from router.web.api.told import lead_told  # noqa: PLC0415 - slow to import; --help does without

    if json:
        print_json(lead_told(after).model_dump(mode="json"))
        return
    owner = f"{after.owner.kind} {after.owner.id}" if after.owner else "nobody yet"
    say(f"Lead {after.id} is {after.state}; its owner is {owner}.")
