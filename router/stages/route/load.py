"""What route needs: the pools it picks from, under their locks, and all that stands there."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from router.app import App
from router.lead.case import Case
from router.lead.decision import CLAIMED, OWNER_GONE, WAITED, Decision, Reroute
from router.lead.ids import LeadId, timed_id
from router.lead.model import Lead
from router.lead.written import written_id
from router.pipeline import StageName
from router.rulebook.allowance import Allowance, allowed, off_in_pools
from router.rulebook.cover import stand_in
from router.rulebook.model import First, NobodyPolicy, Pool, RuleBook
from router.rulebook.roster import with_pools
from router.stages.route.bounds import Bounds
from router.stages.route.choose import GROUP, soonest
from router.stages.route.decide import Choice, Plan, decide, plan
from router.stages.route.reach import asked_with
from router.stages.route.seats import Away, Bar, BarKind, Owed
from router.stages.route.turns import Turns
from router.store.absences import absent_people
from router.store.allowances import allowances_at
from router.store.held import queued_pools
from router.store.ledger import (
    LedgerKind,
    LedgerRow,
    ensure_members,
    give_back_leads,
    given_since,
    pools_of_leads,
    write_ledger,
)
from router.store.people import last_owners
from router.store.roster import lock_people, lock_pools, member_rows, open_counts, set_busy
from router.store.tx import Tx

#: A lead that has no owner after so long was kept waiting by an outage.
LATE = timedelta(minutes=15)

#: An absence that names nobody.
_ANYBODY = Away(Bar(BarKind.AWAY, ""))

#: By the digest of a lead's version and the pool it goes to, every pool that may be asked.
_Asked = Mapping[tuple[str, str], tuple[Pool, ...]]
_Cases = Sequence[tuple[Case, Plan]]


@dataclass(slots=True)
class Loaded:
    """The pools of this batch, and what is written of them at its end."""

    turns: Turns
    #: The version of each lead with the people and allowances of today, by digest.
    books: dict[str, RuleBook] = field(default_factory=dict)
    #: When a review that is opened now is due, by digest; asked once a batch.
    review_by: dict[str, datetime] = field(default_factory=dict)
    rows: list[LedgerRow] = field(default_factory=list)
    busy: dict[tuple[str, str], datetime] = field(default_factory=dict)
    #: The choice of the decision that was made last; taken over by ``absorb``.
    choice: Choice | None = None


class Route:
    """The route stage as the runner sees it."""

    name = StageName.ROUTE

    def __init__(self, app: App) -> None:
        """Use the books of this process.

        Args:
            app: Where a lead's rule book is found.
        """
        self._app = app

    def prepare(self, case: Case, now: datetime) -> Plan:  # noqa: ARG002 - the runner's shape
        """Ask the rules, before any lock is taken."""
        return plan(case.lead, self._app.book(case.lead.digest), case.reroute)

    def load(self, tx: Tx, cases: _Cases, now: datetime) -> Loaded:
        """Lock the pools that may be asked, in order, and read what stands there."""
        serve = self._app.settings.book
        coming = allowances_at(tx, serve, now, ahead=True)
        allowances = [each for each in coming if each.from_at <= now]
        away, off = _away(tx, serve, now), _off(allowances)
        turns = Turns(now, away={**away, **off}, off=_off_in_pools(allowances))
        turns.changes_at = soonest(
            each.from_at if each.from_at > now else each.until_at for each in coming
        )
        loaded = Loaded(turns)
        for digest in {case.lead.digest for case, _ in cases}:
            loaded.books[digest] = allowed(self._live(digest, cases), allowances)
        asked = _asked(cases, loaded.books)
        pools = {pool.id: pool for found in asked.values() for pool in found}
        _lock(tx, serve, pools, _no_turns(cases, loaded.books), now)
        if pools:
            turns.owed = _owed(tx, serve, pools.values())
            turns.last_owner = last_owners(tx, _sticky(cases, asked))
            turns.wave = _wave(cases, pools, now)
            turns.queued = _queued(tx, serve, cases, pools, now)
        _count(tx, serve, loaded, cases, asked)
        return loaded

    def _live(self, digest: str, cases: _Cases) -> RuleBook:
        """Return a version with the people of today; for leads that waited, with its pools, too."""
        book, shelf = self._app.live(digest), self._app.shelf
        waited = all(case.reroute and case.reroute.reason in WAITED for case, _ in cases)
        if waited and digest != shelf.aliases().canary:
            return with_pools(book, shelf.active())
        return book

    def decide(self, case: Case, planned: Plan, loaded: Loaded, now: datetime) -> Decision:
        """Pick, given everything that was picked before in this batch."""
        digest = case.lead.digest
        book = loaded.books[digest]
        review_by = loaded.review_by.get(digest)
        if review_by is None:
            review_by = loaded.review_by[digest] = self._app.review_by(book, now)
        decision, loaded.choice = decide(
            case.lead, planned, book, loaded.turns, review_by=review_by
        )
        return decision

    def absorb(self, loaded: Loaded, planned: Plan, decision: Decision) -> None:
        """Let the next lead of the batch see whose turn it is now, in every version of the book."""
        choice = loaded.choice
        if choice is None or not choice.given:
            return
        pool, person = choice.owner.pool, choice.owner.id
        loaded.turns.take(pool, person, choice.changes, busy_until=choice.busy_until)
        if choice.busy_until is not None:
            loaded.busy[pool, person] = choice.busy_until
        loaded.rows += _rows(choice, planned, decision.lead, loaded.turns.now)

    def settled(self, loaded: Loaded, lead: Lead) -> None:
        """Leads meet here only through whose turn it is."""

    def finish(self, tx: Tx, loaded: Loaded) -> None:
        """Write the ledger of this batch."""
        serve = self._app.settings.book
        write_ledger(tx, serve, loaded.rows)
        set_busy(tx, serve, [(*key, until) for key, until in sorted(loaded.busy.items())])


def stand(app: App, tx: Tx, pool: str, now: datetime) -> tuple[RuleBook, Turns]:
    """Return how a pool stands now, with those behind it; locks nothing, so it may change at once.

    Args:
        app: Of this process.
        tx: Open transaction.
        pool: One of the active version's pools.
        now: The moment.

    Returns:
        The active version with what is allowed today, and the turns.
    """
    serve = app.settings.book
    allowances = allowances_at(tx, serve, now)
    book = allowed(app.shelf.active(), allowances)
    turns = Turns(
        now,
        away={**_away(tx, serve, now), **_off(allowances)},
        off=_off_in_pools(allowances),
    )
    pools = asked_with(book.pools[pool], book.pools)
    members = sorted({key for each in pools for key in _keys(each)})
    rows = member_rows(tx, serve, members)
    turns.owed = {key: Owed(row.credit, row.banked, row.busy_until) for key, row in rows.items()}
    bounds = Bounds()
    bounds.add(book, pools, (), now)
    # For people to see, also where no cap asks for it.
    bounds.open |= {member.person for each in pools for member in each.members}
    turns.count_open(open_counts(tx, serve, sorted(bounds.open)))
    turns.count_given(given_since(tx, serve, bounds.since))
    return book, turns


def _away(tx: Tx, serve: str, now: datetime) -> dict[str, Away]:
    """Return who is away, and until when."""
    found = {}
    for person, absent in absent_people(tx, serve, now).items():
        till = _till(absent.until)
        off = absent.kind == "off"
        why, kind = f"{'off' if off else 'away'} {till}", BarKind.OFF if off else BarKind.AWAY
        # Why they are away may be private, and what is written of a lead stays.
        found[person] = Away(Bar(kind, why, absent.until), absent.cover)
    return found


def _till(until: datetime | None) -> str:
    return f"until {until:%Y-%m-%d %H:%M} UTC" if until is not None else "until further notice"


def _off(allowances: Iterable[Allowance]) -> dict[str, Away]:
    """Return who is off in every pool, by a manager's word."""
    return {each.person: Away(_off_bar(each)) for each in allowances if each.off and not each.pool}


