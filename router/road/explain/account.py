"""Whose account a lead is, and why the others lost. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from router.lead.model import Lead
from router.road.explain.told import AccountCandidate, AccountTold

#: Candidates that are written out.
_SHOWN = 5


def account_of(
    lead: Lead,
    cleaned: Mapping[str, Any],
    personal: Mapping[str, Any],
    names: Mapping[str, str],
) -> AccountTold | None:
    """Tell whose account a lead is; None when nobody looked for one.

    Args:
        lead: The lead.
        cleaned: Data of the event that cleaned or merged it.
        personal: The event's personal values; empty when they were erased.
        names: Names of people by id.
    """
    told = cleaned.get("account")
    if not isinstance(told, Mapping):
        return None
    companies = personal.get("accounts") or {}
    key, owner = str(told.get("key", "")), str(told.get("owner", ""))
    name = lead.account.name if lead.account is not None and lead.account.key == key else ""
    return AccountTold(
        key=key,
        name=str(companies.get(key) or name or key),
        by=str(told.get("by", "")),
        score=float(told.get("score") or 0),
        kept=bool(told.get("kept")),
        owner=owner,
        owner_name=names.get(owner, ""),
        candidates=tuple(
            AccountCandidate(
                key=str(each.get("key", "")),
                name=str(companies.get(each.get("key")) or each.get("key", "")),
                by=str(each.get("by", "")),
                score=float(each.get("score") or 0),
                won=bool(each.get("won")),
                why=str(each.get("why", "")),
            )
            for each in told.get("candidates") or ()
        ),
        more=int(told.get("more") or 0),
    )


def account_lines(found: AccountTold | None) -> Iterator[str]:
    """Write it for people.

    Args:
        found: From :func:`account_of`.
    """
    if found is None:
        return
    if not found.key:
        yield "none of ours"
    else:
        alike = f", {found.score:.1%} alike" if found.score < 1 else ""
        kept = "; the open lead's, which it joined" if found.kept else ""
        yield f"{_called(found.name, found.key)}, found by {found.by}{alike}{kept}"
        if not found.owner:
            yield "nobody on the roster owns it"
        elif not found.owner_name:
            yield f"its owner {found.owner} is not on the roster any more"
        else:
            yield f"its owner is {found.owner_name} ({found.owner})"
    losers = [each for each in found.candidates if not each.won]
    for each in losers[:_SHOWN]:
        yield f"  not {_called(each.name, each.key)}: {each.why}"
    hidden = len(losers) - len(losers[:_SHOWN]) + found.more
    if hidden:
        yield f"  nor {hidden} more that were considered"


def _called(name: str, key: str) -> str:
    return f"{name} ({key})" if name != key else key
