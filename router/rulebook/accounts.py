"""How a book finds the account of a lead: by what, how alike, and which of several."""

from dataclasses import dataclass
from enum import StrEnum


class AccountBy(StrEnum):
    """What an account can be found by."""

    #: The lead's e-mail address is that of a contact the account is known to have.
    CONTACT = "contact"
    #: The domain of the lead's e-mail address, else of its website, is the account's.
    DOMAIN = "domain"
    #: The names of both companies are alike.
    NAME = "name"


class AccountTie(StrEnum):
    """What decides between accounts that were found equally well."""

    #: A named account comes first.
    NAMED = "named"
    #: One with an open opportunity comes first.
    OPEN_OPPORTUNITY = "open_opportunity"
    #: One in the lead's country comes first.
    SAME_COUNTRY = "same_country"
    #: The one whose owner was active last comes first; one that was never active comes last.
    ACTIVE_LATEST = "active_latest"
    #: The one whose key comes first in the alphabet; keys differ, so that it always decides.
    KEY = "key"


@dataclass(frozen=True, slots=True)
class AccountPolicy:
    """How the account of a lead is found."""

    #: Least likeness (0..1) of two names that counts as the same company.
    min_score: float = 0.92
    #: What decides between equals, the first that tells two apart; ``key`` is always the last.
    ties: tuple[AccountTie, ...] = (
        AccountTie.NAMED,
        AccountTie.OPEN_OPPORTUNITY,
        AccountTie.SAME_COUNTRY,
        AccountTie.ACTIVE_LATEST,
        AccountTie.KEY,
    )
    #: What an account may be found by, the stronger first: it wins, however alike the names.
    by: tuple[AccountBy, ...] = (AccountBy.CONTACT, AccountBy.DOMAIN, AccountBy.NAME)
