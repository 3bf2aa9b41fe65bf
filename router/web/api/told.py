"""What a caller is told: the shapes of every answer. Names here are stable."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from router.lead.model import (
    AccountMatch,
    Attribution,
    Classification,
    Lead,
    Owner,
    Person,
    Touchpoint,
)
from router.lead.states import (
    ActionState,
    DeliveryState,
    HandoffState,
    LeadState,
    ReviewState,
)
from router.rulebook.availability import AbsenceKind
from router.store.reading import StoredEvent, Task

Row = TypeVar("Row")


class Told(BaseModel):
    """A part of an answer, read from one of our own values."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Page(Told, Generic[Row]):
    """One page of a list."""

    items: list[Row]
    next: str = Field(description="Cursor of the next page; empty on the last one.")


class LeadTold(Told):
    """One inquiry on its way to a first conversation."""

    id: UUID
    state: LeadState
    #: Why it stands beside the road; empty on the road.
    reason: str
    resume_at: LeadState | None
    source: str
    delivery_id: UUID
    received_at: datetime
    person: Person
    attribution: Attribution
    message: str
    service_line: str
    tags: tuple[str, ...]
    answers: Mapping[str, str]
    missing: tuple[str, ...]
    touchpoints: tuple[Touchpoint, ...]
    classification: Classification | None
    contact_id: UUID | None
    returning: bool
    account: AccountMatch | None = Field(description="The company it belongs to, if we know it.")
    lane: str = Field(description="Id of the import that it came in with; empty for a live lead.")
    lane_sla: str = Field(description="SLA policy of that import; empty for none.")
    owner: Owner | None
    passed: tuple[str, ...]
    rule: str
    why: str
    sla: str
    priority: str
    digest: str
    approved: tuple[str, ...]
    merged_into: UUID | None
    outcome: str
    due_at: datetime | None
    attempts: int
    last_error: str
    version: int
    handoff_id: UUID | None


def lead_told(lead: Lead) -> LeadTold:
    """Return a lead as the API tells it."""
    return LeadTold.model_validate(lead)


class EventTold(Told):
    """Something that happened to a lead."""

    seq: int
    kind: str
    at: datetime
    actor: str
    data: dict[str, Any]
    personal: dict[str, Any]
    hash: str = Field(description="Ties it to the event before, in hex.")


def event_told(event: StoredEvent) -> EventTold:
    """Return an event as the API tells it."""
    return EventTold(
        seq=event.seq,
        kind=event.kind,
        at=event.at,
        actor=event.actor,
        data=event.data,
        personal=event.personal,
        hash=event.hash.hex(),
    )


class EventsTold(Told):
    """One page of a lead's events."""

    items: list[EventTold]
    next: int | None = Field(description="Give it as `after` for the next page; null on the last.")


class TaskTold(Told):
    """Something a person has to do: take a lead, and speak to who asked."""

    handoff_id: UUID
    lead_id: UUID
    to: str
    accountable: str
    state: HandoffState
    lead_state: LeadState
    subject: str
    summary: str
    next_action: str
    why: str
    missing: list[str]
    completeness: float
    offered_at: datetime
    due: datetime | None = Field(description="The next promise that runs out.")
    late: bool
    respond: dict[str, str] = Field(description="Calls that answer it.")


def task_told(task: Task) -> TaskTold:
    """Return a task as the API tells it."""
    packet = task.packet
    found = packet.get("classification") or {}
    source = packet.get("source") or {}
    return TaskTold(
        handoff_id=task.handoff_id,
        lead_id=task.lead_id,
        to=task.to,
        accountable=task.accountable,
        state=task.state,
        lead_state=task.lead_state,
        subject=subject_of(packet),
        summary=found.get("summary") or str(source.get("message", ""))[:280],
        next_action=packet["next_action"],
        why=packet["why"],
        missing=list(packet["missing"]),
        completeness=packet["completeness"],
        offered_at=task.offered_at,
        due=task.due,
        late=task.late,
        respond=packet["respond"],
    )


def subject_of(packet: Mapping[str, Any]) -> str:
    """Return a packet's subject line: who asks, of which company, about what.

    >>> subject_of({"facts": {"name": "Ann Archer", "company": "Archer Mills"},
    ...             "classification": {"intent": "demo"}})
    'Ann Archer, Archer Mills: demo'
    >>> subject_of({"facts": {}, "classification": {}})
    'Somebody'

    Args:
        packet: As stored.
    """
    facts, found = packet.get("facts") or {}, packet.get("classification") or {}
    who = facts.get("name") or facts.get("email") or facts.get("phone") or "Somebody"
    company, intent = facts.get("company", ""), found.get("intent", "")
    return who + (f", {company}" if company else "") + (f": {intent}" if intent else "")


