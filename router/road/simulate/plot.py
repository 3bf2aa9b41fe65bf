"""A simulation as a picture: what everybody had beside their weight, and promises kept. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, log10

from router.lead.decision import ClockKind
from router.road.simulate.seen import Pick, Seen
from router.road.simulate.svg import document, element, number, text_of
from router.wording import counted

_WIDTH, _EDGE, _TOP, _LINE = 960.0, 24.0, 84.0, 16.0
#: A pool's panel, and inside it the room for axes and names.
_PANEL_W, _PANEL_H, _GAP = 444.0, 226.0, 24.0
_LEFT, _RIGHT, _ABOVE, _BELOW = 44.0, 112.0, 30.0, 40.0
#: Lines of one panel; more could not be told apart.
_LINES = 8
_ROW, _BAR, _BAR_X, _BAR_W = 34.0, 11.0, 190.0, 640.0
_LABEL_H = 13.0
_WEEK = timedelta(days=7)
_LETTERS = 17
#: Colours that people with any colour vision tell apart, on light and on dark ground.
_LIGHT = "#0072b2 #d55e00 #00835f #a8508a #8f6a00 #2f86b8 #555555 #7a4fc0".split()
_DARK = "#5eb5ee #f58a42 #2fcf9f #e29cc9 #e6b93a #9bd8ff #c4c4c4 #b99af0".split()
_BASE = (
    "text{font-family:system-ui,Segoe UI,Helvetica,Arial,sans-serif;font-size:12px;fill:#1f2328}"
    ".title{font-size:19px;font-weight:600}.pool{font-size:14px;font-weight:600}"
    ".quiet{fill:#57606a;font-size:11px}.ground{fill:#ffffff}.axis{stroke:#8c959f;fill:none}"
    ".grid{stroke:#d8dee4;fill:none}.had{fill:none;stroke-width:2}"
    ".due{fill:none;stroke-width:1.3;stroke-dasharray:4 3;opacity:.75}.gone{opacity:.13}"
    ".old{fill:#8c959f}.new{fill:#0072b2}"
)
_NIGHT = (
    "text{fill:#e6edf3}.quiet{fill:#9da7b3}.ground{fill:#14181d}.axis{stroke:#6e7681}"
    ".grid{stroke:#2d333b}.old{fill:#6e7681}.new{fill:#5eb5ee}"
)


def plot(seen: Seen, before: Seen | None, *, title: str, told: Sequence[str] = ()) -> str:
    """Draw a simulation, as SVG.

    A panel for every pool: solid what each member had so far, dashed what they would have had by
    weight alone, shaded when they were away. Below, how many leads were accepted and spoken to in
    time.

    Args:
        seen: What is drawn.
        before: What its kept promises are put beside; None for nothing.
        title: What stands above it.
        told: Below that, a line each.
    """
    pools = sorted({each.pool for each in seen.picks if each.pool})
    rows = ceil(len(pools) / 2)
    parts = list(_heading(title, told, before))
    top = _TOP + _LINE * len(told)
    for place, pool in enumerate(pools):
        x = _EDGE + place % 2 * (_PANEL_W + _GAP)
        y = top + place // 2 * (_PANEL_H + _GAP)
        panel = _Panel(seen, pool)
        parts.append(element("g", *panel.drawn(), transform=f"translate({number(x)} {number(y)})"))
    below = top + rows * (_PANEL_H + _GAP) + 20
    bars = list(_bars(seen, before, pools))
    parts.append(element("g", *bars, transform=f"translate({number(_EDGE)} {number(below)})"))
    height = below + 64 + _ROW * (len(pools) + 2)
    ground = element("rect", kind="ground", width=_WIDTH, height=height)
    return document(
        _WIDTH,
        height,
        (ground, *parts),
        title=title,
        styles={
            "": _BASE + _colours(_LIGHT),
            "(prefers-color-scheme: dark)": _NIGHT + _colours(_DARK),
        },
    )


def _heading(title: str, told: Sequence[str], before: Seen | None) -> Iterator[str]:
    yield element("text", text_of(title), kind="title", x=_EDGE, y=34.0)
    key = "Solid: leads so far. Dashed: by weight alone, the absent too. Shaded: away."
    key += " Grey bars: before; coloured: after." if before is not None else ""
    for place, line in enumerate((*told, key)):
        yield element("text", text_of(line), kind="quiet", x=_EDGE, y=56 + _LINE * place)


def _colours(colours: Sequence[str]) -> str:
    return "".join(
        f".c{place}{{stroke:{each}}}.f{place}{{fill:{each}}}" for place, each in enumerate(colours)
    )


@dataclass(slots=True)
class _Scale:
    """Where something stands on an axis."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the pixel of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


