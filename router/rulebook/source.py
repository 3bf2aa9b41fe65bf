"""The shapes of a source: how a form proves itself, and what its fields mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

#: The names that a source's ``map`` may give a value to; ``answers.<label>`` may be used as well,
#: for every further question.
CANONICAL_FIELDS: tuple[str, ...] = (
    "name",
    "first_name",
    "last_name",
    "email",
    "phone",
    "country",
    "city",
    "postcode",
    "job_title",
    "company",
    "company_size",
    "website",
    "message",
    "service_line",
    "tags",
    "form.id",
    "form.name",
    "form.kind",
    "page.url",
    "utm.source",
    "utm.medium",
    "utm.campaign",
    "utm.term",
    "utm.content",
    "submitted_at",
    "honeypot",
)


@dataclass(frozen=True, slots=True)
class Verification:
    """How a source proves that it sent a request.

    ``scheme`` is ``none``, ``hmac``, ``header`` (shared secret in a header), ``path`` (secret as
    the last part of the path) or ``standard`` (Standard Webhooks).
    """

    scheme: str = "none"
    #: Name of the secret: ``LEAD_ROUTER_SECRET_<NAME>``.
    secret: str = ""
    header: str = ""
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""
    #: What is signed, from ``{body}``, ``{timestamp}``, ``{id}``, ``{url}``, ``{method}``.
    signed: str = "{body}"
    timestamp_header: str = ""
    #: ``s`` or ``ms``.
    timestamp_unit: str = "s"
    #: Allowed distance of the timestamp, into the past and into the future.
    tolerance: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Source:
    """One form: how it proves itself, what its fields mean, who answers for it."""

    id: str
    summary: str
    #: Address of the person who owns the form.
    steward: str
    verify: Verification
    #: Header or body path (``event_id``) whose value names the delivery; empty: hash of the body.
    dedupe_header: str
    dedupe_path: str
    #: Path to the list of inquiries in one body; empty: the body is one inquiry.
    items: str
    #: Path, within an item, of the id the sender gives an inquiry; empty: delivery and position.
    item_key: str
    #: Only bodies in which this path has one of these values hold leads; empty path: all.
    only_path: str
    only_values: tuple[str, ...]
    #: Canonical name (``email``, ``message``, ``form.kind``, ...) to the paths tried in order.
    mapping: Mapping[str, tuple[str, ...]]
    #: Canonical name to a fixed value.
    constants: Mapping[str, str]
    #: Canonical names without which a lead is sent to a person.
    required: tuple[str, ...]
    #: May a caller ask ``?wait=owner``?
    wait: bool
    #: Requests a minute from an unsigned source; 0 for no limit.
    rate_per_minute: int
    #: Path to the list of questions (id or ref, and title), where answers name them only by id.
    questions: str = ""
    #: Path to the list of answers; those that no mapping reads are kept under their question.
    question_answers: str = ""
