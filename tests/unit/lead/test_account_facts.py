"""What rules may ask about the account of a lead, and when they know it."""

from datetime import UTC, datetime
from uuid import UUID

from router.lead.facts import facts_of
from router.lead.ids import DeliveryId, LeadId
from router.lead.model import AccountMatch, Lead
from router.lead.states import LeadState

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
ACCOUNT = AccountMatch(
    account_id=UUID(int=3),
    key="A-1",
    name="Northwind",
    owner="ann",
    opportunity_owner="",
    named=True,
    active_at=None,
    by="domain",
)


def facts(state: LeadState, account: AccountMatch | None = None) -> dict[str, object]:
    lead = Lead(
        id=LeadId(UUID(int=1)),
        book="default",
        source="generic",
        item_key="1",
        delivery_id=DeliveryId(UUID(int=2)),
        state=state,
        received_at=AT,
        account=account,
    )
    return {name: value for name, value in facts_of(lead).items() if name.startswith("account.")}


def test_before_a_lead_is_cleaned_nothing_is_known_of_its_account() -> None:
    assert facts(LeadState.CAPTURED) == {}


def test_a_lead_without_an_account_is_known_to_have_none() -> None:
    assert facts(LeadState.CLEANED) == {"account.known": False}


def test_an_account_without_an_opportunity_says_so() -> None:
    assert facts(LeadState.CLEANED, ACCOUNT) == {
        "account.known": True,
        "account.key": "A-1",
        "account.named": True,
        "account.owner": "ann",
        "account.has_open_opportunity": False,
        "account.by": "domain",
    }
