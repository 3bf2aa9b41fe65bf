"""Transfer: the open leads of one person are given to others at once.

In short transactions, each lead as if somebody had reassigned it. A lead that went is not its old
owner's any more, so it is not found a second time, and the command can be stopped and run again at
any moment. Leads are locked before pools, and both in the order of their ids, as everywhere.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from router.errors import LeadRouterError, NotFound, Rejected, Transient
from router.lead.ids import LeadId
from router.lead.model import Lead
from router.now import now as read_now
from router.road.act import find_owners
from router.road.again import Judge, pasts
from router.road.batch import write_batch
from router.road.drain import LOCK_TIMEOUT, Road
from router.road.pages import give_up, lock_page, together
from router.road.people.leavers import people_of_today
from router.road.people.transfer_tally import Report, Tally
from router.road.record import Batch, record
from router.rulebook.model import RuleBook
from router.stages.desk import transfer as desk
from router.stages.desk.again import Afresh, Past
from router.stages.desk.transfer import Stays, Transfer, Way
from router.store.absences import absent_people
from router.store.clocks import clocks_of
from router.store.decided import leads_at
from router.store.transfers import Which, beside_the_road, open_leads
from router.store.tx import Tx, transaction

log = structlog.get_logger()

#: Leads that go in one transaction; few, for others wait for their pools.
_AT_ONCE = 20
#: Leads that a preview reads at once.
_PAGE = 500
#: Before the first lead.
FIRST = UUID(int=0)

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """Which leads go where, and how many of them now."""

    transfer: Transfer
    which: Which
    #: Only say what would happen.
    dry_run: bool = False
    #: Only leads behind this one, for who takes them part by part.
    after: UUID = FIRST
    #: Most leads to look at; 0 for all.
    most: int = 0


@dataclass(frozen=True, slots=True)
class _Thought:
    """What becomes of one lead."""

    lead: Lead
    #: Why it stays; None for one that goes.
    stays: Stays | None
    #: What the active version does with it, when the rules decide.
    afresh: Afresh | None = None


def transfer(road: Road, wish: Wish, on_progress: Progress | None = None) -> Report:
    """Give a person's open leads to others, or say what would happen.

    Args:
        road: The runner of this process.
        wish: Which leads go where.
        on_progress: Told now and then how many leads were looked at.

    Raises:
        NotFound: There is no such person, and no open lead is theirs.
        Rejected: Whoever shall get them is not there, has left, or has them already.
        Transient: The database could not do it now; what was done is done, and stays.
    """
    run = _Run(road, wish)
    run.check()
    for ids in run.pages():
        if wish.dry_run:
            run.preview(ids)
        else:
            run.move(ids)
        if on_progress is not None:
            on_progress(run.tally.leads)
    report = run.report()
    if not wish.dry_run and report.leads:
        done = {"moved": report.going, "failed": len(report.failed)}
        log.info("leads_transferred", person_id=report.person, by=wish.transfer.by, **done)
    return report


class _Run:
    """One run."""

    def __init__(self, road: Road, wish: Wish) -> None:
        self._road, self._wish, self._transfer = road, wish, wish.transfer
        self._serve = road.app.settings.book
        self._book = people_of_today(road.app)
        self._judges: dict[str, Judge] = {}
        self._next: LeadId | None = None
        self._warnings: tuple[str, ...] = ()
        self.tally = Tally()

    def check(self) -> None:
        """Refuse what cannot be done, and note what should be known."""
        asked = self._transfer
        with transaction(self._road.app.engine) as tx:
            beside = beside_the_road(tx, self._serve, asked.person)
            owns = open_leads(tx, self._serve, Which(asked.person), after=FIRST, limit=1)
            away = absent_people(tx, self._serve, read_now())
        if asked.person not in self._book.people and not owns and not beside:
            raise NotFound(
                f"There is no person {asked.person[:100]!r} on the roster of the active rule book,"
                " and no open lead is theirs. `lead-router people` lists the roster."
            )
        self._warnings = _check_target(self._road.app.shelf.active(), asked, away)
        if self._wish.after == FIRST:
            self.tally.stays.update(beside)

    def pages(self) -> Iterator[list[LeadId]]:
        """Yield the leads that are in question, a few at a time."""
        after, most = self._wish.after, self._wish.most
        size, seen = _PAGE if self._wish.dry_run else _AT_ONCE, 0
        while not most or seen < most:
            limit = min(size, most - seen) if most else size
            with transaction(self._road.app.engine) as tx:
                ids = open_leads(tx, self._serve, self._wish.which, after=after, limit=limit)
            if not ids:
                return
            yield ids
            after, seen = ids[-1], seen + len(ids)
        with transaction(self._road.app.engine) as tx:
            more = open_leads(tx, self._serve, self._wish.which, after=after, limit=1)
        self._next = LeadId(after) if more else None

    def preview(self, ids: list[LeadId]) -> None:
        """Count what would become of these leads."""
        now = read_now()
        with transaction(self._road.app.engine) as tx:
            leads = leads_at(tx, ids)
            found = self._pasts(tx, ids)
            clocks = clocks_of(tx, ids)
        for lead in leads:
            try:
                thought = self._think(lead, found, now)
            except Exception as error:  # noqa: BLE001 - one lead that cannot be judged hides no other
                self._fail(lead.id, error)
                continue
            self._count(thought)
            if thought.stays is None:
                self.tally.promise(lead.id, clocks.get(lead.id, {}), now)

    def move(self, ids: list[LeadId]) -> None:
        """Give these leads to others; when one of them fails, each for itself."""
        failed = together(ids, self._move_together, self._fail)
        # That nobody else can take them is no reason to give up: others may go elsewhere.
        give_up(ids, [each for each in failed if isinstance(each, Transient)], "transferred")

    def _fail(self, lead_id: LeadId, error: Exception) -> None:
        if not isinstance(error, LeadRouterError):
            log.error("transfer_failed_on_lead", lead_id=str(lead_id), exc_info=error)
        self.tally.fail(lead_id, error)

    def _pasts(self, tx: Tx, ids: Sequence[LeadId]) -> dict[LeadId, tuple[Past, ...]]:
        return pasts(tx, ids) if self._transfer.way is Way.RULES else {}

    def _think(
        self, lead: Lead, found: Mapping[LeadId, tuple[Past, ...]], now: datetime
    ) -> _Thought:
        stays = desk.left_alone(lead, self._transfer)
        if stays is not None or self._transfer.way is not Way.RULES:
            return _Thought(lead, stays)
        judge = self._judges.get(lead.digest)
        if judge is None:
            active = self._road.app.shelf.active()
            judge = Judge(self._road.app, lead.digest, active, accepted=True)
            self._judges[lead.digest] = judge
        afresh = judge.afresh(lead, found.get(lead.id, ()), now)
        return _Thought(lead, desk.settled(self._transfer, afresh, self._book), afresh)

    def _move_together(self, ids: Sequence[LeadId]) -> None:
        road, now = self._road, read_now()
        batch, thoughts = Batch(now, road.listeners), list[_Thought]()
        with transaction(road.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
            leads = lock_page(tx, ids)
            found = self._pasts(tx, ids)
            for lead in leads.values():
                thought = self._think(lead, found, now)
                thoughts.append(thought)
                if thought.stays is None:
                    decision = desk.decide(lead, self._transfer, self._book, thought.afresh)
                    record(batch, batch.take(lead), decision)
            find_owners(road, tx, batch)
            for work in batch.works.values():
                if work.failed is not None:
                    raise work.failed
                desk.check(work.lead, self._transfer)
            writes = write_batch(tx, batch)
        road.ring_for(batch.works.values(), writes, now)
        for thought in thoughts:
            self._count(thought)
        for work in batch.works.values():
            owner = work.lead.owner
            self.tally.owners[self._transfer.person, owner.id if owner is not None else ""] += 1

    def _count(self, thought: _Thought) -> None:
        if thought.stays is not None:
            self.tally.stay(thought.stays)
            return
        where = desk.place(thought.lead, self._transfer, self._book, thought.afresh)
        self.tally.go(thought.lead, where)

    def report(self) -> Report:
        """Return what was counted."""
        tally, asked = self.tally, self._transfer
        return Report(
            person=asked.person,
            way=asked.way,
            to=asked.to,
            dry_run=self._wish.dry_run,
            leads=tally.leads,
            going=tally.going,
            lines=tally.lines(),
            stays=dict(tally.stays),
            owners=tuple((old, now, many) for (old, now), many in tally.owners.most_common()),
            due_soon=dict(tally.due_soon),
            promises=tally.promises(),
            warnings=self._warnings,
            failed=tuple(tally.failed),
            next=self._next,
        )


def _check_target(active: RuleBook, asked: Transfer, away: Collection[str]) -> tuple[str, ...]:
    """Refuse a target that cannot take a lead; return what should be known of one that can."""
    if asked.way is Way.POOL and asked.to not in active.pools:
        raise Rejected(
            f"The active rule book has no pool {asked.to[:100]!r}; it has {_named(active.pools)}.",
            code="unknown_pool",
        )
    if asked.way is not Way.PERSON:
        return ()
    if asked.to == asked.person:
        raise Rejected(f"These leads are {asked.to}'s already. Name another person.", code="same")
    card = active.people.get(asked.to)
    if card is None or card.left:
        left = "has left" if card is not None else "is not on the roster of the active rule book"
        raise Rejected(
            f"{asked.to[:100]!r} {left} and can take no lead. `lead-router people` lists who can.",
            code="unknown_person",
        )
    if asked.to in away:
        return (f"{asked.to} is away, and gets these leads all the same.",)
    return ()


def _named(ids: Collection[str]) -> str:
    return ", ".join(sorted(ids)) or "none"
