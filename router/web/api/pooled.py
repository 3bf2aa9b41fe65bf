"""What is said and told about pools, their ledgers and allowances."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, Field

from router.road.pools.allowances import AllowanceTold as FoundAllowance
from router.road.pools.standing import PoolTold as FoundPool
from router.rulebook.model import Period
from router.stages.route.rotation import LEAD
from router.store.ledger import LedgerKind, LedgerRow
from router.web.api.asked import MOST, USUAL, Id, Named, Strict, Words
from router.web.api.told import Told

Cap = Annotated[int, Field(ge=0, le=1_000_000)]


class PoolQuery(Strict):
    """How far to look ahead."""

    ahead: int = Field(default=5, ge=0, le=200, description="Leads to look ahead.")


class LedgerQuery(Strict):
    """Which rows of a ledger."""

    person: Id = Field(default="", description="Only rows that concern this member.")
    before: UUID | None = Field(default=None, description="`next` of the page before.")
    limit: int = Field(default=USUAL, ge=1, le=MOST, description="Rows of the page.")


class Credit(Strict):
    """A member is owed more, or less."""

    person: Named = Field(description="A member of the pool.")
    leads: float = Field(ge=-100, le=100, description="Leads more, or less; parts of one count.")
    bank: bool = Field(
        default=False, description="Pay it out beside the usual share; nobody pays at once."
    )
    reason: Named = Field(description="Why; it stays in the ledger.")
    by: Id = Field(default="", description="Id of the person who says so; empty: the key.")


class ClaimNext(Strict):
    """Somebody takes the lead that is next."""

    person: Named = Field(description="A member of the pool.")


class Allow(Strict):
    """What holds for a person until a moment, whatever the book says."""

    person: Named
    until: AwareDatetime
    start: AwareDatetime | None = Field(default=None, alias="from", description="Empty: now.")
    pool: Id = Field(default="", description="Only in this pool; empty: in all of them.")
    weight: int | None = Field(default=None, ge=0, le=100, description="Needs a pool; 0 is off.")
    caps: dict[Period, Cap] = Field(default={}, description="By period: open, day, week, month.")
    off: bool = Field(default=False, description="Takes no leads at all.")
    reason: Words = ""
    by: Id = Field(default="", description="Id of the person who says so; empty: the key.")


class WaitingTold(Told):
    """What waits in a pool."""

    leads: int
    since: datetime = Field(description="Since when the one that has waited longest does.")
    look_at: datetime = Field(description="When it is looked at again, unless somebody is back.")


class MemberTold(Told):
    """A member of a pool, or a group of it as `pool:<id>`."""

    person: str
    name: str
    weight: float = Field(description="What counts now, after ramp and allowances.")
    book_weight: int
    tier: int
    owed: float = Field(description="Leads owed.")
    banked: float = Field(description="Leads of an absence that are still paid out.")
    given: int
    open_leads: int
    caps: tuple[str, ...]
    bar: str = Field(description="Why they cannot take a lead now; empty when they can.")
    until: datetime | None = Field(description="When that ends by itself.")
    busy_until: datetime | None


class NextTold(Told):
    """Who would get one of the next leads."""

    person: str
    why: str


class PoolTold(Told):
    """A pool as it stands now."""

    id: str
    role: str
    manager: str
    method: str
    require: str
    nobody: str
    overflow: tuple[str, ...]
    hand_out: str
    members: tuple[MemberTold, ...]
    waiting: WaitingTold | None
    next: tuple[NextTold, ...] = Field(description="The next leads, if nothing else changed.")

    @classmethod
    def of(cls, found: FoundPool) -> Self:
        """Tell a pool."""
        return cls.model_validate(found)


class PoolsTold(Told):
    """The pools of the active rule book."""

    items: list[PoolTold]


class ChangeTold(Told):
    """What a row changed for one member, in leads."""

    person: str
    credit: float
    banked: float


class LedgerRowTold(Told):
    """One change of what members are owed or were given."""

    id: UUID
    kind: LedgerKind
    at: datetime
    lead_id: UUID | None
    person: str
    given: int
    changes: list[ChangeTold]
    undoes: UUID | None
    by: str
    reason: str

    @classmethod
    def of(cls, row: LedgerRow) -> Self:
        """Tell a row; credit is told in leads."""
        return cls(
            id=row.id,
            kind=row.kind,
            at=row.at,
            lead_id=row.lead_id,
            person=row.person,
            given=row.given,
            changes=[
                ChangeTold(person=name, credit=credit / LEAD, banked=banked / LEAD)
                for name, (credit, banked) in row.changes.items()
            ],
            undoes=row.undoes,
            by=row.by,
            reason=row.reason,
        )


class LedgerTold(Told):
    """A page of a pool's ledger, the newest first."""

    items: list[LedgerRowTold]
    next: UUID | None


class AllowanceTold(Told):
    """What holds for a person until a moment."""

    id: UUID
    person: str
    pool: str
    weight: int | None
    caps: dict[Period, int]
    off: bool
    start: datetime = Field(serialization_alias="from")
    until: datetime
    reason: str
    by: str
    without_effect: str = Field(description="Why it changes nothing; empty when it does.")

    @classmethod
    def of(cls, found: FoundAllowance) -> Self:
        """Tell an allowance."""
        it = found.allowance
        return cls(
            id=it.id,
            person=it.person,
            pool=it.pool,
            weight=it.weight,
            caps=dict(it.caps),
            off=it.off,
            start=it.from_at,
            until=it.until_at,
            reason=it.reason,
            by=it.by,
            without_effect=found.without_effect,
        )


class AllowancesTold(Told):
    """What holds, or will."""

    items: list[AllowanceTold]
