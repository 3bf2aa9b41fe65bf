"""Who comes before everybody else in a pool: owners of what the lead belongs to. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from router.lead.model import AccountMatch, Lead
from router.rulebook.model import First, Pool
from router.stages.route.turns import Turns

#: What is said of who owned an earlier lead of the same person.
OWNED_BEFORE = "owned this person's lead before"


@dataclass(frozen=True, slots=True)
class Claim:
    """Why somebody comes first."""

    #: Such as ``owns the account Archer Mills``.
    words: str
    #: Whether who takes their place while they are away comes first, too.
    covered: bool = True


def come_first(lead: Lead, pool: Pool, turns: Turns) -> Iterator[tuple[str, Claim]]:
    """Yield who comes before everybody else, in the pool's order, each once.

    Args:
        lead: Its account, and who owned an earlier lead of the same person.
        pool: Says who comes first, and for how long.
        turns: Knows the earlier owners, and the time.
    """
    seen: set[str] = set()
    for kind in pool.first:
        found = _of_kind(kind, lead, pool, turns)
        if found is not None and found[0] not in seen:
            seen.add(found[0])
            yield found


def _of_kind(kind: First, lead: Lead, pool: Pool, turns: Turns) -> tuple[str, Claim] | None:
    if kind is First.LAST_OWNER:
        person, at = turns.last_owner.get(lead.id, ("", turns.now))
        if not person or turns.now - at > pool.sticky:
            return None
        return person, Claim(OWNED_BEFORE, covered=False)
    account = lead.account
    if account is None:
        return None
    if kind is First.OPPORTUNITY_OWNER:
        owner, what = account.opportunity_owner, "owns the open opportunity of"
    elif kind is First.NAMED_ACCOUNT:
        owner, what = account.owner if account.named else "", "owns the named account"
    else:
        rests = _rests(account, pool, turns.now)
        owner, what = "" if rests else account.owner, "owns the account"
    return (owner, Claim(f"{what} {account.key}")) if owner else None


def _rests(account: AccountMatch, pool: Pool, now: datetime) -> bool:
    """Return whether an account's owner has done nothing about it for too long to come first."""
    if pool.resting is None:
        return False
    return account.active_at is None or now - account.active_at > pool.resting