def _off_in_pools(allowances: Iterable[Allowance]) -> dict[tuple[str, str], Bar]:
    """Return who is off in one pool, by a manager's word."""
    return {key: _off_bar(each) for key, each in off_in_pools(allowances).items()}


def _off_bar(allowance: Allowance) -> Bar:
    why = f"off {_till(allowance.until_at)} by {allowance.by or 'a manager'}"
    return Bar(BarKind.OFF, why, allowance.until_at)


def _asked(cases: _Cases, books: Mapping[str, RuleBook]) -> dict[tuple[str, str], tuple[Pool, ...]]:
    found = {}
    for case, planned in cases:
        key = case.lead.digest, planned.target
        pools = books[case.lead.digest].pools
        if planned.kind == "pool" and key not in found:
            found[key] = asked_with(pools[planned.target], pools) if planned.target in pools else ()
        elif case.reroute is not None and case.reroute.reason == CLAIMED and case.lead.owner:
            # The member's caps count under the lock of the pool that the lead waits in.
            waits_in = pools.get(case.lead.owner.id)
            groups = waits_in.groups if waits_in is not None else ()
            within = [pools[each.pool] for each in groups]
            found[key] = (waits_in, *within) if waits_in is not None else ()
    return found


def _no_turns(cases: _Cases, books: Mapping[str, RuleBook]) -> dict[tuple[str, str], list[LeadId]]:
    """Return the leads whose owner had no turn with them, by who says so and why."""
    found: dict[tuple[str, str], list[LeadId]] = {}
    for case, _ in cases:
        reroute = case.reroute
        if reroute is not None and _is_no_turn(case.lead, reroute, books[case.lead.digest]):
            said = reroute.by, reroute.note or reroute.reason
            found.setdefault(said, []).append(case.lead.id)
    return found


