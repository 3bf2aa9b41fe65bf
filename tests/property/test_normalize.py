"""Cleaning twice changes nothing, and no text can stop it."""

from dataclasses import replace
from datetime import UTC, datetime

import phonenumbers
from hypothesis import example, given
from hypothesis import strategies as st

from router.lead.ids import DeliveryId, LeadId, timed_id
from router.lead.model import Lead, Person
from router.lead.states import LeadState
from router.stages.clean.company import company_key, read_company_size, read_website
from router.stages.clean.country import is_country, read_country
from router.stages.clean.decide import Known, decide, prepare
from router.stages.clean.email import read_email
from router.stages.clean.merge import fill_gaps, is_somebody_else
from router.stages.clean.names import mend_case
from router.stages.clean.phone import read_phone
from router.stages.clean.text import fold, tidy

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
TEXT = st.text(max_size=60)
LOCAL = st.text("abcXYZ.+-_09\u00df\u0130", min_size=1, max_size=12)
EMAIL = st.builds(
    "{}@{}".format,
    LOCAL,
    st.sampled_from(["gmail.com", "Outlook.com", "x.fastmail.com", "yahoo.com", "a.example"]),
)
PHONE = st.one_of(TEXT, st.text("+0123456789 ()-/ext.", max_size=24))
PEOPLE = st.builds(
    Person,
    name=TEXT,
    first_name=TEXT,
    last_name=TEXT,
    email=st.one_of(TEXT, EMAIL),
    phone=PHONE,
    country=st.one_of(TEXT, st.sampled_from(["UK", "DE", "Narnia", ""])),
    city=TEXT,
    postcode=TEXT,
    company=TEXT,
    website=TEXT,
)


def lead_of(person: Person) -> Lead:
    return Lead(
        id=LeadId(timed_id(AT, "lead")),
        book="default",
        source="generic",
        item_key="1",
        delivery_id=DeliveryId(timed_id(AT, "delivery")),
        state=LeadState.CAPTURED,
        received_at=AT,
        person=person,
    )


@given(PEOPLE)
@example(Person(name="\u0149", first_name="\u00df", last_name="\u01c6 \u0130"))
@example(Person(first_name="ANN", last_name="LEE"))
@example(Person(email="\u00df\u0130@gmail.com", phone="\uff10\uff10\uff14\uff14"))
def test_cleaning_twice_changes_nothing(person: Person) -> None:
    once = prepare(lead_of(person), "GB")
    again = prepare(replace(lead_of(once.person), answers=once.answers), "GB")
    assert again.person == once.person
    assert (again.keys, again.missing, again.answers) == (once.keys, once.missing, once.answers)


@given(PEOPLE)
def test_a_lead_is_never_stopped(person: Person) -> None:
    lead = lead_of(person)
    prepared = prepare(lead, "GB")
    decision = decide(lead, prepared, Known(), AT)
    assert decision.lead.state is LeadState.CLEANED
    assert prepared.person.country == "" or is_country(prepared.person.country)
    assert list(prepared.keys) == sorted(prepared.keys)


@given(st.one_of(TEXT, EMAIL))
def test_a_canonical_address_is_a_fixed_point(typed: str) -> None:
    canonical = read_email(typed).canonical
    if canonical and canonical.isascii():
        assert read_email(canonical).canonical == canonical


@given(PHONE, st.sampled_from(["GB", "US", "DE", "IT", "AR", "", "XX"]))
def test_a_phone_in_e164_is_valid_and_a_fixed_point(typed: str, region: str) -> None:
    e164 = read_phone(typed, region).e164
    if e164:
        assert phonenumbers.is_valid_number(phonenumbers.parse(e164))
        assert read_phone(e164, "").e164 == e164


@given(
    st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)),
    st.text("0123456789", min_size=5, max_size=12),
)
def test_a_number_is_valid_exactly_where_the_numbering_plan_says_so(code: int, rest: str) -> None:
    typed = f"+{code}{rest}"
    try:
        number = phonenumbers.parse(typed)
    except phonenumbers.NumberParseException:
        assert read_phone(typed, "").e164 == ""
        return
    national = phonenumbers.national_significant_number(number)
    expected = phonenumbers.is_valid_number(number) and len(set(national)) > 1
    if not typed.startswith("+521"):
        assert bool(read_phone(typed, "").e164) == expected


@given(st.text(max_size=400))
def test_words_are_folded_once_and_for_all(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert tidy(tidy(text)) == tidy(text)
    assert company_key(company_key(text)) == company_key(text)
    assert mend_case(mend_case(tidy(text))) == mend_case(tidy(text))
    host = read_website(text)
    assert read_website(host) == host
    assert read_country(read_country(text)) == read_country(text)
    read_company_size(text)


@given(PEOPLE, PEOPLE)
def test_telling_two_people_apart_does_not_depend_on_who_came_first(a: Person, b: Person) -> None:
    one, other = prepare(lead_of(a), "GB").person, prepare(lead_of(b), "GB").person
    assert is_somebody_else(one, other) == is_somebody_else(other, one)
    assert not is_somebody_else(one, one)


@given(PEOPLE, PEOPLE)
def test_joining_never_takes_a_usable_value_away(a: Person, b: Person) -> None:
    one, other = prepare(lead_of(a), "GB").person, prepare(lead_of(b), "GB").person
    joined = fill_gaps(one, other).person
    for name in ("name", "email_canonical", "phone_e164", "country", "city", "company"):
        assert getattr(joined, name) == (getattr(one, name) or getattr(other, name))
    assert fill_gaps(joined, other).person == joined
