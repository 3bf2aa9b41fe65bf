"""Reroute: what a bad version of the rule book did to leads is undone by the active one.

In short transactions, each lead once: a lead that was decided again goes by the active version
and is not found a second time, so the command can be stopped and run again at any moment. Leads
are locked before pools, and both in the order of their ids, as everywhere.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog

from router.errors import Conflict, LeadRouterError
from router.lead.decision import DECIDED_AGAIN
from router.lead.ids import LeadId
from router.lead.model import Lead
from router.now import now as read_now
from router.road.act import find_owners
from router.road.again import Judge, Thought, pasts, place_of
from router.road.batch import write_batch
from router.road.drain import LOCK_TIMEOUT, Road
from router.road.pages import give_up, lock_page, together, told
from router.road.record import Batch, record
from router.road.versions.news import announce
from router.rulebook.model import RuleBook
from router.stages.desk import again
from router.stages.desk.again import Asked, Fate, Past
from router.stages.route.reach import asked_with
from router.store.book_log import BookAct, Entry
from router.store.decided import decided_by, leads_at
from router.store.ledger import give_back_picks, pools_of_picks
from router.store.roster import lock_pools
from router.store.tx import Tx, transaction

log = structlog.get_logger()

#: Leads decided again in one transaction; few, for others wait for their pools.
_AT_ONCE = 20
#: Leads that a preview reads at once.
_PAGE = 500
#: Leads that a line of the report names.
_EXAMPLES = 3
_FIRST = UUID(int=0)

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """Which decisions are undone, and who says so."""

    #: The version that decided them.
    digest: str
    since: datetime
    by: str
    reason: str = ""
    #: None for no such bound.
    until: datetime | None = None
    #: Also leads that their owner has accepted, or spoken about, already.
    accepted: bool = False
    #: Only say what would happen.
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Leads that went from one place to another, by one rule instead of another."""

    #: Such as ``pool dach``, ``queue sales-triage`` or ``rejected spam``.
    before: str
    old_rule: str
    after: str
    new_rule: str
    leads: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What was done, or what would be."""

    digest: str
    #: The version that decided again.
    active: str
    since: datetime
    until: datetime | None
    dry_run: bool
    #: Leads that were looked at.
    leads: int
    lines: tuple[Line, ...]
    #: Leads of which only the version changed.
    same: int
    #: Of these, how many the active version would promise something else; their clocks run on.
    other_promise: int
    #: Why leads were left alone: ``accepted``, ``touched``, ``closed``, ``by_person``; how many.
    left: dict[str, int]
    #: Owner before, owner now, and how many leads; empty for a preview, which picks nobody.
    owners: tuple[tuple[str, str, int], ...]
    #: Leads that could not be decided again, and why; another run tries them again.
    failed: tuple[tuple[str, str], ...]

    @property
    def changed(self) -> int:
        """Return how many leads went elsewhere."""
        return sum(line.leads for line in self.lines)


@dataclass(slots=True)
class _Tally:
    """What has been counted so far."""

    leads: int = 0
    fates: Counter[Fate] = field(default_factory=Counter)
    other_promise: int = 0
    lines: dict[tuple[str, str, str, str], list[LeadId]] = field(default_factory=dict)
    owners: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: list[tuple[str, str]] = field(default_factory=list)

    def count(self, thought: Thought, now: Lead | None = None) -> None:
        """Count what became of a lead, or would become of it.

        Args:
            thought: What was decided.
            now: The lead as it stands afterwards; None in a preview.
        """
        self.leads += 1
        self.fates[thought.fate] += 1
        if thought.afresh is None:
            return
        wanted = thought.afresh.wanted
        if thought.fate is not Fate.CHANGES:
            promised = wanted.sla and thought.lead.owner is not None
            self.other_promise += bool(promised and wanted.sla != thought.lead.sla)
            return
        key = (
            place_of(thought.lead),
            thought.past[-1].rule,
            _place(wanted.kind, wanted.target),
            wanted.rule,
        )
        self.lines.setdefault(key, []).append(thought.lead.id)
        if now is not None:
            self.owners[_owner(thought.lead), _owner(now)] += 1


def reroute(road: Road, wish: Wish, on_progress: Progress | None = None) -> Report:
    """Decide the leads of a version again by the active one, or say what would happen.

    Args:
        road: The runner of this process.
        wish: Which decisions are undone.
        on_progress: Told now and then how many leads were looked at.

    Raises:
        Conflict: The version is the active one.
        Transient: The database could not do it now; what was done is done, and stays.
    """
    new = road.app.shelf.active()
    if wish.digest == new.digest:
        raise Conflict(
            f"Version {new.digest[:12]} is the active one, and would decide the same again."
            " Publish a corrected version, or `lead-router rules rollback`, first."
        )
    undoing = _Undoing(road, wish, new)
    for ids in undoing.pages():
        if wish.dry_run:
            undoing.preview(ids)
        else:
            undoing.undo(ids)
        if on_progress is not None:
            on_progress(undoing.tally.leads)
    report = undoing.report()
    if not wish.dry_run and report.changed + report.same:
        _announce(road, wish, report, new)
    return report


class _Undoing:
    """One run."""

    def __init__(self, road: Road, wish: Wish, new: RuleBook) -> None:
        self._road, self._wish, self._new = road, wish, new
        self._judge = Judge(road.app, wish.digest, new, accepted=wish.accepted)
        self._asked = Asked(wish.by, wish.reason, wish.digest)
        self.tally = _Tally()

    def pages(self) -> Iterator[list[LeadId]]:
        """Yield the leads that are in question, a few at a time."""
        after, limit = _FIRST, _PAGE if self._wish.dry_run else _AT_ONCE
        while True:
            with transaction(self._road.app.engine) as tx:
                ids = decided_by(
                    tx,
                    self._road.app.settings.book,
                    self._wish.digest,
                    since=self._wish.since,
                    until=self._wish.until,
                    after=after,
                    limit=limit,
                )
            if not ids:
                return
            yield ids
            after = ids[-1]

    def preview(self, ids: list[LeadId]) -> None:
        """Count what would become of these leads."""
        now = read_now()
        with transaction(self._road.app.engine) as tx:
            leads = leads_at(tx, ids)
            found = pasts(tx, ids)
        for thought in self._think(leads, found, now):
            self.tally.count(thought)

    def undo(self, ids: list[LeadId]) -> None:
        """Decide these leads again; when one of them fails, each for itself."""
        give_up(ids, together(ids, self._undo_together, self._fail), "decided again")

    def _fail(self, lead_id: LeadId, error: Exception) -> None:
        if not isinstance(error, LeadRouterError):
            log.error("reroute_failed_on_lead", lead_id=str(lead_id), exc_info=error)
        self.tally.leads += 1
        self.tally.failed.append((str(lead_id), told(error)))

    def _think(
        self, leads: Iterable[Lead], found: Mapping[LeadId, tuple[Past, ...]], now: datetime
    ) -> list[Thought]:
        return [
            self._judge.think(lead, found.get(lead.id, ()), now)
            for lead in leads
            # Somebody may have moved it since it was found.
            if lead.digest == self._wish.digest
        ]

    def _undo_together(self, ids: Sequence[LeadId]) -> None:
        road, now = self._road, read_now()
        batch = Batch(now, road.listeners)
        with transaction(road.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
            leads = lock_page(tx, ids)
            thoughts = self._think(leads.values(), pasts(tx, ids), now)
            self._settle_pools(tx, thoughts, now)
            for thought in thoughts:
                self._record(batch, thought, now)
            find_owners(road, tx, batch)
            failed = [each.failed for each in batch.works.values() if each.failed is not None]
            if failed:
                raise failed[0]
            writes = write_batch(tx, batch)
        road.ring_for(batch.works.values(), writes, now)
        for thought in thoughts:
            work = batch.works.get(thought.lead.id)
            self.tally.count(thought, work.lead if work is not None else None)

    def _record(self, batch: Batch, thought: Thought, now: datetime) -> None:
        lead = thought.lead
        if thought.fate is Fate.STAYS:
            record(batch, batch.take(lead), again.same(lead, self._asked, self._new.digest))
        elif thought.fate is Fate.CHANGES and thought.afresh is not None:
            live = self._road.app.live(self._new.digest)
            decision = again.decide(lead, thought.afresh, self._asked, live, now)
            record(batch, batch.take(lead), decision)

    def _settle_pools(self, tx: Tx, thoughts: list[Thought], now: datetime) -> None:
        """Lock every pool of the batch at once, in order, and give the wrong picks back."""
        book, live = self._road.app.settings.book, self._road.app.live(self._new.digest)
        pools, wrong = set[str](), list[tuple[LeadId, datetime]]()
        for thought in thoughts:
            if thought.fate is not Fate.CHANGES or thought.afresh is None:
                continue
            wanted = thought.afresh.wanted
            if wanted.kind == "pool" and wanted.target in live.pools:
                pools |= {each.id for each in asked_with(live.pools[wanted.target], live.pools)}
            wrong += [
                (thought.lead.id, each.at)
                for each in thought.past
                if each.digest == self._wish.digest
            ]
        pools |= pools_of_picks(tx, wrong)
        if pools:
            lock_pools(tx, book, pools)
        give_back_picks(tx, book, wrong, by=self._wish.by, reason=DECIDED_AGAIN, now=now)

    def report(self) -> Report:
        """Return what was counted."""
        tally, wish = self.tally, self._wish
        lines = [
            Line(*key, leads=len(ids), examples=tuple(str(each) for each in ids[:_EXAMPLES]))
            for key, ids in tally.lines.items()
        ]
        left = (Fate.ACCEPTED, Fate.TOUCHED, Fate.CLOSED, Fate.BY_PERSON)
        return Report(
            digest=wish.digest,
            active=self._new.digest,
            since=wish.since,
            until=wish.until,
            dry_run=wish.dry_run,
            leads=tally.leads,
            lines=tuple(sorted(lines, key=lambda line: (-line.leads, line.before, line.after))),
            same=tally.fates[Fate.STAYS],
            other_promise=tally.other_promise,
            left={each.value: tally.fates[each] for each in left if tally.fates[each]},
            owners=tuple((old, now, many) for (old, now), many in tally.owners.most_common()),
            failed=tuple(tally.failed),
        )


def _announce(road: Road, wish: Wish, report: Report, new: RuleBook) -> None:
    """Write it into the book's history, and tell the book's owner."""
    details = {
        "active": new.digest,
        "since": wish.since.isoformat(),
        "until": wish.until.isoformat() if wish.until is not None else "",
        "changed": report.changed,
        "same": report.same,
        "left": report.left,
        "failed": len(report.failed),
    }
    entry = Entry(
        book=road.app.settings.book,
        act=BookAct.REROUTE,
        digest=wish.digest,
        at=read_now(),
        by=wish.by,
        note=wish.reason,
        data=details,
    )
    with transaction(road.app.engine) as tx:
        told = announce(road.app, tx, entry, new)
    road.app.bell.ring_destinations(told)
    log.warning(
        "leads_rerouted", digest=wish.digest, changed=report.changed, failed=len(report.failed)
    )


def _place(kind: str, target: str) -> str:
    """Write where a version sends a lead.

    >>> _place("pool", "dach"), _place("reject", "spam"), _place("road", "")
    ('pool dach', 'rejected spam', 'back on the road')
    """
    if kind == "road":
        return "back on the road"
    written = {"reject": "rejected", "review": "in_review", "fallback": "fallback owner"}
    return f"{written.get(kind, kind)} {target}".rstrip()


def _owner(lead: Lead) -> str:
    return lead.owner.id if lead.owner is not None else lead.state.value
