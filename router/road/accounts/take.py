"""Accounts: taken in as the CRM tells them, and tried out on a lead that was never sent."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from uuid import UUID

import structlog

from router.app import App
from router.lead.account import Account
from router.lead.delivery import Delivery
from router.lead.ids import DeliveryId, LeadId
from router.lead.model import Lead, Person
from router.lead.states import LeadState
from router.road.accounts.rows import AccountRow, Remark
from router.road.explain.rehearse import check
from router.rulebook.model import RuleBook
from router.stages.capture import decide as captures
from router.stages.clean.accounts import AccountFound, find_account, share_out, sought
from router.stages.clean.company import company_key, read_website
from router.stages.clean.country import read_country
from router.stages.clean.decide import prepare
from router.stages.clean.domain import is_shared_site, own_domain
from router.stages.clean.email import read_email
from router.stages.clean.likeness import name_words
from router.stages.clean.text import tidy
from router.store.accounts import (
    Listed,
    Told,
    count_others,
    find_accounts,
    forget_others,
    list_accounts,
    new_id,
    put_accounts,
)
from router.store.tx import Tx, transaction

log = structlog.get_logger()

#: Rows that are stored at once; whoever is stopped between two of them may begin anew.
_AT_ONCE = 1_000
_LONGEST_KEY = 100
#: A list of all accounts may lack so many of those known, or one of so many, and is believed.
_FEW, _ONE_OF = 20, 5


@dataclass(slots=True)
class Taken:
    """What became of rows that were told."""

    #: Accounts that were not known, that are told otherwise than before, and that are as they were.
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    #: Accounts that were known and not told, and are forgotten; None when all were to stay.
    forgotten: int | None = None
    #: Accounts that were not told and stay all the same: so many that something may be missing.
    spared: int = 0
    #: Rows that could not be used.
    left_out: list[Remark] = field(default_factory=list)
    #: Values of the others that could not be used; the account went in without them.
    noticed: list[Remark] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tried:
    """Whose account a lead would be."""

    #: As cleaned.
    person: Person
    found: AccountFound


def take_accounts(  # noqa: PLR0913  # keyword-only: who told them, and whether these are all
    app: App,
    rows: Iterable[AccountRow | Remark],
    now: datetime,
    *,
    by: str,
    whole: bool = False,
    most: int | None = None,
) -> Taken:
    """Take accounts in; one that is known by its key is replaced as a whole.

    Doing it again changes nothing. People are those of the active rule book.

    Args:
        app: Of this process.
        rows: As they were told; a remark stands for one that cannot be used. Of two with the same
            key the first counts.
        now: When they were told.
        by: Who told them.
        whole: These are all accounts there are: forget the others, unless a row was left out,
            there was none, or there are too many others. Without it those that are not told stay
            as they are.
        most: So many others may be forgotten; without it twenty, or a fifth of all that were known.

    Raises:
        Transient: The database could not do it; what was stored until then stays.
    """
    book = app.settings.book
    taken, people = Taken(), _People(app.shelf.active())
    seen: dict[str, int] = {}
    every = iter(rows)
    while batch := list(islice(every, _AT_ONCE)):
        taken.left_out += [row for row in batch if isinstance(row, Remark)]
        found = [row for row in batch if isinstance(row, AccountRow)]
        told = [
            _told(book, row, people, taken, now) for row in found if _is_usable(row, seen, taken)
        ]
        with transaction(app.engine) as tx:
            new, changed = put_accounts(tx, book, told, now)
        taken.new += new
        taken.changed += changed
        taken.unchanged += len(told) - new - changed
    taken.left_out.sort(key=lambda each: each.line)
    if whole and seen and not taken.left_out:
        with transaction(app.engine) as tx:
            _forget_others(tx, book, seen, taken, most)
    log.info(
        "accounts_taken",
        new=taken.new,
        changed=taken.changed,
        left_out=len(taken.left_out),
        forgotten=taken.forgotten,
        spared=taken.spared,
        by=by,
    )
    return taken


def _forget_others(
    tx: Tx, book: str, told: Collection[str], taken: Taken, most: int | None
) -> None:
    """Forget the accounts that were not told, unless there are too many of them."""
    others = count_others(tx, book, told)
    known = others + taken.changed + taken.unchanged
    if others > (max(_FEW, known // _ONE_OF) if most is None else most):
        taken.spared = others
    else:
        taken.forgotten = forget_others(tx, book, told)


def known_accounts(app: App, *, owner: str = "", after: str = "", limit: int) -> list[Listed]:
    """Return accounts in the order of their keys.

    Args:
        app: Of this process.
        owner: Only those of this person; empty for all.
        after: Key after which the list begins.
        limit: Most to return.
    """
    with transaction(app.engine) as tx:
        return list_accounts(tx, app.settings.book, owner=owner, after=after, limit=limit)


def try_person(app: App, typed: Person, now: datetime) -> Tried:
    """Find whose account somebody would be, by the active rule book. Writes nothing.

    Args:
        app: Of this process.
        typed: Values as somebody would type them into a form.
        now: The moment at which it is tried.
    """
    nobody = UUID(int=0)
    lead = Lead(
        id=LeadId(nobody),
        book=app.settings.book,
        source="",
        item_key="",
        delivery_id=DeliveryId(nobody),
        state=LeadState.CAPTURED,
        received_at=now,
        person=typed,
    )
    return _try(app, lead)


def try_sample(app: App, delivery: Delivery, now: datetime) -> list[Tried]:
    """Find whose account each lead of a sample would be. Writes nothing.

    Args:
        app: Of this process.
        delivery: A sample that was never sent.
        now: The moment at which it is tried.

    Raises:
        Rejected: The sample makes no lead; the text says why.
    """
    book = app.shelf.active()
    captured = captures.decide(delivery, check(delivery, book), book, {}, now)
    return [_try(app, each.lead) for each in captured.decisions]


def _try(app: App, lead: Lead) -> Tried:
    person = prepare(lead, app.settings.default_region).person
    lead_sought = sought(person)
    with transaction(app.engine) as tx:
        found = find_accounts(tx, app.settings.book, lead_sought.keys)
    search = share_out({lead.id: lead_sought}, found)[lead.id]
    return Tried(person, find_account(person, search, app.shelf.active().accounts))


class _People:
    """Finds people of the roster by what a CRM calls them."""

    def __init__(self, book: RuleBook) -> None:
        self._ids = book.people
        self._addresses = {card.email.casefold(): card for card in book.people.values()}

    def find(self, text: str, what: str) -> tuple[str, str]:
        """Return a person's id, and what must be said; no id for somebody who is not there."""
        typed = tidy(text)
        if not typed:
            return "", ""
        card = self._ids.get(typed) or self._addresses.get(typed.casefold())
        if card is None:
            return "", f"{what} {typed[:_LONGEST_KEY]} is not on the roster; left empty"
        return card.id, f"{what} {card.id} has left" if card.left else ""


