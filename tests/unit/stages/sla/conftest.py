"""A book with a whole ladder, an owned lead and its running clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from router.lead.clock import Clock
from router.lead.decision import ClockKind
from router.lead.model import Attribution, Lead, Person, change
from router.lead.states import ClockState
from router.rulebook.model import Promise, Queue, RuleBook, SlaPolicy, Step, StepKind
from tests.unit.stages.office import card, offered_to_ann, office

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


@pytest.fixture
def book() -> RuleBook:
    """Give a book with promises; Olga takes what nobody else can, and reports to Vera."""
    promise, plain = Promise(HOUR, LADDER), office()
    return replace(
        plain,
        people={**plain.people, "vera": card("vera"), "olga": card("olga", "vera")},
        queues={"support": Queue("support", "support", "ann", "london")},
        slas={
            "standard": SlaPolicy("standard", {"acceptance": promise, "first_touch": promise}),
            "short": SlaPolicy("short", {"acceptance": Promise(HOUR, LADDER[:2])}),
            "plain": SlaPolicy("plain", {"acceptance": Promise(HOUR, LADDER[:3])}),
        },
    )


@pytest.fixture
def lead() -> Lead:
    """Give a lead that Ann was offered on monday at nine."""
    return change(
        offered_to_ann(MONDAY_NINE),
        person=Person(name="Carla Customer", company="Contoso"),
        attribution=Attribution(form_name="Contact"),
        message="We need a new supplier.",
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
