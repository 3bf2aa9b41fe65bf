"""``python -m bench.profile``: where the time of a lead goes, so that a missed number has a reason.

Drains a backlog in this process, alone, and counts CPU: Python's by stage and step, PostgreSQL's by
its server processes. ``--calls`` adds what cProfile says, which slows everything down.
"""

import argparse
import contextlib
import cProfile
import functools
import io
import logging
import pstats
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from bench import machine
from bench.drain import preload
from bench.leads import Inquiries
from bench.site import site
from router.app import App, build_app
from router.now import ticks
from router.pipeline import StageName
from router.road import batch, capture, drain
from router.road.drain import Road
from router.stages.activate.load import Activate
from router.stages.classify.load import Classify
from router.stages.clean.load import Clean
from router.stages.route.load import Route
from router.store.tx import Tx
from router.watch import log

_STEPS = ("prepare", "load", "decide", "absorb", "settled", "finish")
_WARM = 600
_OUTERMOST = "road: all else (loops, ticket, commit)"


@dataclass(slots=True)
class Meter:
    """CPU and wall time by name; what is measured inside something else is not counted twice."""

    cpu: dict[str, float] = field(default_factory=dict)
    wall: dict[str, float] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    #: For each step that is under way, the CPU and wall time of the steps inside it.
    inside: list[list[float]] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count a block under a name."""
        self.inside.append([0.0, 0.0])
        cpu, wall = time.thread_time(), ticks()
        try:
            yield
        finally:
            spent, took = time.thread_time() - cpu, ticks() - wall
            below = self.inside.pop()
            if self.inside:
                self.inside[-1][0] += spent
                self.inside[-1][1] += took
            self.cpu[name] = self.cpu.get(name, 0.0) + spent - below[0]
            self.wall[name] = self.wall.get(name, 0.0) + took - below[1]
            self.calls[name] = self.calls.get(name, 0) + 1

    def around(self, place: object, attribute: str, name: str) -> None:
        """Count every call of a function that a class or a module holds.

        Args:
            place: The class or module.
            attribute: The function's name there.
            name: What it is counted under.
        """
        wrapped: Callable[..., object] = getattr(place, attribute)

        @functools.wraps(wrapped)
        def counted(*args: object, **named: object) -> object:
            with self.step(name):
                return wrapped(*args, **named)

        setattr(place, attribute, counted)

    def clear(self) -> None:
        """Forget what was counted while warming up."""
        for each in (self.cpu, self.wall, self.calls):
            each.clear()


def watch(meter: Meter) -> None:
    """Put the meter around every step of the road in this process.

    Args:
        meter: Counts.
    """
    for name in ("rows", "row", "run", "many", "copy"):
        # Innermost: what the driver and the server need, apart from what is thought around it.
        meter.around(Tx, name, "store: statements (driver and waiting)")
    for stage in (Clean, Classify, Route, Activate):
        for step in _STEPS:
            meter.around(stage, step, f"{stage.__name__.lower()}: {step}")
    meter.around(drain, "take", "road: claim")
    meter.around(drain, "capture", "capture: parse and decide")
    meter.around(capture, "mark", "capture: mark deliveries")
    meter.around(capture, "record", "road: record")
    meter.around(batch, "record", "road: record")
    meter.around(batch, "insert_leads", "road: write leads")
    meter.around(batch, "update_leads", "road: write leads")
    meter.around(batch, "flush", "road: write the rest")
    meter.around(drain.Road, "run", _OUTERMOST)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a number of leads has cost."""

    leads: int
    seconds: float
    #: CPU seconds of this process and of the database's.
    python: float
    postgres: float


def measure(
    app: App, postmaster: int, count: int, meter: Meter, around: AbstractContextManager[object]
) -> Cost:
    """Drain a backlog in this process.

    Args:
        app: Of this process.
        postmaster: The database's first process.
        count: Leads of the backlog, after some that warm everything up.
        meter: Counts; must be around the road already.
        around: Entered for the drain itself.
    """
    road = Road(app)
    inquiries = Inquiries("profile")
    preload(app, inquiries, _WARM)
    _drain(road)
    preload(app, inquiries, count)
    meter.clear()
    before, started, own = sum(machine.tree([postmaster]).values()), ticks(), time.process_time()
    with around:
        _drain(road)
    spent = time.process_time() - own
    return Cost(count, ticks() - started, spent, sum(machine.tree([postmaster]).values()) - before)


def _drain(road: Road) -> None:
    while road.drain(StageName.CAPTURE):
        """Each call works for about a second."""


def overhead(tries: int = 20_000) -> float:
    """Return the CPU seconds by which one counted step makes the step around it look dearer.

    Args:
        tries: How often it is measured.
    """
    meter = Meter()
    with meter.step("around"):
        for _ in range(tries):
            with meter.step("inside"):
                """Nothing: only the counting is left."""
    return meter.cpu["around"] / tries


def report(cost: Cost, meter: Meter) -> list[str]:
    """Lay out where the time went, in microseconds a lead.

    Args:
        cost: Of everything.
        meter: Of the steps.
    """
    each = 1e6 / cost.leads
    rate, python, postgres = cost.leads / cost.seconds, cost.python * each, cost.postgres * each
    lines = [
        f"{cost.leads} leads in {cost.seconds:.2f} s, one process: {rate:,.0f} leads/s",
        f"CPU a lead: Python {python:.0f} us, PostgreSQL {postgres:.0f} us",
        "",
    ]
    if not meter.cpu:
        return lines
    lines += [f"{'step':<46}{'CPU us':>9}{'wall us':>9}{'calls/lead':>12}", "-" * 76]
    counting = overhead() * sum(meter.calls.values())
    meter.cpu[_OUTERMOST] -= counting
    meter.wall[_OUTERMOST] -= counting
    for name, cpu in sorted(meter.cpu.items(), key=lambda item: -item[1]):
        wall, calls = meter.wall[name] * each, meter.calls[name] / cost.leads
        lines.append(f"{name:<46}{cpu * each:>9.1f}{wall:>9.1f}{calls:>12.3f}")
    lines.append(f"{'counting all this':<46}{counting * each:>9.1f}")
    return lines


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument("--leads", type=int, default=6_000)
    parser.add_argument("--calls", action="store_true", help="add the calls that cost most")
    parser.add_argument("--save", metavar="FILE", help="write cProfile's data there")
    told = parser.parse_args()
    log.configure("bench", json_lines=False, level=logging.WARNING)
    meter, profiler = Meter(), cProfile.Profile()
    with site(_say) as at, at.place() as place:
        app = build_app(place.settings())
        postmaster = at.servers.postgres.pid() or 0
        if not told.calls:
            watch(meter)
        around = profiler if told.calls else contextlib.nullcontext()
        cost = measure(app, postmaster, told.leads, meter, around)
        app.close()
    sys.stdout.write("\n".join(report(cost, meter)) + "\n")
    if told.calls:
        out = io.StringIO()
        pstats.Stats(profiler, stream=out).sort_stats("tottime").print_stats(45)
        pstats.Stats(profiler, stream=out).sort_stats("cumtime").print_stats(60)
        sys.stdout.write(out.getvalue())
        if told.save:
            profiler.dump_stats(told.save)
    sys.stdout.write(f"Machine: {machine.line()}.\n")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    main()
