"""Builders of leads and of what is known about people."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from router.lead.ids import DeliveryId, LeadId, timed_id
from router.lead.model import Lead, Person
from router.lead.states import LeadState

RECEIVED = datetime(2026, 1, 5, 9, tzinfo=UTC)
MakeLead = Callable[..., Lead]


@pytest.fixture
def now() -> datetime:
    """A monday morning."""
    return datetime(2026, 1, 5, 9, 0, 1, tzinfo=UTC)


@pytest.fixture
def make_lead() -> MakeLead:
    """Build a captured lead; ``key`` makes it another one, fields of Person go to the person."""

    def make(key: str = "1", **changes: object) -> Lead:
        person = {name: changes.pop(name) for name in Person.__slots__ if name in changes}
        lead = Lead(
            id=LeadId(timed_id(RECEIVED, "generic", key)),
            book="default",
            source="generic",
            item_key=key,
            delivery_id=DeliveryId(timed_id(RECEIVED, "delivery", key)),
            state=LeadState.CAPTURED,
            received_at=RECEIVED,
            person=Person(**person),  # type: ignore[arg-type]  # a test names real fields
        )
        return replace(lead, **changes)  # type: ignore[arg-type]  # a test names real fields

    return make
