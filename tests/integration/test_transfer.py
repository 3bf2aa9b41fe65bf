"""Somebody's leads on a real database, given to others: owners, clocks, tasks and packets."""

from collections import Counter

import orjson
import pytest

from router.app import App
from router.errors import NotFound, Rejected
from router.lead.decision import ClockKind
from router.lead.model import Lead
from router.lead.states import ClockState, LeadState
from router.now import now as read_now
from router.road import words
from router.road.act import act
from router.road.drain import Road
from router.road.people.leavers import leavers
from router.road.people.transfer import Wish, transfer
from router.road.people.transfer_tally import Report
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import book_from_files
from router.stages.desk.transfer import Transfer, Way
from router.store.absences import set_away, set_back
from router.store.transfers import Which
from router.store.tx import transaction
from tests.build import MONDAY, events_of, inquiry, lead_now, messages_of, send, time_stands_at
from tests.harm import HOUR, WRONG_TURN, chained, clocks, pool_of, state_of, use, withdrawn
from tests.versions import bent, when_left

pytestmark = pytest.mark.usefixtures("empty_monday")
SAM = "sam-hale"
_CARD = """  sam-hale:
    name: Sam Hale
    email: sam.hale@northwind.example
    manager: george-amari
    calendar: london

pools:
"""


@pytest.fixture
def with_sam(app: App, starter_book: RuleBook) -> RuleBook:
    """Make a version active in which Sam Hale is one of the pool uk-and-ireland."""
    teams = starter_book.files["teams.yaml"].replace("\npools:\n", _CARD, 1)
    teams = teams.replace("[priya-shah, tom-keane]", "[priya-shah, tom-keane, sam-hale]", 1)
    book = book_from_files({**starter_book.files, "teams.yaml": teams})
    use(app, book)
    return book


@pytest.fixture
def of_sam(road: Road, with_sam: RuleBook) -> list[Lead]:
    """Give Sam four leads, and send the version home in which they work here."""
    assert SAM in with_sam.people
    leads = [send(road, inquiry()) for _ in range(12)]
    mine = [lead for lead in leads if lead.owner is not None and lead.owner.id == SAM]
    assert len(mine) == 4
    return mine


def owner(app: App, lead: Lead) -> str:
    """Return who has a lead now."""
    found = lead_now(app, lead.id).owner
    assert found is not None
    return found.id


def give(road: Road, way: Way, to: str = "", **changes: object) -> Report:
    """Give Sam's leads away."""
    dry_run = bool(changes.pop("dry_run", False))
    keep = bool(changes.pop("keep", False))
    person = str(changes.pop("person", SAM))
    which = Which(person, **changes)  # type: ignore[arg-type]  # named by each test
    asked = Transfer(person, way, to, "george-amari", "Sam leaves us", keep_accepted=keep)
    return transfer(road, Wish(asked, which, dry_run=dry_run))


def offers(app: App, lead: Lead) -> list[dict[str, object]]:
    """Return the packets that were made for a lead, in order."""
    with transaction(app.engine) as tx:
        rows = tx.rows(
            "SELECT packet FROM handoff WHERE lead_id = %s ORDER BY offered_at, id", (lead.id,)
        )
    return [row[0] for row in rows]


def test_a_leavers_leads_go_back_to_those_who_are_left_in_their_pool(
    road: Road, of_sam: list[Lead], starter_book: RuleBook
) -> None:
    use(road.app, starter_book)
    with time_stands_at(MONDAY + HOUR):
        report = give(road, Way.POOLS)
    assert (report.going, report.failed, report.stays) == (4, (), {})
    assert sorted(report.owners) == [(SAM, "priya-shah", 2), (SAM, "tom-keane", 2)]
    assert Counter(owner(road.app, lead) for lead in of_sam) == {"priya-shah": 2, "tom-keane": 2}
    after = lead_now(road.app, of_sam[0].id)
    assert (after.state, pool_of(after), after.passed) == (
        LeadState.ACTIVATED,
        "uk-and-ireland",
        (),
    )
    assert after.digest == of_sam[0].digest
    assert after.head == chained(road.app, after)


def test_both_owners_are_told_and_only_the_acceptance_begins_anew(
    road: Road, of_sam: list[Lead], starter_book: RuleBook
) -> None:
    lead, before = of_sam[0], clocks(road.app, of_sam[0])
    use(road.app, starter_book)
    with time_stands_at(MONDAY + HOUR):
        give(road, Way.PERSON, "tom-keane")
    assert messages_of(road.app, lead.id) == [
        ("handoff.offered", "withdrawn"),
        ("handoff.offered", "pending"),
        ("handoff.withdrawn", "pending"),
    ]
    (told,) = withdrawn(road.app, lead)
    assert (told["reason"], told["by"], told["note"]) == (
        "transferred",
        "george-amari",
        "Sam leaves us",
    )
    so_far = offers(road.app, lead)[-1]["so_far"]
    assert so_far == {
        "from": SAM,
        "reason": "transferred",
        "by": "george-amari",
        "note": "Sam leaves us",
        "said": [],
    }
    after = clocks(road.app, lead)
    assert after[ClockKind.FIRST_TOUCH] == before[ClockKind.FIRST_TOUCH]
    assert after[ClockKind.ACCEPTANCE].started_at >= MONDAY + HOUR
    assert events_of(road.app, lead.id)[-3:] == ["lead.reassigned", "lead.activated", "sla.started"]


