"""Who gets a lead when people have left, and when a person has brought the lead back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from router.errors import Rejected
from router.lead.decision import Decision, Reroute
from router.lead.ids import DeliveryId, LeadId
from router.lead.model import Classification, Lead, Owner, Person
from router.lead.states import LeadState, OwnerKind
from router.rulebook.model import AllOf, Effect, Phase, RuleBook
from router.stages.route.decide import decide, plan
from router.stages.route.turns import LEFT, Turns

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def a_lead(book: RuleBook, intent: str = "pricing", **changes: object) -> Lead:
    """Return a classified lead from the United Kingdom."""
    lead = Lead(
        id=LeadId(UUID(int=7)),
        book="default",
        source="generic",
        item_key="i1",
        delivery_id=DeliveryId(UUID(int=8)),
        state=LeadState.CLASSIFIED,
        received_at=NOW,
        person=Person(name="Ann Archer", country="GB", company="Archer Mills"),
        classification=Classification(intent, 0.9, "normal", "", "A demo, please."),
        digest=book.digest,
    )
    return replace(lead, **changes)  # type: ignore[arg-type]  # a test names real fields


def without(book: RuleBook, *left: str) -> RuleBook:
    """Return the book as it is asked once these people have left."""
    return replace(book, people={name: it for name, it in book.people.items() if name not in left})


def routed(lead: Lead, book: RuleBook, reroute: Reroute | None = None) -> Decision:
    """Route a lead; nobody is owed anything yet."""
    planned = plan(lead, book, reroute)
    decision, _ = decide(lead, planned, book, Turns(NOW), review_by=NOW + timedelta(hours=4))
    return decision


def naming(book: RuleBook, effect: Effect) -> RuleBook:
    """Return the book with one route for everybody."""
    first = book.rules[Phase.ROUTES][-1]
    rule = replace(first, id="everybody", when=AllOf((), first.place), then=effect)
    return replace(book, rules={**book.rules, Phase.ROUTES: (rule,)})


def test_a_rule_that_names_somebody_who_left_means_the_fallback_owner(
    starter_book: RuleBook,
) -> None:
    book = without(naming(starter_book, Effect(person="tom-keane")), "tom-keane")
    lead = routed(a_lead(book), book).lead
    assert lead.owner == Owner(OwnerKind.PERSON, "ines-okafor", "ines-okafor")
    assert f"Tom-keane {LEFT}: fallback owner ines-okafor" in lead.why


def test_a_queue_whose_accountable_person_left_is_answered_for_by_the_fallback_owner(
    starter_book: RuleBook,
) -> None:
    book = without(starter_book, "noah-fischer")
    lead = routed(a_lead(book, "support"), book).lead
    assert lead.owner == Owner(OwnerKind.QUEUE, "support-triage", "ines-okafor")
    assert f"noah-fischer {LEFT}: ines-okafor is accountable" in lead.why


def test_a_pool_in_which_nobody_is_left_means_the_fallback_owner(starter_book: RuleBook) -> None:
    book = without(starter_book, "tom-keane", "priya-shah")
    decision = routed(a_lead(book), book)
    assert decision.lead.owner == Owner(OwnerKind.PERSON, "ines-okafor", "ines-okafor")
    said = {"chosen": False, "why": LEFT, "owed": 0.0, "bar": "left", "pool": "uk-and-ireland"}
    assert decision.events[0].data["candidates"] == [
        {"person": "priya-shah", **said},
        {"person": "tom-keane", **said},
    ]


def test_nobody_can_ask_for_somebody_who_left(starter_book: RuleBook) -> None:
    book = without(starter_book, "tom-keane")
    owner = Owner(OwnerKind.PERSON, "priya-shah", "priya-shah", "uk-and-ireland")
    lead = a_lead(book, state=LeadState.ACTIVATED, owner=owner)
    with pytest.raises(Rejected, match="'tom-keane' left the roster") as refused:
        routed(lead, book, Reroute("reassigned", "ops", to="tom-keane"))
    assert refused.value.code == "unknown_person"


def test_a_refusal_holds_a_lead_until_a_person_brings_it_back(starter_book: RuleBook) -> None:
    first = routed(a_lead(starter_book, "solicitation"), starter_book).lead
    assert (first.state, first.reason) == (LeadState.REJECTED, "solicitation")
    restored = a_lead(starter_book, "solicitation", approved=("solicitation",))
    decision = routed(restored, starter_book)
    assert (decision.lead.state, decision.lead.rule) == (LeadState.ROUTED, "uk-and-ireland")
    data = decision.events[0].data
    rule = next(one for one in starter_book.rules[Phase.ROUTES] if one.id == "uk-and-ireland")
    assert (data["file"], data["line"]) == (rule.place.file, rule.place.line)
    assert (data["phase"], data["values"]) == ("routes", {"country": "GB"})
    assert "company_size" in data["unknown_facts"]  # type: ignore[operator]  # a tuple of names
