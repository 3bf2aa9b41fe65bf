"""A bad version's harm on a real database, put right: owners, credits, clocks and tasks."""

from collections import Counter

import pytest

from router.app import App
from router.lead.decision import ClockKind
from router.lead.states import ClockState, LeadState
from router.pipeline import StageName
from router.road import words
from router.road.act import act
from router.road.drain import Road
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import book_from_files
from router.store.tx import transaction
from tests.build import MONDAY, events_of, inquiry, lead_now, messages_of, send, time_stands_at
from tests.harm import (
    HOUR,
    TOO_STRICT,
    chained,
    clocks,
    given,
    pool_of,
    undo,
    use,
    withdrawn,
)
from tests.versions import bent, news

pytestmark = pytest.mark.usefixtures("empty_monday")


@pytest.fixture
def good(app: App, starter_book: RuleBook) -> RuleBook:
    """Make a sound version the active one."""
    use(app, starter_book)
    return starter_book


def test_twenty_wrong_turns_get_the_owners_they_should_have_had(
    road: Road, bad: RuleBook, starter_book: RuleBook
) -> None:
    wrong = [send(road, inquiry()) for _ in range(20)]
    with time_stands_at(MONDAY + HOUR):
        report = undo(road, bad, starter_book)
    assert (report.changed, report.failed) == (20, ())
    leads = [lead_now(road.app, lead.id) for lead in wrong]
    assert {pool_of(lead) for lead in leads} == {"uk-and-ireland"}
    assert {lead.digest for lead in leads} == {starter_book.digest}
    assert {lead.state for lead in leads} == {LeadState.ACTIVATED}
    before = Counter(lead.owner.id for lead in wrong if lead.owner)
    after = Counter(lead.owner.id for lead in leads if lead.owner)
    moved = Counter[str]()
    for old, new, many in report.owners:
        moved[old] += many
        moved[new] += many
    assert moved == before + after
    told = news(road.app)[-1]
    assert (told["act"], told["note"]) == ("reroute", "the wrong turn")
    assert told["details"]["changed"] == 20  # type: ignore[index]  # parsed JSON


def test_pools_get_back_what_the_wrong_picks_cost_them(
    road: Road, bad: RuleBook, starter_book: RuleBook
) -> None:
    for _ in range(5):
        send(road, inquiry(country="DE"))
    honest = given(road.app, "dach")
    for _ in range(7):
        send(road, inquiry())
    assert given(road.app, "dach") != honest
    undo(road, bad, starter_book)
    assert given(road.app, "dach") == honest
    assert sum(many for _, many in given(road.app, "uk-and-ireland").values()) == 7
    assert sum(credit for credit, _ in given(road.app, "uk-and-ireland").values()) == 0


def test_every_pick_of_the_bad_version_is_given_back_also_after_a_decline(
    road: Road, bad: RuleBook, starter_book: RuleBook
) -> None:
    lead = send(road, inquiry())
    assert lead.owner is not None
    again = act(road, lead.id, words.decline(lead.owner.id, "not mine"))
    assert pool_of(again) == "dach"
    undo(road, bad, starter_book)
    assert set(given(road.app, "dach").values()) == {(0, 0)}
    assert pool_of(lead_now(road.app, lead.id)) == "uk-and-ireland"


def test_clocks_begin_anew_in_the_new_owners_working_hours(
    road: Road, bad: RuleBook, starter_book: RuleBook
) -> None:
    lead = send(road, inquiry())
    before = clocks(road.app, lead)
    assert {clock.calendar for clock in before.values()} == {"berlin"}
    with time_stands_at(MONDAY + HOUR):
        undo(road, bad, starter_book)
    after = clocks(road.app, lead)
    assert {clock.calendar for clock in after.values()} <= {"london", "edinburgh"}
    assert set(after) == {ClockKind.ACCEPTANCE, ClockKind.FIRST_TOUCH}
    for kind, clock in after.items():
        assert clock.state is ClockState.RUNNING
        assert clock.started_at - MONDAY >= HOUR
        assert clock.generation > before[kind].generation


def test_the_bad_rules_settings_do_not_stay_on_a_lead(
    road: Road, bad: RuleBook, starter_book: RuleBook
) -> None:
    wrong = send(road, inquiry(tags="webinar"))
    assert {"webinar", "berlin"} <= set(wrong.tags)
    undo(road, bad, starter_book)
    lead = lead_now(road.app, wrong.id)
    right = send(road, inquiry(tags="webinar"))
    assert (lead.sla, lead.priority, lead.tags) == (right.sla, right.priority, right.tags)
    assert "webinar" in lead.tags
    assert "berlin" not in lead.tags


def test_the_wrong_owner_gets_a_recall_and_the_right_one_a_task(
    road: Road, bad: RuleBook, starter_book: RuleBook
) -> None:
    wrong = send(road, inquiry())
    undo(road, bad, starter_book)
    lead = lead_now(road.app, wrong.id)
    assert wrong.owner is not None
    assert lead.owner is not None
    assert messages_of(road.app, lead.id) == [
        ("handoff.offered", "withdrawn"),
        ("handoff.offered", "pending"),
        ("handoff.withdrawn", "pending"),
    ]
    (told,) = withdrawn(road.app, lead)
    assert told["owner"]["id"] == wrong.owner.id  # type: ignore[index]  # parsed JSON
    assert told["now_with"]["id"] == lead.owner.id  # type: ignore[index]  # parsed JSON
    assert (told["reason"], told["note"]) == ("decided_again", "the wrong turn")
    with transaction(road.app.engine) as tx:
        rows = tx.rows(
            "SELECT to_id, state FROM handoff WHERE lead_id = %s ORDER BY offered_at", (lead.id,)
        )
    assert [tuple(row) for row in rows] == [
        (wrong.owner.id, "withdrawn"),
        (lead.owner.id, "offered"),
    ]


