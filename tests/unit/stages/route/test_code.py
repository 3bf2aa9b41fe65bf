"""Every routed event says by a stable code how the lead came to its owner."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from router.lead.ids import DeliveryId, LeadId
from router.lead.model import Classification, Lead, Person
from router.lead.states import LeadState
from router.rulebook.model import Effect, Phase, RuleBook
from router.stages.route.decide import decide, plan
from router.stages.route.seats import Away, Bar, BarKind
from router.stages.route.turns import Turns

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def code_of(book: RuleBook, *away: str) -> object:
    """Route a lead while some people are away; return the code."""
    lead = Lead(
        id=LeadId(UUID(int=7)),
        book="default",
        source="generic",
        item_key="i1",
        delivery_id=DeliveryId(UUID(int=8)),
        state=LeadState.CLASSIFIED,
        received_at=NOW,
        person=Person(name="Ann Archer", country="GB", company="Archer Mills"),
        classification=Classification("pricing", 0.9, "normal", "", "A demo, please."),
        digest=book.digest,
    )
    bar = Bar(BarKind.AWAY, "away until further notice")
    turns = Turns(NOW, away=dict.fromkeys(away, Away(bar)))
    planned = plan(lead, book, None)
    decision, _ = decide(lead, planned, book, turns, review_by=NOW + timedelta(hours=4))
    return decision.events[0].data["code"]


def only(book: RuleBook, effect: Effect, phase: Phase) -> RuleBook:
    """Return the book with one rule for everybody, in this phase."""
    rule = replace(book.rules[Phase.FALLBACK][-1], id="everybody", then=effect, phase=phase)
    rules: dict[Phase, tuple[()]] = dict.fromkeys(Phase, ())
    return replace(book, rules={**rules, phase: (rule,)})


def test_a_lead_that_goes_where_its_rule_says_is_ruled(starter_book: RuleBook) -> None:
    book = only(starter_book, Effect(pool="uk-and-ireland"), Phase.ROUTES)
    assert code_of(book) == "ruled"


def test_a_lead_whose_pool_has_nobody_says_so(starter_book: RuleBook) -> None:
    book = only(starter_book, Effect(pool="uk-and-ireland"), Phase.ROUTES)
    assert code_of(book, "tom-keane", "priya-shah") == "no_pool"


def test_a_lead_whose_person_is_away_says_so(starter_book: RuleBook) -> None:
    book = only(starter_book, Effect(person="tom-keane"), Phase.ROUTES)
    assert code_of(book, "tom-keane") == "unavailable"


def test_a_lead_that_only_the_fallback_takes_says_so(starter_book: RuleBook) -> None:
    queue = next(iter(starter_book.queues))
    assert code_of(only(starter_book, Effect(queue=queue), Phase.FALLBACK)) == "fallback"


def test_a_lead_that_no_rule_takes_says_so(starter_book: RuleBook) -> None:
    book = replace(starter_book, rules=dict.fromkeys(Phase, ()))
    assert code_of(book) == "fallback"
