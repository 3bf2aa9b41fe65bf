"""The kinds of rules that made-up books have, each with facts that it matches and misses."""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

COUNTRIES = "GB IE DE AT CH FR NL BE LU ES PT IT DK SE NO FI PL CZ US CA AU NZ SG JP BR".split()
SERVICES = ("analytics", "paid-media", "consulting")
INTENTS = ("pricing", "demo", "purchase", "product_question", "partnership")
MEDIA = ("cpc", "email", "social", "event", "referral")
_TRADES = "logistics foods robotics insurance travel energy furniture textiles media".split()
TITLES = ("head of", "director", "manager", "chief", "analyst", "buyer", "founder")
CITIES = "London Leeds Berlin Vienna Zurich Lyon Utrecht Oslo Boston Denver Perth".split()
#: Domains on the list that some rules ask about.
LISTED = 200


class Kind(NamedTuple):
    """A condition as it is written, and facts that it matches and misses."""

    when: str
    matches: str
    misses: str


def domain(number: int) -> str:
    """Return a company's domain.

    >>> domain(3)
    'insurance-3.example'
    """
    return f"{_TRADES[number % len(_TRADES)]}-{number}.example"


def _country_and_size(chance: Random, _number: int) -> Kind:
    first, second, third = chance.sample(COUNTRIES, 3)
    size = chance.randrange(50, 5_000)
    return Kind(
        f"{{country: [{first}, {second}], company_size: {{gte: {size}}}}}",
        f"{{country: {second}, company_size: {size}}}",
        f"{{country: {first}, company_size: {size - 1}}}, {{country: {third}}}",
    )


def _service_and_range(chance: Random, _number: int) -> Kind:
    country, service = chance.choice(COUNTRIES), chance.choice(SERVICES)
    low = chance.randrange(1, 2_000)
    high = low + chance.randrange(5, 200)
    asked = f"country: {country}, service_line: {service}"
    return Kind(
        f"{{{asked}, company_size: {{between: [{low}, {high}]}}}}",
        f"{{{asked}, company_size: {high}}}",
        f"{{{asked}, company_size: {high + 1}}}",
    )


def _named_account(chance: Random, number: int) -> Kind:
    account = f"{{email.domain: {domain(number + chance.randrange(3) * 100_000)}}}"
    return Kind(account, account, "{email.domain: a.example}")


def _company_group(chance: Random, number: int) -> Kind:
    ending = f"@{_TRADES[number % len(_TRADES)]}-group-{chance.randrange(10**5)}.example"
    return Kind(
        f'{{email.address: {{ends_with: "{ending}"}}}}',
        f'{{email.address: "ann{ending}"}}',
        '{email.address: "ann@a.example"}, {}',
    )


def _campaign(chance: Random, number: int) -> Kind:
    medium, name = chance.choice(MEDIA), f"spring-{number}"
    return Kind(
        f"{{utm.medium: {medium}, utm.campaign: {name}}}",
        f"{{utm.medium: {medium}, utm.campaign: {name}}}",
        f"{{utm.medium: {medium}, utm.campaign: autumn}}",
    )


def _campaign_family(chance: Random, number: int) -> Kind:
    start, country = f"c{number}-", chance.choice(COUNTRIES)
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
    intent, country = chance.choice(INTENTS), chance.choice(COUNTRIES)
    sure = chance.randrange(60, 99) / 100
    asked = f"intent: {intent}, country: {country}"
    return Kind(
        f"{{{asked}, confidence: {{gt: {sure}}}}}",
        f"{{{asked}, confidence: {sure + 0.005:.3f}}}",
        f"{{{asked}, confidence: {sure}}}",
    )


def _one_of_many(chance: Random, number: int) -> Kind:
    city, service = chance.choice(CITIES), chance.choice(SERVICES)
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
    country = chance.choice(COUNTRIES)
    return Kind(
        f"{{email.domain: {{in_list: watched}}, country: {country}}}",
        f"{{email.domain: {domain(10**6 + chance.randrange(LISTED))}, country: {country}}}",
        f"{{email.domain: a.example, country: {country}}}",
    )


def _words(chance: Random, number: int) -> Kind:
    title, word = chance.choice(TITLES), f"w{number % 500}"
    return Kind(
        f"{{job_title: {{contains: {title}}}, message: {{contains: {word}x}}}}",
        f"{{job_title: The {title} x, message: About {word}x}}",
        f"{{job_title: The {title} x, message: About nothing}}",
    )


def _pattern(chance: Random, number: int) -> Kind:
    title, country = chance.choice(TITLES), chance.choice(COUNTRIES)
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
    country, form = chance.choice(COUNTRIES), f"f-{number % 300}"
    same = "service_line: analytics, service_interest: analytics"
    return Kind(
        f"{{form.id: {form}, country: {country}, service_line: {{same_as: service_interest}}}}",
        f"{{form.id: {form}, country: {country}, {same}}}",
        f"{{form.id: {form}, country: {country}, service_line: analytics}}",
    )


Kinds = tuple[tuple[int, Callable[[Random, int], Kind]], ...]
#: How often each kind is drawn.
GUARDS: Kinds = (
    (40, _named_account),
    (20, _company_group),
    (10, _listed),
    (10, _campaign),
    (10, _words),
    (5, _pattern),
    (5, _tags),
)
ROUTES: Kinds = (
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
#: Those that every rule engine can say.
PLAIN: Kinds = ((20, _country_and_size), (16, _service_and_range), (14, _named_account))
