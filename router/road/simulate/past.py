"""Leads of the past for a simulation, with their real moments; and who was away. Reads only."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from router.app import App
from router.lead.facts import Facts
from router.lead.model import Lead, change
from router.road.simulate.arrivals import Arrival
from router.road.simulate.lead import lead_of
from router.road.simulate.world import Absence
from router.road.versions.backtest import Window, parts_of
from router.road.versions.past import facts_judged, why_passed_over
from router.store.absences import absences_since
from router.store.arrived import Arrived, arrived
from router.store.judged import judged
from router.store.tx import at_once


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
        _, pages = parts_of(tx, window)
        away = absences_since(tx, window.serve, window.since)
    found: list[tuple[Arrived, str, Facts]] = []
    left_out: Counter[str] = Counter()
    for page in pages:
        with at_once(app.engine) as tx:
            leads = judged(tx, page)
            moments = arrived(tx, [lead.id for lead in leads])
        for lead in leads:
            facts = facts_judged(lead)
            if facts and lead.id in moments:
                found.append((moments[lead.id], str(lead.id), facts))
            else:
                left_out[why_passed_over(lead)] += 1
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
