"""A lead as flat names with declared types: the only names a rule may mention.

The rule engine judges these facts and knows nothing of leads. A name that is absent from the
mapping is *unknown*, which is neither true nor false.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from router.lead.model import AccountMatch, Classification, Lead
from router.lead.states import LeadState

FactValue = str | int | float | bool | datetime | tuple[str, ...]
Facts = Mapping[str, FactValue]


class FactType(StrEnum):
    """How a fact's values are read from the rule book and compared."""

    #: Text, compared without regard to case.
    TEXT = "text"
    #: A code such as a country, compared without regard to case.
    CODE = "code"
    #: A whole number.
    INT = "int"
    #: A number.
    NUM = "num"
    #: true or false.
    BOOL = "bool"
    #: A moment, with its time zone.
    DATE = "date"
    #: A set of texts.
    LIST = "list"


#: The lanes that a rule can tell apart.
LANES = LIVE, IMPORTED = ("live", "import")
#: What an account can be found by, as rules tell it apart.
ACCOUNT_BY = ("contact", "domain", "name")

#: Every fact: its type and what it means. The order is the order of the documentation.
FACTS: dict[str, tuple[FactType, str]] = {
    "source": (FactType.CODE, "Name of the source that delivered the lead."),
    "lane": (FactType.CODE, "import for a lead of a bulk import, otherwise live."),
    "received_at": (FactType.DATE, "When the lead reached us."),
    "submitted_at": (FactType.DATE, "When the form was filled in, as its sender says."),
    "form.id": (FactType.TEXT, "The form tool's id of the form."),
    "form.name": (FactType.TEXT, "The form's title."),
    "form.kind": (FactType.CODE, "What the form is for, as the source's mapping says."),
    "form.honeypot": (FactType.TEXT, "Content of the hidden field that people leave empty."),
    "page.url": (FactType.TEXT, "Address of the page that held the form."),
    "utm.source": (FactType.TEXT, "Campaign source."),
    "utm.medium": (FactType.TEXT, "Campaign medium."),
    "utm.campaign": (FactType.TEXT, "Campaign name."),
    "name": (FactType.TEXT, "Full name."),
    "email.address": (FactType.TEXT, "Canonical e-mail address; unknown if invalid."),
    "email.domain": (FactType.CODE, "Domain of the e-mail address."),
    "email.valid": (FactType.BOOL, "Whether a usable e-mail address was given."),
    "email.free": (FactType.BOOL, "Whether the domain is a free-mail provider's."),
    "email.disposable": (FactType.BOOL, "Whether the domain hands out throw-away addresses."),
    "phone.number": (FactType.TEXT, "Phone number in E.164; unknown if invalid."),
    "phone.valid": (FactType.BOOL, "Whether a usable phone number was given."),
    "country": (FactType.CODE, "Country, ISO 3166 alpha-2."),
    "city": (FactType.TEXT, "City."),
    "postcode": (FactType.TEXT, "Postcode, as text: 01234 keeps its zero."),
    "company": (FactType.TEXT, "Company name."),
    "company_size": (FactType.INT, "Number of employees."),
    "job_title": (FactType.TEXT, "Job title."),
    "service_line": (FactType.CODE, "Service that the form asked for."),
    "message": (FactType.TEXT, "The person's own words."),
    "tags": (FactType.LIST, "Tags of the lead."),
    "is_returning": (FactType.BOOL, "Whether the person was known before this inquiry."),
    "account.known": (FactType.BOOL, "Whether the lead belongs to an account that we know."),
    "account.key": (FactType.TEXT, "What the CRM calls the lead's account."),
    "account.named": (FactType.BOOL, "Whether it is a named account."),
    "account.owner": (FactType.CODE, "Id of the person who owns the account."),
    "account.has_open_opportunity": (FactType.BOOL, "Whether the account has an open opportunity."),
    "account.by": (FactType.CODE, "What the account was found by: contact, domain or name."),
    "missing": (FactType.LIST, "Names of expected values that are absent or invalid."),
    "intent": (FactType.CODE, "Intent after classification."),
    "urgency": (FactType.CODE, "low, normal or high."),
    "service_interest": (FactType.CODE, "Service that the message speaks of."),
    "confidence": (FactType.NUM, "Confidence of the intent, 0 to 1."),
    "risk_flags": (FactType.LIST, "Risk flags of the classification."),
    "priority": (FactType.CODE, "Priority so far."),
}

