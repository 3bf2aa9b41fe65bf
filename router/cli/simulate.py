"""``simulate``: a month of leads against a changed roster or rule book."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from router.cli.output import AsJson, print_json, say

if TYPE_CHECKING:
    from datetime import datetime

    from router.app import App
    from router.cli.simulate_words import Wishes
    from router.cli.simulated import Head
    from router.road.simulate.arrivals import Arrival
    from router.road.simulate.seen import Seen
    from router.road.simulate.setting import Setting
    from router.road.simulate.world import Absence, Habits
    from router.rulebook.model import RuleBook

_START = "2026-03-02"
_ACTIVE = "active"
_Folder = Annotated[
    str,
    typer.Argument(
        metavar="BOOK_FOLDER",
        help="The book's folder; LEAD_ROUTER_RULES or the shipped one if not given, and with"
        " --replay the active version.",
    ),
]
_Replay = Annotated[
    bool,
    typer.Option(
        "--replay",
        help="Take the leads of the database with their real moments, and who was away, instead"
        " of made-up ones.",
    ),
]
_Start = Annotated[
    str,
    typer.Option(help=f"First day; {_START} if not given, with --replay so many days ago."),
]
_Away = Annotated[
    list[str] | None,
    typer.Option(
        "--away",
        metavar="PERSON:FROM:UNTIL",
        help="Somebody is away until the day they are back; `PERSON:FROM:` for good.",
    ),
]
_Join = Annotated[
    list[str] | None,
    typer.Option("--join", metavar="PERSON:POOL:WEIGHT[:DATE]", help="Somebody joins a pool."),
]
_Ramp = Annotated[
    str,
    typer.Option(
        metavar="WEEKS[:PERCENT]",
        help="Whoever joins on a DATE begins with so much of the weight, 25 % if not said.",
    ),
]
_Leave = Annotated[
    list[str] | None,
    typer.Option("--leave", metavar="PERSON[:DATE]", help="Somebody leaves for good."),
]
_Weight = Annotated[
    list[str] | None,
    typer.Option("--weight", metavar="POOL:PERSON:W", help="Another weight in a pool."),
]
_Against = Annotated[
    str,
    typer.Option(
        metavar="active|FOLDER", help="What it is compared with: another book. Implies --compare."
    ),
]
_Compare = Annotated[
    bool,
    typer.Option(
        "--compare/--no-compare",
        help="Put the same leads without the changes beside it; so it is when anything changes.",
    ),
]
_Svg = Annotated[Path | None, typer.Option("--svg", help="Also draw it into this file.")]


def register(app: typer.Typer) -> None:
    """Put the command on the program.

    Args:
        app: The program.
    """
    app.command()(simulate)


def simulate(
    book: _Folder = "",
    *,
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days.")] = 28,
    start: _Start = "",
    replay: _Replay = False,
    leads: Annotated[int, typer.Option(min=1, max=200_000, help="Leads to make up.")] = 2_000,
    seed: Annotated[int, typer.Option(help="The same seed, the same leads and answers.")] = 1,
    away: _Away = None,
    join: _Join = None,
    ramp: _Ramp = "",
    leave: _Leave = None,
    weight: _Weight = None,
    against: _Against = "",
    compare: _Compare = True,
    svg: _Svg = None,
    answer: Annotated[str, typer.Option(help="Until an offer is noticed, the median.")] = "10m",
    work: Annotated[str, typer.Option(help="How long each lead keeps somebody busy.")] = "5m",
    touch: Annotated[str, typer.Option(help="From accepting until the first word.")] = "20m",
    close: Annotated[str, typer.Option(help="From then until closed; 1d is 8 hours.")] = "5d",
    decline: Annotated[str, typer.Option(help="Share of a pool's leads.")] = "2%",
    json: AsJson = False,
) -> None:
    """Play a month of leads with a roster or a rule book: shares, droughts, waits, kept promises.

    Nothing is sent or written. Without --replay no database is needed: leads are made up from the
    book's own examples, cases and tables. Leads are given out, held, escalated and handed on by
    the program's own code; how people answer is a plain model, which the last lines spell out.
    """
    from router.cli import simulate_words as words  # noqa: PLC0415 - slow to import; --help does without

    wishes = words.Wishes(away or (), join or (), leave or (), weight or (), ramp)
    habits = words.habits(answer=answer, work=work, touch=touch, close=close, decline=decline)
    begin = words.day(start or _START) if start or not replay else None
    asked = _Asked(book, against, days, leads, seed, begin, habits, wishes)
    material = _replayed(asked) if replay else _made_up(asked)
    _Simulation(asked, material, compare=compare).tell(svg, json=json)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was typed."""

    book: str
    against: str
    days: int
    leads: int
    seed: int
    start: "datetime | None"
    habits: "Habits"
    wishes: "Wishes"


@dataclass(frozen=True, slots=True)
class _Material:
    """What is played."""

    before: "RuleBook"
    after: "RuleBook"
    arrivals: "tuple[Arrival, ...]"
    absences: "tuple[Absence, ...]"
    start: "datetime"
    end: "datetime"
    #: Where the leads come from, in words.
    told: str
    replayed: bool


