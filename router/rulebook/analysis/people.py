"""People and pools: who has nobody above, and which pools can stand empty."""

from collections.abc import Iterator

from router.rulebook.analysis.codes import found
from router.rulebook.analysis.finding import Finding, listed
from router.rulebook.analysis.places import Places
from router.rulebook.analysis.used import Uses
from router.rulebook.analysis.week import always, moments_open
from router.rulebook.model import Pool, RuleBook

_TEAMS = "teams.yaml"


def chains(book: RuleBook, uses: Uses, places: Places) -> Iterator[Finding]:
    """Give the owners without a manager, and the chains of managers that end apart.

    The fallback owner, and everybody above, is where chains are meant to end.

    Args:
        book: The book.
        uses: What it uses.
        places: Where its things stand.
    """
    top = {book.fallback_owner, *_above(book, book.fallback_owner)}
    apart: dict[str, list[str]] = {}
    for person, why in uses.owners.items():
        card = book.people.get(person)
        if card is None or person in top:
            continue
        if not card.manager:
            yield found(
                "owner-without-manager",
                places.of(_TEAMS, "people", person),
                f"'{person}' {why} but has no manager: a missed promise is told to the fallback"
                f" owner '{book.fallback_owner}' at once",
            )
            continue
        chain = _above(book, person)
        if top.isdisjoint(chain):
            apart.setdefault(chain[-1], []).append(person)
    for end, below in apart.items():
        if end not in uses.owners:
            names = listed([f"'{name}'" for name in below])
            yield found(
                "chain-ends-apart",
                places.of(_TEAMS, "people", end),
                f"the managers above {names} end with '{end}', who is not the fallback owner"
                f" '{book.fallback_owner}' nor above them",
            )


def _above(book: RuleBook, person: str) -> list[str]:
    """Return the managers above a person, the nearest first; a circle is gone through once."""
    chain: list[str] = []
    card = book.people.get(person)
    while card is not None and card.manager and card.manager not in (person, *chain):
        chain.append(card.manager)
        card = book.people.get(card.manager)
    return chain


def empty_pools(book: RuleBook, uses: Uses, places: Places) -> Iterator[Finding]:
    """Give the pools that can stand empty while leads come for them.

    Args:
        book: The book.
        uses: What it uses.
        places: Where its things stand.
    """
    for pool in book.pools.values():
        if pool.id not in uses.targets["pool"]:
            continue
        place = places.of(_TEAMS, "pools", pool.id)
        if len(pool.members) == 1:
            yield found(
                "pool-of-one",
                place,
                f"the pool '{pool.id}' has only '{pool.members[0].person}': while that person is"
                " away it is empty",
            )
        shared = _shared_calendar(book, pool)
        if shared:
            yield found(
                "pool-off-together",
                place,
                f"the pool '{pool.id}' wants its members on shift, and all of them work by the"
                f" calendar '{shared}': outside it the pool is empty",
            )


def _shared_calendar(book: RuleBook, pool: Pool) -> str:
    """Return the only calendar of a pool whose members must be on shift; empty for none."""
    names = {card.calendar for member in pool.members if (card := book.people.get(member.person))}
    if pool.require != "on_shift" or len(names) != 1:
        return ""
    (name,) = names
    calendar = book.calendars.get(name)
    return "" if calendar is None or moments_open(calendar) == always() else name
