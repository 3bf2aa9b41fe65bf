"""A small book and a routed lead."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from router.lead.ids import DeliveryId, LeadId
from router.lead.model import Attribution, Classification, Lead, Owner, Person, Touchpoint
from router.lead.states import LeadState, OwnerKind
from router.rulebook.model import (
    Calendar,
    HandoffStandard,
    Member,
    PersonCard,
    Pool,
    Promise,
    Queue,
    RuleBook,
    SlaPolicy,
    Step,
    StepKind,
    Taxonomy,
)

LADDER = (Step(StepKind.WARN, 0.5), Step(StepKind.ESCALATE, 1.0), Step(StepKind.REASSIGN, 1.5))


def _card(name: str, manager: str = "", calendar: str = "london") -> PersonCard:
    return PersonCard(name, name.title(), f"{name}@northwind.example", manager, calendar)


@pytest.fixture
def book() -> RuleBook:
    """Give a book with a pool, a queue, two calendars and two policies."""
    return RuleBook(
        digest="b00c",
        name="test",
        fallback_owner="olga",
        default_sla="standard",
        rules={},
        lists={},
        people={
            card.id: card
            for card in (
                _card("olga"),
                _card("mona", "olga"),
                _card("ann", "mona"),
                _card("bob", "mona", "berlin"),
            )
        },
        pools={"sales-uk": Pool("sales-uk", "sales", "mona", (Member("ann"), Member("bob")))},
        queues={"support": Queue("support", "support", "mona", "berlin")},
        sequences={},
        calendars={
            "london": Calendar("london", "Europe/London", "Mo-Fr 09:00-17:00"),
            "berlin": Calendar("berlin", "Europe/Berlin", "Mo-Fr 08:00-16:00"),
        },
        slas={
            "standard": SlaPolicy(
                "standard",
                {
                    "acceptance": Promise(timedelta(hours=1), LADDER),
                    "first_touch": Promise(timedelta(hours=4), LADDER),
                },
            ),
            "touch-only": SlaPolicy("touch-only", {"first_touch": Promise(timedelta(hours=8), ())}),
        },
        taxonomy=Taxonomy((), {}, {}, {}, 0.8, 0.1, "mona", timedelta(hours=4)),
        standards={
            "sales": HandoffStandard(
                "sales",
                "Win a first conversation.",
                ("email", "phone", "company", "company_size", "intent", "budget"),
                "Call, then write.",
                "an answer within one working day",
            ),
        },
        sources={},
    )


@pytest.fixture
def lead() -> Lead:
    """Give a lead that came in on a friday night and was routed to Ann."""
    received = datetime(2026, 1, 9, 21, 0, tzinfo=UTC)
    return Lead(
        id=LeadId(UUID(int=7)),
        book="default",
        source="generic",
        item_key="i1",
        delivery_id=DeliveryId(UUID(int=8)),
        state=LeadState.ROUTED,
        received_at=received,
        person=Person(
            name="Carla Customer",
            email="Carla@contoso.example",
            email_canonical="carla@contoso.example",
            phone="12",
            company="Contoso",
        ),
        attribution=Attribution(form_name="Contact", utm_campaign="winter"),
        message="We need a new supplier.",
        answers={"budget": "10k"},
        missing=("phone (not a valid number)",),
        touchpoints=(Touchpoint(received, "generic", "Contact", "We need a new supplier.", "d1"),),
        classification=Classification(
            "sales_inquiry", 0.93, "normal", "", "We need a new supplier.", risk_flags=("legal",)
        ),
        owner=Owner(OwnerKind.PERSON, "ann", "ann", "sales-uk"),
        version=4,
    )