class _Panel:
    """One pool."""

    def __init__(self, seen: Seen, pool: str) -> None:
        self._seen, self._pool = seen, pool
        self._picks = [each for each in seen.picks if each.pool == pool]
        last = max([seen.end, *(each.at for each in self._picks)])
        self._had = _had(self._picks)
        self._even = _by_weight(self._picks)
        order = sorted(
            {*self._had, *self._even}, key=lambda name: (-len(self._had.get(name, ())), name)
        )
        self._names, self._others = order[:_LINES], len(order[_LINES:])
        most = max(
            [1.0] + [points[-1][1] for each in (self._had, self._even) for points in each.values()]
        )
        self._step = _nice(most / 4)
        top = ceil(most / self._step) * self._step
        self._x = _Scale(seen.start.timestamp(), last.timestamp(), _LEFT, _PANEL_W - _RIGHT)
        self._y = _Scale(0.0, top, _PANEL_H - _BELOW, _ABOVE)
        self._last = last

    def drawn(self) -> Iterator[str]:
        """Draw it."""
        more = f" (and {self._others} more)" if self._others else ""
        title = f"{self._pool}: {counted(len(self._picks), 'lead')}{more}"
        yield element("text", text_of(title), kind="pool", x=0.0, y=14.0)
        yield from self._axes()
        for place, name in enumerate(self._names):
            yield from self._away(place, name)
        for place, name in enumerate(self._names):
            yield self._line("due", place, self._even.get(name, []), steps=False)
            yield self._line("had", place, self._had.get(name, []), steps=True)
        yield from self._labels()

    def _axes(self) -> Iterator[str]:
        left, right, bottom = self._x.start, self._x.end, self._y.start
        value = 0.0
        while value <= self._y.high:
            y = self._y(value)
            yield element("line", kind="grid", x1=left, x2=right, y1=y, y2=y)
            yield element(
                "text", f"{value:g}", kind="quiet", x=left - 6, y=y + 4, text_anchor="end"
            )
            value += self._step
        yield element("line", kind="axis", x1=left, x2=right, y1=bottom, y2=bottom)
        at, every = self._seen.start, _WEEK
        while (self._last - self._seen.start) / every > 6:  # noqa: PLR2004 - dates that fit
            every *= 2
        while at <= self._last:
            x = self._x(at.timestamp())
            yield element("line", kind="axis", x1=x, x2=x, y1=bottom, y2=bottom + 4)
            yield element(
                "text", f"{at:%d %b}", kind="quiet", x=x, y=bottom + 17, text_anchor="middle"
            )
            at += every
        middle = (left + right) / 2
        yield element("text", "day", kind="quiet", x=middle, y=bottom + 32, text_anchor="middle")
        height = (self._y.start + self._y.end) / 2
        turn = f"rotate(-90 10 {number(height)})"
        yield element(
            "text", "leads", kind="quiet", x=10.0, y=height, text_anchor="middle", transform=turn
        )

    def _away(self, place: int, name: str) -> Iterator[str]:
        for each in self._seen.absences:
            if each.person != name or each.start >= self._last:
                continue
            left = self._x(max(each.start, self._seen.start).timestamp())
            right = self._x(min(each.until or self._last, self._last).timestamp())
            if right <= left:
                continue
            told = element("title", text_of(f"{name} is away"))
            yield element(
                "rect",
                told,
                kind=f"gone f{place}",
                x=left,
                y=self._y.end,
                width=right - left,
                height=self._y.start - self._y.end,
            )

    def _line(
        self, kind: str, place: int, points: Sequence[tuple[datetime, float]], *, steps: bool
    ) -> str:
        x, y = self._x(self._seen.start.timestamp()), self._y(0)
        path, at = [f"M{number(x)} {number(y)}"], x
        for moment, value in points:
            x, y = self._x(moment.timestamp()), self._y(value)
            if steps:
                path.append(f"H{number(x)}V{number(y)}")
            elif x - at >= 1 or moment == points[-1][0]:
                path.append(f"L{number(x)} {number(y)}")
                at = x
        path.append(f"H{number(self._x.end)}")
        return element("path", kind=f"{kind} c{place}", d="".join(path))

    def _labels(self) -> Iterator[str]:
        """Write each name at the end of its line, pushed apart where they would touch."""
        ends = [
            (self._y(self._had[name][-1][1]) if self._had.get(name) else self._y(0), place, name)
            for place, name in enumerate(self._names)
        ]
        before = -_LABEL_H
        placed = []
        for y, place, name in sorted(ends):
            before = max(y, before + _LABEL_H)
            placed.append((before, place, name))
        over = max(before - self._y.start, 0.0)
        for y, place, name in placed:
            short = name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
            yield element(
                "text", text_of(short), kind=f"f{place}", x=self._x.end + 6, y=y + 4 - over
            )


