"""Leads of the past for a simulation, with their real moments; and who was away. Reads only."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from router.app import App
from router.lead.facts import Facts, facts_from
from router.lead.model import Lead, change
from router.lead.states import LeadState
from router.road.backtest import Window
from router.road.past import HELD, MERGED, NO_FACTS, UNDER_WAY
from router.road.simulate.arrivals import Arrival
from router.road.simulate.lead import lead_of
from router.road.simulate.world import Absence
from router.store.absences import absences_since
from router.store.arrived import Arrived, arrived
from router.store.judged import Judged, count_received, judged, parts
from router.store.tx import at_once

#: Leads that one statement reads.
_PART = 1_000


@dataclass(frozen=True, slots=True)
class Past:
    """What came in, and who was away."""

    arrivals: tuple[Arrival, ...]
    absences: tuple[Absence, ...]
    #: Leads that cannot be played again, by reason.
    left_out: Mapping[str, int]


def replayed(app: App, window: Window) -> Past:
    """Return the leads that were received in a window, in their order.

    Leads that were joined to another one, that a person had to settle first, or whose facts were
    erased, are left out and counted.

    Args:
        app: Of this process; nothing is written, and nothing locked.
        window: Which leads.

    Raises:
        Transient: The database cannot be reached.
    """
    with at_once(app.engine) as tx:
        received = count_received(tx, window.serve, window.since, window.until)
        wanted = received if window.most is None else min(received, window.most)
        pages = parts(
            tx,
            window.serve,
            since=window.since,
            until=window.until,
            most=max(wanted, 1),
            every=_PART,
        )
        away = absences_since(tx, window.serve, window.since)
    found: list[tuple[Arrived, str, Facts]] = []
    left_out: Counter[str] = Counter()
    for page in pages:
        with at_once(app.engine) as tx:
            leads = judged(tx, page)
            moments = arrived(tx, [lead.id for lead in leads])
        for lead in leads:
            facts = _facts(lead)
            if facts and lead.id in moments:
                found.append((moments[lead.id], str(lead.id), facts))
            else:
                left_out[_why(lead)] += 1
    found.sort(key=lambda each: (each[0].received_at, each[1]))
    return Past(
        arrivals=tuple(
            Arrival(number, _lead(facts, number, came), came.contact)
            for number, (came, _, facts) in enumerate(found, start=1)
        ),
        absences=tuple(
            Absence(each.person, each.start, each.until, each.cover)
            for each in away
            if each.start < window.until
        ),
        left_out=dict(sorted(left_out.items())),
    )


def _lead(facts: Facts, number: int, came: Arrived) -> Lead:
    owner = came.opportunity_owner
    found = lead_of(facts, number, came.received_at, "", opportunity_owner=owner)
    return change(found, approved=came.approved)


def _facts(lead: Judged) -> Facts | None:
    """Return the facts that were judged; None when none were kept, or they cannot be read."""
    kept = orjson.loads(lead.personal).get("facts") if lead.personal is not None else None
    try:
        return facts_from(kept) if isinstance(kept, dict) else None
    except ValueError:
        return None  # written by an older program that knew another form of a moment


def _why(lead: Judged) -> str:
    if lead.state == LeadState.MERGED:
        return MERGED
    if lead.state == LeadState.IN_REVIEW:
        return HELD
    return UNDER_WAY if lead.personal is None else NO_FACTS
