"""A pool keeps its caps, holds what nobody can take, and gives it to whoever is back first."""

import re
from collections import Counter
from datetime import timedelta

import orjson
import pytest

from router.app import App
from router.lead.ids import LeadId
from router.lead.states import LeadState, OwnerKind
from router.pipeline import StageName
from router.road import words
from router.road.act import act
from router.road.drain import Road
from router.road.ticker.tick import Ticker
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import book_from_files
from router.store.tx import transaction
from tests.build import MONDAY, events_of, inquiry, lead_now, leads_of, send, store, time_stands_at
from tests.build import delivery as a_delivery
from tests.pools import (
    BOTH,
    FALLBACK,
    UK,
    come_back,
    come_in,
    go_away,
    owner,
    stands,
    use,
    with_pool,
)

pytestmark = pytest.mark.usefixtures("even_monday")


def test_all_away_holds_leads_until_one_is_back(road: Road, starter_book: RuleBook) -> None:
    app = road.app
    use(app, with_pool(starter_book, "nobody: hold"))
    go_away(app, *BOTH)
    first, second = (send(road, inquiry()) for _ in range(2))
    for lead in (first, second):
        assert lead.owner is not None
        assert (lead.owner.kind, lead.owner.id) == (OwnerKind.POOL, UK)
        assert lead.owner.accountable == "george-amari"
        assert lead.state is LeadState.ACTIVATED
    with time_stands_at(MONDAY + timedelta(minutes=5)):
        Ticker(app).round()
        assert owner(lead_now(app, first.id)) == UK
        events = len(events_of(app, first.id))
        come_back(app, "tom-keane")
        Ticker(app).round()
    assert [owner(lead_now(app, lead.id)) for lead in (first, second)] == ["tom-keane"] * 2
    # Looking at it while nobody could take it left no trace.
    assert len(events_of(app, first.id)) == events + 3
    with transaction(app.engine) as tx:
        assert tx.rows("SELECT 1 FROM held") == []
        assert tx.rows("SELECT 1 FROM wake") == []


def test_all_away_goes_to_the_fallback_owner_where_the_pool_says_so(
    road: Road, starter_book: RuleBook
) -> None:
    use(road.app, with_pool(starter_book, "nobody: fallback"))
    go_away(road.app, *BOTH)
    assert come_in(road, 1) == [FALLBACK]


def test_all_away_goes_to_the_pools_behind(road: Road, starter_book: RuleBook) -> None:
    use(road.app, with_pool(starter_book, "nobody: overflow\noverflow: [dach, north-america]"))
    go_away(road.app, *BOTH, "jonas-brandt", "miriam-huber")
    lead = send(road, inquiry())
    assert owner(lead) in {"marcus-lee", "sofia-reyes"}
    assert "nobody in pool uk-and-ireland can take it" in lead.why


def test_all_capped_goes_to_the_fallback_owner_and_no_cap_is_exceeded(
    road: Road, starter_book: RuleBook
) -> None:
    members = "members: [{person: priya-shah, cap: {open: 2}}, {person: tom-keane, cap: {day: 3}}]"
    use(road.app, with_pool(starter_book, "", members=members))
    bodies = [a_delivery(inquiry()) for _ in range(9)]
    ids = store(road.app, *bodies)
    while road.drain(StageName.CAPTURE):
        continue
    got = Counter(owner(leads_of(road.app, each)[0]) for each in ids)
    assert got == {"priya-shah": 2, "tom-keane": 3, FALLBACK: 4}


def test_a_closed_lead_makes_room_for_one_that_waits(road: Road, starter_book: RuleBook) -> None:
    app = road.app
    members = "members: [{person: priya-shah, cap: {open: 1}}]"
    use(app, with_pool(starter_book, "nobody: hold", members=members))
    first, second = (send(road, inquiry()) for _ in range(2))
    assert (owner(first), owner(second)) == ("priya-shah", UK)
    act(road, first.id, words.close("priya-shah", "converted"))
    Ticker(app).round()
    assert owner(lead_now(app, second.id)) == "priya-shah"