def test_who_takes_over_a_lead_learns_what_was_said_and_need_not_speak_first(
    road: Road, of_sam: list[Lead]
) -> None:
    accepted, touched = of_sam[:2]
    act(road, accepted.id, words.accept(SAM))
    act(road, touched.id, words.touch(SAM, "call", "Wants a quote for forty people."))
    report = give(road, Way.PERSON, "tom-keane")
    assert {line.state: line.leads for line in report.lines} == {
        "activated": 2,
        "accepted": 1,
        "contacted": 1,
    }
    for lead in (accepted, touched):
        assert lead_now(road.app, lead.id).state is LeadState.ACTIVATED
    assert clocks(road.app, accepted)[ClockKind.FIRST_TOUCH].state is ClockState.RUNNING
    assert clocks(road.app, touched)[ClockKind.FIRST_TOUCH].state is ClockState.MET
    assert clocks(road.app, touched)[ClockKind.ACCEPTANCE].state is ClockState.RUNNING
    (said,) = offers(road.app, touched)[-1]["so_far"]["said"]  # type: ignore[index]  # parsed JSON
    assert (said["by"], said["channel"]) == (SAM, "call")
    assert said["note"] == "Wants a quote for forty people."
    with transaction(road.app.engine) as tx:
        row = tx.row(
            "SELECT body FROM action WHERE lead_id = %s AND kind = 'handoff.offered'"
            " AND state = 'pending'",
            (touched.id,),
        )
    assert row is not None
    assert orjson.loads(bytes(row[0]))["data"]["packet"]["so_far"]["said"] == [said]


def test_a_person_on_leave_may_keep_what_they_have_taken(road: Road, of_sam: list[Lead]) -> None:
    act(road, of_sam[0].id, words.accept(SAM))
    act(road, of_sam[1].id, words.touch(SAM, "call", ""))
    with transaction(road.app.engine) as tx:
        set_away(
            tx,
            book="default",
            person=SAM,
            until=None,
            reason="leave",
            by="george-amari",
            now=read_now(),
        )
    try:
        report = give(road, Way.POOLS, keep=True)
    finally:
        with transaction(road.app.engine) as tx:
            set_back(tx, book="default", person=SAM, now=read_now() + HOUR)
            tx.run("DELETE FROM absence")
    assert (report.going, report.stays) == (2, {"kept": 2})
    assert {owner(road.app, lead) for lead in of_sam[:2]} == {SAM}
    assert SAM not in {owner(road.app, lead) for lead in of_sam[2:]}


@pytest.mark.parametrize(("way", "to"), [(Way.POOLS, ""), (Way.POOL, "uk-and-ireland")])
def test_who_is_still_there_does_not_get_their_own_leads_back(
    road: Road, of_sam: list[Lead], way: Way, to: str
) -> None:
    report = give(road, way, to)
    assert (report.going, report.failed) == (4, ())
    assert Counter(owner(road.app, lead) for lead in of_sam) == {"priya-shah": 2, "tom-keane": 2}
    assert {lead_now(road.app, lead.id).passed for lead in of_sam} == {()}


def test_another_pool_takes_turns_as_it_is_today(
    road: Road, of_sam: list[Lead], starter_book: RuleBook
) -> None:
    use(road.app, starter_book)
    preview = give(road, Way.POOL, "dach", dry_run=True)
    assert [(line.pool, line.to, line.leads) for line in preview.lines] == [
        ("uk-and-ireland", "pool dach", 4)
    ]
    report = give(road, Way.POOL, "dach")
    assert sorted(report.owners) == [(SAM, "jonas-brandt", 2), (SAM, "miriam-huber", 2)]
    for lead in of_sam:
        after = lead_now(road.app, lead.id)
        assert (pool_of(after), after.digest) == ("dach", starter_book.digest)
        assert after.head == chained(road.app, after)
    assert "lead.moved" in events_of(road.app, of_sam[0].id)


def test_new_territories_send_leads_on_and_leave_the_others(
    road: Road, with_sam: RuleBook, of_sam: list[Lead]
) -> None:
    given = send(road, inquiry(country="DE"))
    act(road, given.id, words.reassign("george-amari", SAM, "speaks German"))
    before = state_of(road.app)
    same = give(road, Way.RULES, dry_run=True)
    assert state_of(road.app) == before
    assert (same.going, same.stays) == (1, {"same": 4})
    use(road.app, bent(with_sam, "10-guards.yaml", WRONG_TURN))
    preview = give(road, Way.RULES, dry_run=True)
    assert {(line.pool, line.to, line.leads) for line in preview.lines} == {
        ("uk-and-ireland", "pool dach", 4),
        ("", "pool dach", 1),
    }
    report = give(road, Way.RULES)
    assert (report.going, report.failed) == (5, ())
    assert {pool_of(lead_now(road.app, lead.id)) for lead in (*of_sam, given)} == {"dach"}
    with transaction(road.app.engine) as tx:
        row = tx.row(
            "SELECT data FROM event WHERE lead_id = %s AND kind = 'lead.reassigned'"
            " ORDER BY seq DESC LIMIT 1",
            (of_sam[0].id,),
        )
    assert row is not None
    assert (row[0]["reason"], row[0]["rule"]) == ("transferred_by_rules", "wrong-turn")


