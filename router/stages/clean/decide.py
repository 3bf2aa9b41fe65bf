"""Decide whose inquiry this is: a new person's, a known one's, or a second one of an open lead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from router.lead.decision import AskPerson, Decision, KnowContact
from router.lead.events import Event, EventKind
from router.lead.ids import ContactId, timed_id
from router.lead.model import AccountMatch, Lead, change
from router.lead.states import OPEN, LeadState
from router.stages.clean.accounts import AccountFound
from router.stages.clean.merge import append_to, is_somebody_else
from router.stages.clean.prepare import Prepared, prepare

__all__ = ["Known", "Prepared", "decide", "prepare"]

_ACTOR = "clean"
_SECOND_INQUIRY = "second_inquiry"
_DOUBT = "doubtful_duplicate"
_KEPT = "the open lead that this one joined keeps what it has"


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows under a lead's keys."""

    #: Identity key to the contact that holds it; keys nobody holds are absent.
    contacts: Mapping[str, ContactId] = field(default_factory=dict)
    #: The newest open lead of each of these contacts; contacts without one are absent.
    open_leads: Mapping[ContactId, Lead] = field(default_factory=dict)
    #: Owners of these leads who are away or have left, and who takes their place.
    gone: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Match:
    """Who the keys lead to."""

    contact_id: ContactId | None
    #: Kinds of the keys that lead there.
    by: tuple[str, ...]
    #: Keys that this contact may learn.
    learn: tuple[str, ...]
    #: Another contact that one of the keys leads to; None when there is no doubt.
    other: ContactId | None = None


@dataclass(frozen=True, slots=True)
class _Inquiry:
    """What was found out about a lead."""

    prepared: Prepared
    match: _Match
    account: AccountFound | None


def decide(  # noqa: PLR0913  # keyword-only: what the source and the roster say
    lead: Lead,
    prepared: Prepared,
    known: Known,
    now: datetime,
    *,
    required: tuple[str, ...] = (),
    reviewer: str = "",
    review_by: datetime | None = None,
    account: AccountFound | None = None,
) -> Decision:
    """Return the lead cleaned, or merged into the open lead of the same person.

    A lead is never stopped here: what is missing is listed, and a doubtful duplicate is asked
    beside the road.

    Args:
        lead: The lead as captured.
        prepared: Its normalized values, from :func:`prepare`.
        known: What is stored under ``prepared.keys``, read under the locks of those keys.
        now: The moment of the decision; aware.
        required: Canonical names without which the lead's source calls an inquiry incomplete.
        reviewer: Id of the person who is asked about a doubtful duplicate; empty asks nobody and
            leaves the doubt in the event.
        review_by: When the answer is due; ``now`` if not given.
        account: The lead's account and what was considered; None where none was looked for.
    """
    missing = _with_required(lead, prepared, required)
    match = _match(prepared, known)
    inquiry = _Inquiry(prepared, match, account)
    target = known.open_leads.get(match.contact_id) if match.contact_id else None
    if target is not None and target.id != lead.id and target.state in OPEN:
        return _merged(lead, inquiry, target, missing, known.gone)
    returning = match.contact_id is not None
    contact_id = match.contact_id or ContactId(timed_id(now, "contact", lead.id))
    # One replace with everything: it copies some forty fields.
    cleaned = change(
        lead,
        person=prepared.person,
        answers=prepared.answers,
        missing=missing,
        state=LeadState.CLEANED,
        contact_id=contact_id,
        returning=returning,
        account=account.match if account else None,
        due_at=now,
        attempts=0,
        reason="",
    )
    know = KnowContact(contact_id, new=not returning, person=prepared.person, keys=match.learn)
    questions = _questions(match, contact_id, reviewer, review_by or now)
    event = _event(EventKind.LEAD_CLEANED, cleaned, inquiry)
    opened = tuple(_opened(question) for question in questions)
    return Decision(cleaned, events=(event, *opened), effects=(know, *questions))


def _match(prepared: Prepared, known: Known) -> _Match:
    """Follow the keys to a contact; the e-mail's contact wins, for keys are sorted."""
    keys = prepared.keys
    held = {key: known.contacts[key] for key in keys if key in known.contacts}
    if not held:
        return _Match(None, (), keys)
    unheld = tuple(key for key in keys if key not in held)
    first = next(iter(held.values()))
    by = tuple(_kind(key) for key, contact in held.items() if contact == first)
    if by == ("phone",):
        open_lead = known.open_leads.get(first)
        if open_lead is not None and is_somebody_else(prepared.person, open_lead.person):
            return _Match(None, (), unheld, other=first)
    other = next((contact for contact in held.values() if contact != first), None)
    return _Match(first, by, unheld, other)


def _kind(key: str) -> str:
    return key.partition(":")[0]


