"""Find the account of a lead: by a known contact, by domain, by a name that is alike.

Pure. There is one order (:class:`_Rank`), and it ends with the account's key: the same lead and the
same accounts always give the same answer, in whatever order the accounts come.
"""

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple, TypeVar

from router.lead.account import Account
from router.lead.model import AccountMatch, Person
from router.rulebook.accounts import AccountBy, AccountPolicy, AccountTie
from router.stages.clean.domain import is_shared_site, own_domain
from router.stages.clean.likeness import asked_words, likeness

#: Accounts that share no more than words with a lead's company and are compared by name.
MOST_COMPARED = 50
#: Candidates that are told, the best; of the others only the number is.
MOST_TOLD = 10

#: What a lead is called where many are looked for at once.
Name = TypeVar("Name", bound=Hashable)

#: What an account is found by: its kind (``contact``, ``domain``, ``word``) and the key itself.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sought:
    """What the account of a lead can be found by."""

    #: Canonical e-mail address; empty if there is none.
    contact: str = ""
    #: Domain of the e-mail address, and of the website; empty where it is no company's own.
    mail_domain: str = ""
    web_domain: str = ""
    words: tuple[str, ...] = ()

    @property
    def keys(self) -> list[Key]:
        """Return all of it as keys."""
        found = [("contact", self.contact), ("domain", self.mail_domain)]
        if self.web_domain != self.mail_domain:
            found.append(("domain", self.web_domain))
        return [key for key in found if key[1]] + [("word", word) for word in self.words]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account that the lead might belong to, and which of the lead's keys it has."""

    account: Account
    keys: frozenset[Key]


@dataclass(frozen=True, slots=True)
class Search:
    """What the account of one lead is looked for by, and who may be it."""

    sought: Sought
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate, and why it won or lost."""

    account: Account
    by: AccountBy
    #: 0..1; 1 unless it was found by name.
    score: float
    won: bool
    #: In words, without the name of any company or person.
    why: str


@dataclass(frozen=True, slots=True)
class AccountFound:
    """The account of a lead, and what was considered."""

    match: AccountMatch | None = None
    #: The best :data:`MOST_TOLD`, best first.
    judged: tuple[Judged, ...] = ()
    #: Candidates that are not told.
    more: int = 0


#: What the ties of a book compare; the smaller value wins.
_Values = tuple[float | str, ...]


class _Rank(NamedTuple):
    """Place in the one order; the smallest comes first."""

    #: Whether the names are less alike than the book asks for.
    falls_short: bool
    #: What it was found by: the place in the book's list.
    way: int
    #: Whether it is the website's domain and not the e-mail's.
    by_website: bool
    #: How alike the names are, negative; -1 for what was not found by its name.
    unlike: float
    #: One value for each of the book's ties; the last one differs for any two accounts.
    ties: _Values


def sought(person: Person) -> Sought:
    """Return what the account of a lead can be found by.

    Args:
        person: Cleaned.
    """
    mail = person.email_domain if person.email_canonical else ""
    web = own_domain(person.website) if person.website else ""
    return Sought(
        contact=person.email_canonical,
        mail_domain=own_domain(mail) if mail else "",
        web_domain="" if is_shared_site(web) else web,
        words=asked_words(person.company_key),
    )


def share_out(
    leads: Mapping[Name, Sought], found: Iterable[tuple[Account, Iterable[Key]]]
) -> dict[Name, Search]:
    """Return what was found for many leads at once lead by lead.

    Args:
        leads: What each lead's account is looked for by.
        found: Accounts, each with the keys by which it was found.
    """
    holders: dict[Key, list[Account]] = {}
    for account, keys in found:
        for key in keys:
            holders.setdefault(key, []).append(account)
    return {name: Search(each, tuple(_candidates(each, holders))) for name, each in leads.items()}


def _candidates(lead: Sought, holders: Mapping[Key, list[Account]]) -> Iterator[Candidate]:
    mine: dict[str, tuple[Account, list[Key]]] = {}
    for key in lead.keys:
        for account in holders.get(key, ()):
            mine.setdefault(account.key, (account, []))[1].append(key)
    for account, keys in mine.values():
        yield Candidate(account, frozenset(keys))


def find_account(person: Person, search: Search, policy: AccountPolicy) -> AccountFound:
    """Find the account of a lead among candidates. The order of these does not matter.

    Args:
        person: Cleaned.
        search: What is looked for, of :func:`sought` from the same person; and the accounts that
            have at least one of its keys, each once.
        policy: What counts, and what decides between equals.
    """
    ask = _Question(person, search.sought, policy)
    ranked: list[tuple[_Rank, Account]] = []
    alike: list[Candidate] = []
    for each in search.candidates:
        rank = ask.strong(each)
        if rank is not None:
            ranked.append((rank, each.account))
        elif ask.by_word(each):
            alike.append(each)
    ranked += [(ask.by_name(each.account), each.account) for each in _nearest(alike)]
    if not ranked:
        return AccountFound()
    more = len(ranked) + max(0, len(alike) - MOST_COMPARED) - MOST_TOLD
    ranked.sort(key=itemgetter(0))
    best, account = ranked[0]
    won = not best.falls_short
    return AccountFound(
        _match_of(account, best, policy) if won else None,
        judged=tuple(
            [
                Judged(
                    each,
                    policy.by[rank.way],
                    -rank.unlike,
                    won and rank is best,
                    _why(rank, best, policy),
                )
                for rank, each in ranked[:MOST_TOLD]
            ]
        ),
        more=max(0, more),
    )


def _nearest(alike: list[Candidate]) -> list[Candidate]:
    """Return those that share most words, as many as are compared; of equals by their keys."""
    if len(alike) <= MOST_COMPARED:
        return alike
    return sorted(alike, key=lambda each: (-len(each.keys), each.account.key))[:MOST_COMPARED]


#: In the order in which a question finds the values that they compare.
_VALUES = (
    AccountTie.NAMED,
    AccountTie.OPEN_OPPORTUNITY,
    AccountTie.SAME_COUNTRY,
    AccountTie.ACTIVE_LATEST,
    AccountTie.KEY,
)


@lru_cache(maxsize=64)
def _in_order(ties: tuple[AccountTie, ...]) -> Callable[[_Values], _Values]:
    """Return what puts the values of an account into the order of a book's ties."""
    places = [_VALUES.index(tie) for tie in ties]
    if len(places) == 1:
        return lambda values: (values[places[0]],)
    return itemgetter(*places)


