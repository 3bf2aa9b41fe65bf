"""What becomes of a lead that a bad version decided, in sentences."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from router.lead.decision import Act, ClockKind, Decision, EndHandoff, StopClock
from router.lead.events import EventKind
from router.lead.model import Classification, Lead, Owner
from router.lead.states import HandoffState, LeadState, OwnerKind
from router.rulebook.model import Member, Pool, RuleBook
from router.stages.desk.again import (
    Afresh,
    Asked,
    Fate,
    Past,
    Wanted,
    bare,
    decide,
    left_alone,
    move,
    same,
    stays,
)

NOW = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
BAD = "bad0"
ROUTED = Past(
    EventKind.LEAD_ROUTED,
    BAD,
    NOW,
    rule="wrong-turn",
    pool="sales-uk",
    tags=("webinar",),
    priority="normal",
)
ASKED = Asked("olga", "the wrong turn", BAD)
UK = Wanted("pool", "sales-uk")
DACH = Wanted("pool", "sales-dach")


@pytest.fixture
def wrong(lead: Lead) -> Lead:
    """Give a lead that the bad version gave to Ann, with a tag and a priority of its own."""
    return replace(lead, digest=BAD, tags=("webinar", "berlin"), priority="high", sla="fast")


@pytest.fixture
def staffed(book: RuleBook) -> RuleBook:
    """Give the office with two pools."""
    uk = Pool("sales-uk", "sales", "mona", (Member("ann"), Member("bob")))
    dach = Pool("sales-dach", "sales", "mona", (Member("bob"),))
    return replace(book, pools={"sales-uk": uk, "sales-dach": dach})


def kinds(decision: Decision) -> list[str]:
    return [event.kind.value for event in decision.events]


@pytest.mark.parametrize(
    ("state", "fate"),
    [
        (LeadState.ROUTED, None),
        (LeadState.ACTIVATED, None),
        (LeadState.REJECTED, None),
        (LeadState.ACCEPTED, Fate.ACCEPTED),
        (LeadState.CONTACTED, Fate.TOUCHED),
        (LeadState.CLOSED, Fate.CLOSED),
    ],
)
def test_what_somebody_works_on_is_left_alone(
    wrong: Lead, state: LeadState, fate: Fate | None
) -> None:
    assert left_alone(replace(wrong, state=state), [ROUTED], BAD) is fate


@pytest.mark.parametrize("state", [LeadState.ACCEPTED, LeadState.CONTACTED])
def test_accepted_leads_are_taken_when_that_is_asked_for(wrong: Lead, state: LeadState) -> None:
    assert left_alone(replace(wrong, state=state), [ROUTED], BAD, accepted=True) is None


def test_closed_leads_and_a_persons_choice_are_never_taken(wrong: Lead) -> None:
    closed = replace(wrong, state=LeadState.CLOSED)
    assert left_alone(closed, [ROUTED], BAD, accepted=True) is Fate.CLOSED
    chosen = replace(ROUTED, kind=EventKind.LEAD_REASSIGNED, by_person=True)
    assert left_alone(wrong, [ROUTED, chosen], BAD, accepted=True) is Fate.BY_PERSON


def test_what_the_bad_rules_put_on_a_lead_goes_and_what_came_later_stays(wrong: Lead) -> None:
    joined = replace(wrong, tags=("webinar", "berlin", "event"))
    fresh = bare(joined, [ROUTED], BAD, given=("webinar", "berlin"))
    assert (fresh.tags, fresh.priority, fresh.sla) == (("webinar", "event"), "normal", "")
    assert fresh.owner is None


def test_what_was_erased_cannot_be_put_back(wrong: Lead) -> None:
    erased = replace(ROUTED, tags=None, priority=None)
    assert bare(wrong, [erased], BAD, given=()).tags == ("webinar", "berlin")


def test_the_same_pool_with_the_same_people_stays(wrong: Lead, staffed: RuleBook) -> None:
    assert stays(wrong, UK, UK, staffed, staffed)
    assert not stays(wrong, UK, DACH, staffed, staffed)


def test_an_owner_who_is_not_of_the_pool_any_more_does_not_stay(
    wrong: Lead, staffed: RuleBook
) -> None:
    uk = replace(staffed.pools["sales-uk"], members=(Member("bob"),))
    new = replace(staffed, pools={**staffed.pools, "sales-uk": uk})
    assert not stays(wrong, UK, UK, staffed, new)


def test_a_pool_in_which_nobody_could_take_it_is_asked_again_only_if_it_changed(
    wrong: Lead, staffed: RuleBook
) -> None:
    with_olga = replace(wrong, owner=Owner(OwnerKind.PERSON, "olga", "olga"))
    assert stays(with_olga, UK, UK, staffed, staffed)
    nobody = replace(staffed.pools["sales-uk"], members=())
    old = replace(staffed, pools={**staffed.pools, "sales-uk": nobody})
    assert not stays(with_olga, UK, UK, old, staffed)
    assert not stays(with_olga, None, UK, None, staffed)


def test_a_person_stays_whoever_stands_in_for_them(wrong: Lead, staffed: RuleBook) -> None:
    bob = Wanted("person", "bob")
    assert stays(wrong, bob, bob, staffed, staffed)
    assert not stays(wrong, UK, bob, staffed, staffed)
    with_bob = replace(wrong, owner=Owner(OwnerKind.PERSON, "bob", "bob"))
    assert stays(with_bob, UK, bob, staffed, staffed)


def test_the_fallback_owner_keeps_what_nobody_takes(wrong: Lead, staffed: RuleBook) -> None:
    nobody = Wanted("fallback", "")
    with_olga = replace(wrong, owner=Owner(OwnerKind.PERSON, "olga", "olga"))
    assert stays(with_olga, UK, nobody, staffed, staffed)
    assert not stays(wrong, UK, nobody, staffed, staffed)


def test_a_refusal_stays_only_a_refusal(wrong: Lead, staffed: RuleBook) -> None:
    refused = replace(wrong, state=LeadState.REJECTED, owner=None)
    assert stays(refused, Wanted("reject", "spam"), Wanted("reject", "junk"), staffed, staffed)
    assert not stays(refused, None, Wanted("review", "odd"), staffed, staffed)
    assert not stays(wrong, UK, Wanted("reject", "spam"), staffed, staffed)


def test_another_owner_is_asked_for_and_every_clock_ends(wrong: Lead, staffed: RuleBook) -> None:
    afresh = Afresh(bare(wrong, [ROUTED], BAD), DACH)
    decision = decide(wrong, afresh, ASKED, staffed, NOW)
    assert kinds(decision) == ["lead.moved"]
    assert decision.effects == tuple(StopClock(kind, met=False) for kind in ClockKind)
    asked = decision.reroute
    assert asked is not None
    assert (asked.reason, asked.by, asked.note) == ("decided_again", "olga", "the wrong turn")
    assert asked.afresh
    assert (decision.lead.state, decision.lead.owner) == (LeadState.ACTIVATED, wrong.owner)
    assert (decision.lead.digest, decision.lead.tags) == (staffed.digest, ("webinar",))


def test_a_lead_that_is_set_aside_is_recalled_from_its_owner(
    wrong: Lead, staffed: RuleBook
) -> None:
    fresh = bare(wrong, [ROUTED], BAD)
    gone = replace(fresh, state=LeadState.REJECTED, reason="spam", due_at=None)
    afresh = Afresh(fresh, Wanted("reject", "spam"), aside=Decision(gone))
    decision = decide(wrong, afresh, ASKED, staffed, NOW)
    assert (decision.lead.state, decision.lead.owner) == (LeadState.REJECTED, None)
    assert decision.reroute is None
    ended, told = decision.effects[:2]
    assert ended == EndHandoff(UUID(int=9), HandoffState.WITHDRAWN, "the wrong turn")
    assert isinstance(told, Act)
    assert (told.kind, told.body["now_with"]) == (
        "handoff.withdrawn",
        {"kind": "", "id": "", "name": "", "email": ""},
    )
    assert "handoff.offered" in told.supersedes


def test_a_wrong_refusal_comes_back_to_where_it_is_known_what_it_is_about(
    wrong: Lead, staffed: RuleBook
) -> None:
    refused = replace(wrong, state=LeadState.REJECTED, owner=None, reason="spam", attempts=2)
    back = decide(refused, Afresh(refused, Wanted("road", "")), ASKED, staffed, NOW).lead
    assert (back.state, back.due_at, back.reason, back.attempts) == (
        LeadState.CLEANED,
        NOW,
        "",
        0,
    )
    found = Classification("demo", 0.9, "normal", "", "A demo, please.")
    known = replace(refused, classification=found)
    back = decide(known, Afresh(known, UK), ASKED, staffed, NOW).lead
    assert (back.state, back.digest) == (LeadState.CLASSIFIED, staffed.digest)


def test_the_reason_is_kept_where_it_can_be_erased(wrong: Lead) -> None:
    (event,) = same(wrong, ASKED, "good").events
    assert event.data["from"] == BAD
    assert (event.data["digest"], event.data["changed"]) == ("good", False)
    assert event.personal == {"reason": "the wrong turn"}
    assert "the wrong turn" not in str(event.data)


def test_a_question_that_is_not_asked_any_more_lets_its_lead_go_on(wrong: Lead) -> None:
    held = replace(
        wrong, state=LeadState.IN_REVIEW, resume_at=LeadState.CLEANED, reason="odd", due_at=None
    )
    waits = move(held, ASKED, "good", NOW, release=False).lead
    assert waits == replace(held, digest="good")
    freed = move(held, ASKED, "good", NOW, release=True).lead
    assert (freed.state, freed.due_at, freed.reason) == (LeadState.CLEANED, NOW, "")
