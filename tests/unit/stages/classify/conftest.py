"""A small rule book and a lead for it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from router.lead.ids import DeliveryId, LeadId, timed_id
from router.lead.model import Lead, Person
from router.lead.states import LeadState
from router.plugins.kinds import Suggestion
from router.rulebook.model import (
    Comparison,
    Effect,
    Intent,
    OnUnknown,
    Operator,
    Phase,
    Place,
    Rule,
    RuleBook,
    Taxonomy,
)

RECEIVED = datetime(2026, 1, 5, 9, tzinfo=UTC)
PLACE = Place("10-guards.yaml", 1)


def rule(name: str, fact: str, want: str, then: Effect, *, review: bool = False) -> Rule:
    """Build a guard of one comparison."""
    return Rule(
        id=name,
        summary=f"About {name}.",
        steward="revops@northwind.example",
        phase=Phase.GUARDS,
        when=Comparison(fact, Operator.IS, want, PLACE),
        then=then,
        place=PLACE,
        on_unknown=OnUnknown.REVIEW if review else OnUnknown.SKIP,
    )


@pytest.fixture
def now() -> datetime:
    """A monday morning."""
    return datetime(2026, 1, 5, 9, 0, 1, tzinfo=UTC)


@pytest.fixture
def book() -> RuleBook:
    """Three intents, and a guard of each kind."""
    taxonomy = Taxonomy(
        intents=(
            Intent("pricing", "Asks what it costs.", {"price": 3.0, "quote": 2.0}),
            Intent("support", "Needs help.", {"broken": 3.0}),
            Intent("other", "None of these.", {}, always_review=True),
        ),
        services={"ads": ("search ads",)},
        urgent={"asap": 3.0},
        relaxed={"no rush": 3.0},
        accept_at=0.6,
        margin=0.15,
        reviewer="rita",
        review_within=timedelta(hours=2),
    )
    guards = (
        rule("spam", "form.honeypot", "bot", Effect(reject="spam")),
        rule("partners", "form.kind", "partner", Effect(queue="partner-desk")),
        rule("rivals", "email.domain", "rival.example", Effect(review="competitor")),
        rule("needs-country", "country", "kp", Effect(reject="embargo"), review=True),
    )
    empty: MappingProxyType[str, object] = MappingProxyType({})
    return RuleBook(
        digest="d1",
        name="test",
        fallback_owner="mia",
        default_sla="standard",
        rules={Phase.GUARDS: guards},
        taxonomy=taxonomy,
        **dict.fromkeys(
            (
                "lists",
                "people",
                "pools",
                "queues",
                "sequences",
                "calendars",
                "slas",
                "standards",
                "sources",
            ),
            empty,
        ),  # type: ignore[arg-type]  # classify reads none of these
    )


@pytest.fixture
def make_lead() -> Callable[..., Lead]:
    """Build a cleaned lead from Britain that asks for a price."""

    def make(**changes: object) -> Lead:
        lead = Lead(
            id=LeadId(timed_id(RECEIVED, "generic", "1")),
            book="default",
            source="generic",
            item_key="1",
            delivery_id=DeliveryId(timed_id(RECEIVED, "delivery", "1")),
            state=LeadState.CLEANED,
            received_at=RECEIVED,
            person=Person(name="Ann Smith", country="GB"),
            message="Please send us a quote. What is the price?",
        )
        return replace(lead, **changes)  # type: ignore[arg-type]  # a test names real fields

    return make


@pytest.fixture
def suggest() -> Callable[..., Suggestion]:
    """Build a suggestion that the gate accepts, with changes."""

    def make(**changes: object) -> Suggestion:
        good = Suggestion(
            intent="pricing",
            confidence=0.9,
            urgency="normal",
            service_interest="ads",
            summary="What is the price?",
            evidence=("price",),
            alternatives=(),
            risk_flags=(),
            classifier="cues",
            version="v1",
        )
        return replace(good, **changes)  # type: ignore[arg-type]  # a test names real fields

    return make