def _is_usable(row: AccountRow, seen: dict[str, int], taken: Taken) -> bool:
    """Tell whether an account can be made of a row; if not, say so."""
    key, problem = tidy(row.key), ""
    if not key:
        problem = "it has no key"
    elif len(key) > _LONGEST_KEY:
        problem = f"its key is longer than {_LONGEST_KEY} characters"
    elif not tidy(row.name):
        problem = "it has no name"
    elif seen.setdefault(key, row.line) != row.line:
        problem = f"the same key stands in line {seen[key]}, which counts"
    if problem:
        taken.left_out.append(Remark(row.line, key[:_LONGEST_KEY], problem))
    return not problem


def _told(book: str, row: AccountRow, people: _People, taken: Taken, now: datetime) -> Told:
    """Return an account as it is stored; note what of it could not be used."""
    key, name = tidy(row.key), tidy(row.name)
    owner, about_owner = people.find(row.owner, "owner")
    opportunity, about_opportunity = people.find(row.opportunity_owner, "opportunity owner")
    country = read_country(row.country) if row.country.strip() else ""
    domains, about_domains = _domains(row.domains)
    contacts = {typed: read_email(typed).canonical for typed in row.contacts}
    useless = sum(not canonical for canonical in contacts.values())
    noticed = (
        *row.noticed,
        about_owner,
        about_opportunity,
        "its country is not recognised" if row.country.strip() and not country else "",
        *about_domains,
        f"{useless} of {len(contacts)} contacts have no valid e-mail address" if useless else "",
    )
    taken.noticed += [Remark(row.line, key, problem) for problem in noticed if problem]
    name_key = company_key(name)
    account = Account(
        id=new_id(book, key, now),
        key=key,
        name=name,
        name_key=name_key,
        owner=owner,
        opportunity_owner=opportunity,
        named=row.named,
        country=country,
        active_at=row.active_at,
    )
    keys = {
        *(("domain", domain) for domain in domains),
        *(("word", word) for word in name_words(name_key)),
        *(("contact", canonical) for canonical in contacts.values() if canonical),
    }
    return Told(account, frozenset(keys))


def _domains(typed: Iterable[str]) -> tuple[set[str], list[str]]:
    """Return the domains that are a company's own, and what is to be said about the others."""
    own: set[str] = set()
    problems = []
    for text in typed:
        host = read_website(text)
        domain = own_domain(host) if host else ""
        path = text.partition("://")[2] or text
        if not domain:
            why = "nobody's own: free mail, a public suffix, or no domain"
            problems.append(f"the domain {tidy(text)[:_LONGEST_KEY]} is {why}")
        elif is_shared_site(domain) and path.partition("/")[2]:
            problems.append(f"a page on {domain} is no domain of its own")
        else:
            own.add(domain)
    return own, problems
