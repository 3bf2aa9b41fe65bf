"""The commands of ``people`` that speak about absences."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import AsJson, columns, print_json, say, warn
from router.wording import counted

if TYPE_CHECKING:
    from datetime import datetime

    from router.app import App
    from router.road.people.absence_ics import Line
    from router.store.absences import AbsenceRow

Person = Annotated[str, typer.Argument(metavar="PERSON", help="Id of the person.")]
By = Annotated[
    str, typer.Option("--by", help="Id of the person who says so; your user name if not given.")
]
_WALL = "as 2026-01-05 or 2026-01-05T14:00 by the clock on the person's wall"
_Id = Annotated[str, typer.Argument(metavar="ABSENCE_ID", help="Id of the absence, whole.")]
_From = Annotated[str, typer.Option("--from", help=f"Begin, {_WALL}; now if not given.")]
_Until = Annotated[str, typer.Option(help=f"End, {_WALL}; until further notice if not given.")]
_Cover = Annotated[
    str, typer.Option(help="Id of who takes their place; if not given, whom the book names.")
]


def add_to(group: typer.Typer) -> None:
    """Put the commands into a group.

    Args:
        group: The commands of ``people``.
    """
    for command in (away, back, off, on, absences, correct, cancel):
        group.command()(command)
    group.command("import-absences")(import_absences)


def away(
    person: Person,
    *,
    start: _From = "",
    until: _Until = "",
    reason: Annotated[str, typer.Option(help="Why; shown where absences are listed.")] = "",
    cover: _Cover = "",
    by: By = "",
    json: AsJson = False,
) -> None:
    """Say that a person takes no leads for a while; what they own stays theirs."""
    _gone(
        person,
        start=start,
        until=until,
        reason=reason,
        cover=cover,
        by=by,
        kind="away",
        json=json,
    )


def off(
    person: Person,
    *,
    reason: Annotated[str, typer.Option(help="Why; shown where absences are listed.")],
    until: _Until = "",
    by: By = "",
    json: AsJson = False,
) -> None:
    """Switch a person off for a while: what waits for their answer goes to others soon."""
    _gone(person, until=until, reason=reason, by=by, kind="off", json=json)


def back(person: Person, *, by: By = "", json: AsJson = False) -> None:
    """Say that a person takes leads again: whatever absence runs, it ends."""
    _back(person, by, json=json)


def on(person: Person, *, by: By = "", json: AsJson = False) -> None:
    """Switch a person on again; who is away for another reason stays away."""
    _back(person, by, kind="off", json=json)


def absences(
    person: Annotated[
        str, typer.Argument(metavar="[PERSON]", help="Id of the person; everybody if not given.")
    ] = "",
    *,
    json: AsJson = False,
) -> None:
    """List absences that run or are to come."""
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.road.people.absences import absences as found_by  # noqa: PLC0415 - slow to import

    with opened() as app:
        found = found_by(app, person, now())
    if json:
        print_json(found)
        return
    head = ("absence", "person", "from", "until", "kind", "reason", "cover", "said by")
    say(columns(head, [_row(each) for each in found]))


def correct(
    absence: _Id,
    *,
    start: Annotated[str, typer.Option("--from", help=f"Another begin, {_WALL}.")] = "",
    until: Annotated[str, typer.Option(help=f"Another end, {_WALL}.")] = "",
    reason: Annotated[str, typer.Option(help="Another reason.")] = "",
    cover: Annotated[str, typer.Option(help="Another cover.")] = "",
    by: By = "",
    json: AsJson = False,
) -> None:
    """Change an absence that runs or is to come; what is not given stays."""
    from router.cli.lookup import speaker, whole_id  # noqa: PLC0415 - slow to import
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.road.people.absences import Correction, absence_now, correct_absence  # noqa: PLC0415 - slow to import

    absence_id = whole_id(absence, "absence")
    with opened() as app:
        person = absence_now(app, absence_id).person
        found = correct_absence(
            app,
            absence_id,
            Correction(
                _moment(app, person, start),
                _moment(app, person, until),
                reason or None,
                cover or None,
            ),
            by=speaker(by),
            now=now(),
        )
    _print(found, json=json)


def cancel(absence: _Id, *, by: By = "", json: AsJson = False) -> None:
    """End an absence that runs, or cancel one to come."""
    from router.cli.lookup import speaker, whole_id  # noqa: PLC0415 - slow to import
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.road.people.absences import cancel_absence  # noqa: PLC0415 - slow to import

    with opened() as app:
        found = cancel_absence(app, whole_id(absence, "absence"), by=speaker(by), now=now())
    _print(found, json=json)


def import_absences(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.ics", help="A calendar file.", dir_okay=False)
    ],
    *,
    person: Annotated[
        str,
        typer.Option(help="Whose calendar it is; if not given, e-mail addresses in it say so."),
    ] = "",
    dry_run: Annotated[bool, typer.Option(help="Only say what would be done.")] = False,
    keep_summary: Annotated[
        bool,
        typer.Option(help="Keep the text of each entry as the reason; it may be personal."),
    ] = False,
    by: By = "",
    json: AsJson = False,
) -> None:
    """Take absences from a calendar file; taking it again changes what has changed."""
    from router.cli.lookup import speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.road.people.absence_ics import Wish, read_file  # noqa: PLC0415 - slow to import
    from router.road.people.absence_ics import import_absences as taken  # noqa: PLC0415 - slow to import

    wish = Wish(speaker(by), person, dry_run=dry_run, keep_summary=keep_summary)
    with opened() as app:
        found = taken(app, read_file(file), wish, now())
    if json:
        print_json(found)
        return
    if found.lines:
        head = ("", "person", "from", "until", "why")
        say(columns(head, [_line(each) for each in found.lines]))
    done = ", ".join(f"{many} {what}" for what, many in found.counts.items() if many)
    would = "Nothing was written; it would be: " if found.dry_run else ""
    others = counted(found.no_absence, "entry is no absence", "entries are no absences")
    say(f"{would}{done or 'nothing to do'}; {others}, or over.")
    if not found.calendar:
        warn("The calendar has no name (X-WR-CALNAME): what vanished from it was left as it is.")


def _gone(
    person: str,
    *,
    start: str = "",
    until: str,
    reason: str,
    cover: str = "",
    by: str,
    kind: str,
    json: bool,
) -> None:
    from router.cli.lookup import shown, speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now as read_now  # noqa: PLC0415 - beside its use; --help does without
    from router.road.people.absences import Said, add_absence  # noqa: PLC0415 - slow to import
    from router.road.people.roster import standing  # noqa: PLC0415 - slow to import
    from router.rulebook.availability import AbsenceKind  # noqa: PLC0415 - beside its use

    with opened() as app:
        now = read_now()
        said = Said(
            _moment(app, person, start),
            _moment(app, person, until),
            reason,
            AbsenceKind(kind),
            cover,
        )
        row = add_absence(app, person, said, by=speaker(by), now=now)
        found = standing(app, person, now)
    if json:
        print_json(found)
        return
    end = f"until {shown(row.until)}" if row.until else "for now"
    if row.start > now:
        end = f"from {shown(row.start)} {end if row.until else 'on'}"
    stay = counted(found.open_leads, "open one stays", "open ones stay")
    say(f"{found.name} takes no leads {end}; {stay} theirs.")
    if row.reassign_at is not None:
        say(f"What nobody has accepted by {shown(row.reassign_at)} goes to others.")


def _back(person: str, by: str, *, json: bool, kind: str = "") -> None:
    from router.cli.lookup import shown, speaker  # noqa: PLC0415 - slow to import; --help does without
    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use; --help does without
    from router.road.people.roster import set_back_now  # noqa: PLC0415 - slow to import

    with opened() as app:
        found = set_back_now(app, person, by=speaker(by), now=now(), kind=kind)
    if json:
        print_json(found)
    elif found.absence is None:
        say(f"{found.name} takes leads again.")
    else:
        end = (
            f"until {shown(found.absence.until)}" if found.absence.until else "until further notice"
        )
        say(f"{found.name} is still away {end}; `lead-router people back` ends that too.")


def _moment(app: "App", person: str, typed: str) -> "datetime | None":
    from router.cli.lookup import moment  # noqa: PLC0415 - slow to import; --help does without
    from router.road.people.absences import wall_of  # noqa: PLC0415 - slow to import

    # An unknown person is told by whoever looks it up next.
    return moment(typed, wall_of(app.shelf.active(), person)) if typed else None


def _print(found: "AbsenceRow", *, json: bool) -> None:
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without

    if json:
        print_json(found)
    elif found.until is not None and found.until <= found.start:
        say(f"The absence of {found.person} is cancelled.")
    else:
        end = f"until {shown(found.until)}" if found.until else "until further notice"
        say(f"{found.person} is away from {shown(found.start)} {end}.")


def _row(each: "AbsenceRow") -> tuple[str, ...]:
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without

    end = shown(each.until) if each.until else "further notice"
    told = (each.kind, each.reason or "-", each.cover or "-", each.by or "-")
    return str(each.id), each.person, shown(each.start), end, *told


def _line(each: "Line") -> tuple[str, ...]:
    from router.cli.lookup import shown  # noqa: PLC0415 - slow to import; --help does without

    return each.what, each.person or "-", shown(each.start), shown(each.until), each.why
