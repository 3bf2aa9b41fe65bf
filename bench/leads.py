"""Made-up inquiries, as mixed as real ones: what the benchmark posts. The same seed, the same ones.

People, companies and texts are invented. Phone numbers come from the ranges that regulators keep
for films; once those are used up, the people that follow leave no number.
"""

from collections.abc import Iterator
from random import Random

import orjson

_FIRST = "Maren Olu Pia Tomas Ines Jonas Amara Felix Greta Hugo Isla Karim Leonie Mateo".split()
_LAST = "Holt Adair Lund Berg Roux Keller Osei Brandt Lindqvist Moreau Walsh Haddad Vogel".split()
_TRADES = "Logistics Foods Robotics Insurance Travel Energy Furniture Textiles Media".split()
_TITLES = ("Head of Operations", "Marketing Manager", "CEO", "Data Analyst", "VP Sales", "")
_SIZES = ("1-10", "11-50", "51-200", "51-200", "201-500", "1000+", "", "")
#: Country, its share, and the prefixes under which its film numbers lie.
_COUNTRIES: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    (
        "GB",
        32,
        (
            "+44207946", "+44113496", "+44114496", "+44116496", "+44117496",
            "+44118496", "+44121496", "+44131496", "+44141496", "+44151496", "+44161496",
        ),
    ),
    (
        "US",
        22,
        tuple(
            f"+1{area}555"
            for area in (
                202, 205, 206, 212, 213, 214, 215, 216, 301, 303, 305, 312, 313, 314, 317, 402,
                404, 405, 408, 410, 412, 415, 502, 503, 504, 505, 512, 513, 602, 603, 612, 614,
                615, 617, 619, 702, 703, 704, 713, 716, 718, 801, 803, 804, 808, 813, 816, 901,
            )
        ),
    ),
    ("DE", 18, ("+493023125", "+496990009", "+494066969", "+492214710", "+498999998")),
    ("FR", 6, ()),
    ("NO", 5, ()),
    ("AU", 5, ()),
    ("CH", 4, ()),
    ("IE", 4, ()),
    ("BR", 4, ()),
)  # fmt: skip
#: How many numbers each prefix holds, and how its last digits are written.
_NUMBERS = {"GB": (1000, "0{:03d}"), "US": (100, "01{:02d}"), "DE": (1000, "{:03d}")}
_MESSAGES: tuple[tuple[int, str], ...] = (
    (16, "What does it cost for {people} people? We need a quote with the annual plan."),
    (8, "Could you send me your price list? Our budget for analytics is about {people}k a year."),
    (16, "We would like to see a demo of the reporting for {people} people. Are you free soon?"),
    (8, "Please call me back to arrange a call. We run paid search in {people} accounts."),
    (10, "We are ready to start with {people} seats. Please send the contract to our procurement."),
    (12, "Does it work with our data warehouse, and do you support SSO for {people} users?"),
    (8, "Our dashboard is empty since monday and I cannot log in. The error message is E{people}."),
    (4, "I am disappointed: we were charged twice, and nobody answers. I want a refund."),
    (5, "We are an agency with {people} clients and would like to become a partner."),
    (3, "I am applying for the open position of analyst: my CV is attached ({people} projects)."),
    (4, "We offer SEO services: backlinks that increase your traffic. {people} verified leads."),
    (6, "Hello, we met at the fair. Best regards"),
)
_FORMS = (("f-contact", "Contact", "contact"), ("f-demo", "Demo request", "demo"))
_FORMS_BY_CHANCE = (*_FORMS, _FORMS[0], ("f-price", "Pricing", "contact"))
_CAMPAIGNS = (("newsletter", "email"), ("search", "cpc"), ("", ""), ("", ""), ("fair", "event"))
#: Shares of 1: the same person again, a free mailbox, no phone, a customer, a filled honeypot.
_AGAIN, _FREE, _SILENT, _CUSTOMER, _SPAM = 0.03, 0.12, 0.15, 0.01, 0.01


