"""What an account is: a company that the CRM has told us of."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Account:
    """A company, as the CRM told us."""

    id: UUID
    #: What the CRM calls it; unique within a book.
    key: str
    name: str
    #: The name to compare by: folded, without legal form.
    name_key: str
    #: Id of the person who owns it; empty for nobody.
    owner: str = ""
    #: Id of the person who owns its open opportunity; empty when there is none.
    opportunity_owner: str = ""
    #: Whether it is a named account.
    named: bool = False
    #: ISO 3166 alpha-2, upper case; empty if unknown.
    country: str = ""
    #: When its owner last did anything about it; None if the CRM does not say.
    active_at: datetime | None = None
