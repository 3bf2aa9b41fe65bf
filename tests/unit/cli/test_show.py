"""What the demo chooses and how it names things."""

from datetime import UTC, datetime
from uuid import UUID

from router.cli.show import after_hours, owner_name
from router.lead.ids import DeliveryId, LeadId
from router.lead.model import Lead, Owner
from router.lead.states import LeadState, OwnerKind
from router.rulebook.model import RuleBook

_AT = datetime(2026, 3, 4, tzinfo=UTC)
_ID = UUID(int=1)


def _lead(owner: Owner | None) -> Lead:
    return Lead(
        LeadId(_ID), "default", "generic", "a", DeliveryId(_ID), LeadState.ROUTED, _AT, owner=owner
    )


def test_a_lead_comes_from_where_the_office_is_closed(starter_book: RuleBook) -> None:
    # A wednesday: noon in London is night in Sydney; at midnight Sydney works, New York does not.
    assert after_hours(starter_book, _AT.replace(hour=12)) == "after-hours-sydney"
    assert after_hours(starter_book, _AT.replace(hour=0)) == "after-hours-new-york"


def test_a_queue_is_shown_with_the_person_who_answers_for_it(starter_book: RuleBook) -> None:
    queue = Owner(OwnerKind.QUEUE, "support-triage", "noah-fischer")
    assert owner_name(_lead(queue), starter_book) == "support-triage (Noah Fischer)"
    person = Owner(OwnerKind.PERSON, "ruby-tran", "ruby-tran")
    assert owner_name(_lead(person), starter_book) == "Ruby Tran"
    assert owner_name(_lead(None), starter_book) == ""
