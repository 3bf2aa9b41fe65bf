"""Allowances: a manager's word about a person, with an end, that stands in for the book's. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from router.rulebook.model import Member, Period, Pool, RuleBook


@dataclass(frozen=True, slots=True)
class Allowance:
    """What holds for a person until a moment, whatever the book says."""

    id: UUID
    person: str
    #: The pool it holds in; empty for all pools.
    pool: str
    from_at: datetime
    until_at: datetime
    #: None leaves the book's weight; only within a pool.
    weight: int | None = None
    #: Caps that stand in for the book's, by period; others stay. Without a pool, over all pools.
    caps: Mapping[Period, int] = field(default_factory=dict)
    #: Takes no leads at all.
    off: bool = False
    reason: str = ""
    by: str = ""
    #: Set when somebody ended it before its time.
    ended_at: datetime | None = None


def allowed(book: RuleBook, allowances: Sequence[Allowance]) -> RuleBook:
    """Return a book with the weights and caps that hold instead of its own.

    Of several that speak of the same, the last one holds. What speaks of a person or pool that the
    book does not have changes nothing; who is off stays in it, for that is no part of a book.

    Args:
        book: With the people of today.
        allowances: Those that hold now, in the order in which they were given.
    """
    changes = [each for each in allowances if each.weight is not None or each.caps]
    if not changes:
        return book
    people, pools = dict(book.people), dict(book.pools)
    for each in changes:
        if each.pool in pools:
            pools[each.pool] = _in_pool(pools[each.pool], each)
        elif not each.pool and each.person in people:
            card = people[each.person]
            people[each.person] = replace(card, caps={**card.caps, **each.caps})
    return replace(book, people=people, pools=pools)


def off_in_pools(allowances: Iterable[Allowance]) -> dict[tuple[str, str], Allowance]:
    """Return who takes no leads of one pool, by pool and person.

    The last that speaks of them there holds: who is given a weight is not off any more.

    Args:
        allowances: Those that hold now, in the order in which they were given.
    """
    found: dict[tuple[str, str], Allowance] = {}
    for each in allowances:
        key = each.pool, each.person
        if each.off and each.pool:
            found[key] = each
        elif each.weight is not None:
            found.pop(key, None)
    return found


def without_effect(book: RuleBook, allowances: Iterable[Allowance]) -> list[tuple[Allowance, str]]:
    """Return allowances that would change nothing with a book, and why: its names are gone.

    Args:
        book: A version.
        allowances: Those that hold, or will.
    """
    found = []
    for each in allowances:
        pool = book.pools.get(each.pool)
        if each.person not in book.people:
            found.append((each, f"{each.person} is not on the roster"))
        elif each.pool and pool is None:
            found.append((each, f"there is no pool {each.pool}"))
        elif pool is not None and each.person not in {m.person for m in pool.members}:
            found.append((each, f"{each.person} is not in the pool {each.pool}"))
    return found


def _in_pool(pool: Pool, allowance: Allowance) -> Pool:
    return replace(
        pool,
        members=tuple(
            _member(each, allowance) if each.person == allowance.person else each
            for each in pool.members
        ),
    )


def _member(member: Member, allowance: Allowance) -> Member:
    weight = member.weight if allowance.weight is None else allowance.weight
    # A weight that somebody has just said is meant as it stands.
    ramp = member.ramp if allowance.weight is None else None
    return replace(member, weight=weight, ramp=ramp, caps={**member.caps, **allowance.caps})
