"""What a lead is: one inquiry on its way to a first conversation, as a frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from router.lead.ids import ContactId, DeliveryId, LeadId
from router.lead.states import LeadState, OwnerKind


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of the person who asks, as typed and as normalized.

    A value that cannot be used (``gmail.con``, ``0000000``) stays in the typed field and is
    listed in ``Lead.missing``; its normalized twin is empty. Empty text means unknown.
    """

    #: Full name, as typed or joined from its parts.
    name: str = ""
    first_name: str = ""
    last_name: str = ""
    #: E-mail as typed.
    email: str = ""
    #: What identifies the mailbox: case, ``+tag`` and vendor quirks removed; empty if invalid.
    email_canonical: str = ""
    email_domain: str = ""
    email_free: bool = False
    email_disposable: bool = False
    #: Phone as typed.
    phone: str = ""
    #: E.164 (``+442079460018``); empty if invalid.
    phone_e164: str = ""
    #: ISO 3166 alpha-2, upper case; empty if unknown.
    country: str = ""
    city: str = ""
    postcode: str = ""
    job_title: str = ""
    company: str = ""
    #: Company without legal form, folded, for comparison.
    company_key: str = ""
    website: str = ""
    #: Number of employees; None if unknown.
    company_size: int | None = None


@dataclass(frozen=True, slots=True)
class Attribution:
    """Where the inquiry came from."""

    form_id: str = ""
    form_name: str = ""
    #: What the form is for, e.g. ``contact``, ``demo``, ``partner``; set by the source's mapping.
    form_kind: str = ""
    page_url: str = ""
    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    utm_term: str = ""
    utm_content: str = ""
    #: The moment the sender says the form was filled in; None if it does not say.
    submitted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """One inquiry of the person: which form, when, and in what words."""

    at: datetime
    source: str
    form_name: str
    message: str
    delivery_id: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """One intent a classifier considered, with its share of the evidence (0..1)."""

    intent: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Classification:
    """What the inquiry is about, after the gate: labels are of the book's closed list."""

    intent: str
    #: 0..1.
    confidence: float
    #: ``low``, ``normal`` or ``high``.
    urgency: str
    #: An id of the book's services; empty if none was recognised.
    service_interest: str
    #: One line in the person's own words, at most 280 characters, plain text.
    summary: str
    #: The phrases of the message that speak for the intent.
    evidence: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    risk_flags: tuple[str, ...] = ()
    #: ``accepted`` by the gate, or ``person`` when somebody answered.
    decided_by: str = "accepted"
    classifier: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class AccountMatch:
    """The company that a lead belongs to, as far as we know it, and what speaks for it."""

    account_id: UUID
    #: What the CRM calls it.
    key: str
    name: str
    #: Id of the person who owns the account; empty for nobody.
    owner: str
    #: Id of the person who owns its open opportunity; empty when there is none.
    opportunity_owner: str
    #: Whether it is a named account.
    named: bool
    #: When its owner last did anything about it, as the CRM says; None if it does not.
    active_at: datetime | None
    #: ``contact``, ``domain`` or ``name``.
    by: str
    #: 0..1; 1 unless it was found by a name that is only alike.
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has the lead: the owner and the person who answers for it."""

    kind: OwnerKind
    #: Id of the person, queue, sequence or pool in the book.
    id: str
    #: Id of the named person who is accountable; the owner itself when it is a person.
    accountable: str
    #: The pool the owner was picked from; empty if named directly.
    pool: str = ""


@dataclass(frozen=True)
class Lead:
    """One inquiry. Changed only by ``record``, from a ``Decision``.

    Without slots, so that :func:`change` can copy it in one go.
    """

    id: LeadId
    book: str
    source: str
    #: What the sender calls this inquiry; unique within the source.
    item_key: str
    delivery_id: DeliveryId
    state: LeadState
    received_at: datetime
    person: Person = field(default_factory=Person)
    attribution: Attribution = field(default_factory=Attribution)
    message: str = ""
    #: What the person asked for on the form, as an id of the book's services; may be empty.
    service_line: str = ""
    tags: tuple[str, ...] = ()
    #: Everything else the form asked, question to answer, as text.
    answers: Mapping[str, str] = field(default_factory=dict)
    #: Names of facts that the receiver will miss, e.g. ``email``, ``phone (not a valid number)``.
    missing: tuple[str, ...] = ()
    touchpoints: tuple[Touchpoint, ...] = ()
    classification: Classification | None = None
    contact_id: ContactId | None = None
    #: Whether the person was known before this inquiry.
    returning: bool = False
    account: AccountMatch | None = None
    #: Id of the import that it came in with; empty for a live lead.
    lane: str = ""
    #: SLA policy of that import; it stands before the one that rules give. Empty for none.
    lane_sla: str = ""
    owner: Owner | None = None
    #: Persons who declined or missed it, never to be picked again for it.
    passed: tuple[str, ...] = ()
    #: Id of the rule that gave it its owner, and the reason in one sentence.
    rule: str = ""
    why: str = ""
    #: Settings that enrich rules gave: ``sla``, ``priority``, ``tags``.
    sla: str = ""
    priority: str = "normal"
    #: Digest of the rule book version it started with.
    digest: str = ""
    #: State from which it goes on after review, replay or restoring.
    resume_at: LeadState | None = None
    #: Why it stands beside the road, as a stable code; empty on the road.
    reason: str = ""
    #: Codes of reviews that a person has answered with "continue"; they hold it no more.
    approved: tuple[str, ...] = ()
    merged_into: LeadId | None = None
    outcome: str = ""
    #: When the road should look at it next; None while it waits for people.
    due_at: datetime | None = None
    #: When its owner gets round to it, at the pace of its pool; None for at once. Promises to the
    #: person who asked are counted from then.
    answer_from: datetime | None = None
    attempts: int = 0
    last_error: str = ""
    #: Number of its newest event; 0 before the first.
    version: int = 0
    #: Hash of its newest event.
    head: bytes = b""
    #: The handoff that is current; None before the first.
    handoff_id: UUID | None = None


_NAMES = frozenset(each.name for each in fields(Lead))

if TYPE_CHECKING:
    # To the type checker it is the library's own, so that every changed value is checked.
    from dataclasses import replace

    change = replace
else:

    def change(lead: Lead, **changes: object) -> Lead:
        """Return the lead with some values changed, as ``dataclasses.replace`` would, but faster.

        A lead has over forty values and changes in every stage; the library's way costs over ten
        times as much, which shows at thousands of leads a second.

        >>> from router.lead.states import LeadState
        >>> from datetime import UTC, datetime
        >>> at = datetime(2026, 1, 5, tzinfo=UTC)
        >>> lead = Lead(1, "default", "generic", "a", 2, LeadState.CAPTURED, at)
        >>> change(lead, reason="spam").reason, lead.reason
        ('spam', '')

        Raises:
            KeyError: A name is not a value of a lead.
        """
        if not changes.keys() <= _NAMES:
            raise KeyError(*changes.keys() - _NAMES)
        copy = object.__new__(Lead)
        object.__setattr__(copy, "__dict__", lead.__dict__ | changes)
        return copy
