"""Builds the handoff packet: everything the next owner needs, and what is missing of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from itertools import compress
from operator import attrgetter
from types import MappingProxyType

from router.lead.decision import Reroute
from router.lead.handoff import Packet, Said, completeness
from router.lead.model import Classification, Lead, Owner, Touchpoint
from router.lead.written import written_id, written_time
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
    so_far: Mapping[str, object] | None = None,
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
        so_far: Of :func:`so_far`; None for a first owner.

    Returns:
        The packet; what the standard asks for and the lead lacks is in ``missing``.

    Raises:
        Misconfigured: The book has no such queue or sequence.
    """
    role = role_of(book, owner)
    standard = book.standards.get(role) or HandoffStandard(role, _OBJECTIVE, (), _NEXT_ACTION)
    present = {name for name, look_up in _needed(standard.needs) if look_up(lead)}
    share, gaps = completeness(standard.needs, present)
    found = lead.classification
    approved = found is not None and found.decided_by == "person"
    path = f"/api/leads/{written_id(lead.id)}/"
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
        so_far=so_far or {},
    )


def so_far(
    previous: Owner | None, reroute: Reroute | None, said: Sequence[Said]
) -> dict[str, object]:
    """Write what a later owner must know of the time before: it is not said of the lead itself.

    >>> so_far(None, Reroute("declined", "ann", note="too far away"), ())
    {'from': '', 'reason': 'declined', 'by': 'ann', 'note': 'too far away', 'said': []}
    >>> so_far(None, None, ())
    {}

    Args:
        previous: Who had it before.
        reroute: Why it changes hands; None for a first offer or after a replay.
        said: What was said to the person who asked, in order.
    """
    if reroute is None:
        return {}
    return {
        "from": previous.id if previous is not None else "",
        "reason": reroute.reason,
        "by": reroute.by,
        "note": reroute.note,
        "said": [
            {
                "at": written_time(each.at),
                "by": each.by,
                "channel": each.channel,
                "note": each.note,
            }
            for each in said
        ],
    }


def as_json(packet: Packet) -> dict[str, object]:
    """Write a packet as plain JSON values, times as ISO 8601 text.

    Args:
        packet: A packet of :func:`build`.

    Returns:
        A mapping with every field of the packet.
    """
    written: dict[str, object] = dict(zip(_FIELDS, _VALUES(packet), strict=True))
    written["due_at"] = None if packet.due_at is None else written_time(packet.due_at)
    written["created_at"] = written_time(packet.created_at)
    return written


_FIELDS = tuple(field.name for field in fields(Packet))
_VALUES = attrgetter(*_FIELDS)


@lru_cache(maxsize=256)
def _needed(names: tuple[str, ...]) -> tuple[tuple[str, Callable[[Lead], object]], ...]:
    """Pair the names of a standard with how each is looked up."""
    return tuple((name, _LOOKUPS.get(name) or _answer(name)) for name in names)


def _answer(question: str) -> Callable[[Lead], object]:
    return lambda lead: lead.answers.get(question)


def _missing(known: tuple[str, ...], gaps: tuple[str, ...]) -> tuple[str, ...]:
    """Join both lists; ``phone (not a valid number)`` already says that ``phone`` is missing."""
    if not gaps or not known:
        return known or gaps
    named = {entry.split(" ", 1)[0] for entry in known}
    return (*known, *(gap for gap in gaps if gap not in named))


def _source(lead: Lead) -> dict[str, object]:
    """Write where it came from; what is not known is left out."""
    origin = lead.attribution
    found: dict[str, object] = {
        "source": lead.source,
        "delivery_id": written_id(lead.delivery_id),
        "received_at": written_time(lead.received_at),
        "message": lead.message,
        "touchpoints": [_touchpoint(point) for point in lead.touchpoints],
    }
    if origin.submitted_at is not None:
        found["submitted_at"] = written_time(origin.submitted_at)
    values = _ORIGIN_VALUES(origin)
    found.update(compress(zip(_ORIGIN, values, strict=True), values))
    return found


_ORIGIN = (
    "form_id",
    "form_name",
    "form_kind",
    "page_url",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
)
_ORIGIN_VALUES = attrgetter(*_ORIGIN)


def _touchpoint(point: Touchpoint) -> dict[str, object]:
    return {
        "at": written_time(point.at),
        "source": point.source,
        "form_name": point.form_name,
        "message": point.message,
        "delivery_id": point.delivery_id,
    }


def _facts(lead: Lead) -> dict[str, object]:
    """Write who asks; what is not known is left out."""
    who = lead.person
    found: dict[str, object] = {"returning": lead.returning, "priority": lead.priority}
    values = _WHO_VALUES(who)
    found.update(compress(zip(_WHO, values, strict=True), values))
    # A number that is not valid is still the best there is to dial.
    if phone := who.phone_e164 or who.phone:
        found["phone"] = phone
    if email := who.email or who.email_canonical:
        found["email"] = email
    if lead.service_line:
        found["service_line"] = lead.service_line
    if lead.tags:
        found["tags"] = lead.tags
    if who.company_size is not None:
        found["company_size"] = who.company_size
    if lead.answers:
        found["answers"] = dict(lead.answers)
    return found


_WHO = ("name", "company", "job_title", "website", "country", "city", "postcode")
_WHO_VALUES = attrgetter(*_WHO)


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
