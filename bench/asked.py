"""Leads that made-up books are asked about: every fact is known, as of a form that asks a lot."""

from datetime import UTC, datetime, timedelta
from random import Random

from bench.kinds import CITIES, COUNTRIES, INTENTS, LISTED, MEDIA, SERVICES, TITLES, domain
from router.lead.facts import Facts, FactValue
from router.rulebook.model import Phase, RuleBook

_START = datetime(2026, 3, 2, tzinfo=UTC)
_MESSAGE = (
    "Hello, we would like to see a demo of your product next week, please. Could you tell us what"
    " it costs, and whether it works with what we have? We are {} people. About w{}x, and more."
)


def leads_for(book: RuleBook, count: int, seed: int) -> list[Facts]:
    """Make leads up; every other one is such that some rule of guards or routes matches it.

    Which rule takes it is another question: earlier rules may match it as well.

    Args:
        book: Made by :func:`bench.books.make_book`.
        count: How many.
        seed: Same numbers, same leads.
    """
    chance = Random(seed)  # noqa: S311 - nothing is secret here
    rules = [rule for phase in (Phase.GUARDS, Phase.ROUTES) for rule in book.rules[phase]]
    examples = [each.facts for rule in rules for each in rule.examples if each.matches]
    return [
        {**_anybody(chance), **(chance.choice(examples) if number % 2 and examples else {})}
        for number in range(count)
    ]


def _anybody(chance: Random) -> dict[str, FactValue]:
    number, size = chance.randrange(10_000), chance.randrange(1, 6_000)
    listed = chance.random() < 0.1  # noqa: PLR2004 - so few
    account = domain(10**6 + chance.randrange(LISTED) if listed else chance.randrange(400_000))
    received = _START + timedelta(minutes=chance.randrange(20_000))
    campaign = chance.choice((f"spring-{number}", f"c{number}-x", "autumn"))
    return {
        "source": "web",
        "received_at": received,
        "submitted_at": received - timedelta(seconds=chance.randrange(100)),
        "form.id": f"f-{chance.randrange(400)}",
        "form.name": f"F{chance.randrange(400)}",
        "form.kind": "contact",
        "page.url": f"https://www.northwind.example/p{number}",
        "utm.medium": chance.choice(MEDIA),
        "utm.campaign": campaign,
        "name": "Ann Other",
        "email.address": f"ann@{account}",
        "email.domain": account,
        "email.valid": True,
        "email.free": False,
        "email.disposable": False,
        "phone.valid": False,
        "country": chance.choice(COUNTRIES),
        "city": chance.choice(CITIES),
        "postcode": f"{chance.randrange(10**6):06}",
        "company": "Northwind Ltd",
        "company_size": size,
        "job_title": f"Senior {chance.choice(TITLES)} of sales",
        "service_line": chance.choice(SERVICES),
        "message": _MESSAGE.format(size, number % 700),
        "tags": tuple(
            f"{chance.choice('tux')}{chance.randrange(400)}" for _ in range(chance.randrange(4))
        ),
        "is_returning": chance.random() < 0.2,  # noqa: PLR2004 - so few
        "missing": (),
        "intent": chance.choice(INTENTS),
        "urgency": "normal",
        "service_interest": chance.choice(SERVICES),
        "confidence": chance.randrange(100) / 100,
        "risk_flags": (),
        "priority": "normal",
    }
