"""Who comes before everybody else, and what bounds hold for them as for all."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from router.app import App
from router.errors import Conflict
from router.lead.decision import Decision, Reroute
from router.lead.ids import LeadId
from router.now import now as read_now
from router.road import words
from router.road.act import act
from router.road.drain import Road
from router.road.pools.allowances import Said, allow
from router.road.pools.claims import claim
from router.road.pools.release import release
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import book_from_files
from router.store.tx import transaction
from tests.build import MONDAY, inquiry, lead_now, send, time_stands_at
from tests.pools import (
    FALLBACK,
    UK,
    come_in,
    go_away,
    owner,
    owner_now,
    owns,
    stands,
    use,
    with_pool,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SUNDAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
BERLIN_OPENS = datetime(2026, 3, 2, 8, 0, 1, tzinfo=UTC)
GROUPS = "groups: [{pool: uk-south}, {pool: uk-north}]"
pytestmark = pytest.mark.usefixtures("even_monday")


def capped(book: RuleBook, pool: str, members: str) -> RuleBook:
    """Return a book in which the members of a pool have other terms."""
    head, _, tail = book.files["teams.yaml"].partition(f"\n  {pool}:\n")
    before, _, after = tail.partition("    members: ")
    text = f"{head}\n  {pool}:\n{before}    members: {members}\n{after.partition(chr(10))[2]}"
    return book_from_files({**book.files, "teams.yaml": text})


def test_an_account_owner_comes_first_and_is_named_with_the_account(
    road: Road, starter_book: RuleBook
) -> None:
    owns(road.app, owner="owen-price")
    use(road.app, with_pool(starter_book, "first: [account_owner]"))
    lead = send(road, inquiry())
    assert owner(lead) == "owen-price"
    assert "Owen-price owns the account A-1." in lead.why
    rows = stands(road.app).values()
    assert [row.credit for row in rows] == [0] * len(rows), (
        "nobody pays for what they could not get"
    )


def test_the_open_opportunity_comes_before_the_account(road: Road, starter_book: RuleBook) -> None:
    owns(road.app, owner="owen-price", opportunity_owner="isla-grant")
    terms = "first: [opportunity_owner, account_owner]"
    use(road.app, with_pool(starter_book, terms))
    lead = send(road, inquiry())
    assert owner(lead) == "isla-grant"
    assert "owns the open opportunity of A-1" in lead.why
    go_away(road.app, "isla-grant")
    assert come_in(road, 1) == ["owen-price"]


@pytest.mark.parametrize(
    ("days", "named", "got"), [(30, False, True), (31, False, False), (31, True, True)]
)
def test_an_account_owner_rests_after_a_while_unless_the_account_is_named(
    road: Road, starter_book: RuleBook, *, days: int, named: bool, got: bool
) -> None:
    active_at = MONDAY - days * DAY + HOUR
    owns(road.app, owner="owen-price", named=named, active_at=active_at)
    terms = "first: [named_account, account_owner]\nresting: 30d"
    use(road.app, with_pool(starter_book, terms))
    assert (come_in(road, 1) == ["owen-price"]) is got


def test_who_covers_for_an_account_owner_takes_it_up_to_their_own_cap(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    owns(app, owner="owen-price")
    members = "members: [{person: priya-shah, cap: {day: 2}}, tom-keane]"
    use(app, with_pool(starter_book, "first: [account_owner]", members=members))
    go_away(app, "owen-price", cover="priya-shah")
    lead = send(road, inquiry())
    assert owner(lead) == "priya-shah"
    assert "priya-shah covers for owen-price (away until further notice)" in lead.why
    assert come_in(road, 3) == ["priya-shah", "tom-keane", "tom-keane"]


def test_the_last_owner_comes_first_until_their_cap_is_full(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    members = "members: [{person: priya-shah, cap: {day: 2}}, {person: tom-keane, weight: 5}]"
    use(app, with_pool(starter_book, "first: [last_owner]", members=members))
    allow(
        app,
        Said("tom-keane", until=MONDAY + HOUR, off=True),
        by="george-amari",
        now=read_now(),
    )
    email = "ann@archer-mills.example"
    for number in range(2):
        lead = send(road, inquiry(email=email, message=f"A demo, please, for {number + 2} of us."))
        assert owner(lead) == "priya-shah"
        act(road, lead.id, words.close("priya-shah", "recycled"))
    with time_stands_at(MONDAY + 2 * HOUR):
        lead = send(road, inquiry(email=email, message="A demo for all of us, please."))
        assert owner(lead) == "tom-keane"
        assert "cap 2/2 this day in uk-and-ireland" in str(_candidates(app, lead.id))


@pytest.mark.parametrize(("days", "got"), [(29, "priya-shah"), (31, "tom-keane")])
def test_the_last_owner_comes_first_for_a_while(
    road: Road, starter_book: RuleBook, days: int, got: str
) -> None:
    use(road.app, with_pool(starter_book, "first: [last_owner]\nsticky: 30d"))
    body = inquiry()
    first = send(road, body)
    assert owner(first) == "priya-shah"
    act(road, first.id, words.close("priya-shah", "recycled"))
    with time_stands_at(MONDAY + days * DAY):
        again = send(road, {**body, "message": "A demo once more, please."})
        assert owner(again) == got


def covered(book: RuleBook) -> RuleBook:
    """Return a book whose rule names somebody, for whom somebody covers with a cap."""
    cards = "priya-shah: cover: owen-price\nowen-price: cap: {day: 1}"
    book = with_pool(book, "", cards=cards)
    text = book.files["20-routes.yaml"].replace(f"pool: {UK}", "person: priya-shah")
    return book_from_files({**book.files, "20-routes.yaml": text})


def test_who_covers_for_somebody_whom_a_rule_names_is_bound_by_their_own_cap(
    road: Road, starter_book: RuleBook
) -> None:
    use(road.app, covered(starter_book))
    go_away(road.app, "priya-shah")
    assert come_in(road, 2) == ["owen-price", FALLBACK]


def test_what_a_cover_declines_does_not_come_back_to_them(
    road: Road, starter_book: RuleBook
) -> None:
    book = covered(starter_book)
    teams = book.files["teams.yaml"].replace("cap: {day: 1}", "cap: {day: 9}")
    use(road.app, book_from_files({**book.files, "teams.yaml": teams}))
    go_away(road.app, "priya-shah")
    lead = send(road, inquiry())
    assert owner(lead) == "owen-price"
    act(road, lead.id, words.decline("owen-price", "no time", ""))
    assert owner_now(road.app, lead) == FALLBACK


def test_an_account_owner_is_bound_by_the_cap_of_their_group(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    owns(app, owner="owen-price")
    book = with_pool(starter_book, "first: [account_owner]", members=GROUPS)
    use(app, capped(book, "uk-south", "[priya-shah, {person: owen-price, cap: {day: 2}}]"))
    got = Counter(come_in(road, 6))
    assert got["owen-price"] == 2
    assert stands(app, "uk-south")["owen-price"].assigned == 2


def test_a_claim_is_bound_by_the_cap_of_the_members_group(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    book = with_pool(starter_book, "nobody: hold", members=GROUPS)
    use(app, capped(book, "uk-south", "[{person: priya-shah, cap: {day: 1}}, owen-price]"))
    for person in ("priya-shah", "owen-price", "isla-grant", "rhys-morgan"):
        allow(app, Said(person, until=MONDAY + HOUR, off=True), by="x", now=read_now())
    leads = [send(road, inquiry()) for _ in range(2)]
    assert {owner(lead) for lead in leads} == {UK}
    with time_stands_at(MONDAY + 2 * HOUR):
        taken = claim(road, leads[0].id, "priya-shah", "api")
        assert taken.owner is not None
        assert (taken.owner.id, taken.owner.pool) == ("priya-shah", "uk-south")
        with pytest.raises(Conflict, match="cap 1/1 this day in uk-south"):
            claim(road, leads[1].id, "priya-shah", "api")


def test_who_is_off_in_a_pool_takes_no_lead_from_it(road: Road, starter_book: RuleBook) -> None:
    use(road.app, with_pool(starter_book, "hand_out: pull"))
    lead = send(road, inquiry())
    said = Said("priya-shah", until=MONDAY + HOUR, pool=UK, off=True)
    allow(road.app, said, by="george-amari", now=read_now())
    with pytest.raises(Conflict, match=r"priya-shah cannot take lead .*: off until"):
        claim(road, lead.id, "priya-shah", "api")


def test_in_a_wave_an_account_owner_who_works_today_comes_first(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    owns(app, owner="tom-keane")
    members = "members: [jonas-brandt, tom-keane]"
    terms = "require: on_shift\nnobody: hold\nfirst: [account_owner]"
    use(app, with_pool(starter_book, terms, members=members))
    with time_stands_at(SUNDAY):
        leads = [send(road, inquiry()) for _ in range(4)]
    with time_stands_at(BERLIN_OPENS):
        release(road)
        assert [owner(lead_now(app, lead.id)) for lead in leads] == ["tom-keane"] * 4


def test_a_cover_is_bound_by_their_cap_when_leads_are_taken_from_somebody_who_is_here(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    cards = "tom-keane: cover: priya-shah\npriya-shah: cap: {day: 1}"
    text = with_pool(starter_book, "", cards=cards)
    use(app, text)
    allow(app, Said("priya-shah", until=MONDAY + HOUR, off=True), by="x", now=read_now())
    leads = [send(road, inquiry()) for _ in range(3)]
    assert {owner(lead) for lead in leads} == {"tom-keane"}
    with time_stands_at(MONDAY + 2 * HOUR):
        asked = Reroute("owner_away", "ticker", never=("tom-keane",))
        for lead in leads:
            act(road, lead.id, lambda it: Decision(it.lead, reroute=asked))
    got = Counter(owner(lead_now(app, lead.id)) for lead in leads)
    assert got["priya-shah"] == 1


def test_only_the_pick_of_who_declines_is_given_back(road: Road, starter_book: RuleBook) -> None:
    app = road.app
    use(app, with_pool(starter_book, "credit_back: [wrong-territory]"))
    lead = send(road, inquiry())
    first = owner(lead)
    act(road, lead.id, words.decline(first, "no time", ""))
    second = owner(lead_now(app, lead.id))
    assert second != first
    act(road, lead.id, words.decline(second, "wrong territory", ""))
    rows = stands(app)
    assert (rows[first].assigned, rows[second].assigned) == (1, 0)
    assert sum(row.credit for row in rows.values()) == 0


def _candidates(app: App, lead_id: LeadId) -> object:
    with transaction(app.engine) as tx:
        row = tx.row(
            "SELECT data -> 'candidates' FROM event WHERE lead_id = %s AND kind = 'lead.routed'",
            (lead_id,),
        )
    assert row is not None
    return row[0]
