"""People and pools: who has nobody above, and which pools can stand empty."""

from collections.abc import Iterator

from router.rulebook.analysis.codes import found
from router.rulebook.analysis.finding import Finding
from router.rulebook.analysis.places import Places
from router.rulebook.analysis.used import Uses
from router.rulebook.analysis.week import always, moments_open
from router.rulebook.model import NobodyPolicy, Pool, RuleBook
from router.rulebook.roster import members_of, reached_pools
from router.wording import listed

_TEAMS = "teams.yaml"
#: What becomes of the leads of a pool in which nobody can take one.
_BEHIND = {
    NobodyPolicy.OFF_SHIFT: "whoever is off shift gets its leads, or else the fallback owner",
    NobodyPolicy.HOLD: "its leads wait",
    NobodyPolicy.OVERFLOW: "its leads go to the pools behind it",
    NobodyPolicy.FALLBACK: "the fallback owner gets its leads",
}


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
    for name in sorted(reached_pools(book, uses.targets["pool"])):
        pool = book.pools[name]
        place = places.of(_TEAMS, "pools", name)
        here = [each for each in members_of(book, pool) if not _left(book, each)]
        if len(here) == 1:
            yield found(
                "pool-of-one",
                place,
                f"the pool '{name}' has only '{here[0]}': while that person is away"
                f" {_BEHIND[pool.nobody]}",
            )
        shared = _shared_calendar(book, pool)
        if shared:
            yield found(
                "pool-off-together",
                place,
                f"the pool '{name}' wants its members on shift, and all of them work by the"
                f" calendar '{shared}': outside it {_BEHIND[pool.nobody]}",
            )


def leavers(book: RuleBook, places: Places) -> Iterator[Finding]:
    """Give the pools that still name people who left.

    Args:
        book: The book.
        places: Where its things stand.
    """
    for pool in book.pools.values():
        gone = [each.person for each in pool.members if _left(book, each.person)]
        if gone:
            names = listed([f"'{each}'" for each in gone])
            yield found(
                "leaver-in-pool",
                places.of(_TEAMS, "pools", pool.id),
                f"the pool '{pool.id}' names {names}, who left: no lead of it goes there",
            )


def missing_skills(book: RuleBook, places: Places) -> Iterator[Finding]:
    """Give the skills that a pool always asks for and nobody in it has.

    Args:
        book: The book.
        places: Where its things stand.
    """
    for pool in book.pools.values():
        cards = [book.people[each] for each in members_of(book, pool) if each in book.people]
        for skill in pool.skills:
            if skill.name and not any(skill.name in card.skills for card in cards):
                yield found(
                    "skill-nobody-has",
                    places.of(_TEAMS, "pools", pool.id),
                    f"the pool '{pool.id}' asks for the skill '{skill.name}', which nobody in it"
                    " has",
                )


def _left(book: RuleBook, person: str) -> bool:
    card = book.people.get(person)
    return card is not None and card.left


def _shared_calendar(book: RuleBook, pool: Pool) -> str:
    """Return the only calendar of a pool whose members must be on shift; empty for none."""
    names = {card.calendar for member in pool.members if (card := book.people.get(member.person))}
    if pool.require != "on_shift" or len(names) != 1:
        return ""
    (name,) = names
    calendar = book.calendars.get(name)
    return "" if calendar is None or moments_open(calendar) == always() else name
