"""The inputs of a pick, put together again, and checked: do they give the decision that was made?

A decision is asked *what if* only when everything that it was made from is known again. Whoever
was looked at is taken as the event has it, to the unit; the other pools as the ledger has them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from router.app import App
from router.errors import LeadRouterError, Misconfigured, NotFound
from router.lead.decision import Decision, Reroute
from router.lead.events import EventKind, canonical
from router.lead.facts import facts_from
from router.lead.ids import LeadId
from router.lead.model import Lead, Owner
from router.lead.states import OwnerKind
from router.rulebook.allowance import Allowance, allowed, off_in_pools
from router.rulebook.model import RuleBook
from router.rulebook.roster import live
from router.stages.route.bounds import Bounds
from router.stages.route.decide import decide, plan
from router.stages.route.first import OWNED_BEFORE
from router.stages.route.seats import Away, Bar, BarKind, Owed
from router.stages.route.situation import Situation, anew
from router.stages.route.turns import Turns
from router.store.allowances import allowances_then
from router.store.past import (
    Moment,
    absent_then,
    active_then,
    given_before,
    open_before,
    owed_before,
    owner_before,
)
from router.store.reading import StoredEvent
from router.store.tx import Tx, transaction

#: Bars that are taken as the event has them: what was known then may have been put right since.
_RECORDED = frozenset({BarKind.AWAY, BarKind.OFF})
_NUMBERS = re.compile(r"\d+")


class NotRemadeError(LeadRouterError):
    """The pick cannot be made again; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A pick that was recorded."""

    lead: Lead
    #: All events of the lead, in order.
    events: Sequence[StoredEvent]
    #: The one that holds the decision.
    judged: StoredEvent


def remade(app: App, pick: Pick) -> Situation:
    """Return what a pick was made from; deciding it again gives the decision that was recorded.

    Args:
        app: Of this process.
        pick: What was recorded.

    Raises:
        NotRemadeError: It is not known any more, or somebody chose by hand.
        Transient: The database could not do it now.
    """
    recorded = pick.judged.personal.get("facts")
    if not recorded:
        raise NotRemadeError("the facts of the lead were erased, so it cannot be decided again")
    digest = str(pick.judged.data.get("digest") or pick.lead.digest)
    with transaction(app.engine) as tx:
        then = active_then(tx, pick.lead.book, pick.judged.at)
    try:
        rules, active = app.book(digest), app.book(then) if then else app.shelf.active()
    except (NotFound, Misconfigured) as error:
        raise NotRemadeError(f"the rule book of that moment cannot be read: {error}") from error
    with transaction(app.engine) as tx:
        allowances = allowances_then(tx, pick.lead.book, pick.judged.at)
        found = _found(tx, pick, (rules, active), allowances)
    if found is None:
        raise NotRemadeError(
            "what is known of that moment does not give the decision that was made,"
            " so nothing is guessed from it"
        )
    if found.reroute is not None and found.reroute.to:
        raise NotRemadeError(f"{found.reroute.by or 'somebody'} chose the owner by hand")
    return found


def _found(
    tx: Tx, pick: Pick, books: tuple[RuleBook, RuleBook], allowances: Sequence[Allowance]
) -> Situation | None:
    """Return the first situation that gives what was decided; the event does not hold all of it."""
    rules, active = books
    facts = facts_from(pick.judged.personal["facts"])
    # Only a version that was tried beside the active one brought people along.
    for tried in (False, True)[: 1 if rules.digest == active.digest else 2]:
        book = allowed(live(rules, active, tried=tried), allowances)
        turns = _turns(tx, pick, book, allowances)
        for reroute in _reroutes(pick):
            for wave in (frozenset[LeadId](), frozenset({pick.lead.id})):
                there = replace(anew(turns), wave=wave)
                asked = Situation(_lead_before(pick), reroute, facts, rules, book, there)
                found = _agreed(asked, pick.judged)
                if found is not None:
                    return found
    return None


def _agreed(situation: Situation, judged: StoredEvent) -> Situation | None:
    """Return the situation with the credits that were recorded, if it gives what was decided."""
    first = _decided(situation)
    if first is None:
        return None
    exact = _with_credits(situation, first, judged.data)
    again = _decided(exact)
    return exact if again is not None and _same(again, judged.data) else None


def _decided(situation: Situation) -> Mapping[str, Any] | None:
    """Decide a situation, and return what would be recorded of it."""
    lead, turns = situation.lead, situation.turns
    planned = plan(lead, situation.rules, situation.reroute, facts=situation.facts)
    try:
        decision: Decision
        decision, _ = decide(lead, planned, situation.book, turns, review_by=turns.now)
    except LeadRouterError:
        return None
    if not decision.events:
        # It would go on waiting, of which nothing is written.
        return None
    said: dict[str, Any] = orjson.loads(canonical(decision.events[0].data))
    return said


def _with_credits(
    situation: Situation, said: Mapping[str, Any], recorded: Mapping[str, Any]
) -> Situation:
    """Give members what they were owed to the unit, where the ledger's order left it open."""
    owed = dict(situation.turns.owed)
    told = zip(said.get("candidates", ()), said.get("credits", ()), strict=False)
    exact = zip(recorded.get("candidates", ()), recorded.get("credits", ()), strict=False)
    known = {(each["pool"], each["person"]): credit for each, credit in exact}
    for each, credit in told:
        key = each["pool"], each["person"]
        if key in known and known[key] != credit and key[0]:
            before = owed.get(key, Owed())
            owed[key] = before._replace(credit=before.credit + known[key] - credit)
    return replace(situation, turns=replace(anew(situation.turns), owed=owed))


