"""How an owner gets a lead, in sentences."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
import pytest

from router.errors import Conflict
from router.lead.clock import Clock
from router.lead.decision import (
    CLAIMED,
    RELEASED,
    Act,
    ClockKind,
    Decision,
    EndHandoff,
    OfferHandoff,
    Reroute,
    StartClock,
)
from router.lead.events import EventKind
from router.lead.handoff import Packet
from router.lead.model import Lead, Owner
from router.lead.states import ClockState, HandoffState, LeadState, OwnerKind
from router.rulebook.model import RuleBook
from router.stages.activate.decide import decide

NOW = datetime(2026, 1, 9, 21, 0, 1, tzinfo=UTC)
TUESDAY = datetime(2026, 1, 13, 10, 0, tzinfo=UTC)
ANN = Owner(OwnerKind.PERSON, "ann", "ann", "sales-uk")
BOB = Owner(OwnerKind.PERSON, "bob", "bob", "sales-uk")
BREACHED = Reroute("breached", "ticker", note="not accepted in time")


def offered(lead: Lead, book: RuleBook) -> Decision:
    return decide(lead, book, "Next in pool sales-uk.", NOW, reroute=None, rule_id="uk-sales")


def rerouted(
    lead: Lead, book: RuleBook, reroute: Reroute = BREACHED, first_touch: Clock | None = None
) -> Decision:
    to_bob = replace(lead, owner=BOB, handoff_id=UUID(int=9), passed=("ann",))
    return decide(
        to_bob,
        book,
        "breached (ticker): next in pool sales-uk",
        TUESDAY,
        reroute=reroute,
        rule_id="uk-sales",
        previous_owner=ANN,
        first_touch=first_touch,
    )


def clocks(decision: Decision) -> dict[ClockKind, StartClock]:
    found = [effect for effect in decision.effects if isinstance(effect, StartClock)]
    return {clock.kind: clock for clock in found}


def packet(decision: Decision) -> Packet:
    return next(e for e in decision.effects if isinstance(e, OfferHandoff)).packet


def acts(decision: Decision) -> dict[str, Act]:
    return {effect.kind: effect for effect in decision.effects if isinstance(effect, Act)}


def test_friday_night_lead_is_due_monday_morning(lead: Lead, book: RuleBook) -> None:
    decision = offered(lead, book)
    acceptance = clocks(decision)[ClockKind.ACCEPTANCE]
    assert acceptance.respond_by == datetime(2026, 1, 12, 10, tzinfo=UTC)
    assert acceptance.next_at == datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
    assert acceptance.next_step == 0
    first_touch = clocks(decision)[ClockKind.FIRST_TOUCH]
    assert first_touch.respond_by == datetime(2026, 1, 12, 13, tzinfo=UTC)


def test_clocks_count_from_the_moment_it_was_received(lead: Lead, book: RuleBook) -> None:
    monday = datetime(2026, 1, 12, 9, 20, tzinfo=UTC)
    early = replace(lead, received_at=monday)
    late = decide(early, book, "", monday + timedelta(hours=3), reroute=None, rule_id="r")
    assert clocks(late)[ClockKind.ACCEPTANCE].respond_by == monday + timedelta(hours=1)


def test_lead_becomes_activated_and_waits_for_people(lead: Lead, book: RuleBook) -> None:
    decision = offered(replace(lead, due_at=NOW), book)
    assert decision.lead.state is LeadState.ACTIVATED
    assert decision.lead.due_at is None
    offer = next(e for e in decision.effects if isinstance(e, OfferHandoff))
    assert decision.lead.handoff_id == offer.handoff_id
    assert (offer.to, offer.accountable, offer.sender) == ("ann", "ann", "")


def test_packet_says_what_the_standard_asks_for_and_the_lead_lacks(
    lead: Lead, book: RuleBook
) -> None:
    made = packet(offered(lead, book))
    assert made.missing == ("phone (not a valid number)", "company_size")
    assert made.completeness == pytest.approx(4 / 6)
    assert made.role == "sales"
    assert made.objective == "Win a first conversation."
    assert made.due_at == datetime(2026, 1, 12, 13, tzinfo=UTC)
    assert made.risk_flags == ("legal",)
    assert made.why == "Next in pool sales-uk."
    assert made.rule == "uk-sales"


def test_packet_carries_the_persons_own_words_and_every_answer(lead: Lead, book: RuleBook) -> None:
    made = packet(offered(lead, book))
    assert made.source["message"] == "We need a new supplier."
    assert made.source["utm_campaign"] == "winter"
    assert made.facts["email"] == "Carla@contoso.example"
    assert made.facts["answers"] == {"budget": "10k"}
    assert "country" not in made.facts
    assert made.classification["intent"] == "sales_inquiry"


def test_a_person_who_settled_the_intent_is_an_approval(lead: Lead, book: RuleBook) -> None:
    assert packet(offered(lead, book)).approval == "not_needed"
    assert lead.classification is not None
    asked = replace(lead, classification=replace(lead.classification, decided_by="person"))
    assert packet(offered(asked, book)).approval == "approved"


def test_lead_without_classification_has_an_empty_one_in_its_packet(
    lead: Lead, book: RuleBook
) -> None:
    made = packet(offered(replace(lead, classification=None), book))
    assert made.classification == {}
    assert "intent" in made.missing


def test_offer_names_the_owner_and_how_to_answer_and_replaces_older_messages(
    lead: Lead, book: RuleBook
) -> None:
    act = acts(offered(lead, book))["handoff.offered"]
    assert act.supersedes == ("handoff.offered", "sla.warned", "sla.escalated")
    body = orjson.loads(orjson.dumps(act.body))
    assert body["owner"]["email"] == "ann@northwind.example"
    assert body["packet"]["respond"]["accept"] == f"/api/leads/{lead.id}/accept"
    assert body["packet"]["created_at"] == NOW.isoformat()
    assert "Accept or decline" in body["how_to"]


def test_events_carry_the_packets_digest_and_both_promises(lead: Lead, book: RuleBook) -> None:
    activated, started = offered(lead, book).events
    assert activated.kind is EventKind.LEAD_ACTIVATED
    assert len(str(activated.data["packet"])) == 64
    assert started.kind is EventKind.SLA_STARTED
    assert orjson.loads(orjson.dumps(started.data))["clocks"][0] == {
        "clock": "acceptance",
        "calendar": "london",
        "started_at": "2026-01-09T21:00:00+00:00",
        "target_s": 3600,
        "respond_by": "2026-01-12T10:00:00+00:00",
    }


def test_events_hold_no_personal_values(lead: Lead, book: RuleBook) -> None:
    written = orjson.dumps([event.data for event in offered(lead, book).events]).decode()
    for personal in ("Carla", "contoso", "supplier", "10k"):
        assert personal not in written


def test_same_offer_made_again_is_the_same_offer(lead: Lead, book: RuleBook) -> None:
    assert offered(lead, book) == offered(lead, book)


def test_new_owners_acceptance_counts_from_now_in_the_new_owners_calendar(
    lead: Lead, book: RuleBook
) -> None:
    started = clocks(rerouted(lead, book))
    acceptance = started[ClockKind.ACCEPTANCE]
    assert acceptance.calendar == "berlin"
    assert acceptance.respond_by == TUESDAY + timedelta(hours=1)


def test_first_touch_clock_keeps_running_over_a_reassignment(lead: Lead, book: RuleBook) -> None:
    runs = Clock(
        ClockKind.FIRST_TOUCH,
        ClockState.RUNNING,
        lead.received_at,
        datetime(2026, 1, 12, 13, tzinfo=UTC),
        timedelta(hours=4),
        "london",
        1,
        None,
        3,
    )
    decision = rerouted(lead, book, first_touch=runs)
    assert ClockKind.FIRST_TOUCH not in clocks(decision)
    assert packet(decision).due_at == runs.respond_by


def test_first_touch_clock_that_was_cancelled_starts_again_from_now(
    lead: Lead, book: RuleBook
) -> None:
    ended = Clock(
        ClockKind.FIRST_TOUCH,
        ClockState.CANCELLED,
        lead.received_at,
        datetime(2026, 1, 12, 13, tzinfo=UTC),
        timedelta(hours=4),
        "london",
        1,
        None,
        3,
    )
    started = clocks(rerouted(lead, book, first_touch=ended))
    assert started[ClockKind.FIRST_TOUCH].respond_by == TUESDAY + timedelta(hours=4)


@pytest.mark.parametrize("why", [RELEASED, CLAIMED])
@pytest.mark.parametrize(
    ("state", "at", "busy_until", "anew"),
    [
        (ClockState.RUNNING, TUESDAY, None, None),
        (ClockState.RUNNING, TUESDAY, TUESDAY + timedelta(hours=1), TUESDAY + timedelta(hours=5)),
        # Six in the evening: Bob begins on wednesday at eight.
        (
            ClockState.RUNNING,
            TUESDAY + timedelta(hours=8),
            None,
            datetime(2026, 1, 14, 11, tzinfo=UTC),
        ),
        (ClockState.BREACHED, TUESDAY, None, TUESDAY + timedelta(hours=4)),
        (ClockState.MET, TUESDAY, TUESDAY + timedelta(hours=2), None),
        (ClockState.CANCELLED, TUESDAY, None, TUESDAY + timedelta(hours=4)),
    ],
)
def test_who_gets_a_lead_that_waited_is_promised_for_by_their_own_hours_and_pace(  # noqa: PLR0913, PLR0917 - a table
    lead: Lead,
    book: RuleBook,
    why: str,
    state: ClockState,
    at: datetime,
    busy_until: datetime | None,
    anew: datetime | None,
) -> None:
    waited = replace(lead, owner=BOB, handoff_id=UUID(int=9), answer_from=busy_until)
    of_pool = Clock(
        ClockKind.FIRST_TOUCH,
        state,
        lead.received_at,
        datetime(2026, 1, 13, 11, tzinfo=UTC),
        timedelta(hours=4),
        "london",
        1,
        None,
        3,
    )
    decision = decide(
        waited,
        book,
        "Released: next in pool sales-uk.",
        at,
        reroute=Reroute(why, "ticker"),
        rule_id="uk-sales",
        previous_owner=Owner(OwnerKind.POOL, "sales-uk", "ann", "sales-uk"),
        first_touch=of_pool,
    )
    begun = clocks(decision).get(ClockKind.FIRST_TOUCH)
    assert (begun.respond_by if begun else None) == anew
    if state is not ClockState.MET:
        assert packet(decision).due_at == (anew or of_pool.respond_by)


@pytest.mark.parametrize(
    ("state", "anew"),
    [(ClockState.RUNNING, True), (ClockState.BREACHED, True), (ClockState.MET, False)],
)
def test_after_a_decision_taken_afresh_only_a_kept_promise_stays(
    lead: Lead, book: RuleBook, state: ClockState, *, anew: bool
) -> None:
    earlier = Clock(
        ClockKind.FIRST_TOUCH,
        state,
        lead.received_at,
        datetime(2026, 1, 12, 13, tzinfo=UTC),
        timedelta(hours=4),
        "london",
        1,
        None,
        3,
    )
    afresh = Reroute("decided_again", "olga", afresh=True)
    decision = rerouted(lead, book, afresh, first_touch=earlier)
    assert (ClockKind.FIRST_TOUCH in clocks(decision)) is anew
    assert clocks(decision)[ClockKind.ACCEPTANCE].started_at == TUESDAY
    if anew:
        begun = clocks(decision)[ClockKind.FIRST_TOUCH]
        assert (begun.started_at, begun.calendar) == (TUESDAY, "berlin")
        assert packet(decision).due_at == begun.respond_by


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("breached", HandoffState.WITHDRAWN),
        ("reassigned", HandoffState.WITHDRAWN),
        ("declined", HandoffState.DECLINED),
    ],
)
def test_earlier_handoff_ends_as_what_it_came_to(
    lead: Lead, book: RuleBook, reason: str, state: HandoffState
) -> None:
    decision = rerouted(lead, book, Reroute(reason, "ann", note="too far away"))
    assert decision.effects[0] == EndHandoff(UUID(int=9), state, "too far away")


def test_previous_owner_hears_that_it_is_gone_and_to_whom(lead: Lead, book: RuleBook) -> None:
    decision = rerouted(lead, book)
    body = acts(decision)["handoff.withdrawn"].body
    assert body["owner"] == {
        "kind": "person",
        "id": "ann",
        "name": "Ann",
        "email": "ann@northwind.example",
    }
    assert body["now_with"] == {
        "kind": "person",
        "id": "bob",
        "name": "Bob",
        "email": "bob@northwind.example",
    }
    assert body["reason"] == "breached"
    offer = next(e for e in decision.effects if isinstance(e, OfferHandoff))
    assert offer.sender == "ann"


def test_queue_gets_clocks_of_its_own_calendar_and_names_its_accountable_person(
    lead: Lead, book: RuleBook
) -> None:
    queued = replace(lead, owner=Owner(OwnerKind.QUEUE, "support", "mona"))
    decision = offered(queued, book)
    assert clocks(decision)[ClockKind.ACCEPTANCE].respond_by == datetime(2026, 1, 12, 8, tzinfo=UTC)
    made = packet(decision)
    assert (made.role, made.accountable) == ("support", "mona")
    assert made.completeness == pytest.approx(1.0)
    body = orjson.loads(orjson.dumps(acts(decision)["handoff.offered"].body))
    assert body["owner"]["id"] == "support"
    assert body["accountable"]["email"] == "mona@northwind.example"


def test_policy_without_acceptance_starts_no_such_clock(lead: Lead, book: RuleBook) -> None:
    started = clocks(offered(replace(lead, sla="touch-only"), book))
    assert set(started) == {ClockKind.FIRST_TOUCH}


def test_promise_without_a_ladder_is_watched_from_its_breach_on(lead: Lead, book: RuleBook) -> None:
    clock = clocks(offered(replace(lead, sla="touch-only"), book))[ClockKind.FIRST_TOUCH]
    assert (clock.next_step, clock.next_at) == (0, clock.respond_by)


def test_policy_that_the_book_no_longer_has_counts_as_the_default(
    lead: Lead, book: RuleBook
) -> None:
    assert set(clocks(offered(replace(lead, sla="gone"), book))) == set(ClockKind)


@pytest.mark.parametrize("state", [LeadState.ACTIVATED, LeadState.ACCEPTED, LeadState.CONTACTED])
def test_activating_twice_is_harmless(lead: Lead, book: RuleBook, state: LeadState) -> None:
    owned = replace(lead, state=state)
    assert offered(owned, book) == Decision(owned)


def test_lead_that_is_not_on_its_way_to_an_owner_is_refused(lead: Lead, book: RuleBook) -> None:
    with pytest.raises(Conflict, match="is closed, with owner ann, and cannot be activated"):
        offered(replace(lead, state=LeadState.CLOSED), book)
    with pytest.raises(Conflict, match="with owner None, and cannot"):
        offered(replace(lead, owner=None), book)
