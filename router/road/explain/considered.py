"""Who was considered, pool by pool. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from textwrap import wrap
from typing import Any
from zoneinfo import ZoneInfo

from router.road.explain.timeline import on_the_wall
from router.road.explain.told import Candidate
from router.stages.route.choose import GROUP

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d) UTC")
_WIDEST = 40
#: Where somebody is looked at who comes before the members of any pool.
BEFORE = "before the pool"


def candidates_of(data: Mapping[str, Any], names: Mapping[str, str]) -> tuple[Candidate, ...]:
    """Return who was considered, as an event has it.

    Args:
        data: Of the event that gave the lead its owner.
        names: Names of people by id.
    """
    return tuple(_candidate(each, names) for each in data.get("candidates", ()))


def _candidate(each: Mapping[str, Any], names: Mapping[str, str]) -> Candidate:
    listed = str(each.get("person", ""))
    person = listed.removeprefix(GROUP)
    pool = str(each.get("pool", ""))
    return Candidate(
        person=person,
        name=person if listed != person else names.get(person, person),
        chosen=bool(each.get("chosen")),
        why=str(each.get("why", "")),
        group=listed != person,
        pool=pool,
        bar=str(each.get("bar", "")),
        owed=float(each["owed"]) if pool and "owed" in each else None,
    )


def in_zone(words: str, zone: ZoneInfo, at: datetime | None = None) -> str:
    """Write the moments of a reason as a clock on the wall shows them, without a day for today.

    >>> in_zone("away until 2026-01-05 09:00 UTC (ill)", ZoneInfo("Europe/Berlin"))
    'away until Mon 2026-01-05 10:00 (ill)'
    >>> from datetime import UTC
    >>> morning = datetime(2026, 1, 5, 7, tzinfo=UTC)
    >>> in_zone("away until 2026-01-05 09:00 UTC", ZoneInfo("Europe/Berlin"), morning)
    'away until 10:00'

    Args:
        words: As they were recorded.
        zone: In which moments are written.
        at: When it was said; None always writes the day.
    """

    def written(found: re.Match[str]) -> str:
        moment = datetime.fromisoformat(f"{found[1]}+00:00")
        there = moment.astimezone(zone)
        if at is not None and there.date() == at.astimezone(zone).date():
            return f"{there:%H:%M}"
        return on_the_wall(moment, zone)

    return _MOMENT.sub(written, words)


def considered_lines(
    candidates: Sequence[Candidate], zone: ZoneInfo, at: datetime | None, width: int
) -> Iterator[str]:
    """Write who was considered: the pools in their order, the chosen one marked, aligned.

    Args:
        candidates: In the order in which they were looked at.
        zone: In which moments are written.
        at: When they were looked at; None if that is not known.
        width: Most characters of a line.
    """
    for pool, listed in groupby(candidates, key=lambda each: each.pool):
        yield f"pool {pool}" if pool else BEFORE
        mine = list(listed)
        called = [_called(each) for each in mine]
        column = min(max(map(len, called)), _WIDEST)
        for each, name in zip(mine, called, strict=True):
            mark = "->" if each.chosen else "  "
            start = f"  {mark} {name:<{column}}  "
            first, *others = wrap(in_zone(each.why, zone, at), max(width - len(start), 20)) or [""]
            yield f"{start}{first}".rstrip()
            yield from (f"{' ' * len(start)}{other}" for other in others)


def _called(each: Candidate) -> str:
    if each.group:
        return f"group {each.person}"
    return f"{each.name} ({each.person})" if each.name != each.person else each.person
