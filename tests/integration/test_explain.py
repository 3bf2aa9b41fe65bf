"""Why a lead went where it went: on real leads, and on samples that were never sent."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import orjson
import pytest

from router.app import App
from router.errors import NotFound, Rejected
from router.lead.states import LeadState
from router.now import now as read_now
from router.pipeline import StageName
from router.road.act import act
from router.road.drain import Road
from router.road.explain import Explanation, build, explain, gather, tell
from router.road.explain.rehearse import guess_source, rehearse, rehearse_alone, sample
from router.road.ticker.tick import Ticker
from router.road.words import decline, replay, touch
from router.rulebook.model import RuleBook
from router.store.absences import set_away, set_back
from router.store.tx import transaction
from tests.build import MONDAY, inquiry, send, time_stands_at


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Stand on a monday morning, so that everybody works."""
    with time_stands_at(MONDAY):
        yield


def rehearsed(road: Road, body: Mapping[str, object]) -> Explanation:
    """Explain a sample that is taken through the stages beside real people."""
    delivery = sample(orjson.dumps(body), "generic", "default", read_now())
    (material,) = rehearse(road, delivery, read_now())
    return build(material, road.app.shelf.active())


def rows(app: App) -> tuple[int, ...]:
    """Count what a rehearsal might have left behind."""
    with transaction(app.engine) as tx:
        found = tx.row(
            "SELECT (SELECT count(*) FROM lead), (SELECT count(*) FROM event),"
            " (SELECT count(*) FROM contact), (SELECT count(*) FROM action),"
            " (SELECT COALESCE(sum(assigned), 0) FROM pool_member), (SELECT count(*) FROM delivery)"
        )
    return tuple(found) if found else ()


def test_the_rule_its_values_and_the_near_misses_are_named(road: Road) -> None:
    found = explain(road.app, send(road, inquiry(company_size="400")).id)
    by_phase = {phase.phase: phase for phase in found.phases}
    decided = by_phase["routes"].decided
    assert decided is not None
    assert decided.rule == "uk-and-ireland"
    assert decided.place.startswith("20-routes.yaml:")
    assert decided.tests == ("country is GB (takes one of gb, ie, im, je, gg)",)
    assert by_phase["guards"].decided is None
    assert [near.rule for near in by_phase["routes"].near_misses] == ["paid-media"]
    enriched = [p.decided.rule for p in found.phases if p.phase == "enrich" and p.decided]
    assert enriched == ["large-company-priority", "ready-to-talk"]


def test_everybody_who_was_considered_is_told_with_the_reason(road: Road) -> None:
    away = {"person": "priya-shah", "book": "default", "now": read_now()}
    with transaction(road.app.engine) as tx:
        set_away(tx, until=None, reason="training", by="tests", **away)  # type: ignore[arg-type]  # one mapping for both calls
    lead = send(road, inquiry())
    with transaction(road.app.engine) as tx:
        set_back(tx, **away)  # type: ignore[arg-type]  # as above
    told = {each.person: each for each in explain(road.app, lead.id).candidates}
    assert told["tom-keane"].chosen
    assert told["priya-shah"].why == "away until further notice"


def test_what_happens_next_is_the_clocks_own_next_step(road: Road) -> None:
    lead = send(road, inquiry())
    first = explain(road.app, lead.id).next[0]
    assert first.at is not None
    assert "unless it is accepted: " in first.what
    with time_stands_at(first.at + timedelta(seconds=1)):
        Ticker(road.app).fire_steps()
        after = explain(road.app, lead.id)
    assert any(event.kind == "sla.warned" for event in after.timeline)
    assert "is told that it is late" in after.next[0].what
    assert "the promise is broken" in after.next[0].what


def test_a_lead_that_changed_hands_tells_both_owners(road: Road) -> None:
    lead = send(road, inquiry())
    act(road, lead.id, decline("cli:root", "on holiday"))
    act(road, lead.id, touch("cli:root", "call", "rang twice"))
    text = tell(explain(road.app, lead.id))
    assert "declined or missed this lead before" in text
    assert "declined by " in text
    assert "spoke to the person (call)" in text
    assert "promise kept in time" in text


def test_a_rejected_lead_names_the_guard_and_how_to_restore_it(road: Road) -> None:
    lead = send(road, inquiry(honeypot="https://win-a-prize.example"))
    text = tell(explain(road.app, lead.id))
    assert "guards: spam-honeypot (10-guards.yaml:" in text
    assert f"lead-router replay lead {lead.id}" in text
    act(road, lead.id, replay("cli:root"))
    road.drain(StageName.ROUTE)
    restored = explain(road.app, lead.id)
    assert restored.state is LeadState.ACTIVATED
    assert [phase.effect for phase in restored.phases[:3]] == [
        "reject spam (a person let it pass)",
        "",
        "pool uk-and-ireland",
    ]
    assert restored.owner is not None