def test_only_the_leads_that_were_asked_for_go(road: Road, with_sam: RuleBook) -> None:
    assert SAM in with_sam.people
    wanted = [
        inquiry(country="GB", postcode="eh1 2ab"),
        inquiry(country="IE"),
        inquiry(country="DE"),
    ]
    edinburgh, dublin, berlin = (send(road, each) for each in wanted)
    for lead in (edinburgh, dublin, berlin):
        act(road, lead.id, words.reassign("george-amari", SAM, ""))
    act(road, dublin.id, words.accept(SAM))

    def found(**changes: object) -> set[str]:
        report = give(road, Way.PERSON, "tom-keane", dry_run=True, **changes)
        return {example for line in report.lines for example in line.examples}

    assert found() == {str(edinburgh.id), str(dublin.id), str(berlin.id)}
    assert found(countries=("ie", "DE")) == {str(dublin.id), str(berlin.id)}
    assert found(postcodes=("EH 1",)) == {str(edinburgh.id)}
    assert found(states=(LeadState.ACCEPTED,)) == {str(dublin.id)}
    assert found(rule=lead_now(road.app, berlin.id).rule) >= {str(berlin.id)}
    assert found(rule="no-such-rule") == set()
    assert found(pool="dach") == set()
    assert found(since=MONDAY + HOUR) == set()
    assert len(found(until=MONDAY + HOUR)) == 3


def test_a_preview_says_what_is_due_soon_and_writes_nothing(road: Road, of_sam: list[Lead]) -> None:
    act(road, of_sam[0].id, words.touch(SAM, "call", ""))
    before = state_of(road.app)
    with time_stands_at(MONDAY + HOUR):
        report = give(road, Way.PERSON, "tom-keane", dry_run=True)
    assert state_of(road.app) == before
    assert (report.leads, report.going, report.dry_run, report.owners) == (4, 4, True, ())
    # One was spoken to, so nothing of it is awaited.
    assert report.due_soon == {"acceptance": 3, "first_touch": 3}
    assert [each.lead for each in report.promises] == [lead.id for lead in of_sam[1:]]
    assert [each.respond_by for each in report.promises] == sorted(
        each.respond_by for each in report.promises
    )


def test_leads_beside_the_road_are_named_and_stay(road: Road, of_sam: list[Lead]) -> None:
    with transaction(road.app.engine) as tx:
        tx.run("UPDATE lead SET state = 'parked' WHERE id = %s", (of_sam[0].id,))
    report = give(road, Way.PERSON, "tom-keane")
    assert (report.going, report.stays) == (3, {"parked": 1})


def test_nobody_can_be_given_leads_who_is_not_there(road: Road, of_sam: list[Lead]) -> None:
    assert of_sam
    with pytest.raises(Rejected, match="not on the roster"):
        give(road, Way.PERSON, "nobody-known")
    with pytest.raises(Rejected, match="already"):
        give(road, Way.PERSON, SAM)
    with pytest.raises(Rejected, match="no pool 'no-such-pool'"):
        give(road, Way.POOL, "no-such-pool")
    with pytest.raises(NotFound, match="no open lead is theirs"):
        give(road, Way.POOLS, person="nobody-known")


def test_nobody_can_be_given_leads_who_has_left(
    road: Road, of_sam: list[Lead], with_sam: RuleBook
) -> None:
    assert of_sam
    use(road.app, when_left(with_sam, "noah-fischer"))
    with pytest.raises(Rejected, match="'noah-fischer' has left"):
        give(road, Way.PERSON, "noah-fischer")


def test_the_fallback_owner_does_not_get_their_own_leads_back(
    road: Road, of_sam: list[Lead]
) -> None:
    lead = of_sam[0]
    act(road, lead.id, words.reassign("ines-okafor", "ines-okafor", "mine"))
    before = state_of(road.app)
    report = give(road, Way.POOLS, person="ines-okafor")
    assert state_of(road.app) == before
    ((failed, why),) = report.failed
    assert failed == str(lead.id)
    assert "would go back to ines-okafor" in why


def test_leavers_are_those_who_left_or_vanished_and_own_open_leads(
    road: Road, of_sam: list[Lead], starter_book: RuleBook
) -> None:
    def found() -> list[tuple[str, bool, int]]:
        with transaction(road.app.engine) as tx:
            return [(each.person, each.vanished, each.leads) for each in leavers(road.app, tx)]

    assert found() == []
    use(road.app, starter_book)
    assert found() == [(SAM, True, len(of_sam))]
    use(road.app, when_left(starter_book, "tom-keane"))
    assert found() == [(SAM, True, 4), ("tom-keane", False, 4)]