def _with_required(lead: Lead, prepared: Prepared, required: tuple[str, ...]) -> tuple[str, ...]:
    gaps = [name for name in required if not _has(lead, prepared, name)]
    if not gaps:
        return prepared.missing
    listed = {entry.partition(" (")[0] for entry in prepared.missing}
    return (*prepared.missing, *(name for name in gaps if name not in listed))


def _has(lead: Lead, prepared: Prepared, name: str) -> bool:
    """Tell whether a canonical name (``message``, ``form.kind``, ``city``, ...) has a value."""
    if name == "email":
        return bool(prepared.person.email_canonical)
    if name == "phone":
        return bool(prepared.person.phone_e164)
    plain = name.replace("form.", "form_").replace("utm.", "utm_").replace("page.", "page_")
    for place in (prepared.person, lead.attribution, lead):
        value = getattr(place, plain, None)
        if value not in (None, "", ()):
            return True
    return bool(prepared.answers.get(name))


def _merged(
    lead: Lead,
    inquiry: _Inquiry,
    target: Lead,
    missing: tuple[str, ...],
    gone: Mapping[str, str],
) -> Decision:
    prepared, match = inquiry.prepared, inquiry.match
    merged = change(
        lead,
        person=prepared.person,
        answers=prepared.answers,
        missing=missing,
        state=LeadState.MERGED,
        merged_into=target.id,
        contact_id=match.contact_id,
        returning=True,
        account=target.account,
        due_at=None,
        attempts=0,
        reason=_SECOND_INQUIRY,
    )
    effects = (
        (KnowContact(match.contact_id, new=False, person=prepared.person, keys=match.learn),)
        if match.contact_id
        else ()
    )
    event = _event(EventKind.LEAD_MERGED, merged, inquiry)
    also = append_to(target, merged, match.by, gone)
    return Decision(merged, events=(event,), effects=effects, also=(also,))


def _event(kind: EventKind, lead: Lead, inquiry: _Inquiry) -> Event:
    prepared, match, account = inquiry.prepared, inquiry.match, inquiry.account
    person = prepared.person
    data: dict[str, object] = {
        "match": "returning" if match.contact_id else "new",
        "matched_by": match.by,
        "contact": str(lead.contact_id),
        # Reasons in brackets may quote a domain, which may be a person's own.
        "missing": tuple(entry.partition(" (")[0] for entry in lead.missing),
        "notes": prepared.notes,
        "flags": tuple(
            name
            for name, raised in (
                ("email_free", person.email_free),
                ("email_disposable", person.email_disposable),
                (_DOUBT, match.other is not None),
            )
            if raised
        ),
    }
    if match.other is not None:
        data["other_contact"] = str(match.other)
    if lead.merged_into is not None:
        data |= {"match": "open_lead", "into": str(lead.merged_into), "reason": lead.reason}
    personal: dict[str, object] = {
        "name": person.name,
        "email": person.email_canonical,
        "phone": person.phone_e164,
        "country": person.country,
        "company": person.company,
    }
    if account is not None:
        data["account"] = _account(account, lead.account, joined=lead.merged_into is not None)
        personal["accounts"] = {each.account.key: each.account.name for each in account.judged}
    return Event(kind, data=data, personal=personal, actor=_ACTOR)


def _account(
    found: AccountFound, match: AccountMatch | None, *, joined: bool
) -> Mapping[str, object]:
    """Tell which account a lead belongs to, by what, and why the others lost."""
    key = match.key if match else ""
    told = {
        "key": key,
        "candidates": tuple(
            {
                "key": each.account.key,
                "by": each.by.value,
                "score": each.score,
                "won": each.account.key == key,
                "why": each.why if each.won == (each.account.key == key) else _KEPT,
            }
            for each in found.judged
        ),
        "more": found.more,
    }
    if match:
        told |= {"by": match.by, "score": match.score, "owner": match.owner, "kept": joined}
    return told


def _questions(
    match: _Match, contact_id: ContactId, reviewer: str, review_by: datetime
) -> tuple[AskPerson, ...]:
    if match.other is None or not reviewer:
        return ()
    return (
        AskPerson(
            reason=_DOUBT,
            question=(
                f"Is contact {contact_id} the same person as contact {match.other}? "
                "One inquiry carries keys of both."
            ),
            reviewer=reviewer,
            suggestions=("same_person", "different_people"),
            due_at=review_by,
            blocking=False,
        ),
    )


def _opened(question: AskPerson) -> Event:
    data = {
        "reason": question.reason,
        "reviewer": question.reviewer,
        "suggestions": question.suggestions,
        "due_at": question.due_at.isoformat(),
        "blocking": question.blocking,
    }
    return Event(EventKind.REVIEW_OPENED, data=data, actor=_ACTOR)
