"""What is made of a lead before any lock is taken."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from router.lead.events import canonical
from router.lead.model import Lead
from router.lead.states import LeadState
from router.stages.clean.decide import prepare
from router.stages.clean.prepare import refresh

MakeLead = Callable[..., Lead]


def test_a_complete_lead_misses_nothing_and_has_two_keys(make_lead: MakeLead) -> None:
    lead = make_lead(
        first_name="ann",
        last_name="smith",
        email="Ann@Northwind.example",
        phone="+44 20 7946 0018",
        country="United Kingdom",
        company="Northwind Ltd",
        message="Hello",
    )
    found = prepare(lead, "GB")
    assert found.missing == ()
    assert found.keys == ("email:ann@northwind.example", "phone:+442079460018")
    assert (found.person.name, found.person.country) == ("Ann Smith", "GB")
    assert found.person.email == "Ann@Northwind.example"
    assert found.person.company_key == "northwind"


def test_an_empty_lead_lists_everything_that_is_missing(make_lead: MakeLead) -> None:
    found = prepare(make_lead(), "")
    assert found.missing == ("email", "phone", "name", "company", "country", "message")
    assert found.keys == ()


def test_a_phone_is_not_missed_where_an_email_is_usable(make_lead: MakeLead) -> None:
    assert "phone" not in prepare(make_lead(email="ann@example.com"), "").missing


def test_invalid_values_are_kept_and_listed_with_the_reason(make_lead: MakeLead) -> None:
    found = prepare(make_lead(email="ann@gmail.con", phone="0000000", country="Narnia"), "GB")
    assert found.missing[:2] == ("email (did you mean gmail.com?)", "phone (not a valid number)")
    assert "country (not recognised)" in found.missing
    assert (found.person.email, found.person.phone) == ("ann@gmail.con", "0000000")
    assert (found.person.country, found.answers["country"]) == ("", "Narnia")


def test_a_shared_mailbox_is_an_address_but_no_key(make_lead: MakeLead) -> None:
    found = prepare(make_lead(email="sales@northwind.example"), "")
    assert found.person.email_canonical == "sales@northwind.example"
    assert found.keys == ()


def test_the_typed_country_code_of_a_phone_tells_an_absent_country(make_lead: MakeLead) -> None:
    found = prepare(make_lead(phone="0049 30 901820"), "GB")
    assert found.person.country == "DE"
    assert "country" not in found.missing
    assert {note["field"]: note["how"] for note in found.notes}["country"] == (
        "the phone's country code"
    )


def test_a_guessed_region_tells_no_country(make_lead: MakeLead) -> None:
    found = prepare(make_lead(phone="020 7946 0018"), "GB")
    assert (found.person.phone_e164, found.person.country) == ("+442079460018", "")


@pytest.mark.parametrize(
    ("fields", "default", "e164"),
    [
        ({"country": "UK", "email": "ann@example.de"}, "US", "+442079460018"),
        ({"email": "ann@northwind.co.uk"}, "US", "+442079460018"),
        ({"email": "ann@example.com"}, "GB", "+442079460018"),
        ({"email": "ann@example.com"}, "", ""),
    ],
)
def test_the_region_is_the_country_then_the_email_domain_then_the_default(
    make_lead: MakeLead, fields: dict[str, str], default: str, e164: str
) -> None:
    found = prepare(make_lead(phone="020 7946 0018", **fields), default)
    assert found.person.phone_e164 == e164


def test_a_size_given_as_text_is_read(make_lead: MakeLead) -> None:
    assert prepare(make_lead(answers={"company_size": "51-200"}), "").person.company_size == 51


def test_a_website_that_is_none_moves_to_the_answers(make_lead: MakeLead) -> None:
    found = prepare(make_lead(website="coming soon"), "")
    assert (found.person.website, found.answers["website"]) == ("", "coming soon")


def test_notes_name_kinds_and_never_values(make_lead: MakeLead) -> None:
    lead = make_lead(
        name="ANN SMITH",
        email="A.Smith+x@Gmail.com",
        phone="(0)20 7946 0018",
        country="England",
    )
    written = canonical(prepare(lead, "GB").notes).decode().casefold()
    assert not any(part in written for part in ("smith", "7946", "england"))


def cleaned(lead: Lead, region: str = "GB", **changes: object) -> Lead:
    """Return the lead as clean leaves it, with these values of a later page, as typed."""
    found = prepare(lead, region)
    person = replace(found.person, **changes)  # type: ignore[arg-type]  # a test names real fields
    return replace(
        lead,
        state=LeadState.ACTIVATED,
        person=person,
        answers=found.answers,
        missing=found.missing,
    )


def test_what_a_later_page_says_is_normalized_like_the_rest(make_lead: MakeLead) -> None:
    lead = cleaned(
        make_lead(name="Ann Smith", message="Hello"),
        email="Ann@Northwind.example",
        phone="020 7946 0018",
        country="United Kingdom",
        company="  Northwind   Ltd",
        city=" Leeds ",
    )
    found = refresh(lead, "")
    person = found.person
    assert (person.email_canonical, person.email_domain) == (
        "ann@northwind.example",
        "northwind.example",
    )
    assert (person.phone_e164, person.country, person.city) == ("+442079460018", "GB", "Leeds")
    assert (person.company, person.company_key) == ("Northwind Ltd", "northwind")
    assert found.missing == ()
    assert (found.state, found.version) == (lead.state, lead.version)
    assert refresh(found, "") == found


def test_a_country_that_is_learned_later_does_not_change_a_known_number(
    make_lead: MakeLead,
) -> None:
    lead = cleaned(make_lead(phone="020 7946 0018"), country="France")
    found = refresh(lead, "GB")
    assert (found.person.phone_e164, found.person.country) == ("+442079460018", "FR")
    assert "phone (not a valid number)" not in found.missing


def test_a_number_that_could_not_be_read_is_read_once_the_country_is_known(
    make_lead: MakeLead,
) -> None:
    lead = cleaned(make_lead(phone="020 7946 0018"), "", country="UK")
    assert "phone (not a valid number)" in lead.missing
    found = refresh(lead, "")
    assert found.person.phone_e164 == "+442079460018"
    assert not any(entry.startswith("phone") for entry in found.missing)


def test_a_value_of_a_later_page_that_cannot_be_used_is_listed_with_the_reason(
    make_lead: MakeLead,
) -> None:
    found = refresh(cleaned(make_lead(), email="ann@gmail.con", country="Narnia"), "")
    assert found.missing[0] == "email (did you mean gmail.com?)"
    assert "country (not recognised)" in found.missing
    assert (found.person.country, found.answers["country"]) == ("", "Narnia")


def test_gaps_that_only_the_source_knows_of_stay_listed(make_lead: MakeLead) -> None:
    lead = cleaned(make_lead(name="Ann Smith", email="ann@example.com"), company="Northwind")
    found = refresh(replace(lead, missing=(*lead.missing, "phone", "form.kind")), "")
    assert found.missing == ("country", "message", "phone", "form.kind")
    gone = refresh(replace(found, person=replace(found.person, phone="+442079460018")), "")
    assert gone.missing == ("message", "form.kind")


def test_a_lead_that_is_still_to_be_cleaned_is_left_alone(make_lead: MakeLead) -> None:
    lead = make_lead(email="Ann@Example.com")
    assert refresh(lead, "GB") is lead
