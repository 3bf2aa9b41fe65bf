"""What is asked beyond the explanation itself: why not this person, and what if."""

from dataclasses import dataclass, replace

from router.app import App
from router.errors import NotFound
from router.lead.facts import facts_from
from router.road.explain.remade import Pick
from router.road.explain.told import Explanation, WhatIf
from router.road.explain.what_if import what_if
from router.road.explain.why_not import why_not
from router.rulebook.model import RuleBook

_NOT_YET = "the lead has not come to the rules that say who gets it"


@dataclass(frozen=True, slots=True)
class Beyond:
    """What is asked beyond the explanation."""

    #: Id, full name or e-mail address; empty for anybody but who has it.
    person: str
    #: Seconds after which no further change is tried.
    time_s: float


def ask(
    app: App, found: Explanation, pick: Pick | None, book: RuleBook | None, beyond: Beyond
) -> Explanation:
    """Say in an explanation also why not somebody, and what if.

    Args:
        app: Of this process.
        found: The explanation.
        pick: The decision that is asked about; None for a lead that was not routed.
        book: The version that decided; None when it cannot be read any more.
        beyond: What is asked.

    Raises:
        NotFound: There is nobody of that name.
        Transient: The database could not do it now.
    """
    who = named(beyond.person, book, found) if beyond.person else ""
    if pick is None:
        nothing = WhatIf(who, (), asked=0, cut_short=False, why_not=_NOT_YET)
        return replace(found, what_if=nothing)
    if not who:
        return replace(found, what_if=what_if(app, pick, time_s=beyond.time_s))
    recorded = pick.judged.personal.get("facts")
    facts = facts_from(recorded) if recorded else {}
    told = why_not(found, who, book, facts, pick.judged.at)
    if told.has_it:
        return replace(found, why_not=told)
    return replace(found, why_not=told, what_if=what_if(app, pick, who, time_s=beyond.time_s))


def named(typed: str, book: RuleBook | None, found: Explanation) -> str:
    """Return the id of somebody whom a person typed.

    Args:
        typed: Id, full name or e-mail address.
        book: The version that decided; None when it cannot be read any more.
        found: Whoever was considered is known by their id in any case.

    Raises:
        NotFound: There is nobody of that name, or more than one.
    """
    wanted = typed.strip().casefold()
    if any(each.person == wanted and not each.group for each in found.candidates):
        return wanted
    people = book.people.values() if book is not None else ()
    mine = [
        card.id
        for card in people
        if wanted in {card.id.casefold(), card.name.casefold(), card.email.casefold()}
    ]
    if len(mine) == 1:
        return mine[0]
    many = "more than one person" if mine else "nobody"
    raise NotFound(
        f"The roster that decided has {many} called {typed!r}. Type an id:"
        " `lead-router people list` names them."
    )
