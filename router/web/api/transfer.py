"""Leads of people who leave: who still owns some, and how others take them over.

What is asked and told here is asked and told nowhere else, so its shapes stand here too.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, Field

from router.lead.states import LeadState
from router.road.people.leavers import Leaver, leavers
from router.road.people.transfer import FIRST, Wish, transfer
from router.road.people.transfer_tally import Report
from router.stages.desk.transfer import Transfer, Way, way_of
from router.store.transfers import Which
from router.store.tx import transaction
from router.web.api.access import Admin, Reader, TheRoad
from router.web.api.asked import Id, Strict, Words
from router.web.api.told import Told

router = APIRouter(prefix="/api/people", tags=["people"])

#: Most leads of one call, and how many unless asked for: some hundred a second go.
_MOST, _USUAL = 500, 200
_Some = Annotated[list[Id], Field(max_length=100)]


class TransferAsked(Strict):
    """Which open leads of a person go where; say one of `to`, `to_pool`, `pools` and `rules`."""

    to: Id = Field(default="", description="Id of the person who gets all of them.")
    to_pool: Id = Field(default="", description="Id of a pool, whose people take turns.")
    pools: bool = Field(
        default=False,
        description="Each goes back to the pool that it was picked from; without one, to the"
        " fallback owner.",
    )
    rules: bool = Field(default=False, description="The active rules decide again.")
    state: list[LeadState] = Field(default=[], description="Only in one of these states.")
    pool: Id = Field(default="", description="Only leads that came out of this pool.")
    country: _Some = Field(default=[], description="Only from these countries.")
    postcode_prefix: _Some = Field(default=[], description="Only with postcodes that begin so.")
    rule: Id = Field(default="", description="Only leads that this rule gave them.")
    since: AwareDatetime | None = Field(default=None, description="Received at or after.")
    until: AwareDatetime | None = Field(default=None, description="Received before.")
    keep_accepted: bool = Field(
        default=False, description="What they have accepted or spoken about stays theirs."
    )
    reason: Words = Field(default="", description="Why; all owners are told.")
    by: Id = Field(default="", description="Id of the person who wants it; empty: the key.")
    dry_run: bool = Field(default=False, description="Only say what would happen, of all leads.")
    limit: int = Field(default=_USUAL, ge=1, le=_MOST, description="Leads of this call.")
    after: UUID = Field(default=FIRST, description="`next` of the call before.")


class GoingTold(Told):
    """Leads that go from one place to another."""

    state: str
    pool: str = Field(description="The pool they came out of; may be empty.")
    to: str = Field(description="Such as `pool dach` or `person tom-keane`.")
    leads: int
    examples: list[UUID]


class HandsTold(Told):
    """Leads that went from one person to another."""

    before: str
    now: str
    leads: int


class PromiseTold(Told):
    """A first touch that is due within hours, or late."""

    lead: UUID
    respond_by: AwareDatetime
    late: bool


class FailedTold(Told):
    """A lead that could not be given away, and why."""

    lead: UUID
    why: str


class TransferTold(Told):
    """What a transfer did, or would do."""

    person: str
    way: Way
    to: str
    dry_run: bool
    leads: int = Field(description="Leads that were looked at.")
    going: int = Field(description="Leads that went, or would go.")
    lines: list[GoingTold]
    stays: dict[str, int] = Field(description="Why leads stay, and how many.")
    owners: list[HandsTold] = Field(description="Empty for a preview, which picks nobody.")
    due_soon: dict[str, int] = Field(
        description="Promises of leads that would go, due within hours or late, by kind of clock."
    )
    promises: list[PromiseTold] = Field(description="First touches that are due first.")
    warnings: list[str]
    failed: list[FailedTold]
    more: bool = Field(description="Whether leads are left for another call.")
    next: UUID | None = Field(description="Give it as `after` to that call.")


class LeaverTold(Told):
    """Somebody who is gone, and what is still theirs."""

    person: str
    name: str
    vanished: bool = Field(description="Not in the rule book any more; else it says they left.")
    leads: int = Field(description="Open leads that they own.")
    accountable: int = Field(description="Open leads of queues that they answer for.")


class LeaversTold(Told):
    """People who are gone and still have open leads."""

    items: list[LeaverTold]


@router.get("/leavers")
def list_leavers(road: TheRoad, _caller: Reader) -> LeaversTold:
    """List people who left, or whom the rule book dropped, and who still have open leads."""
    with transaction(road.app.engine) as tx:
        found: list[Leaver] = leavers(road.app, tx)
    return LeaversTold(items=[LeaverTold.model_validate(each) for each in found])


@router.post("/{person_id}/transfer")
def transfer_leads(
    road: TheRoad, caller: Admin, person_id: str, body: TransferAsked
) -> TransferTold:
    """Give the open leads of a person to others, or say what would happen.

    At most `limit` leads go in one call; when `more` is true, call again with `next` as `after`.
    What is done stays done, and a call that was cut off is simply made again.
    """
    way, target = way_of(to=body.to, to_pool=body.to_pool, pools=body.pools, rules=body.rules)
    which = Which(
        person=person_id,
        states=tuple(body.state),
        pool=body.pool,
        countries=tuple(body.country),
        postcodes=tuple(body.postcode_prefix),
        rule=body.rule,
        since=body.since,
        until=body.until,
    )
    by = body.by or caller.name
    asked = Transfer(person_id, way, target, by, body.reason, body.keep_accepted)
    most = 0 if body.dry_run else body.limit
    wish = Wish(asked, which, dry_run=body.dry_run, after=body.after, most=most)
    return _told(transfer(road, wish))


def _told(report: Report) -> TransferTold:
    return TransferTold(
        person=report.person,
        way=report.way,
        to=report.to,
        dry_run=report.dry_run,
        leads=report.leads,
        going=report.going,
        lines=[GoingTold.model_validate(each) for each in report.lines],
        stays=report.stays,
        owners=[HandsTold(before=old, now=new, leads=many) for old, new, many in report.owners],
        due_soon=report.due_soon,
        promises=[PromiseTold.model_validate(each) for each in report.promises],
        warnings=list(report.warnings),
        failed=[FailedTold(lead=UUID(lead), why=why) for lead, why in report.failed],
        more=report.next is not None,
        next=report.next,
    )
