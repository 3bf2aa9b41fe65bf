"""A small office in London: Ann and Bob report to Mona, she to Olga, who is the fallback owner."""

from datetime import datetime, timedelta
from uuid import UUID

from router.lead.ids import DeliveryId, LeadId
from router.lead.model import Lead, Owner
from router.lead.states import LeadState, OwnerKind
from router.rulebook.model import Calendar, PersonCard, RuleBook, Taxonomy


def card(name: str, manager: str = "") -> PersonCard:
    """Return somebody who works in London."""
    return PersonCard(name, name.title(), f"{name}@northwind.example", manager, "london")


def office() -> RuleBook:
    """Return a book with the office's people and hours, and nothing else."""
    cards = (card("olga"), card("mona", "olga"), card("ann", "mona"), card("bob", "mona"))
    return RuleBook(
        digest="b00c",
        name="test",
        fallback_owner="olga",
        default_sla="standard",
        rules={},
        lists={},
        people={each.id: each for each in cards},
        pools={},
        queues={},
        sequences={},
        calendars={"london": Calendar("london", "Europe/London", "Mo-Fr 09:00-17:00")},
        slas={},
        taxonomy=Taxonomy((), {}, {}, {}, 0.8, 0.1, "mona", timedelta(hours=4)),
        standards={},
        sources={},
    )


def offered_to_ann(received_at: datetime) -> Lead:
    """Return a lead that was offered to Ann as soon as it came."""
    return Lead(
        id=LeadId(UUID(int=7)),
        book="default",
        source="generic",
        item_key="i1",
        delivery_id=DeliveryId(UUID(int=8)),
        state=LeadState.ACTIVATED,
        received_at=received_at,
        owner=Owner(OwnerKind.PERSON, "ann", "ann", "sales-uk"),
        handoff_id=UUID(int=9),
    )
