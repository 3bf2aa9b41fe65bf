"""The review queue on a real database: answers, who was first, reminders, and replays."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest

from router.app import App
from router.errors import Conflict, NotFound, Rejected
from router.lead.ids import DeliveryId
from router.lead.model import Lead
from router.lead.states import ActionState, DeliveryState, LeadState, ReviewState
from router.pipeline import StageName
from router.road.act import act
from router.road.drain import Road
from router.road.replay import replay_action, replay_delivery
from router.road.review import answer, remind
from router.road.words import accept, replay
from router.store import actions, deliveries, traffic
from router.store.reviews import ReviewItem, reviews_of
from router.store.tx import transaction
from tests.build import (
    MONDAY,
    delivery,
    events_of,
    inquiry,
    lead_now,
    leads_of,
    messages_of,
    send,
    store,
    time_stands_at,
)


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Stand on a monday morning, so that everybody works."""
    with time_stands_at(MONDAY):
        yield


def unclear(road: Road, **changes: object) -> Lead:
    """Send an inquiry that no classifier can settle."""
    return send(road, inquiry(message="Hello there.", **changes))


def items(app: App, lead: Lead) -> list[ReviewItem]:
    """Return every question about a lead."""
    with transaction(app.engine) as tx:
        return reviews_of(tx, lead.id)


def drained(road: Road) -> None:
    """Let every stage do what is due."""
    for stage in StageName:
        while road.drain(stage):
            continue


def test_an_intent_as_the_answer_sends_the_lead_on_to_its_owner(road: Road) -> None:
    lead = unclear(road)
    assert lead.state is LeadState.IN_REVIEW
    (item,) = items(road.app, lead)

    assert answer(road, item.id, "pricing", "george-amari").state is LeadState.CLASSIFIED
    drained(road)

    after = lead_now(road.app, lead.id)
    assert after.state is LeadState.ACTIVATED
    assert after.classification is not None
    assert (after.classification.intent, after.classification.decided_by) == ("pricing", "person")
    (item,) = items(road.app, lead)
    assert (item.state, item.answer, item.answered_by) == (
        ReviewState.ANSWERED,
        "pricing",
        "george-amari",
    )
    assert "review.answered" in events_of(road.app, lead.id)


def test_a_guard_that_was_answered_with_continue_holds_the_lead_no_more(road: Road) -> None:
    lead = send(road, inquiry(email=f"zoe.{uuid4().hex[:8]}@contoso-insights.example"))
    assert (lead.state, lead.reason) == (LeadState.IN_REVIEW, "competitor")
    (item,) = items(road.app, lead)

    assert answer(road, item.id, "continue", "george-amari").approved == ("competitor",)
    drained(road)

    assert lead_now(road.app, lead.id).state is LeadState.ACTIVATED


def test_who_answers_second_is_told_who_was_first(road: Road) -> None:
    lead = unclear(road)
    (item,) = items(road.app, lead)
    assert answer(road, item.id, "reject", "george-amari").state is LeadState.REJECTED
    with pytest.raises(Conflict, match="answered by george-amari with 'reject'"):
        answer(road, item.id, "pricing", "tom-keane")


@pytest.mark.parametrize(
    ("said", "by", "code"),
    [("perhaps", "george-amari", "unknown_answer"), ("pricing", "nobody", "unknown_person")],
)
def test_an_answer_that_does_not_fit_changes_nothing(
    road: Road, said: str, by: str, code: str
) -> None:
    lead = unclear(road)
    (item,) = items(road.app, lead)
    with pytest.raises(Rejected) as refused:
        answer(road, item.id, said, by)
    assert refused.value.code == code
    assert items(road.app, lead) == [item]
    assert lead_now(road.app, lead.id) == lead


def test_a_question_that_was_never_asked_is_not_found(road: Road) -> None:
    with pytest.raises(NotFound):
        answer(road, uuid4(), "pricing", "george-amari")


def test_a_doubtful_duplicate_is_answered_beside_the_road(road: Road) -> None:
    phone = "+442079460018"
    send(road, inquiry(name="Ann Archer", phone=phone))
    second = send(road, inquiry(name="Bob Bridges", phone=phone))
    open_items = [item for item in items(road.app, second) if not item.blocking]
    assert [item.reason for item in open_items] == ["doubtful_duplicate"]
    (item,) = open_items

    with pytest.raises(Rejected):
        answer(road, item.id, "pricing", "george-amari")
    after = answer(road, item.id, "different_people", "george-amari")

    assert after.state is second.state
    assert events_of(road.app, second.id)[-1] == "review.answered"


