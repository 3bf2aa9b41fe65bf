"""Whose inquiry it is, and what follows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest

from router.lead.account import Account
from router.lead.decision import Act, AskPerson, Decision, KnowContact
from router.lead.events import EventKind, canonical
from router.lead.ids import ContactId, timed_id
from router.lead.model import AccountMatch, Lead, Owner, Person
from router.lead.states import LeadState, OwnerKind, check_move
from router.rulebook.accounts import AccountBy
from router.stages.clean.accounts import AccountFound, Judged
from router.stages.clean.decide import Known, decide, prepare

MakeLead = Callable[..., Lead]
ANN, BO = "email:ann@example.com", "phone:+442079460018"


def contact(now: datetime, name: str) -> ContactId:
    return ContactId(timed_id(now, "contact", name))


def run(lead: Lead, known: Known, now: datetime, **more: object) -> Decision:
    decision = decide(lead, prepare(lead, "GB"), known, now, **more)  # type: ignore[arg-type]  # named by the test
    check_move(lead.id, lead.state, decision.lead.state)
    for event in decision.events:
        canonical(event.data)
        canonical(event.personal)
    return decision


def ann(make_lead: MakeLead, key: str = "2", **more: object) -> Lead:
    return make_lead(key, name="Ann Smith", email="ann@example.com", message="And now?", **more)


def test_an_unknown_person_becomes_a_contact(make_lead: MakeLead, now: datetime) -> None:
    decision = run(ann(make_lead), Known(), now)
    lead = decision.lead
    assert (lead.state, lead.returning, lead.due_at, lead.attempts) == ("cleaned", False, now, 0)
    (know,) = decision.effects
    assert isinstance(know, KnowContact)
    assert (know.contact_id, know.new, know.keys) == (lead.contact_id, True, (ANN,))
    assert decision.events[0].kind is EventKind.LEAD_CLEANED
    assert decision.events[0].data["match"] == "new"
    assert lead.contact_id == run(ann(make_lead), Known(), now).lead.contact_id


def test_a_lead_without_keys_becomes_a_contact_without_keys(
    make_lead: MakeLead, now: datetime
) -> None:
    decision = run(make_lead(message="Hello"), Known(), now)
    (know,) = decision.effects
    assert isinstance(know, KnowContact)
    assert (know.new, know.keys) == (True, ())


def test_a_known_person_is_returning_and_their_new_phone_is_learned(
    make_lead: MakeLead, now: datetime
) -> None:
    known = Known({ANN: contact(now, "ann")})
    decision = run(ann(make_lead, phone="020 7946 0018"), known, now)
    assert (decision.lead.returning, decision.lead.contact_id) == (True, contact(now, "ann"))
    assert decision.effects[0] == KnowContact(
        contact(now, "ann"), new=False, person=decision.lead.person, keys=(BO,)
    )
    assert decision.events[0].data["match"] == "returning"


def owned(make_lead: MakeLead, now: datetime, **more: object) -> Lead:
    """Ann's first lead, cleaned and in Mia's hands."""
    lead = ann(make_lead, "1")
    values: dict[str, object] = {
        "person": prepare(lead, "GB").person,
        "state": LeadState.ACTIVATED,
        "contact_id": contact(now, "ann"),
        "owner": Owner(OwnerKind.PERSON, "mia", "mia"),
        "missing": ("company", "country"),
        **more,
    }
    return replace(lead, **values)  # type: ignore[arg-type]  # a test names real fields


def test_a_second_inquiry_joins_the_open_lead_and_its_owner_is_told_once(
    make_lead: MakeLead, now: datetime
) -> None:
    target = owned(make_lead, now, answers={"budget": "10k"})
    lead = ann(make_lead, company="Northwind Ltd", answers={"budget": "99k", "topic": "ads"})
    known = Known({ANN: contact(now, "ann")}, {contact(now, "ann"): target})
    decision = run(lead, known, now)
    assert decision.lead.state is LeadState.MERGED
    assert (decision.lead.merged_into, decision.lead.due_at) == (target.id, None)
    assert decision.lead.reason == "second_inquiry"
    (also,) = decision.also
    assert also.lead.state is target.state
    assert also.lead.due_at == target.due_at
    assert also.lead.person.company_key == "northwind"
    assert also.lead.answers == {"budget": "10k", "topic": "ads"}
    assert also.lead.missing == ("country",)
    assert [point.message for point in also.lead.touchpoints] == ["And now?"]
    assert also.events[0].kind is EventKind.LEAD_APPENDED
    (act,) = also.effects
    assert isinstance(act, Act)
    assert (act.kind, act.body["owner"], act.body["message"]) == (
        "lead.appended",
        "mia",
        "And now?",
    )
    canonical(act.body)


def test_nothing_usable_that_the_open_lead_holds_is_overwritten(
    make_lead: MakeLead, now: datetime
) -> None:
    target = owned(make_lead, now)
    target = replace(target, person=replace(target.person, phone="000", city="Leeds"))
    lead = ann(make_lead, phone="020 7946 0018", city="York")
    known = Known({ANN: contact(now, "ann")}, {contact(now, "ann"): target})
    grown = run(lead, known, now).also[0].lead
    assert (grown.person.city, grown.person.phone_e164) == ("Leeds", "+442079460018")
    assert grown.answers["phone (as first typed)"] == "000"


def test_an_open_lead_without_an_owner_gets_no_notice(make_lead: MakeLead, now: datetime) -> None:
    target = owned(make_lead, now, state=LeadState.CLEANED, owner=None)
    known = Known({ANN: contact(now, "ann")}, {contact(now, "ann"): target})
    assert run(ann(make_lead), known, now).also[0].effects == ()


def test_who_asks_again_while_the_owner_is_away_goes_to_another_unless_it_was_accepted(
    make_lead: MakeLead, now: datetime
) -> None:
    mia = Owner(OwnerKind.PERSON, "mia", "mia", pool="uk-south")
    for state, never in ((LeadState.ACTIVATED, ("mia",)), (LeadState.ACCEPTED, None)):
        open_lead = owned(make_lead, now, owner=mia, state=state)
        who = contact(now, "ann")
        for gone in ({"mia": "bo"}, {}):
            (also,) = run(ann(make_lead), Known({ANN: who}, {who: open_lead}, gone), now).also
            assert (also.reroute.never if also.reroute else None) == (never if gone else None)
            (notice,) = also.effects
            assert isinstance(notice, Act)
            assert (notice.body["owner_away"], notice.body["stand_in"]) == (
                (True, "bo") if gone else (False, "")
            )


def test_a_lead_of_an_import_becomes_live_when_its_person_fills_in_a_form(
    make_lead: MakeLead, now: datetime
) -> None:
    open_lead = owned(make_lead, now, lane="fair", lane_sla="relaxed")
    known = Known({ANN: contact(now, "ann")}, {contact(now, "ann"): open_lead})
    for lane, kept in (("", ("", "")), ("another", ("fair", "relaxed"))):
        (also,) = run(ann(make_lead, lane=lane), known, now).also
        assert (also.lead.lane, also.lead.lane_sla) == kept


@pytest.mark.parametrize("state", [LeadState.CLOSED, LeadState.REJECTED, LeadState.MERGED])
def test_a_lead_that_ended_takes_nothing_in(
    make_lead: MakeLead, now: datetime, state: LeadState
) -> None:
    target = owned(make_lead, now, state=state)
    known = Known({ANN: contact(now, "ann")}, {contact(now, "ann"): target})
    assert run(ann(make_lead), known, now).lead.state is LeadState.CLEANED


def test_a_lead_never_merges_into_itself(make_lead: MakeLead, now: datetime) -> None:
    lead = ann(make_lead)
    itself = replace(lead, state=LeadState.CLEANED)
    known = Known({ANN: contact(now, "ann")}, {contact(now, "ann"): itself})
    assert run(lead, known, now).lead.state is LeadState.CLEANED


def test_keys_of_two_people_follow_the_email_and_ask_beside_the_road(
    make_lead: MakeLead, now: datetime
) -> None:
    known = Known({ANN: contact(now, "ann"), BO: contact(now, "bo")})
    lead = ann(make_lead, phone="020 7946 0018")
    decision = run(lead, known, now, reviewer="rita", review_by=now)
    assert decision.lead.state is LeadState.CLEANED
    assert decision.lead.contact_id == contact(now, "ann")
    question = decision.effects[1]
    assert isinstance(question, AskPerson)
    assert (question.reason, question.blocking, question.reviewer) == (
        "doubtful_duplicate",
        False,
        "rita",
    )
    assert [event.kind for event in decision.events] == ["lead.cleaned", "review.opened"]


def test_a_shared_phone_does_not_tie_colleagues_together(
    make_lead: MakeLead, now: datetime
) -> None:
    target = owned(make_lead, now)
    target = replace(
        target,
        person=Person(name="Bo Lind", email="bo@example.com", email_canonical="bo@example.com"),
    )
    known = Known({BO: contact(now, "bo")}, {contact(now, "bo"): target})
    lead = ann(make_lead, phone="020 7946 0018")
    decision = run(lead, known, now, reviewer="rita", review_by=now)
    assert decision.lead.state is LeadState.CLEANED
    assert decision.lead.contact_id != contact(now, "bo")
    know = decision.effects[0]
    assert isinstance(know, KnowContact)
    assert (know.contact_id, know.new, know.keys) == (decision.lead.contact_id, True, (ANN,))
    assert isinstance(decision.effects[1], AskPerson)


def test_required_fields_that_are_absent_are_listed_and_stop_nothing(
    make_lead: MakeLead, now: datetime
) -> None:
    lead = make_lead(email="ann@gmail.con", answers={"budget": "10k"})
    required = ("email", "city", "budget", "form.kind", "company_size")
    decision = run(lead, Known(), now, required=required)
    assert decision.lead.state is LeadState.CLEANED
    assert decision.lead.missing[-3:] == ("city", "form.kind", "company_size")
    assert sum(name.startswith("email") for name in decision.lead.missing) == 1


def test_the_kept_part_of_the_event_names_no_person(make_lead: MakeLead, now: datetime) -> None:
    decision = run(ann(make_lead, phone="020 7946 0018"), Known(), now)
    written = canonical(decision.events[0].data).decode().casefold()
    assert not any(part in written for part in ("ann", "smith", "7946"))


def found(key: str) -> AccountFound:
    """Return a search that ended with one account."""
    account = Account(UUID(int=len(key)), key, f"The {key} company", "x", owner="mia")
    match = AccountMatch(account.id, key, account.name, "mia", "", False, None, "domain")  # noqa: FBT003 - in the order of the shape
    return AccountFound(match, (Judged(account, AccountBy.DOMAIN, 1.0, won=True, why="its own"),))


def test_the_account_goes_with_the_lead_and_names_stand_apart(
    make_lead: MakeLead, now: datetime
) -> None:
    decision = run(ann(make_lead), Known(), now, account=found("A-1"))
    assert decision.lead.account == found("A-1").match
    event = decision.events[0]
    assert event.data["account"] == {
        "key": "A-1",
        "candidates": (
            {"key": "A-1", "by": "domain", "score": 1.0, "won": True, "why": "its own"},
        ),
        "more": 0,
        "by": "domain",
        "score": 1.0,
        "owner": "mia",
        "kept": False,
    }
    assert event.personal["accounts"] == {"A-1": "The A-1 company"}


def test_where_no_account_was_looked_for_nothing_is_said_of_one(
    make_lead: MakeLead, now: datetime
) -> None:
    decision = run(ann(make_lead), Known(), now)
    assert decision.lead.account is None
    assert "account" not in decision.events[0].data
    assert "accounts" not in decision.events[0].personal


def test_a_merged_lead_has_the_account_of_the_open_one_also_when_that_is_none(
    make_lead: MakeLead, now: datetime
) -> None:
    for kept in (found("A-22").match, None):
        open_lead = owned(make_lead, now, account=kept)
        known = Known({ANN: contact(now, "ann")}, {contact(now, "ann"): open_lead})
        decision = run(ann(make_lead), known, now, account=found("A-1"))
        assert decision.lead.account == kept
        (also,) = decision.also
        assert also.lead.account == kept
        told = decision.events[0].data["account"]
        assert isinstance(told, dict)
        assert told["key"] == (kept.key if kept else "")
        (loser,) = told["candidates"]
        assert not loser["won"]
        assert "keeps what it has" in loser["why"]


def test_an_account_that_is_kept_is_not_told_with_what_it_would_have_lost_by(
    make_lead: MakeLead, now: datetime
) -> None:
    kept, better = found("A-22"), found("A-1")
    lost = [replace(each, won=False, why="another country") for each in kept.judged]
    judged = AccountFound(better.match, (*better.judged, *lost))
    known = Known(
        {ANN: contact(now, "ann")},
        {contact(now, "ann"): owned(make_lead, now, account=kept.match)},
    )
    told = run(ann(make_lead), known, now, account=judged).events[0].data["account"]
    assert isinstance(told, dict)
    whys = {each["key"]: (each["won"], each["why"]) for each in told["candidates"]}
    assert whys["A-22"][0]
    assert not whys["A-1"][0]
    assert all("keeps what it has" in why for _, why in whys.values())