class _Question:
    """One lead and one policy, made ready to be asked about many accounts."""

    def __init__(self, person: Person, lead: Sought, policy: AccountPolicy) -> None:
        self._name, self._country = person.company_key, person.country
        self._least = policy.min_score
        self._in_order = _in_order(policy.ties)
        places = {by: place for place, by in enumerate(policy.by)}
        #: Place of the name among the book's ways; -1 if it does not count.
        self.name_way = places.get(AccountBy.NAME, -1)
        # Then whatever has none of the stronger keys was found by a word.
        self._every_way = len(places) == len(AccountBy)
        contact, domain = places.get(AccountBy.CONTACT), places.get(AccountBy.DOMAIN)
        self._doors: list[tuple[Key, int, bool]] = []
        if contact is not None:
            self._doors.append((("contact", lead.contact), contact, False))
        if domain is not None:
            self._doors.append((("domain", lead.mail_domain), domain, False))
            self._doors.append((("domain", lead.web_domain), domain, True))
        self._doors.sort(key=itemgetter(1, 2))

    def strong(self, candidate: Candidate) -> _Rank | None:
        """Rank an account that is known by more than its name; None if it is not."""
        account = candidate.account
        for key, way, by_website in self._doors:
            if key in candidate.keys:
                rank = _Rank._make((False, way, by_website, -1.0, self._values(account)))
                # A book may let the name count more; then it only counts where it is alike.
                return min(rank, self.by_name(account)) if 0 <= self.name_way < way else rank
        return None

    def by_word(self, candidate: Candidate) -> bool:
        """Tell whether an account that is not known by more counts by its name."""
        if self._every_way:
            return True
        return self.name_way >= 0 and any(kind == "word" for kind, _ in candidate.keys)

    def by_name(self, account: Account) -> _Rank:
        """Rank an account by its name."""
        score = likeness(self._name, account.name_key)
        values = self._values(account)
        return _Rank._make((score < self._least, self.name_way, False, -score, values))

    def _values(self, account: Account) -> _Values:
        """Return what the ties compare, in their order; the smaller value wins."""
        active, country = account.active_at, account.country
        found = (
            not account.named,
            not account.opportunity_owner,
            not country or country != self._country,
            -active.timestamp() if active else math.inf,
            account.key,
        )
        return self._in_order(found)


def _match_of(account: Account, rank: _Rank, policy: AccountPolicy) -> AccountMatch:
    return AccountMatch(
        account_id=account.id,
        key=account.key,
        name=account.name,
        owner=account.owner,
        opportunity_owner=account.opportunity_owner,
        named=account.named,
        active_at=account.active_at,
        by=policy.by[rank.way].value,
        score=-rank.unlike,
    )


def _why(rank: _Rank, best: _Rank, policy: AccountPolicy) -> str:
    """Say why an account won, or what it lost by: the first difference to the one that won."""
    if rank.falls_short:
        return f"the names are {-rank.unlike:.3g} alike, less than {policy.min_score:g}"
    if rank[:4] != best[:4]:
        return _weaker(rank, best, policy)
    if rank is best:
        return _WEBSITE if rank.by_website else _FOUND[policy.by[rank.way]]
    place = 0
    while rank.ties[place] == best.ties[place]:
        # The last of them is the key, and no two accounts have the same.
        place += 1
    return _LOST[policy.ties[place]]


def _weaker(rank: _Rank, best: _Rank, policy: AccountPolicy) -> str:
    if rank.way != best.way:
        way, better = policy.by[rank.way].value, policy.by[best.way].value
        return f"by {way} only, which counts less than {better}"
    if rank.by_website != best.by_website:
        return "by the website's domain only, which counts less than the e-mail's"
    return f"the names are less alike: {-rank.unlike:.3g} against {-best.unlike:.3g}"


_WEBSITE = "the website's domain is its own"
_FOUND: Mapping[AccountBy, str] = {
    AccountBy.CONTACT: "the e-mail address is one of its contacts'",
    AccountBy.DOMAIN: "the e-mail's domain is its own",
    AccountBy.NAME: "the names are alike",
}
_LOST: Mapping[AccountTie, str] = {
    AccountTie.NAMED: "not a named account, as the one that won",
    AccountTie.OPEN_OPPORTUNITY: "no open opportunity, as the one that won has",
    AccountTie.SAME_COUNTRY: "not in the lead's country, as the one that won",
    AccountTie.ACTIVE_LATEST: "its owner was active longer ago",
    AccountTie.KEY: "equal in everything, and its key comes later",
}
