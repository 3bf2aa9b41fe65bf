"""Sources of the shapes that form tools have, and deliveries made from the sample bodies."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import orjson
import pytest

from router.lead.delivery import Delivery
from router.lead.ids import DeliveryId
from router.rulebook.model import RuleBook, Source, Taxonomy, Verification

SAMPLES = Path(__file__).parents[3] / "samples"
RECEIVED = datetime(2026, 1, 5, 10, 30, tzinfo=UTC)

GENERIC = Source(
    id="generic",
    summary="Flat JSON or form posts.",
    steward="revops@northwind.example",
    verify=Verification(),
    dedupe_header="",
    dedupe_path="",
    items="leads",
    item_key="id",
    only_path="",
    only_values=(),
    mapping={
        "name": ("name", "full_name"),
        "first_name": ("first_name",),
        "last_name": ("last_name",),
        "email": ("email", "mail", "fields.email.value"),
        "phone": ("phone",),
        "city": ("city",),
        "company": ("company",),
        "company_size": ("company_size",),
        "country": ("country",),
        "job_title": ("job_title",),
        "message": ("message",),
        "tags": ("tags",),
        "form.id": ("form.id", "form_id"),
        "form.name": ("form.name", "$.form.name"),
        "form.kind": ("form.kind",),
        "page.url": ("page_url",),
        "utm.source": ("utm_source", "utm.source"),
        "utm.campaign": ("utm_campaign",),
        "submitted_at": ("submitted_at",),
        "honeypot": ("website_url",),
        "answers.Budget": ("budget",),
    },
    constants={},
    required=("email", "message"),
    wait=True,
    rate_per_minute=60,
)
TYPEFORM = replace(
    GENERIC,
    id="typeform",
    items="",
    item_key="form_response.token",
    only_path="event_type",
    only_values=("form_response",),
    dedupe_path="event_id",
    mapping={
        "name": ("form_response.answers[field.ref=full_name].text",),
        "email": ("form_response.answers[type=email].email",),
        "message": ("form_response.answers[field.ref=message].text",),
        "company_size": ("form_response.answers[field.ref=team_size].choice.label",),
        "utm.source": ("form_response.hidden.utm_source",),
        "form.id": ("form_response.form_id",),
        "form.name": ("form_response.definition.title",),
        "submitted_at": ("form_response.submitted_at",),
        "answers.*": ("form_response.hidden",),
    },
    questions="form_response.definition.fields",
    question_answers="form_response.answers",
)
TALLY = replace(
    GENERIC,
    id="tally",
    items="",
    item_key="data.responseId",
    mapping={
        "name": ("data.fields[label=Your name].value",),
        "email": ("data.fields[type=INPUT_EMAIL].value",),
        "message": ("data.fields[type=TEXTAREA].value",),
        "form.name": ("data.formName",),
    },
    question_answers="data.fields",
)
STANDARD = replace(
    GENERIC,
    id="standard",
    items="",
    item_key="data.id",
    mapping={
        "name": ("data.fullName",),
        "email": ("data.emailAddress",),
        "submitted_at": ("timestamp",),
        "answers.*": ("data",),
    },
)


@pytest.fixture
def book() -> RuleBook:
    """Return a book of which capture reads no more than the digest."""
    nothing = Taxonomy((), {}, {}, {}, 0.0, 0.0, "", timedelta(hours=1))
    return RuleBook("digest-1", "test", "p1", "", {}, {}, {}, {}, {}, {}, {}, {}, nothing, {}, {})


@pytest.fixture
def sources() -> dict[str, Source]:
    """Return the sources by id."""
    return {source.id: source for source in (GENERIC, TYPEFORM, TALLY, STANDARD)}


@pytest.fixture
def deliver() -> Callable[..., Delivery]:
    """Return a function that makes a delivery of a sample's name, or of a value."""

    def make(body: object, content_type: str = "application/json", number: int = 1) -> Delivery:
        if isinstance(body, bytes):
            raw = body
        elif isinstance(body, str):
            raw = (SAMPLES / body).read_bytes()
        else:
            raw = orjson.dumps(body)
        return Delivery(
            id=DeliveryId(UUID(int=number)),
            book="default",
            source="generic",
            body=raw,
            content_type=content_type,
            headers=b"{}",
            received_at=RECEIVED,
        )

    return make
