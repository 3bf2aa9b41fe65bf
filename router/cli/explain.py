"""``explain``: why a lead went where it went, or where a sample would go."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import FAILED, USAGE, AsJson, print_json, say, warn

if TYPE_CHECKING:
    from router.app import App
    from router.road.explain import Explanation

_EXPECTED = ("owner", "queue", "sequence", "pool", "rule", "state", "intent")
_ID_CHARS = frozenset("0123456789abcdef-")
_ALONE = (
    "No database is reached, so nobody is known and every pool starts even: this shows what the"
    " rules say, not whose turn it is."
)


def register(app: typer.Typer) -> None:
    """Put the command on the program.

    Args:
        app: The program.
    """
    app.command()(explain)


def explain(
    what: Annotated[
        str,
        typer.Argument(
            metavar="LEAD|FILE",
            help="Id of a lead (or its first characters), a file with a sample, the name of a"
            " shipped sample, or - for standard input.",
        ),
    ],
    *,
    source: Annotated[
        str, typer.Option(help="Source that a sample is taken for; guessed from its shape.")
    ] = "",
    rules: Annotated[
        Path | None,
        typer.Option(help="Folder of a rule book to try a sample with; asks no database."),
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(
            help=f"NAME=VALUE that must be so, or the exit code is 1; NAME is one of"
            f" {', '.join(_EXPECTED)}. Repeat it."
        ),
    ] = None,
    person: Annotated[
        str,
        typer.Option(
            help="Only say why this person did, or did not, get the lead, and what would have had"
            " to be otherwise: an id, a full name or an e-mail address."
        ),
    ] = "",
    what_if: Annotated[
        bool,
        typer.Option("--what-if", help="Also say what would have given the lead to somebody else."),
    ] = False,
    json: AsJson = False,
) -> None:
    """Explain why a lead went where it went, or where a sample would go. Sends nothing."""
    wanted = [_expectation(each) for each in expect or ()]
    sample = _is_sample(what)
    if sample and (person or what_if):
        warn("--person and --what-if ask about a lead that was routed; a sample never was.")
        raise typer.Exit(USAGE)
    found = _of_sample(what, source, rules) if sample else [_of_lead(what, person, what_if=what_if)]
    from router.road.explain import tell  # noqa: PLC0415 - slow to import; --help does without

    if json:
        print_json(found[0] if len(found) == 1 else found)
    else:
        say("\n".join(tell(each) for each in found).rstrip("\n"))
    wrong = [text for each in found for text in differences(each, wanted)]
    for text in wrong:
        warn(text)
    if wrong:
        raise typer.Exit(FAILED)


def differences(found: "Explanation", wanted: list[tuple[str, str]]) -> list[str]:
    """Return what is not as it was expected to be, one sentence each.

    Args:
        found: The explanation.
        wanted: Pairs of what is compared and the value it must have.
    """
    owner = found.owner
    kind = owner.kind if owner else ""
    actual = {
        "owner": owner.id if owner and kind == "person" else "",
        "queue": owner.id if owner and kind == "queue" else "",
        "sequence": owner.id if owner and kind == "sequence" else "",
        "pool": owner.pool if owner else "",
        "rule": _rule(found),
        "state": found.state.value,
        "intent": found.found.intent if found.found else "",
    }
    return [
        f"Expected {name}={value}, but it is {actual[name] or 'none'}."
        for name, value in wanted
        if actual[name] != value
    ]


def _rule(found: "Explanation") -> str:
    """Return the rule that decided; of a lead kept aside, the one that kept it."""
    if found.owner is not None:
        return found.owner.rule
    decided = [phase.decided for phase in found.phases if phase.decided is not None]
    return decided[-1].rule if decided else ""


def _expectation(text: str) -> tuple[str, str]:
    name, same, value = text.partition("=")
    if not same or name not in _EXPECTED:
        warn(f"--expect {text!r}: write NAME=VALUE with one of {', '.join(_EXPECTED)}.")
        raise typer.Exit(USAGE)
    return name, value


def _is_sample(what: str) -> bool:
    return what == "-" or Path(what).is_file() or not _ID_CHARS.issuperset(what.lower())


def _of_lead(typed: str, person: str, *, what_if: bool) -> "Explanation":
    from router.cli.lookup import find_lead  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.road.explain import explain as explain_lead  # noqa: PLC0415 - slow to import; --help does without

    with opened() as app:
        return explain_lead(app, find_lead(app, typed), person=person, otherwise=what_if)


def _of_sample(what: str, source: str, rules: Path | None) -> "list[Explanation]":
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.errors import Misconfigured, Transient  # noqa: PLC0415 - beside its use; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without

    body, named = read_sample(what)
    moment = now()
    if rules is not None:
        return _alone(body, source or named, rules, moment)
    try:
        with opened() as app:
            return _beside_real_people(app, body, source or named, moment)
    except (Misconfigured, Transient):
        warn(_ALONE)
    return _alone(body, source or named, None, moment)


def _beside_real_people(
    app: "App", body: bytes, source: str, moment: datetime
) -> "list[Explanation]":
    from router.road.drain import Road  # noqa: PLC0415 - slow to import; --help does without
    from router.road.explain import build  # noqa: PLC0415 - slow to import; --help does without
    from router.road.explain.rehearse import guess_source, rehearse, sample  # noqa: PLC0415 - slow to import; --help does without

    book = app.shelf.active()
    source = source or guess_source(body, book, moment)
    delivery = sample(body, source, app.settings.book, moment)
    found = rehearse(Road(app), delivery, moment)
    return [build(each, app.book(each.lead.digest)) for each in found]


def _alone(body: bytes, source: str, rules: Path | None, moment: datetime) -> "list[Explanation]":
    from router.cli.book import load  # noqa: PLC0415 - slow to import; --help does without
    from router.road.explain import build  # noqa: PLC0415 - slow to import; --help does without
    from router.road.explain.rehearse import guess_source, rehearse_alone, sample  # noqa: PLC0415 - slow to import; --help does without
    from router.settings import settings  # noqa: PLC0415 - slow to import; --help does without

    told = settings()
    book = load(rules or told.rules)
    source = source or guess_source(body, book, moment)
    delivery = sample(body, source, told.book, moment)
    return [build(each, book) for each in rehearse_alone(told, book, delivery, moment)]


def read_sample(what: str) -> tuple[bytes, str]:
    """Return a sample's body, and its source where the sample names it.

    Args:
        what: A file, the name of a shipped sample, or ``-`` for standard input.
    """
    from router.cli import post  # noqa: PLC0415 - slow to import; --help does without

    if what == "-":
        return sys.stdin.buffer.read(), ""
    path = Path(what)
    if not path.is_file() or _is_shipped_shape(path):
        found = post.read_sample(what)
        return found.body, found.source
    return path.read_bytes(), ""


def _is_shipped_shape(path: Path) -> bool:
    """Return whether a file is a sample as `lead-router send` takes it."""
    import orjson  # noqa: PLC0415 - not needed by commands that print text

    try:
        data = orjson.loads(path.read_bytes())
    except ValueError:
        return False
    return isinstance(data, dict) and "source" in data and ("json" in data or "form" in data)
