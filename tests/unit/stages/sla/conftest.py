"""A book with a whole ladder, an owned lead and its running clock."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from router.lead.clock import Clock
from router.lead.decision import ClockKind
from router.lead.ids import DeliveryId, LeadId
from router.lead.model import Attribution, Lead, Owner, Person
from router.lead.states import ClockState, LeadState, OwnerKind
from router.rulebook.model import (
    Calendar,
    PersonCard,
    Promise,
    Queue,
    RuleBook,
    SlaPolicy,
    Step,
    StepKind,
    Taxonomy,
)

#: With a target of one hour: 09:30, 10:00, 10:30, 11:00 and 12:00 for a lead of nine o'clock.
LADDER = (
    Step(StepKind.WARN, 0.5),
    Step(StepKind.ESCALATE, 1.0),
    Step(StepKind.REASSIGN, 1.5),
    Step(StepKind.FALLBACK, 2.0),
    Step(StepKind.REPEAT, 3.0),
)
MONDAY_NINE = datetime(2026, 1, 12, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _card(name: str, manager: str = "") -> PersonCard:
    return PersonCard(name, name.title(), f"{name}@northwind.example", manager, "london")


@pytest.fixture
def book() -> RuleBook:
    """Give a book: Ann and Bob report to Mona, Olga takes what nobody else can."""
    cards = (_card("vera"), _card("olga", "vera"), _card("mona", "vera"))
    promise = Promise(HOUR, LADDER)
    return RuleBook(
        digest="b00c",
        name="test",
        fallback_owner="olga",
        default_sla="standard",
        rules={},
        lists={},
        people={card.id: card for card in (*cards, _card("ann", "mona"), _card("bob", "mona"))},
        pools={},
        queues={"support": Queue("support", "support", "ann", "london")},
        sequences={},
        calendars={"london": Calendar("london", "Europe/London", "Mo-Fr 09:00-17:00")},
        slas={
            "standard": SlaPolicy("standard", {"acceptance": promise, "first_touch": promise}),
            "short": SlaPolicy("short", {"acceptance": Promise(HOUR, LADDER[:2])}),
            "plain": SlaPolicy("plain", {"acceptance": Promise(HOUR, LADDER[:3])}),
        },
        taxonomy=Taxonomy((), {}, {}, {}, 0.8, 0.1, "mona", timedelta(hours=4)),
        standards={},
        sources={},
    )


@pytest.fixture
def lead() -> Lead:
    """Give a lead that Ann was offered on monday at nine."""
    return Lead(
        id=LeadId(UUID(int=7)),
        book="default",
        source="generic",
        item_key="i1",
        delivery_id=DeliveryId(UUID(int=8)),
        state=LeadState.ACTIVATED,
        received_at=MONDAY_NINE,
        person=Person(name="Carla Customer", company="Contoso"),
        attribution=Attribution(form_name="Contact"),
        message="We need a new supplier.",
        owner=Owner(OwnerKind.PERSON, "ann", "ann", "sales-uk"),
        handoff_id=UUID(int=9),
    )


@pytest.fixture
def acceptance() -> Clock:
    """Give the lead's acceptance clock; the warning is due at half past nine."""
    return Clock(
        kind=ClockKind.ACCEPTANCE,
        state=ClockState.RUNNING,
        started_at=MONDAY_NINE,
        respond_by=MONDAY_NINE + HOUR,
        target=HOUR,
        calendar="london",
        next_step=0,
        next_at=MONDAY_NINE + HOUR / 2,
        generation=1,
    )
