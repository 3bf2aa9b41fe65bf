"""Normalize one lead: everything that can be thought before any lock is taken."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from router.lead.model import Lead, Person, change
from router.lead.states import LeadState
from router.stages.clean.company import company_key, read_company_size, read_website
from router.stages.clean.country import read_country
from router.stages.clean.email import Mailbox, country_of_domain, read_email
from router.stages.clean.names import read_name
from router.stages.clean.phone import Phone, read_phone
from router.stages.clean.text import tidy

#: One change that was made: which field, from what kind of value to what kind, and how. It never
#: holds a value, so that it may be kept for ever.
Note = Mapping[str, str]

#: Fields that stay together once the first of them is known.
_CANONICAL = (
    ("email_canonical", "email", "email_domain", "email_free", "email_disposable"),
    ("phone_e164", "phone"),
)
#: What :func:`prepare` looks for itself; any other gap is one that the lead's source speaks of.
_EXPECTED = frozenset({"email", "phone", "name", "company", "country", "message"})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A lead's values as they shall be, and what it can be found by."""

    person: Person
    #: What the receiver will miss, each with the reason in brackets where there is one.
    missing: tuple[str, ...]
    notes: tuple[Note, ...]
    #: Identity keys, sorted: ``email:<canonical>``, ``phone:<E.164>``.
    keys: tuple[str, ...]
    #: The form's other answers, with what was typed but could not be read.
    answers: Mapping[str, str]


def prepare(lead: Lead, default_region: str) -> Prepared:
    """Normalize a lead's person. Doing it again changes nothing.

    A country that is not recognised and a website that is none move to ``answers``, because their
    fields hold codes and hosts only.

    Args:
        lead: The lead as captured, or as cleaned before.
        default_region: Alpha-2 country in which a phone number is read when neither the lead's
            country nor its e-mail domain tells one; may be empty.
    """
    typed, answers = lead.person, dict(lead.answers)
    mailbox = read_email(typed.email)
    typed_country = tidy(typed.country) or answers.get("country", "").strip()
    country = read_country(typed_country) if typed_country else ""
    region, read_in = _region(country, mailbox, default_region)
    phone = read_phone(typed.phone, region) if typed.phone else Phone("")
    notes = [*_mailbox_notes(mailbox), *_phone_notes(phone, read_in)]
    if not country and phone.international and phone.region:
        country = phone.region
        notes.append(_note("country", "absent", "alpha-2", "the phone's country code"))
    elif country and country != typed.country:
        notes.append(_note("country", "name", "alpha-2", "table"))
    if typed_country and not country:
        answers["country"] = typed_country
    website = read_website(typed.website) if typed.website else ""
    if typed.website.strip() and not website:
        answers["website"] = tidy(typed.website)
    name = read_name(typed.name, typed.first_name, typed.last_name)
    if typed.name and name.full != typed.name:
        notes.append(_note("name", "typed", "tidied", "spaces and capitals"))
    company = tidy(typed.company) if typed.company else ""
    size = typed.company_size
    if size is None:
        size = read_company_size(answers.get("company_size", ""))
    person = Person(
        name=name.full,
        first_name=name.first,
        last_name=name.last,
        email=mailbox.typed,
        email_canonical=mailbox.canonical,
        email_domain=mailbox.domain,
        email_free=mailbox.free,
        email_disposable=mailbox.disposable,
        phone=phone.typed,
        phone_e164=phone.e164,
        country=country,
        city=tidy(typed.city) if typed.city else "",
        postcode=tidy(typed.postcode).upper() if typed.postcode else "",
        job_title=tidy(typed.job_title) if typed.job_title else "",
        company=company,
        company_key=company_key(company) if company else "",
        website=website,
        company_size=size,
    )
    message = lead.message.strip()
    missing = _missing(person, mailbox, typed_country=typed_country, message=message)
    return Prepared(person, missing, tuple(notes), _keys(mailbox, phone), answers)