def test_a_changed_event_and_a_lost_one_show(road: Road) -> None:
    lead = send(road, inquiry())
    with transaction(road.app.engine) as tx:
        material = gather(tx, lead.id)
    book = road.app.book(lead.digest)
    assert build(material, book).chain.verified

    forged = replace(material.events[3], data_bytes=b'{"owner":"tom-keane"}')
    changed = replace(material, events=[*material.events[:3], forged, *material.events[4:]])
    assert "event 4 (lead.routed) was changed" in build(changed, book).chain.problem
    lost = replace(material, events=material.events[:-1])
    assert "its log ends after" in build(lost, book).chain.problem
    gap = replace(material, events=material.events[1:])
    assert "event 1 is missing" in build(gap, book).chain.problem
    assert "EVENT LOG NOT VERIFIED" in tell(build(gap, book))


def test_a_version_that_cannot_be_read_any_more_is_said(road: Road) -> None:
    lead = send(road, inquiry())
    with transaction(road.app.engine) as tx:
        material = gather(tx, lead.id)
    text = tell(build(material, None))
    assert "cannot be read any more" in text
    assert "given to" in text


def test_an_unknown_lead_is_not_found(road: Road) -> None:
    with pytest.raises(NotFound):
        explain(road.app, uuid4())


def test_a_rehearsal_says_what_would_happen_and_writes_nothing(road: Road) -> None:
    before = rows(road.app)
    told = rehearsed(road, inquiry())
    assert rows(road.app) == before
    assert told.owner is not None
    assert told.rehearsed
    lead = send(road, inquiry())
    assert lead.owner is not None
    assert told.owner.id == lead.owner.id, "the turn it took in rehearsal was given back"
    assert "Nothing was written." in tell(told)


def test_a_rehearsal_knows_the_people_that_are_known(road: Road) -> None:
    known = inquiry()
    first = send(road, known)
    told = rehearsed(road, known | {"message": "And another question about the price."})
    assert told.state is LeadState.MERGED
    assert told.merged_into == first.id


def test_without_a_database_the_same_rules_decide(road: Road, starter_book: RuleBook) -> None:
    for body in (
        inquiry(),
        inquiry(form_kind="partner"),
        inquiry(honeypot="x"),
        inquiry(country="FR"),
        inquiry(message="Hello there."),
        inquiry(country="AU"),
    ):
        delivery = sample(orjson.dumps(body), "generic", "default", read_now())
        (alone,) = rehearse_alone(road.app.settings, starter_book, delivery, read_now())
        found, real = build(alone, starter_book), rehearsed(road, body)
        assert (found.state, found.reason) == (real.state, real.reason)
        assert [p.decided for p in found.phases] == [p.decided for p in real.phases]
        assert found.chain.verified
        assert (found.owner is None) is (real.owner is None)
        if found.owner is not None and real.owner is not None:
            assert (found.owner.kind, found.owner.pool) == (real.owner.kind, real.owner.pool)


def test_a_samples_shape_says_which_source_it_is_for(starter_book: RuleBook) -> None:
    typeform = {"event_type": "form_response", "form_response": {"token": "t", "hidden": {
        "email": "ann@example.com"}}}  # fmt: skip
    now = read_now()
    assert guess_source(orjson.dumps(typeform), starter_book, now) == "typeform"
    assert guess_source(b"name=Ann&email=ann%40example.com", starter_book, now) == "generic"


@pytest.mark.parametrize(
    ("body", "source", "why"),
    [
        (b"{}", "generic", "no inquiry in the body"),
        (b'{"event_type": "test"}', "typeform", "event_type is 'test'"),
        (b"{", "generic", "As generic this sample makes no lead"),
        (b"{}", "nowhere", "no source 'nowhere'"),
    ],
)
def test_a_sample_that_makes_no_lead_is_told_why(
    road: Road, starter_book: RuleBook, body: bytes, source: str, why: str
) -> None:
    delivery = sample(body, source, "default", read_now())
    with pytest.raises(Rejected, match=why):
        rehearse(road, delivery, read_now())
    with pytest.raises(Rejected, match=why):
        rehearse_alone(road.app.settings, starter_book, delivery, read_now())