def _made_up(asked: _Asked) -> _Material:
    from datetime import timedelta  # noqa: PLC0415 - beside its use
    from random import Random  # noqa: PLC0415 - beside its use

    from router.cli.simulate_words import day  # noqa: PLC0415 - slow to import; --help does without
    from router.road.simulate.arrivals import generate  # noqa: PLC0415 - slow to import

    after = _folder(asked.book)
    before = _folder(asked.against) if asked.against else after
    start = asked.start or day(_START)
    chance = Random(asked.seed)  # noqa: S311 - nothing is secret here
    return _Material(
        before,
        after,
        generate(before, start, asked.days, asked.leads, chance),
        (),
        start,
        start + timedelta(days=asked.days),
        f"{asked.leads:,} made-up leads in {asked.days} days from {start:%d %b %Y}, seed"
        f" {asked.seed}",
        replayed=False,
    )


def _replayed(asked: _Asked) -> _Material:
    from datetime import timedelta  # noqa: PLC0415 - beside its use

    from router.cli.reach import opened  # noqa: PLC0415 - slow to import; --help does without
    from router.now import now  # noqa: PLC0415 - beside its use
    from router.road.simulate.past import replayed  # noqa: PLC0415 - slow to import
    from router.road.versions.backtest import Window  # noqa: PLC0415 - slow to import

    with opened() as app:
        active = app.shelf.active()
        after = _named(app, asked.book) if asked.book else active
        before = _named(app, asked.against) if asked.against else active
        span = timedelta(days=asked.days)
        start = asked.start or now() - span
        past = replayed(app, Window(start, start + span, app.settings.book))
    out = "".join(f", {many:,} left out: {why}" for why, many in past.left_out.items())
    many = len(past.arrivals)
    return _Material(
        before,
        after,
        past.arrivals,
        past.absences,
        start,
        start + span,
        f"{many:,} leads of {asked.days} days from {start:%d %b %Y}{out}",
        replayed=True,
    )


def _named(app: "App", named: str) -> "RuleBook":
    return app.shelf.active() if named == _ACTIVE else _folder(named)


def _folder(named: str) -> "RuleBook":
    from router.cli.book import load  # noqa: PLC0415 - slow to import; --help does without
    from router.settings import settings  # noqa: PLC0415 - slow to import; --help does without

    return load(Path(named) if named else settings().rules)


def _play(name: str, setting: "Setting") -> "Seen":
    from router.cli.progress import bar  # noqa: PLC0415 - beside its use; --help does without
    from router.road.simulate.run import simulate as play  # noqa: PLC0415 - slow to import

    with bar() as watch:
        return play(setting, lambda done, whole: watch(f"leads {name}", done, whole))


class _Simulation:
    """One run, or two beside each other."""

    def __init__(self, asked: _Asked, material: _Material, *, compare: bool) -> None:
        self._asked, self._material = asked, material
        other = material.before.digest != material.after.digest
        self._compare = compare and (bool(asked.wishes) or other)

    def tell(self, svg: Path | None, *, json: bool) -> None:
        """Play it, print it, and draw it."""
        from router.cli import simulated  # noqa: PLC0415 - slow to import; --help does without
        from router.road.simulate.measure import measure  # noqa: PLC0415 - slow to import

        names = ("before", "after") if self._compare else ("after",)
        # What cannot be read is told before anything is played.
        settings = [self._setting(changed=name == "after") for name in names]
        runs = [_play(*each) for each in zip(names, settings, strict=True)]
        found = [measure(seen) for seen in runs]
        width = shutil.get_terminal_size((80, 24)).columns
        head = self._head()
        if json:
            print_json({**self._data(), **dict(zip(names, found, strict=True))})
        elif self._compare:
            say(simulated.compared(head, found[0], found[1], width=width))
        else:
            say(simulated.told(head, found[0], width=width))
        if svg is not None:
            self._draw(svg, runs)

    def _setting(self, *, changed: bool) -> "Setting":
        from router.cli import simulate_words as words  # noqa: PLC0415 - slow to import
        from router.road.simulate.setting import Setting  # noqa: PLC0415 - slow to import
        from router.road.simulate.world import timeline  # noqa: PLC0415 - slow to import

        material, wishes = self._material, self._asked.wishes
        book = material.after if changed else material.before
        books = timeline(book, words.changes(book, wishes) if changed else (), material.start)
        # Also of somebody who joins with the changes.
        away = words.absences(books[-1][1], wishes) if changed else ()
        return Setting(
            books=books,
            arrivals=material.arrivals,
            start=material.start,
            end=material.end,
            absences=(*material.absences, *away),
            habits=self._asked.habits,
            seed=self._asked.seed,
        )

    def _head(self) -> "Head":
        from router.cli.simulated import Head  # noqa: PLC0415 - slow to import

        before, after = self._material.before, self._material.after
        name = f"{after.name}, version {after.digest[:12]}"
        if before.digest != after.digest:
            name += f" beside {before.digest[:12]}"
        told = self._asked.wishes.told()
        return Head(name, self._material.told, told, self._asked.habits, self._material.replayed)

    def _data(self) -> dict[str, object]:
        material = self._material
        return {
            "book": material.after.digest,
            "against": material.before.digest,
            "since": material.start,
            "until": material.end,
            "replayed": material.replayed,
            "seed": self._asked.seed,
            "changes": self._asked.wishes.told(),
        }

    def _draw(self, file: Path, runs: "list[Seen]") -> None:
        from router.road.simulate.plot import plot  # noqa: PLC0415 - slow to import

        head = self._head()
        told = (head.leads, *((", ".join(head.changes),) if head.changes else ()))
        before = runs[0] if len(runs) > 1 else None
        text = plot(runs[-1], before, title=head.book, told=told)
        try:
            file.expanduser().write_text(text, encoding="utf-8")
        except OSError as error:
            why = f"{file} cannot be written: {error.strerror}"
            raise typer.BadParameter(why, param_hint="--svg") from error
