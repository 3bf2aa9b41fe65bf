"""The words of an explanation, without a lead: conditions, durations, events, expectations."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import orjson
import pytest

from router.cli.explain import differences
from router.lead.events import EventKind
from router.lead.facts import Facts
from router.road.explain import build, tell
from router.road.explain.rehearse import rehearse_alone, sample
from router.road.explain.rules import describe, phases
from router.road.explain.timeline import words_of
from router.rulebook.model import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    NotOf,
    Operator,
    Phase,
    Place,
    RuleBook,
)
from router.settings import Settings

_NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
_AT = Place("20-routes.yaml", 7)
_UTC = ZoneInfo("UTC")


def test_every_event_has_words_of_its_own_and_none_breaks_on_missing_data() -> None:
    for kind in EventKind:
        said = words_of(kind, {}, {}, _UTC)
        assert said, kind
        assert said != kind.replace(".", " "), f"{kind} has no words"


def test_an_event_that_was_changed_is_still_named() -> None:
    assert words_of("lead.routed", {"owner": "tom"}, {}, _UTC) == "lead routed"
    assert words_of("lead.teleported", {}, {}, _UTC) == "lead teleported"


@pytest.mark.parametrize(
    ("condition", "facts", "said"),
    [
        (Comparison("country", Operator.IS, "gb", _AT), {"country": "GB"}, "country is GB"),
        (
            Comparison("country", Operator.IN, ("gb", "ie"), _AT),
            {"country": "FR"},
            "country is FR (takes one of gb, ie)",
        ),
        (
            Comparison("email.domain", Operator.IN_LIST, "", _AT, "customers"),
            {},
            "email.domain is unknown (takes one of the list customers)",
        ),
        (
            Comparison("message", Operator.MISSING, True, _AT),  # noqa: FBT003 - what a rule says
            {"message": "Hello"},
            "message is Hello (takes nothing)",
        ),
        (
            AllOf(
                (
                    Comparison("tags", Operator.HAS, "vip", _AT),
                    NotOf(Comparison("phone.valid", Operator.IS, False, _AT), _AT),  # noqa: FBT003 - what a rule says
                ),
                _AT,
            ),
            {"tags": (), "phone.valid": True},
            "tags is empty (takes vip among them) and not: phone.valid is yes (takes no)",
        ),
        (
            AnyOf(
                (
                    Comparison("confidence", Operator.LT, 0.5, _AT),
                    AllOf((Comparison("city", Operator.CONTAINS, "port", _AT),), _AT),
                ),
                _AT,
            ),
            {"confidence": 0.75, "city": "Oport"},
            "confidence is 0.75 (takes less than 0.5) or (city is Oport (takes a text with port))",
        ),
    ],
)
def test_a_condition_says_what_there_is_and_what_it_takes(
    condition: Condition, facts: Facts, said: str
) -> None:
    assert describe(condition, facts) == said


def test_a_guard_that_a_person_let_pass_does_not_stop_the_story(starter_book: RuleBook) -> None:
    facts: Facts = {"email.domain": "contoso-insights.example", "country": "GB"}
    held = phases(starter_book, facts, (), routed=False)
    assert [phase.effect for phase in held] == ["review competitor"]
    passed = phases(starter_book, facts, ("competitor",), routed=True)
    assert passed[0].effect == "review competitor (a person let it pass)"
    assert passed[1].effect == "pool uk-and-ireland"


def test_a_refusal_from_which_a_person_brought_the_lead_back_is_told_as_passed_over(
    starter_book: RuleBook,
) -> None:
    facts: Facts = {"intent": "solicitation", "country": "GB", "company_size": 400}
    refused = phases(starter_book, facts, (), routed=True)
    assert refused[1].effect == "reject solicitation"
    guards, let_pass, decided, *rest = phases(starter_book, facts, ("solicitation",), routed=True)
    assert guards.decided is None
    assert let_pass.effect == "reject solicitation (a person let it pass)"
    assert (decided.phase, decided.effect) == ("routes", "pool uk-and-ireland")
    assert let_pass.judged + decided.judged == 1 + [
        rule.id for rule in starter_book.rules[Phase.ROUTES]
    ].index("uk-and-ireland")
    assert [phase.phase for phase in rest] == ["enrich"] * len(rest)


def test_a_guards_refusal_that_a_person_lifted_is_told_before_the_lead_is_routed(
    starter_book: RuleBook,
) -> None:
    facts: Facts = {"form.honeypot": "https://win-a-prize.example", "country": "GB"}
    lifted, rest = phases(starter_book, facts, ("spam",), routed=False)
    assert lifted.effect == "reject spam (a person let it pass)"
    assert rest.decided is None


def test_the_text_is_short_and_answers_first(starter_book: RuleBook) -> None:
    body = {"name": "Ann Archer", "email": "ann@example.com", "country": "DE", "message": "demo?"}
    delivery = sample(orjson.dumps(body), "generic", "default", _NOW)
    (material,) = rehearse_alone(Settings(), starter_book, delivery, _NOW)
    text = tell(build(material, starter_book))
    assert text.splitlines()[0] == "Sample, never sent: Ann Archer"
    assert max(map(len, text.splitlines())) <= 100
    assert text.index("NEXT") < text.index("WHAT CAME IN") < text.index("WHAT HAPPENED")


def test_an_expectation_that_is_not_met_is_told_with_what_is(starter_book: RuleBook) -> None:
    delivery = sample(b"email=ann%40example.com&form_kind=partner", "generic", "default", _NOW)
    (material,) = rehearse_alone(Settings(), starter_book, delivery, _NOW)
    found = build(material, starter_book)
    assert not differences(found, [("queue", "partner-desk"), ("rule", "partner-form")])
    assert differences(found, [("owner", "tom-keane"), ("state", "rejected")]) == [
        "Expected owner=tom-keane, but it is none.",
        "Expected state=rejected, but it is activated.",
    ]