def refresh(lead: Lead, default_region: str) -> Lead:
    """Normalize what a later page of the form has filled in, in a lead that was cleaned before.

    What is canonical already stays as it is, also where a newly learned country would read it
    differently. No identity key is learned and no state is moved; doing it again changes nothing.

    Args:
        lead: The lead with the values as typed; one that is only captured is returned as it is,
            for it is still to be cleaned.
        default_region: As for :func:`prepare`.
    """
    if lead.state is LeadState.CAPTURED:
        return lead
    prepared, old = prepare(lead, default_region), lead.person
    # Any: keyword arguments by field name, each of the type that its field has in the old person.
    kept: dict[str, Any] = {
        name: getattr(old, name) for group in _CANONICAL if getattr(old, group[0]) for name in group
    }
    person = replace(prepared.person, **kept)
    return change(
        lead,
        person=person,
        answers=prepared.answers,
        missing=_gaps(lead, person, prepared.missing),
    )


def _gaps(lead: Lead, person: Person, found: tuple[str, ...]) -> tuple[str, ...]:
    """Return what is missed after a refresh; a gap that only the source knows of stays listed."""
    gaps = {entry.partition(" (")[0]: entry for entry in found}
    if person.phone_e164:
        gaps.pop("phone", None)
    for entry in lead.missing:
        name = entry.partition(" (")[0]
        # Where an e-mail address was known before, the phone is missed for the source's sake.
        wanted = name == "phone" and not person.phone_e164 and lead.person.email_canonical
        if wanted or name not in _EXPECTED:
            gaps.setdefault(name, entry)
    return tuple(gaps.values())


def _region(country: str, mailbox: Mailbox, default_region: str) -> tuple[str, str]:
    """Return the country in which a national phone number is read, and where that comes from."""
    if country:
        return country, "the typed country"
    if mailbox.domain:
        region = country_of_domain(mailbox.domain)
        if region:
            return region, "the e-mail's domain"
    return default_region, "the default region"


def _keys(mailbox: Mailbox, phone: Phone) -> tuple[str, ...]:
    keys = []
    if mailbox.canonical and not mailbox.role:
        keys.append(f"email:{mailbox.canonical}")
    if phone.e164:
        keys.append(f"phone:{phone.e164}")
    return tuple(keys)


def _missing(
    person: Person, mailbox: Mailbox, *, typed_country: str, message: str
) -> tuple[str, ...]:
    missing = []
    if not person.email_canonical:
        missing.append(f"email ({mailbox.problem})" if mailbox.problem else "email")
    if not person.phone_e164:
        if person.phone:
            missing.append("phone (not a valid number)")
        elif not person.email_canonical:
            missing.append("phone")
    if not person.name:
        missing.append("name")
    if not person.company:
        missing.append("company")
    if not person.country:
        missing.append("country (not recognised)" if typed_country else "country")
    if not message:
        missing.append("message")
    return tuple(missing)


def _note(field: str, before: str, after: str, how: str) -> Note:
    return {"field": field, "before": before, "after": after, "how": how}


def _mailbox_notes(mailbox: Mailbox) -> list[Note]:
    if mailbox.problem:
        slip = mailbox.problem.startswith("did you mean")
        return [_note("email", "typed", "unusable", "slip in the domain" if slip else "syntax")]
    notes = []
    if mailbox.role:
        notes.append(_note("email", "typed", "role mailbox", "no identity key"))
    elif mailbox.canonical and mailbox.canonical != mailbox.typed:
        notes.append(_note("email", "typed", "canonical", "the provider's rules"))
    return notes


def _phone_notes(phone: Phone, read_in: str) -> list[Note]:
    if phone.e164 and phone.e164 != phone.typed:
        how = "its country code" if phone.international else read_in
        return [_note("phone", "typed", "E.164", how)]
    if phone.typed and not phone.e164:
        return [_note("phone", "typed", "unusable", "numbering plan")]
    return []