class Inquiries:
    """Makes one body after another, for the source ``generic``."""

    def __init__(self, tag: str, seed: int = 1) -> None:
        """Start a series.

        Args:
            tag: Makes ids and addresses differ from those of other series.
            seed: Same seed, same series.
        """
        self._tag = tag
        self._random = Random(seed)  # noqa: S311 - nothing is secret here
        self._number = 0
        self._phones = {country: 0 for country, _, prefixes in _COUNTRIES if prefixes}
        self._earlier: list[dict[str, str]] = []
        self._countries = [each[0] for each in _COUNTRIES]
        self._shares = [each[1] for each in _COUNTRIES]
        self._texts = [each[1] for each in _MESSAGES]
        self._weights = [each[0] for each in _MESSAGES]

    def ids(self, count: int) -> Iterator[tuple[str, bytes]]:
        """Make this many inquiries; give the sender's id of each, and its body."""
        for _ in range(count):
            self._number += 1
            name = f"{self._tag}-{self._number:07d}"
            yield name, self._body(name)

    def bodies(self, count: int) -> Iterator[bytes]:
        """Make this many bodies."""
        return (body for _, body in self.ids(count))

    def _body(self, name: str) -> bytes:
        chance = self._random
        if self._earlier and chance.random() < _AGAIN:
            person = chance.choice(self._earlier)
        else:
            person = self._person()
            if chance.random() < 0.1:  # noqa: PLR2004 - so few people are ever drawn again
                self._earlier.append(person)
        text = chance.choices(self._texts, self._weights)[0]
        form = chance.choice(_FORMS_BY_CHANCE)
        campaign = chance.choice(_CAMPAIGNS)
        said: dict[str, object] = {
            "id": name,
            **person,
            "message": text.format(people=chance.randrange(5, 900)),
            "form": {"id": form[0], "name": form[1], "kind": form[2]},
            "page_url": f"https://www.northwind.example/{form[2]}?ref={name}",
            "newsletter": chance.random() < 0.5,  # noqa: PLR2004 - every second one
            "timeline": "this quarter",
        }
        if campaign[0]:
            said["utm_source"], said["utm_medium"] = campaign
        if chance.random() < _SPAM:
            said["_gotcha"] = "https://win-a-prize.example"
        return orjson.dumps(said)

    def _person(self) -> dict[str, str]:
        chance = self._random
        first, last = chance.choice(_FIRST), chance.choice(_LAST)
        trade = chance.choice(_TRADES)
        country = chance.choices(self._countries, self._shares)[0]
        luck = chance.random()
        # The number stands in front, so that no vendor's quirk makes two people one.
        mailbox = f"n{self._number}.{self._tag}.{first}.{last}".lower()
        if luck < _FREE:
            domain = "gmail.com"
        elif luck < _FREE + _CUSTOMER:
            domain = "fourth-coffee.example"
        else:
            domain = f"{trade.lower()}-{self._number}.example"
        return {
            "name": f"{first} {last}",
            "email": f"{mailbox}@{domain}",
            "phone": "" if chance.random() < _SILENT else self._phone(country),
            "company": f"{last} {trade} {chance.choice(('Ltd', 'GmbH', 'Inc', 'AG'))}",
            "company_size": chance.choice(_SIZES),
            "country": country,
            "job_title": chance.choice(_TITLES),
        }

    def _phone(self, country: str) -> str:
        if country not in self._phones:
            return ""
        prefixes = next(each[2] for each in _COUNTRIES if each[0] == country)
        size, shape = _NUMBERS[country]
        taken = self._phones[country]
        self._phones[country] = taken + 1
        if taken >= size * len(prefixes):
            return ""
        return prefixes[taken % len(prefixes)] + shape.format(taken // len(prefixes))


class OnePool(Inquiries):
    """Inquiries that the shipped book gives to one pool, whose members they fight for."""

    def _body(self, name: str) -> bytes:
        return orjson.dumps(
            {
                "name": "Ann Archer",
                "email": f"ann.{name}@archer-mills.example",
                "company": "Archer Mills Ltd",
                "country": "GB",
                "message": "Could you show us a demo of your analytics product?",
            }
        )