def _same(said: Mapping[str, Any], recorded: Mapping[str, Any]) -> bool:
    """Return whether two records are of one decision; how it was put into words may differ."""
    names = ("rule", "owner", "pool", "accountable", "code", "credits")
    if any(said.get(name) != recorded.get(name) for name in names if name in recorded):
        return False
    if "owner" not in recorded and said.get("reason") != recorded.get("reason"):
        return False
    mine, theirs = said.get("candidates", []), recorded.get("candidates", [])
    return [_told(each) for each in mine] == [_told(each) for each in theirs]


def _told(each: Mapping[str, Any]) -> tuple[object, ...]:
    full = each.get("bar") == BarKind.CAP
    counted = tuple(_NUMBERS.findall(str(each.get("why")))) if full else ()
    names = ("person", "chosen", "bar", "pool", "owed")
    return (*(each.get(name) for name in names), counted)


def _reroutes(pick: Pick) -> Iterator[Reroute | None]:
    """Yield why another owner may have been asked for: the event does not hold all of it."""
    data = pick.judged.data
    if pick.judged.kind != EventKind.LEAD_REASSIGNED:
        yield None
        return
    never = tuple(
        str(each["person"])
        for each in data.get("candidates", ())
        if each.get("bar") == BarKind.EXCLUDED
    )
    asked = Reroute(str(data.get("reason", "")), str(data.get("by", "")), never=never)
    yield asked
    yield replace(asked, afresh=True)
    yield replace(asked, fallback=True)
    owner = data.get("owner") or {}
    if owner.get("kind") == OwnerKind.PERSON:
        yield replace(asked, to=str(owner.get("id")))


def _lead_before(pick: Pick) -> Lead:
    """Return the lead as it stood before the pick, as far as a pick looks at it."""
    passed = tuple(map(str, pick.judged.data.get("passed", ())))
    earlier = [each.data for each in pick.events if each.seq < pick.judged.seq]
    owned = next((data for data in reversed(earlier) if "owner" in data and "pool" in data), None)
    if pick.judged.kind != EventKind.LEAD_REASSIGNED or owned is None:
        return replace(pick.lead, owner=None, passed=passed)
    owner = owned["owner"]
    before = Owner(
        OwnerKind(owner["kind"]), owner["id"], str(owned.get("accountable", "")), owned["pool"]
    )
    return replace(pick.lead, owner=before, passed=passed)


def _turns(tx: Tx, pick: Pick, book: RuleBook, allowances: Sequence[Allowance]) -> Turns:
    """Return every pool of the book as it stood."""
    lead, judged = pick.lead, pick.judged
    moment = Moment(lead.book, judged.at, lead.id, judged.seq)
    owed = owed_before(tx, moment, book.pools)
    turns = Turns(
        judged.at,
        owed={key: Owed(credit, banked) for key, (credit, banked) in owed.items()},
        away=_away(tx, pick, allowances),
        off=_off(pick, allowances),
    )
    bounds = Bounds()
    bounds.add(book, book.pools.values(), book.people, judged.at)
    turns.count_open(open_before(tx, moment, bounds.open))
    turns.count_given(given_before(tx, moment, bounds.since))
    last = _last_owner(tx, pick)
    return replace(turns, last_owner={lead.id: last} if last is not None else {})


def _last_owner(tx: Tx, pick: Pick) -> tuple[str, datetime] | None:
    lead, judged = pick.lead, pick.judged
    for each in judged.data.get("candidates", ()):
        if not each.get("pool") and str(each.get("why", "")).startswith(OWNED_BEFORE):
            return str(each["person"]), judged.at
    if lead.contact_id is None or not lead.returning:
        return None
    return owner_before(tx, lead.id, lead.contact_id, lead.received_at)


def _away(tx: Tx, pick: Pick, allowances: Sequence[Allowance]) -> dict[str, Away]:
    """Return who was away; those who were looked at as was said of them then."""
    found = {
        person: Away(
            Bar(BarKind.OFF if each.kind == "off" else BarKind.AWAY, each.kind, each.until),
            each.cover,
        )
        for person, each in absent_then(tx, pick.lead.book, pick.judged.at).items()
    }
    found |= {
        each.person: Away(Bar(BarKind.OFF, "off", each.until_at))
        for each in allowances
        if each.off and not each.pool
    }
    for each in pick.judged.data.get("candidates", ()):
        person, bar = str(each.get("person")), str(each.get("bar", ""))
        known = found.get(person)
        if bar == BarKind.AWAY or (bar == BarKind.OFF and known is not None):
            until, cover = (known.bar.until, known.cover) if known is not None else (None, "")
            found[person] = Away(Bar(BarKind(bar), str(each.get("why", "")), until), cover)
        elif bar not in _RECORDED and bar not in _STRONGER:
            found.pop(person, None)
    return found


#: Bars that are told before an absence, so that they say nothing about it.
_STRONGER = frozenset({BarKind.LEFT, BarKind.PASSED, BarKind.EXCLUDED})


def _off(pick: Pick, allowances: Sequence[Allowance]) -> dict[tuple[str, str], Bar]:
    """Return who was off in one pool."""
    found = {
        key: Bar(BarKind.OFF, "off", each.until_at)
        for key, each in off_in_pools(allowances).items()
    }
    for each in pick.judged.data.get("candidates", ()):
        key = str(each.get("pool", "")), str(each.get("person"))
        if each.get("bar") == BarKind.OFF and key[0]:
            known = found.get(key)
            found[key] = Bar(BarKind.OFF, str(each["why"]), known.until if known else None)
        elif each.get("bar", "") not in {*_STRONGER, BarKind.AWAY}:
            found.pop(key, None)
    return found
