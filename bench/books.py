"""Made-up rule books of any size, as mixed as real ones: the same seed, the same book.

Every book is sound: names exist, examples come out as they say, and the last rule takes what is
left. Beyond that rules may overlap or hide one another, as they do in books that grew.
"""

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import NamedTuple

#: Rules of one file; a file of a book may have 1 MiB.
_A_FILE = 1_500
_STEWARDS = ("sales-ops", "revops", "marketing-ops", "uk-sales", "partners")
_COUNTRIES = "GB IE DE AT CH FR NL BE LU ES PT IT DK SE NO FI PL CZ US CA AU NZ SG JP BR".split()
_SERVICES = ("analytics", "paid-media", "consulting")
_INTENTS = ("pricing", "demo", "purchase", "product_question", "partnership")
_MEDIA = ("cpc", "email", "social", "event", "referral")
_TRADES = "logistics foods robotics insurance travel energy furniture textiles media".split()
_TITLES = ("head of", "director", "manager", "chief", "analyst", "buyer", "founder")
_CITIES = "London Leeds Berlin Vienna Zurich Lyon Utrecht Oslo Boston Denver Perth".split()
_POOLS, _QUEUES = 12, 4
_LIST = 200

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


class Kind(NamedTuple):
    """A condition as it is written, and facts that it matches and misses."""

    when: str
    matches: str
    misses: str


