"""``python -m bench``: measure everything three times (a quarter of an hour), print the table."""

import argparse
import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
import psycopg

from bench import machine, raw, rules
from bench.assignment import assigned
from bench.backtest import backtested
from bench.drain import drained
from bench.figures import Spread
from bench.grid import grid
from bench.intake import acknowledgements, owners_in_the_answer
from bench.latency import PACE, post_to_owner
from bench.site import BrokenError, Site, site
from bench.table import ROWS, lines, ratio, summed, verdict
from router.errors import LeadRouterError
from router.now import now, ticks
from router.watch import log


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured, unless it is to be quick."""

    runs: int = 3
    #: Seconds of a raw limit, of a load, and of the steady pace.
    raw_s: float = 3
    load_s: float = 5
    pace_s: float = 20
    tasks: int = 4_000
    backlog: int = 8_000
    #: How often each lead is asked about where only the least time counts.
    rounds: int = 40
    #: Stored leads of a backtest.
    past: int = 100_000
    #: Leads of each measurement of picks.
    picks: int = 500


_QUICK = Size(
    1, raw_s=1, load_s=2, pace_s=5, tasks=1_500, backlog=6_000, rounds=10, past=30_000, picks=200
)


def parts(size: Size) -> dict[str, Callable[[Site], Mapping[str, float]]]:
    """Return what is measured, in order, by the name that ``--only`` takes.

    Args:
        size: How much.
    """
    return {
        "postgres": lambda at: raw.postgres(at, size.raw_s),
        "celery": lambda at: raw.celery(at, size.tasks),
        "http": lambda at: raw.http(at, size.raw_s),
        "acks": lambda at: acknowledgements(at, size.load_s, busy=False),
        "busy": lambda at: acknowledgements(at, size.load_s, busy=True),
        "drain": lambda at: drained(at, size.backlog),
        "owner": lambda at: post_to_owner(at, size.pace_s),
        "wait": lambda at: owners_in_the_answer(at, size.load_s),
        "backtest": lambda at: backtested(at, size.past),
        "assignment": lambda at: assigned(at, size.picks, size.rounds),
        "rules": lambda _: rules.measured(size.rounds),
    }


def main() -> int:
    """Measure and print.

    Returns:
        0 when every measurement was made, met or missed; 1 when one could not be made.
    """
    told = _command_line()
    log.configure("bench", json_lines=False, level=logging.WARNING)
    size = _QUICK if told.quick else Size()
    wanted = told.only.split(",") if told.only else list(parts(size))
    # Ended from outside, it must still take its servers and processes with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    runs: list[dict[str, float]] = []
    try:
        _measure(size, wanted, told.runs or size.runs, runs)
    except LeadRouterError as error:
        _say(f"The benchmark stopped: {error}")
        return 1
    except KeyboardInterrupt:
        _say("The benchmark was stopped; what follows is what it has measured by then.")
    runs = [run for run in runs if set(run) & set(ROWS)]
    if not runs:
        return 1
    spreads = summed(runs)
    for line in _told(runs, spreads):
        _print(line)
    if told.json:
        Path(told.json).write_bytes(_json(size, runs, spreads))
    return 1 if any("broken" in run for run in runs) else 0


def _told(runs: list[dict[str, float]], spreads: Mapping[str, Spread]) -> list[str]:
    """Return the table and what must be known to read it."""
    others = [run["others"] for run in runs]
    told = [
        "",
        *lines(spreads),
        *grid(spreads),
        f"{len(runs)} runs; x raw: the median over that of the raw limit of its kind.",
        f"Machine: {machine.line()}.",
        f"Others kept {min(others):.1f} to {max(others):.1f} cores busy meanwhile.",
    ]
    paced = [run for run in runs if "owner_look" in run]
    if paced:
        width, share = (max(run[key] for run in paced) for key in ("owner_look", "owner_share"))
        told.append(
            f"POST to owner: {PACE} a second; each commit was seen within {width:.1f} ms (p50);"
            f" {share:.0f} % found an owner."
        )
    return told


def _json(size: Size, runs: list[dict[str, float]], spreads: Mapping[str, Spread]) -> bytes:
    """Return every value, for programs."""
    body = {
        "at": now(),
        "machine": machine.line(),
        "size": asdict(size),
        "runs": runs,
        "rows": {
            key: {
                **asdict(found),
                "label": ROWS[key].label.strip(),
                "ratio": ratio(key, spreads),
                "target": str(ROWS[key].target or ""),
                "verdict": verdict(key, spreads),
            }
            for key, found in spreads.items()
        },
    }
    return orjson.dumps(body, option=orjson.OPT_INDENT_2)


def _measure(size: Size, wanted: list[str], runs: int, into: list[dict[str, float]]) -> None:
    """Make every measurement once, then again: so that a quiet minute serves no row alone."""
    chosen = parts(size)
    with site(_say) as at:
        for number in range(runs):
            found: dict[str, float] = {"others": 0.0}
            into.append(found)
            before = machine.spent(at.roots())
            for name in wanted:
                started = ticks()
                try:
                    found.update(chosen[name](at))
                except (BrokenError, psycopg.Error, subprocess.SubprocessError) as error:
                    found["broken"] = found.get("broken", 0) + 1
                    _say(f"run {number + 1} of {runs}: {name} could not be measured: {error}")
                else:
                    _say(f"run {number + 1} of {runs}: {name}, {ticks() - started:.0f} s")
                found["others"] = machine.spent(at.roots()).others_since(before)


def _command_line() -> argparse.Namespace:
    names = ",".join(parts(Size()))
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short run of everything")
    parser.add_argument("--runs", type=int, help="how often (3; 1 with --quick)")
    parser.add_argument("--only", help=f"some of {names}, separated by commas")
    parser.add_argument("--json", metavar="FILE", help="write every value there, too")
    told = parser.parse_args()
    unknown = set((told.only or "postgres").split(",")) - set(parts(Size()))
    if unknown:
        parser.error(f"--only knows {names}, not {', '.join(sorted(unknown))}")
    return told


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
