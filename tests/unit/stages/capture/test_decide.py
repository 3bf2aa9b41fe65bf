"""What a delivery becomes: new leads, updates, or a reason."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from router.lead.decision import Act
from router.lead.delivery import Delivery
from router.lead.events import EventKind
from router.lead.model import Lead, Owner
from router.lead.states import DeliveryState, LeadState, OwnerKind
from router.rulebook.model import RuleBook, Source
from router.stages.capture.decide import Captured, decide, prepare

NOW = datetime(2026, 1, 5, 10, 31, tzinfo=UTC)
Deliver = Callable[..., Delivery]
Sources = dict[str, Source]


def _leads(captured: Captured) -> list[Lead]:
    return [decision.lead for decision in captured.decisions]


def test_flat_json_becomes_one_lead_with_all_that_was_said(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    delivery = deliver("generic/demo-request.json")
    captured = decide(delivery, sources["generic"], book, {}, NOW)
    (lead,) = _leads(captured)
    assert captured.state is DeliveryState.CAPTURED
    assert lead.state is LeadState.CAPTURED
    assert lead.item_key == "inq-20260105-0017"
    assert lead.person.name == "Maren Holt"
    assert lead.person.company_size == 51
    assert lead.attribution.form_name == "Demo request"
    assert lead.attribution.submitted_at == datetime(2026, 1, 5, 9, 15, tzinfo=UTC)
    assert lead.message.startswith("We want to see a demo")
    assert lead.answers == {
        "Budget": "20k-50k",
        "company_size": "51-200",
        "topics": "reporting, routing",
        "newsletter": "yes",
    }
    assert lead.missing == ()
    assert lead.digest == "digest-1"
    assert lead.due_at == NOW
    assert lead.received_at == delivery.received_at
    assert lead.touchpoints[0].message == lead.message


def test_the_event_names_what_was_mapped_and_keeps_personal_values_apart(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    captured = decide(deliver("generic/demo-request.json"), sources["generic"], book, {}, NOW)
    (event,) = captured.decisions[0].events
    assert event.kind is EventKind.LEAD_CAPTURED
    assert "email" in str(event.data["mapped"])
    assert event.data["unmapped"] == ("topics", "newsletter")
    assert "maren.holt" not in str(event.data)
    assert "maren.holt" in str(event.personal)


def test_the_same_delivery_makes_the_same_lead_id(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    delivery = deliver("generic/demo-request.json")
    first, second = (decide(delivery, sources["generic"], book, {}, NOW) for _ in range(2))
    assert first.decisions[0].lead.id == second.decisions[0].lead.id


@pytest.mark.parametrize("sample", ["generic/list-of-two.json", "generic/leads-inside.json"])
def test_one_request_can_hold_many_leads(
    book: RuleBook, sources: Sources, deliver: Deliver, sample: str
) -> None:
    leads = _leads(decide(deliver(sample), sources["generic"], book, {}, NOW))
    assert len(leads) == len({lead.id for lead in leads}) == 2


def test_a_lead_in_a_list_reads_the_form_from_the_body_around_it(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    leads = _leads(decide(deliver("generic/leads-inside.json"), sources["generic"], book, {}, NOW))
    assert [lead.item_key for lead in leads] == ["501", "502"]
    assert {lead.attribution.form_name for lead in leads} == {"Fair badge scan"}
    assert leads[1].missing == ("message",)


def test_names_from_two_fields_are_joined(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    leads = _leads(decide(deliver("generic/list-of-two.json"), sources["generic"], book, {}, NOW))
    assert leads[1].person.name == "Ines Roux"


def test_an_inquiry_without_a_key_is_named_by_delivery_and_position(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    body = [{"email": "a@example.com"}, {"email": "b@example.com"}]
    leads = _leads(decide(deliver(body), sources["generic"], book, {}, NOW))
    assert [lead.item_key for lead in leads] == [f"{UUID(int=1)}:0", f"{UUID(int=1)}:1"]


def test_the_same_key_twice_in_one_body_is_one_lead(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    body = [{"id": 7, "email": "a@example.com"}, {"id": 7, "message": "Hello", "extra": "x"}]
    (lead,) = _leads(decide(deliver(body), sources["generic"], book, {}, NOW))
    assert (lead.person.email, lead.message, lead.answers) == (
        "a@example.com",
        "Hello",
        {"extra": "x"},
    )


def test_a_later_page_of_the_form_fills_what_was_empty_and_changes_nothing_else(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    source = sources["generic"]
    (first,) = _leads(decide(deliver("generic/demo-request.json"), source, book, {}, NOW))
    routed = replace(
        first, state=LeadState.ROUTED, person=replace(first.person, name="Dr. M. Holt")
    )
    later = deliver("generic/later-page.json", number=2)
    captured = decide(later, source, book, {first.item_key: routed}, NOW)
    (lead,) = _leads(captured)
    assert lead.id == first.id
    assert lead.state is LeadState.ROUTED
    assert lead.person.city == "Leeds"
    assert lead.person.name == "Dr. M. Holt"
    assert lead.answers["timeline"] == "this quarter"
    (event,) = captured.decisions[0].events
    assert event.kind is EventKind.LEAD_UPDATED
    assert event.data["filled"] == ["city"]


def test_the_owner_is_told_what_a_later_page_has_brought(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    source = sources["generic"]
    body = {"id": 1, "email": "a@example.com", "name": "Ann"}
    (first,) = _leads(decide(deliver(body), source, book, {}, NOW))
    owner = Owner(OwnerKind.QUEUE, "triage", "mona")
    owned = replace(first, state=LeadState.ACTIVATED, owner=owner)
    later = deliver({"id": 1, "city": "Leeds", "message": "Hello", "seats": "12"}, number=2)
    (decision,) = decide(later, source, book, {"1": owned}, NOW).decisions
    (told,) = decision.effects
    assert isinstance(told, Act)
    assert told.kind == "lead.updated"
    assert told.body["filled"] == {"city": "Leeds", "message": "Hello"}
    assert told.body["answers"] == {"seats": "12"}
    assert (told.body["who"], told.body["owner"], told.body["accountable"]) == (
        "Ann",
        "triage",
        "mona",
    )
    again = decide(later, source, book, {"1": decision.lead}, NOW)
    assert again.state is DeliveryState.IGNORED
    for state in (LeadState.CAPTURED, LeadState.IN_REVIEW, LeadState.CLOSED):
        aside = replace(owned, state=state)
        (silent,) = decide(later, source, book, {"1": aside}, NOW).decisions
        assert silent.effects == ()


def test_what_could_not_be_used_before_is_nothing_new(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    source = sources["generic"]
    body = {"id": 1, "email": "a@example.com", "country": "Narnia"}
    (first,) = _leads(decide(deliver(body), source, book, {}, NOW))
    moved = replace(first, person=replace(first.person, country=""), answers={"country": "Narnia"})
    again = decide(deliver(body, number=2), source, book, {"1": moved}, NOW)
    assert again.state is DeliveryState.IGNORED


def test_a_later_page_reaches_the_lead_into_which_its_inquiry_was_merged(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    source = sources["generic"]
    (target,) = _leads(decide(deliver({"id": 9, "name": "Ann"}), source, book, {}, NOW))
    later = deliver({"id": 1, "city": "Leeds"}, number=2)
    (lead,) = _leads(decide(later, source, book, {"1": replace(target, source="tally")}, NOW))
    assert (lead.id, lead.item_key, lead.source) == (target.id, "9", "tally")
    assert lead.person.city == "Leeds"
    both = deliver([{"id": 1, "city": "Leeds"}, {"id": 2, "job_title": "Buyer"}], number=3)
    grown = _leads(decide(both, source, book, {"1": target, "2": target}, NOW))
    assert (grown[-1].person.city, grown[-1].person.job_title) == ("Leeds", "Buyer")


def test_a_later_page_with_the_message_completes_the_touchpoint(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    source = sources["generic"]
    (first,) = _leads(decide(deliver({"id": 1, "email": "a@example.com"}), source, book, {}, NOW))
    assert first.missing == ("message",)
    later = decide(deliver({"id": 1, "message": "Hello"}), source, book, {"1": first}, NOW)
    (lead,) = _leads(later)
    assert lead.touchpoints[0].message == "Hello"
    assert len(lead.touchpoints) == 1
    assert lead.missing == ()


def test_the_same_inquiry_again_is_ignored(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    source = sources["generic"]
    delivery = deliver("generic/demo-request.json")
    (first,) = _leads(decide(delivery, source, book, {}, NOW))
    again = decide(delivery, source, book, {first.item_key: first}, NOW)
    assert again.state is DeliveryState.IGNORED
    assert again.reason == "same inquiry again"


def test_typeform_answers_without_a_mapping_are_kept_under_their_question(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    captured = decide(deliver("typeform/contact.json"), sources["typeform"], book, {}, NOW)
    (lead,) = _leads(captured)
    assert lead.item_key == "9b1f0c77a4d24e0e8f0a5f3f1c2d7e01"
    assert lead.person.email == "sanna.quist@example.org"
    assert lead.person.company_size == 11
    assert lead.attribution.utm_source == "partner-page"
    assert lead.answers == {
        "Which tools do you use today?": "Spreadsheet, Shared inbox, paper",
        "Do you need an NDA first?": "yes",
        "utm_campaign": "spring",
        "company_size": "11-50",
    }


def test_tally_choices_are_read_by_their_text(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    (lead,) = _leads(decide(deliver("tally/contact.json"), sources["tally"], book, {}, NOW))
    assert lead.answers["Area"] == "Log-in"
    assert "Your name" not in lead.answers


def test_values_of_an_open_object_are_answers_unless_they_are_mapped(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    delivery = deliver("standard/contact-created.json")
    (lead,) = _leads(decide(delivery, sources["standard"], book, {}, NOW))
    assert lead.answers["occupation"] == "Engineer"
    assert not {"fullName", "emailAddress", "id"} & set(lead.answers)


def test_a_form_post_with_nested_names_is_read(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    form = "application/x-www-form-urlencoded"
    (lead,) = _leads(
        decide(deliver("html/nested-names.txt", form), sources["generic"], book, {}, NOW)
    )
    assert lead.person.email == "rui.vale@example.org"
    assert lead.attribution.form_id == "cf7"


def test_a_filled_honeypot_is_kept_where_the_rules_look_for_it(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    body = {"email": "a@example.com", "website_url": "buy now"}
    (lead,) = _leads(decide(deliver(body), sources["generic"], book, {}, NOW))
    assert lead.answers["honeypot"] == "buy now"


def test_an_event_that_is_not_mapped_is_ignored_with_the_reason(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    captured = decide(deliver({"event_type": "ping"}), sources["typeform"], book, {}, NOW)
    assert captured.state is DeliveryState.IGNORED
    assert captured.reason == "not an inquiry: event_type is 'ping'"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ([], "the list of inquiries is empty"),
        ({"leads": []}, "the list of inquiries is empty"),
        ({}, "no inquiry in the body"),
        ([1, "x", None], "no inquiry in the body"),
        ({"email": "  "}, "no inquiry in the body"),
    ],
)
def test_a_body_without_an_inquiry_is_ignored(
    book: RuleBook, sources: Sources, deliver: Deliver, body: object, reason: str
) -> None:
    captured = decide(deliver(body), sources["generic"], book, {}, NOW)
    assert (captured.state, captured.reason) == (DeliveryState.IGNORED, reason)


def test_every_event_of_a_list_is_checked_on_its_own(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    source = replace(sources["generic"], only_path="type", only_values=("created",))
    body = [
        {"type": "created", "email": "a@example.com"},
        {"type": "gone", "email": "b@example.com"},
    ]
    assert len(decide(deliver(body), source, book, {}, NOW).decisions) == 1


def test_a_body_that_cannot_be_read_is_refused_not_raised(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    captured = decide(deliver(b"<xml/>"), sources["generic"], book, {}, NOW)
    assert captured.state is DeliveryState.REFUSED
    assert "not JSON" in captured.reason


def test_keys_are_there_to_look_known_leads_up(sources: Sources, deliver: Deliver) -> None:
    parsed = prepare(deliver([{"id": 1, "email": "x"}, {"id": 1, "name": "y"}]), sources["generic"])
    assert parsed.keys == ("1",)


def test_long_values_are_capped_and_long_keys_hashed(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    body = {"id": "k" * 5_000, "name": "n" * 9_000, "message": "m" * 9_000, "other": "o" * 9_000}
    (lead,) = _leads(decide(deliver(body), sources["generic"], book, {}, NOW))
    assert len(lead.item_key) == 64
    assert (len(lead.person.name), len(lead.message), len(lead.answers["other"])) == (
        200,
        4_000,
        1_000,
    )


def test_at_most_fifty_other_answers_are_kept(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    body = {f"question {number}": "x" for number in range(80)}
    (lead,) = _leads(decide(deliver(body), sources["generic"], book, {}, NOW))
    assert len(lead.answers) == 50


def test_another_name_for_the_same_value_is_not_said_twice(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    body = {"email": "a@example.com", "mail": "a@example.com", "full_name": "Ann", "name": "Ann B"}
    (lead,) = _leads(decide(deliver(body), sources["generic"], book, {}, NOW))
    assert lead.answers == {"full_name": "Ann"}


@pytest.mark.parametrize(
    "said", ["not a date", "9999999999999999", "1899-01-01", "2026-03-01T00:00:00Z", "0"]
)
def test_an_impossible_submission_time_is_not_used(
    book: RuleBook, sources: Sources, deliver: Deliver, said: str
) -> None:
    body = {"email": "a@example.com", "submitted_at": said}
    (lead,) = _leads(decide(deliver(body), sources["generic"], book, {}, NOW))
    assert lead.attribution.submitted_at is None
    assert lead.touchpoints[0].at == NOW - timedelta(minutes=1)


def test_constants_fill_what_the_body_does_not_say_and_make_no_inquiry_alone(
    book: RuleBook, sources: Sources, deliver: Deliver
) -> None:
    source = replace(sources["generic"], constants={"form.kind": "partner"})
    (lead,) = _leads(decide(deliver({"email": "a@example.com"}), source, book, {}, NOW))
    assert lead.attribution.form_kind == "partner"
    assert decide(deliver({}), source, book, {}, NOW).state is DeliveryState.IGNORED