def test_a_lead_that_comes_in_does_not_overtake_those_that_wait(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    members = "members: [{person: priya-shah, cap: {open: 1}}]"
    use(app, with_pool(starter_book, "nobody: hold", members=members))
    first, waits = (send(road, inquiry()) for _ in range(2))
    act(road, first.id, words.close("priya-shah", "converted"))
    late = send(road, inquiry())
    assert owner(late) == UK
    assert "behind those that came before" in late.why
    Ticker(app).round()
    assert owner(lead_now(app, waits.id)) == "priya-shah"
    assert owner(lead_now(app, late.id)) == UK


def test_a_cap_over_all_pools_counts_in_each(road: Road, starter_book: RuleBook) -> None:
    cards = "priya-shah: cap: {day: 2}"
    use(road.app, with_pool(starter_book, "", cards=cards))
    came = come_in(road, 4)
    assert Counter(came) == {"priya-shah": 2, "tom-keane": 2}
    assert come_in(road, 2) == ["tom-keane"] * 2
    with time_stands_at(MONDAY + timedelta(days=1)):
        assert "priya-shah" in come_in(road, 2)


def test_a_lead_off_shift_waits_for_the_owners_morning(road: Road, starter_book: RuleBook) -> None:
    use(road.app, with_pool(starter_book, "require: on_shift"))
    with time_stands_at(MONDAY - timedelta(days=2)):
        lead = send(road, inquiry())
    assert owner(lead) in BOTH
    assert "nobody is on shift" in lead.why
    with transaction(road.app.engine) as tx:
        row = tx.row("SELECT min(respond_by) FROM clock WHERE lead_id = %s", (lead.id,))
    assert row is not None
    assert row[0] > MONDAY - timedelta(hours=1)


def test_who_owned_a_persons_lead_before_gets_the_next(road: Road, starter_book: RuleBook) -> None:
    app = road.app
    use(app, with_pool(starter_book, "first: [last_owner]\nsticky: 30d"))
    body = inquiry()
    first = send(road, body)
    act(road, first.id, words.close(owner(first), "recycled"))
    before = stands(app)
    again = send(road, {**body, "message": "A demo once more, please."})
    assert again.id != first.id
    assert owner(again) == owner(first)
    assert "owned this person's lead before" in again.why
    after = stands(app)
    # It was no turn of theirs.
    assert {name: row.credit for name, row in after.items()} == {
        name: row.credit for name, row in before.items()
    }


def test_a_lead_is_not_stuck_with_an_owner_who_is_away_when_the_person_asks_again(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    use(app, with_pool(starter_book, "first: [last_owner]"))
    body = inquiry()
    first = send(road, body)
    act(road, first.id, words.close(owner(first), "recycled"))
    go_away(app, owner(first))
    again = send(road, {**body, "message": "A demo once more, please."})
    assert owner(again) in set(BOTH) - {owner(first)}


def test_a_second_inquiry_does_not_wait_for_an_owner_who_is_away(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    use(app, with_pool(starter_book, ""))
    body = inquiry()
    first = send(road, body)
    go_away(app, owner(first))
    send(road, {**body, "message": "Is anybody there? We want that demo."})
    again = lead_now(app, first.id)
    assert owner(again) in set(BOTH) - {owner(first)}
    assert "asked again while the owner was away" in events_text(app, first.id)
    assert again.passed == ()


@pytest.mark.parametrize(("terms", "turns"), [("", 1), ("credit_back: [owner_away]", 0)])
def test_a_lead_that_left_who_is_away_was_a_turn_unless_the_pool_says_otherwise(
    road: Road, starter_book: RuleBook, terms: str, turns: int
) -> None:
    use(road.app, with_pool(starter_book, terms))
    body = inquiry()
    first = owner(send(road, body))
    go_away(road.app, first)
    send(road, {**body, "message": "Is anybody there? We want that demo."})
    (second,) = {*BOTH} - {first}
    rows = stands(road.app)
    assert {person: row.assigned for person, row in rows.items()} == {first: turns, second: 1}
    assert sum(row.credit for row in rows.values()) == 0


def test_a_second_inquiry_leaves_an_accepted_lead_and_names_who_covers(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    use(app, with_pool(starter_book, "", cards="priya-shah: cover: owen-price"))
    body = inquiry()
    first = send(road, body)
    assert owner(first) == "priya-shah"
    act(road, first.id, words.accept("priya-shah"))
    go_away(app, "priya-shah")
    send(road, {**body, "message": "One more question about the demo."})
    assert owner(lead_now(app, first.id)) == "priya-shah"
    with transaction(app.engine) as tx:
        row = tx.row(
            "SELECT body FROM action WHERE lead_id = %s AND kind = 'lead.appended'", (first.id,)
        )
    assert row is not None
    told = orjson.loads(bytes(row[0]))["data"]
    assert (told["owner_away"], told["stand_in"]) == (True, "owen-price")


def test_a_rule_that_names_somebody_away_means_their_cover(
    road: Road, starter_book: RuleBook
) -> None:
    book = with_pool(starter_book, "", cards="priya-shah: cover: owen-price")
    text = book.files["20-routes.yaml"].replace(f"pool: {UK}", "person: priya-shah")
    use(road.app, book_from_files({**book.files, "20-routes.yaml": text}))
    assert come_in(road, 1) == ["priya-shah"]
    go_away(road.app, "priya-shah")
    lead = send(road, inquiry())
    assert owner(lead) == "owen-price"
    assert "who covers for priya-shah (away until further notice" in lead.why
    go_away(road.app, "owen-price")
    assert come_in(road, 1) == [FALLBACK]


def test_a_joiner_is_neither_flooded_nor_starved(road: Road, starter_book: RuleBook) -> None:
    app = road.app
    use(app, with_pool(starter_book, ""))
    come_in(road, 15)
    members = "members: [priya-shah, tom-keane, owen-price]"
    use(app, with_pool(starter_book, "", members=members))
    came = come_in(road, 12)
    assert Counter(came) == {"priya-shah": 4, "tom-keane": 4, "owen-price": 4}
    assert "owen-price owen-price" not in " ".join(came)


def events_text(app: App, lead_id: LeadId) -> str:
    """Return everything that was written about a lead, as text."""
    with transaction(app.engine) as tx:
        rows = tx.rows(
            "SELECT data::text, personal::text FROM event WHERE lead_id = %s", (lead_id,)
        )
    return " ".join(part for row in rows for part in row)


def test_a_lead_that_waits_past_its_promise_ends_with_the_fallback_owner(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    use(app, with_pool(starter_book, "nobody: hold"))
    go_away(app, *BOTH)
    lead = send(road, inquiry())
    seen = []
    for minutes in (20, 30, 45):
        with time_stands_at(MONDAY + timedelta(minutes=minutes)):
            Ticker(app).round()
            seen.append(owner(lead_now(app, lead.id)))
    # Fifteen minutes were promised: breached, nobody in the pool to ask, then the last resort.
    assert seen == [UK, UK, FALLBACK]
    kinds = events_of(app, lead.id)
    assert {"sla.warned", "sla.breached", "sla.escalated"} <= set(kinds)
    # Each change of hands has its packet: the ladder asked the pool for nobody.
    assert kinds.count("lead.reassigned") == kinds.count("lead.activated") - 1 == 1


def test_a_lead_that_was_parked_while_it_waited_waits_again_when_it_is_replayed(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    use(app, with_pool(starter_book, "nobody: hold"))
    go_away(app, *BOTH)
    lead = send(road, inquiry())
    with transaction(app.engine) as tx:
        tx.run(
            "UPDATE lead SET state = 'parked', resume_at = 'activated' WHERE id = %s", (lead.id,)
        )
        tx.run("DELETE FROM held")
    act(road, lead.id, words.replay("ops"))
    come_back(app, "tom-keane")
    with time_stands_at(MONDAY + timedelta(minutes=1)):
        Ticker(app).round()
    assert owner(lead_now(app, lead.id)) == "tom-keane"


def test_a_parked_lead_whose_owner_has_left_gets_another_when_it_is_replayed(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    use(app, with_pool(starter_book, ""))
    lead = send(road, inquiry())
    with transaction(app.engine) as tx:
        tx.run(
            "UPDATE lead SET state = 'parked', resume_at = 'activated' WHERE id = %s", (lead.id,)
        )
    assert owner(lead) == "priya-shah"
    use(app, with_pool(starter_book, "", cards="priya-shah: left: true"))
    act(road, lead.id, words.replay("ops"))
    assert owner(lead_now(app, lead.id)) == "tom-keane"


def test_a_pick_that_is_given_back_locks_its_pools_in_one_order(
    road: Road, starter_book: RuleBook
) -> None:
    """A lead of a group has rows of two pools; both are put right, and add up to nothing."""
    app = road.app
    groups = "groups: [uk-north, uk-south]"
    book = with_pool(starter_book, "", members=groups)
    text = re.sub(
        r"(\n  uk-(?:north|south):\n)",
        r"\1    credit_back: [wrong-territory]\n",
        book.files["teams.yaml"],
    )
    use(app, book_from_files({**book.files, "teams.yaml": text}))
    lead = send(road, inquiry())
    assert lead.owner is not None
    before = lead.owner.pool
    act(road, lead.id, words.decline(owner(lead), "wrong territory"))
    after = lead_now(app, lead.id)
    assert after.owner is not None
    assert after.owner.pool == before
    assert stands(app, before)[owner(lead)].assigned == 0
    for pool in (UK, "uk-north", "uk-south"):
        assert sum(row.credit for row in stands(app, pool).values()) == 0
    assert {row.credit for row in stands(app).values()} == {0}


def test_two_forms_of_one_person_at_once_make_one_lead_and_take_one_turn(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    use(app, with_pool(starter_book, ""))
    body = inquiry()
    ids = store(app, a_delivery(body), a_delivery({**body, "message": "And a demo, please."}))
    while road.drain(StageName.CAPTURE):
        continue
    leads = [lead for each in ids for lead in leads_of(app, each)]
    assert sorted(lead.state for lead in leads) == [LeadState.ACTIVATED, LeadState.MERGED]
    assert sum(row.assigned for row in stands(app).values()) == 1


def test_a_duplicate_of_an_assigned_lead_takes_no_turn(road: Road, starter_book: RuleBook) -> None:
    use(road.app, with_pool(starter_book, ""))
    body = inquiry()
    first = send(road, body)
    again = send(road, {**body, "message": "Another question about a demo."})
    assert again.state is LeadState.MERGED
    assert lead_now(road.app, first.id).owner == first.owner
    assert sum(row.assigned for row in stands(road.app).values()) == 1


def test_an_inactive_person_in_a_pool_gets_nothing(road: Road, starter_book: RuleBook) -> None:
    use(road.app, with_pool(starter_book, "", cards="priya-shah: left: true"))
    assert come_in(road, 3) == ["tom-keane"] * 3


def test_a_decline_for_a_reason_that_does_not_count_gives_the_turn_back(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    use(app, with_pool(starter_book, "credit_back: [wrong-territory]"))
    first = send(road, inquiry())
    said_no = owner(first)
    act(road, first.id, words.decline(said_no, "Wrong territory", ""))
    rows = stands(app)
    assert rows[said_no].assigned == 0
    assert sum(row.credit for row in rows.values()) == 0
    second = send(road, inquiry())
    act(road, second.id, words.decline(owner(second), "no time", ""))
    assert sum(row.assigned for row in stands(app).values()) == 3


def test_members_of_a_pool_that_is_pulled_from_take_leads_themselves(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    use(app, with_pool(starter_book, "hand_out: pull"))
    lead = send(road, inquiry())
    assert owner(lead) == UK
    Ticker(app).round()
    assert owner(lead_now(app, lead.id)) == UK
