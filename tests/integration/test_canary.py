"""A canary on a real database: its share of the leads, its end when it strays, its promotion."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from router.app import App
from router.errors import BookError, Conflict, NotFound, Rejected
from router.lead.model import Lead
from router.lead.states import LeadState
from router.now import now as read_now
from router.pipeline import StageName
from router.road.act import act
from router.road.drain import Road
from router.road.explain import explain
from router.road.versions.band import showing
from router.road.versions.publish import Standing, Wish, approve, publish
from router.road.versions.tried import begin, end, promote
from router.road.words import decline
from router.rulebook.canary import Terms, pilots, serves
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import book_from_files
from router.store import books
from router.store.absences import set_away, set_back
from router.store.tx import transaction
from tests.build import delivery, inquiry, lead_now, leads_of, store
from tests.tried import asking, hiring, moving, sees, start_anew, tick, unsound
from tests.versions import OPS, REV, acts, findings, harmless, news

Run = Callable[..., tuple[int, dict[str, object]]]


@pytest.fixture
def small(app: App) -> RuleBook:
    """Begin with the small book; nothing is tried, and nothing was."""
    return start_anew(app)


def pour(road: Road, bodies: Sequence[Mapping[str, object]]) -> list[Lead]:
    """Store many inquiries, drain the road, and return their leads as they stand."""
    ids = store(road.app, *(delivery(body) for body in bodies))
    while road.drain(StageName.CAPTURE):
        continue
    return [leads_of(road.app, each)[0] for each in ids]


@pytest.fixture
def half(app: App, small: RuleBook) -> RuleBook:
    """Return a harmless version that decides half of the leads."""
    book = harmless(small)
    begin(app, book, Terms(50.0), REV)
    assert sees([app], canary=book.digest)
    return book


def test_a_canary_has_its_share_of_the_leads_and_each_lead_its_answer(
    app: App, other: App, road: Road, small: RuleBook, half: RuleBook
) -> None:
    assert sees([other], canary=half.digest)
    leads = pour(road, [inquiry() for _ in range(40)]) + pour(
        Road(other), [inquiry() for _ in range(40)]
    )
    served = {each.id for each in leads if serves(Terms(50.0), half.digest, each.id)}
    assert {each.id for each in leads if each.digest == half.digest} == served
    assert {each.digest for each in leads if each.id not in served} == {small.digest}
    assert 20 < len(served) < 60
    found = showing(app)
    assert found is not None
    assert (found.given, found.canary.decided, found.other.decided) == (
        len(served),
        len(served),
        len(leads) - len(served),
    )
    assert found.strays == ()


def test_leads_keep_the_version_they_started_with(app: App, road: Road, small: RuleBook) -> None:
    book = moving(small)
    begin(app, book, Terms(100.0), Wish("ann"))
    assert sees([app], canary=book.digest)
    (lead,) = pour(road, [inquiry()])
    assert end(app, OPS) == book.digest
    assert end(app, OPS) == ""
    assert sees([app], canary="")
    act(road, lead.id, decline("cli", "not mine", person=lead.owner.id if lead.owner else ""))
    stays = lead_now(app, lead.id)
    assert stays.digest == book.digest
    assert stays.owner is not None
    assert stays.owner.pool == "germany"
    (fresh,) = pour(road, [inquiry()])
    assert fresh.digest == small.digest
    assert acts(app) == [("canary", "ann"), ("canary", "ben")]


@pytest.mark.parametrize(
    ("terms", "body"),
    [
        (Terms(forms=("Trial",)), {"form": "trial"}),
        (Terms(campaigns=("spring",)), {"campaign": "Spring"}),
        (Terms(teams=("france",)), {"country": "FR"}),
    ],
    ids=["form", "campaign", "team"],
)
def test_a_pilot_has_its_own_leads_and_no_other(
    app: App, road: Road, small: RuleBook, terms: Terms, body: Mapping[str, object]
) -> None:
    book = harmless(small, terms.words())
    begin(app, book, terms, REV)
    assert sees([app], canary=book.digest)
    mine, another = pour(road, [inquiry(**body), inquiry()])
    assert (mine.digest, another.digest) == (book.digest, small.digest)
    assert mine.owner is not None
    assert explain(app, mine.id).digest == book.digest


def test_a_part_of_a_team_is_a_stable_part(app: App, road: Road, small: RuleBook) -> None:
    book, terms = harmless(small, "part"), Terms(50.0, teams=("france",))
    begin(app, book, terms, REV)
    assert sees([app], canary=book.digest)
    leads = pour(road, [inquiry(country="FR") for _ in range(30)])
    taken = [each.digest == book.digest for each in leads]
    assert taken == [pilots(terms, book.digest, each.id, "france") for each in leads]
    assert 0 < sum(taken) < len(leads)


def test_a_canary_that_strays_is_ended_and_its_leads_stay_explained(
    app: App, other: App, road: Road, small: RuleBook, run: Run
) -> None:
    book = asking(small)
    begin(app, book, Terms(50.0), REV, agreed_by="ben")
    assert sees([app, other], canary=book.digest)
    leads = pour(road, [inquiry() for _ in range(60)])
    asked = [each for each in leads if each.digest == book.digest]
    assert {each.state for each in asked} == {LeadState.IN_REVIEW}
    tick(app, "judge_canary")
    assert sees([app, other], canary="", active=small.digest)
    ((level, text),) = findings(run("doctor")[1], "canary")
    assert level == "WARN"
    assert f"Version {book.digest[:12]} was ended" in text
    assert {each.digest for each in pour(road, [inquiry() for _ in range(10)])} == {small.digest}
    for lead in asked[:3]:
        told = explain(app, lead.id)
        assert told.digest == book.digest
        (guards,) = [each for each in told.phases if each.phase == "guards"]
        assert guards.decided is not None
        assert guards.decided.rule == "somebody-looks"
    assert acts(app) == [("canary", "ann"), ("return", "ticker")]
    begun, returned = news(app)
    assert (begun["note"], returned["act"]) == ("50% of all leads: spring cleaning", "return")
    assert returned["accountable"]["id"] == "olive-grant"  # type: ignore[index]  # parsed JSON
    assert returned["note"] == ("review 100.0%, active version 0.0%, allowed 10.0 points more")
    assert returned["details"]["given"] == len(asked)  # type: ignore[index]  # parsed JSON
    tick(app, "judge_canary")
    assert len(news(app)) == 2, "it is told once"


def test_a_canary_is_not_judged_by_a_few_leads(app: App, road: Road, small: RuleBook) -> None:
    book = asking(small)
    begin(app, book, Terms(100.0), REV, agreed_by="ben")
    assert sees([app], canary=book.digest)
    pour(road, [inquiry() for _ in range(9)])
    tick(app, "judge_canary")
    assert sees([app], canary=book.digest)
    pour(road, [inquiry()])
    tick(app, "judge_canary")
    assert sees([app], canary="")


def test_a_pilot_is_compared_with_leads_like_its_own(app: App, road: Road, small: RuleBook) -> None:
    # What nobody can tell goes to a person; so it was before this form had a pilot.
    unclear = "Something else altogether."
    pour(road, [inquiry(form="odd", message=unclear) for _ in range(12)])
    pour(road, [inquiry() for _ in range(12)])
    book = harmless(small, "odd form")
    begin(app, book, Terms(forms=("odd",)), REV)
    assert sees([app], canary=book.digest)
    pour(road, [inquiry(form="odd", message=unclear) for _ in range(12)])
    found = showing(app)
    assert found is not None
    assert (found.canary.decided, found.canary.review) == (12, 12)
    assert (found.other.decided, found.other.review) == (12, 12)
    tick(app, "judge_canary")
    assert sees([app], canary=book.digest)


def test_a_canary_with_all_leads_is_compared_with_those_before_it(
    app: App, road: Road, small: RuleBook
) -> None:
    unclear = "Something else altogether."
    pour(road, [inquiry(message=unclear) for _ in range(12)])
    book = harmless(small, "everything")
    begin(app, book, Terms(100.0), REV)
    assert sees([app], canary=book.digest)
    pour(road, [inquiry(message=unclear) for _ in range(12)])
    tick(app, "judge_canary")
    assert sees([app], canary=book.digest)


def test_people_whom_a_canary_brings_along_are_given_its_leads(
    app: App, road: Road, small: RuleBook
) -> None:
    book = hiring(small)
    begin(app, book, Terms(100.0), REV)
    assert sees([app], canary=book.digest)
    (lead,) = pour(road, [inquiry()])
    assert lead.owner is not None
    assert (lead.owner.id, lead.owner.pool) == ("zoe-marsh", "britain")


def test_refused_leads_and_pools_where_nobody_is_count(
    app: App, road: Road, small: RuleBook
) -> None:
    refusing = asking(small).files["10-guards.yaml"].replace("{review: looked-at}", "{reject: no}")
    book = book_from_files({**small.files, "10-guards.yaml": refusing})
    begin(app, book, Terms(50.0, forms=("trial",)), REV, agreed_by="ben")
    assert sees([app], canary=book.digest)
    away = [each.person for each in small.pools["france"].members]
    with transaction(app.engine) as tx:
        for person in away:
            set_away(
                tx,
                book="default",
                person=person,
                until=None,
                reason="offsite",
                by="tests",
                now=read_now(),
            )
    try:
        pour(road, [inquiry(country="FR", form="trial") for _ in range(20)])
    finally:
        with transaction(app.engine) as tx:
            for person in away:
                set_back(tx, book="default", person=person, now=read_now())
    found = showing(app)
    assert found is not None
    assert found.canary.decided + found.other.decided == 20
    assert found.canary.reject == found.canary.decided
    assert found.other.no_pool == found.other.decided
    assert {each.rate for each in found.strays} <= {"reject"}


def test_owners_who_decline_and_leads_of_nobody_count(
    app: App, road: Road, small: RuleBook
) -> None:
    book = moving(small)
    begin(app, book, Terms(100.0), REV)
    assert sees([app], canary=book.digest)
    leads = pour(road, [inquiry() for _ in range(4)] + [inquiry(country="JP")])
    act(road, leads[0].id, decline("cli", "no", person=leads[0].owner.id if leads[0].owner else ""))
    found = showing(app)
    assert found is not None
    assert (found.canary.decided, found.canary.reassign, found.canary.fallback) == (5, 1, 1)


def test_a_share_that_grows_is_the_same_canary(
    app: App, road: Road, small: RuleBook, half: RuleBook
) -> None:
    first = showing(app)
    early = pour(road, [inquiry() for _ in range(20)])
    assert not begin(app, half, Terms(50.0), REV), "it has just these"
    begin(app, half, Terms(100.0), REV)
    assert sees([app], canary=half.digest)
    found = showing(app)
    assert first is not None
    assert found is not None
    assert found.use.began == first.use.began
    assert found.given == sum(each.digest == half.digest for each in early)
    assert found.terms == Terms(100.0)
    assert acts(app) == [("canary", "ann")] * 2
    assert small.digest != half.digest


def test_a_version_that_could_not_be_published_decides_no_lead(app: App, small: RuleBook) -> None:
    with pytest.raises(BookError, match="Britain"):
        begin(app, unsound(small), Terms(1.0), REV)
    with pytest.raises(Conflict, match="is the active one"):
        begin(app, small, Terms(1.0), REV)
    with pytest.raises(Rejected, match="did you mean 'france'"):
        begin(app, moving(small), Terms(teams=("frence",)), REV)
    with pytest.raises(NotFound, match="no canary to promote"):
        promote(app, REV)
    assert acts(app) == []


def test_a_canary_is_no_way_around_the_second_person(app: App, small: RuleBook) -> None:
    book = asking(small)
    with pytest.raises(Conflict, match=r"Guards change \(somebody-looks\)"):
        begin(app, book, Terms(5.0), REV)
    with pytest.raises(Conflict, match="cannot agree to a canary of their own"):
        begin(app, book, Terms(5.0), REV, agreed_by="Ann ")
    assert begin(app, book, Terms(5.0), REV, agreed_by="ben")
    # Nor is its promotion: the gate asks again, and it goes on while it waits.
    done = promote(app, REV)
    assert done.standing is Standing.WAITING
    assert sees([app], active=small.digest, canary=book.digest)
    approve(app, book.digest, OPS)
    tick(app, "judge_canary")
    assert sees([app], active=book.digest, canary="")


def test_a_small_share_may_try_what_all_leads_need_a_second_person_for(
    app: App, road: Road, small: RuleBook
) -> None:
    limit = small.files["book.yaml"].replace("approve_guards: true", "approve_over: 0.2")
    limited = book_from_files({**small.files, "book.yaml": limit})
    publish(app, limited, Wish("ben", override="this test"))
    assert sees([app], active=limited.digest)
    pour(road, [inquiry() for _ in range(20)])
    with pytest.raises(Conflict, match=r"50.0% of 20 leads would change hands"):
        begin(app, moving(limited), Terms(50.0), REV)
    assert begin(app, moving(limited), Terms(10.0), REV)


def test_a_canary_that_is_promoted_decides_every_lead(
    app: App, road: Road, small: RuleBook, half: RuleBook
) -> None:
    assert promote(app, OPS).standing is Standing.ACTIVE
    assert sees([app], active=half.digest, canary="")
    assert {each.digest for each in pour(road, [inquiry() for _ in range(8)])} == {half.digest}
    assert acts(app) == [("canary", "ann"), ("publish", "ben"), ("canary", "ann")]
    assert small.digest != half.digest


def test_a_canary_that_cannot_be_used_leaves_its_leads_to_the_active_version(
    app: App, road: Road, small: RuleBook, half: RuleBook
) -> None:
    with transaction(app.engine) as tx:
        tx.run(
            "INSERT INTO rulebook (digest, name, files, published_at) VALUES ('broken', '', '{}',"
            " now()) ON CONFLICT DO NOTHING"
        )
        tx.run("UPDATE rulebook_alias SET digest = 'broken' WHERE alias = 'canary'")
    assert sees([app], canary="broken")
    leads = pour(road, [inquiry() for _ in range(8)])
    assert {each.digest for each in leads} == {small.digest}
    assert {each.state for each in leads} == {LeadState.ACTIVATED}
    assert half.digest != small.digest


def test_the_command_line_begins_shows_ends_and_promotes(
    app: App, road: Road, small: RuleBook, run: Run
) -> None:
    book = moving(small)
    with transaction(app.engine) as tx:
        books.store_version(tx, book, by="ann", note="", now=read_now())
    assert run("rules", "canary", "status") == (0, {"canary": None, "returned": None})
    words = ("--percent", "100", "--by", "ann", "--team", "britain")
    code, told = run("rules", "canary", book.digest[:12], *words)
    assert (code, told) == (
        0,
        {"changed": True, "canary": book.digest, "leads": "all leads of team britain"},
    )
    assert sees([app], canary=book.digest)
    pour(road, [inquiry()])
    code, told = run("rules", "canary", "status")
    assert (code, told["whom"]) == (0, "all leads of team britain")
    assert told["showing"]["given"] == 1  # type: ignore[index]  # parsed JSON
    ((level, text),) = findings(run("doctor")[1], "canary")
    assert level == "OK"
    assert "decides all leads of team britain" in text
    assert run("rules", "status")[1]["aliases"]["canary"] == book.digest  # type: ignore[index]  # parsed JSON
    assert run("rules", "canary", "off") == (0, {"changed": True, "canary": book.digest})
    run("rules", "canary", book.digest, "--percent", "10", "--by", "ann")
    code, told = run("rules", "canary", "promote", "--by", "ann")
    assert (code, told["standing"], told["version"]) == (0, "active", book.digest)