class DeliveryTold(Told):
    """One webhook request; its body is not told."""

    id: UUID
    source: str
    state: DeliveryState
    reason: str
    received_at: datetime
    attempts: int
    content_type: str
    bytes: int


class ActionTold(Told):
    """One thing to do outside; what is said is not told. One without a lead is about a book."""

    id: UUID
    lead_id: UUID | None
    kind: str
    destination: str
    key: str
    state: ActionState
    attempts: int
    next_at: datetime
    last_error: str
    created_at: datetime
    ended_at: datetime | None
    receipt: dict[str, Any] | None


class ReviewTold(Told):
    """One question to a named person."""

    id: UUID
    lead_id: UUID
    reason: str
    question: str
    reviewer: str
    suggestions: tuple[str, ...]
    blocking: bool = Field(description="Whether the lead waits for the answer.")
    state: ReviewState
    opened_at: datetime
    due_at: datetime
    reminded_at: datetime | None
    answered_at: datetime | None
    answer: str
    answered_by: str


class AbsenceTold(Told):
    """Why a person takes no leads now."""

    until: datetime | None = Field(description="Null: until further notice.")
    reason: str
    kind: AbsenceKind = Field(description="`off` when the person switched themselves off.")
    cover: str = Field(description="Who takes their place, if the absence names somebody.")


class AbsenceItemTold(Told):
    """One absence as it was said."""

    id: UUID
    person: str
    start: datetime = Field(serialization_alias="from")
    until: datetime | None = Field(
        description="Null: until further notice; as `from` when it was cancelled."
    )
    reason: str
    kind: AbsenceKind
    cover: str = Field(description="Who takes their place, if the absence names somebody.")
    by: str = Field(description="Who said so, or ended it.")
    reassign_at: datetime | None = Field(
        description="When leads that wait for the person's answer are given to others."
    )


class AbsencesTold(Told):
    """Absences that run or are to come, the earliest first."""

    items: list[AbsenceItemTold]


class CalendarLineTold(Told):
    """What was done about one entry of a calendar file."""

    what: str = Field(description="`added`, `changed`, `same`, `ended` or `skipped`.")
    person: str
    start: datetime | None = Field(serialization_alias="from")
    until: datetime | None
    why: str = Field(description="Why it was skipped or ended; never what the entry says.")


class CalendarTold(Told):
    """What an import of a calendar did, or would do."""

    calendar: str
    dry_run: bool
    entries: int = Field(description="Entries in the file.")
    no_absence: int = Field(description="Entries that are no absences, or are over.")
    counts: dict[str, int]
    lines: list[CalendarLineTold]


class AccountItemTold(Told):
    """An account that we know."""

    key: str
    name: str
    owner: str
    opportunity_owner: str
    named: bool
    country: str
    active_at: datetime | None
    domains: tuple[str, ...]
    contacts: int = Field(description="How many of its contacts' addresses are known.")
    updated_at: datetime = Field(description="When it was last told otherwise than before.")


class RemarkTold(Told):
    """Something about one account of a list that was sent."""

    line: int = Field(description="Its place in the list, from 1.")
    key: str
    problem: str


class AccountsTakenTold(Told):
    """What became of accounts that were sent."""

    new: int
    changed: int
    unchanged: int
    left_out: list[RemarkTold] = Field(description="Accounts that could not be used.")
    noticed: list[RemarkTold] = Field(
        description="Values that could not be used; the account went in without them."
    )


class TurnTold(Told):
    """A person's place in a pool, and what they are owed there."""

    pool: str
    weight: int
    credit: float = Field(description="Leads owed; less than one while the same people take turns.")
    assigned: int = Field(description="Leads given so far.")


class PersonTold(Told):
    """Somebody on the roster."""

    id: str
    name: str
    email: str
    manager: str
    calendar: str
    booking_link: str
    available: bool
    absence: AbsenceTold | None
    open_leads: int
    turns: list[TurnTold]


class PeopleTold(Told):
    """The roster of the active rule book."""

    digest: str
    items: list[PersonTold]


class StatsTold(Told):
    """What there is, counted now."""

    at: datetime
    leads: dict[str, int] = Field(description="Leads by state.")
    no_owner: int = Field(
        description="Leads older than a minute that should have an owner and have none; must be 0."
    )
    waiting: dict[str, int] = Field(description="What waits for somebody.")
