"""Decide what an inquiry is about: the guards of the book, then a classifier behind the gate."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from router.errors import Rejected
from router.lead.decision import AskPerson, Decision
from router.lead.events import Event, EventKind
from router.lead.facts import facts_of
from router.lead.model import Classification, Lead, change
from router.lead.states import LeadState
from router.lead.written import written_id
from router.plugins.classifiers.text import plain, redact
from router.plugins.kinds import Enquiry, Suggestion
from router.rulebook.engine.evaluate import evaluate
from router.rulebook.model import Effect, Phase, Rule, RuleBook, Verdict
from router.rulebook.record import record
from router.stages.classify.gate import UNAVAILABLE, Gated, weigh

#: What a person may answer besides an intent.
CONTINUE, REJECT = "continue", "reject"
#: Reason of a lead that a person rejected in review.
REJECTED_BY_PERSON = "rejected_by_person"
_ACTOR = "classify"
#: What a decision keeps: for good, and what may have to be erased.
_Recorded = tuple[dict[str, object], dict[str, object]]
_TARGETS = frozenset({"person", "pool", "queue", "sequence"})
_SETTLED = _TARGETS | {"reject"}


def guard(lead: Lead, book: RuleBook) -> Verdict:
    """Ask the book's hard constraints about a cleaned lead.

    A guard whose review a person has answered with "continue", or from whose refusal a person has
    brought the lead back, holds it no more.

    Args:
        lead: The lead, cleaned.
        book: The version it started with.
    """
    verdict = evaluate(book, Phase.GUARDS, facts_of(lead))
    if lead.approved and (_held_by(verdict) or verdict.effect.reject) in lead.approved:
        return Verdict(None, Effect(), None, verdict.position)
    return verdict


def needs_suggestion(verdict: Verdict) -> bool:
    """Return whether the guards left open what the inquiry is about.

    Args:
        verdict: What :func:`guard` said.
    """
    return not _held_by(verdict) and verdict.effect.target[0] not in _SETTLED


def open_question(lead: Lead, book: RuleBook) -> Enquiry:
    """Return what a classifier may see: the words of the inquiry, without who wrote them.

    Args:
        lead: The lead, cleaned.
        book: The version whose labels are allowed.
    """
    context = {
        "service_line": lead.service_line,
        "country": lead.person.country,
        "form.kind": lead.attribution.form_kind,
        "is_returning": "true" if lead.returning else "false",
    }
    return Enquiry(written_id(lead.id), _text(lead), context, book.digest)


def judge(  # noqa: PLR0913  # keyword-only: the reviewer's deadline and the time
    lead: Lead,
    verdict: Verdict,
    suggestion: Suggestion | None,
    book: RuleBook,
    *,
    review_by: datetime,
    now: datetime,
) -> Decision:
    """Return the lead classified, rejected, or before a person.

    Args:
        lead: The lead, cleaned.
        verdict: What :func:`guard` said of it.
        suggestion: What the classifier proposed for :func:`open_question`; None when the guards
            settled it, or when the classifier failed.
        book: The version the lead started with.
        review_by: When a person's answer would be due.
        now: The moment of the decision; aware.
    """
    gated = None
    if suggestion is not None and needs_suggestion(verdict):
        gated = weigh(suggestion, _text(lead), book.taxonomy)
    return conclude(lead, verdict, gated, book, review_by=review_by, now=now)


def conclude(  # noqa: PLR0913  # keyword-only: the reviewer's deadline and the time
    lead: Lead,
    verdict: Verdict,
    gated: Gated | None,
    book: RuleBook,
    *,
    review_by: datetime,
    now: datetime,
) -> Decision:
    """Return the lead classified, rejected, or before a person.

    A guard that names an owner settles the lead without a classifier; the route stage asks the
    guards again for that owner. A lead held by a guard goes on from ``cleaned`` once a person
    said "continue", so that its intent is still found.

    Args:
        lead: The lead, cleaned.
        verdict: What :func:`guard` said of it.
        gated: What passed the gate; None when the guards settled it, or when the classifier failed.
        book: The version the lead started with.
        review_by: When a person's answer would be due.
        now: The moment of the decision; aware.
    """
    held_by = _held_by(verdict)
    if held_by:
        return _held(lead, verdict, held_by, book, review_by)
    kind, target = verdict.effect.target
    if kind == "reject":
        return _rejected(lead, target, *_recorded(lead, verdict, book))
    if kind in _TARGETS:
        said, values = record(book, verdict, facts_of(lead), Phase.GUARDS)
        data = {**said, "decided_by": "rule"}
        return _classified(
            lead,
            lead.classification,
            now,
            Event(EventKind.LEAD_CLASSIFIED, data, {"values": values}, actor=_ACTOR),
        )
    if gated is None:
        intents = tuple(intent.id for intent in book.taxonomy.intents[:3])
        return _asked(lead, UNAVAILABLE, intents, book, review_by, data={})
    found = gated.classification
    if not gated.reason:
        data = _data(found, book)
        event = Event(EventKind.LEAD_CLASSIFIED, data, _personal(found), actor=_ACTOR)
        return _classified(lead, found, now, event)
    tentative = replace(found, decided_by="suggested")
    return _doubtful(change(lead, classification=tentative), gated, book, review_by)


def answered(lead: Lead, answer: str, by: str, book: RuleBook, now: datetime) -> Decision:
    """Send a lead on as a person answered; the caller closes the question itself.

    Args:
        lead: A lead in review.
        answer: An intent of the book, ``continue`` (go on as it is, or as suggested) or
            ``reject``.
        by: Id of the person.
        book: The version the lead started with.
        now: The moment of the answer; aware.

    Raises:
        Rejected: The answer is none of these; the message lists them.
    """
    if answer == REJECT:
        data = {"decided_by": "person", "by": by, "digest": book.digest, "asked": lead.reason}
        return _rejected(lead, REJECTED_BY_PERSON, data, {}, actor=by)
    if answer == CONTINUE:
        return _continued(lead, by, book, now)
    intents = tuple(intent.id for intent in book.taxonomy.intents)
    if answer not in intents:
        allowed = ", ".join((*intents, CONTINUE, REJECT))
        raise Rejected(
            f"{answer[:80]!r} does not answer the question about lead {lead.id}. "
            f"Answer with one of: {allowed}.",
            code="unknown_answer",
        )
    return _as_person_says(lead, answer, by, book, now)


def _text(lead: Lead) -> str:
    person = lead.person
    subject = lead.answers.get("subject", "")
    typed = f"{subject}\n{lead.message}" if subject else lead.message
    return redact(plain(typed), (person.name, person.first_name, person.last_name))


def _held_by(verdict: Verdict) -> str:
    """Return the code of the review that a guard asks for; empty when nobody has to look."""
    if verdict.review_rule is not None:
        return f"unknown:{verdict.review_rule.id}"
    return verdict.effect.review


def _classified(lead: Lead, found: Classification | None, now: datetime, event: Event) -> Decision:
    passed = change(
        lead,
        state=LeadState.CLASSIFIED,
        classification=found,
        due_at=now,
        attempts=0,
        resume_at=None,
        reason="",
    )
    return Decision(passed, events=(event,))


def _rejected(
    lead: Lead,
    reason: str,
    data: Mapping[str, object],
    personal: Mapping[str, object],
    actor: str = _ACTOR,
) -> Decision:
    # Restoring it skips the guards, or the one that rejected it would do so again.
    gone = change(
        lead,
        state=LeadState.REJECTED,
        resume_at=LeadState.CLASSIFIED,
        reason=reason,
        due_at=None,
        attempts=0,
    )
    event = Event(
        EventKind.LEAD_REJECTED,
        data={**data, "reason": reason},
        personal=personal,
        actor=actor,
    )
    return Decision(gone, events=(event,))


def _held(lead: Lead, verdict: Verdict, code: str, book: RuleBook, review_by: datetime) -> Decision:
    rule = verdict.review_rule or verdict.rule
    said, personal = _recorded(lead, verdict, book)
    data = {**said, "decided_by": "rule"}
    held = change(lead, resume_at=LeadState.CLEANED)
    return _asked(
        held, code, (CONTINUE, REJECT), book, review_by, data=data, personal=personal, rule=rule
    )


def _doubtful(lead: Lead, gated: Gated, book: RuleBook, review_by: datetime) -> Decision:
    found = gated.classification
    return _asked(lead, gated.reason, gated.best, book, review_by, data=_data(found, book))


def _asked(  # noqa: PLR0913  # private: one place that puts a lead before a person
    lead: Lead,
    reason: str,
    suggestions: tuple[str, ...],
    book: RuleBook,
    review_by: datetime,
    *,
    data: Mapping[str, object],
    personal: Mapping[str, object] | None = None,
    rule: Rule | None = None,
) -> Decision:
    held = change(
        lead,
        state=LeadState.IN_REVIEW,
        resume_at=lead.resume_at or LeadState.CLASSIFIED,
        reason=reason,
        due_at=None,
        attempts=0,
    )
    question = AskPerson(
        reason=reason,
        question=_question(reason, rule),
        reviewer=book.taxonomy.reviewer,
        suggestions=suggestions,
        due_at=review_by,
    )
    event = Event(
        EventKind.REVIEW_OPENED,
        data={
            "digest": book.digest,
            **data,
            "reason": reason,
            "reviewer": question.reviewer,
            "suggestions": suggestions,
            "due_at": review_by.isoformat(),
        },
        personal={
            **(_personal(lead.classification) if lead.classification else {}),
            **(personal or {}),
        },
        actor=_ACTOR,
    )
    return Decision(held, events=(event,), effects=(question,))


def _question(reason: str, rule: Rule | None) -> str:
    if rule is not None:
        return f"{rule.summary} Continue with this lead, or reject it?"
    if reason == UNAVAILABLE:
        return "The classifier did not answer. What is this inquiry about?"
    return f"What is this inquiry about? It was not settled because of: {reason}."


def _continued(lead: Lead, by: str, book: RuleBook, now: datetime) -> Decision:
    """Go on from where the lead was held; what it was held for holds it no more."""
    approved = lead.approved if lead.reason in lead.approved else (*lead.approved, lead.reason)
    go_on = change(lead, approved=approved)
    found = lead.classification
    if lead.resume_at is LeadState.CLEANED:
        passed = replace(
            go_on, state=LeadState.CLEANED, due_at=now, attempts=0, resume_at=None, reason=""
        )
        return Decision(passed)
    if found is not None:
        found = replace(found, decided_by="person")
    data: dict[str, object] = {"decided_by": "person", "by": by, "digest": book.digest}
    if found is not None:
        data = {**_data(found, book), **data}
    event = Event(EventKind.LEAD_CLASSIFIED, data, _personal(found) if found else {}, actor=by)
    return _classified(go_on, found, now, event)


def _as_person_says(lead: Lead, intent: str, by: str, book: RuleBook, now: datetime) -> Decision:
    suggested = lead.classification
    found = Classification(
        intent=intent,
        confidence=1.0,
        urgency=suggested.urgency if suggested else "normal",
        service_interest=suggested.service_interest if suggested else "",
        summary=suggested.summary if suggested else "",
        # The phrases spoke for what was suggested; for another intent they are no evidence.
        evidence=suggested.evidence if suggested and suggested.intent == intent else (),
        alternatives=suggested.alternatives if suggested else (),
        risk_flags=suggested.risk_flags if suggested else (),
        decided_by="person",
        classifier=suggested.classifier if suggested else "",
        version=suggested.version if suggested else "",
    )
    data = {
        **_data(found, book),
        "by": by,
        "suggested": suggested.intent if suggested else "",
        "asked": lead.reason,
    }
    approved = lead.approved if lead.reason in lead.approved else (*lead.approved, lead.reason)
    event = Event(EventKind.LEAD_CLASSIFIED, data, _personal(found), actor=by)
    return _classified(change(lead, approved=approved), found, now, event)


def _data(found: Classification, book: RuleBook) -> dict[str, object]:
    return {
        "decided_by": found.decided_by,
        "intent": found.intent,
        "confidence": found.confidence,
        "urgency": found.urgency,
        "service_interest": found.service_interest,
        "alternatives": {each.intent: each.confidence for each in found.alternatives},
        "evidence_count": len(found.evidence),
        "risk_flags": found.risk_flags,
        "classifier": found.classifier,
        "classifier_version": found.version,
        "digest": book.digest,
    }


def _personal(found: Classification) -> dict[str, object]:
    return {"summary": found.summary, "evidence": found.evidence}


def _recorded(lead: Lead, verdict: Verdict, book: RuleBook) -> _Recorded:
    facts = facts_of(lead)
    said, values = record(book, verdict, facts, Phase.GUARDS)
    # The lead may stop here for good: all that was judged is kept, for those who try other rules.
    return said, {"values": values, "facts": dict(facts)}
