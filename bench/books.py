"""Made-up rule books of any size, as mixed as real ones: the same seed, the same book.

Every book is sound: names exist, examples come out as they say, and the last rule takes what is
left. Beyond that rules may overlap or hide one another, as they do in books that grew.
"""

from collections.abc import Callable, Iterator, Mapping
from random import Random

from bench.kinds import COUNTRIES, GUARDS, LISTED, PLAIN, ROUTES, SERVICES, Kinds, domain

#: Rules of one file; a file of a book may have 1 MiB.
_A_FILE = 1_500
_STEWARDS = ("sales-ops", "revops", "marketing-ops", "uk-sales", "partners")
_POOLS, _QUEUES = 12, 4

_ROSTER = """\
  lead-{n:02}: {{name: Person {n}, email: p{n}@northwind.example, calendar: office, manager: chief}}
"""
_FIXED: Mapping[str, str] = {
    "book.yaml": "name: Generated\nfallback_owner: chief\ndefault_sla: standard\n",
    "calendars.yaml": """\
office: {zone: Europe/London, hours: "Mo-Fr 09:00-17:30", country: GB, subdivision: ENG}
evening: {zone: Europe/Berlin, hours: "Mo-Sa 17:00-22:00"}
""",
    "sla.yaml": """\
ladders:
  usual: [warn: 0.8, escalate: 1.0]
policies:
  standard: {acceptance: {target: 1h, ladder: usual}, first_touch: {target: 4h, ladder: usual}}
  fast: {acceptance: {target: 5m, ladder: usual}, first_touch: {target: 1h, ladder: usual}}
""",
    "intents.yaml": """\
reviewer: chief
review_within: 2h
accept_at: 0.6
margin: 0.1
intents:
  pricing: {summary: Asks for a price., cues: {how much: 2}}
  demo: {summary: Wants to see it., cues: {see a demo: 2}}
  purchase: {summary: Wants to buy., cues: {ready to start: 2}}
  product_question: {summary: Asks how it works., cues: {does it work: 2}}
  partnership: {summary: Wants to work together., cues: {become a partner: 2}}
  other: {summary: Anything else., always_review: true}
services:
  analytics: [analytics]
  paid-media: [paid search]
  consulting: [consulting]
""",
    "handoffs.yaml": "sales: {objective: Help., needs: [email, intent], next_action: Call.}\n",
    "sources/web.yaml": """\
source: web
summary: The form of the web site.
steward: revops@northwind.example
verify: {scheme: none}
map: {email: email, country: country, company_size: size}
rate_per_minute: 600
""",
    "90-fallback.yaml": """\
phase: fallback
rules:
  - id: rest
    summary: Nothing matched, so the triage queue owns it.
    steward: sales-ops@northwind.example
    when: {}
    then: {queue: queue-00}
""",
}


def make_book(rules: int, rows: int, seed: int, *, plain: bool = False) -> dict[str, str]:
    """Make the files of a book.

    Args:
        rules: How many rules, besides the one that takes what is left. A twentieth are guards,
            another twentieth enrich, the rest routes.
        rows: How many rows the table ``territories`` has; 0 for no table. Its rule is the last
            of the routes, and is one more.
        seed: Same numbers, same book.
        plain: Whether routes are only of the kinds that every rule engine can say.

    Returns:
        Path inside the book to text, as ``book_from_files`` takes it.
    """
    chance = Random(seed)  # noqa: S311 - nothing is secret here
    files = dict(_FIXED)
    files["teams.yaml"] = _teams()
    files["lists/watched.txt"] = "".join(f"{domain(10**6 + n)}\n" for n in range(LISTED))
    aside = rules // 20
    parts = (
        ("guards", 10, GUARDS, aside),
        ("routes", 20, PLAIN if plain else ROUTES, rules - 2 * aside),
        ("enrich", 60, ROUTES, aside),
    )
    for phase, first, kinds, count in parts:
        written = [_rule(chance, phase, kinds, number) for number in range(count)]
        if phase == "routes" and rows:
            written.append(_TERRITORIES)
        for at in range(0, len(written), _A_FILE):
            path = f"{first + at // _A_FILE}-{phase}.yaml"
            files[path] = f"phase: {phase}\nrules:\n{''.join(written[at : at + _A_FILE])}"
    if rows:
        files["tables/territories.yaml"] = (
            "keys: [{field: country}, {field: service_line}, {field: postcode, match: prefix}]\n"
            "outputs: [pool, sla]\n"
        )
        files["tables/territories.csv"] = "".join(_rows(chance, rows))
    return files


