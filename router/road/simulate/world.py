"""What a simulation is told: how people work, who is away, and how the roster changes. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from router.errors import Rejected
from router.rulebook.model import Member, PersonCard, Pool, Ramp, RuleBook


@dataclass(frozen=True, slots=True)
class Habits:
    """How people work, all of them alike. Spans are working time of the person."""

    #: From the offer until they notice it, the median; of several at the same time.
    answer: timedelta = timedelta(minutes=10)
    #: What each lead keeps them busy for: so long they accept no other. They accept one after the
    #: other, the one that is due first.
    work: timedelta = timedelta(minutes=5)
    #: From accepting until the person who asked is spoken to, the median.
    touch: timedelta = timedelta(minutes=20)
    #: From then until the lead is closed.
    close: timedelta = timedelta(hours=40)
    #: Share (0..1) of the leads from a pool that are declined.
    decline: float = 0.02
    #: How far answers scatter: the sigma of a lognormal distribution; 0 for always the median.
    spread: float = 0.6


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody takes no leads for a while."""

    person: str
    start: datetime
    #: None when it never ends.
    until: datetime | None
    #: Who takes their place; empty when the book says who.
    cover: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """Somebody comes into a pool; who is not on the roster yet is put there."""

    person: str
    pool: str
    weight: int
    #: None for from the beginning on.
    at: datetime | None = None
    ramp: Ramp | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """Somebody leaves for good."""

    person: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Weigh:
    """A member's weight is another from the beginning on."""

    pool: str
    person: str
    weight: int


Change = Join | Leave | Weigh
#: Books in force, each from a moment on; the first from the beginning on.
Timeline = tuple[tuple[datetime, RuleBook], ...]


def timeline(book: RuleBook, changes: Sequence[Change], start: datetime) -> Timeline:
    """Return which book is in force from when on.

    Every change with a moment of its own is a new version: leads on their way keep the pools that
    they started with, as ever.

    Args:
        book: What is changed.
        changes: What becomes otherwise.
        start: When the simulation begins; what changes before holds from then on.

    Raises:
        Rejected: The book has no such person or pool.
    """
    made = replace(book, files={})
    found: list[tuple[datetime, RuleBook]] = [(start, book)]
    moments = {each: max(_moment(each) or start, start) for each in changes}
    for number, at in enumerate(sorted(set(moments.values()))):
        for each in changes:
            if moments[each] == at:
                made = changed(made, each)
        # A digest of its own, so that nothing remembered of one version is taken for the other.
        made = replace(made, digest=f"{book.digest}+{number + 1}")
        found.append((at, made))
    return tuple(dict(found).items())


def changed(book: RuleBook, change: Change) -> RuleBook:
    """Return a book after one change of its roster.

    Args:
        book: As it was.
        change: What becomes otherwise.

    Raises:
        Rejected: The book has no such person or pool.
    """
    match change:
        case Join():
            return _joined(book, change)
        case Leave(person):
            card = replace(_known(book, person), left=True)
            return replace(book, people={**book.people, person: card})
        case Weigh(name, person, weight):
            pool = pool_of(book, name)
            if person not in {each.person for each in pool.members}:
                raise Rejected(f"{person} is no member of the pool {name}.", code="unknown_person")
            members = tuple(
                replace(each, weight=weight) if each.person == person else each
                for each in pool.members
            )
            return _with_pool(book, replace(pool, members=members))


def pool_of(book: RuleBook, name: str) -> Pool:
    """Return a pool of people.

    Raises:
        Rejected: The book has none of this name, or it has groups and no members.
    """
    pool = book.pools.get(name)
    if pool is None or pool.groups:
        known = ", ".join(sorted(each.id for each in book.pools.values() if not each.groups))
        raise Rejected(f"The book has no pool of people {name!r}. It has {known}.", code="no_pool")
    return pool


def _joined(book: RuleBook, change: Join) -> RuleBook:
    pool = pool_of(book, change.pool)
    people = dict(book.people)
    if change.person not in people:
        people[change.person] = _newcomer(book, pool, change.person)
    member = Member(change.person, change.weight, ramp=change.ramp)
    others = tuple(each for each in pool.members if each.person != change.person)
    return _with_pool(replace(book, people=people), replace(pool, members=(*others, member)))


def _newcomer(book: RuleBook, pool: Pool, person: str) -> PersonCard:
    """Return the card of somebody new: with the hours of most others of the pool."""
    hours = [book.people[each.person].calendar for each in pool.members]
    calendar = max(sorted(set(hours)), key=hours.count) if hours else ""
    calendar = calendar or book.people[pool.manager].calendar
    return PersonCard(person, person, "", pool.manager, calendar)


def _with_pool(book: RuleBook, pool: Pool) -> RuleBook:
    return replace(book, pools={**book.pools, pool.id: pool})


def _known(book: RuleBook, person: str) -> PersonCard:
    card = book.people.get(person)
    if card is None:
        raise Rejected(f"There is no person {person!r} in the book.", code="unknown_person")
    return card


def _moment(change: Change) -> datetime | None:
    return None if isinstance(change, Weigh) else change.at
