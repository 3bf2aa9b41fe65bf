"""A small roster, an offered lead and its clocks."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from router.lead.clock import Clock
from router.lead.decision import ClockKind
from router.lead.ids import DeliveryId, LeadId
from router.lead.model import Lead, Owner
from router.lead.states import ClockState, LeadState, OwnerKind
from router.rulebook.model import Calendar, PersonCard, RuleBook, Taxonomy

RECEIVED = datetime(2026, 1, 9, 16, tzinfo=UTC)


def _card(name: str, manager: str = "") -> PersonCard:
    return PersonCard(name, name.title(), f"{name}@northwind.example", manager, "london")


@pytest.fixture
def book() -> RuleBook:
    """Give a book in which Olga is the fallback owner."""
    cards = (_card("olga"), _card("mona", "olga"), _card("ann", "mona"), _card("bob", "mona"))
    return RuleBook(
        digest="b00c",
        name="test",
        fallback_owner="olga",
        default_sla="standard",
        rules={},
        lists={},
        people={card.id: card for card in cards},
        pools={},
        queues={},
        sequences={},
        calendars={"london": Calendar("london", "Europe/London", "Mo-Fr 09:00-17:00")},
        slas={},
        taxonomy=Taxonomy((), {}, {}, {}, 0.8, 0.1, "mona", timedelta(hours=4)),
        standards={},
        sources={},
    )


@pytest.fixture
def lead() -> Lead:
    """Give a lead that came on friday at four and was offered to Ann."""
    return Lead(
        id=LeadId(UUID(int=7)),
        book="default",
        source="generic",
        item_key="i1",
        delivery_id=DeliveryId(UUID(int=8)),
        state=LeadState.ACTIVATED,
        received_at=RECEIVED,
        owner=Owner(OwnerKind.PERSON, "ann", "ann", "sales-uk"),
        handoff_id=UUID(int=9),
    )


@pytest.fixture
def clocks() -> dict[ClockKind, Clock]:
    """Give both clocks: acceptance within two working hours, first touch within eight."""
    return {
        kind: Clock(
            kind, ClockState.RUNNING, RECEIVED, due, timedelta(hours=hours), "london", 0, due, 1
        )
        for kind, hours, due in (
            (ClockKind.ACCEPTANCE, 2, datetime(2026, 1, 12, 10, tzinfo=UTC)),
            (ClockKind.FIRST_TOUCH, 8, datetime(2026, 1, 12, 16, tzinfo=UTC)),
        )
    }
