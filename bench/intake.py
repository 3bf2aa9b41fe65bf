"""How many deliveries the real web process acknowledges, each committed before its answer."""

from bench.player import play
from bench.site import Place, Site
from router.now import ticks

_WAIT = "/in/generic?wait=owner"


def acknowledgements(site: Site, seconds: float, *, busy: bool) -> dict[str, float]:
    """Measure at 1 and 64 connections.

    Args:
        site: Where.
        seconds: Of each measurement.
        busy: Whether the road's worker runs beside it; if not, everything stays where it is.
    """
    name = "busy" if busy else "acks"
    found: dict[str, float] = {}
    for connections in (1, 64):
        with site.place() as place:
            if busy:
                place.worker()
            port = place.web()
            before, started = decided(place), ticks()
            result = play(place, port, connections=connections, seconds=seconds, most=100_000)
            found[f"{name}_{connections}"] = result.rate
            found[f"{name}_{connections}_p50"] = result.p50
            found[f"{name}_{connections}_p99"] = result.p99
            if busy and connections > 1:
                found["busy_64_drained"] = (decided(place) - before) / (ticks() - started)
    return found


def owners_in_the_answer(site: Site, seconds: float) -> dict[str, float]:
    """Measure ``?wait=owner`` at 1 connection: every answer must have come from all stages.

    Args:
        site: Where.
        seconds: How long.
    """
    with site.place() as place:
        port = place.web()

        result = play(
            place, port, connections=1, seconds=seconds, most=20_000, path=_WAIT, expect="status"
        )
        return {"wait_1": result.rate, "wait_1_p50": result.p50, "wait_1_p99": result.p99}


def decided(place: Place) -> int:
    """Count the leads that have left the road."""
    with place.connect() as connection:
        row = connection.execute("SELECT count(*) FROM lead WHERE due_at IS NULL").fetchone()
    return int(row[0]) if row else 0
