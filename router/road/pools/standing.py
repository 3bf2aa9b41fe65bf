"""Pools for people: who is next and why, what everybody is owed, and how it came to that."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

import structlog

from router.app import App
from router.errors import NotFound, Rejected
from router.road.drain import LOCK_TIMEOUT
from router.rulebook.model import Period, Pool, RuleBook
from router.stages.route.choose import GROUP, Asked, choose
from router.stages.route.load import stand
from router.stages.route.reach import asked_with
from router.stages.route.rotation import LEAD, shares
from router.stages.route.seats import Seat
from router.stages.route.turns import Turns
from router.store.held import Waiting, waiting_in
from router.store.ledger import LedgerKind, LedgerRow, ensure_members, ledger_of, write_ledger
from router.store.roster import MemberRow, lock_pools, member_rows
from router.store.tx import Tx, transaction

log = structlog.get_logger()

#: Leads that are looked ahead.
AHEAD = 5
#: Most leads by which a person's word may change what somebody is owed.
MOST_ADJUSTED = 100


@dataclass(frozen=True, slots=True)
class MemberTold:
    """A member of a pool as it stands now; of a pool of groups, a group."""

    person: str
    name: str
    #: What they count for now, after ramp and allowances; 1 is one share.
    weight: float
    #: What the book says.
    book_weight: int
    tier: int
    #: What they are owed, in leads.
    owed: float
    #: Credit of an absence that is still paid out, in leads.
    banked: float
    #: Leads given so far.
    given: int
    #: Leads of this pool that they have open.
    open_leads: int
    #: Each cap with what is used of it, such as ``day 3/8``.
    caps: tuple[str, ...]
    #: Why they cannot take a lead now; empty when they can.
    bar: str
    #: When that ends by itself; None if it does not.
    until: datetime | None
    busy_until: datetime | None


@dataclass(frozen=True, slots=True)
class Next:
    """Who would get one of the next leads, if nothing else changed."""

    person: str
    why: str


@dataclass(frozen=True, slots=True)
class PoolTold:
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
    #: What waits in it; None for nothing.
    waiting: Waiting | None
    #: The next leads, in order.
    next: tuple[Next, ...] = ()


def pools(app: App, now: datetime) -> list[PoolTold]:
    """Return every pool of the active version, without who is next.

    Args:
        app: Of this process.
        now: The time.
    """
    with transaction(app.engine) as tx:
        return [_told(app, tx, name, now) for name in app.shelf.active().pools]


def pool(app: App, name: str, now: datetime, *, ahead: int = AHEAD) -> PoolTold:
    """Return a pool, and who is next in it and why.

    Args:
        app: Of this process.
        name: Its id.
        now: The time.
        ahead: How many leads to look ahead.

    Raises:
        NotFound: The active version has no such pool.
    """
    known(app.shelf.active(), name)
    with transaction(app.engine) as tx:
        return _told(app, tx, name, now, ahead)


def known(book: RuleBook, name: str) -> Pool:
    """Return a pool of a version.

    Raises:
        NotFound: There is none with that id.
    """
    found = book.pools.get(name)
    if found is None:
        raise NotFound(
            f"There is no pool {name[:100]!r} in the active rule book. Its pools are:"
            f" {', '.join(book.pools) or 'none'}."
        )
    return found


def ledger(
    app: App, name: str, *, person: str = "", limit: int = 50, before: UUID | None = None
) -> list[LedgerRow]:
    """Return how it came to what members of a pool are owed, the newest change first.

    Args:
        app: Of this process.
        name: Id of the pool, also of one that the book has no more.
        person: Only changes that concern this member; empty for all.
        limit: Most to return.
        before: Id of the last row of the page before.
    """
    with transaction(app.engine) as tx:
        return ledger_of(tx, app.settings.book, name, person=person, limit=limit, before=before)


def adjust(  # noqa: PLR0913 - who, how much, by whom and why
    app: App,
    name: str,
    person: str,
    *,
    leads: float,
    bank: bool,
    by: str,
    reason: str,
    now: datetime,
) -> PoolTold:
    """Change what a member is owed, by a person's word.

    What one is owed more the others are owed less, by their weights, so that the sum stays nothing.
    What is banked is paid out slowly, and nobody pays for it at once.

    Args:
        app: Of this process.
        name: Id of the pool.
        person: A member.
        leads: So many more, or less when negative; whole leads and parts of them.
        bank: Put it into the bank, so that it is paid out beside the usual share.
        by: Who says so.
        reason: Why; it stays in the ledger.
        now: The time.

    Raises:
        NotFound: There is no such pool, or nobody of that name in it.
        Rejected: Too many leads, none at all, no reason, nobody else to pay for it, or nothing in
            the bank to take away.
    """
    weights = _payers(app.shelf.active(), name)
    _check(name, person, weights, leads=leads, bank=bank, reason=reason)
    serve, units = app.settings.book, round(leads * LEAD)
    with transaction(app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
        lock_pools(tx, serve, [name])
        ensure_members(tx, serve, [(name, each) for each in weights])
        stood = member_rows(tx, serve, [(name, person)]).get((name, person), MemberRow())
        if bank and units < 0 and not stood.banked:
            raise Rejected(f"{person} has nothing in the bank of {name}.", code="nothing_banked")
        row = LedgerRow(
            id=uuid4(),
            pool=name,
            kind=LedgerKind.ADJUSTED,
            at=now,
            lead_id=None,
            person=person,
            given=0,
            given_at=now,
            changes={person: (0, max(units, -stood.banked))}
            if bank
            else _paid_by_others(person, units, weights),
            by=by,
            reason=reason.strip(),
        )
        write_ledger(tx, serve, [row])
    log.info("credit_adjusted", pool=name, person_id=person, leads=leads, bank=bank, by=by)
    # Nobody waits for the pool while it is told.
    return pool(app, name, now)


def _payers(book: RuleBook, name: str) -> dict[str, int]:
    """Return the weights of those who can be owed; who left gets no lead, and could never pay."""
    members, people = known(book, name).members, book.people
    return {
        each.person: each.weight
        for each in members
        if each.person in people and not people[each.person].left
    }


def _check(  # noqa: PLR0913 - what was said, by name
    name: str,
    person: str,
    weights: Mapping[str, int],
    *,
    leads: float,
    bank: bool,
    reason: str,
) -> None:
    if person not in weights:
        raise NotFound(
            f"{person[:100]!r} is not in the pool {name}. `lead-router pools show` lists who is."
        )
    if not round(leads * LEAD) or abs(leads) > MOST_ADJUSTED:
        raise Rejected(
            f"{leads:g} leads cannot be credited: between 0 and {MOST_ADJUSTED} either way.",
            code="wrong_amount",
        )
    if not reason.strip():
        raise Rejected("Say why: the reason stays in the ledger.", code="reason_needed")
    if not bank and len(weights) == 1:
        raise Rejected(f"Nobody else is in the pool {name} to be owed less.", code="nobody_else")


def _paid_by_others(
    person: str, units: int, weights: Mapping[str, int]
) -> dict[str, tuple[int, int]]:
    """Return what everybody is owed more or less when one is owed so many units more."""
    others = {each: weight for each, weight in weights.items() if each != person}
    parts = shares(tuple(others.values()))
    changes = {each: (-units * part // LEAD, 0) for each, part in zip(others, parts, strict=True)}
    return {**changes, person: (-sum(credit for credit, _ in changes.values()), 0)}


def _told(app: App, tx: Tx, name: str, now: datetime, ahead: int = 0) -> PoolTold:
    book, turns = stand(app, tx, name, now)
    found = book.pools[name]
    counted = _counted(book, found)
    rows = member_rows(tx, app.settings.book, [key for keys in counted.values() for key in keys])
    base = {member.person: member.weight for member in app.shelf.active().pools[name].members}
    base |= {GROUP + group.pool: group.weight for group in found.groups}
    return PoolTold(
        id=name,
        role=found.role,
        manager=found.manager,
        method=found.method.value,
        require=found.require,
        nobody=found.nobody.value,
        overflow=found.overflow,
        hand_out=found.hand_out.value,
        members=tuple(
            _member(
                book,
                seat,
                book_weight=base.get(seat.person, 0),
                given=sum(rows.get(key, MemberRow()).assigned for key in counted[seat.person]),
                open_leads=sum(
                    turns.used[person, Period.OPEN, pool] for pool, person in counted[seat.person]
                ),
            )
            for seat in turns.seats(book, found)
        ),
        waiting=waiting_in(tx, app.settings.book).get(name),
        next=tuple(_next(book, found, turns, ahead)),
    )


def _counted(book: RuleBook, found: Pool) -> dict[str, list[tuple[str, str]]]:
    """Return in which pool and of whom the leads are counted that a member, or a group, was given.

    A group has no leads of its own: those of the people in its pool are told beside it.
    """
    own = {member.person: [(found.id, member.person)] for member in found.members}
    groups = {
        GROUP + group.pool: [(group.pool, each.person) for each in book.pools[group.pool].members]
        for group in found.groups
    }
    return {**own, **groups}


def _member(
    book: RuleBook, seat: Seat, *, book_weight: int, given: int, open_leads: int
) -> MemberTold:
    card = book.people.get(seat.person)
    stop = seat.stop
    return MemberTold(
        person=seat.person,
        name=card.name if card is not None else seat.person,
        weight=seat.weight / 100,
        book_weight=book_weight,
        tier=seat.tier,
        owed=round(seat.credit / LEAD, 3),
        banked=round(seat.banked / LEAD, 3),
        given=given,
        open_leads=open_leads,
        caps=tuple(
            f"{limit.period} {limit.used}/{limit.most}" + ("" if limit.pool else " in all pools")
            for limit in seat.limits
        ),
        bar=stop.why if stop is not None else "weight 0" if seat.weight <= 0 else "",
        until=stop.until if stop is not None else None,
        busy_until=seat.busy_until,
    )


def _next(book: RuleBook, found: Pool, turns: Turns, ahead: int) -> list[Next]:
    """Return who would get the next leads, if each were given now and asked for nothing."""
    order: list[Next] = []
    reached = asked_with(replace(found, overflow=()), book.pools)
    for _ in range(ahead):
        seats = {each.id: turns.seats(book, each) for each in reached}
        pick = choose(found, book.pools, seats, Asked(turns.now))
        if not pick.person:
            break
        chosen = [
            each.why if each.person == pick.person else f"{each.person}: {each.why}"
            for each in pick.considered
            if each.chosen
        ]
        order.append(Next(pick.person, "; ".join(chosen)))
        turns.take(pick.pool, pick.person, pick.changes)
    return order
