"""How a lead leaves the classify stage."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from router.errors import Rejected
from router.lead.decision import AskPerson, Decision
from router.lead.events import canonical
from router.lead.model import Attribution, Lead, Person
from router.lead.states import LeadState, check_move
from router.plugins.classifiers.cues import Cues
from router.plugins.kinds import Suggestion
from router.rulebook.model import RuleBook
from router.stages.classify.decide import (
    answered,
    guard,
    judge,
    needs_suggestion,
    open_question,
)

MakeLead = Callable[..., Lead]
Suggest = Callable[..., Suggestion]


def run(lead: Lead, book: RuleBook, suggestion: Suggestion | None, now: datetime) -> Decision:
    decision = judge(lead, guard(lead, book), suggestion, book, review_by=now, now=now)
    check_move(lead.id, lead.state, decision.lead.state)
    for event in decision.events:
        canonical(event.data)
        canonical(event.personal)
    return decision


def test_a_clear_inquiry_is_classified_by_its_cues(
    make_lead: MakeLead, book: RuleBook, now: datetime
) -> None:
    lead = make_lead()
    assert needs_suggestion(guard(lead, book))
    suggestion = Cues(book.taxonomy).suggest(open_question(lead, book))
    decision = run(lead, book, suggestion, now)
    assert (decision.lead.state, decision.lead.due_at) == (LeadState.CLASSIFIED, now)
    assert decision.lead.classification is not None
    assert decision.lead.classification.decided_by == "accepted"
    (event,) = decision.events
    assert (event.kind, event.data["intent"], event.data["digest"]) == (
        "lead.classified",
        "pricing",
        "d1",
    )
    assert event.data["evidence_count"] == 2
    assert event.personal["summary"] == "What is the price?"


def test_a_guard_rejects_and_says_which_rule_saw_what(
    make_lead: MakeLead, book: RuleBook, now: datetime
) -> None:
    lead = make_lead(answers={"honeypot": "bot"})
    assert not needs_suggestion(guard(lead, book))
    decision = run(lead, book, None, now)
    assert (decision.lead.state, decision.lead.reason) == (LeadState.REJECTED, "spam")
    assert (decision.lead.resume_at, decision.lead.due_at) == (LeadState.CLASSIFIED, None)
    (event,) = decision.events
    assert (event.data["rule"], event.data["digest"]) == ("spam", "d1")
    assert event.personal["values"] == {"form.honeypot": "bot"}


def test_a_guard_that_names_an_owner_needs_no_classifier(
    make_lead: MakeLead, book: RuleBook, now: datetime
) -> None:
    lead = make_lead(attribution=Attribution(form_kind="partner"))
    assert not needs_suggestion(guard(lead, book))
    decision = run(lead, book, None, now)
    assert decision.lead.state is LeadState.CLASSIFIED
    assert decision.lead.classification is None
    data = decision.events[0].data
    assert (data["decided_by"], data["rule"], data["digest"]) == ("rule", "partners", "d1")
    assert (data["file"], data["values"]) == ("10-guards.yaml", {"form.kind": "partner"})


def test_a_guard_that_asks_holds_the_lead_until_a_person_says_continue(
    make_lead: MakeLead, book: RuleBook, suggest: Suggest, now: datetime
) -> None:
    lead = make_lead(person=Person(email_domain="rival.example", country="GB"))
    held = run(lead, book, None, now)
    (question,) = held.effects
    assert isinstance(question, AskPerson)
    assert (question.reason, question.suggestions) == ("competitor", ("continue", "reject"))
    assert (question.reviewer, question.blocking) == ("rita", True)
    assert (held.lead.state, held.lead.resume_at) == (LeadState.IN_REVIEW, LeadState.CLEANED)
    go_on = answered(held.lead, "continue", "rita", book, now).lead
    assert (go_on.state, go_on.approved, go_on.due_at) == (
        LeadState.CLEANED,
        ("competitor",),
        now,
    )
    assert needs_suggestion(guard(go_on, book))
    assert run(go_on, book, suggest(), now).lead.state is LeadState.CLASSIFIED


def test_an_unknown_fact_asks_a_person_where_the_rule_says_so(
    make_lead: MakeLead, book: RuleBook, now: datetime
) -> None:
    decision = run(make_lead(person=Person()), book, None, now)
    assert decision.lead.reason == "unknown:needs-country"
    go_on = answered(decision.lead, "continue", "rita", book, now).lead
    assert needs_suggestion(guard(go_on, book))


def test_a_classifier_that_failed_sends_the_lead_to_a_person(
    make_lead: MakeLead, book: RuleBook, now: datetime
) -> None:
    decision = run(make_lead(), book, None, now)
    assert decision.lead.reason == "classifier_unavailable"
    assert decision.lead.resume_at is LeadState.CLASSIFIED


def test_a_doubtful_suggestion_is_kept_as_a_suggestion(
    make_lead: MakeLead, book: RuleBook, suggest: Suggest, now: datetime
) -> None:
    decision = run(make_lead(), book, suggest(confidence=0.3), now)
    assert decision.lead.state is LeadState.IN_REVIEW
    assert decision.lead.classification is not None
    assert decision.lead.classification.decided_by == "suggested"
    (event,) = decision.events
    assert (event.kind, event.data["reason"]) == ("review.opened", "unclear_intent")
    assert event.data["classifier_version"] == "v1"


def in_review(make_lead: MakeLead, book: RuleBook, suggest: Suggest, now: datetime) -> Lead:
    return run(make_lead(), book, suggest(confidence=0.3), now).lead


def test_a_person_names_the_intent_and_the_lead_goes_on(
    make_lead: MakeLead, book: RuleBook, suggest: Suggest, now: datetime
) -> None:
    lead = in_review(make_lead, book, suggest, now)
    decision = answered(lead, "support", "rita", book, now)
    found = decision.lead.classification
    assert found is not None
    assert (found.intent, found.decided_by, found.evidence) == ("support", "person", ())
    assert (decision.lead.state, decision.lead.due_at) == (LeadState.CLASSIFIED, now)
    assert decision.events[0].data["suggested"] == "pricing"
    assert decision.events[0].actor == "rita"


def test_continue_takes_the_suggestion_as_it_stands(
    make_lead: MakeLead, book: RuleBook, suggest: Suggest, now: datetime
) -> None:
    lead = in_review(make_lead, book, suggest, now)
    found = answered(lead, "continue", "rita", book, now).lead.classification
    assert found is not None
    assert (found.intent, found.decided_by) == ("pricing", "person")


def test_a_person_rejects_and_it_can_be_restored(
    make_lead: MakeLead, book: RuleBook, suggest: Suggest, now: datetime
) -> None:
    lead = in_review(make_lead, book, suggest, now)
    decision = answered(lead, "reject", "rita", book, now)
    assert (decision.lead.state, decision.lead.resume_at) == (
        LeadState.REJECTED,
        LeadState.CLASSIFIED,
    )
    check_move(lead.id, LeadState.REJECTED, LeadState.CLASSIFIED)


def test_an_answer_that_is_none_lists_those_that_are(
    make_lead: MakeLead, book: RuleBook, suggest: Suggest, now: datetime
) -> None:
    lead = in_review(make_lead, book, suggest, now)
    with pytest.raises(Rejected, match="pricing, support, other, continue, reject"):
        answered(lead, "maybe", "rita", book, now)


def test_a_classifier_never_sees_who_writes(make_lead: MakeLead, book: RuleBook) -> None:
    lead = make_lead(
        person=Person(name="Ann Smith", first_name="Ann", last_name="Smith", country="GB"),
        message="Ann Smith here, ann@example.com, 020 7946 0018, https://x.example. Annual price?",
        answers={"subject": "A quote"},
    )
    enquiry = open_question(replace(lead, returning=True), book)
    assert enquiry.text == ("A quote\n[name] here, [e-mail], [phone], [link] Annual price?")
    assert enquiry.context["is_returning"] == "true"
    assert enquiry.taxonomy == "d1"
