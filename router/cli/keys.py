"""``keys``: who may use the API."""

from typing import Annotated

import typer

from router.cli.output import USAGE, AsJson, columns, print_json, say, warn

_SCOPES = ("read", "act", "admin")


def register(app: typer.Typer) -> None:
    """Put the commands on the program.

    Args:
        app: The program.
    """
    group = typer.Typer(no_args_is_help=True, help="Keys for the API.")
    group.command()(create)
    group.command("list")(list_all)
    group.command()(revoke)
    app.add_typer(group, name="keys")


def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    *,
    scope: Annotated[
        str,
        typer.Option(help="read looks; act also reports what people did; admin also replays."),
    ] = "read",
    days: Annotated[int, typer.Option(min=0, help="Days until it expires; 0 for never.")] = 0,
    json: AsJson = False,
) -> None:
    """Make a key and show it once. From the first key on, nobody uses the API without one."""
    from datetime import timedelta  # noqa: PLC0415 - beside its use

    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.store import keys  # noqa: PLC0415 - slow to import; --help does without
    from router.store.tx import transaction  # noqa: PLC0415 - slow to import; --help does without
    from router.web.auth import Scope, new_key  # noqa: PLC0415 - slow to import; --help does without

    if scope not in _SCOPES:
        warn(f"There is no scope {scope!r}. Use one of: {', '.join(_SCOPES)}.")
        raise typer.Exit(USAGE)
    moment = now()
    end = moment + timedelta(days=days) if days else None
    kept, text = new_key(name, (Scope(scope),), moment, end)
    with opened() as app, transaction(app.engine) as tx:
        first = not keys.any_key(tx)
        keys.create(tx, kept)
    if json:
        print_json({"id": kept.id, "key": text, "scopes": kept.scopes, "expires_at": end})
        return
    say(text)
    warn(f"This is the only time that key {kept.id} is shown. Send it as `Authorization: Bearer`.")
    if first:
        warn("It is the first one: from now on the API asks everybody for a key.")


def list_all(*, json: AsJson = False) -> None:
    """List every key, the newest first; their secrets are not kept."""
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.store import keys  # noqa: PLC0415 - slow to import; --help does without
    from router.store.tx import transaction  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app, transaction(app.engine) as tx:
        found = keys.list_keys(tx)
    moment = now()
    if json:
        print_json(
            [
                {
                    "id": key.id,
                    "name": key.name,
                    "scopes": key.scopes,
                    "usable": key.usable(moment),
                    "created_at": key.created_at,
                    "expires_at": key.expires_at,
                    "used_at": key.used_at,
                    "revoked_at": key.revoked_at,
                }
                for key in found
            ]
        )
        return
    head = ("key", "what for", "scope", "usable", "made", "expires", "last used")
    rows = [
        (
            key.id,
            key.name,
            ", ".join(key.scopes),
            "yes" if key.usable(moment) else "no",
            shown(key.created_at),
            shown(key.expires_at),
            shown(key.used_at),
        )
        for key in found
    ]
    say(columns(head, rows) if rows else "There is no key; the API is open to this machine only.")


def revoke(
    key: Annotated[str, typer.Argument(help="Id of the key.")], *, json: AsJson = False
) -> None:
    """Make a key useless from now on."""
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.errors import NotFound  # noqa: PLC0415 - beside its use; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.store import keys  # noqa: PLC0415 - slow to import; --help does without
    from router.store.tx import transaction  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app, transaction(app.engine) as tx:
        done = keys.revoke(tx, key, now())
    if not done:
        raise NotFound(f"There is no usable key {key!r}. `lead-router keys list` lists them.")
    if json:
        print_json({"id": key, "revoked": True})
    else:
        say(f"Key {key} opens nothing any more.")
