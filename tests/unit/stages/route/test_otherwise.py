"""What if, for bars that a random pool seldom has, and for what nothing can be done about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from router.lead.decision import Reroute
from router.lead.facts import Facts
from router.lead.model import Lead, Owner
from router.lead.states import LeadState, OwnerKind
from router.rulebook.model import RuleBook
from router.stages.route.otherwise import Searched, anybody, person, pools_with
from router.stages.route.seats import Owed
from router.stages.route.situation import (
    Change,
    ChangeKind,
    Situation,
    answer,
    changed,
)
from router.stages.route.turns import Turns
from tests.pools import UK, with_pool
from tests.unit.stages.route.test_decide import NOW, a_lead

TOM, PRIYA, RUBY = "tom-keane", "priya-shah", "ruby-tran"
_FACTS: Facts = {"country": "GB", "intent": "pricing", "received_at": NOW}
#: A monday night in London, and a monday morning in Sydney's tuesday.
_NIGHT = datetime(2026, 3, 2, 23, tzinfo=UTC)


def stands(book: RuleBook, *, at: datetime = NOW, **owed: int) -> Situation:
    """Return a lead before a pool in which nobody is away."""
    turns = Turns(
        at, owed={(UK, who.replace("_", "-")): Owed(units) for who, units in owed.items()}
    )
    return Situation(a_lead(book), None, _FACTS, book, book, turns)


def asked(situation: Situation, who: str = "") -> Searched:
    """Search without a bound on time."""

    def never() -> bool:
        return False

    return person(situation, who, enough=never) if who else anybody(situation, enough=never)


def only(found: Searched) -> Change:
    """Return the first change, which does alone."""
    (change,) = found.found[0].changes
    return change


def test_who_is_off_shift_would_get_it_on_shift(starter_book: RuleBook) -> None:
    members = "members: [tom-keane, {person: ruby-tran, weight: 1}]"
    book = with_pool(starter_book, "require: on_shift", members=members)
    situation = stands(book, at=_NIGHT + timedelta(hours=1))
    was = answer(situation)
    assert was is not None
    assert was.id == RUBY
    found = asked(
        replace(situation, turns=replace(situation.turns, owed={(UK, TOM): Owed(1 << 33)}))
    )
    assert only(found) == Change(ChangeKind.ON_SHIFT, TOM, UK)
    assert found.found[0].answer.id == TOM


def test_who_has_no_weight_would_get_it_with_some(starter_book: RuleBook) -> None:
    situation = stands(with_pool(starter_book, ""), priya_shah=1 << 33)
    none = changed(situation, Change(ChangeKind.WEIGHT, PRIYA, UK, 0))
    was = answer(none)
    assert was is not None
    assert was.id == TOM
    assert only(asked(none, PRIYA)) == Change(ChangeKind.WEIGHT, PRIYA, UK, 1)


def rerouted(book: RuleBook, situation: Situation) -> Situation:
    """Return the same after the pool's first owner was taken off the lead."""
    owner = Owner(OwnerKind.PERSON, PRIYA, PRIYA, UK)
    lead: Lead = replace(a_lead(book), state=LeadState.ACTIVATED, owner=owner)
    asks = Reroute("owner_offline", "ticker", never=(PRIYA,))
    return replace(situation, lead=lead, reroute=asks)


def test_who_was_kept_from_this_pick_would_get_it_otherwise(starter_book: RuleBook) -> None:
    book = with_pool(starter_book, "")
    situation = rerouted(book, stands(book, priya_shah=1 << 33))
    was = answer(situation)
    assert was is not None
    assert was.id == TOM
    assert only(asked(situation, PRIYA)) == Change(ChangeKind.NOT_EXCLUDED, PRIYA)


def test_the_pool_is_kept_when_another_owner_is_needed_so_facts_do_not_matter(
    starter_book: RuleBook,
) -> None:
    book = with_pool(starter_book, "")
    found = asked(rerouted(book, stands(book, priya_shah=1 << 33))).found
    assert ChangeKind.FACT not in {change.kind for each in found for change in each.changes}


def test_nothing_is_said_for_who_left(starter_book: RuleBook) -> None:
    book = with_pool(starter_book, "", cards=f"{PRIYA}: left: true")
    kinds = {
        change.kind
        for each in asked(stands(book)).found
        for change in each.changes
        if change.about == PRIYA
    }
    assert kinds == set()


def test_a_group_would_get_it_with_more_owed(starter_book: RuleBook) -> None:
    book = with_pool(starter_book, "groups: [{pool: uk-south}, {pool: uk-north}]", members="")
    situation = stands(book)
    was = answer(situation)
    assert was is not None
    other = "uk-south" if was.pool == "uk-north" else "uk-north"
    told = {each.changes[0].about: each.answer.pool for each in asked(situation).found}
    assert told[f"pool:{other}"] == other


@pytest.mark.parametrize("kind", sorted(set(ChangeKind) - {ChangeKind.FACT, ChangeKind.CREDIT}))
def test_a_change_of_somebody_nobody_knows_changes_nothing(
    starter_book: RuleBook, kind: ChangeKind
) -> None:
    situation = stands(starter_book)
    for pool in ("", UK, "nowhere"):
        assert answer(changed(situation, Change(kind, "bob", pool, 1))) == answer(situation)


def test_a_guard_keeps_a_lead_aside_before_anybody_asks_who_gets_it(
    starter_book: RuleBook,
) -> None:
    situation = stands(starter_book)
    blocked = min(starter_book.lists["blocked_domains"])
    found = answer(changed(situation, Change(ChangeKind.FACT, "email.domain", value=blocked)))
    assert found is not None
    assert found.owner == ("reject", "blocked")


def test_the_pools_of_somebody_are_those_that_may_give_them_a_lead(
    starter_book: RuleBook,
) -> None:
    book = with_pool(starter_book, "nobody: overflow\noverflow: [dach]")
    assert pools_with(book, "jonas-brandt") == {"dach", "dach-north", UK}
    grouped = with_pool(starter_book, "groups: [{pool: uk-south}]", members="")
    assert UK in pools_with(grouped, "owen-price")
    assert pools_with(book, "bob") == frozenset()