def _is_no_turn(lead: Lead, reroute: Reroute, book: RuleBook) -> bool:
    """Tell whether an owner loses a lead so that it was no turn of theirs."""
    if reroute.give_back or reroute.reason not in OWNER_GONE or lead.owner is None:
        return reroute.give_back
    pool = book.pools.get(lead.owner.pool)
    return pool is not None and pool.gives_back(reroute.reason)


def _lock(
    tx: Tx,
    serve: str,
    pools: Iterable[str],
    no_turns: Mapping[tuple[str, str], Sequence[LeadId]],
    now: datetime,
) -> None:
    """Lock the pools in one go, and take back the picks that do not count as a turn."""
    wanted = {*pools, *pools_of_leads(tx, [*chain.from_iterable(no_turns.values())])}
    if wanted:
        lock_pools(tx, serve, wanted)
    for (by, reason), leads in no_turns.items():
        give_back_leads(tx, serve, leads, by=by, reason=reason, now=now, last=True)


def _owed(tx: Tx, serve: str, pools: Iterable[Pool]) -> dict[tuple[str, str], Owed]:
    members = sorted({key for pool in pools for key in _keys(pool)})
    rows = member_rows(tx, serve, members)
    if len(rows) < len(members):
        ensure_members(tx, serve, [each for each in members if each not in rows])
    return {key: Owed(row.credit, row.banked, row.busy_until) for key, row in rows.items()}


def _keys(pool: Pool) -> list[tuple[str, str]]:
    """Return how the members of a pool, or its groups, are called in the ledger."""
    members = [(pool.id, member.person) for member in pool.members]
    return members + [(pool.id, GROUP + group.pool) for group in pool.groups]


def _sticky(cases: _Cases, asked: _Asked) -> list[Lead]:
    """Return the leads whose person's earlier owner comes first."""
    return [
        case.lead
        for case, planned in cases
        if case.lead.returning
        and any(
            First.LAST_OWNER in pool.first
            for pool in asked.get((case.lead.digest, planned.target), ())
        )
    ]