def make_book(rules: int, rows: int, seed: int) -> dict[str, str]:
    """Make the files of a book.

    Args:
        rules: How many rules, besides the one that takes what is left. A twentieth are guards,
            another twentieth enrich, the rest routes.
        rows: How many rows the table ``territories`` has; 0 for no table. Its rule is the last
            of the routes, and is one more.
        seed: Same numbers, same book.

    Returns:
        Path inside the book to text, as ``book_from_files`` takes it.
    """
    chance = Random(seed)  # noqa: S311 - nothing is secret here
    files = dict(_FIXED)
    files["teams.yaml"] = _teams()
    files["lists/watched.txt"] = "".join(f"{_domain(10**6 + n)}\n" for n in range(_LIST))
    aside = rules // 20
    parts = (
        ("guards", 10, _GUARDS, aside),
        ("routes", 20, _ROUTES, rules - 2 * aside),
        ("enrich", 60, _ROUTES, aside),
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


def _rule(chance: Random, phase: str, kinds: "_Kinds", number: int) -> str:
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


def _domain(number: int) -> str:
    return f"{_TRADES[number % len(_TRADES)]}-{number}.example"


def _country_and_size(chance: Random, _number: int) -> Kind:
    first, second, third = chance.sample(_COUNTRIES, 3)
    size = chance.randrange(50, 5_000)
    return Kind(
        f"{{country: [{first}, {second}], company_size: {{gte: {size}}}}}",
        f"{{country: {second}, company_size: {size}}}",
        f"{{country: {first}, company_size: {size - 1}}}, {{country: {third}}}",
    )


def _service_and_range(chance: Random, _number: int) -> Kind:
    country, service = chance.choice(_COUNTRIES), chance.choice(_SERVICES)
    low = chance.randrange(1, 2_000)
    high = low + chance.randrange(5, 200)
    asked = f"country: {country}, service_line: {service}"
    return Kind(
        f"{{{asked}, company_size: {{between: [{low}, {high}]}}}}",
        f"{{{asked}, company_size: {high}}}",
        f"{{{asked}, company_size: {high + 1}}}",
    )


def _named_account(chance: Random, number: int) -> Kind:
    domain = _domain(number + chance.randrange(3) * 100_000)
    return Kind(
        f"{{email.domain: {domain}}}", f"{{email.domain: {domain}}}", "{email.domain: a.example}"
    )


def _company_group(chance: Random, number: int) -> Kind:
    ending = f"@{_TRADES[number % len(_TRADES)]}-group-{chance.randrange(10**5)}.example"
    return Kind(
        f'{{email.address: {{ends_with: "{ending}"}}}}',
        f'{{email.address: "ann{ending}"}}',
        '{email.address: "ann@a.example"}, {}',
    )


def _campaign(chance: Random, number: int) -> Kind:
    medium, name = chance.choice(_MEDIA), f"spring-{number}"
    return Kind(
        f"{{utm.medium: {medium}, utm.campaign: {name}}}",
        f"{{utm.medium: {medium}, utm.campaign: {name}}}",
        f"{{utm.medium: {medium}, utm.campaign: autumn}}",
    )


def _campaign_family(chance: Random, number: int) -> Kind:
    start, country = f"c{number}-", chance.choice(_COUNTRIES)
    return Kind(
        f"{{utm.campaign: {{starts_with: {start}}}, country: {{not: {country}}}}}",
        f"{{utm.campaign: {start}a, country: ZA}}",
        f"{{utm.campaign: {start}a, country: {country}}}, {{utm.campaign: {start}a}}",
    )


def _tags(chance: Random, number: int) -> Kind:
    one, two = f"t{chance.randrange(400)}", f"u{number % 97}"
    return Kind(
        f"{{tags: {{has_all: [{one}, {two}]}}}}", f"{{tags: [{two}, {one}]}}", f"{{tags: [{two}]}}"
    )


def _tags_but(chance: Random, number: int) -> Kind:
    one, two = f"t{chance.randrange(400)}", f"u{number % 97}"
    return Kind(
        f"{{tags: {{has_any: [{one}, x{number}], has_none: [{two}]}}}}",
        f"{{tags: [{one}]}}",
        f"{{tags: [{one}, {two}]}}",
    )


def _intent_and_trust(chance: Random, _number: int) -> Kind:
    intent, country = chance.choice(_INTENTS), chance.choice(_COUNTRIES)
    sure = chance.randrange(60, 99) / 100
    asked = f"intent: {intent}, country: {country}"
    return Kind(
        f"{{{asked}, confidence: {{gt: {sure}}}}}",
        f"{{{asked}, confidence: {sure + 0.005:.3f}}}",
        f"{{{asked}, confidence: {sure}}}",
    )


def _one_of_many(chance: Random, number: int) -> Kind:
    city, service = chance.choice(_CITIES), chance.choice(_SERVICES)
    form = f"f-{number % 300}"
    return Kind(
        f"{{form.id: {form}, any: [{{city: {city}}},"
        f" {{service_line: {service}, not: {{is_returning: true}}}}]}}",
        f"{{form.id: {form}, city: {city}}},"
        f" {{form.id: {form}, service_line: {service}, is_returning: false}}",
        f"{{form.id: {form}, city: Nowhere, service_line: {service}, is_returning: true}}",
    )


def _season(chance: Random, number: int) -> Kind:
    month = chance.randrange(1, 12)
    page = f"https://www.northwind.example/p{number}"
    return Kind(
        f'{{page.url: "{page}", submitted_at:'
        f" {{after: 2026-{month:02}-01, before: 2026-{month + 1:02}-01}}}}",
        f'{{page.url: "{page}", submitted_at: "2026-{month:02}-11 09:30 Europe/London"}}',
        f'{{page.url: "{page}", submitted_at: "2025-{month:02}-11"}}',
    )


def _listed(chance: Random, _number: int) -> Kind:
    country = chance.choice(_COUNTRIES)
    return Kind(
        f"{{email.domain: {{in_list: watched}}, country: {country}}}",
        f"{{email.domain: {_domain(10**6 + chance.randrange(_LIST))}, country: {country}}}",
        f"{{email.domain: a.example, country: {country}}}",
    )


def _words(chance: Random, number: int) -> Kind:
    title, word = chance.choice(_TITLES), f"w{number % 500}"
    return Kind(
        f"{{job_title: {{contains: {title}}}, message: {{contains: {word}x}}}}",
        f"{{job_title: The {title} x, message: About {word}x}}",
        f"{{job_title: The {title} x, message: About nothing}}",
    )


def _pattern(chance: Random, number: int) -> Kind:
    title, country = chance.choice(_TITLES), chance.choice(_COUNTRIES)
    pattern = f"\\b{title} +(sales|data)-{number % 40}\\b"
    return Kind(
        f"{{country: {country}, job_title: {{matches: '{pattern}'}}}}",
        f"{{country: {country}, job_title: Senior {title} data-{number % 40}}}",
        f"{{country: {country}, job_title: {title}}}",
    )


def _fresh_evening(chance: Random, number: int) -> Kind:
    days, form = chance.randrange(2, 60), f"F{number % 300}"
    evening = 'received_at: "2026-03-02T18:30:00+00:00"'
    return Kind(
        f"{{form.name: {form}, received_at: {{in_calendar: evening}},"
        f" submitted_at: {{within_last: {days}d}}}}",
        f'{{form.name: {form}, {evening}, submitted_at: "2026-03-01"}}',
        f'{{form.name: {form}, {evening}, submitted_at: "2025-12-01"}}',
    )


def _asked_for_it(chance: Random, number: int) -> Kind:
    country, form = chance.choice(_COUNTRIES), f"f-{number % 300}"
    same = "service_line: analytics, service_interest: analytics"
    return Kind(
        f"{{form.id: {form}, country: {country}, service_line: {{same_as: service_interest}}}}",
        f"{{form.id: {form}, country: {country}, {same}}}",
        f"{{form.id: {form}, country: {country}, service_line: analytics}}",
    )


_Kinds = tuple[tuple[int, Callable[[Random, int], Kind]], ...]
#: How often each kind is drawn.
_GUARDS: _Kinds = (
    (40, _named_account),
    (20, _company_group),
    (10, _listed),
    (10, _campaign),
    (10, _words),
    (5, _pattern),
    (5, _tags),
)
_ROUTES: _Kinds = (
    (20, _country_and_size),
    (16, _service_and_range),
    (14, _named_account),
    (10, _campaign),
    (8, _intent_and_trust),
    (6, _tags),
    (4, _tags_but),
    (5, _one_of_many),
    (4, _campaign_family),
    (4, _company_group),
    (2, _season),
    (2, _listed),
    (2, _words),
    (1, _pattern),
    (1, _fresh_evening),
    (1, _asked_for_it),
)


def _rows(chance: Random, count: int) -> Iterator[str]:
    """Give the lines of the table: postcodes of any depth, some of any country or service."""
    yield "country,service_line,postcode,pool,sla\r\n"
    seen: set[tuple[str, str, str]] = set()
    while len(seen) < count:
        country = chance.choice(_COUNTRIES) if chance.random() < 0.99 else ""  # noqa: PLR2004 - so few
        service = chance.choice(("", *_SERVICES))
        depth = chance.choice((0, 2, 3, 4, 5, 6))
        postcode = f"{chance.randrange(10**depth):0{depth}}" if depth else ""
        key = (country, service, postcode)
        if any(key) and key not in seen:
            seen.add(key)
            sla = chance.choice(("", "fast"))
            yield f"{country},{service},{postcode},{_pool(chance)},{sla}\r\n"
