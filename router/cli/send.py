"""``send``: post a sample, or a file of yours, to the running web process."""

from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import USAGE, AsJson, columns, print_json, say, warn

if TYPE_CHECKING:
    from router.cli.post import Sample


def register(app: typer.Typer) -> None:
    """Put the command on the program.

    Args:
        app: The program.
    """
    app.command()(send)


def send(
    sample: Annotated[
        str, typer.Argument(help="Name of a sample, or path of a file of the same shape.")
    ] = "",
    *,
    wait: Annotated[
        bool, typer.Option("--wait", help="Ask for the owner in the answer (?wait=owner).")
    ] = False,
    show: Annotated[bool, typer.Option("--list", help="List the samples.")] = False,
    json: AsJson = False,
) -> None:
    """Post a sample over HTTP, signed as its source wants."""
    from router.cli import post  # noqa: PLC0415 - slow to import; --help does without

    if show:
        found = [post.read_sample(name) for name in post.sample_names()]
        if json:
            print_json([{"name": x.name, "source": x.source, "about": x.about} for x in found])
        else:
            say(columns(("sample", "source", "what it is"), [_row(x) for x in found]))
        return
    if not sample:
        warn("Name a sample, or list them with `lead-router send --list`.")
        raise typer.Exit(USAGE)
    answer = _post(sample, wait=wait)
    if json:
        print_json(answer)
    else:
        say("  ".join(f"{key}: {value}" for key, value in answer.items() if value))


def _row(sample: "Sample") -> tuple[str, str, str]:
    return sample.name, sample.source, sample.about


def _post(name: str, *, wait: bool) -> dict[str, object]:
    from router.cli import post  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened, web_address  # noqa: PLC0415 - slow to import; --help does without
    from router.errors import NotFound  # noqa: PLC0415 - beside its use; --help does without

    sample = post.read_sample(name)
    with opened() as app:
        source = app.shelf.active().sources.get(sample.source)
        if source is None:
            raise NotFound(f"The active rule book has no source {sample.source!r}.")
        proof = post.proof_for(sample, source, app.settings, app.settings.home_path())
        place = post.Place(*web_address(app.settings))
    return post.post(place, sample, proof, wait=wait)
