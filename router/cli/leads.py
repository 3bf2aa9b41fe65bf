"""``leads`` and ``show``: the latest leads, and one of them."""

from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import AsJson, columns, print_json, say

if TYPE_CHECKING:
    from router.lead.model import Lead
    from router.lead.states import LeadState

_MOST = 200


def register(app: typer.Typer) -> None:
    """Put the commands on the program.

    Args:
        app: The program.
    """
    app.command()(leads)
    app.command()(show)


def leads(
    *,
    state: Annotated[
        list[str] | None, typer.Option("--state", help="In one of these states; repeat it.")
    ] = None,
    owner: Annotated[str, typer.Option(help="Id of a person, queue or sequence.")] = "",
    source: Annotated[str, typer.Option(help="Came through this source.")] = "",
    email: Annotated[str, typer.Option(help="The person's e-mail address.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="Most to list.")] = 20,
    json: AsJson = False,
) -> None:
    """List leads, the newest first."""
    from router.cli.lookup import SHOWN, shown  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.stages.clean.email import read_email  # noqa: PLC0415 - slow to import; --help does without
    from router.store import reading  # noqa: PLC0415 - slow to import; --help does without
    from router.store.tx import transaction  # noqa: PLC0415 - slow to import; --help does without
    from router.web.api.told import lead_told  # noqa: PLC0415 - slow to import; --help does without

    mailbox = read_email(email)
    wanted = reading.LeadFilter(
        states=_states(state or []),
        owner=owner,
        source=source,
        email=mailbox.canonical or email,
        email_shared=mailbox.role,
    )
    with opened() as app, transaction(app.engine) as tx:
        found = reading.leads(tx, app.settings.book, wanted, after=None, limit=limit)
    if json:
        print_json([lead_told(lead).model_dump(mode="json") for lead in found])
        return
    head = ("lead", "state", "owner", "who", "source", "received")
    rows = [
        (
            str(lead.id)[:SHOWN],
            lead.state + (f" ({lead.reason})" if lead.reason else ""),
            lead.owner.id if lead.owner else "-",
            _who(lead),
            lead.source,
            shown(lead.received_at),
        )
        for lead in found
    ]
    say(columns(head, rows) if rows else "There is no such lead.")


def show(
    lead: Annotated[str, typer.Argument(help="Id of a lead, or its first characters.")],
    *,
    json: AsJson = False,
) -> None:
    """Show one lead. `lead-router explain LEAD` says why it went where it went."""
    from router.cli.lookup import find_lead  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.store.leads import read_lead  # noqa: PLC0415 - slow to import; --help does without
    from router.store.tx import transaction  # noqa: PLC0415 - slow to import; --help does without
    from router.web.api.told import lead_told  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        lead_id = find_lead(app, lead)
        with transaction(app.engine) as tx:
            found = read_lead(tx, lead_id)
    if found is None:
        return
    if json:
        print_json(lead_told(found).model_dump(mode="json"))
        return
    for name, value in _lines(found):
        if value:
            say(f"{name + ':':<12} {value}")


def _states(typed: list[str]) -> "tuple[LeadState, ...]":
    from router.lead.states import LeadState  # noqa: PLC0415 - beside its use; --help does without

    known = set(LeadState)
    for state in typed:
        if state not in known:
            raise typer.BadParameter(
                f"There is no state {state!r}. Use one of: {', '.join(LeadState)}."
            )
    return tuple(LeadState(state) for state in typed)


def _who(lead: "Lead") -> str:
    person = lead.person
    return ", ".join(filter(None, (person.name or person.email or person.phone, person.company)))


def _lines(lead: "Lead") -> list[tuple[str, str]]:
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without

    person, owner, found = lead.person, lead.owner, lead.classification
    return [
        ("lead", str(lead.id)),
        ("state", lead.state + (f" ({lead.reason})" if lead.reason else "")),
        ("owner", f"{owner.kind} {owner.id}, accountable {owner.accountable}" if owner else "-"),
        ("why", lead.why),
        ("who", _who(lead)),
        ("e-mail", person.email),
        ("phone", person.phone_e164 or person.phone),
        ("country", person.country),
        ("about", f"{found.intent} ({found.confidence:.0%})" if found else ""),
        ("message", lead.message),
        ("missing", ", ".join(lead.missing)),
        ("source", f"{lead.source}, delivery {lead.delivery_id}"),
        ("import", lead.lane),
        ("received", shown(lead.received_at)),
        ("joined", str(lead.merged_into or "")),
        ("outcome", lead.outcome),
        ("error", lead.last_error),
    ]
