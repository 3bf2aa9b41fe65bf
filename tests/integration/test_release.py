"""Leads that wait in a pool go to whoever can take them: none is forgotten, and in their order."""

from datetime import timedelta

import pytest

from router.app import App
from router.errors import Conflict
from router.lead.ids import LeadId
from router.now import now as read_now
from router.road import words
from router.road.act import act
from router.road.drain import Road
from router.road.pools.allowances import Said, allow
from router.road.pools.claims import claim_next
from router.road.pools.release import release
from router.road.ticker.tick import Ticker
from router.rulebook.model import Period, RuleBook
from router.rulebook.reading.load import book_from_files
from router.stages.desk.decide import claim
from router.store.held import forget_wakes, next_look, notes, wake
from router.store.leads import lock_leads
from router.store.tx import transaction
from tests.build import MONDAY, inquiry, lead_now, send, time_stands_at
from tests.pools import BOTH, UK, come_back, go_away, owner, owner_now, owns, use, with_pool

ONE = "members: [{person: priya-shah, cap: {open: 1}}]"
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.usefixtures("even_monday")


def looks(app: App) -> dict[LeadId, object]:
    """Return when each lead that waits is looked at next."""
    with transaction(app.engine) as tx:
        return {row[0]: row[1] for row in tx.rows("SELECT lead_id, look_at FROM held")}


def without_clocks(app: App) -> None:
    """Let no ladder take leads out of their pool."""
    with transaction(app.engine) as tx:
        tx.run("DELETE FROM clock")