#: Facts whose values say who somebody is: they are kept where they can be erased.
PERSONAL: frozenset[str] = frozenset(
    "name email.address email.domain phone.number city postcode company job_title message page.url "
    "form.honeypot".split()
)

_SETTLED = frozenset(LeadState) - {LeadState.CAPTURED}


def facts_of(lead: Lead) -> Facts:
    """Flatten a lead into the facts that rules judge.

    Empty text and None are left out: they are unknown. ``is_returning``, ``account.known`` and the
    validity flags are known only once the lead was cleaned; the other facts of the account only
    where there is one.

    Args:
        lead: The lead as it stands.

    Returns:
        Names of :data:`FACTS` with a value of the declared type.
    """
    person, origin, found = lead.person, lead.attribution, lead.classification
    cleaned = lead.state in _SETTLED
    values: dict[str, FactValue | None] = {
        "source": lead.source,
        "lane": IMPORTED if lead.lane else LIVE,
        "received_at": lead.received_at,
        "submitted_at": origin.submitted_at,
        "form.id": origin.form_id,
        "form.name": origin.form_name,
        "form.kind": origin.form_kind,
        "form.honeypot": lead.answers.get("honeypot", ""),
        "page.url": origin.page_url,
        "utm.source": origin.utm_source,
        "utm.medium": origin.utm_medium,
        "utm.campaign": origin.utm_campaign,
        "name": person.name,
        "email.address": person.email_canonical,
        "email.domain": person.email_domain,
        "email.valid": bool(person.email_canonical) if cleaned else None,
        "email.free": person.email_free if cleaned and person.email_domain else None,
        "email.disposable": person.email_disposable if cleaned and person.email_domain else None,
        "phone.number": person.phone_e164,
        "phone.valid": bool(person.phone_e164) if cleaned else None,
        "country": person.country,
        "city": person.city,
        "postcode": person.postcode,
        "company": person.company,
        "company_size": person.company_size,
        "job_title": person.job_title,
        "service_line": lead.service_line,
        "message": lead.message,
        "tags": lead.tags,
        "is_returning": lead.returning if cleaned else None,
        "account.known": lead.account is not None if cleaned else None,
        "missing": lead.missing if cleaned else None,
        "priority": lead.priority,
    }
    if lead.account is not None:
        values |= _of_account(lead.account)
    if found is not None:
        values |= _of_classification(found)
    return {name: value for name, value in values.items() if value not in ("", None)}


def _of_account(account: AccountMatch) -> dict[str, FactValue]:
    return {
        "account.key": account.key,
        "account.named": account.named,
        "account.owner": account.owner,
        "account.has_open_opportunity": bool(account.opportunity_owner),
        "account.by": account.by,
    }


def _of_classification(found: Classification) -> dict[str, FactValue]:
    return {
        "intent": found.intent,
        "urgency": found.urgency,
        "service_interest": found.service_interest,
        "confidence": found.confidence,
        "risk_flags": found.risk_flags,
    }


def facts_from(recorded: Mapping[str, object]) -> Facts:
    """Read facts back from the JSON that a decision kept.

    >>> facts_from({"country": "GB", "tags": ["a", "b"]})
    {'country': 'GB', 'tags': ('a', 'b')}
    >>> facts_from({"received_at": "2026-01-05T09:00:00+00:00"})["received_at"].hour
    9

    Args:
        recorded: Name to value; names that this version does not know are passed over.
    """
    values: dict[str, FactValue] = {}
    for name, value in recorded.items():
        if name in FACTS and isinstance(value, list):
            values[name] = tuple(str(item) for item in value)
        elif name in FACTS and FACTS[name][0] is FactType.DATE:
            values[name] = datetime.fromisoformat(str(value))
        elif name in FACTS and isinstance(value, (str, int, float)):
            values[name] = value
    return values
