"""The machine under the figures, and how much of it somebody else used meanwhile."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from router.now import ticks

_PROC = Path("/proc")
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def line() -> str:
    """Return cores, interpreter and load average in one line."""
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{cores} cores, {platform.python_implementation()} {platform.python_version()},"
        f" {platform.system()} {platform.machine()}, load average {load}"
    )


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU seconds up to a moment."""

    at: float
    #: Of the whole machine.
    machine: float
    #: Of our own processes.
    own: float

    def others_since(self, before: "Spent") -> float:
        """Return how many cores somebody else kept busy, on average; 0 where it is not known."""
        span = max(self.at - before.at, 1e-9)
        others = (self.machine - before.machine) - (self.own - before.own)
        return max(0.0, others / span)


def spent(roots: Sequence[int]) -> Spent:
    """Read the CPU time of the machine and of our processes.

    Args:
        roots: Pids; everything they have forked counts as ours.
    """
    return Spent(ticks(), _machine(), sum(tree(roots).values()))


def tree(roots: Sequence[int]) -> dict[int, float]:
    """Return the CPU seconds of these processes and all below them, by pid.

    The time of a process that has ended is its parent's, so that a sum never falls.

    Args:
        roots: Pids.
    """
    stats = {int(each.name): _stat(each) for each in _PROC.glob("[0-9]*")}
    found: dict[int, float] = {}
    for pid in stats:
        above = pid
        while above in stats and above not in roots:
            above = int(stats[above][0])
        if above in roots and above in stats:
            found[pid] = stats[pid][1]
    return found


def _stat(process: Path) -> tuple[float, float]:
    """Return the parent's pid and the CPU seconds of a process and its ended children."""
    try:
        text = (process / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return (0, 0.0)
    # The name in parentheses may hold spaces: fields 4 and 14 to 17 of proc(5), from its end.
    words = text.rpartition(")")[2].split()
    return (int(words[1]), sum(map(int, words[11:15])) * _TICK_S)


def _machine() -> float:
    try:
        words = (_PROC / "stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]
    except OSError:
        return 0.0
    # user nice system idle iowait irq softirq steal: idle and iowait are nobody's work
    return sum(int(word) for place, word in enumerate(words) if place not in {3, 4}) * _TICK_S
