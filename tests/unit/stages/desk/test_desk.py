"""What people report back, in sentences."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest

from router.errors import Conflict, Rejected
from router.lead.clock import Clock
from router.lead.decision import ClockKind, Decision, EndHandoff, Reroute, StopClock
from router.lead.ids import LeadId
from router.lead.model import Lead, Owner
from router.lead.states import ClockState, HandoffState, LeadState, OwnerKind
from router.rulebook.model import RuleBook
from router.stages.desk.decide import (
    Outcome,
    accept,
    close,
    decline,
    reassign,
    replay,
    touch,
)
from router.stages.desk.standing import MACHINE

Clocks = dict[ClockKind, Clock]
MONDAY_NINE = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
HANDOFF = UUID(int=9)
BOB = Owner(OwnerKind.PERSON, "bob", "bob", "sales-uk")
SUPPORT = Owner(OwnerKind.QUEUE, "support", "mona")
OLGA = Owner(OwnerKind.PERSON, "olga", "olga")


def kinds(decision: Decision) -> list[str]:
    return [event.kind.value for event in decision.events]


def test_acceptance_stops_only_the_acceptance_clock(
    lead: Lead, clocks: Clocks, book: RuleBook
) -> None:
    decision = accept(lead, "ann", MONDAY_NINE, clocks, book=book)
    assert decision.lead.state is LeadState.ACCEPTED
    assert decision.effects == (
        EndHandoff(HANDOFF, HandoffState.ACCEPTED),
        StopClock(ClockKind.ACCEPTANCE, met=True),
    )
    assert kinds(decision) == ["lead.accepted", "sla.met"]


def test_met_promise_says_how_long_it_took_in_working_time_and_on_the_wall(
    lead: Lead, clocks: Clocks, book: RuleBook
) -> None:
    data = accept(lead, "ann", MONDAY_NINE, clocks, book=book).events[1].data
    assert data["in_time"] is True
    assert data["worked_s"] == 90 * 60
    assert data["wall_s"] == 65 * 3600 + 1800


def test_late_acceptance_is_still_an_acceptance(lead: Lead, clocks: Clocks, book: RuleBook) -> None:
    acceptance = replace(clocks[ClockKind.ACCEPTANCE], state=ClockState.BREACHED)
    late = datetime(2026, 1, 12, 11, tzinfo=UTC)
    decision = accept(lead, "ann", late, {ClockKind.ACCEPTANCE: acceptance}, book=book)
    assert decision.lead.state is LeadState.ACCEPTED
    assert decision.events[1].data["in_time"] is False


def test_clock_whose_calendar_left_the_book_keeps_nobody_from_accepting(
    lead: Lead, clocks: Clocks, book: RuleBook
) -> None:
    decision = accept(lead, "ann", MONDAY_NINE, clocks, book=replace(book, calendars={}))
    assert "worked_s" not in decision.events[1].data


def test_accepting_twice_is_accepting_once(lead: Lead, clocks: Clocks, book: RuleBook) -> None:
    accepted = accept(lead, "ann", MONDAY_NINE, clocks, book=book).lead
    assert accept(accepted, "ann", MONDAY_NINE, clocks, book=book) == Decision(accepted)


def test_accept_after_reassignment_conflicts_and_names_the_new_owner(
    lead: Lead, clocks: Clocks, book: RuleBook
) -> None:
    bobs = replace(lead, owner=BOB, passed=("ann",))
    with pytest.raises(Conflict, match=r"now belongs to Bob \(bob\)\. Ann \(ann\) .* missed it"):
        accept(bobs, "ann", MONDAY_NINE, clocks, book=book)
    with pytest.raises(Conflict, match=r"now belongs to Bob \(bob\)\."):
        accept(bobs, MACHINE, MONDAY_NINE, clocks, book=book, person="ann")


def test_machine_that_names_nobody_speaks_for_the_owner(
    lead: Lead, clocks: Clocks, book: RuleBook
) -> None:
    decision = accept(lead, MACHINE, MONDAY_NINE, clocks, book=book)
    assert decision.events[0].data["owner"] == "ann"
    assert decision.events[0].actor == MACHINE


def test_owner_who_left_the_roster_can_still_accept(
    lead: Lead, clocks: Clocks, book: RuleBook
) -> None:
    decision = accept(lead, "ann", MONDAY_NINE, clocks, book=replace(book, people={}))
    assert decision.lead.state is LeadState.ACCEPTED


def test_lead_of_a_queue_becomes_the_lead_of_who_accepts_it(
    lead: Lead, clocks: Clocks, book: RuleBook
) -> None:
    queued = replace(lead, owner=SUPPORT)
    decision = accept(queued, "bob", MONDAY_NINE, clocks, book=book)
    assert decision.lead.owner == Owner(OwnerKind.PERSON, "bob", "bob")
    assert decision.events[0].data["from"] == {"kind": "queue", "id": "support"}


def test_queue_needs_a_person_of_the_roster(lead: Lead, clocks: Clocks, book: RuleBook) -> None:
    queued = replace(lead, owner=SUPPORT)
    with pytest.raises(Rejected, match="Name the person who takes it"):
        accept(queued, MACHINE, MONDAY_NINE, clocks, book=book)
    with pytest.raises(Rejected, match="no person 'zoe'"):
        accept(queued, "zoe", MONDAY_NINE, clocks, book=book)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"state": LeadState.CLOSED, "outcome": "spam"}, "was closed as spam"),
        ({"state": LeadState.MERGED, "merged_into": LeadId(UUID(int=3))}, "part of lead 0000"),
        ({"state": LeadState.IN_REVIEW, "reason": "unclear_intent"}, "waits for an answer"),
        ({"state": LeadState.PARKED, "reason": "poison"}, r"is parked \(poison\). Replay it"),
        ({"state": LeadState.ROUTED}, "Try again in a moment"),
        ({"state": LeadState.CLEANED, "owner": None}, "on its way to an owner"),
    ],
)
def test_word_about_a_lead_that_is_not_worked_says_why_it_is_too_late(
    lead: Lead, book: RuleBook, changes: dict[str, object], message: str
) -> None:
    other = replace(lead, **changes)  # type: ignore[arg-type]  # a table of changes
    with pytest.raises(Conflict, match=message):
        accept(other, "ann", MONDAY_NINE, {}, book=book)


def test_declined_lead_asks_for_another_owner_and_remembers_who_declined(
    lead: Lead, book: RuleBook
) -> None:
    decision = decline(lead, "ann", "not my country", MONDAY_NINE, book=book)
    assert decision.lead.passed == ("ann",)
    assert decision.reroute == Reroute("declined", "ann", note="not my country")
    assert decision.effects == (
        EndHandoff(HANDOFF, HandoffState.DECLINED, "not my country"),
        StopClock(ClockKind.ACCEPTANCE, met=False),
    )
    assert kinds(decision) == ["lead.declined"]
    assert decision.events[0].personal == {"reason": "not my country"}


def test_accepted_lead_can_be_given_back_until_it_was_spoken_to(lead: Lead, book: RuleBook) -> None:
    accepted = replace(lead, state=LeadState.ACCEPTED)
    assert decline(accepted, "ann", "", MONDAY_NINE, book=book).reroute is not None
    contacted = replace(lead, state=LeadState.CONTACTED)
    with pytest.raises(Conflict, match="spoken to already"):
        decline(contacted, "ann", "", MONDAY_NINE, book=book)


def test_nobody_can_decline_for_a_queue_or_after_the_fallback_owner(
    lead: Lead, book: RuleBook
) -> None:
    with pytest.raises(Conflict, match="is in the queue support"):
        decline(replace(lead, owner=SUPPORT), "mona", "", MONDAY_NINE, book=book)
    with pytest.raises(Conflict, match=r"Olga \(olga\), the fallback owner"):
        decline(replace(lead, owner=OLGA), "olga", "", MONDAY_NINE, book=book)


def test_declining_what_is_gone_names_the_new_owner(lead: Lead, book: RuleBook) -> None:
    with pytest.raises(Conflict, match="now belongs to Bob"):
        decline(replace(lead, owner=BOB), "ann", "", MONDAY_NINE, book=book)


def test_touching_is_accepting(lead: Lead, clocks: Clocks, book: RuleBook) -> None:
    decision = touch(
        lead, "ann", "call", "will send an offer", MONDAY_NINE, clocks=clocks, book=book
    )
    assert decision.lead.state is LeadState.CONTACTED
    assert decision.effects == (
        EndHandoff(HANDOFF, HandoffState.ACCEPTED),
        StopClock(ClockKind.ACCEPTANCE, met=True),
        StopClock(ClockKind.FIRST_TOUCH, met=True),
    )
    assert kinds(decision) == ["lead.accepted", "sla.met", "lead.touched", "sla.met"]


def test_touch_of_an_accepted_lead_stops_the_first_touch_clock_alone(
    lead: Lead, clocks: Clocks, book: RuleBook
) -> None:
    accepted = replace(lead, state=LeadState.ACCEPTED)
    decision = touch(accepted, "ann", "email", "", MONDAY_NINE, clocks=clocks, book=book)
    assert decision.effects == (StopClock(ClockKind.FIRST_TOUCH, met=True),)
    assert kinds(decision) == ["lead.touched", "sla.met"]


def test_later_touches_are_only_written_down(lead: Lead, clocks: Clocks, book: RuleBook) -> None:
    contacted = replace(lead, state=LeadState.CONTACTED)
    decision = touch(contacted, "ann", "call", "again", MONDAY_NINE, clocks=clocks, book=book)
    assert decision.lead == contacted
    assert decision.effects == ()
    assert decision.events[0].data["first"] is False


def test_what_was_said_on_the_phone_can_be_erased(
    lead: Lead, clocks: Clocks, book: RuleBook
) -> None:
    decision = touch(lead, "ann", "call", "is moving house", MONDAY_NINE, clocks=clocks, book=book)
    assert "house" not in orjson.dumps([event.data for event in decision.events]).decode()
    assert decision.events[2].personal == {"note": "is moving house"}


def test_who_touches_a_lead_of_a_queue_gets_it(lead: Lead, clocks: Clocks, book: RuleBook) -> None:
    queued = replace(lead, owner=SUPPORT)
    decision = touch(queued, "bob", "call", "", MONDAY_NINE, clocks=clocks, book=book)
    assert decision.lead.owner == Owner(OwnerKind.PERSON, "bob", "bob")


def test_reassigning_names_the_next_owner_without_blaming_the_last(
    lead: Lead, book: RuleBook
) -> None:
    decision = reassign(lead, "bob", "mona", "Ann is ill", book=book)
    assert decision.reroute == Reroute("reassigned", "mona", to="bob", note="Ann is ill")
    assert decision.lead == lead


def test_reassigning_to_the_owner_changes_nothing(lead: Lead, book: RuleBook) -> None:
    assert reassign(lead, "ann", "mona", "", book=book) == Decision(lead)


def test_reassigning_to_a_stranger_is_refused(lead: Lead, book: RuleBook) -> None:
    with pytest.raises(Rejected, match="no person 'zoe' on the roster"):
        reassign(lead, "zoe", "mona", "", book=book)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_closing_stops_everything(lead: Lead, outcome: str) -> None:
    decision = close(lead, outcome, "mona", MONDAY_NINE)
    assert decision.lead.state is LeadState.CLOSED
    assert decision.lead.outcome == outcome
    assert decision.effects == (
        EndHandoff(HANDOFF, HandoffState.CLOSED, outcome),
        StopClock(ClockKind.ACCEPTANCE, met=False),
        StopClock(ClockKind.FIRST_TOUCH, met=False),
    )
    assert decision.events[0].data["open_s"] == 65 * 3600 + 1800


def test_closing_again_is_harmless_unless_it_says_otherwise(lead: Lead) -> None:
    closed = close(lead, "converted", "ann", MONDAY_NINE).lead
    assert close(closed, "converted", "ann", MONDAY_NINE) == Decision(closed)
    with pytest.raises(Conflict, match="was closed as converted"):
        close(closed, "spam", "ann", MONDAY_NINE)


def test_outcome_of_ones_own_invention_is_refused_with_the_list(lead: Lead) -> None:
    with pytest.raises(Rejected, match="Use one of: converted, recycled"):
        close(lead, "won", "ann", MONDAY_NINE)


@pytest.mark.parametrize(
    ("state", "resume_at", "back"),
    [
        (LeadState.PARKED, LeadState.CLASSIFIED, LeadState.CLASSIFIED),
        (LeadState.PARKED, None, LeadState.CAPTURED),
        (LeadState.REJECTED, LeadState.CLEANED, LeadState.CLEANED),
    ],
)
def test_replayed_lead_goes_on_where_it_stood_at_once(
    lead: Lead, book: RuleBook, state: LeadState, resume_at: LeadState | None, back: LeadState
) -> None:
    beside = replace(
        lead, state=state, resume_at=resume_at, reason="poison", attempts=3, last_error="boom"
    )
    decision = replay(beside, "mona", MONDAY_NINE, book=book)
    again = decision.lead
    assert (again.state, again.due_at, again.attempts) == (back, MONDAY_NINE, 0)
    assert (again.resume_at, again.reason, again.last_error) == (None, "", "")
    assert kinds(decision) == ["lead.replayed"]
    assert decision.events[0].data["attempts"] == 3


@pytest.mark.parametrize(
    ("state", "approved"),
    [(LeadState.REJECTED, ("doubt", "solicitation")), (LeadState.PARKED, ("doubt",))],
)
def test_lead_that_is_restored_is_not_rejected_for_the_same_reason_again(
    lead: Lead, book: RuleBook, state: LeadState, approved: tuple[str, ...]
) -> None:
    beside = replace(lead, state=state, reason="solicitation", approved=("doubt",))
    again = replay(beside, "mona", MONDAY_NINE, book=book).lead
    assert again.approved == approved
    twice = replace(again, state=state, reason="solicitation")
    assert replay(twice, "mona", MONDAY_NINE, book=book).lead.approved == approved


def test_replayed_lead_that_has_its_owner_waits_for_people(lead: Lead, book: RuleBook) -> None:
    beside = replace(lead, state=LeadState.PARKED, resume_at=LeadState.ACTIVATED)
    assert replay(beside, "mona", MONDAY_NINE, book=book).lead.due_at is None


def test_lead_on_the_road_cannot_be_replayed(lead: Lead, book: RuleBook) -> None:
    with pytest.raises(Conflict, match="only parked and rejected leads"):
        replay(lead, "mona", MONDAY_NINE, book=book)
