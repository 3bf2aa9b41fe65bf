"""What happens when nobody acts, in sentences."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from router.lead.clock import Clock
from router.lead.decision import Act, ClockKind, Decision, MoveClock, StopClock
from router.lead.model import Lead, Owner
from router.lead.states import ClockState, LeadState, OwnerKind
from router.rulebook.model import RuleBook
from router.stages.sla.decide import LOOK_AGAIN, decide

NINE = datetime(2026, 1, 12, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OLGA = Owner(OwnerKind.PERSON, "olga", "olga")


def at(hour: int, minute: int = 0, day: int = 12) -> datetime:
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


def acts(decision: Decision) -> list[Act]:
    return [effect for effect in decision.effects if isinstance(effect, Act)]


def told(decision: Decision) -> list[tuple[str, str]]:
    found = []
    for act in acts(decision):
        to = orjson.loads(orjson.dumps(act.body))["to"]
        found.append((act.kind, to["id"]))
    return found


def moved(decision: Decision) -> MoveClock:
    return next(effect for effect in decision.effects if isinstance(effect, MoveClock))


def after(clock: Clock, decision: Decision) -> Clock:
    move = moved(decision)
    state = ClockState.BREACHED if move.breached else clock.state
    return replace(clock, next_step=move.next_step, next_at=move.next_at, state=state)


def kinds(decision: Decision) -> list[str]:
    return [event.kind.value for event in decision.events]


def test_nothing_is_due_before_its_time(lead: Lead, acceptance: Clock, book: RuleBook) -> None:
    assert decide(lead, acceptance, book, at(9, 29)) == Decision(lead)


def test_owner_is_warned_first(lead: Lead, acceptance: Clock, book: RuleBook) -> None:
    decision = decide(lead, acceptance, book, at(9, 30))
    assert told(decision) == [("sla.warned", "ann")]
    assert kinds(decision) == ["sla.warned"]
    assert moved(decision) == MoveClock(ClockKind.ACCEPTANCE, 1, at(10), breached=False)
    assert decision.reroute is None


def test_warn_then_manager_then_reassign_then_fallback_then_daily_repeat(
    lead: Lead, acceptance: Clock, book: RuleBook
) -> None:
    warned = decide(lead, acceptance, book, at(9, 30))
    clock = after(acceptance, warned)
    escalated = decide(lead, clock, book, at(10))
    assert told(escalated) == [("sla.escalated", "mona")]
    assert kinds(escalated) == ["sla.breached", "sla.escalated"]

    clock = after(clock, escalated)
    assert clock.state is ClockState.BREACHED
    reassigned = decide(lead, clock, book, at(10, 30))
    assert reassigned.reroute is not None
    assert (reassigned.reroute.reason, reassigned.reroute.fallback) == ("breached", False)
    assert reassigned.lead.passed == ("ann",)

    bobs = replace(reassigned.lead, owner=Owner(OwnerKind.PERSON, "bob", "bob", "sales-uk"))
    missed_again = decide(
        bobs,
        replace(acceptance, next_step=2, next_at=at(12), state=ClockState.BREACHED),
        book,
        at(12),
    )
    assert missed_again.reroute is not None
    assert missed_again.reroute.fallback
    assert missed_again.lead.passed == ("ann", "bob")

    olgas = replace(missed_again.lead, owner=OLGA)
    clock = replace(acceptance, next_step=2, next_at=at(10, 30), state=ClockState.BREACHED)
    waits = decide(olgas, clock, book, at(10, 30))
    assert waits.reroute is None
    clock = after(clock, waits)
    waits = decide(olgas, clock, book, at(11))
    clock = after(clock, waits)
    assert clock.next_at == at(12)
    for day in (12, 13, 14, 15, 16, 19, 20):
        assert clock.next_at == at(12, day=day)
        again = decide(olgas, clock, book, at(12, day=day))
        assert told(again) == [("sla.escalated", "olga")]
        assert again.reroute is None
        clock = after(clock, again)


def test_escalation_says_who_and_why_and_what_happens_next_and_when(
    lead: Lead, acceptance: Clock, book: RuleBook
) -> None:
    summer = timedelta(days=182)
    clock = replace(
        acceptance,
        next_step=1,
        next_at=at(9) + summer,
        started_at=at(8) + summer,
        respond_by=at(9) + summer,
    )
    (act,) = acts(decide(lead, clock, book, at(9) + summer))
    body = orjson.loads(orjson.dumps(act.body))
    assert body["to"]["email"] == "mona@northwind.example"
    assert body["owner"]["name"] == "Ann"
    assert body["why"] == (
        "This lead of Ann is not yet accepted; it was due 2026-07-13 10:00 (Europe/London)."
    )
    assert body["next"] == (
        "If nobody acts by 2026-07-13 10:30 (Europe/London), "
        "it will be reassigned to somebody else."
    )
    assert body["next_at"] == "2026-07-13T09:30:00+00:00"
    assert body["about"]["company"] == "Contoso"


def test_events_name_people_of_the_roster_but_not_the_person_who_asked(
    lead: Lead, acceptance: Clock, book: RuleBook
) -> None:
    decision = decide(lead, replace(acceptance, next_step=1, next_at=at(10)), book, at(10))
    written = orjson.dumps([event.data for event in decision.events]).decode()
    assert '"told":"mona"' in written
    assert "Carla" not in written
    assert "supplier" not in written


def test_reassigning_stops_the_acceptance_clock_unmet(
    lead: Lead, acceptance: Clock, book: RuleBook
) -> None:
    clock = replace(acceptance, next_step=2, next_at=at(10, 30), state=ClockState.BREACHED)
    decision = decide(lead, clock, book, at(10, 30))
    assert decision.effects == (StopClock(ClockKind.ACCEPTANCE, met=False),)
    assert decision.reroute is not None
    assert decision.reroute.by == "ticker"


def test_lead_reassigned_again_and_again_remembers_everybody_who_missed_it(
    lead: Lead, acceptance: Clock, book: RuleBook
) -> None:
    lead = replace(lead, sla="plain")
    clock = replace(acceptance, next_step=2, next_at=at(10, 30), state=ClockState.BREACHED)
    for owner, passed in (("ann", ("ann",)), ("bob", ("ann", "bob"))):
        owned = replace(lead, owner=Owner(OwnerKind.PERSON, owner, owner, "sales-uk"))
        decision = decide(owned, clock, book, at(10, 30))
        assert decision.reroute is not None
        assert not decision.reroute.fallback
        assert decision.lead.passed == passed
        lead = decision.lead


def test_first_touch_clock_runs_on_after_it_reassigned(
    lead: Lead, acceptance: Clock, book: RuleBook
) -> None:
    touch = replace(
        acceptance,
        kind=ClockKind.FIRST_TOUCH,
        next_step=2,
        next_at=at(10, 30),
        state=ClockState.BREACHED,
    )
    accepted = replace(lead, state=LeadState.ACCEPTED)
    decision = decide(accepted, touch, book, at(10, 30))
    assert decision.reroute is not None
    assert moved(decision) == MoveClock(ClockKind.FIRST_TOUCH, 3, at(11), breached=True)


def test_after_an_outage_each_message_comes_once_and_only_one_reassignment(
    lead: Lead, acceptance: Clock, book: RuleBook
) -> None:
    late = at(16)
    decision = decide(lead, acceptance, book, late)
    assert told(decision) == [("sla.warned", "ann"), ("sla.escalated", "mona")]
    assert kinds(decision) == ["sla.warned", "sla.breached", "sla.escalated"]
    assert acts(decision)[1].body["next"] == "Now it will be reassigned to somebody else."
    assert decision.reroute is not None
    assert not decision.reroute.fallback


def test_after_an_outage_the_next_owner_still_has_time_of_their_own(
    lead: Lead, acceptance: Clock, book: RuleBook
) -> None:
    touch = replace(acceptance, kind=ClockKind.FIRST_TOUCH)
    decision = decide(lead, touch, book, at(16))
    assert moved(decision).next_step == 3
    assert moved(decision).next_at == at(16, 30)


def test_fallback_owner_is_not_asked_to_take_it_again(
    lead: Lead, acceptance: Clock, book: RuleBook
) -> None:
    clock = replace(acceptance, next_step=2, next_at=at(10, 30))
    decision = decide(replace(lead, owner=OLGA), clock, book, at(11, 30))
    assert decision.reroute is None
    assert told(decision) == []
    assert moved(decision).next_step == 4


def test_manager_who_stands_in_for_the_fallback_owner_keeps_it_too(
    lead: Lead, acceptance: Clock, book: RuleBook
) -> None:
    veras = replace(lead, owner=Owner(OwnerKind.PERSON, "vera", "vera"))
    clock = replace(acceptance, next_step=2, next_at=at(10, 30))
    assert decide(veras, clock, book, at(11, 30)).reroute is None


def test_fallback_owner_who_is_in_a_pool_is_reassigned_within_it(
    lead: Lead, acceptance: Clock, book: RuleBook
) -> None:
    pooled = replace(lead, owner=replace(OLGA, pool="sales-uk"))
    clock = replace(acceptance, next_step=2, next_at=at(10, 30))
    assert decide(pooled, clock, book, at(10, 30)).reroute is not None


def test_queue_is_watched_by_its_accountable_person(
    lead: Lead, acceptance: Clock, book: RuleBook
) -> None:
    queued = replace(lead, owner=Owner(OwnerKind.QUEUE, "support", "ann"))
    decision = decide(queued, acceptance, book, at(10))
    assert told(decision) == [("sla.warned", "ann"), ("sla.escalated", "mona")]
    rerouted = decide(queued, after(acceptance, decision), book, at(10, 30))
    assert rerouted.reroute is not None
    assert rerouted.lead.passed == ()


def test_ladder_without_an_end_repeats_to_the_accountable_person_each_working_day(
    lead: Lead, acceptance: Clock, book: RuleBook
) -> None:
    short = replace(lead, sla="short")
    clock = replace(acceptance, next_step=1, next_at=at(10))
    decision = decide(short, clock, book, at(10))
    assert moved(decision) == MoveClock(ClockKind.ACCEPTANCE, 2, at(10, day=13), breached=True)
    assert acts(decision)[0].body["next"] == (
        "If nobody acts by 2026-01-13 10:00 (Europe/London), "
        "Ann will be told again, each working day."
    )
    clock = after(clock, decision)
    decision = decide(short, clock, book, at(10, 5, day=13))
    assert told(decision) == [("sla.escalated", "ann")]
    assert acts(decision)[0].supersedes == ("sla.escalated",)
    assert moved(decision).next_at == at(10, day=14)
    assert moved(decision).next_step == 2


@pytest.mark.parametrize(
    "times",
    [
        # Friday to monday; missed days are not made up for; outside the hours, the first opening.
        (at(10, day=16), at(10, day=16), at(10, day=19)),
        (at(10, day=13), at(15, day=15), at(10, day=16)),
        (at(20, day=13), at(20, day=13), at(9, day=14)),
        (at(7, day=13), at(7, day=13), at(9, day=14)),
    ],
)
def test_repeat_comes_at_the_same_time_of_the_next_working_day(
    lead: Lead, acceptance: Clock, book: RuleBook, times: tuple[datetime, datetime, datetime]
) -> None:
    due, now, then = times
    clock = replace(acceptance, next_step=4, next_at=due, state=ClockState.BREACHED)
    move = moved(decide(lead, clock, book, now))
    assert (move.next_step, move.next_at) == (4, then)


def test_owner_who_left_the_roster_is_replaced_by_the_fallback_owner_who_is_told_so(
    lead: Lead, acceptance: Clock, book: RuleBook
) -> None:
    gone = replace(lead, owner=Owner(OwnerKind.PERSON, "zoe", "zoe", "sales-uk"))
    decision = decide(gone, acceptance, book, at(10))
    assert told(decision) == [("sla.warned", "olga"), ("sla.escalated", "olga")]
    assert decision.events[0].data["left_roster"] == ("zoe",)
    assert acts(decision)[0].body["left_roster"] == ("zoe",)


def test_owner_without_a_manager_escalates_to_the_fallback_owner(
    lead: Lead, acceptance: Clock, book: RuleBook
) -> None:
    veras = replace(lead, owner=Owner(OwnerKind.PERSON, "vera", "vera", "sales-uk"))
    clock = replace(acceptance, next_step=1, next_at=at(10))
    assert told(decide(veras, clock, book, at(10))) == [("sla.escalated", "olga")]


def test_policy_that_lost_its_promise_is_still_watched(
    lead: Lead, acceptance: Clock, book: RuleBook
) -> None:
    touch = replace(acceptance, kind=ClockKind.FIRST_TOUCH)
    decision = decide(replace(lead, sla="short"), touch, book, at(9, 30))
    assert told(decision) == [("sla.escalated", "ann")]


@pytest.mark.parametrize("state", [ClockState.MET, ClockState.CANCELLED])
def test_clock_that_ended_does_nothing(
    lead: Lead, acceptance: Clock, book: RuleBook, state: ClockState
) -> None:
    assert decide(lead, replace(acceptance, state=state), book, at(12)) == Decision(lead)


def test_acceptance_clock_of_an_accepted_lead_is_stopped_in_silence(
    lead: Lead, acceptance: Clock, book: RuleBook
) -> None:
    accepted = replace(lead, state=LeadState.ACCEPTED)
    decision = decide(accepted, acceptance, book, at(12))
    assert decision == Decision(accepted, effects=(StopClock(ClockKind.ACCEPTANCE, met=True),))


@pytest.mark.parametrize("state", [LeadState.CLOSED, LeadState.REJECTED, LeadState.MERGED])
def test_clock_of_a_lead_that_ended_is_cancelled_in_silence(
    lead: Lead, acceptance: Clock, book: RuleBook, state: LeadState
) -> None:
    ended = replace(lead, state=state)
    decision = decide(ended, acceptance, book, at(12))
    assert decision == Decision(ended, effects=(StopClock(ClockKind.ACCEPTANCE, met=False),))


@pytest.mark.parametrize("state", [LeadState.PARKED, LeadState.IN_REVIEW])
def test_clock_of_a_lead_beside_the_road_is_looked_at_again_later(
    lead: Lead, acceptance: Clock, book: RuleBook, state: LeadState
) -> None:
    decision = decide(replace(lead, state=state), acceptance, book, at(12))
    assert decision.events == ()
    assert decision.effects == (
        MoveClock(ClockKind.ACCEPTANCE, 0, at(12) + LOOK_AGAIN, breached=False),
    )