def _wave(cases: _Cases, pools: Mapping[str, Pool], now: datetime) -> frozenset[LeadId]:
    """Return the leads that waited together with more others than their pool has members."""
    late = [
        (case.lead.id, planned.target)
        for case, planned in cases
        if case.reroute is None and not case.lead.lane and now - case.lead.received_at > LATE
    ]
    many = Counter(target for _, target in late)
    # What waits in a pool was counted as a whole; here are only some of it at a time.
    released = [case.lead.id for case, _ in cases if case.reroute is not None and case.reroute.wave]
    return frozenset(released).union(
        lead_id
        for lead_id, target in late
        if target in pools and many[target] > _people(pools[target], pools)
    )


def _queued(
    tx: Tx, serve: str, cases: _Cases, pools: Mapping[str, Pool], now: datetime
) -> frozenset[LeadId]:
    """Return the leads that must not overtake those which wait in their pool."""
    holding = [pool.id for pool in pools.values() if pool.nobody is NobodyPolicy.HOLD]
    if not holding:
        return frozenset()
    awake = queued_pools(tx, serve, holding, now)
    return frozenset(
        case.lead.id
        for case, planned in cases
        if planned.kind == "pool"
        and planned.target in awake
        and (case.reroute is None or case.reroute.reason not in WAITED)
    )


def _people(pool: Pool, pools: Mapping[str, Pool]) -> int:
    """Return how many people a pool may choose among, in its groups or by itself."""
    return len(pool.members) + sum(len(pools[each.pool].members) for each in pool.groups)


def _count(tx: Tx, serve: str, loaded: Loaded, cases: _Cases, asked: _Asked) -> None:
    """Lock the people whose caps count over all pools, and count what binds."""
    turns, bounds = loaded.turns, Bounds()
    for digest, book in loaded.books.items():
        mine = [pool for (of, _), found in asked.items() if of == digest for pool in found]
        named = {
            each
            for case, planned in cases
            if case.lead.digest == digest
            for each in _named(case.lead, planned, turns)
        }
        # Also of those who are there: a lead that is taken from somebody may go to their cover.
        away = {**dict.fromkeys(named, _ANYBODY), **turns.away}
        covers = {stand_in(book, each, away)[0] for each in named}
        bounds.add(book, mine, named | covers, turns.now)
    if bounds.shared:
        lock_people(tx, serve, bounds.shared)
    if bounds.open:
        turns.count_open(open_counts(tx, serve, sorted(bounds.open)))
    turns.count_given(given_since(tx, serve, bounds.since))


def _named(lead: Lead, planned: Plan, turns: Turns) -> set[str]:
    """Return who may get a lead without being picked from a pool."""
    found = {planned.target} if planned.kind == "person" else set()
    if planned.kind == "pool":
        found.add(turns.last_owner.get(lead.id, ("", turns.now))[0])
        if lead.account is not None:
            found |= {lead.account.owner, lead.account.opportunity_owner}
    return found - {""}


def _rows(choice: Choice, planned: Plan, lead: Lead, now: datetime) -> list[LedgerRow]:
    """Return what the ledger says of a lead that was given to somebody, a row for each pool."""
    reroute = planned.reroute
    pool, person, lead_id = choice.owner.pool, choice.owner.id, written_id(lead.id)
    return [
        LedgerRow(
            id=timed_id(now, "ledger", lead_id, lead.version, of),
            pool=of,
            kind=LedgerKind.ASSIGNED,
            at=now,
            lead_id=lead.id,
            person=person if of == pool else "",
            given=1 if of == pool else 0,
            given_at=now,
            changes={name: change for (at, name), change in choice.changes.items() if at == of},
            by=reroute.by if reroute is not None else "",
            reason=reroute.reason if reroute is not None else "",
        )
        for of in dict.fromkeys((pool, *(at for at, _ in choice.changes)))
    ]
