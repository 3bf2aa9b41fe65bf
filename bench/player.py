"""Running the load generator as a process of its own, and reading what it says."""

from dataclasses import dataclass

import orjson

from bench.site import BrokenError, Place

#: Seconds that a load may take beyond its own time: making the bodies, starting, ending.
_SLACK_S = 45.0


@dataclass(frozen=True, slots=True)
class Played:
    """What a load has seen."""

    good: int
    rate: float
    #: Milliseconds.
    p50: float
    p99: float


def play(  # noqa: PLR0913 - all but the first two by keyword
    place: Place,
    port: int,
    *,
    connections: int,
    seconds: float,
    most: int,
    again: bool = False,
    path: str = "/in/generic",
    expect: str = "delivery_id",
) -> Played:
    """Post unique bodies for some seconds.

    Args:
        place: Whose logs it writes to.
        port: Of the web process.
        connections: How many at once.
        seconds: How long, after a second of warming up.
        most: Different requests; it ends early when they are spent.
        again: Send the same ones again when they are spent, instead of ending early.
        path: Where to post.
        expect: What a good answer holds.

    Raises:
        BrokenError: An answer was not good, or none came.
    """
    words = {
        "port": port,
        "connections": connections,
        "seconds": seconds,
        "count": most,
        "path": path,
        "expect": expect,
        # Series of one place must not repeat each other.
        "tag": f"l{len(place.children)}",
        "seed": len(place.children),
    }
    options = [word for name, value in words.items() for word in (f"--{name}", str(value))]
    if again:
        options.append("--again")
    child = place.start("load", "-m", "bench.load", *options)
    code = child.process.wait(seconds + _SLACK_S)
    text = child.log.read_text(encoding="utf-8")
    if code != 0:
        raise BrokenError(f"The load generator ended with code {code}:\n{text[-2000:]}")
    said = orjson.loads(text)
    if said["bad"] or not said["good"]:
        raise BrokenError(
            f"{said['bad']} of {said['bad'] + said['good']} answers at {connections} connections"
            f" were not good, for example:\n{said['example']}"
        )
    return Played(said["good"], said["rate"], said["p50"], said["p99"])
