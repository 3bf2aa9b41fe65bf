"""What a manager sees of a pool and says about it, and how members take what waits."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest

from router.app import App
from router.errors import Conflict, NotFound, Rejected
from router.lead.states import LeadState
from router.now import now as read_now
from router.now import unshifted
from router.road import words
from router.road.act import act
from router.road.drain import Road
from router.road.pools import allowances
from router.road.pools.allowances import Said, allow
from router.road.pools.claims import claim, claim_next
from router.road.pools.standing import adjust, ledger, pool
from router.road.ticker.tick import Ticker
from router.rulebook.model import Period, RuleBook
from router.store.ledger import LedgerKind
from router.store.tx import transaction
from tests.build import MONDAY, inquiry, lead_now, send, time_stands_at
from tests.integration.conftest import Run
from tests.pools import UK, come_in, owner, stands, use, with_pool

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.usefixtures("even_monday")


def test_who_is_next_is_who_gets_the_next_leads(road: Road, starter_book: RuleBook) -> None:
    members = (
        "members: [{person: priya-shah, weight: 3}, tom-keane, {person: owen-price, weight: 2}]"
    )
    use(road.app, with_pool(starter_book, "", members=members))
    come_in(road, 2)
    told = [each.person for each in pool(road.app, UK, read_now(), ahead=6).next]
    assert come_in(road, 6) == told


def test_each_pick_stands_in_the_ledger_with_its_lead(road: Road, starter_book: RuleBook) -> None:
    use(road.app, with_pool(starter_book, ""))
    lead = send(road, inquiry())
    (row,) = ledger(road.app, UK)
    assert (row.kind, row.lead_id, row.person, row.given) == (
        LedgerKind.ASSIGNED,
        lead.id,
        owner(lead),
        1,
    )
    assert sum(credit for credit, _ in row.changes.values()) == 0
    rows = stands(road.app)
    assert {name: each.credit for name, each in rows.items()} == {
        name: credit for name, (credit, _) in row.changes.items()
    }


def test_credit_that_a_manager_gives_makes_somebody_next(
    road: Road, starter_book: RuleBook
) -> None:
    use(road.app, with_pool(starter_book, ""))
    assert come_in(road, 1) == ["priya-shah"]
    told = adjust(
        road.app,
        UK,
        "priya-shah",
        leads=0.9,
        bank=False,
        by="george-amari",
        reason="covered a fair",
        now=read_now(),
    )
    assert told.next[0].person == "priya-shah"
    assert sum(row.credit for row in stands(road.app).values()) == 0
    assert ledger(road.app, UK)[0].reason == "covered a fair"
    assert come_in(road, 1) == ["priya-shah"]
    for leads, reason in ((0, "x"), (1000, "x"), (1, " ")):
        with pytest.raises(Rejected):
            adjust(
                road.app,
                UK,
                "priya-shah",
                leads=leads,
                bank=False,
                by="g",
                reason=reason,
                now=read_now(),
            )
    with pytest.raises(NotFound):
        adjust(
            road.app, UK, "jonas-brandt", leads=1, bank=False, by="g", reason="x", now=read_now()
        )


def test_what_is_banked_is_paid_out_beside_the_usual_share(
    road: Road, starter_book: RuleBook
) -> None:
    use(road.app, with_pool(starter_book, ""))
    adjust(
        road.app,
        UK,
        "tom-keane",
        leads=2,
        bank=True,
        by="g",
        reason="two weeks off",
        now=read_now(),
    )
    came = come_in(road, 20)
    assert Counter(came) == {"tom-keane": 12, "priya-shah": 8}
    assert "tom-keane tom-keane tom-keane" not in " ".join(came)
    assert stands(road.app)["tom-keane"].banked == 0


def test_an_allowance_holds_until_its_end_and_the_next_version_does_not_undo_it(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    use(app, with_pool(starter_book, ""))
    given = allow(
        app,
        Said("tom-keane", MONDAY + HOUR, pool=UK, weight=3, reason="priya is in training"),
        by="george-amari",
        now=read_now(),
    )
    assert Counter(come_in(road, 8)) == {"tom-keane": 6, "priya-shah": 2}
    use(app, with_pool(starter_book, "sticky: 10d"))
    assert Counter(come_in(road, 8)) == {"tom-keane": 6, "priya-shah": 2}
    (told,) = allowances.allowances(app, read_now())
    assert (told.allowance.id, told.without_effect) == (given.id, "")
    use(app, with_pool(starter_book, "", members="members: [priya-shah, owen-price]"))
    (told,) = allowances.allowances(app, read_now())
    assert told.without_effect == "tom-keane is not in the pool uk-and-ireland"
    use(app, with_pool(starter_book, ""))
    with time_stands_at(MONDAY + HOUR):
        assert Counter(come_in(road, 8)) == {"tom-keane": 4, "priya-shah": 4}


def test_who_is_off_by_a_managers_word_gets_nothing(road: Road, starter_book: RuleBook) -> None:
    app = road.app
    use(app, with_pool(starter_book, ""))
    given = allow(
        app, Said("tom-keane", MONDAY + HOUR, off=True), by="george-amari", now=read_now()
    )
    assert come_in(road, 3) == ["priya-shah"] * 3
    bars = {each.person: each.bar for each in pool(app, UK, read_now()).members}
    assert bars["tom-keane"] == "off until 2026-03-02 11:00 UTC by george-amari"
    allowances.end(app, given.id, by="george-amari", now=read_now())
    assert "tom-keane" in come_in(road, 2)
    with pytest.raises(NotFound):
        allowances.end(app, given.id, by="george-amari", now=read_now())


def test_a_cap_that_a_manager_sets_counts_over_all_pools(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    use(app, with_pool(starter_book, ""))
    caps = {Period.DAY: 1}
    allow(app, Said("tom-keane", MONDAY + HOUR, caps=caps), by="george-amari", now=read_now())
    assert Counter(come_in(road, 4)) == {"priya-shah": 3, "tom-keane": 1}


@pytest.mark.parametrize(
    "said",
    [
        Said("tom-keane", MONDAY + HOUR),
        Said("tom-keane", MONDAY + HOUR, weight=2),
        Said("tom-keane", MONDAY - HOUR, off=True),
        Said("tom-keane", MONDAY + timedelta(days=900), off=True),
        Said("tom-keane", MONDAY + HOUR, pool=UK, weight=2, off=True),
        Said("jonas-brandt", MONDAY + HOUR, pool=UK, weight=2),
    ],
)
def test_an_allowance_that_cannot_be_meant_is_refused(app: App, said: Said) -> None:
    with pytest.raises(Rejected):
        allow(app, said, by="george-amari", now=read_now())


def test_members_take_leads_from_a_pool_in_order_and_up_to_their_cap(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    members = "members: [{person: priya-shah, cap: {open: 2}}, tom-keane]"
    use(app, with_pool(starter_book, "hand_out: pull", members=members))
    first, second, third = (send(road, inquiry()) for _ in range(3))
    taken = claim_next(road, UK, "priya-shah", "api")
    assert (taken.id, taken.state, owner(taken)) == (first.id, LeadState.ACCEPTED, "priya-shah")
    claim(road, third.id, "priya-shah", "api")
    with pytest.raises(Conflict, match="cap 2/2 open in uk-and-ireland"):
        claim_next(road, UK, "priya-shah", "api")
    with pytest.raises(Conflict, match="not in the pool"):
        claim_next(road, UK, "jonas-brandt", "api")
    with pytest.raises(Conflict, match="waits in the pool uk-and-ireland"):
        act(road, second.id, words.touch("api", "call", "", "tom-keane"))
    assert claim_next(road, UK, "tom-keane", "api").id == second.id
    with pytest.raises(NotFound, match="Nothing waits"):
        claim_next(road, UK, "tom-keane", "api")
    assert lead_now(app, third.id).state is LeadState.ACCEPTED
    assert Counter({name: row.assigned for name, row in stands(app).items()}) == {
        "priya-shah": 2,
        "tom-keane": 1,
    }


def test_a_skill_is_waited_for_and_then_dropped(road: Road, starter_book: RuleBook) -> None:
    app = road.app
    terms = "skills: [{name: german, drop_after: 10m}]"
    use(app, with_pool(starter_book, terms))
    lead = send(road, inquiry())
    assert owner(lead) == UK
    assert "for somebody with the skill" in lead.why
    with time_stands_at(MONDAY + timedelta(minutes=9)):
        Ticker(app).round()
        assert owner(lead_now(app, lead.id)) == UK
    with time_stands_at(MONDAY + timedelta(minutes=11)):
        Ticker(app).round()
        assert owner(lead_now(app, lead.id)) in {"priya-shah", "tom-keane"}
    use(app, with_pool(starter_book, terms, cards="tom-keane: skills: [German]"))
    assert come_in(road, 3) == ["tom-keane"] * 3


def test_promises_are_counted_from_when_somebody_gets_round_to_it(
    road: Road, starter_book: RuleBook
) -> None:
    members = "members: [priya-shah]"
    use(road.app, with_pool(starter_book, "pace: 2", members=members))
    leads = [send(road, inquiry()) for _ in range(3)]
    starts = []
    for lead in leads:
        with transaction(road.app.engine) as tx:
            row = tx.row(
                "SELECT started_at FROM clock WHERE lead_id = %s AND kind = 'acceptance'",
                (lead.id,),
            )
        assert row is not None
        starts.append(row[0] - MONDAY)
    assert [round(each.total_seconds() / 60) for each in starts] == [0, 30, 60]


def test_groups_get_leads_in_turn_whatever_their_size(road: Road, starter_book: RuleBook) -> None:
    use(road.app, with_pool(starter_book, "", members="groups: [uk-north, uk-south]"))
    came = Counter(come_in(road, 8))
    north = came["isla-grant"] + came["rhys-morgan"]
    assert (north, came.total() - north) == (4, 4)
    rows = stands(road.app)
    assert sum(row.credit for row in rows.values()) == 0
    assert set(rows) == {"pool:uk-north", "pool:uk-south"}
    told = pool(road.app, UK, read_now(), ahead=1)
    assert {each.person: (each.given, each.open_leads) for each in told.members} == {
        "pool:uk-north": (4, 4),
        "pool:uk-south": (4, 4),
    }
    assert told.next[0].why.startswith("pool:uk-")


def test_a_pool_can_be_read_and_changed_by_command_line(
    road: Road, starter_book: RuleBook, run: Run
) -> None:
    use(road.app, with_pool(starter_book, ""))
    come_in(road, 1)
    code, told = run("pools", "show", UK, "--next", "2")
    assert code == 0
    assert [each["person"] for each in told["next"]] == ["tom-keane", "priya-shah"]  # type: ignore[attr-defined]  # a list of maps
    code, rows = run("pools", "ledger", UK)
    assert (code, len(rows)) == (0, 1)
    code, told = run("pools", "credit", UK, "priya-shah", "0.9", "--reason", "a fair")
    assert next(each["person"] for each in told["next"]) == "priya-shah"  # type: ignore[attr-defined]  # the same
    code, given = run(
        "allowances",
        "give",
        "tom-keane",
        "--until",
        "2026-03-03",
        "--cap",
        "day=1",
        "--cap",
        "open=9",
    )
    assert (code, given["caps"]) == (0, {"day": 1, "open": 9})
    code, listed = run("allowances", "list")
    assert len(listed) == 1
    assert UUID(str(given["id"]))
    code, ended = run("allowances", "end", str(given["id"]))
    assert (code, ended["ended"]) == (0, True)


def test_a_rehearsed_friday_night_is_night_for_commands_too(
    road: Road, starter_book: RuleBook, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(road.app, with_pool(starter_book, "require: on_shift\nnobody: hold"))
    friday_night = MONDAY + timedelta(days=4, hours=12)
    shift = (friday_night - unshifted()).total_seconds()
    monkeypatch.setenv("LEAD_ROUTER_NOW_SHIFT_S", str(shift))
    code, told = run("pools", "show", UK)
    assert code == 0
    assert {each["bar"] for each in told["members"]} == {"off shift until Mon 09:00"}  # type: ignore[attr-defined]  # a list of maps
