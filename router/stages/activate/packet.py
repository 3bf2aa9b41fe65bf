"""Builds the handoff packet: everything the next owner needs, and what is missing of it."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from types import MappingProxyType

from router.lead.handoff import Packet, completeness
from router.lead.model import Classification, Lead, Owner
from router.rulebook.model import HandoffStandard, RuleBook
from router.rulebook.roster import role_of

#: What a role is given when the book says nothing about it.
_OBJECTIVE = "Speak to this person and agree on the next step."
_NEXT_ACTION = "Get in touch, then report what came of it."


def _found(name: str) -> Callable[[Lead], object]:
    return lambda lead: lead.classification and getattr(lead.classification, name)


#: How each name that a standard may ask for is looked up. The short names are those of a source's
#: mapping, the dotted ones those of the rules' facts. Other names are questions of the form.
_LOOKUPS: Mapping[str, Callable[[Lead], object]] = MappingProxyType(
    {
        "name": lambda lead: lead.person.name,
        "first_name": lambda lead: lead.person.first_name,
        "last_name": lambda lead: lead.person.last_name,
        "email": lambda lead: lead.person.email_canonical,
        "email.address": lambda lead: lead.person.email_canonical,
        "email.domain": lambda lead: lead.person.email_domain,
        "email.valid": lambda lead: lead.person.email_canonical,
        "phone": lambda lead: lead.person.phone_e164,
        "phone.number": lambda lead: lead.person.phone_e164,
        "phone.valid": lambda lead: lead.person.phone_e164,
        "country": lambda lead: lead.person.country,
        "city": lambda lead: lead.person.city,
        "postcode": lambda lead: lead.person.postcode,
        "company": lambda lead: lead.person.company,
        "company_size": lambda lead: lead.person.company_size is not None,
        "job_title": lambda lead: lead.person.job_title,
        "website": lambda lead: lead.person.website,
        "message": lambda lead: lead.message,
        "service_line": lambda lead: lead.service_line,
        "service_interest": _found("service_interest"),
        "intent": _found("intent"),
        "urgency": _found("urgency"),
        "confidence": lambda lead: lead.classification is not None,
        "summary": _found("summary"),
        "evidence": _found("evidence"),
        "source": lambda lead: lead.source,
        "form": lambda lead: lead.attribution.form_name or lead.attribution.form_id,
        "form.id": lambda lead: lead.attribution.form_id,
        "form.name": lambda lead: lead.attribution.form_name,
        "form.kind": lambda lead: lead.attribution.form_kind,
        "page": lambda lead: lead.attribution.page_url,
        "page.url": lambda lead: lead.attribution.page_url,
        "campaign": lambda lead: lead.attribution.utm_campaign,
        "utm.source": lambda lead: lead.attribution.utm_source,
        "utm.medium": lambda lead: lead.attribution.utm_medium,
        "utm.campaign": lambda lead: lead.attribution.utm_campaign,
        "utm.term": lambda lead: lead.attribution.utm_term,
        "utm.content": lambda lead: lead.attribution.utm_content,
        "submitted_at": lambda lead: lead.attribution.submitted_at,
        "touchpoints": lambda lead: lead.touchpoints,
        "tags": lambda lead: lead.tags,
        "priority": lambda lead: lead.priority,
    }
)


def build(  # noqa: PLR0913 - a packet is made once, from everything that was concluded
    lead: Lead,
    owner: Owner,
    book: RuleBook,
    now: datetime,
    *,
    why: str,
    rule: str,
    due_at: datetime | None,
) -> Packet:
    """Build the packet that travels with a lead to its owner.

    Args:
        lead: The lead as it stands.
        owner: Who receives it.
        book: Gives the receiving role's standard.
        now: The packet's time of making.
        why: Why this owner, in one sentence.
        rule: Id of the rule that decided.
        due_at: By when the first action is promised; None without a promise.

    Returns:
        The packet; what the standard asks for and the lead lacks is in ``missing``.

    Raises:
        Misconfigured: The book has no such queue or sequence.
    """
    role = role_of(book, owner)
    standard = book.standards.get(role) or HandoffStandard(role, _OBJECTIVE, (), _NEXT_ACTION)
    present = frozenset(name for name in standard.needs if _present(lead, name))
    share, gaps = completeness(standard.needs, present)
    found = lead.classification
    approved = found is not None and found.decided_by == "person"
    path = f"/api/leads/{lead.id}/"
    return Packet(
        role=role,
        objective=standard.objective,
        source=_source(lead),
        facts=_facts(lead),
        classification={} if found is None else _classification(found),
        why=why,
        rule=rule,
        next_action=standard.next_action,
        due_at=due_at,
        missing=_missing(lead.missing, gaps),
        risk_flags=() if found is None else found.risk_flags,
        approval="approved" if approved else "not_needed",
        promised=standard.promised,
        accountable=owner.accountable,
        created_at=now,
        respond={"accept": path + "accept", "decline": path + "decline", "touch": path + "touch"},
        outcome_to=path + "outcome",
        completeness=share,
    )


def as_json(packet: Packet) -> dict[str, object]:
    """Write a packet as plain JSON values, times as ISO 8601 text.

    Args:
        packet: A packet of :func:`build`.

    Returns:
        A mapping with every field of the packet.
    """
    written: dict[str, object] = {name: getattr(packet, name) for name in _FIELDS}
    written["due_at"] = _time(packet.due_at)
    written["created_at"] = _time(packet.created_at)
    return written


_FIELDS = tuple(field.name for field in fields(Packet))


def _present(lead: Lead, name: str) -> bool:
    look_up = _LOOKUPS.get(name)
    return bool(look_up(lead) if look_up is not None else lead.answers.get(name))


def _missing(known: tuple[str, ...], gaps: tuple[str, ...]) -> tuple[str, ...]:
    """Join both lists; ``phone (not a valid number)`` already says that ``phone`` is missing."""
    named = {entry.split(" ", 1)[0] for entry in known}
    return (*known, *(gap for gap in gaps if gap not in named))


def _source(lead: Lead) -> dict[str, object]:
    origin = lead.attribution
    values: dict[str, object] = {
        "source": lead.source,
        "delivery_id": str(lead.delivery_id),
        "received_at": _time(lead.received_at),
        "submitted_at": _time(origin.submitted_at),
        "form_id": origin.form_id,
        "form_name": origin.form_name,
        "form_kind": origin.form_kind,
        "page_url": origin.page_url,
        "utm_source": origin.utm_source,
        "utm_medium": origin.utm_medium,
        "utm_campaign": origin.utm_campaign,
        "utm_term": origin.utm_term,
        "utm_content": origin.utm_content,
        "message": lead.message,
        "touchpoints": [
            {
                "at": _time(point.at),
                "source": point.source,
                "form_name": point.form_name,
                "message": point.message,
                "delivery_id": point.delivery_id,
            }
            for point in lead.touchpoints
        ],
    }
    return _known(values)


def _facts(lead: Lead) -> dict[str, object]:
    who = lead.person
    values: dict[str, object] = {
        "name": who.name,
        "email": who.email or who.email_canonical,
        "phone": who.phone_e164 or who.phone,
        "company": who.company,
        "job_title": who.job_title,
        "company_size": who.company_size,
        "website": who.website,
        "country": who.country,
        "city": who.city,
        "postcode": who.postcode,
        "service_line": lead.service_line,
        "returning": lead.returning,
        "priority": lead.priority,
        "tags": lead.tags,
        "answers": dict(lead.answers),
    }
    return _known(values)


def _classification(found: Classification) -> dict[str, object]:
    return {
        "intent": found.intent,
        "confidence": found.confidence,
        "urgency": found.urgency,
        "service_interest": found.service_interest,
        "summary": found.summary,
        "evidence": found.evidence,
        "alternatives": [
            {"intent": other.intent, "confidence": other.confidence} for other in found.alternatives
        ],
        "decided_by": found.decided_by,
        "classifier": found.classifier,
        "version": found.version,
    }


def _known(values: Mapping[str, object]) -> dict[str, object]:
    """Leave out what is not known: empty text, empty lists and None, but not ``False`` or 0."""
    return {
        name: value
        for name, value in values.items()
        if value or value is False or (value == 0 and isinstance(value, int))
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
