"""The companies we know, as the CRM tells them."""

from typing import Annotated

from fastapi import APIRouter, Query

from router.now import now as read_now
from router.road.accounts.rows import AccountRow
from router.road.accounts.take import known_accounts, take_accounts
from router.store.accounts import Listed
from router.web.api.access import Admin, Reader, TheRoad
from router.web.api.asked import AccountAsked, AccountQuery, AccountsAsked
from router.web.api.told import AccountItemTold, AccountsTakenTold, Page

router = APIRouter(prefix="/api/accounts", tags=["accounts"])


@router.get("")
def list_accounts(
    road: TheRoad, _caller: Reader, asked: Annotated[AccountQuery, Query()]
) -> Page[AccountItemTold]:
    """List accounts in the order of their keys."""
    found = known_accounts(road.app, owner=asked.owner, after=asked.after, limit=asked.limit + 1)
    shown = found[: asked.limit]
    last = shown[-1].account.key if len(found) > asked.limit else ""
    return Page[AccountItemTold](items=[_told(each) for each in shown], next=last)


@router.post("")
def put_accounts(road: TheRoad, caller: Admin, body: AccountsAsked) -> AccountsTakenTold:
    """Take accounts in. One that is known is replaced; those that are not sent stay as they are.

    An account that cannot be used is told with its place in the list, and the rest goes in.
    """
    rows = [_row(place, each) for place, each in enumerate(body.accounts, start=1)]
    taken = take_accounts(road.app, rows, read_now(), by=body.by or caller.name)
    return AccountsTakenTold.model_validate(taken)


def _row(place: int, asked: AccountAsked) -> AccountRow:
    return AccountRow(
        line=place,
        key=asked.key,
        name=asked.name,
        domains=tuple(asked.domains),
        owner=asked.owner,
        opportunity_owner=asked.opportunity_owner,
        named=asked.named,
        country=asked.country,
        active_at=asked.active_at,
        contacts=tuple(asked.contacts),
    )


def _told(listed: Listed) -> AccountItemTold:
    each = listed.account
    return AccountItemTold(
        key=each.key,
        name=each.name,
        owner=each.owner,
        opportunity_owner=each.opportunity_owner,
        named=each.named,
        country=each.country,
        active_at=each.active_at,
        domains=listed.domains,
        contacts=listed.contacts,
        updated_at=listed.updated_at,
    )
