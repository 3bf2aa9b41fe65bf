"""Where one of somebody's leads goes when others take them over, in sentences."""

from dataclasses import replace

import pytest

from router.errors import Conflict, Rejected
from router.lead.decision import Decision, Reroute
from router.lead.model import Lead, Owner
from router.lead.states import LeadState, OwnerKind
from router.rulebook.model import Group, Member, Pool, RuleBook
from router.stages.desk.again import Afresh, Wanted
from router.stages.desk.standing import acting
from router.stages.desk.transfer import (
    Stays,
    Transfer,
    Way,
    absent,
    check,
    decide,
    left_alone,
    place,
    settled,
    way_of,
)

TO_BOB = Transfer("ann", Way.PERSON, "bob", "mona", "Ann leaves us")
TO_DACH = replace(TO_BOB, way=Way.POOL, to="sales-dach")
BACK = replace(TO_BOB, way=Way.POOLS, to="")
BY_RULES = replace(TO_BOB, way=Way.RULES, to="")


@pytest.fixture
def staffed(book: RuleBook) -> RuleBook:
    """Give the office with two pools, and one of pools."""
    uk = Pool("sales-uk", "sales", "mona", (Member("ann"), Member("bob")))
    dach = Pool("sales-dach", "sales", "mona", (Member("bob"),))
    europe = Pool("europe", "sales", "mona", (), groups=(Group("sales-uk"), Group("sales-dach")))
    return replace(book, pools={each.id: each for each in (uk, dach, europe)})


def asked(decision: Decision) -> Reroute:
    assert decision.reroute is not None
    return decision.reroute


def afresh(lead: Lead, kind: str, target: str = "") -> Afresh:
    return Afresh(replace(lead, owner=None, tags=("fresh",)), Wanted(kind, target))


@pytest.mark.parametrize(
    ("state", "stays"),
    [
        (LeadState.ROUTED, None),
        (LeadState.ACTIVATED, None),
        (LeadState.ACCEPTED, None),
        (LeadState.CONTACTED, None),
        (LeadState.CLOSED, Stays.CLOSED),
        (LeadState.PARKED, Stays.PARKED),
        (LeadState.IN_REVIEW, Stays.IN_REVIEW),
        (LeadState.REJECTED, Stays.MOVED),
    ],
)
def test_open_leads_go_and_all_others_stay(
    lead: Lead, state: LeadState, stays: Stays | None
) -> None:
    assert left_alone(replace(lead, state=state), TO_BOB) is stays


def test_a_lead_that_is_somebody_elses_by_now_stays_theirs(lead: Lead) -> None:
    bobs = replace(lead, owner=Owner(OwnerKind.PERSON, "bob", "bob"))
    assert left_alone(bobs, TO_BOB) is Stays.MOVED
    queue = replace(lead, owner=Owner(OwnerKind.QUEUE, "ann", "ann"))
    assert left_alone(queue, TO_BOB) is Stays.MOVED


@pytest.mark.parametrize("state", [LeadState.ACCEPTED, LeadState.CONTACTED])
def test_what_was_taken_is_kept_only_when_that_is_asked_for(lead: Lead, state: LeadState) -> None:
    keeps = replace(TO_BOB, keep_accepted=True)
    assert left_alone(replace(lead, state=state), keeps) is Stays.KEPT
    assert left_alone(lead, keeps) is None


def test_a_named_person_gets_the_lead_and_its_version_stays(lead: Lead, staffed: RuleBook) -> None:
    decision = decide(lead, TO_BOB, staffed)
    assert (decision.lead, decision.events, decision.effects) == (lead, (), ())
    assert asked(decision) == Reroute(
        "transferred", "mona", to="bob", note="Ann leaves us", never=("ann",)
    )
    assert place(lead, TO_BOB, staffed) == "person bob"


def test_another_pool_is_asked_as_it_is_today(lead: Lead, staffed: RuleBook) -> None:
    decision = decide(lead, TO_DACH, staffed)
    assert decision.lead.owner == Owner(OwnerKind.PERSON, "ann", "ann", "sales-dach")
    assert decision.lead.digest == staffed.digest
    assert [event.kind.value for event in decision.events] == ["lead.moved"]
    assert asked(decision).never == ("ann",)
    assert (asked(decision).to, asked(decision).fallback) == ("", False)
    today = replace(lead, digest=staffed.digest)
    assert decide(today, TO_DACH, staffed).events == ()


