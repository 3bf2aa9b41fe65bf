"""Who and what a book uses, and what is declared for nothing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from router.rulebook.analysis.codes import found
from router.rulebook.analysis.finding import Finding
from router.rulebook.analysis.places import Places
from router.rulebook.engine.shape import comparisons
from router.rulebook.model import RuleBook
from router.rulebook.roster import DEFAULT_ROLE, reached_pools
from router.rulebook.rule import Effect, Place

_TARGETS = ("person", "pool", "queue", "sequence")


@dataclass(frozen=True, slots=True)
class Uses:
    """What a book's rules give leads to, by kind and id, and where that is said first."""

    #: ``person``, ``pool``, ``queue``, ``sequence`` and ``sla`` to ids to places.
    targets: Mapping[str, Mapping[str, Place]]
    lists: frozenset[str]
    calendars: frozenset[str]
    tables: frozenset[str]
    #: People who can own a lead, or answer for one, and why.
    owners: Mapping[str, str] = field(default_factory=dict)


def uses_of(book: RuleBook) -> Uses:
    """Collect what a book uses.

    Args:
        book: The book.
    """
    targets: dict[str, dict[str, Place]] = {kind: {} for kind in (*_TARGETS, "sla")}
    rules = [rule for part in book.rules.values() for rule in part]
    tables = frozenset(rule.table for rule in rules if rule.table)
    for effect, place in _effects(book, tables):
        for kind, places in targets.items():
            name = getattr(effect, kind)
            if name:
                places.setdefault(name, place)
    tests = [test for rule in rules for test in comparisons(rule.when)]
    tests += [test for each in book.proofs.invariants for test in comparisons(each.when)]
    named = frozenset(test.named for test in tests if test.named)
    return Uses(
        targets=targets,
        lists=named & book.lists.keys(),
        calendars=named & book.calendars.keys(),
        tables=tables,
        owners=_owners(book, targets),
    )


def _effects(book: RuleBook, tables: Iterable[str]) -> Iterator[tuple[Effect, Place]]:
    for part in book.rules.values():
        for rule in part:
            yield rule.then, rule.place
    for name in tables:
        table = book.tables.get(name)
        for row in table.rows if table is not None else ():
            yield row.effect, Place(table.file if table else "", row.line)


def _owners(book: RuleBook, targets: Mapping[str, Mapping[str, Place]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in targets["person"]:
        found.setdefault(name, "owns leads")
    for pool in book.pools.values():
        for member in pool.members:
            found.setdefault(member.person, f"owns leads of the pool '{pool.id}'")
    for kind, shared in (("queue", book.queues), ("sequence", book.sequences)):
        for each in shared.values():
            found.setdefault(each.accountable, f"answers for the {kind} '{each.id}'")
    return found


def never_used(book: RuleBook, uses: Uses, places: Places) -> Iterator[Finding]:
    """Give what is declared and used by nothing.

    Args:
        book: The book.
        uses: What it uses.
        places: Where its things stand.
    """
    teams = "teams.yaml"
    slas = {book.default_sla, *uses.targets["sla"]}
    declared: tuple[tuple[str, Iterable[str], Iterable[str], tuple[str, ...]], ...] = (
        ("pool", book.pools, reached_pools(book, uses.targets["pool"]), (teams, "pools")),
        ("queue", book.queues, uses.targets["queue"], (teams, "queues")),
        ("sequence", book.sequences, uses.targets["sequence"], (teams, "sequences")),
        ("person", book.people, _people(book, uses), (teams, "people")),
        ("SLA policy", book.slas, slas, ("sla.yaml", "policies")),
        ("calendar", book.calendars, _calendars(book, uses), ("calendars.yaml",)),
        ("handoff standard", book.standards, _roles(book), ("handoffs.yaml",)),
    )
    for kind, names, used, (file, *keys) in declared:
        known = set(used)
        for name in names:
            if name not in known:
                yield _unused(kind, name, places.of(file, *keys, name))
    for name in book.lists:
        if name not in uses.lists:
            yield _unused("list", name, Place(f"lists/{name}.txt", 1))
    for name, table in book.tables.items():
        if name not in uses.tables:
            yield _unused("table", name, table.place)


def _unused(kind: str, name: str, place: Place) -> Finding:
    return found("never-used", place, f"the {kind} '{name}' is used by nothing")


def _people(book: RuleBook, uses: Uses) -> set[str]:
    cards = book.people.values()
    return {
        book.fallback_owner,
        book.taxonomy.reviewer,
        book.policy.publishing.owner,
        *uses.owners,
        *(card.manager for card in cards),
        *(card.cover for card in cards),
        *(pool.manager for pool in book.pools.values()),
    }


def _calendars(book: RuleBook, uses: Uses) -> set[str]:
    shared = (*book.queues.values(), *book.sequences.values())
    return {
        *uses.calendars,
        *(card.calendar for card in book.people.values()),
        *(each.calendar for each in shared),
        *(pool.calendar for pool in book.pools.values()),
        book.policy.publishing.window,
    }


def _roles(book: RuleBook) -> set[str]:
    shared = (*book.queues.values(), *book.sequences.values())
    return {DEFAULT_ROLE, *(pool.role for pool in book.pools.values()), *(s.role for s in shared)}
