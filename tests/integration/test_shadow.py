"""A shadow on a real database: what it would do is counted, and no lead is any different for it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from router.app import App
from router.errors import BookError, Conflict
from router.lead.case import Case
from router.lead.model import Lead, change
from router.lead.states import LeadState
from router.now import now as read_now
from router.pipeline import StageName
from router.road.beside import Beside, Look
from router.road.drain import Road
from router.road.review import answer
from router.road.versions.publish import Wish, publish, roll_back
from router.road.versions.tried import Seen, seen, unwatch, watch
from router.rulebook.canary import Terms
from router.rulebook.model import Phase, Rule, RuleBook
from router.stages.route.plan import plan
from router.store import books
from router.store.beside import Noted
from router.store.tx import transaction
from tests.build import events_of, inquiry, lead_now, messages_of, send
from tests.tried import asking, moving, sees, start_anew, tick, unsound
from tests.versions import REV, acts, harmless, news, written

_VARIED: tuple[dict[str, object], ...] = (
    {},
    {"country": "DE", "postcode": "10115", "company_size": "1200"},
    {"country": "GB", "postcode": "SW1A 1AA", "message": "What does it cost? A quote, please."},
    {"country": "US", "postcode": "10001", "tags": ["vip"], "form": {"kind": "demo"}},
    {"country": "JP"},
    {"country": ""},
    {"email": "somebody@mailinator.com"},
    {"honeypot": "I am a robot"},
    {"form": {"kind": "partner"}},
    {"message": "Something else altogether."},
    {"message": "My report is broken, I am a customer and need support."},
    {"message": "We have patient data to analyse."},
)
Run = Callable[..., tuple[int, dict[str, object]]]


class _Torn(dict[Phase, tuple[Rule, ...]]):
    """Rules that cannot be read, whatever is asked of them."""

    def __missing__(self, phase: Phase) -> tuple[Rule, ...]:
        raise RuntimeError(phase)

    def get(self, phase: Phase, *_: object) -> tuple[Rule, ...]:
        return self[phase]


@pytest.fixture
def small(app: App) -> RuleBook:
    """Begin with the small book; nothing is tried, and nothing was."""
    return start_anew(app)


def known(app: App) -> Seen:
    """Return what the shadow has seen; there must be, or have been, one."""
    found = seen(app, most=20)
    assert found is not None
    return found


def fate(app: App, lead: Lead) -> tuple[object, ...]:
    """Return everything that became of a lead, but for who and when."""
    stands = lead_now(app, lead.id)
    return (
        stands.state,
        stands.digest,
        stands.rule,
        stands.owner.pool if stands.owner else "",
        stands.sla,
        events_of(app, lead.id),
        messages_of(app, lead.id),
    )


def test_a_shadow_counts_what_it_would_do_and_does_nothing(
    app: App, other: App, road: Road, small: RuleBook
) -> None:
    alone = [fate(app, send(road, inquiry(country=each))) for each in ("GB", "DE")]
    book = moving(small)
    assert watch(app, book, REV)
    assert sees([app, other], shadow=book.digest)
    watched = [send(road, inquiry(country=each)) for each in ("GB", "GB", "GB", "GB", "DE", "DE")]
    assert [fate(app, each) for each in watched] == [alone[0]] * 4 + [alone[1]] * 2
    found = known(app)
    assert (found.use.digest, found.use.by, found.ended) == (book.digest, "ann", None)
    assert (found.watched.judged, found.watched.failed) == (6, 0)
    assert (found.watched.differ, found.watched.change_hands) == (4, 4)
    (way,) = found.watched.changes
    assert (way.active_rule, way.shadow_rule, way.leads) == ("britain", "britain", 4)
    assert (way.active_target, way.shadow_target) == ("pool britain", "pool germany")
    assert way.examples == tuple(str(each.id) for each in reversed(watched[1:4]))
    assert acts(app) == [("shadow", "ann")]
    assert [told["act"] for told in news(app)] == ["shadow"]


def test_a_version_with_the_same_rules_never_differs(
    app: App, road: Road, starter_book: RuleBook
) -> None:
    start_anew(app)
    with transaction(app.engine) as tx:
        books.publish(tx, starter_book, serve="default", by="tests", note="", now=read_now())
    watch(app, harmless(starter_book), REV)
    assert sees([app], active=starter_book.digest, shadow=harmless(starter_book).digest)
    leads = [send(road, inquiry(**each)) for each in _VARIED]
    assert {LeadState.ACTIVATED, LeadState.IN_REVIEW, LeadState.REJECTED} <= {
        each.state for each in leads
    }
    found = known(app).watched
    assert (found.failed, found.changes) == (0, ())
    assert found.judged > len(leads) / 2


def test_a_shadow_that_would_ask_a_person_differs_already_before_a_route(
    app: App, road: Road, small: RuleBook
) -> None:
    watch(app, asking(small), REV)
    assert sees([app], shadow=asking(small).digest)
    lead = send(road, inquiry())
    assert lead.state is LeadState.ACTIVATED
    ((way,)) = known(app).watched.changes
    assert (way.shadow_rule, way.shadow_target) == ("somebody-looks", "review looked-at")


def test_a_lead_that_comes_back_from_a_person_is_not_counted_twice(
    app: App, road: Road, small: RuleBook
) -> None:
    book = asking(small)
    publish(app, book, Wish("ann", override="this test"))
    watch(app, small, REV)
    assert sees([app], active=book.digest, shadow=small.digest)
    lead = send(road, inquiry())
    assert lead.state is LeadState.IN_REVIEW
    assert known(app).watched.judged == 1
    with transaction(app.engine) as tx:
        (review,) = tx.rows("SELECT id FROM review_item WHERE lead_id = %s", (lead.id,))
    answer(road, review[0], "continue", "henry-moss")
    while road.drain(StageName.CLASSIFY):
        continue
    assert lead_now(app, lead.id).state is LeadState.ACTIVATED
    assert known(app).watched.judged == 1


def test_a_shadow_that_cannot_be_used_costs_no_lead_anything(
    app: App, road: Road, small: RuleBook, caplog: pytest.LogCaptureFixture
) -> None:
    alone = fate(app, send(road, inquiry()))
    book = moving(small)
    watch(app, book, REV)
    with transaction(app.engine) as tx:
        tx.run(
            "INSERT INTO rulebook (digest, name, files, published_at) VALUES ('broken', '', '{}',"
            " now()) ON CONFLICT DO NOTHING"
        )
        tx.run("UPDATE rulebook_alias SET digest = 'broken' WHERE alias = 'shadow'")
    assert sees([app], shadow="broken")
    assert [fate(app, send(road, inquiry())) for _ in range(2)] == [alone] * 2
    assert (known(app).watched.judged, known(app).watched.failed) == (0, 2)
    said = [each for each in caplog.records if "rule_book_unusable" in each.getMessage()]
    assert len(said) == 1


def test_a_shadow_that_breaks_on_a_lead_costs_it_nothing(
    app: App, road: Road, small: RuleBook, caplog: pytest.LogCaptureFixture
) -> None:
    lead = send(road, inquiry())
    fresh = change(lead, state=LeadState.CLASSIFIED, owner=None)
    broken = replace(moving(small), rules=_Torn(), digest="b" * 64)
    noted = Noted("default")
    look = Look(Beside(app), noted, small, None, Terms(), broken.digest, broken)
    for _ in range(2):
        case = Case(fresh)
        assert look.before(StageName.ROUTE, case)
        glance = look.ask(case.lead, plan(case.lead, small, None))
        assert glance is not None
        look.after(case.lead, glance)
        assert case.lead == fresh
    assert (noted.judged, noted.differences) == ({broken.digest: (0, 2)}, {})
    said = [each for each in caplog.records if "tried_version_failed" in each.getMessage()]
    assert len(said) == 1, "once, however many leads"


def test_a_version_that_could_not_be_published_is_not_watched(app: App, small: RuleBook) -> None:
    with pytest.raises(BookError, match="Britain"):
        watch(app, unsound(small), REV)
    with pytest.raises(Conflict, match="is the active one"):
        watch(app, small, REV)
    assert acts(app) == []
    assert seen(app, most=20) is None


def test_what_it_has_seen_outlives_it_until_it_is_watched_anew(
    app: App, road: Road, small: RuleBook
) -> None:
    book = moving(small)
    watch(app, book, REV)
    assert not watch(app, book, REV), "it is watched already"
    assert sees([app], shadow=book.digest)
    send(road, inquiry())
    assert unwatch(app, REV) == book.digest
    assert unwatch(app, REV) == ""
    assert sees([app], shadow="")
    send(road, inquiry())
    assert known(app).ended is not None
    assert (known(app).watched.judged, known(app).watched.differ) == (1, 1)
    watch(app, book, REV)
    assert (known(app).ended, known(app).watched.judged, known(app).watched.differ) == (None, 0, 0)
    assert acts(app) == [("shadow", "ann")] * 3


def test_what_a_shadow_has_seen_is_forgotten_a_month_after_its_end(
    app: App, road: Road, small: RuleBook
) -> None:
    book = moving(small)
    watch(app, book, REV)
    assert sees([app], shadow=book.digest)
    send(road, inquiry())
    for ended, kept in ((False, 1), (True, 1)):
        if ended:
            unwatch(app, REV)
        tick(app, "forget_shadows")
        assert known(app).watched.differ == kept
    with transaction(app.engine) as tx:
        tx.run("UPDATE rulebook_log SET at = at - interval '31 days' WHERE act = 'shadow'")
    tick(app, "forget_shadows")
    assert (known(app).watched.judged, known(app).watched.differ) == (0, 0)


def test_a_shadow_that_becomes_the_active_version_is_one_no_more(app: App, small: RuleBook) -> None:
    book = harmless(small)
    watch(app, book, REV)
    publish(app, book, REV)
    tick(app, "judge_canary")
    assert sees([app], active=book.digest, shadow="")
    roll_back(app, REV)
    assert sees([app], active=small.digest, shadow="")


def test_the_command_line_watches_reports_and_ends(
    app: App, road: Road, small: RuleBook, run: Run, tmp_path: Path
) -> None:
    code, told = run("rules", "shadow", written(unsound(small), tmp_path / "unsound"))
    assert (code, told["changed"]) == (3, False)
    assert "FAILED case 'Britain'" in told["problems"][0]  # type: ignore[index]  # parsed JSON
    book = moving(small)
    code, told = run("rules", "shadow", written(book, tmp_path / "moving"), "--by", "ann")
    assert (code, told["changed"], told["shadow"]) == (0, True, book.digest)
    assert sees([app], shadow=book.digest)
    lead = send(road, inquiry())
    code, told = run("rules", "shadow", "report")
    assert (code, told["judged"], told["differ"], told["differ_share"]) == (0, 1, 1, 1.0)
    assert told["changes"] == [
        {
            "active_rule": "britain",
            "shadow_rule": "britain",
            "active_target": "pool britain",
            "shadow_target": "pool germany",
            "leads": 1,
            "examples": [str(lead.id)],
        }
    ]
    assert run("rules", "shadow", book.digest[:10])[1]["changed"] is False
    assert run("rules", "shadow", "off") == (0, {"changed": True, "shadow": book.digest})
    assert Counter(each["act"] for each in run("rules", "history")[1]) == {  # type: ignore[index]  # parsed JSON
        "shadow": 2,
        "publish": 1,
    }
