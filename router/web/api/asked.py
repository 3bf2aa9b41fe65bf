"""What a caller may send: strict, so that a misspelled name is told and not ignored."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from router.lead.states import ActionState, DeliveryState, LeadState, ReviewState
from router.rulebook.availability import AbsenceKind
from router.stages.desk.decide import Outcome

#: Most rows of one page, and how many there are unless asked for.
MOST, USUAL = 200, 50

Id = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
Named = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]

_PERSON = Field(
    default="",
    description="Id of the person who does it; empty means the present owner.",
)


class Strict(BaseModel):
    """A body or query in which every name must be known."""

    model_config = ConfigDict(extra="forbid")


class Accept(Strict):
    """Somebody takes the lead."""

    person: Id = _PERSON


class Claim(Strict):
    """Somebody takes the lead from a queue or sequence."""

    person: Named = Field(description="Id of the person who takes it.")


class Decline(Strict):
    """Somebody gives the lead back, so that somebody else gets it."""

    person: Id = _PERSON
    reason: Words = Field(default="", description="Why, for the next owner.")


class Touch(Strict):
    """Somebody spoke to the person who asked."""

    person: Id = _PERSON
    channel: Named = Field(description="How: call, email, meeting, ...")
    note: Words = Field(default="", description="What was said.")


class Reassign(Strict):
    """The lead shall go to a named person."""

    to: Named = Field(description="Id of the person who shall have it.")
    reason: Words = Field(default="", description="Why, for both owners.")
    by: Id = Field(default="", description="Id of the person who wants it; empty: the key.")


class Close(Strict):
    """How the lead ended."""

    outcome: Outcome
    person: Id = Field(default="", description="Id of the person who says so; empty: the key.")


class Replay(Strict):
    """Do it again."""

    by: Id = Field(default="", description="Id of the person who asks for it; empty: the key.")


class Answer(Strict):
    """A person's answer to a question."""

    answer: Named = Field(description="One of the suggestions, an intent, continue, or reject.")
    by: Named = Field(description="Id of the person who answers.")


class Availability(Strict):
    """Whether a person takes leads."""

    available: bool
    until: AwareDatetime | None = Field(
        default=None, description="End of the absence; without one it lasts until further notice."
    )
    start: AwareDatetime | None = Field(
        default=None, alias="from", description="Begin of the absence; without one it is now."
    )
    reason: Words = Field(default="", description="Why; shown where absences are listed.")
    kind: AbsenceKind | None = Field(
        default=None,
        description="`away` (the default), or `off` when the person switches themselves off. With"
        " `available: true` only absences of this kind end; without it all that run.",
    )
    cover: Id = Field(
        default="", description="Id of who takes their place; empty: whom the book names."
    )
    by: Id = Field(default="", description="Id of the person who says so; empty: the key.")


class NewAbsence(Strict):
    """When a person takes no leads."""

    start: AwareDatetime | None = Field(
        default=None, alias="from", description="Begin; without one it is now."
    )
    until: AwareDatetime | None = Field(
        default=None, description="End; without one it lasts until further notice."
    )
    reason: Words = Field(default="", description="Why; shown where absences are listed.")
    kind: AbsenceKind = AbsenceKind.AWAY
    cover: Id = Field(
        default="", description="Id of who takes their place; empty: whom the book names."
    )
    by: Id = Field(default="", description="Id of the person who says so; empty: the key.")


class AbsenceChange(Strict):
    """What shall be otherwise about an absence; what is not given stays."""

    start: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = None
    reason: Words | None = None
    cover: Id | None = Field(default=None, description="Empty: whom the book names.")
    by: Id = Field(default="", description="Id of the person who says so; empty: the key.")


class CalendarQuery(Strict):
    """How a calendar file is read."""

    person: Id = Field(
        default="", description="Whose calendar it is; empty: e-mail addresses in it say so."
    )
    dry_run: bool = Field(default=False, description="Only tell what would be done.")
    keep_summary: bool = Field(
        default=False,
        description="Keep the text of each entry as the reason; it may be personal.",
    )
    by: Id = Field(default="", description="Id of the person who says so; empty: the key.")


class AccountAsked(Strict):
    """One account as the CRM has it; one that is known is replaced as a whole."""

    key: str = Field(max_length=200, description="What the CRM calls it; names the account.")
    name: str = Field(max_length=300)
    domains: list[str] = Field(
        default=[], max_length=100, description="Its domains, or addresses of its websites."
    )
    owner: Words = Field(default="", description="Id or e-mail address of who owns it.")
    opportunity_owner: Words = Field(
        default="", description="The same, of who owns its open opportunity; empty for none."
    )
    named: bool = Field(default=False, description="Whether it is a named account.")
    country: Id = Field(default="", description="Country, as ISO 3166 code or name.")
    active_at: AwareDatetime | None = Field(
        default=None, description="When its owner last did anything about it."
    )
    contacts: list[str] = Field(
        default=[],
        max_length=1_000,
        description="E-mail addresses of its contacts; only digests of them are kept.",
    )


class AccountsAsked(Strict):
    """Accounts, some of all there are."""

    accounts: list[AccountAsked] = Field(min_length=1, max_length=500)
    by: Id = Field(default="", description="Who does it; empty: the key.")


class AccountQuery(Strict):
    """Which accounts."""

    owner: Id = Field(default="", description="Id of the person who owns them.")
    after: Id = Field(default="", description="`next` of the page before.")
    limit: int = Field(default=USUAL, ge=1, le=MOST, description="Rows of the page.")


class PageQuery(Strict):
    """Which page of a list."""

    cursor: str = Field(default="", max_length=200, description="`next` of the page before.")
    limit: int = Field(default=USUAL, ge=1, le=MOST, description="Rows of the page.")


class LeadQuery(PageQuery):
    """Which leads."""

    state: list[LeadState] = Field(default=[], description="In one of these states.")
    owner: Id = Field(default="", description="Id of a person, queue, sequence or pool.")
    source: Id = ""
    since: AwareDatetime | None = Field(default=None, description="Received at or after.")
    until: AwareDatetime | None = Field(default=None, description="Received before.")
    email: str = Field(default="", max_length=320, description="The person's e-mail address.")


class EventQuery(Strict):
    """Which events of a lead."""

    after: int = Field(default=0, ge=0, description="`next` of the page before.")
    limit: int = Field(default=USUAL, ge=1, le=MOST)


class ExplainQuery(Strict):
    """What else is asked about a lead."""

    format: Literal["json", "text"] = "json"
    person: str = Field(
        default="",
        max_length=320,
        description="Also say why this person did, or did not, get it: id, name or e-mail address.",
    )
    what_if: bool = Field(
        default=False, description="Also say what would have given it to somebody else."
    )


class TaskQuery(PageQuery):
    """Whose tasks."""

    person: Id = Field(default="", description="The owner, or the one who is accountable.")


class DeliveryQuery(PageQuery):
    """Which deliveries."""

    state: DeliveryState | None = None
    source: Id = ""


class ActionQuery(PageQuery):
    """Which actions."""

    state: ActionState | None = None
    destination: Id = ""
    lead: UUID | None = None


class ReviewQuery(PageQuery):
    """Which questions."""

    state: ReviewState = ReviewState.OPEN
    reviewer: Id = ""
