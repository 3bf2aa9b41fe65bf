"""What becomes of a lead whose import is undone."""

from datetime import UTC, datetime

import pytest

from router.lead.decision import Act, EndHandoff, StopClock
from router.lead.events import EventKind
from router.lead.model import change
from router.lead.states import IMPORT_UNDONE, MOVES, HandoffState, LeadState
from router.stages.desk.recall import Left, left_alone, recall
from tests.unit.stages.office import offered_to_ann, office

_LEAD = offered_to_ann(datetime(2026, 1, 5, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("state", "reason", "why"),
    [
        (LeadState.CAPTURED, "", None),
        (LeadState.CLEANED, "", None),
        (LeadState.CLASSIFIED, "", None),
        (LeadState.ROUTED, "", None),
        (LeadState.ACTIVATED, "", None),
        (LeadState.IN_REVIEW, "unclear_intent", None),
        (LeadState.PARKED, "", None),
        (LeadState.ACCEPTED, "", Left.ACCEPTED),
        (LeadState.CONTACTED, "", Left.TOUCHED),
        (LeadState.CLOSED, "", Left.CLOSED),
        (LeadState.MERGED, "second_inquiry", Left.MERGED),
        (LeadState.REJECTED, "spam", Left.REJECTED),
        (LeadState.REJECTED, IMPORT_UNDONE, Left.RECALLED),
    ],
)
def test_only_what_nobody_has_taken_is_recalled(
    state: LeadState, reason: str, why: Left | None
) -> None:
    lead = change(_LEAD, state=state, reason=reason)
    assert left_alone(lead, joined=False) is why
    assert left_alone(lead, joined=True) is (why or Left.JOINED)


def test_every_lead_that_is_recalled_may_move_there_and_back() -> None:
    for state in LeadState:
        lead = change(_LEAD, state=state, resume_at=LeadState.ROUTED)
        if left_alone(lead, joined=False) is not None:
            continue
        after = recall(lead, office(), "7", "mona", "").lead
        assert after.state in MOVES[state]
        assert after.resume_at in MOVES[LeadState.REJECTED]


def test_the_owner_is_told_and_everything_ends() -> None:
    decision = recall(_LEAD, office(), "7", "mona", "wrong list")
    (event,) = decision.events
    assert (event.kind, event.data["owner"], event.data["import"]) == (
        EventKind.LEAD_RECALLED,
        "ann",
        "7",
    )
    assert event.personal == {"note": "wrong list"}
    assert (decision.lead.owner, decision.lead.due_at) == (None, None)
    assert _LEAD.handoff_id is not None
    ended, *clocks, told = decision.effects
    assert ended == EndHandoff(_LEAD.handoff_id, HandoffState.WITHDRAWN, "wrong list")
    assert all(isinstance(each, StopClock) and not each.met for each in clocks)
    assert len(clocks) == 2
    assert isinstance(told, Act)
    assert (told.kind, told.body["reason"]) == ("handoff.withdrawn", IMPORT_UNDONE)
    assert "lead.appended" in told.supersedes


def test_a_lead_that_nobody_was_offered_is_recalled_in_silence() -> None:
    lead = change(_LEAD, state=LeadState.CLASSIFIED, owner=None, handoff_id=None)
    assert recall(lead, office(), "7", "mona", "").effects == ()