def test_leads_whose_skill_nobody_has_hide_none_behind_them(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    terms = "nobody: hold\nskills: [{fact: country, drop_after: 5d}]"
    cards = "priya-shah: skills: [GB]\ntom-keane: skills: [GB]"
    use(app, with_pool(starter_book, terms, cards=cards))
    go_away(app, *BOTH)
    for _ in range(25):
        send(road, inquiry(country="IE"))
    last = send(road, inquiry(country="GB"))
    without_clocks(app)
    come_back(app, "tom-keane")
    Ticker(app).round()
    assert owner_now(app, last) == "tom-keane"
    assert all(moment > read_now() for moment in looks(app).values())  # type: ignore[operator]  # moments


def test_within_a_page_high_priority_comes_first(road: Road, starter_book: RuleBook) -> None:
    app = road.app
    use(app, with_pool(starter_book, "nobody: hold", members=ONE))
    full = send(road, inquiry())
    first, second = (send(road, inquiry()) for _ in range(2))
    with transaction(app.engine) as tx:
        tx.run(
            "UPDATE lead SET rank_at = rank_at - interval '10 minutes' WHERE id = %s", (second.id,)
        )
    act(road, full.id, words.close("priya-shah", "converted"))
    release(road)
    assert [owner_now(app, each) for each in (first, second)] == [UK, "priya-shah"]


def test_a_note_that_is_committed_late_is_followed_all_the_same(app: App) -> None:
    with transaction(app.engine) as late:
        wake(late, "default", "back", MONDAY, person="priya-shah")
        with transaction(app.engine) as tx:
            wake(tx, "default", "back", MONDAY, person="tom-keane")
        with transaction(app.engine) as tx:
            followed = notes(tx, "default")
    with transaction(app.engine) as tx:
        forget_wakes(tx, followed)
        assert tx.rows("SELECT person_id FROM wake") == [("priya-shah",)]


def test_a_lead_that_somebody_holds_is_looked_at_in_the_next_round(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    use(app, with_pool(starter_book, "nobody: hold"))
    go_away(app, *BOTH)
    lead = send(road, inquiry())
    come_back(app, "tom-keane")
    with transaction(app.engine) as tx:
        lock_leads(tx, [lead.id])
        assert release(road) == 0
    assert release(road) == 1
    assert owner_now(app, lead) == "tom-keane"


def test_many_that_nobody_can_take_are_put_off_by_one_look(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    use(app, with_pool(starter_book, "nobody: hold"))
    go_away(app, *BOTH)
    leads = [send(road, inquiry()) for _ in range(45)]
    without_clocks(app)
    with time_stands_at(MONDAY + 3 * HOUR):
        assert release(road) == 0
        with transaction(app.engine) as tx:
            soonest = next_look(tx, "default")
        assert soonest is not None
        assert soonest > read_now()
        come_back(app, "tom-keane")
        assert release(road) == len(leads)


def test_a_pool_that_is_pulled_from_since_keeps_no_ticker_busy(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    use(app, with_pool(starter_book, "nobody: hold"))
    go_away(app, *BOTH)
    send(road, inquiry())
    use(app, with_pool(starter_book, "hand_out: pull"))
    with time_stands_at(MONDAY + 3 * HOUR):
        release(road)
        with transaction(app.engine) as tx:
            soonest = next_look(tx, "default")
        assert soonest is not None
        assert soonest > read_now()


def test_a_row_of_a_lead_that_waits_no_more_is_forgotten(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    use(app, with_pool(starter_book, "nobody: hold"))
    lead = send(road, inquiry())
    with transaction(app.engine) as tx:
        tx.run(
            "INSERT INTO held (lead_id, book, pool_id, since, look_at) VALUES (%s, 'default', %s,"
            " %s, %s)",
            (lead.id, UK, MONDAY, MONDAY),
        )
    release(road)
    assert looks(app) == {}


def test_an_account_owner_who_is_no_member_is_waited_for_as_well(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    owns(app, owner="owen-price")
    use(app, with_pool(starter_book, "nobody: hold\nfirst: [account_owner]"))
    go_away(app, *BOTH, "owen-price")
    lead = send(road, inquiry())
    assert owner(lead) == UK
    come_back(app, "owen-price")
    release(road)
    assert owner_now(app, lead) == "owen-price"


def test_the_end_of_an_account_owners_absence_is_looked_at(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    owns(app, owner="owen-price")
    members = "members: [{person: priya-shah, cap: {day: 1}}]"
    use(app, with_pool(starter_book, "nobody: hold\nfirst: [account_owner]", members=members))
    go_away(app, "owen-price", until=MONDAY + 2 * HOUR)
    send(road, inquiry())
    lead = send(road, inquiry())
    assert owner(lead) == UK
    without_clocks(app)
    with time_stands_at(MONDAY + 2 * HOUR + timedelta(seconds=1)):
        release(road)
        assert owner_now(app, lead) == "owen-price"


@pytest.mark.parametrize("early", [True, False], ids=["which ends", "which begins"])
def test_the_moment_of_an_allowance_is_looked_at(
    road: Road, starter_book: RuleBook, *, early: bool
) -> None:
    app = road.app
    most = 9 if early else 1
    members = f"members: [{{person: priya-shah, cap: {{day: {most}}}}}]"
    use(app, with_pool(starter_book, "nobody: hold", members=members))
    said = Said(
        "priya-shah",
        until=MONDAY + (1 if early else 9) * HOUR,
        start=None if early else MONDAY + HOUR,
        pool=UK,
        caps={Period.DAY: 0 if early else 5},
    )
    allow(app, said, by="george-amari", now=read_now())
    lead = [send(road, inquiry()) for _ in range(2)][-1]
    assert owner(lead) == UK
    without_clocks(app)
    with time_stands_at(MONDAY + HOUR + timedelta(seconds=1)):
        release(road)
        assert owner_now(app, lead) == "priya-shah"


def test_a_lead_waits_for_the_end_of_no_weight_unless_a_later_word_gives_one(
    road: Road, starter_book: RuleBook
) -> None:
    app = road.app
    use(app, with_pool(starter_book, "nobody: hold", members="members: [priya-shah]"))
    nothing = Said("priya-shah", until=MONDAY + HOUR, pool=UK, weight=0)
    assert allow(app, nothing, by="george-amari", now=read_now()).off
    first, second = (send(road, inquiry()) for _ in range(2))
    assert (owner(first), owner(second)) == (UK, UK)
    without_clocks(app)
    with time_stands_at(MONDAY + HOUR + timedelta(seconds=1)):
        release(road)
        assert owner_now(app, first) == owner_now(app, second) == "priya-shah"
    with time_stands_at(MONDAY + HOUR / 2):
        again = send(road, inquiry())
        assert owner(again) == UK
        one = Said("priya-shah", until=MONDAY + HOUR, pool=UK, weight=1)
        allow(app, one, by="george-amari", now=read_now())
        release(road)
        assert owner_now(app, again) == "priya-shah"


def test_off_shift_a_skill_is_waited_for_as_well(road: Road, starter_book: RuleBook) -> None:
    terms = "require: on_shift\nskills: [{name: german, drop_after: 10m}]"
    use(road.app, with_pool(starter_book, terms))
    with time_stands_at(MONDAY - timedelta(days=2)):
        lead = send(road, inquiry())
        assert owner(lead) == UK
        assert "for somebody with the skill" in lead.why
        with time_stands_at(MONDAY - timedelta(days=2) + timedelta(minutes=11)):
            release(road)
            assert owner_now(road.app, lead) in BOTH


def test_what_somebody_gave_back_is_not_the_next_that_they_take(
    road: Road, starter_book: RuleBook
) -> None:
    use(road.app, with_pool(starter_book, "hand_out: pull"))
    first, second = (send(road, inquiry()) for _ in range(2))
    act(road, first.id, lambda it: claim(it.lead, "priya-shah", "api", book=it.book))
    act(road, first.id, words.decline("api", "no time", "priya-shah"))
    assert claim_next(road, UK, "priya-shah", "api").id == second.id
    assert claim_next(road, UK, "tom-keane", "api").id == first.id


def test_who_left_answers_for_no_lead_that_waits(road: Road, starter_book: RuleBook) -> None:
    book = use(road.app, with_pool(starter_book, "nobody: hold"))
    go_away(road.app, *BOTH)
    lead = send(road, inquiry())
    assert lead.owner is not None
    assert lead.owner.accountable == "george-amari"
    files = {
        path: text.replace("george-amari", "ines-okafor").replace(
            "\n  ines-okafor:\n    name: George Amari\n    email: george.amari",
            "\n  george-amari:\n    name: George Amari\n    left: true\n    email: george.amari",
        )
        for path, text in book.files.items()
    }
    use(road.app, book_from_files(files))
    release(road)
    found = lead_now(road.app, lead.id).owner
    assert found is not None
    assert (found.id, found.accountable) == (UK, "ines-okafor")


def test_who_joins_the_pool_gets_what_waits_in_it(road: Road, starter_book: RuleBook) -> None:
    app = road.app
    use(app, with_pool(starter_book, "nobody: hold"))
    go_away(app, *BOTH)
    first, second = (send(road, inquiry()) for _ in range(2))
    members = "members: [priya-shah, {person: owen-price, cap: {open: 1}}]"
    use(app, with_pool(starter_book, "nobody: hold", members=members))
    release(road)
    assert [owner_now(app, lead) for lead in (first, second)] == ["owen-price", UK]
    with pytest.raises(Conflict, match="cap 1/1 open"):
        claim_next(road, UK, "owen-price", "api")
    act(road, first.id, words.close("owen-price", "converted"))
    assert claim_next(road, UK, "owen-price", "api").id == second.id


def test_a_pool_that_gives_its_leads_away_again_gives_those_that_wait(
    road: Road, starter_book: RuleBook
) -> None:
    use(road.app, with_pool(starter_book, "hand_out: pull"))
    lead = send(road, inquiry())
    assert owner(lead) == UK
    use(road.app, with_pool(starter_book, ""))
    release(road)
    assert owner_now(road.app, lead) in BOTH