def test_an_overdue_review_is_told_to_reviewer_and_manager_once(road: Road) -> None:
    lead = unclear(road)
    (item,) = items(road.app, lead)
    late = item.due_at + timedelta(minutes=1)
    for _ in range(2):
        with transaction(road.app.engine) as tx:
            remind(road, tx, late)

    assert messages_of(road.app, lead.id) == [("review.overdue", "pending")]
    with transaction(road.app.engine) as tx:
        row = tx.row("SELECT body FROM action WHERE lead_id = %s", (lead.id,))
    assert row is not None
    told = orjson.loads(bytes(row[0]))["data"]["to"]
    assert [each["id"] for each in told] == ["george-amari", "ines-okafor"]


def test_a_rejected_lead_is_replayed_past_the_guard(road: Road) -> None:
    lead = send(road, inquiry(honeypot="https://win-a-prize.example"))
    assert lead.state is LeadState.REJECTED
    assert act(road, lead.id, replay("cli")).state is LeadState.CLASSIFIED
    drained(road)
    assert lead_now(road.app, lead.id).owner is not None


def test_a_delivery_is_captured_again_without_making_a_second_lead(road: Road) -> None:
    lead = send(road, inquiry())
    found = replay_delivery(road, lead.delivery_id, "cli")
    assert found.state is DeliveryState.RECEIVED
    with pytest.raises(Conflict, match="waits for capture"):
        replay_delivery(road, lead.delivery_id, "cli")
    drained(road)
    assert [each.id for each in leads_of(road.app, lead.delivery_id)] == [lead.id]
    with pytest.raises(NotFound):
        replay_delivery(road, uuid4(), "cli")


def test_a_parked_delivery_comes_to_life_again(road: Road) -> None:
    (delivery_id,) = store(road.app, delivery(inquiry()))
    with transaction(road.app.engine) as tx:
        deliveries.mark(tx, [(delivery_id, DeliveryState.PARKED, "LookupError: no such source")])
    assert _delivery(road, delivery_id).state is DeliveryState.PARKED
    replay_delivery(road, delivery_id, "cli")
    drained(road)
    assert len(leads_of(road.app, delivery_id)) == 1


def test_what_nobody_signed_never_becomes_a_lead(road: Road) -> None:
    (delivery_id,) = store(road.app, delivery(inquiry()))
    with transaction(road.app.engine) as tx:
        deliveries.mark(tx, [(delivery_id, DeliveryState.REFUSED, "signature_wrong")])
    with pytest.raises(Conflict, match="nobody proved"):
        replay_delivery(road, delivery_id, "cli")


def test_a_parked_action_is_sent_again_under_its_old_key(road: Road) -> None:
    lead = send(road, inquiry())
    with transaction(road.app.engine) as tx:
        (offered,) = traffic.actions(tx, lead_id=lead.id, limit=9)
    with pytest.raises(Conflict, match="pending; only parked"):
        replay_action(road, offered.id, "cli")
    _park(road, offered.id)

    again = replay_action(road, offered.id, "cli")

    assert (again.state, again.key) == (ActionState.PENDING, offered.key)
    assert events_of(road.app, lead.id)[-1] == "action.replayed"
    with pytest.raises(NotFound):
        replay_action(road, uuid4(), "cli")


def test_a_program_that_names_nobody_speaks_for_the_owner(road: Road) -> None:
    lead = send(road, inquiry())
    assert act(road, lead.id, accept("api:k1")).state is LeadState.ACCEPTED
    queued = send(road, inquiry(form_kind="partner"))
    assert queued.owner is not None
    assert queued.owner.id == "partner-desk"
    with pytest.raises(Rejected, match="Name the person"):
        act(road, queued.id, accept("api:k1"))
    taken = act(road, queued.id, accept("api:k1", "tom-keane"))
    assert taken.owner is not None
    assert taken.owner.id == "tom-keane"


def _delivery(road: Road, delivery_id: DeliveryId) -> traffic.DeliveryRow:
    with transaction(road.app.engine) as tx:
        found = traffic.delivery(tx, delivery_id)
    assert found is not None
    return found


def _park(road: Road, action_id: UUID) -> None:
    """Claim an action as a worker does, and park it."""
    now = MONDAY + timedelta(hours=1)
    with transaction(road.app.engine) as tx:
        claimed = actions.lease_actions(
            tx, "crm", now=now, lease=timedelta(minutes=1), in_flight=64, most=64
        )
        for leased in claimed:
            if leased.id == action_id:
                actions.park(tx, leased, error="410 Gone", now=now)
            else:
                actions.unsent(tx, leased, now=now)