def _teams() -> str:
    people = "".join(_ROSTER.format(n=n) for n in range(_POOLS))
    pools = "".join(
        f"  pool-{n:02}: {{role: sales, manager: chief, members: [lead-{n:02}, chief]}}\n"
        for n in range(_POOLS)
    )
    queues = "".join(
        f"  queue-{n:02}: {{role: sales, accountable: chief, calendar: office}}\n"
        for n in range(_QUEUES)
    )
    chief = "  chief: {name: Chief, email: chief@northwind.example, calendar: office}\n"
    return f"people:\n{chief}{people}pools:\n{pools}queues:\n{queues}"


def _rule(chance: Random, phase: str, kinds: Kinds, number: int) -> str:
    make = chance.choices([kind for _, kind in kinds], [weight for weight, _ in kinds])[0]
    kind = make(chance, number)
    name = make.__name__.strip("_").replace("_", "-")
    summary = f"Made by chance, number {number}, of the kind {name.replace('-', ' ')}."
    return f"""\
  - id: {phase}-{name}-{number}
    summary: {summary}
    steward: {chance.choice(_STEWARDS)}@northwind.example
    when: {kind.when}
    then: {_THEN[phase](chance)}
    examples:
      matches: [{kind.matches}]
      misses: [{kind.misses}]
"""


def _reject_or_queue(chance: Random) -> str:
    return chance.choice(("{reject: spam}", "{review: odd}", f"{{queue: {_queue(chance)}}}"))


def _route(chance: Random) -> str:
    sla = chance.choice(("", ", sla: fast", ", priority: high, tags: [large]"))
    target = f"pool: {_pool(chance)}" if chance.random() < _SHARED else f"queue: {_queue(chance)}"
    return f"{{{target}{sla}}}"


def _settings(chance: Random) -> str:
    return chance.choice(
        ("{sla: fast}", "{priority: high}", f"{{tags: [t{chance.randrange(50)}]}}")
    )


_SHARED = 0.8
_THEN: Mapping[str, Callable[[Random], str]] = {
    "guards": _reject_or_queue,
    "routes": _route,
    "enrich": _settings,
}
_TERRITORIES = """\
  - id: territories
    summary: Everybody else follows the table.
    steward: sales-ops@northwind.example
    when: {country: {missing: false}}
    table: territories
"""


def _pool(chance: Random) -> str:
    return f"pool-{chance.randrange(_POOLS):02}"


def _queue(chance: Random) -> str:
    return f"queue-{chance.randrange(_QUEUES):02}"


def _rows(chance: Random, count: int) -> Iterator[str]:
    """Give the lines of the table: postcodes of any depth, some of any country or service."""
    yield "country,service_line,postcode,pool,sla\r\n"
    seen: set[tuple[str, str, str]] = set()
    while len(seen) < count:
        country = chance.choice(COUNTRIES) if chance.random() < 0.99 else ""  # noqa: PLR2004 - so few
        service = chance.choice(("", *SERVICES))
        depth = chance.choice((0, 2, 3, 4, 5, 6))
        postcode = f"{chance.randrange(10**depth):0{depth}}" if depth else ""
        key = (country, service, postcode)
        if any(key) and key not in seen:
            seen.add(key)
            sla = chance.choice(("", "fast"))
            yield f"{country},{service},{postcode},{_pool(chance)},{sla}\r\n"
