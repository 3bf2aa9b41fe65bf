"""The shipped book is sound, and sends typical leads where its README says."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from router.lead.facts import FACTS, Facts
from router.rulebook.engine.evaluate import collect, evaluate
from router.rulebook.model import Phase, RuleBook, Verdict
from router.rulebook.reading.conditions import written_operators
from router.rulebook.reading.load import book_from_files, load_book
from router.rulebook.worktime import work_time

FOLDER = Path(__file__).resolve().parents[3] / "rules"


@pytest.fixture(scope="module")
def book() -> RuleBook:
    """Give the shipped book."""
    return load_book(FOLDER)


def decided(book: RuleBook, facts: Facts) -> Verdict:
    """Return the verdict of the first phase that has one; the fallback always has."""
    phases = (Phase.GUARDS, Phase.ROUTES, Phase.FALLBACK)
    verdicts = (evaluate(book, phase, facts) for phase in phases)
    return next(verdict for verdict in verdicts if verdict.rule is not None)


@pytest.mark.parametrize(
    ("facts", "target"),
    [
        ({"form.honeypot": "x", "country": "GB"}, ("reject", "spam")),
        (
            {"email.domain": "fourth-coffee.example", "company_size": 5000},
            ("queue", "support-triage"),
        ),
        ({"email.domain": "contoso-insights.example"}, ("review", "competitor")),
        ({"company_size": 4000, "country": "DE", "intent": "pricing"}, ("pool", "enterprise")),
        ({"country": "DE", "intent": "pricing"}, ("pool", "dach")),
        ({"country": "DE", "postcode": "80331", "intent": "pricing"}, ("pool", "dach-south")),
        ({"country": "GB", "postcode": "EC2V 7HN", "intent": "demo"}, ("pool", "uk-south")),
        ({"email.domain": "kestrel-freight.example", "country": "GB"}, ("person", "rhys-morgan")),
        ({"service_line": "health-data", "country": "GB"}, ("review", "regulated_product")),
        ({"service_line": "health-data", "country": "FR"}, ("reject", "not_licensed")),
        ({"country": "US", "service_line": "paid-media"}, ("pool", "paid-media")),
        ({"country": "IE", "intent": "support"}, ("queue", "support-triage")),
        ({"country": "NZ"}, ("person", "ruby-tran")),
        ({"country": "BR"}, ("queue", "sales-triage")),
        ({}, ("queue", "sales-triage")),
    ],
)
def test_a_typical_lead_goes_where_it_should(
    book: RuleBook, facts: Facts, target: tuple[str, str]
) -> None:
    assert decided(book, facts).effect.target == target


def test_somebody_ready_to_talk_is_answered_fast(book: RuleBook) -> None:
    found = collect(book, Phase.ENRICH, {"intent": "demo", "utm.medium": "cpc"})
    assert [verdict.effect.sla for verdict in found] == ["fast", ""]
    assert found[0].effect.priority == "high"


def test_every_rule_shows_what_it_matches_and_what_it_misses(book: RuleBook) -> None:
    for rules in book.rules.values():
        for rule in rules:
            kinds = {example.matches for example in rule.examples}
            assert kinds == ({True} if rule.phase is Phase.FALLBACK else {True, False}), rule.id


def test_every_source_that_people_are_told_of_is_there(book: RuleBook) -> None:
    assert set(book.sources) == {"generic", "html", "standard", "tally", "typeform"}
    assert book.sources["typeform"].verify.prefix == "sha256="


def test_the_book_says_itself_when_a_second_person_must_agree(book: RuleBook) -> None:
    policy = book.policy.publishing
    assert policy.approve_guards
    assert policy.approve_over == 0.2
    hours = work_time(book.calendars[policy.window])
    assert hours.is_open(datetime(2026, 11, 21, 3, tzinfo=UTC))
    assert not hours.is_open(datetime(2026, 12, 28, 12, tzinfo=UTC))


def test_each_intent_but_other_has_enough_cues(book: RuleBook) -> None:
    for intent in book.taxonomy.intents:
        assert intent.always_review or len(intent.cues) >= 15, intent.id


def _shown_conditions() -> list[str]:
    """Return every comparison that the README's table shows, as it would stand under ``when``."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    section = text.partition("## Conditions")[2].partition("\n- ")[0]
    shown, fact = [], ""
    for code in re.findall(r"`([^`]+)`", section.partition("|---|---|---|")[2]):
        name, colon, _ = code.partition(":")
        if code.startswith("{"):
            shown.append(f"{fact}: {code}")
        elif colon and name in FACTS:
            fact = name
            shown.append(code)
    return [each.replace("\\|", "|") for each in shown]


def test_every_comparison_that_the_readme_shows_can_be_read(book: RuleBook) -> None:
    shown = _shown_conditions()
    assert len(shown) > 20
    rules = "".join(
        f"  - id: shown-{number}\n    summary: As shown.\n    steward: ops@northwind.example\n"
        f"    when: {{{condition}}}\n    then: {{pool: dach}}\n"
        for number, condition in enumerate(shown)
    )
    book_from_files({**book.files, "25-shown.yaml": f"phase: routes\nrules:\n{rules}"})
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    written = {word for fact in FACTS for word in written_operators(fact)}
    assert [word for word in written if f"`{word}`" not in text and f"{word}:" not in text] == []


def test_the_rule_that_the_readme_adds_is_sound(book: RuleBook) -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    (snippet,) = re.findall(r"   ```yaml\n(   - id: benelux\n.*?)   ```", text, re.DOTALL)
    routes = book.files["20-routes.yaml"] + re.sub(r"^ ", "", f"\n{snippet}", flags=re.MULTILINE)
    added = book_from_files({**book.files, "20-routes.yaml": routes})
    assert decided(added, {"country": "NL"}).rule is added.rules[Phase.ROUTES][-1]