def test_the_event_log_says_who_decided_it_again_and_why(
    road: Road, bad: RuleBook, starter_book: RuleBook
) -> None:
    lead = send(road, inquiry())
    seen = len(events_of(road.app, lead.id))
    undo(road, bad, starter_book)
    assert events_of(road.app, lead.id)[seen:] == [
        "lead.moved",
        "lead.classified",
        "lead.reassigned",
        "lead.activated",
        "sla.started",
    ]
    with transaction(road.app.engine) as tx:
        rows = tx.rows(
            "SELECT data, personal, actor FROM event WHERE lead_id = %s AND seq > %s ORDER BY seq",
            (lead.id, seen),
        )
    moved, reassigned = rows[0], rows[2]
    assert moved[0]["from"] == bad.digest
    assert moved[0]["digest"] == reassigned[0]["digest"] == starter_book.digest
    assert (moved[1]["reason"], moved[2]) == ("the wrong turn", "george-amari")
    assert reassigned[0]["reason"] == "decided_again"
    assert reassigned[0]["rule"] == "uk-and-ireland"
    after = lead_now(road.app, lead.id)
    assert (after.version, after.head) == (seen + len(rows), chained(road.app, lead))


def test_leads_that_are_decided_the_same_only_change_their_version(
    road: Road, bad: RuleBook, starter_book: RuleBook
) -> None:
    lead = send(road, inquiry(country="DE"))
    before, seen = clocks(road.app, lead), events_of(road.app, lead.id)
    report = undo(road, bad, starter_book)
    assert (report.changed, report.same) == (0, 1)
    after = lead_now(road.app, lead.id)
    assert (after.owner, after.digest) == (lead.owner, starter_book.digest)
    assert clocks(road.app, lead) == before
    assert events_of(road.app, lead.id) == [*seen, "lead.moved"]
    assert [kind for kind, _ in messages_of(road.app, lead.id)] == ["handoff.offered"]


def test_leads_that_keep_their_owner_but_were_promised_something_else_are_counted(
    road: Road, app: App, starter_book: RuleBook
) -> None:
    path = "30-enrich.yaml"
    slow = book_from_files(
        {**starter_book.files, path: starter_book.files[path].replace("sla: fast", "sla: relaxed")}
    )
    use(app, slow)
    lead = send(road, inquiry())
    assert lead.sla == "relaxed"
    report = undo(road, slow, starter_book)
    assert (report.changed, report.same, report.other_promise) == (0, 1, 1)


def test_what_should_have_been_rejected_is_recalled_and_rejected(
    road: Road, good: RuleBook, starter_book: RuleBook
) -> None:
    lead = send(road, inquiry())
    strict = bent(starter_book, "10-guards.yaml", TOO_STRICT)
    report = undo(road, good, strict)
    (line,) = report.lines
    assert (line.before, line.after) == ("pool uk-and-ireland", "rejected unwanted")
    after = lead_now(road.app, lead.id)
    assert (after.state, after.reason, after.owner) == (LeadState.REJECTED, "unwanted", None)
    assert {clock.state for clock in clocks(road.app, lead).values()} == {ClockState.CANCELLED}
    assert messages_of(road.app, lead.id) == [
        ("handoff.offered", "withdrawn"),
        ("handoff.withdrawn", "pending"),
    ]
    (told,) = withdrawn(road.app, lead)
    assert told["now_with"]["id"] == ""  # type: ignore[index]  # parsed JSON
    assert set(given(road.app, "uk-and-ireland").values()) == {(0, 0)}
    restored = act(road, lead.id, words.replay("george-amari"))
    assert restored.state is LeadState.CLASSIFIED


def test_what_was_wrongly_rejected_comes_back_and_gets_an_owner(
    road: Road, app: App, starter_book: RuleBook
) -> None:
    strict = bent(starter_book, "10-guards.yaml", TOO_STRICT)
    use(app, strict)
    lead = send(road, inquiry())
    assert lead.state is LeadState.REJECTED
    report = undo(road, strict, starter_book)
    (line,) = report.lines
    assert (line.before, line.after) == ("rejected unwanted", "back on the road")
    road.drain(StageName.CLASSIFY)
    after = lead_now(app, lead.id)
    assert (after.state, pool_of(after)) == (LeadState.ACTIVATED, "uk-and-ireland")


def test_a_pool_of_wrong_people_is_put_right(road: Road, app: App, starter_book: RuleBook) -> None:
    files = dict(starter_book.files)
    teams = files["teams.yaml"]
    assert "members: [priya-shah, tom-keane]" in teams
    files["teams.yaml"] = teams.replace(
        "members: [priya-shah, tom-keane]", "members: [noah-fischer]", 1
    )
    wrong = book_from_files(files)
    use(app, wrong)
    lead = send(road, inquiry())
    assert lead.owner is not None
    assert lead.owner.id == "noah-fischer"
    report = undo(road, wrong, starter_book)
    assert report.owners[0][0] == "noah-fischer"
    after = lead_now(app, lead.id)
    assert after.owner is not None
    assert after.owner.id in {"priya-shah", "tom-keane"}