def test_a_lead_goes_back_to_its_pool_or_to_the_fallback_owner(
    lead: Lead, staffed: RuleBook
) -> None:
    back = decide(lead, BACK, staffed)
    assert back.lead is lead
    assert not asked(back).fallback
    assert place(lead, BACK, staffed) == "pool sales-uk"
    named = replace(lead, owner=Owner(OwnerKind.PERSON, "ann", "ann"))
    assert asked(decide(named, BACK, staffed)).fallback
    assert place(named, BACK, staffed) == "fallback owner olga"


@pytest.mark.parametrize(
    ("wanted", "stays"),
    [
        (Wanted("pool", "sales-uk"), Stays.SAME),
        (Wanted("pool", "europe"), Stays.SAME),
        (Wanted("pool", "sales-dach"), None),
        (Wanted("person", "ann"), Stays.SAME),
        (Wanted("person", "bob"), None),
        (Wanted("queue", "ann"), None),
        (Wanted("fallback", ""), None),
        (Wanted("reject", "spam"), Stays.UNDECIDED),
        (Wanted("review", "odd"), Stays.UNDECIDED),
    ],
)
def test_the_rules_move_only_what_they_give_to_others(
    lead: Lead, staffed: RuleBook, wanted: Wanted, stays: Stays | None
) -> None:
    assert settled(BY_RULES, Afresh(lead, wanted), staffed) is stays


@pytest.mark.parametrize("kind", ["reject", "review", "fallback", "person", "pool"])
def test_nothing_stays_with_somebody_who_left(lead: Lead, staffed: RuleBook, kind: str) -> None:
    people = {**staffed.people, "ann": replace(staffed.people["ann"], left=True)}
    gone = replace(staffed, people=people)
    vanished = replace(staffed, people={key: card for key, card in people.items() if key != "ann"})
    target = {"person": "ann", "pool": "sales-uk"}.get(kind, "x")
    for book in (gone, vanished):
        assert absent(book, "ann")
        assert settled(BY_RULES, afresh(lead, kind, target), book) is None
    assert not absent(staffed, "ann")
    assert absent(gone, "ann")


def test_the_rules_decide_as_if_it_came_out_of_no_pool(lead: Lead, staffed: RuleBook) -> None:
    found = afresh(lead, "pool", "sales-dach")
    decision = decide(lead, BY_RULES, staffed, found)
    assert decision.lead.owner == Owner(OwnerKind.PERSON, "ann", "ann")
    assert (decision.lead.state, decision.lead.tags) == (lead.state, ("fresh",))
    assert decision.lead.digest == staffed.digest
    (moved,) = decision.events
    assert moved.data["effect"] == "decided again, for pool sales-dach"
    assert moved.personal == {"reason": "Ann leaves us"}
    assert asked(decision).reason == "transferred_by_rules"
    assert not asked(decision).afresh


def test_what_the_rules_would_refuse_goes_from_a_leaver_to_the_fallback_owner(
    lead: Lead, staffed: RuleBook
) -> None:
    decision = decide(lead, BY_RULES, staffed, afresh(lead, "reject", "spam"))
    assert asked(decision).fallback
    assert decision.lead.tags == lead.tags
    for kind, target in (("reject", "spam"), ("fallback", ""), ("person", "ann")):
        assert place(lead, BY_RULES, staffed, afresh(lead, kind, target)) == "fallback owner olga"
    assert place(lead, BY_RULES, staffed, afresh(lead, "queue", "desk")) == "queue desk"


def test_a_lead_never_comes_back_to_whose_leads_go(lead: Lead) -> None:
    with pytest.raises(Conflict, match="would go back to ann"):
        check(lead, BACK)
    check(replace(lead, owner=Owner(OwnerKind.PERSON, "bob", "bob")), BACK)


def test_one_way_must_be_said_and_no_more() -> None:
    assert way_of(to="bob", to_pool="", pools=False, rules=False) == (Way.PERSON, "bob")
    assert way_of(to="", to_pool="", pools=False, rules=True) == (Way.RULES, "")
    for to, pools in (("", False), ("bob", True)):
        with pytest.raises(Rejected, match="one way"):
            way_of(to=to, to_pool="", pools=pools, rules=False)


def test_somebody_who_left_takes_nothing_from_a_shared_list(lead: Lead, staffed: RuleBook) -> None:
    people = {**staffed.people, "bob": replace(staffed.people["bob"], left=True)}
    queued = Owner(OwnerKind.QUEUE, "support", "mona")
    with pytest.raises(Rejected, match="'bob' has left"):
        acting(lead, queued, replace(staffed, people=people), "bob", "")