def _had(picks: Sequence[Pick]) -> dict[str, list[tuple[datetime, float]]]:
    """Return how many leads each had had, at each of them."""
    found: dict[str, list[tuple[datetime, float]]] = {}
    for pick in picks:
        mine = found.setdefault(pick.person, [])
        mine.append((pick.at, len(mine) + 1.0))
    return found


def _by_weight(picks: Sequence[Pick]) -> dict[str, list[tuple[datetime, float]]]:
    """Return what each would have had by weight alone, at each lead of the pool."""
    found: dict[str, list[tuple[datetime, float]]] = {}
    for pick in picks:
        for name, part in pick.by_weight.items():
            mine = found.setdefault(name, [])
            mine.append((pick.at, (mine[-1][1] if mine else 0.0) + part))
    return found


def _nice(least: float) -> float:
    """Return the first round number from ``least`` on.

    >>> _nice(3.2), _nice(0.4), _nice(61)
    (5.0, 1.0, 100.0)
    """
    power = 10.0 ** int(log10(max(least, 1)))
    return next(each * power for each in (1, 2, 5, 10) if each * power >= max(least, 1))


def _bars(seen: Seen, before: Seen | None, pools: Sequence[str]) -> Iterator[str]:
    yield element("text", "Promises kept", kind="pool", x=0.0, y=0.0)
    rows: list[tuple[str, ClockKind, str]] = [
        ("accepted, all", ClockKind.ACCEPTANCE, ""),
        ("spoken to, all", ClockKind.FIRST_TOUCH, ""),
        *((f"accepted, {pool}", ClockKind.ACCEPTANCE, pool) for pool in pools),
    ]
    bottom = 16 + _ROW * len(rows)
    for share in (0, 25, 50, 75, 100):
        x = _BAR_X + _BAR_W * share / 100
        yield element("line", kind="grid", x1=x, x2=x, y1=12.0, y2=bottom)
        yield element("text", f"{share} %", kind="quiet", x=x, y=bottom + 15, text_anchor="middle")
    yield element(
        "text",
        "share in time",
        kind="quiet",
        x=_BAR_X + _BAR_W / 2,
        y=bottom + 31,
        text_anchor="middle",
    )
    for place, (name, clock, pool) in enumerate(rows):
        y = 20 + _ROW * place
        yield element("text", text_of(name), x=_BAR_X - 10, y=y + 15, text_anchor="end")
        if before is not None:
            yield from _bar(_share(before, clock, pool), y, "old")
        yield from _bar(_share(seen, clock, pool), y + (_BAR if before is not None else 5), "new")


def _bar(share: float | None, y: float, kind: str) -> Iterator[str]:
    if share is not None:
        width = _BAR_W * share
        yield element("rect", kind=kind, x=_BAR_X, y=y, width=width, height=_BAR - 1)
        yield element("text", f"{share:.1%}", kind="quiet", x=_BAR_X + width + 6, y=y + 9)


def _share(seen: Seen, clock: ClockKind, pool: str) -> float | None:
    mine = [
        each.in_time
        for each in seen.kept
        if each.clock is clock and (not pool or each.pool == pool)
    ]
    return sum(mine) / len(mine) if mine else None
