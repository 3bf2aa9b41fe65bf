"""A lead made of facts, as it stands when its owner is looked for. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar
from uuid import UUID, uuid5

from router.lead.facts import IMPORTED, Facts
from router.lead.ids import DeliveryId, LeadId
from router.lead.model import AccountMatch, Attribution, Classification, Lead, Person
from router.lead.states import LeadState

_Value = TypeVar("_Value", str, int, float, bool)
_ACCOUNTS = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
#: An address and a number that nobody has, for leads of which nobody said that they have none.
_DOMAIN, _PHONE = "example.com", "+442079460000"


def lead_of(
    facts: Facts, number: int, received_at: datetime, digest: str, *, opportunity_owner: str = ""
) -> Lead:
    """Return a lead whose facts these are, classified and without an owner.

    What the facts leave open and a clean lead always has is filled in harmlessly: an address and a
    number that can be used, nobody known, no account.

    >>> from datetime import UTC
    >>> from router.lead.facts import facts_of
    >>> lead = lead_of({"country": "GB", "intent": "demo"}, 1, datetime(2026, 3, 2, tzinfo=UTC), "")
    >>> found = facts_of(lead)
    >>> found["country"], found["intent"], found["email.valid"], found["received_at"].year
    ('GB', 'demo', True, 2026)

    Args:
        facts: What is known; ``received_at`` among them is passed over.
        number: Makes the lead itself; from 1 on.
        received_at: When it comes.
        digest: Of the version that it starts with.
        opportunity_owner: Who owns the open opportunity of its account; no fact says it.
    """
    return Lead(
        id=LeadId(UUID(int=number)),
        book="default",
        source=_of(facts, "source", "simulated"),
        item_key=str(number),
        delivery_id=DeliveryId(UUID(int=number)),
        state=LeadState.CLASSIFIED,
        received_at=received_at,
        person=_person(facts, number),
        attribution=_attribution(facts),
        message=_of(facts, "message", ""),
        service_line=_of(facts, "service_line", ""),
        tags=_texts(facts, "tags"),
        answers=_answers(facts),
        missing=_texts(facts, "missing"),
        classification=_classification(facts),
        returning=_of(facts, "is_returning", otherwise=False),
        account=_account(facts, opportunity_owner),
        lane="simulated" if facts.get("lane") == IMPORTED else "",
        priority=_of(facts, "priority", "normal"),
        digest=digest,
    )


def _person(facts: Facts, number: int) -> Person:
    domain = _of(facts, "email.domain", _DOMAIN)
    address = _of(facts, "email.address", f"lead-{number}@{domain}")
    if facts.get("email.valid") is False:
        # Of an address that cannot be used, the domain may be known all the same.
        known = facts.keys() & {"email.domain", "email.free", "email.disposable"}
        address, domain = "", domain if known else ""
    phone = "" if facts.get("phone.valid") is False else _of(facts, "phone.number", _PHONE)
    size = facts.get("company_size")
    return Person(
        name=_of(facts, "name", ""),
        email=address,
        email_canonical=address,
        email_domain=domain,
        email_free=_of(facts, "email.free", otherwise=False),
        email_disposable=_of(facts, "email.disposable", otherwise=False),
        phone=phone,
        phone_e164=phone,
        country=_of(facts, "country", ""),
        city=_of(facts, "city", ""),
        postcode=_of(facts, "postcode", ""),
        job_title=_of(facts, "job_title", ""),
        company=_of(facts, "company", ""),
        company_size=size if isinstance(size, int) else None,
    )


def _attribution(facts: Facts) -> Attribution:
    at = facts.get("submitted_at")
    return Attribution(
        form_id=_of(facts, "form.id", ""),
        form_name=_of(facts, "form.name", ""),
        form_kind=_of(facts, "form.kind", ""),
        page_url=_of(facts, "page.url", ""),
        utm_source=_of(facts, "utm.source", ""),
        utm_medium=_of(facts, "utm.medium", ""),
        utm_campaign=_of(facts, "utm.campaign", ""),
        submitted_at=at if isinstance(at, datetime) else None,
    )


def _answers(facts: Facts) -> Mapping[str, str]:
    filled = _of(facts, "form.honeypot", "")
    return {"honeypot": filled} if filled else {}


def _classification(facts: Facts) -> Classification | None:
    intent = _of(facts, "intent", "")
    if not intent:
        return None
    return Classification(
        intent=intent,
        confidence=_of(facts, "confidence", 1.0),
        urgency=_of(facts, "urgency", "normal"),
        service_interest=_of(facts, "service_interest", ""),
        summary="",
        risk_flags=_texts(facts, "risk_flags"),
    )


def _account(facts: Facts, opportunity_owner: str) -> AccountMatch | None:
    key = _of(facts, "account.key", "")
    if not key and facts.get("account.known") is not True:
        return None
    return AccountMatch(
        account_id=uuid5(_ACCOUNTS, key),
        key=key,
        name=key,
        owner=_of(facts, "account.owner", ""),
        opportunity_owner=opportunity_owner,
        named=_of(facts, "account.named", otherwise=False),
        active_at=None,
        by=_of(facts, "account.by", "domain"),
    )


def _of(facts: Facts, name: str, otherwise: _Value) -> _Value:
    """Return a fact if it has the type of what stands in for it."""
    value = facts.get(name)
    return value if isinstance(value, type(otherwise)) else otherwise


def _texts(facts: Facts, name: str) -> tuple[str, ...]:
    value = facts.get(name)
    return value if isinstance(value, tuple) else ()
