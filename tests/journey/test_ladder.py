"""Nobody answers: real tickers climb the ladder, and whoever is late finds one outcome."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest

from router.lead.decision import ClockKind
from router.lead.model import Lead
from router.lead.states import ClockState
from router.now import now
from router.rulebook.model import RuleBook
from router.store.clocks import clocks_of
from router.store.tx import transaction
from tests.build import events_of, lead_now, leads_of, messages_of
from tests.journey import forms, ledger
from tests.journey.conftest import Build
from tests.journey.crm import Crm
from tests.journey.post import post
from tests.journey.town import Town, say, until

#: A pool of two, and the last resort.
_OWNERS = 3
#: What a receiver hears about a lead that nobody ever answers, in order.
_LADDER = ["handoff.offered", "sla.warned", "sla.escalated"] * _OWNERS
#: What its event log says of it.
_STEPS = [
    *("sla.warned", "sla.breached", "sla.escalated", "lead.reassigned") * (_OWNERS - 1),
    *("sla.warned", "sla.breached", "sla.escalated"),
]
_RACES = 24


@pytest.fixture(scope="module")
def place(build: Build, night_shift: RuleBook, receiver: Crm) -> Town:
    """Return a town with two tickers, on the book whose targets are seconds."""
    assert night_shift.name == "Night Shift"
    made = build(receiver, told={"RETRY_BASE_S": "0.2"})
    made.start("web", "road", "deliver", "ticker", "ticker-2")
    return made


def _sent(town: Town, **changes: object) -> Lead:
    """Post an inquiry that is given its owner at once."""
    answer = post(town.port, forms.generic(wait=True, **changes))
    assert answer.said["status"] == "assigned"
    return leads_of(town.app, answer.delivery_id)[0]


def _is_part(some: Sequence[str], whole: Sequence[str]) -> bool:
    """Tell whether some of a whole stand in its order, none twice."""
    rest = iter(whole)
    return all(each in rest for each in some)


def _climbed(town: Town, lead: Lead) -> bool:
    return events_of(town.app, lead.id).count("sla.escalated") == _STEPS.count("sla.escalated")


def test_unanswered_lead_is_warned_escalated_and_reassigned_once_per_step(
    place: Town, receiver: Crm
) -> None:
    receiver.forget()
    leads = [_sent(place, tags=["hurry"]) for _ in range(10)]

    until(lambda: all(_climbed(place, lead) for lead in leads), "the ladders were climbed")
    place.rest()
    for lead in leads:
        happened = events_of(place.app, lead.id)
        assert [each for each in happened if each in _STEPS] == _STEPS
        written = [each for each in messages_of(place.app, lead.id) if each[0] in _LADDER]
        # A ticker or a sender that is late leaves out what the next offer has overtaken.
        assert _is_part([kind for kind, _ in written], _LADDER)
        assert [kind for kind, _ in written].count("handoff.offered") == _OWNERS
        assert written[-3:] == [(kind, "sent") for kind in _LADDER[-3:]]
        calls = [call for call in receiver.about(lead.id) if call.kind in _LADDER]
        assert [call.kind for call in calls] == [kind for kind, state in written if state == "sent"]
        assert len({call.key for call in calls}) == len(calls)
        moved = lead_now(place.app, lead.id)
        assert moved.owner is not None
        assert moved.owner.id == "olive-grant"
        assert len(set(moved.passed)) == len(moved.passed) == 2
        told = [call.message["data"]["to"]["id"] for call in calls if call.kind == "sla.warned"]
        assert told[-1] == "olive-grant"
        assert [each for each in moved.passed if each in told] == told[:-1]
    ledger.check_receiver(place.app, receiver, {lead.id for lead in leads})
    ledger.check_chains(place.app)


def _time_left(town: Town, lead: Lead) -> timedelta:
    with transaction(town.app.engine) as tx:
        clock = clocks_of(tx, [lead.id])[lead.id][ClockKind.ACCEPTANCE]
    return clock.respond_by - now()


def _accept_at_the_breach(town: Town, lead: Lead, early: timedelta) -> str:
    """Accept a lead within milliseconds of its breach; return what came of it."""
    assert lead.owner is not None
    first = lead.owner.id
    Event().wait(max(0.0, (_time_left(town, lead) - early).total_seconds()))
    answer = town.api(f"/leads/{lead.id}/accept", {"person": first})
    now_it_is = lead_now(town.app, lead.id)
    assert now_it_is.owner is not None
    if answer.status == 200:
        assert (answer.said["state"], now_it_is.owner) == ("accepted", lead.owner)
        return "accepted"
    assert answer.status == 409
    assert now_it_is.owner.id != first
    # Whoever had it then may have missed it, too, since the answer was given.
    since = {*now_it_is.passed, now_it_is.owner.id} - {first}
    assert any(person in answer.said["detail"] for person in since), answer.body
    return "reassigned"


def test_accept_within_milliseconds_of_the_breach_has_one_outcome(place: Town) -> None:
    # From 20 milliseconds before the breach to 60 after it: a ticker needs some to wake up.
    moments = [timedelta(milliseconds=20 - 80 * turn / _RACES) for turn in range(_RACES)]
    outcomes: dict[str, list[Lead]] = {"accepted": [], "reassigned": []}
    for some in _chunks(moments, 6):
        leads = [_sent(place, tags=["race"]) for _ in some]
        with ThreadPoolExecutor(len(some)) as threads:
            found = threads.map(_accept_at_the_breach, [place] * len(some), leads, some)
            for lead, outcome in zip(leads, found, strict=True):
                outcomes[outcome].append(lead)
    for lead in outcomes["accepted"]:
        happened = events_of(place.app, lead.id)
        assert happened.count("lead.accepted") == 1
        assert "lead.reassigned" not in happened[happened.index("lead.accepted") :]
        assert lead_now(place.app, lead.id).owner == lead.owner
        with transaction(place.app.engine) as tx:
            clock = clocks_of(tx, [lead.id])[lead.id][ClockKind.ACCEPTANCE]
        assert (clock.state, clock.next_at) == (ClockState.MET, None)
    for lead in outcomes["reassigned"]:
        happened = events_of(place.app, lead.id)
        assert happened.count("lead.accepted") == 0
        assert happened.index("sla.breached") < happened.index("lead.reassigned")
    say(f"{_RACES} races: {len(outcomes['accepted'])} accepted in time")
    assert sum(map(len, outcomes.values())) == _RACES
    assert place.faults() == []


def _chunks(items: list[timedelta], size: int) -> Iterator[list[timedelta]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
