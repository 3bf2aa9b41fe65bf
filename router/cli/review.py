"""``review``: questions to people, and their answers."""

from typing import Annotated

import typer

from router.cli.output import AsJson, columns, print_json, say

_Reviewer = Annotated[str, typer.Option("--reviewer", help="Only those of this person.")]
_MOST = 200


def register(app: typer.Typer) -> None:
    """Put the commands on the program.

    Args:
        app: The program.
    """
    group = typer.Typer(help="Questions to people: list them, answer one.")
    group.callback(invoke_without_command=True)(_list_unless_told)
    group.command("list")(list_open)
    group.command()(answer)
    app.add_typer(group, name="review")


def _list_unless_told(context: typer.Context) -> None:
    """List what is open when no command is given."""
    if context.invoked_subcommand is None:
        list_open()


def list_open(*, reviewer: _Reviewer = "", json: AsJson = False) -> None:
    """List open questions, the one that is due first first."""
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.lead.states import ReviewState  # noqa: PLC0415 - beside its use; --help does without
    from router.store.reviews import reviews  # noqa: PLC0415 - slow to import; --help does without
    from router.store.tx import transaction  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app, transaction(app.engine) as tx:
        found = reviews(
            tx, app.settings.book, state=ReviewState.OPEN, reviewer=reviewer, limit=_MOST
        )
    if json:
        print_json(found)
        return
    head = ("review", "reviewer", "due", "waits", "question", "answers")
    rows = [
        (
            str(item.id),
            item.reviewer,
            shown(item.due_at),
            "lead" if item.blocking else "-",
            item.question,
            " | ".join(item.suggestions),
        )
        for item in found
    ]
    say(columns(head, rows) if rows else "There is nothing to answer.")


def answer(
    review: Annotated[str, typer.Argument(help="Id of the question.")],
    said: Annotated[
        str,
        typer.Argument(
            metavar="ANSWER", help="One of its suggestions, an intent, continue, or reject."
        ),
    ],
    *,
    by: Annotated[str, typer.Option("--by", help="Id of the person who answers.")],
    json: AsJson = False,
) -> None:
    """Answer a question; a lead that waited for it goes on."""
    from router.cli.lookup import whole_id  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.road import review as road_review  # noqa: PLC0415 - slow to import; --help does without
    from router.road.drain import Road  # noqa: PLC0415 - slow to import; --help does without
    from router.web.api.told import lead_told  # noqa: PLC0415 - slow to import; --help does without

    review_id = whole_id(review, "review")
    with opened() as app:
        lead = road_review.answer(Road(app), review_id, said, by)
    if json:
        print_json(lead_told(lead).model_dump(mode="json"))
    else:
        say(f"Kept. Lead {lead.id} is {lead.state}.")
