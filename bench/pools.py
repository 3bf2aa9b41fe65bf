"""The pools that are picked from, and how: what a picker is told."""

from collections.abc import Mapping
from dataclasses import dataclass

#: Most leads of each member of the pool with caps.
CAP = 40


@dataclass(frozen=True, slots=True)
class Pool:
    """Who is picked from."""

    weights: Mapping[str, int]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the members in their order."""
        return tuple(self.weights)


_SIX = ("cat", "dan", "eve", "fay", "gil", "hal")
#: Two who take ten times as much as each of six others.
SENIORS = Pool({"ann": 10, "ben": 10, **dict.fromkeys(_SIX, 1)})
#: Five alike.
EVEN = Pool(dict.fromkeys(("ann", "ben", "cat", "dan", "eve"), 1))

POOLS: Mapping[str, Pool] = {"seniors": SENIORS, "even": EVEN}

#: Names of what a picker reads, and of what it says.
JOBS, READY, GO, TOLD = "bench.jobs", "bench.ready", "bench.go", "bench.told"


@dataclass(frozen=True, slots=True)
class Job:
    """What one process is to do."""

    #: ``locked`` and ``capped`` are ours, ``unlocked`` is ours without its lock.
    way: str
    #: Name of the pool.
    pool: str
    leads: int
    #: Leads of one transaction; only ours take more than one.
    batch: int
