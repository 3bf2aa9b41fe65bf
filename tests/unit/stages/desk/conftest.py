"""A small roster, an offered lead and its clocks."""

from datetime import UTC, datetime, timedelta

import pytest

from router.lead.clock import Clock
from router.lead.decision import ClockKind
from router.lead.model import Lead
from router.lead.states import ClockState
from router.rulebook.model import RuleBook
from tests.unit.stages.office import offered_to_ann, office

RECEIVED = datetime(2026, 1, 9, 16, tzinfo=UTC)


@pytest.fixture
def book() -> RuleBook:
    """Give a book in which Olga is the fallback owner."""
    return office()


@pytest.fixture
def lead() -> Lead:
    """Give a lead that came on friday at four and was offered to Ann."""
    return offered_to_ann(RECEIVED)


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
