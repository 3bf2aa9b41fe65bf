"""A whole installation whose time stands on a friday night."""

from datetime import datetime

from router.lead.decision import ClockKind
from router.now import unshifted
from router.store.clocks import clocks_of
from router.store.tx import transaction
from tests.build import leads_of
from tests.journey import forms
from tests.journey.conftest import Build
from tests.journey.crm import Crm
from tests.journey.post import post
from tests.journey.town import until

_FRIDAY = datetime.fromisoformat("2026-03-06T22:15:00+00:00")
_MONDAY = datetime.fromisoformat("2026-03-09T09:15:00+00:00")


def test_friday_night_lead_has_an_owner_at_once_and_is_due_monday_morning(
    build: Build, receiver: Crm
) -> None:
    shift_s = (_FRIDAY - unshifted()).total_seconds()
    town = build(receiver, told={"NOW_SHIFT_S": str(shift_s)})
    town.start("web", "road", "deliver", "ticker")
    answer = post(town.port, forms.generic(wait=True))
    assert answer.said["status"] == "assigned"
    (lead,) = leads_of(town.app, answer.delivery_id)
    assert lead.received_at.date() == _FRIDAY.date()
    with transaction(town.app.engine) as tx:
        clocks = clocks_of(tx, [lead.id])[lead.id]
    assert clocks[ClockKind.ACCEPTANCE].respond_by == _MONDAY
    until(lambda: bool(receiver.about(lead.id)), "the CRM was told")
    (told,) = receiver.about(lead.id)
    due = datetime.fromisoformat(told.message["data"]["packet"]["due_at"])
    assert due == clocks[ClockKind.FIRST_TOUCH].respond_by
    assert due.date() == _MONDAY.date()
    assert town.faults() == []
